#include "learning/circuit_network.h"

#include <cmath>

#include <QTest>

#include "common/stop.h"
#include "crossbar/dense_nodal_solve.h"
#include "support/errors.h"
#include "support/limits.h"
#include "wafer/defect_statistics.h"

using namespace faultline;
using Eigen::MatrixXd;
using Eigen::MatrixXf;

namespace
{

constexpr int inputs = 9, hidden = 5, images = 60;

/// A network with random signs and a die with scattered conductances, a short and an open.
struct Bench {
    Device device;
    DieGeometry geometry;
    NetworkShape shape{{inputs, hidden, 3}, Activation::Tanh};
    CellMap map{shape.layers, geometry, Spare::Copies};
    Network network = initialNetwork(shape, RandomStream(3, RandomUse::Test));
    Die die;
    Dataset data;

    explicit Bench(const DieGeometry& cells = {20, 30, 10, 10}) : geometry(cells)
    {
        DefectStatistics statistics;
        statistics.level[P] = {device.conductance(P), 0.1};
        statistics.level[AP] = {device.conductance(AP), 0.1};
        die = drawDie(statistics, geometry, RandomStream(4, RandomUse::Test));
        die.setDefect(0, 0, Defect::Short, 1e-3F);
        die.setDefect(3, 4, Defect::Open, 0.0F);
        data.width = data.height = 3;
        RandomStream random(5, RandomUse::Test);
        const MatrixXf pixels = MatrixXf::NullaryExpr(
            inputs, images, [&] { return std::max(0.0F, static_cast<float>(1.5 * random.uniform() - 0.5)); });
        data.images = pixels.sparseView();
        data.labels.assign(images, 0);
    }

    CircuitNetwork with(const CircuitOptions& options) const
    {
        return {network, die, map, device, options, data};
    }
    double unit(const CircuitOptions& options) const // ampere
    {
        return options.readVoltage * (device.conductance(P) - device.conductance(AP));
    }
};

CircuitOptions wired()
{
    CircuitOptions options;
    options.wires = {.columnSegment = 2.0, .rowSegment = 3.0, .source = 30.0, .sense = 10.0};
    options.series = 400.0;
    return options;
}

/// Scores image by image from what the array does under each tile's voltages, in double precision.
MatrixXd bruteForce(const Bench& bench, const CircuitOptions& options)
{
    const CircuitNetwork network = bench.with(options);
    MatrixXd scores(3, images);
    for (int image = 0; image < images; ++image) {
        Eigen::VectorXd values = MatrixXf(bench.data.images).col(image).cast<double>();
        for (int l = 0; l < 2; ++l) {
            Eigen::VectorXd sum = Eigen::VectorXd::Zero(bench.map.outputs(l));
            for (const Tile& tile : bench.map.tiles()) {
                if (tile.layer != l)
                    continue;
                Eigen::VectorXd voltages = Eigen::VectorXd::Zero(bench.geometry.columns);
                for (int i = 0; i < tile.inputs; ++i)
                    voltages[tile.column + i] = options.readVoltage * values[tile.firstInput + i];
                const Eigen::VectorXd current = network.array().solve(voltages).outputCurrent;
                for (int j = 0; j < tile.outputs; ++j)
                    sum[tile.firstOutput + j] += (current[tile.row + 2 * j] - current[tile.row + 2 * j + 1]) /
                                                 bench.unit(options) / bench.map.copies(l);
            }
            const Network::Layer& layer = bench.network.layers[static_cast<std::size_t>(l)];
            values = sum.cwiseProduct(layer.gain.cast<double>()) + layer.bias.cast<double>();
            if (l == 0)
                values = values.array().tanh();
        }
        scores.col(image) = values;
    }
    return scores;
}

} // namespace

class TestCircuitNetwork : public QObject
{
    Q_OBJECT

private slots:
    void idealIsTheAnalogWeights();
    void continuousTowardsNoResistance();
    void effectiveWeightsEqualBruteForce();
    void biasEqualsBruteForce();
    void adcEqualsBruteForce();
    void manyBitsAreIdeal();
    void dacRoundsInputs();
    void perLineRangesFitEachRow();
    void noiseHasItsVariance();
    void noiseDependsOnKeyAndImageAlone();
    void energyIsVoltageTimesCurrent();
    void readsAreKirchhoffs();
    void lossesAreOfExactSolves();
    void columnLossOfALadder();
    void groupsAreReadDieByDie();
    void stopsInTheMiddle();
    void refusesWhatDoesNotFit();
};

void TestCircuitNetwork::idealIsTheAnalogWeights()
{
    const Bench bench;
    QVERIFY(bench.map.copies(1) > 1);
    const auto expected = onDie(bench.network, analogWeights(bench.die, bench.map, bench.device));
    const CircuitNetwork network = bench.with({});
    for (std::size_t l = 0; l < 2; ++l)
        QVERIFY(network.effectiveLayers()[l].weights == expected[l].weights);
    QVERIFY(network.classify(bench.data, {}) == classify(expected, bench.shape, bench.data));
}

void TestCircuitNetwork::continuousTowardsNoResistance()
{
    const Bench bench;
    const auto expected = onDie(bench.network, analogWeights(bench.die, bench.map, bench.device));
    for (const double ohm : {1e-3, 1e-6, 1e-12}) {
        CircuitOptions options;
        options.wires = {.columnSegment = ohm, .rowSegment = ohm, .source = ohm, .sense = ohm};
        options.series = ohm;
        const CircuitNetwork network = bench.with(options);
        for (std::size_t l = 0; l < 2; ++l)
            VERIFY_BELOW((network.effectiveLayers()[l].weights - expected[l].weights).cwiseAbs().maxCoeff(),
                         10.0 * ohm + 1e-6);
    }
}

void TestCircuitNetwork::effectiveWeightsEqualBruteForce()
{
    const Bench bench;
    const MatrixXd expected = bruteForce(bench, wired());
    const CircuitNetwork network = bench.with(wired());
    VERIFY_BELOW((network.scores(bench.data, {}).cast<double>() - expected).cwiseAbs().maxCoeff(), 2e-6);
    Propagation<float> propagation(bench.shape);
    Batch<float> batch;
    for (int image = 0; image < images; ++image)
        batch.push_back(sparseColumn(bench.data.images, image));
    const MatrixXf found = propagation.forward(network.effectiveLayers(), batch);
    VERIFY_BELOW((found.cast<double>() - expected).cwiseAbs().maxCoeff(), 2e-6);
    QVERIFY((expected - bruteForce(bench, {})).cwiseAbs().maxCoeff() > 0.01);
}

void TestCircuitNetwork::biasEqualsBruteForce()
{
    const Bench bench;
    CircuitOptions options = wired();
    const MatrixXd linear = bruteForce(bench, options);
    options.biasHalfVoltage = 0.3;
    const MatrixXd expected = bruteForce(bench, options);
    VERIFY_BELOW((bench.with(options).scores(bench.data, {}).cast<double>() - expected).cwiseAbs().maxCoeff(),
                 2e-6);
    QVERIFY((expected - linear).cwiseAbs().maxCoeff() > 1e-3);
}

void TestCircuitNetwork::adcEqualsBruteForce()
{
    const Bench bench;
    CircuitOptions options = wired();
    options.adc = {10, ConverterRange::Fixed, 4e-4};
    // Signed and unsigned codes differ; a network of one layer has unsigned ones only.
    Bench single;
    single.shape = {{inputs, hidden}, Activation::Tanh};
    single.map = CellMap(single.shape.layers, single.geometry, Spare::Unused);
    single.network = initialNetwork(single.shape, RandomStream(3, RandomUse::Test));
    const CircuitNetwork network = single.with(options);
    const MatrixXf found = network.scores(single.data, {});
    const double step = 4e-4 / 1023.0;
    int different = 0;
    for (int image = 0; image < images; ++image) {
        Eigen::VectorXd voltages = Eigen::VectorXd::Zero(single.geometry.columns);
        const Tile& tile = single.map.tiles().front();
        voltages.segment(tile.column, inputs) =
            options.readVoltage * MatrixXf(single.data.images).col(image).cast<double>();
        const Eigen::VectorXd current = network.array().linear().solve(voltages).outputCurrent;
        for (int j = 0; j < hidden; ++j) {
            const auto code = [&](int row) {
                return std::min(std::max(std::round(current[tile.row + row] / step), 0.0), 1023.0);
            };
            const double expected = single.network.layers[0].gain[j] * (code(2 * j) - code(2 * j + 1)) *
                                    step / single.unit(options);
            const double one = single.network.layers[0].gain[j] * step / single.unit(options);
            const double error = std::abs(found(j, image) - expected);
            VERIFY_BELOW(error, 1.01 * one); // a current between two codes may round either way
            different += error > 0.01 * one;
        }
    }
    VERIFY_BELOW(different, 3);
}

void TestCircuitNetwork::manyBitsAreIdeal()
{
    const Bench bench;
    CircuitOptions options = wired();
    const MatrixXf ideal = bench.with(options).scores(bench.data, {});
    double before = 1e9;
    for (const int bits : {4, 8, 12, 16}) {
        options.dac.bits = options.adc.bits = bits;
        const double error = (bench.with(options).scores(bench.data, {}) - ideal).cwiseAbs().maxCoeff();
        VERIFY_BELOW(error, before / 4.0);
        before = error;
    }
    VERIFY_BELOW(before, 1e-3);
}

void TestCircuitNetwork::dacRoundsInputs()
{
    Bench bench;
    CircuitOptions options;
    options.dac = {2, ConverterRange::Fixed, 1.0}; // 0, 1/3, 2/3, 1
    MatrixXf rounded =
        MatrixXf(bench.data.images).unaryExpr([](float x) { return std::round(3.0F * x) / 3.0F; });
    const Network::Layer& first = bench.network.layers[0];
    bench.shape = bench.network.shape = {{inputs, hidden}, Activation::Tanh};
    bench.map = CellMap(bench.shape.layers, bench.geometry, Spare::Copies);
    bench.network.layers = {first};
    const MatrixXf found = bench.with(options).scores(bench.data, {});
    bench.data.images = rounded.sparseView();
    VERIFY_BELOW((found - bench.with({}).scores(bench.data, {})).cwiseAbs().maxCoeff(), 1e-5);
}

void TestCircuitNetwork::perLineRangesFitEachRow()
{
    // A short in one row widens the shared range of all; ranges of their own keep the steps of the others.
    const Bench bench;
    CircuitOptions options;
    const MatrixXf ideal = bench.with(options).scores(bench.data, {});
    const auto error = [&](ConverterRange range) {
        options.adc = {6, range};
        return (bench.with(options).scores(bench.data, {}) - ideal).norm();
    };
    VERIFY_BELOW(error(ConverterRange::PerLine), error(ConverterRange::Shared));
}

void TestCircuitNetwork::noiseHasItsVariance()
{
    Bench bench;
    bench.shape = bench.network.shape = {{inputs, hidden}, Activation::Tanh};
    bench.map = CellMap(bench.shape.layers, bench.geometry, Spare::Copies);
    bench.network.layers.resize(1);
    const int copies = bench.map.copies(0);
    QVERIFY(copies > 1);
    constexpr int reads = 20'000;
    const MatrixXf image = MatrixXf(bench.data.images).col(1);
    bench.data.images = MatrixXf(image.replicate(1, reads)).sparseView();
    bench.data.labels.assign(reads, 0);
    CircuitOptions options = wired();
    options.relativeNoise = 0.03;
    options.absoluteNoise = 2e-6;
    const CircuitNetwork network = bench.with(options);
    const MatrixXd scores = network.scores(bench.data, {9, 4}).cast<double>();
    for (int j = 0; j < hidden; ++j) {
        double mean = 0.0, variance = 0.0; // expected
        for (const Tile& tile : bench.map.tiles()) {
            Eigen::VectorXd voltages = Eigen::VectorXd::Zero(bench.geometry.columns);
            voltages.segment(tile.column, inputs) = options.readVoltage * image.cast<double>();
            const Eigen::VectorXd current = network.array().solve(voltages).outputCurrent;
            const double scale = bench.network.layers[0].gain[j] / bench.unit(options) / copies;
            for (const int sign : {1, -1}) {
                const double ampere = current[tile.row + 2 * j + (sign < 0)];
                mean += sign * ampere * scale;
                variance += (std::pow(0.03 * ampere, 2.0) + std::pow(2e-6, 2.0)) * scale * scale;
            }
        }
        const double foundMean = scores.row(j).mean();
        const double found = (scores.row(j).array() - foundMean).square().sum() / (reads - 1);
        VERIFY_BELOW(std::abs(foundMean - mean), 5.0 * std::sqrt(variance / reads));
        VERIFY_BELOW(std::abs(found / variance - 1.0), 5.0 * std::sqrt(2.0 / reads));
    }
}

void TestCircuitNetwork::noiseDependsOnKeyAndImageAlone()
{
    const Bench bench;
    CircuitOptions options = wired();
    options.relativeNoise = 0.05;
    const CircuitNetwork network = bench.with(options);
    const MatrixXf scores = network.scores(bench.data, {1, 2});
    QVERIFY(scores == network.scores(bench.data, {1, 2}));
    QVERIFY(scores != network.scores(bench.data, {1, 3}));
    QVERIFY(scores != network.scores(bench.data, {2, 2}));
    Dataset part = bench.data;
    part.images = bench.data.images.leftCols(7);
    part.labels.resize(7);
    VERIFY_BELOW((network.scores(part, {1, 2}) - scores.leftCols(7)).cwiseAbs().maxCoeff(), 1e-6);
}

void TestCircuitNetwork::energyIsVoltageTimesCurrent()
{
    Bench bench;
    bench.data.images = bench.data.images.leftCols(4);
    bench.data.labels.resize(4);
    CircuitOptions options = wired();
    options.readTime = 5e-8;
    const CircuitNetwork network = bench.with(options);
    double expected = 0.0;
    for (int image = 0; image < 4; ++image) {
        Eigen::VectorXf values = MatrixXf(bench.data.images).col(image);
        for (int l = 0; l < 2; ++l) {
            for (const Tile& tile : bench.map.tiles())
                if (tile.layer == l) {
                    Eigen::VectorXd voltages = Eigen::VectorXd::Zero(bench.geometry.columns);
                    voltages.segment(tile.column, tile.inputs) = options.readVoltage * values.cast<double>();
                    expected += voltages.dot(network.array().solve(voltages).inputCurrent) / 4.0;
                }
            const DenseLayer<float>& layer = network.effectiveLayers()[static_cast<std::size_t>(l)];
            values = ((layer.weights * values).cwiseProduct(layer.gain) + layer.bias).array().tanh();
        }
    }
    const ReadCost cost = network.readCost(bench.data);
    VERIFY_BELOW(std::abs(cost.energy / (expected * 5e-8) - 1.0), 1e-5);
    VERIFY_BELOW(std::abs(cost.power * static_cast<double>(bench.map.tiles().size()) / expected - 1.0), 1e-5);
}

void TestCircuitNetwork::readsAreKirchhoffs()
{
    Bench bench({16, 10, 4, 5});
    const CircuitOptions options = wired();
    const WireOptions& wires = options.wires;
    const CircuitNetwork network = bench.with(options);
    const DenseNodalSolve reference(network.array().smallSignal(), wires);
    const std::vector<TileRead> reads = network.reads(bench.data, 7);
    QCOMPARE(reads.size(), bench.map.tiles().size());
    double energy = 0.0;
    for (std::size_t t = 0; t < reads.size(); ++t) {
        const auto& [die, voltages, state] = reads[t];
        QCOMPARE(die, 0);
        const Tile& tile = bench.map.tiles()[t];
        for (int column = 0; column < 10; ++column)
            if (column < tile.column || column >= tile.column + tile.inputs)
                QCOMPARE(voltages[column], 0.0);
        double inWires = 0.0;
        for (int row = 0; row < 16; ++row)
            for (int column = 0; column < 10; ++column) {
                long double onColumn = 0.0, onRow = 0.0;
                for (int driven = 0; driven < 10; ++driven) {
                    onColumn += reference.columnVoltage(row, column, driven) * voltages[driven];
                    onRow += reference.rowVoltage(row, column, driven) * voltages[driven];
                }
                VERIFY_BELOW(std::abs(static_cast<double>(onColumn) - state.columnVoltage(row, column)),
                             1e-9 * options.readVoltage);
                VERIFY_BELOW(std::abs(static_cast<double>(onRow) - state.rowVoltage(row, column)),
                             1e-9 * options.readVoltage);
                const double above = row > 0 ? state.columnVoltage(row - 1, column) : voltages[column];
                const double next = column < 9 ? state.rowVoltage(row, column + 1) : 0.0;
                inWires += std::pow(above - state.columnVoltage(row, column), 2) /
                           (wires.columnSegment + (row == 0 ? wires.source : 0.0));
                inWires += std::pow(state.rowVoltage(row, column) - next, 2) /
                           (wires.rowSegment + (column == 9 ? wires.sense : 0.0));
            }
        QVERIFY(reads[t].cellPower().minCoeff() >= 0.0);
        VERIFY_BELOW(std::abs((reads[t].cellPower().sum() + inWires) / reads[t].power() - 1.0), 1e-10);
        energy += reads[t].power() * options.readTime;
    }
    bench.data.images = bench.data.images.middleCols(7, 1);
    bench.data.labels.resize(1);
    VERIFY_BELOW(std::abs(energy / network.readCost(bench.data).energy - 1.0), 1e-9);
}

void TestCircuitNetwork::lossesAreOfExactSolves()
{
    const Bench bench;
    for (const auto& losses : {bench.with({}).rowLosses(), bench.with({}).columnLosses()})
        for (const LineLoss& line : losses)
            QCOMPARE(line.loss, 0.0);
    const CircuitOptions options = wired();
    const CircuitNetwork network = bench.with(options);
    const CellGrid<double> cells = network.array().smallSignal();
    const std::vector<LineLoss> rows = network.rowLosses(), columns = network.columnLosses();
    std::size_t r = 0, c = 0;
    for (const Tile& tile : bench.map.tiles()) {
        Eigen::VectorXd all = Eigen::VectorXd::Zero(bench.geometry.columns);
        all.segment(tile.column, tile.inputs).setOnes();
        const Eigen::VectorXd current = network.array().solve(all).outputCurrent;
        for (int k = tile.row; k < tile.row + tile.rows(); ++k, ++r) {
            QCOMPARE(rows[r].line, k);
            const double ideal = cells.row(k).segment(tile.column, tile.inputs).sum();
            VERIFY_BELOW(std::abs(rows[r].loss - (1.0 - current[k] / ideal)), 1e-9);
            QVERIFY(rows[r].loss > 0.0 && rows[r].loss < 0.5);
        }
        for (int k = tile.column; k < tile.column + tile.inputs; ++k, ++c) {
            QCOMPARE(columns[c].line, k);
            const Eigen::VectorXd alone =
                network.array().solve(Eigen::VectorXd::Unit(bench.geometry.columns, k)).outputCurrent;
            const double ideal = cells.col(k).segment(tile.row, tile.rows()).sum();
            VERIFY_BELOW(
                std::abs(columns[c].loss - (1.0 - alone.segment(tile.row, tile.rows()).sum() / ideal)), 1e-9);
        }
    }
    QCOMPARE(r, rows.size());
    QCOMPARE(c, columns.size());
}

/// One column without resistance in its rows is a uniform ladder, whose currents are known in closed form.
void TestCircuitNetwork::columnLossOfALadder()
{
    const Device device;
    constexpr int outputs = 6, cells = 2 * outputs;
    const DieGeometry geometry{cells, 1, cells, 1};
    Die die("ladder", geometry, device);
    die.conductance[AP] = die.conductance[P]; // all cells alike
    const CellMap map(std::vector<int>{1, outputs}, geometry, Spare::Unused);
    const Network network =
        initialNetwork({{1, outputs}, Activation::Tanh}, RandomStream(3, RandomUse::Test));
    CircuitOptions options;
    options.wires.columnSegment = 40.0;
    const double ratio = 40.0 / device.parallelResistance, t = std::acosh(1.0 + ratio / 2.0);
    double kept = 0.0;
    for (int k = 1; k <= cells; ++k)
        kept += std::cosh((cells + 0.5 - k) * t) / std::cosh((cells + 0.5) * t) / cells;
    const auto losses = CircuitNetwork(network, die, map, device, options, {}).columnLosses();
    QCOMPARE(losses.size(), std::size_t{1});
    VERIFY_BELOW(std::abs(losses.front().loss - (1.0 - kept)), 1e-7); // dies are kept in float
    QVERIFY(losses.front().loss > 0.01);
}

/// The dies of a group share no wire: what the network computes on them, die by die with a solve of each.
void TestCircuitNetwork::groupsAreReadDieByDie()
{
    Bench bench({10, 8, 5, 4});
    QVERIFY(bench.map.dies() > 1);
    DefectStatistics statistics;
    statistics.level[P] = {bench.device.conductance(P), 0.1};
    statistics.level[AP] = {bench.device.conductance(AP), 0.1};
    std::vector<Die> dies;
    for (int k = 0; k < bench.map.dies(); ++k)
        dies.push_back(drawDie(statistics, bench.geometry,
                               RandomStream(9, RandomUse::Test, static_cast<std::uint32_t>(k))));
    DieGroup group;
    for (const Die& die : dies)
        group.dies.push_back(&die);
    const Die joined = group.joined();
    const CircuitOptions options = wired();
    const CircuitNetwork network(bench.network, joined, bench.map, bench.device, options, bench.data);
    QVERIFY(network.tiles().size() > bench.map.tiles().size()); // some lie across a joint
    const Junctions written = writtenJunctions(bench.network, joined, bench.map, bench.device, options);
    std::vector<MatrixXd> transfers;
    for (std::size_t k = 0; k < dies.size(); ++k)
        transfers.push_back(
            WireNetwork(written.behind(options.series).middleCols(static_cast<int>(k) * 8, 8), options.wires)
                .transfer());
    MatrixXd values = MatrixXf(bench.data.images).cast<double>();
    for (int l = 0; l < 2; ++l) {
        MatrixXd sum = MatrixXd::Zero(bench.map.outputs(l), images);
        for (int output = 0; output < bench.map.outputs(l); ++output)
            for (int input = 0; input < bench.map.inputs(l); ++input)
                for (int copy = 0; copy < bench.map.copies(l); ++copy) {
                    const CellIndex plus = bench.map.plus({l, output, input}, copy);
                    const MatrixXd& transfer = transfers[static_cast<std::size_t>(plus.column / 8)];
                    sum.row(output) +=
                        (transfer(plus.row, plus.column % 8) - transfer(plus.row + 1, plus.column % 8)) *
                        options.readVoltage / bench.unit(options) / bench.map.copies(l) * values.row(input);
                }
        const Network::Layer& layer = bench.network.layers[static_cast<std::size_t>(l)];
        values = (sum.array().colwise() * layer.gain.cast<double>().array()).colwise() +
                 layer.bias.cast<double>().array();
        if (l == 0)
            values = values.array().tanh();
    }
    VERIFY_BELOW((network.scores(bench.data, {}).cast<double>() - values).cwiseAbs().maxCoeff(), 5e-6);
    for (const TileRead& read : network.reads(bench.data, 0))
        QCOMPARE(read.state.columnVoltage.cols(), Eigen::Index{8});
}

void TestCircuitNetwork::stopsInTheMiddle()
{
    std::stop_source stop;
    stop.request_stop();
    const Bench bench;
    const CircuitNetwork network = bench.with(wired());
    QVERIFY_EXCEPTION_THROWN(CircuitNetwork(bench.network, bench.die, bench.map, bench.device, wired(),
                                            bench.data, stop.get_token()),
                             Stopped);
    QVERIFY_EXCEPTION_THROWN(network.scores(bench.data, {}, stop.get_token()), Stopped);
    QVERIFY_EXCEPTION_THROWN(network.readCost(bench.data, stop.get_token()), Stopped);
}

void TestCircuitNetwork::refusesWhatDoesNotFit()
{
    const Bench bench;
    CircuitOptions options;
    options.adc.bits = 8;
    VERIFY_CONTAINS(
        messageOf([&] { CircuitNetwork(bench.network, bench.die, bench.map, bench.device, options, {}); }),
        "The network has 9 inputs, but the images have 0 pixels");
    const Die small("S", {4, 4, 4, 4}, bench.device);
    VERIFY_CONTAINS(
        messageOf([&] { CircuitNetwork(bench.network, small, bench.map, bench.device, {}, bench.data); }),
        "Die S has 4 x 4 cells");
}

QTEST_APPLESS_MAIN(TestCircuitNetwork)
#include "test_circuit_network.moc"
