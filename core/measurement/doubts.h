#pragma once

#include <string>

#include "measurement/import.h"
#include "wafer/die.h"

namespace faultline
{

/// What a person has to confirm before measured dies are used, in sentences; empty where nothing is in doubt.
struct Doubts {
    std::string unit; ///< the median R_P is not from 100 ohm to 10 megaohm
};

/// `wafer`: what waferOf() made of dies that were read by the recipe.
Doubts doubtsAbout(const Wafer& wafer, const ImportRecipe& recipe);

} // namespace faultline
