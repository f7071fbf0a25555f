#pragma once

#include <array>

#include <QColor>
#include <QFont>

#include "study/study.h"
#include "wafer/die.h"

class QPalette;

namespace faultline
{

/// Colours by name, so that a figure can be drawn on paper, on a light and on a dark screen. Those of series
/// are Okabe and Ito's, which colour-blind readers tell apart (M. Okabe, K. Ito, "Color Universal Design",
/// 2008).
enum class Hue { Ink, Muted, Soft, Faint, Background, Orange, Green, Blue, Vermillion, Purple };

enum class Marker { Circle, Square, Triangle, Diamond, TriangleDown };

/// How one series looks: colour for the screen, marker and line for grey print.
struct SeriesStyle {
    Hue hue = Hue::Ink;
    Marker marker = Marker::Circle;
    Qt::PenStyle line = Qt::SolidLine;
};

/// Colours and sizes of a figure. The text's pixel size is in the painter's units (points when exporting,
/// pixels on a screen) and everything else is measured by it.
struct Theme {
    QFont font;
    bool dark = false;
    bool legend = true; ///< whether figures draw theirs
    QColor background, ink;

    double textSize() const { return font.pixelSize(); }
    double lineWidth() const { return textSize() / 11.0; }
    QColor colour(Hue hue) const;
};

Theme paperTheme(double textSize = 7.0);                       ///< on white
Theme slideTheme(double textSize);                             ///< light on dark
Theme screenTheme(const QPalette& palette, const QFont& font); ///< follows the window

SeriesStyle styleOf(TrainingMode mode);
/// Of the k-th network shown by itself beside the modes: unlike any of theirs. Repeats after a few.
SeriesStyle networkStyle(std::size_t k);
/// Of curves that lie on each other: the mode with the most runs below the others.
inline constexpr std::array drawingOrder{TrainingMode::HardwareAware, TrainingMode::Standard,
                                         TrainingMode::StatisticsAware};
Hue hueOf(Defect defect);

} // namespace faultline
