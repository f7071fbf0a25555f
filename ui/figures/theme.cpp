#include "figures/theme.h"

#include <cmath>

#include <QFontInfo>
#include <QPalette>

namespace faultline
{

namespace
{

QColor mix(const QColor& a, const QColor& b, double shareOfB)
{
    const auto channel = [&](int x, int y) { return static_cast<int>(x + (y - x) * shareOfB); };
    return QColor(channel(a.red(), b.red()), channel(a.green(), b.green()), channel(a.blue(), b.blue()));
}

} // namespace

QColor Theme::colour(Hue hue) const
{
    switch (hue) {
    case Hue::Ink:
        return ink;
    case Hue::Muted:
        return mix(ink, background, 0.35);
    case Hue::Soft:
        return mix(ink, background, 0.65);
    case Hue::Faint:
        return mix(ink, background, 0.86);
    case Hue::Background:
        return background;
    case Hue::Orange:
        return QColor(0xE6, 0x9F, 0x00);
    case Hue::Green:
        return dark ? QColor(0x1F, 0xB8, 0x8C) : QColor(0x00, 0x9E, 0x73);
    case Hue::Blue: // the original is too close to a dark window's background
        return dark ? QColor(0x4F, 0x9F, 0xE0) : QColor(0x00, 0x72, 0xB2);
    case Hue::Vermillion:
        return dark ? QColor(0xF0, 0x7A, 0x28) : QColor(0xD5, 0x5E, 0x00);
    case Hue::Purple:
        return QColor(0xCC, 0x79, 0xA7);
    }
    return ink;
}

Theme paperTheme(double textSize)
{
    Theme theme;
    theme.font.setFamilies({"DejaVu Sans", "Liberation Sans", "Arial"});
    theme.font.setPixelSize(static_cast<int>(std::lround(textSize)));
    // Unhinted glyphs keep the same widths at every size, so that a layout is the same on paper and on
    // screen.
    theme.font.setHintingPreference(QFont::PreferNoHinting);
    theme.background = Qt::white;
    theme.ink = QColor(0x1A, 0x1A, 0x1A);
    return theme;
}

Theme slideTheme(double textSize)
{
    Theme theme = paperTheme(textSize);
    theme.dark = true;
    theme.background = QColor(0x1A, 0x1D, 0x22);
    theme.ink = QColor(0xF2, 0xF3, 0xF5);
    return theme;
}

Theme screenTheme(const QPalette& palette, const QFont& font)
{
    Theme theme;
    theme.font = font;
    theme.font.setPixelSize(QFontInfo(font).pixelSize());
    theme.background = palette.color(QPalette::Base);
    theme.ink = palette.color(QPalette::Text);
    theme.dark = theme.background.lightness() < 128;
    return theme;
}

SeriesStyle styleOf(TrainingMode mode)
{
    switch (mode) {
    case TrainingMode::Standard:
        return {Hue::Vermillion, Marker::Circle, Qt::SolidLine};
    case TrainingMode::HardwareAware:
        return {Hue::Blue, Marker::Square, Qt::DashLine};
    case TrainingMode::StatisticsAware:
        return {Hue::Green, Marker::Triangle, Qt::DashDotLine};
    }
    return {};
}

SeriesStyle networkStyle(std::size_t k)
{
    constexpr std::array<SeriesStyle, 4> styles{{{Hue::Purple, Marker::Diamond, Qt::DashDotDotLine},
                                                 {Hue::Orange, Marker::TriangleDown, Qt::DashLine},
                                                 {Hue::Ink, Marker::Diamond, Qt::SolidLine},
                                                 {Hue::Muted, Marker::TriangleDown, Qt::DashDotLine}}};
    return styles[k % styles.size()];
}

Hue hueOf(Defect defect)
{
    switch (defect) {
    case Defect::Short:
        return Hue::Orange;
    case Defect::Open:
        return Hue::Blue;
    case Defect::StuckP:
        return Hue::Ink;
    case Defect::StuckAP:
        return Hue::Purple;
    case Defect::None:
        return Hue::Faint;
    }
    return Hue::Ink;
}

} // namespace faultline
