#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "common/random.h"

namespace faultline
{

/// Writes STEM-images-idx3-ubyte and STEM-labels-idx1-ubyte: the labels go round from 0 to 9, and
/// `brightness` gives each pixel, row by row, of an image of that label.
inline void writeIdxFiles(const std::filesystem::path& folder, const std::string& stem, int images, int side,
                          const std::function<std::uint32_t(int label, int pixel, RandomStream&)>& brightness)
{
    const auto stream = [&](const char* end, std::initializer_list<int> header) {
        std::ofstream out;
        out.exceptions(std::ios::badbit | std::ios::failbit);
        out.open(folder / (stem + end), std::ios::binary);
        for (const int number : header)
            for (int shift = 24; shift >= 0; shift -= 8)
                out.put(static_cast<char>(number >> shift & 0xFF));
        return out;
    };
    std::ofstream pixels = stream("-images-idx3-ubyte", {0x803, images, side, side});
    std::ofstream labels = stream("-labels-idx1-ubyte", {0x801, images});
    RandomStream random(1, RandomUse::Test, static_cast<std::uint32_t>(images));
    for (int image = 0; image < images; ++image) {
        const int label = image % 10;
        labels.put(static_cast<char>(label));
        for (int pixel = 0; pixel < side * side; ++pixel)
            pixels.put(static_cast<char>(brightness(label, pixel, random)));
    }
}

/// Images of 8 x 8 pixels whose class has a bright row or column of its own, in so much noise that some stay
/// wrong.
inline void writeNoisyImages(const std::filesystem::path& folder, const std::string& stem, int images)
{
    writeIdxFiles(folder, stem, images, 8, [](int label, int pixel, RandomStream& random) {
        const bool bright = label < 5 ? pixel / 8 == label : pixel % 8 == label - 5;
        return (bright ? 105 : 0) + random.below(150);
    });
}

} // namespace faultline
