#include "crossbar/circuit_options.h"

#include <algorithm>
#include <cmath>

#include "common/json_options.h"
#include "common/require.h"

namespace faultline
{

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
    validateRanges(*this);
    const double hottest = std::pow(1.0 / std::max(spinWaveCoefficient, 1e-9), 2.0 / 3.0);
    if (hottest <= referenceTemperature)
        throw OptionError("spin_wave_coefficient", "Spin-wave coefficient", optionText(spinWaveCoefficient),
                          "small enough for a TMR at 300 K");
    if (temperature >= hottest)
        throw OptionError("temperature_k", "Temperature", optionText(temperature),
                          "below " + optionText(hottest) + " K, where the spin polarisation ends");
}

CircuitOptions circuitOptionsFromJson(const nlohmann::json& document, const std::string& file)
{
    CircuitOptions options;
    readOptions(JsonSection(file, "", document, namesIn<CircuitOptions>("")), options);
    return options;
}

CircuitOptions readCircuitOptions(const std::filesystem::path& file)
{
    return circuitOptionsFromJson(readJson(file, "circuit options in JSON"), file.string());
}

nlohmann::json toJson(const CircuitOptions& options)
{
    return optionsJson(options);
}

} // namespace faultline
