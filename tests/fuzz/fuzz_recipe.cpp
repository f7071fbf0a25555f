#include "measurement/recipe.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const MemoryFile file;
    return readOrRefuse([&] { faultline::loadRecipe(file.write({data, size})); });
}
