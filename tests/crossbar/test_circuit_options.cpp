#include "crossbar/circuit_options.h"

#include <cmath>
#include <set>

#include <QTest>
#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/limits.h"

using namespace faultline;

namespace
{

/// One value through one converter.
auto converter(int bits, bool hasSign, double fullScale)
{
    return [=](float value) {
        Eigen::MatrixXf values = Eigen::MatrixXf::Constant(1, 1, value);
        Quantiser(bits, hasSign, Eigen::ArrayXd::Constant(1, fullScale)).apply(values);
        return values(0, 0);
    };
}

} // namespace

class TestCircuitOptions : public QObject
{
    Q_OBJECT

private slots:
    void quantises_data();
    void quantises();
    void quantisesInClosedForm();
    void followsJulliere();
    void roundTripsThroughJson();
    void refuses_data();
    void refuses();
};

void TestCircuitOptions::quantises_data()
{
    QTest::addColumn<int>("bits");
    QTest::addColumn<bool>("hasSign");
    for (const int bits : {2, 3, 8, 16})
        for (const bool hasSign : {false, true})
            QTest::addRow("%d bits, %s", bits, hasSign ? "signed" : "unsigned") << bits << hasSign;
}

void TestCircuitOptions::quantises()
{
    QFETCH(const int, bits);
    QFETCH(const bool, hasSign);
    const double fullScale = 0.7;
    const auto quantise = converter(bits, hasSign, fullScale);
    const int codes = hasSign ? (1 << bits) - 2 : (1 << bits) - 1;
    const double step = (hasSign ? 2.0 : 1.0) * fullScale / codes, low = hasSign ? -fullScale : 0.0;
    QCOMPARE(quantise(0.0F), 0.0F);
    float before = quantise(-2.0F);
    VERIFY_BELOW(std::abs(before - low), 1e-6); // saturates
    VERIFY_BELOW(std::abs(quantise(2.0F) - fullScale), 1e-6);
    std::set<float> values;
    for (int k = -200'000; k <= 200'000; ++k) {
        const auto value = static_cast<float>(k * 5e-6);
        const float code = quantise(value);
        QVERIFY(code >= before); // monotone
        before = code;
        values.insert(code);
        if (value >= low && value <= fullScale)
            VERIFY_BELOW(std::abs(code - value), step / 2.0 * (1.0 + 1e-3) + 1e-7);
    }
    QCOMPARE(static_cast<int>(values.size()), codes + 1);
}

/// Evenly spread values are off by step / sqrt(12).
void TestCircuitOptions::quantisesInClosedForm()
{
    const auto quantise = converter(6, true, 1.0);
    double square = 0.0;
    constexpr int count = 100'000;
    for (int k = 0; k < count; ++k) {
        const auto value = static_cast<float>(2.0 * (k + 0.5) / count - 1.0);
        square += std::pow(quantise(value) - value, 2.0);
    }
    const double expected = 1.0 / 31.0 / std::sqrt(12.0);
    VERIFY_BELOW(std::abs(std::sqrt(square / count) - expected), 1e-3 * expected);
    QCOMPARE(converter(8, false, 0.0)(3.0F), 0.0F);
}

void TestCircuitOptions::followsJulliere()
{
    CircuitOptions options;
    QCOMPARE(options.tmrScale(1.5), 1.0);
    options.temperature = 350.0;
    const double p =
        std::sqrt(1.5 / 3.5) * (1.0 - 2e-5 * std::pow(350.0, 1.5)) / (1.0 - 2e-5 * std::pow(300.0, 1.5));
    VERIFY_BELOW(std::abs(options.tmrScale(1.5) - 2.0 * p * p / (1.0 - p * p) / 1.5), 1e-12);
    options.temperature = 0.0;
    QVERIFY(options.tmrScale(1.5) > 1.0);
    VERIFY_CONTAINS(messageOf([&] { options.tmrScale(20.0); }), "Julliere");
}

void TestCircuitOptions::roundTripsThroughJson()
{
    CircuitOptions options;
    QVERIFY(circuitOptionsFromJson(nlohmann::json::object(), "f") == options);
    QVERIFY(circuitOptionsFromJson(toJson(options), "f") == options);
    options.wires = {1.0, 2.0, 3.0, 4.0, LineEnds::Both, LineEnds::One};
    options.series = 5.0;
    options.readVoltage = 0.1;
    options.readTime = 1e-7;
    options.dac = {4, ConverterRange::Fixed, 0.5};
    options.adc = {6, ConverterRange::PerLine, 2e-3};
    options.relativeNoise = 0.01;
    options.absoluteNoise = 1e-9;
    options.biasHalfVoltage = 0.6;
    options.temperature = 350.0;
    options.spinWaveCoefficient = 1e-5;
    options.unused = P;
    QVERIFY(circuitOptionsFromJson(toJson(options), "f") == options);
    QCOMPARE(toJson(options).at("noise").at("relative").get<double>(), 0.01); // as files have had it
    const auto byKey =
        nlohmann::json::parse(R"({"relative_noise": 0.02, "source_ohm": 7, "dac": {"bits": 3}})");
    options = circuitOptionsFromJson(byKey, "f");
    QCOMPARE(options.relativeNoise, 0.02);
    QCOMPARE(options.wires.source, 7.0);
    QCOMPARE(options.dac.bits, 3);
}

void TestCircuitOptions::refuses_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<std::string>("message");
    const auto row = [](const char* name, const char* json, const char* message) {
        QTest::newRow(name) << QByteArray(json) << std::string(message);
    };
    row("unknown key", R"({"wire": 1})", "f: wire: found a key that is not known here");
    row("unknown key in a section", R"({"wires": {"source": 1}})", "the nearest is source_ohm");
    row("bits", R"({"adc": {"bits": 1}})", "f: ADC (adc.bits) is 1, must be from 2 to 16 bits, or 0");
    row("range", R"({"dac": {"range": "auto"}})", "f: dac: \"auto\" is not known here; choose one of fixed");
    row("full scale", R"({"dac": {"full_scale_input": 0}})",
        "Full scale of the DAC (dac.full_scale_input) is 0, must be above 0 input and finite");
    row("wires", R"({"wires": {"source_ohm": -1}})",
        "Source resistance (source_ohm) is -1, must be from 0 to 1e12 ohm");
    row("ends", R"({"wires": {"driven_ends": 2}})", "wires.driven_ends: found 2");
    row("series", R"({"series_ohm": -2})", "Access transistor (series_ohm) is -2");
    row("voltage", R"({"read": {"voltage_v": 0}})", "Read voltage (read_voltage_v) is 0, must be above 0 V");
    row("time", R"({"read": {"time_s": 0}})", "Read time (read_time_s) is 0");
    row("noise", R"({"noise": {"relative": -0.1}})", "Relative read noise (relative_noise) is -0.1");
    row("absolute noise", R"({"noise": {"absolute_a": -1}})",
        "Absolute read noise (absolute_noise_a) is -1, must be 0 A or more");
    row("bias", R"({"bias_half_voltage_v": 0})",
        "TMR halved at (bias_half_voltage_v) is 0, must be above 0 V");
    row("temperature", R"({"temperature_k": 5000})", "Temperature (temperature_k) is 5000, must be below");
    row("unused", R"({"unused_cells": "zero"})", "choose one of AP, P");
}

void TestCircuitOptions::refuses()
{
    QFETCH(const QByteArray, json);
    QFETCH(const std::string, message);
    VERIFY_CONTAINS(
        messageOf([&] { circuitOptionsFromJson(nlohmann::json::parse(json.toStdString()), "f"); }), message);
}

QTEST_APPLESS_MAIN(TestCircuitOptions)
#include "test_circuit_options.moc"
