#include <array>
#include <cmath>

#include <QTest>

#include <hwy/targets.h>
#include <zlib.h>

#include "study/runner.h"
#include "support/instruction_sets.h"
#include "wafer/wafer_description.h"

using namespace faultline;

namespace
{

constexpr int side = 8;

/// Ten blurred patterns, of which most pixels are zero, as of digits.
Dataset patterns(int count, std::uint32_t index)
{
    RandomStream pattern(5, RandomUse::Test), noise(5, RandomUse::Test, index);
    const Eigen::MatrixXf shown = Eigen::MatrixXf::NullaryExpr(
        side * side, classCount, [&] { return pattern.uniform() < 0.3 ? 0.7F : 0.0F; });
    Dataset dataset{side, side, {}, {}};
    Eigen::MatrixXf images(side * side, count);
    for (int k = 0; k < count; ++k) {
        const std::uint32_t label = noise.below(classCount);
        dataset.labels.push_back(static_cast<std::uint8_t>(label));
        images.col(k) = shown.col(label).unaryExpr([&](float value) {
            const double drawn = noise.uniform();
            return drawn < 0.25 ? 0.0F : value * static_cast<float>(drawn);
        });
    }
    dataset.images = images.sparseView();
    return dataset;
}

Wafer drawnWafer()
{
    WaferDescription description;
    description.name = "pinned";
    description.dies = 2;
    description.geometry = {.rows = 60, .columns = 70, .kernelRows = 30, .kernelColumns = 35};
    DefectStatistics& statistics = description.statistics;
    for (const Level level : {AP, P})
        statistics.level[level] = {description.device.conductance(level), 0.06};
    statistics.shortConductance = {4.0 * description.device.conductance(P), 0.2};
    for (const Defect defect : allDefects)
        statistics.rate(defect) = {0.005, 1.0};
    return drawWafer(description);
}

/// One epoch of each mode.
StudyPlan plan(bool throughCircuit)
{
    StudyPlan plan;
    plan.network = {{side * side, 20, classCount}, Activation::Tanh};
    plan.side = side;
    plan.repeats = 1;
    plan.training = {.epochs = 1, .batch = 20};
    plan.statisticsAware.epochs = 1;
    plan.statisticsAware.batch = 20;
    if (throughCircuit) {
        CircuitOptions& circuit = plan.circuit.emplace();
        circuit.wires = {.columnSegment = 2.0, .rowSegment = 2.0, .source = 50.0, .sense = 50.0};
        circuit.series = 400.0;
        circuit.adc.bits = 8;
        circuit.relativeNoise = 0.02;
    }
    return plan;
}

std::uint32_t checksum(const Network& network)
{
    uLong sum = crc32(0, nullptr, 0);
    for (const Network::Layer& layer : network.layers)
        for (const auto& [data, count] : {std::pair{layer.latent.data(), layer.latent.size()},
                                          {layer.gain.data(), layer.gain.size()},
                                          {layer.bias.data(), layer.bias.size()}})
            sum = crc32(sum, reinterpret_cast<const Bytef*>(data),
                        static_cast<uInt>(static_cast<std::size_t>(count) * sizeof(float)));
    return static_cast<std::uint32_t>(sum);
}

/// What one run has come to. Two checksums, of instruction sets that round a product before it is added and
/// of those that fuse both (AVX2 and later): kernels choose at run time, everything else when it is compiled.
struct Pin {
    std::array<std::uint32_t, 2> portable; ///< of Network, in GCC's build for every x86-64
    double squares, sum;                   ///< of the latent weights: what any build comes near to
    double perfect;                        ///< percent of the test images, as are the others: of any build
    std::array<double, 2> dies;
};

const std::array pins{// through an ideal circuit: standard, hardware-aware D01 and D02, statistics-aware
                      Pin{{0x251ec063, 0x43d5a808}, 15.06904, 5.00899, 64 / 3.0, {38.0, 143 / 3.0}},
                      Pin{{0xeee5c9d7, 0xe3d4062e}, 15.70169, 9.05292, 73 / 3.0, {14.0, 175 / 3.0}},
                      Pin{{0xdc935b62, 0xbcc5f46d}, 16.23710, 1.53052, 38 / 3.0, {33.0, 43 / 3.0}},
                      Pin{{0x61d14cfd, 0x4752e5a6}, 15.32871, -6.89899, 9.0, {28 / 3.0, 74 / 3.0}},
                      // through wires, transistors, converters and noise
                      Pin{{0x251ec063, 0x43d5a808}, 15.06904, 5.00899, 64 / 3.0, {58.0, 60.0}},
                      Pin{{0xafd88ae4, 0x6ca49220}, 16.96804, 8.92003, 109 / 3.0, {161 / 3.0, 206 / 3.0}},
                      Pin{{0xf062f068, 0x19499efb}, 17.36356, 2.84285, 86 / 3.0, {160 / 3.0, 148 / 3.0}},
                      Pin{{0x1e1fa7cb, 0xffa713e6}, 15.52925, -8.22719, 10.0, {13.0, 27.0}}};

#if defined(__x86_64__) && !defined(__AVX__)
constexpr bool isPortable = true;
#else
constexpr bool isPortable = false;
#endif

} // namespace

/// Numbers that no change of the code may move. A change that means to move them says why.
class TestPinnedNumbers : public QObject
{
    Q_OBJECT

private slots:
    void oneEpoch_data() { addInstructionSets(); }
    void oneEpoch();
};

void TestPinnedNumbers::oneEpoch()
{
    QFETCH(const qlonglong, instructionSet);
    const WithInstructionSet chosen;
    const bool isFused = instructionSet <= HWY_AVX2; // the better, the lower its bit
    const DatasetPair data{"patterns", patterns(400, 1), patterns(300, 2)};
    const Wafer wafer = drawnWafer();
    std::size_t at = 0;
    for (const bool throughCircuit : {false, true}) {
        for (const Run& run : runStudy(plan(throughCircuit), wafer, data, 1).runs) {
            const Pin& pin = pins.at(at++);
            double squares = 0.0, sum = 0.0;
            for (const Network::Layer& layer : run.network.layers) {
                squares += layer.latent.cast<double>().squaredNorm();
                sum += layer.latent.cast<double>().sum();
            }
            const QByteArray what = QString("%1 %2, %3 circuit: %4 %5 %6 %7")
                                        .arg(QString::fromStdString(run.settings.name(wafer)))
                                        .arg(at)
                                        .arg(throughCircuit ? "through a" : "ideal")
                                        .arg(checksum(run.network), 8, 16, QChar('0'))
                                        .arg(squares, 0, 'f', 5)
                                        .arg(sum, 0, 'f', 5)
                                        .arg(run.perfectDieError)
                                        .toUtf8();
            constexpr double near = 1e-3;
            QVERIFY2(std::abs(squares - pin.squares) < near && std::abs(sum - pin.sum) < near, what);
            QVERIFY2(std::abs(run.perfectDieError - pin.perfect) < 1e-9, what);
            QVERIFY2(std::abs(run.dieErrors.at(0) - pin.dies[0]) < 1e-9, what);
            QVERIFY2(std::abs(run.dieErrors.at(1) - pin.dies[1]) < 1e-9, what);
            if (isPortable)
                QVERIFY2(checksum(run.network) == pin.portable[isFused], what);
        }
    }
    QCOMPARE(at, pins.size());
}

QTEST_APPLESS_MAIN(TestPinnedNumbers)
#include "test_pinned_numbers.moc"
