#pragma once

#include <string>

#include "measurement/import.h"
#include "wafer/die.h"

namespace faultline
{

/// What a person has to confirm before measured dies are used, in sentences; empty where nothing is in doubt.
struct Doubts {
    std::string unit;   ///< the median R_P is not from 100 ohm to 10 megaohm
    std::string states; ///< guessed ones differ by less than 30 %, or than the cells do among themselves
};

/// `wafer`: what waferOf() made of the measurement, which was read by the recipe.
Doubts doubtsAbout(const Wafer& wafer, const Measurement& measurement, const ImportRecipe& recipe);

} // namespace faultline
