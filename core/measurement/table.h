#pragma once

#include <functional>
#include <optional>
#include <string>

#include "measurement/source.h"

/// Reads tables with a line for each cell.
namespace faultline::measured
{

struct DieOfTable {
    std::string name; ///< as the table says, by its place on the wafer ("X3Y4"),
                      ///< or the file's
    std::array<bool, levelCount> measured{};
    std::optional<WaferPosition> position;
};

struct TableFacts {
    long repeated = 0;          ///< values of a cell and state beyond the first
    bool guessedStates = false; ///< by a word in the file's name
};

/// Calls `add` for each die and state, with the values in the file's own orientation; those without a line
/// are missing. Throws Error.
TableFacts
readTable(const Source& source, const ImportRecipe& recipe,
          const std::function<void(const DieOfTable& die, Level level, const CellGrid<double>& values)>& add);

} // namespace faultline::measured
