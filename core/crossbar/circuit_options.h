#pragma once

#include <filesystem>
#include <limits>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "crossbar/wire_network.h"

namespace faultline
{

/// Where a converter's full scale comes from.
enum class ConverterRange : std::uint8_t {
    Fixed,   ///< given
    Shared,  ///< the largest value that calibration images give on any column of a layer or row of a tile
    PerLine, ///< the largest on each column or row by itself
};

constexpr Names<ConverterRange, 3> namesOf(ConverterRange)
{
    return {{{ConverterRange::Fixed, "fixed"},
             {ConverterRange::Shared, "shared"},
             {ConverterRange::PerLine, "per-line"}}};
}
constexpr Names<Level, levelCount> namesOf(Level)
{
    return {{{AP, "AP"}, {P, "P"}}};
}

/// A uniform converter. Of values that have no sign it has the 2^bits codes from 0 to full scale; of values
/// with a sign the 2^bits - 1 codes from -full scale to full scale, so that zero is one of them. It rounds to
/// the nearest code and saturates at the ends: the error is at most half a step within the range.
struct Converter {
    int bits = 0; ///< 0 for an ideal converter, which neither rounds nor saturates
    ConverterRange range = ConverterRange::Shared;
    double fullScale = 1.0; ///< of a fixed range

    bool operator==(const Converter&) const = default;
};

/// A converter on each of some lines.
class Quantiser
{
public:
    /// A full scale for each line; 0, of a line on which calibration saw nothing, makes everything 0.
    Quantiser(int bits, bool hasSign, const Eigen::ArrayXd& fullScales);
    static int codes(int bits, bool hasSign); ///< from zero to full scale, zero not counted

    /// Rounds in place; lines x cases.
    void apply(Eigen::MatrixXf& values) const;

private:
    Eigen::ArrayXf step_, perStep_; // of each line
    float first_, last_;            // codes
};

/// All that a real array and its periphery do to a read, apart from what its junctions are. Volt, ampere,
/// ohm, second, kelvin. The defaults are those of an ideal circuit.
struct CircuitOptions {
    static constexpr double referenceTemperature = 300.0; ///< at which dies are measured

    WireOptions wires;
    double series = 0.0;
    double readVoltage = 0.2, readTime = 10e-9;
    Converter dac, adc; ///< on each column; on each row, so that G+ and G- are digitised apart
    /// Both together: sqrt((relative I)^2 + absolute^2).
    double relativeNoise = 0.0, absoluteNoise = 0.0;
    /// TMR(V) = TMR(0) / (1 + (V / V_half)^2), as in the compact model of Y. Zhang et al., IEEE Trans.
    /// Electron Devices 59, 819 (2012). Infinite: no dependence.
    double biasHalfVoltage = std::numeric_limits<double>::infinity();
    /// The TMR follows Julliere's 2 P^2 / (1 - P^2) with the spin polarisation P = P0 (1 - alpha T^(3/2))
    /// (C. H. Shang et al., Phys. Rev. B 58, R2917 (1998)). R_P does not change.
    double temperature = referenceTemperature;
    double spinWaveCoefficient = 2e-5;
    Level unused = AP;

    /// TMR at the temperature as a share of that at the reference temperature. Throws Error where Julliere's
    /// model has no TMR.
    double tmrScale(double tmr) const;

    bool isBiasDependent() const { return biasHalfVoltage < std::numeric_limits<double>::infinity(); }
    bool isNoisy() const { return relativeNoise > 0.0 || absoluteNoise > 0.0; }

    void validate() const; ///< throws OptionError
    bool operator==(const CircuitOptions&) const = default;
};

void describe(MaybeConst<CircuitOptions> auto& of, const auto& visit)
{
    constexpr double infinite = std::numeric_limits<double>::infinity();
    constexpr Range bits{.low = 2, .high = 16, .also = 0}, positive = above(0.0), notNegative = from(0.0);
    constexpr const char* range =
        "Full scale: fixed, the largest value that training images give in a layer or "
        "tile (shared), or that on each line by itself (per-line)";
    const auto cells = inGroup("Cells", visit), read = inGroup("Read", visit),
               converters = inGroup("Converters", visit), noise = inGroup("Read noise", visit);
    describe(of.wires, visit);
    cells("series_ohm", of.series,
          Says("Access transistor", "In series with each junction", from(0.0, 1e12), {"ohm", "Ω"}));
    read("read_voltage_v", of.readVoltage,
         Says("Read voltage", "Of a column that stands for an input of 1", positive, {"V", "mV", 1e3},
              "read.voltage_v", "read-volt"));
    read("read_time_s", of.readTime,
         Says("Read time", "For which a tile is read; energy is in proportion to it", positive,
              {"s", "ns", 1e9}, "read.time_s"));
    converters("dac.bits", of.dac.bits, Says("DAC", "On each column; 0 for an ideal one", bits, {"bits"}));
    converters("dac.range", of.dac.range, Says("Range of the DAC", range));
    converters("dac.full_scale_input", of.dac.fullScale,
               Says("Full scale of the DAC", "Of a fixed range; 1 is the read voltage", positive, {"input"},
                    nullptr, "dac-full-scale"));
    converters("adc.bits", of.adc.bits, Says("ADC", "On each row; 0 for an ideal one", bits, {"bits"}));
    converters("adc.range", of.adc.range, Says("Range of the ADC", range));
    converters("adc.full_scale_a", of.adc.fullScale,
               Says("Full scale of the ADC", "Of a fixed range", positive, {"A", "µA", 1e6}, nullptr,
                    "adc-full-scale-ampere"));
    noise("relative_noise", of.relativeNoise,
          Says("Relative read noise", "Standard deviation of a row's current at each read, of that current",
               notNegative, {"", "%", 100.0}, "noise.relative", "noise"));
    noise("absolute_noise_a", of.absoluteNoise,
          Says("Absolute read noise",
               "Standard deviation of a row's current at each read, whatever the current", notNegative,
               {"A", "nA", 1e9}, "noise.absolute_a", "noise-ampere"));
    cells("bias_half_voltage_v", of.biasHalfVoltage,
          Says("TMR halved at",
               "Voltage of a junction at which its TMR is halved; each image then takes a solve of its own",
               above(0.0, infinite), {"V", "mV", 1e3}, nullptr, "bias-half-volt"));
    cells("temperature_k", of.temperature,
          Says("Temperature", "Scales the TMR by Julliere's model; the dies are those of 300 K", notNegative,
               {"K"}, nullptr, "kelvin"));
    cells("spin_wave_coefficient", of.spinWaveCoefficient,
          Says("Spin-wave coefficient", "alpha of the spin polarisation P = P0 (1 - alpha T^1.5)",
               from(0.0, 1e-3), {"K^-1.5", "10⁻⁵", 1e5}));
    cells("unused_cells", of.unused,
          Says("Unused cells", "What the cells that hold no weight are written to"));
}

/// The JSON form (common/json_options.h), whose keys stand in datasets/README.md. `file` is for messages.
/// Throws Error that names the file and the key.
CircuitOptions circuitOptionsFromJson(const nlohmann::json& document, const std::string& file);
CircuitOptions readCircuitOptions(const std::filesystem::path& file);
nlohmann::json toJson(const CircuitOptions& options);

} // namespace faultline
