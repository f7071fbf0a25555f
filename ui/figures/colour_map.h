#pragma once

#include <array>

#include <QImage>
#include <QRgb>

namespace faultline
{

/// 256 colours in perceptually even steps, so that they also read in grey print.
using ColourTable = std::array<QRgb, 256>;

const ColourTable& viridis(); ///< lightness rises; for general use
const ColourTable& cividis(); ///< lightness rises; looks the same to colour-blind readers
/// For values with a sign: from blue through white in the middle to red, with the same lightness at the same
/// distance from the middle. Straight lines in CIELAB.
const ColourTable& blueRed();

enum class ColourMap { Viridis, Cividis, BlueRed };
const ColourTable& coloursOf(ColourMap map);

/// Index into a table: 0 at low or below, 255 at high or above.
int colourIndex(double value, double low, double high);

/// Whether dark text reads better on a colour than light text.
bool isLight(QRgb colour);

} // namespace faultline
