#include "measurement/doubts.h"

#include <sstream>

namespace faultline
{

namespace
{

std::string doubtAboutUnit(const Wafer& wafer, const ImportRecipe& recipe)
{
    constexpr double leastOhm = 100.0, mostOhm = 1e7;
    const double ohm = wafer.device.parallelResistance;
    if (ohm >= leastOhm && ohm <= mostOhm)
        return {};
    std::ostringstream text;
    text << "The median R_P is " << ohm << " ohm where the numbers are read as " << name(recipe.quantity);
    if (isCurrent(recipe.quantity))
        text << " at " << recipe.readVoltage << " V";
    text << "; junctions have 100 ohm to 10 megaohm.";
    return text.str();
}

} // namespace

Doubts doubtsAbout(const Wafer& wafer, const ImportRecipe& recipe)
{
    return {doubtAboutUnit(wafer, recipe)};
}

} // namespace faultline
