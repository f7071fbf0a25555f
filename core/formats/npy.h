#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/number_array.h"

namespace faultline
{

/// The array of a NumPy file (.npy, versions 1 to 3 of numpy.lib.format): real numbers of any kind and byte
/// order, in C or Fortran order. In memory, where each number is a double, they may take `largest` bytes.
/// Throws Error that says what was found and expected; the caller adds the file's name.
NumberArray readNpy(std::string_view bytes, std::size_t largest);

/// The arrays of a NumPy archive (.npz): a ZIP file of .npy files, stored or deflated (PKWARE APPNOTE 6.3),
/// named without ".npy", in the order of its directory. Together they may take `largest` bytes, both unpacked
/// and as doubles. Arrays of other than real numbers say so and have no values. Throws Error.
std::vector<NumberArray> readNpz(std::string_view bytes, std::size_t largest);

/// The bytes of a .npy file of version 1, row-major.
std::string npy(std::span<const float> values, std::span<const std::size_t> shape);
std::string npy(std::span<const std::int8_t> values, std::span<const std::size_t> shape);

} // namespace faultline
