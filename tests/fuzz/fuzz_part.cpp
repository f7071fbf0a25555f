#include "project/project_file.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const MemoryFile file;
    return readOrRefuse([&] { faultline::loadStudyPart(file.write({data, size})); });
}
