#pragma once

#include <array>

#include <QImage>
#include <QRgb>

namespace faultline
{

/// 256 colours whose lightness rises steadily, so that they also read in grey print.
using ColourTable = std::array<QRgb, 256>;

const ColourTable& viridis(); ///< for general use
const ColourTable& cividis(); ///< looks the same to colour-blind readers

/// Index into a table: 0 at low or below, 255 at high or above.
int colourIndex(double value, double low, double high);

} // namespace faultline
