#include "wafer/wafer_description.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const MemoryFile file;
    return readOrRefuse([&] {
        const faultline::WaferDescription wafer = faultline::readWaferDescription(file.write({data, size}));
        constexpr int fewDies = 3, fewCells = 400;
        if (wafer.dies <= fewDies && wafer.geometry.cells() <= fewCells)
            faultline::drawWafer(wafer);
    });
}
