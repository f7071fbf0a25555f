#include "common/random.h"

namespace faultline
{

std::uint32_t RandomStream::below(std::uint32_t bound)
{
    std::uint64_t product = std::uint64_t{(*this)()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
        const std::uint32_t rejected = (0u - bound) % bound;
        while (static_cast<std::uint32_t>(product) < rejected)
            product = std::uint64_t{(*this)()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
}

} // namespace faultline
