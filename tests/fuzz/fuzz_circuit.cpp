#include "crossbar/circuit_options.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const MemoryFile file;
    return readOrRefuse([&] { faultline::readCircuitOptions(file.write({data, size})); });
}
