#include "measurement/import.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const MemoryFile file;
    return readOrRefuse([&] {
        const std::filesystem::path path = file.write({data, size});
        faultline::datasetsIn(path);
        faultline::readMeasurement({&path, 1}, faultline::guessRecipe(path));
    });
}
