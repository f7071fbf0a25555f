#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace faultline
{

/// How a figure goes to paper: what the export dialog, the command line and the tests set alike. In the core,
/// since a project keeps it and a command line without figures knows it too.
struct FigureStyle {
    double width = 0.0;  ///< millimetres; 0: the figure's own size
    double height = 0.0; ///< millimetres; 0: in the proportion of the figure's own size
    double points = 7.0; ///< size of the text
    bool title = false;  ///< above the figure
    bool legend = true;
    bool light = true; ///< dark on white; else light on dark, for slides
    int dpi = 300;     ///< pixels per inch of PNG

    /// Throws Error that says in the user's words what is wrong.
    void validate() const;
    bool operator==(const FigureStyle&) const = default;
};

/// visit(name, field) for each field, by its name in files and settings.
template <class Style, class Visit>
void forEachField(Style& style, const Visit& visit)
{
    visit("width_mm", style.width);
    visit("height_mm", style.height);
    visit("text_points", style.points);
    visit("title", style.title);
    visit("legend", style.legend);
    visit("light_background", style.light);
    visit("png_dpi", style.dpi);
}

/// As a picture, or its numbers.
enum class FigureFormat : std::uint8_t { Svg, Pdf, Png, Csv };
inline constexpr std::array allFormats{FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Png,
                                       FigureFormat::Csv};

/// "svg", "pdf", "png", "csv": also the ending of the file's name.
std::string_view name(FigureFormat format);
FigureFormat formatFromName(std::string_view name); ///< throws Error

/// What the export dialog opens with.
struct FigureSettings {
    FigureStyle style;
    std::vector<FigureFormat> formats{FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Csv};
    bool operator==(const FigureSettings&) const = default;
};

} // namespace faultline
