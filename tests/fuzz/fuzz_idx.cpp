#include "learning/dataset.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // Two files: the length of the first in two bytes, the first, the second.
    if (size < 2)
        return 0;
    const std::span input(data + 2, size - 2);
    const std::size_t first = std::min<std::size_t>(data[0] + 256u * data[1], input.size());
    static const MemoryFile images, labels;
    return readOrRefuse(
        [&] { faultline::readIdx(images.write(input.first(first)), labels.write(input.subspan(first))); });
}
