#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

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

/// The words of files for what is chosen from a few: "fixed", "shared", "per-line"; "one", "both"; "AP", "P".
std::string_view name(ConverterRange range);
std::string_view name(LineEnds ends);
ConverterRange converterRangeFromName(std::string_view name); ///< throws Error, as do the others
LineEnds lineEndsFromName(std::string_view name);
Level levelFromName(std::string_view text);

/// A uniform converter. Of values that have no sign it has the 2^bits codes from 0 to full scale; of values
/// with a sign the 2^bits - 1 codes from -full scale to full scale, so that zero is one of them. It rounds to
/// the nearest code and saturates at the ends: the error is at most half a step within the range.
struct Converter {
    int bits = 0; ///< 2 to 16; 0 for an ideal converter, which neither rounds nor saturates
    ConverterRange range = ConverterRange::Shared;
    double fullScale = 1.0; ///< of a fixed range: network inputs (DAC; 1 is the read voltage), ampere (ADC)

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
    double series = 0.0;      ///< access transistor in series with each junction
    double readVoltage = 0.2; ///< that stands for an input of 1
    double readTime = 10e-9;  ///< of one tile
    Converter dac, adc;       ///< on each column; on each row, so that G+ and G- are digitised apart
    /// Standard deviations of a row's current, drawn at each read: relative to that current, and ampere. Both
    /// together: sqrt((relative I)^2 + absolute^2).
    double relativeNoise = 0.0, absoluteNoise = 0.0;
    /// Voltage of a junction at which its TMR is halved: TMR(V) = TMR(0) / (1 + (V / V_half)^2), as in the
    /// compact model of Y. Zhang et al., IEEE Trans. Electron Devices 59, 819 (2012). Infinite: none.
    double biasHalfVoltage = std::numeric_limits<double>::infinity();
    /// The TMR follows Julliere's 2 P^2 / (1 - P^2) with the spin polarisation P = P0 (1 - alpha T^(3/2))
    /// (C. H. Shang et al., Phys. Rev. B 58, R2917 (1998)). R_P does not change.
    double temperature = referenceTemperature;
    double spinWaveCoefficient = 2e-5; ///< alpha, kelvin^(-3/2)
    Level unused = AP;                 ///< what the cells that hold no weight are written to

    /// TMR at the temperature as a share of that at the reference temperature. Throws Error where Julliere's
    /// model has no TMR.
    double tmrScale(double tmr) const;

    bool isBiasDependent() const { return biasHalfVoltage < std::numeric_limits<double>::infinity(); }
    bool isNoisy() const { return relativeNoise > 0.0 || absoluteNoise > 0.0; }

    void validate() const; ///< throws Error
    bool operator==(const CircuitOptions&) const = default;
};

/// The JSON form, whose keys stand in datasets/README.md; what is left out keeps its default. `file` is for
/// messages. Throws Error that names the file and the key.
CircuitOptions circuitOptionsFromJson(const nlohmann::json& document, const std::string& file);
CircuitOptions readCircuitOptions(const std::filesystem::path& file);
nlohmann::json toJson(const CircuitOptions& options);

} // namespace faultline
