#include "project/figure_style.h"

#include <string>

#include "common/error.h"

namespace faultline
{

namespace
{

constexpr std::array<std::string_view, allFormats.size()> formatNames{"svg", "pdf", "png",
                                                                      "csv"}; // as in FigureFormat

} // namespace

void FigureStyle::validate() const
{
    const auto fits = [](double millimetres) {
        return millimetres == 0.0 || (millimetres >= 20.0 && millimetres <= 1000.0);
    };
    if (!fits(width) || !fits(height))
        throw Error("A figure is from 20 to 1000 mm wide and high.");
    if (!(points >= 4.0 && points <= 36.0))
        throw Error("The text of a figure has from 4 to 36 points.");
    if (dpi < 50 || dpi > 2400)
        throw Error("A figure has from 50 to 2400 dots per inch.");
}

std::string_view name(FigureFormat format)
{
    return formatNames[static_cast<std::size_t>(format)];
}

FigureFormat formatFromName(std::string_view name)
{
    for (std::size_t k = 0; k < formatNames.size(); ++k)
        if (name == formatNames[k])
            return static_cast<FigureFormat>(k);
    throw Error("There is no figure format \"" + std::string(name) + "\"; choose svg, pdf, png or csv.");
}

} // namespace faultline
