#include "formats/csv_matrix.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const MemoryFile file;
    return readOrRefuse([&] { faultline::readCsvMatrix(file.write({data, size})); });
}
