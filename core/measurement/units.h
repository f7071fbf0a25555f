#pragma once

#include <optional>
#include <string_view>

#include "measurement/recipe.h"

namespace faultline::measured
{

enum class Kind { Resistance, Conductance, Current };

/// What the words of a header, a name or an attribute say of the numbers below.
struct Named {
    std::optional<Quantity> quantity; ///< where a unit stands there, with its SI prefix
    std::optional<Kind> kind;         ///< of the unit, or by a word: resistance, conductance, current
};

/// Units are ohm, Ω, S, siemens, mho, A, amp or ampere, with the prefixes f p n u µ m k M G or in full. S and
/// A without a prefix may be anything, so they are units only in brackets or if they are all there is.
/// `letters`: so they are at the end after an underscore, and R, G and I are words for the kinds.
Named namedUnit(std::string_view words, bool letters);

/// The unit in which a number is that of a junction, which has some 100 ohm to 10 megaohm. Currents by some
/// 0.1 V. Resistance or conductance where the kind is not known.
Quantity quantityOf(double typicalValue, std::optional<Kind> kind);

/// Is it the resistance of a junction, in ohm, by orders of magnitude?
bool isPlausible(double typicalValue, Quantity quantity, double readVoltage);

} // namespace faultline::measured
