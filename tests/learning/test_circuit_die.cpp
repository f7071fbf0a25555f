#include "learning/circuit_die.h"

#include <QTest>

#include "common/statistics.h"
#include "learning/circuit_network.h"
#include "support/limits.h"
#include "wafer/defect_statistics.h"

using namespace faultline;
using Eigen::MatrixXf;

namespace
{

struct Bench {
    Device device;
    DieGeometry geometry{40, 40, 10, 10};
    NetworkShape shape{{25, 12, 4}, Activation::Tanh};
    CellMap map{shape.layers, geometry, Spare::Copies};
    Network network = initialNetwork(shape, RandomStream(3, RandomUse::Test));
    DefectStatistics statistics;
    Die die;
    CircuitOptions options;
    Dataset images;

    Bench()
    {
        statistics.level[P] = {device.conductance(P), 0.1};
        statistics.level[AP] = {device.conductance(AP), 0.1};
        statistics.shorts = {0.02};
        statistics.opens = {0.02};
        statistics.shortConductance = {5e-4, 0.1};
        die = drawDie(statistics, geometry, RandomStream(4, RandomUse::Test));
        options.wires = {.columnSegment = 4.0, .rowSegment = 4.0, .source = 10.0, .sense = 10.0};
        options.series = 300.0;
        RandomStream random(6, RandomUse::Test);
        images.images = MatrixXf(MatrixXf::NullaryExpr(25, 30, [&] {
                            return static_cast<float>(random.uniform());
                        })).sparseView();
        images.labels.assign(30, 0);
    }

    CircuitDie source(const CircuitOptions& circuit) const
    {
        return {std::make_unique<FixedDie>(analogWeights(inCircuit(die, device, circuit), map, device)),
                die,
                map,
                device,
                circuit,
                images,
                1,
                0};
    }
    /// Whether all copies of a layer's weight, counted as its matrix is stored, stand on cells without
    /// defect.
    bool isHealthy(int layer, int place) const
    {
        const WeightIndex weight{layer, place % map.outputs(layer), place / map.outputs(layer)};
        for (int copy = 0; copy < map.copies(layer); ++copy)
            for (const CellIndex cell : {map.plus(weight, copy), map.minus(weight, copy)})
                if (die.defect(cell.row, cell.column) != Defect::None)
                    return false;
        return true;
    }
    std::vector<DenseLayer<float>> exact(const Network& written) const
    {
        return CircuitNetwork(written, die, map, device, options, {}).effectiveLayers();
    }
};

} // namespace

class TestCircuitDie : public QObject
{
    Q_OBJECT

private slots:
    void idealCircuitIsTheDieItself()
    {
        const Bench bench;
        CircuitDie source = bench.source({});
        FixedDie fixed(analogWeights(bench.die, bench.map, bench.device));
        std::vector<DenseLayer<float>> found(2), expected(2);
        source.beginEpoch(bench.network, {});
        QVERIFY(!source.disturbs());
        source.choose(0, bench.network, found);
        fixed.choose(0, bench.network, expected);
        for (std::size_t l = 0; l < 2; ++l) {
            QVERIFY(found[l].weights == expected[l].weights);
            QVERIFY(source.slope(l) == fixed.slope(l));
        }
    }

    void exactWhereItSolves()
    {
        const Bench bench;
        Network changed = bench.network;
        changed.layers[0].latent *= -1.0F;
        CircuitDie source = bench.source(bench.options);
        std::vector<DenseLayer<float>> found(2);
        for (const auto& [step, network] : {std::pair(0U, bench.network), std::pair(10U, changed)}) {
            source.beginEpoch(network, {});
            source.choose(step, network, found);
            const auto expected = bench.exact(network);
            for (std::size_t l = 0; l < 2; ++l)
                VERIFY_BELOW((found[l].weights - expected[l].weights).cwiseAbs().maxCoeff(), 1e-6);
        }
    }

    /// What one weight's sign does, against another full solve: to that weight itself and to all others. The
    /// approximation is off by what the sign does to the attenuation, and so by less the less the wires lose.
    void signsAgainstFiniteDifferences()
    {
        Bench bench;
        for (const double wires : {1.0, 0.1}) {
            bench.options.wires = {.columnSegment = 4.0 * wires,
                                   .rowSegment = 4.0 * wires,
                                   .source = 10.0 * wires,
                                   .sense = 10.0 * wires};
            CircuitDie source = bench.source(bench.options);
            std::vector<DenseLayer<float>> before(2), after(2);
            source.beginEpoch(bench.network, {});
            source.choose(0, bench.network, before);
            for (std::size_t l = 0; l < 2; ++l)
                for (int place = 1; place < 48; place += 6) {
                    Network flipped = bench.network;
                    float& latent = flipped.layers[l].latent.reshaped()[place];
                    latent = latent >= 0.0F ? -0.1F : 0.1F;
                    source.choose(1, flipped, after); // no solve
                    const MatrixXf expected = bench.exact(flipped)[l].weights - before[l].weights;
                    const MatrixXf found = after[l].weights - before[l].weights;
                    const double own = std::abs(expected.reshaped()[place]);
                    if (!bench.isHealthy(static_cast<int>(l), place))
                        continue; // a short's attenuation hangs on its partner much more
                    const double error = std::abs(found.reshaped()[place] - expected.reshaped()[place]);
                    VERIFY_BELOW(error, 0.25 * wires * own);
                    VERIFY_BELOW((found - expected).norm(), 0.25 * wires * own);
                }
        }
    }

    void statisticsAreThoseOfDiesInTheCircuit()
    {
        Bench bench;
        bench.options.series = 900.0;
        bench.options.temperature = 380.0;
        const DieGeometry large{200, 200, 10, 10};
        bench.statistics.stuckP = bench.statistics.stuckAP = {};
        const Die drawn = drawDie(bench.statistics, large, RandomStream(5, RandomUse::Test));
        const Die seen = inCircuit(drawn, bench.device, bench.options);
        const DefectStatistics statistics = inCircuit(bench.statistics, bench.device, bench.options);
        const auto compare = [&](const LognormalConductance& expected, Defect defect, Level level) {
            std::vector<double> logs;
            for (Eigen::Index cell = 0; cell < seen.defect.size(); ++cell)
                if (seen.defect.data()[cell] == defect)
                    logs.push_back(std::log(seen.conductance[level].data()[cell]));
            VERIFY_BELOW(std::abs(quantile(logs, 0.5) - std::log(expected.median)), 0.012);
            VERIFY_BELOW(std::abs(standardDeviation(logs) / expected.sigma - 1.0), 0.08);
        };
        compare(statistics.level[P], Defect::None, P);
        compare(statistics.level[AP], Defect::None, AP);
        compare(statistics.shortConductance, Defect::Short, P);
        QVERIFY(statistics.shortLimit == 1.0 / 900.0);
        QVERIFY(inCircuit(bench.statistics, bench.device, {}).level[P] == bench.statistics.level[P]);
    }

    void attenuatesOtherDiesAlike()
    {
        const Bench bench;
        CircuitDie source = bench.source(bench.options);
        std::vector<DenseLayer<float>> chosen(2), other(2);
        source.beginEpoch(bench.network, {});
        source.choose(0, bench.network, chosen);
        FixedDie(analogWeights(inCircuit(bench.die, bench.device, bench.options), bench.map, bench.device))
            .choose(0, bench.network, other);
        source.attenuate(other);
        for (std::size_t l = 0; l < 2; ++l)
            QVERIFY(other[l].weights == chosen[l].weights);
    }

    void drawnDiesSeeThePerfectDiesWires()
    {
        const Bench bench;
        const Die perfect("perfect", bench.geometry, bench.device);
        CircuitDie source(std::make_unique<RandomDie>(bench.statistics, bench.map, bench.device, 1, 0),
                          perfect, bench.map, bench.device, bench.options, bench.images, 1, 0);
        RandomDie drawn(bench.statistics, bench.map, bench.device, 1, 0);
        std::vector<DenseLayer<float>> seen(2), ideal(2);
        source.beginEpoch(bench.network, {});
        source.choose(3, bench.network, seen);
        drawn.choose(3, bench.network, ideal);
        for (std::size_t l = 0; l < 2; ++l) {
            const double ratio = seen[l].weights.cwiseAbs().mean() / ideal[l].weights.cwiseAbs().mean();
            QVERIFY2(ratio > 0.5 && ratio < 0.95, qPrintable(QString::number(ratio)));
        }
    }

    /// The perfect die of a step is one behind the wires: exact where it is the reference.
    void perfectDieIsBehindTheCircuit()
    {
        const Bench bench;
        const Die perfect("perfect", bench.geometry, bench.device);
        CircuitDie source(std::make_unique<RandomDie>(bench.statistics, bench.map, bench.device, 1, 0),
                          perfect, bench.map, bench.device, bench.options, bench.images, 1, 0);
        source.beginEpoch(bench.network, {});
        std::vector<DenseLayer<float>> seen(2), unseen(2);
        source.choosePerfect(bench.network, seen);
        const auto expected =
            CircuitNetwork(bench.network, perfect, bench.map, bench.device, bench.options, {})
                .effectiveLayers();
        NominalDie nominal(bench.map);
        nominal.choosePerfect(bench.network, unseen);
        std::vector<DenseLayer<float>> signs(2);
        nominal.choose(0, bench.network, signs);
        for (std::size_t l = 0; l < 2; ++l) {
            VERIFY_BELOW((seen[l].weights - expected[l].weights).cwiseAbs().maxCoeff(), 1e-6);
            QVERIFY(unseen[l].weights == signs[l].weights);
        }
    }

    /// What training adds to the sums of the first layer against what reads through the whole circuit scatter
    /// by, at each output.
    void disturbsAsReadsDo()
    {
        Bench bench;
        bench.shape = {{25, 8}, Activation::Tanh};
        bench.map = CellMap(bench.shape.layers, bench.geometry, Spare::Copies);
        bench.network = initialNetwork(bench.shape, RandomStream(3, RandomUse::Test));
        QVERIFY(bench.map.copies(0) > 1);
        constexpr int reads = 4000;
        const MatrixXf image = MatrixXf(bench.images.images).col(0);
        const MatrixXf same = image.replicate(1, reads);
        Dataset many{0, 0, same.sparseView(), std::vector<std::uint8_t>(reads, 0)};
        const auto spread = [](const MatrixXf& values) {
            const Eigen::ArrayXXf deviation = values.colwise() - values.rowwise().mean();
            return Eigen::ArrayXf((deviation.square().rowwise().mean()).sqrt());
        };
        for (const auto& [relative, absolute] : {std::pair(0.03, 0.0), std::pair(0.0, 3e-6)}) {
            bench.options.relativeNoise = relative;
            bench.options.absoluteNoise = absolute;
            CircuitDie source = bench.source(bench.options);
            source.beginEpoch(bench.network, {});
            QVERIFY(source.disturbs());
            std::vector<DenseLayer<float>> seen(1);
            source.choose(0, bench.network, seen);
            const MatrixXf sums = seen[0].weights * same;
            MatrixXf disturbed = sums, again = sums, other = sums;
            source.disturb(7, 0, same.colwise().sum(), disturbed);
            source.disturb(7, 0, same.colwise().sum(), again);
            source.disturb(8, 0, same.colwise().sum(), other);
            QVERIFY(disturbed == again && disturbed != other);
            const CircuitNetwork whole(bench.network, bench.die, bench.map, bench.device, bench.options, {});
            const Eigen::ArrayXf expected =
                spread(whole.scores(many, {1, 0})) / bench.network.layers[0].gain.array();
            const Eigen::ArrayXf found = spread(disturbed);
            // Relative noise counts each pair as one that conducts alike at all columns: shorts do not.
            VERIFY_BELOW((found / expected - 1.0F).abs().mean(), relative > 0.0 ? 0.12 : 0.03);
        }
    }

    void roundingHasTheVarianceOfItsSteps()
    {
        Bench bench;
        bench.options.adc = {6, ConverterRange::Fixed, 2e-4};
        CircuitDie source = bench.source(bench.options);
        source.beginEpoch(bench.network, {});
        QVERIFY(source.disturbs());
        MatrixXf sums = MatrixXf::Zero(12, 20'000);
        source.disturb(0, 0, Eigen::RowVectorXf::Zero(20'000), sums);
        const double step =
            2e-4 / 63.0 /
            (bench.options.readVoltage * (bench.device.conductance(P) - bench.device.conductance(AP)));
        const double expected = 2.0 * step * step / 12.0 / bench.map.copies(0);
        VERIFY_BELOW(std::abs(sums.cast<double>().array().square().mean() / expected - 1.0), 0.02);
    }
};

QTEST_APPLESS_MAIN(TestCircuitDie)
#include "test_circuit_die.moc"
