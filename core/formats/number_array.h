#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace faultline
{

/// Numbers in as many dimensions as a file gives them: row-major, the last index runs fastest.
struct NumberArray {
    std::string name; ///< a dataset's path or an archive member's name; empty for the only array of a file
    std::vector<std::size_t> shape;
    std::vector<double> values; ///< as many as the product of the shape
    std::string unreadable{};   ///< then without values: what stands there in place of real numbers
};

/// "100 x 200"; "a single value" without dimensions.
inline std::string describeShape(const std::vector<std::size_t>& shape)
{
    std::string text;
    for (const std::size_t length : shape)
        text += (text.empty() ? "" : " x ") + std::to_string(length);
    return text.empty() ? "a single value" : text;
}

} // namespace faultline
