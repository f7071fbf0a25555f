#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "study/evaluation.h"

namespace faultline
{

/// A trained network and what it is written to: a die, or as many as it takes.
struct Pairing {
    const Run* run;
    DieGroup place;
};

/// All runs on all dies, or on as many successive ones as they take. A hardware-aware network stands on its
/// own place alone, or `onOtherDies` too.
std::vector<Pairing> pairings(std::span<const Run* const> runs, std::span<const Die* const> dies,
                              bool onOtherDies = false);

/// What networks are read with, and how the work is done. All images are of the side that the runs' settings
/// say.
struct CircuitBench {
    const Wafer& wafer;
    const Dataset& test;        ///< what errors are taken on
    const Dataset& calibration; ///< what converters take their ranges from, calibrationImages of them
    std::uint64_t seed = 1;     ///< of drawn dies
    std::optional<std::uint64_t> noiseSeed = {}; ///< of other read noise than that of the networks' own seeds
    int threads = 0; ///< 0: one per core, or fewer where memory is short; results do not depend on it
    std::stop_token stop;
    std::function<void(double fraction)> progress; ///< from the worker threads, one call at a time
};

// The studies below throw Error for options, networks and dies that do not go together, and give nothing when
// they are stopped. Errors are percent of the test images.

/// A network on a die behind the whole circuit.
struct CircuitOutcome {
    double idealError = 0.0; ///< on the same die behind an ideal circuit
    double error = 0.0;
    ReadCost cost; ///< over the first images of the test set
    std::vector<LineLoss> rows, columns;
};
double worstLoss(std::span<const LineLoss> lines); ///< of those that conduct
inline constexpr int costImages = 50;              ///< that ReadCost is the mean of

/// In the order of the pairings.
std::optional<std::vector<CircuitOutcome>> readThroughCircuit(std::span<const Pairing> pairings,
                                                              const CircuitOptions& options,
                                                              const CircuitBench& bench);

/// What a waterfall adds, in its order: from the cell outwards to the digital side.
enum class Effect : std::uint8_t { Die, Series, Temperature, Bias, Wires, Dac, Noise, Adc };
inline constexpr std::array allEffects{Effect::Die,   Effect::Series, Effect::Temperature, Effect::Bias,
                                       Effect::Wires, Effect::Dac,    Effect::Noise,       Effect::Adc};
/// "defects and variation", "access transistors", "temperature", "bias", "wires", "DAC", "read noise", "ADC".
std::string_view name(Effect effect);

/// Which non-ideality costs how many points: each added to those before it, and each alone.
struct Waterfall {
    struct Step {
        Effect effect;
        double error = 0.0, spread = 0.0; ///< with all effects so far: mean and standard deviation
        double cost = 0.0;                ///< points above the step before
        double costAlone =
            0.0; ///< points that this effect alone costs: on a perfect die, but for the first step
    };
    double ideal = 0.0, idealSpread = 0.0; ///< on a perfect die behind an ideal circuit
    int pairings = 0;                      ///< that means and spreads are over
    std::vector<Step> steps;               ///< of the die, and of the effects that the options have
};
std::optional<Waterfall> waterfall(std::span<const Pairing> pairings, const CircuitOptions& options,
                                   const CircuitBench& bench);

/// What can be varied, by the names that people type.
enum class SweepParameter : std::uint8_t {
    WireOhm,
    ColumnOhm,
    RowOhm,
    SourceOhm,
    SenseOhm,
    SeriesOhm,
    DriveEnds,
    ReadEnds,
    ReadVolt,
    ReadTime,
    Kelvin,
    BiasHalfVolt,
    DacBits,
    AdcBits,
    DacFullScale,
    AdcFullScale,
    Noise,
    NoiseAmpere,
    DefectRate,
    ShortConductance
};
/// "wire-ohm" (one segment of rows and columns), "column-wire-ohm", "row-wire-ohm", "source-ohm",
/// "sense-ohm", "series-ohm", "drive-ends" and "read-ends" (1 or 2), "read-volt", "read-time-s", "kelvin",
/// "bias-half-volt", "dac-bits", "adc-bits", "dac-full-scale" and "adc-full-scale-ampere" (of a fixed range),
/// "noise" (relative), "noise-ampere"; and of the dies "defect-rate" (share of the cells, those of failed
/// lines included, in the proportions of the wafer's own defects) and "short-conductance" (median, in G_P).
std::string_view name(SweepParameter parameter);
std::string_view title(SweepParameter parameter);             ///< for an axis, with the unit in brackets
SweepParameter sweepParameterFromName(std::string_view name); ///< throws Error with all names
std::string circuitParameterNames();                          ///< of those of the circuit, for a person
/// Whether it says what the dies are, so that other dies must be drawn for it.
bool isOfDies(SweepParameter parameter);
/// Sets a parameter of the circuit. Throws Error for one of the dies and for bits that are no whole number.
void set(CircuitOptions& options, SweepParameter parameter, double value);

struct SweepAxis {
    SweepParameter parameter;
    std::vector<double> values;
};

struct SweepPlan {
    std::vector<SweepAxis> axes; ///< one or two, of different parameters
    CircuitOptions circuit;      ///< all else
    /// Dies that are drawn for each point from the wafer's statistics when a parameter is one of the dies,
    /// the same random numbers at all points; otherwise reads of each pairing with noise of their own, one
    /// without noise.
    int repeats = 3;

    void validate() const; ///< throws Error
};

struct SweepPoint {
    std::vector<double> values;      ///< one per axis
    int count = 0;                   ///< of errors
    double mean = 0.0, spread = 0.0; ///< standard deviation over dies, networks and repeats
};

/// The last axis' values follow each other. When dies are drawn, those of the pairings do not matter.
std::optional<std::vector<SweepPoint>> sweep(std::span<const Pairing> pairings, const SweepPlan& plan,
                                             const CircuitBench& bench);

/// The numbers as JSON and as CSV (RFC 4180), a line for each step or point. Names are those above.
nlohmann::json toJson(const Waterfall& waterfall);
std::string csv(const Waterfall& waterfall);
nlohmann::json toJson(const SweepPlan& plan, std::span<const SweepPoint> points);
std::string csv(const SweepPlan& plan, std::span<const SweepPoint> points);

} // namespace faultline
