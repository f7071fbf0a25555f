#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crossbar/circuit_options.h"
#include "wafer/defect_statistics.h"

namespace faultline
{

/// What a sweep can vary: any number of the circuit's description, whose key is the name with dashes
/// ("dac-bits", "read-voltage-v"; ends of lines are 1 or 2); "wire-ohm", one segment of rows and columns
/// alike; and of the dies "defect-rate" (share of the cells, those of failed lines included, in the
/// proportions of the wafer's own defects) and "short-conductance" (median, in G_P).
class SweepParameter
{
public:
    explicit SweepParameter(std::string_view name); ///< or an older name; throws Error with all names

    static std::vector<SweepParameter> all();
    const std::string& name() const;
    const std::string& title() const; ///< for an axis, with the SI unit in brackets
    bool isWhole() const;             ///< takes whole numbers alone
    bool isOfDies() const;            ///< says what the dies are, so that others must be drawn for it

    /// Throws Error for a parameter of the dies and for a number that cannot be.
    void setIn(CircuitOptions& circuit, double value) const;
    void setIn(DefectStatistics& dies, double value, const Device& device) const;

    bool operator==(const SweepParameter&) const = default;

private:
    struct Entry;
    static const std::vector<Entry>& entries();
    explicit SweepParameter(const Entry& entry) : entry_(&entry) {}

    const Entry* entry_; // of entries(), which stay
};

} // namespace faultline
