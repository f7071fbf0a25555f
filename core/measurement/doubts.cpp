#include "measurement/doubts.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <vector>

#include "common/statistics.h"
#include "measurement/classification.h"

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

/// Half the distance of the quartiles of ln G, as a standard deviation, of some cells of all dies.
double spreadOf(const Wafer& wafer, Level level)
{
    constexpr Eigen::Index sampled = 1000; // of each die
    constexpr double quartileOfNormal = 0.6745;
    std::vector<double> values;
    for (const Die& die : wafer.dies) {
        const CellGrid<float>& cells = die.conductance[level];
        for (Eigen::Index i = 0; i < cells.size(); i += std::max<Eigen::Index>(1, cells.size() / sampled))
            if (cells.data()[i] > 0.0f)
                values.push_back(std::log(static_cast<double>(cells.data()[i])));
    }
    return (quantile(values, 0.75) - quantile(values, 0.25)) / (2.0 * quartileOfNormal);
}

std::string doubtAboutStates(const Wafer& wafer)
{
    constexpr double leastTmr = 0.3, leastSigmas = 2.0;
    const double tmr = wafer.device.tmr;
    const double spread = std::max(spreadOf(wafer, P), spreadOf(wafer, AP));
    if (tmr >= leastTmr && std::log1p(tmr) >= leastSigmas * spread)
        return {};
    std::ostringstream text;
    text << std::setprecision(3) << "The medians of P and AP differ by " << 100.0 * tmr
         << " %, the cells of one state among themselves by " << 100.0 * spread
         << " % (sigma): dies or readings of one state may have been taken for two.";
    return text.str();
}

} // namespace

Doubts doubtsAbout(const Wafer& wafer, const Measurement& measurement, const ImportRecipe& recipe)
{
    const bool guessed = measurement.guessedStates && !measuredAlone(wafer);
    return {doubtAboutUnit(wafer, recipe), guessed ? doubtAboutStates(wafer) : std::string()};
}

} // namespace faultline
