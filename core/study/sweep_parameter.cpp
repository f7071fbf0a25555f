#include "study/sweep_parameter.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "common/error.h"
#include "common/require.h"

namespace faultline
{

struct SweepParameter::Entry {
    std::string name, olderName = {}, title;
    std::string key = {}; ///< of CircuitOptions; empty where it is not one option of these
    bool isWhole = false, isOfDies = false;
};

namespace
{

/// "dac-bits" of "dac.bits"
std::string dashed(std::string_view key)
{
    std::string name(key);
    std::ranges::replace_if(
        name, [](char letter) { return letter == '_' || letter == '.'; }, '-');
    return name;
}

constexpr const char* wires = "wire-ohm";
constexpr const char* shortConductance = "short-conductance";

} // namespace

const std::vector<SweepParameter::Entry>& SweepParameter::entries()
{
    static const std::vector<Entry> all = [] {
        std::vector<Entry> entries{{wires, "", "Wire resistance of a segment (ohm)", ""}};
        const CircuitOptions options;
        describe(options, [&](const char* key, const auto& value, const Says& says) {
            using Value = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_arithmetic_v<Value> || std::is_same_v<Value, LineEnds>) {
                const std::string unit = says.unit.si;
                entries.push_back({dashed(key), says.typed,
                                   says.label + (unit.empty() ? "" : " (" + unit + ")"), key,
                                   !std::is_floating_point_v<Value>});
            }
        });
        entries.push_back({.name = "defect-rate", .title = "Defective cells (share)", .isOfDies = true});
        entries.push_back({.name = shortConductance, .title = "Short conductance (G_P)", .isOfDies = true});
        return entries;
    }();
    return all;
}

SweepParameter::SweepParameter(std::string_view name) : entry_(nullptr)
{
    std::string known;
    for (const Entry& entry : entries()) {
        if (entry.name == dashed(name) || (!entry.olderName.empty() && entry.olderName == name))
            entry_ = &entry;
        known += (known.empty() ? "" : ", ") + entry.name;
    }
    if (!entry_)
        throw Error("There is no parameter \"" + std::string(name) + "\"; choose one of " + known + ".");
}

std::vector<SweepParameter> SweepParameter::all()
{
    std::vector<SweepParameter> parameters;
    for (const Entry& entry : entries())
        parameters.push_back(SweepParameter(entry));
    return parameters;
}

const std::string& SweepParameter::name() const
{
    return entry_->name;
}

const std::string& SweepParameter::title() const
{
    return entry_->title;
}

bool SweepParameter::isWhole() const
{
    return entry_->isWhole;
}

bool SweepParameter::isOfDies() const
{
    return entry_->isOfDies;
}

void SweepParameter::setIn(CircuitOptions& circuit, double value) const
{
    if (isOfDies())
        throw Error(name() + " is not one of the circuit's parameters but of the dies'.");
    constexpr double most = 1e6; // fits into an int
    require(!isWhole() || (value == std::floor(value) && std::abs(value) < most), name(), value,
            "a whole number");
    if (name() == wires)
        circuit.wires.columnSegment = circuit.wires.rowSegment = value;
    describe(circuit, [&](std::string_view key, auto& field, const Says&) {
        using Field = std::remove_cvref_t<decltype(field)>;
        if (key != entry_->key)
            return;
        if constexpr (std::is_same_v<Field, LineEnds>) {
            require(value == 1.0 || value == 2.0, name(), value, "1 or 2");
            field = value == 1.0 ? LineEnds::One : LineEnds::Both;
        } else if constexpr (std::is_arithmetic_v<Field>) {
            field = static_cast<Field>(value);
        }
        for (Converter* converter : {&circuit.dac, &circuit.adc})
            if (static_cast<const void*>(&field) == &converter->fullScale)
                converter->range = ConverterRange::Fixed;
    });
}

void SweepParameter::setIn(DefectStatistics& dies, double value, const Device& device) const
{
    if (name() == shortConductance) {
        dies.shortConductance.median = value * device.conductance(P);
    } else {
        LineRates &rows = dies.rows, &columns = dies.columns;
        std::vector<double*> rates{&rows.shorts, &rows.opens, &columns.shorts, &columns.opens};
        for (const Defect defect : allDefects)
            rates.push_back(&dies.rate(defect).rate);
        double share = 0.0; // each rate is one: of all rows, so many fail with all of their cells
        for (const double* rate : rates)
            share += *rate;
        require(share > 0.0, "share of defective cells on the wafer", share,
                "above 0, so that their proportions are known");
        for (double* rate : rates)
            *rate *= value / share;
    }
    dies.validate();
}

} // namespace faultline
