#include "crossbar/circuit_options.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/json_section.h"
#include "common/require.h"

namespace faultline
{
namespace
{

template <class Value, std::size_t count>
using Names = std::array<std::pair<Value, std::string_view>, count>;

constexpr Names<ConverterRange, 3> rangeNames{{{ConverterRange::Fixed, "fixed"},
                                               {ConverterRange::Shared, "shared"},
                                               {ConverterRange::PerLine, "per-line"}}};
constexpr Names<LineEnds, 2> endsNames{{{LineEnds::One, "one"}, {LineEnds::Both, "both"}}};

template <class Value, std::size_t count>
std::string_view nameIn(const Names<Value, count>& names, Value wanted)
{
    for (const auto& [value, text] : names)
        if (value == wanted)
            return text;
    return {};
}

template <class Value, std::size_t count>
Value valueIn(const Names<Value, count>& names, std::string_view wanted)
{
    std::string known;
    for (const auto& [value, text] : names) {
        if (text == wanted)
            return value;
        known += (known.empty() ? "" : ", ") + std::string(text);
    }
    throw Error("\"" + std::string(wanted) + "\" is not known here; choose one of " + known + ".");
}

/// The named value of a key, if it is there.
template <class Value>
void read(const JsonSection& section, const char* key, Value (*fromName)(std::string_view), Value& value)
{
    if (section.has(key))
        section.check([&] { value = fromName(section.text(key)); });
}

void read(const JsonSection& root, const char* key, const char* fullScaleKey, Converter& converter)
{
    if (!root.has(key))
        return;
    const JsonSection section = root.section(key, {"bits", "range", fullScaleKey});
    converter.bits = section.wholeNumber("bits", converter.bits);
    read(section, "range", converterRangeFromName, converter.range);
    converter.fullScale = section.number(fullScaleKey, converter.fullScale);
}

nlohmann::json toJson(const Converter& converter, const char* fullScaleKey)
{
    return {{"bits", static_cast<unsigned>(converter.bits)},
            {"range", name(converter.range)},
            {fullScaleKey, converter.fullScale}};
}

bool isPositive(double value)
{
    return value > 0.0 && std::isfinite(value);
}

void validate(const Converter& converter, const std::string& what)
{
    require(converter.bits == 0 || (converter.bits >= 2 && converter.bits <= 16),
            "number of bits of the " + what, converter.bits, "from 2 to 16, or 0 for an ideal one");
    require(isPositive(converter.fullScale), "full scale of the " + what, converter.fullScale,
            "above 0 and finite");
}

} // namespace

std::string_view name(ConverterRange range)
{
    return nameIn(rangeNames, range);
}

std::string_view name(LineEnds ends)
{
    return nameIn(endsNames, ends);
}

ConverterRange converterRangeFromName(std::string_view name)
{
    return valueIn(rangeNames, name);
}

LineEnds lineEndsFromName(std::string_view name)
{
    return valueIn(endsNames, name);
}

Level levelFromName(std::string_view text)
{
    return valueIn(Names<Level, 2>{{{AP, name(AP)}, {P, name(P)}}}, text);
}

Quantiser::Quantiser(int bits, bool hasSign, const Eigen::ArrayXd& fullScales)
    : last_(static_cast<float>(codes(bits, hasSign)))
{
    first_ = hasSign ? -last_ : 0.0F;
    step_ = fullScales.cast<float>() / last_;
    perStep_ = (step_ > 0.0F).select(1.0F / step_, 0.0F);
}

int Quantiser::codes(int bits, bool hasSign)
{
    return hasSign ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
}

void Quantiser::apply(Eigen::MatrixXf& values) const
{
    for (Eigen::Index k = 0; k < values.cols(); ++k) {
        auto lines = values.col(k).array();
        lines = step_ * (lines * perStep_).rint().max(first_).min(last_);
    }
}

double CircuitOptions::tmrScale(double tmr) const
{
    const auto polarisation = [&](double kelvin) {
        return 1.0 - spinWaveCoefficient * std::pow(kelvin, 1.5);
    };
    const auto julliere = [](double p) { return p * p / (1.0 - p * p); };
    const double reference = std::sqrt(tmr / (2.0 + tmr));
    const double p = reference * (polarisation(temperature) / polarisation(referenceTemperature));
    require(p < 1.0, "spin polarisation at the temperature", p,
            "below 1, or else Julliere's model has no TMR");
    return julliere(p) / julliere(reference);
}

void CircuitOptions::validate() const
{
    constexpr double largestOhm = 1e12;
    wires.validate();
    require(series >= 0.0 && series <= largestOhm, "series resistance of a cell", series,
            "from 0 to 1e12 ohm");
    require(isPositive(readVoltage), "read voltage", readVoltage, "above 0 V and finite");
    require(isPositive(readTime), "read time", readTime, "above 0 s and finite");
    faultline::validate(dac, "DAC");
    faultline::validate(adc, "ADC");
    require(relativeNoise >= 0.0 && std::isfinite(relativeNoise), "relative read noise", relativeNoise,
            "0 or more");
    require(absoluteNoise >= 0.0 && std::isfinite(absoluteNoise), "absolute read noise", absoluteNoise,
            "0 A or more");
    require(biasHalfVoltage > 0.0, "voltage that halves the TMR", biasHalfVoltage, "above 0 V");
    require(spinWaveCoefficient >= 0.0 && spinWaveCoefficient <= 1e-3, "spin-wave coefficient of the TMR",
            spinWaveCoefficient, "from 0 to 1e-3 K^(-3/2)");
    const double hottest = std::pow(1.0 / std::max(spinWaveCoefficient, 1e-9), 2.0 / 3.0);
    require(hottest > referenceTemperature, "spin-wave coefficient of the TMR", spinWaveCoefficient,
            "small enough for a TMR at 300 K");
    require(temperature >= 0.0 && temperature < hottest, "temperature", temperature,
            "from 0 K to where the spin polarisation ends, " + std::to_string(hottest) + " K");
}

CircuitOptions circuitOptionsFromJson(const nlohmann::json& document, const std::string& file)
{
    CircuitOptions options;
    const JsonSection root(file, "", document,
                           {"wires", "series_ohm", "read", "dac", "adc", "noise", "bias_half_voltage_v",
                            "temperature_k", "spin_wave_coefficient", "unused_cells"});
    if (root.has("wires")) {
        const JsonSection section =
            root.section("wires", {"column_segment_ohm", "row_segment_ohm", "source_ohm", "sense_ohm",
                                   "driven_ends", "read_ends"});
        WireOptions& wires = options.wires;
        wires.columnSegment = section.number("column_segment_ohm", wires.columnSegment);
        wires.rowSegment = section.number("row_segment_ohm", wires.rowSegment);
        wires.source = section.number("source_ohm", wires.source);
        wires.sense = section.number("sense_ohm", wires.sense);
        read(section, "driven_ends", lineEndsFromName, wires.drive);
        read(section, "read_ends", lineEndsFromName, wires.read);
    }
    options.series = root.number("series_ohm", options.series);
    if (root.has("read")) {
        const JsonSection section = root.section("read", {"voltage_v", "time_s"});
        options.readVoltage = section.number("voltage_v", options.readVoltage);
        options.readTime = section.number("time_s", options.readTime);
    }
    read(root, "dac", "full_scale_input", options.dac);
    read(root, "adc", "full_scale_a", options.adc);
    if (root.has("noise")) {
        const JsonSection section = root.section("noise", {"relative", "absolute_a"});
        options.relativeNoise = section.number("relative", options.relativeNoise);
        options.absoluteNoise = section.number("absolute_a", options.absoluteNoise);
    }
    options.biasHalfVoltage = root.number("bias_half_voltage_v", options.biasHalfVoltage);
    options.temperature = root.number("temperature_k", options.temperature);
    options.spinWaveCoefficient = root.number("spin_wave_coefficient", options.spinWaveCoefficient);
    read(root, "unused_cells", levelFromName, options.unused);
    root.validate(options);
    return options;
}

CircuitOptions readCircuitOptions(const std::filesystem::path& file)
{
    return circuitOptionsFromJson(readJson(file, "circuit options in JSON"), file.string());
}

nlohmann::json toJson(const CircuitOptions& options)
{
    const WireOptions& wires = options.wires;
    nlohmann::json document{
        {"wires",
         {{"column_segment_ohm", wires.columnSegment},
          {"row_segment_ohm", wires.rowSegment},
          {"source_ohm", wires.source},
          {"sense_ohm", wires.sense},
          {"driven_ends", name(wires.drive)},
          {"read_ends", name(wires.read)}}},
        {"series_ohm", options.series},
        {"read", {{"voltage_v", options.readVoltage}, {"time_s", options.readTime}}},
        {"dac", toJson(options.dac, "full_scale_input")},
        {"adc", toJson(options.adc, "full_scale_a")},
        {"noise", {{"relative", options.relativeNoise}, {"absolute_a", options.absoluteNoise}}},
        {"temperature_k", options.temperature},
        {"spin_wave_coefficient", options.spinWaveCoefficient},
        {"unused_cells", name(options.unused)}};
    if (options.isBiasDependent()) // JSON has no infinity
        document["bias_half_voltage_v"] = options.biasHalfVoltage;
    return document;
}

} // namespace faultline
