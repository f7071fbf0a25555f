#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "study/circuit_study.h"

namespace faultline
{

/// What networks were read with for a result, and whether that is still what the project has.
struct CircuitReading {
    std::string networks;  ///< in a person's words
    std::vector<int> dies; ///< ids
    bool otherDies = false;
    int reads = 0; ///< networks on dies
    int images = 0;
    std::uint64_t seed = 1;
    CircuitOptions circuit;
    bool current = true; ///< neither dies, circuit nor images have changed since
    bool operator==(const CircuitReading&) const = default;
};

/// Of one network on one die: CircuitOutcome in numbers.
struct ReadNumbers {
    double error = 0.0, idealError = 0.0;             ///< percent of the test images
    double energy = 0.0;                              ///< joule per image
    double power = 0.0;                               ///< watt
    double worstRowLoss = 0.0, worstColumnLoss = 0.0; ///< share of the line's current
};
ReadNumbers numbersOf(const CircuitOutcome& outcome);

/// What the circuit has been found to cost.
struct CircuitResults {
    struct Waterfall {
        CircuitReading reading;
        std::vector<ReadNumbers> reads; ///< behind the whole circuit
        faultline::Waterfall waterfall;
    };
    struct Sweep {
        CircuitReading reading;
        SweepPlan plan; ///< its circuit is that of the reading
        std::vector<SweepPoint> points;
    };
    std::optional<Waterfall> waterfall;
    std::optional<Sweep> sweep;

    void outdate(); ///< something that they were made with has changed
};

} // namespace faultline
