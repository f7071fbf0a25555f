#include "study/circuit_study.h"

#include <numeric>

#include <QTest>
#include <nlohmann/json.hpp>

#include "common/statistics.h"
#include "study/evaluation.h"
#include "support/errors.h"
#include "support/limits.h"

using namespace faultline;

namespace
{

/// Networks without hidden neurons whose class k is pixel k, dies with defects, and noisy images.
struct Bench {
    Wafer wafer;
    std::vector<Run> runs;
    Dataset images;

    Bench()
    {
        wafer.geometry = {20, 20, 10, 10};
        DefectStatistics statistics;
        statistics.level[P] = {wafer.device.conductance(P), 0.1};
        statistics.level[AP] = {wafer.device.conductance(AP), 0.1};
        statistics.shorts = {0.02};
        statistics.opens = {0.02};
        statistics.shortConductance = {3.0 * wafer.device.conductance(P), 0.1};
        for (std::uint32_t k = 0; k < 3; ++k) {
            wafer.add(drawDie(statistics, wafer.geometry, RandomStream(2, RandomUse::Test, k)));
            wafer.dies.back().name = "D" + std::to_string(k + 1);
        }
        Run run;
        run.settings.network = {{9, 10}, Activation::Tanh};
        run.settings.side = 3;
        run.network.shape = run.settings.network;
        Network::Layer layer{Eigen::MatrixXf::Constant(10, 9, -1.0F), Eigen::VectorXf::Ones(10),
                             Eigen::VectorXf::Zero(10)};
        layer.latent.diagonal().setOnes();
        run.network.layers = {layer};
        runs.push_back(run);
        run.settings.mode = TrainingMode::HardwareAware;
        run.settings.die = wafer.dies[1].id;
        runs.push_back(run);

        constexpr int count = 450;
        RandomStream random(3, RandomUse::Test);
        Eigen::MatrixXf pixels(9, count);
        for (int image = 0; image < count; ++image) {
            for (int k = 0; k < 9; ++k)
                pixels(k, image) = static_cast<float>(0.6 * random.uniform());
            pixels(image % 9, image) += 0.4F;
            images.labels.push_back(static_cast<std::uint8_t>(image % 9));
        }
        images.images = pixels.sparseView();
        images.width = images.height = 3;
    }

    std::vector<Pairing> pairs() const
    {
        return pairings(std::vector<const Run*>{&runs[0]},
                        std::vector<const Die*>{&wafer.dies[0], &wafer.dies[1], &wafer.dies[2]});
    }
    CircuitBench on(int threads) const
    {
        return {.wafer = wafer,
                .test = images,
                .calibration = images,
                .threads = threads,
                .stop = {},
                .progress = {}};
    }
};

CircuitOptions everything()
{
    CircuitOptions options;
    options.wires = {.columnSegment = 8.0, .rowSegment = 8.0, .source = 20.0, .sense = 20.0};
    options.series = 500.0;
    options.temperature = 350.0;
    options.biasHalfVoltage = 0.4;
    options.dac.bits = 3;
    options.adc.bits = 5;
    options.relativeNoise = 0.05;
    return options;
}

double meanError(const std::vector<CircuitOutcome>& outcomes)
{
    std::vector<double> errors;
    for (const CircuitOutcome& outcome : outcomes)
        errors.push_back(outcome.error);
    return mean(errors);
}

} // namespace

class TestCircuitStudy : public QObject
{
    Q_OBJECT

private slots:
    void hardwareAwareStandsOnItsOwnDie();
    void idealCircuitIsTheDieAlone();
    void oneNetworkOnOneDieHasOneError();
    void threadsChangeNothing();
    void waterfallEndsWhereAllEffectsAre();
    void waterfallLeavesOutWhatIsIdeal();
    void readsNetworksOnSeveralDies();
    void ratesOfLinesAreSwept();
    void sweepsTheCircuit();
    void sweepsTheDies();
    void stops();
    void writesTables();
    void refuses();
};

void TestCircuitStudy::hardwareAwareStandsOnItsOwnDie()
{
    const Bench bench;
    const auto all = pairings(std::vector<const Run*>{&bench.runs[0], &bench.runs[1]},
                              std::vector<const Die*>{&bench.wafer.dies[0], &bench.wafer.dies[1]});
    QCOMPARE(all.size(), std::size_t{3});
    QVERIFY(all[2].run == &bench.runs[1] && all[2].place.name() == "D2");
    const auto anywhere = pairings(std::vector<const Run*>{&bench.runs[1]},
                                   std::vector<const Die*>{&bench.wafer.dies[0], &bench.wafer.dies[1]}, true);
    QCOMPARE(anywhere.size(), std::size_t{2});
    QVERIFY(anywhere[0].place.name() == "D2" && anywhere[1].place.name() == "D1");
    QVERIFY(readThroughCircuit(anywhere, {}, bench.on(1)));
}

void TestCircuitStudy::readsNetworksOnSeveralDies()
{
    Bench bench;
    Run& run = bench.runs[0];
    run.settings.network.layers = {9, 20, 10};
    run.network = initialNetwork(run.settings.network, RandomStream(5, RandomUse::Test));
    const auto pairs = bench.pairs(); // 720 cells on two dies of 400; the third one is left over
    QCOMPARE(pairs.size(), std::size_t{1});
    QCOMPARE(pairs[0].place.name(), std::string("D1+D2"));
    const auto outcomes = readThroughCircuit(pairs, {}, bench.on(1));
    const Die joined = pairs[0].place.joined();
    QCOMPARE((*outcomes)[0].error,
             errorPercent(bench.images.labels, classify(run, &joined, bench.wafer, bench.images, {})));
    QVERIFY((*outcomes)[0].rows.size() > 0 && (*outcomes)[0].columns.size() > 0);
    CircuitOptions options;
    options.wires.rowSegment = 8.0;
    options.adc.bits = 5;
    QVERIFY(waterfall(pairs, options, bench.on(2)));
    const SweepPlan plan{.axes = {{SweepParameter("defect-rate"), {0.0, 0.1}}}, .circuit = {}, .repeats = 2};
    QCOMPARE((*sweep(pairs, plan, bench.on(2)))[1].count, 2);
}

/// At a rate of zero nothing is defective, whatever has failed on the wafer; and dies that are excluded do
/// not count.
void TestCircuitStudy::ratesOfLinesAreSwept()
{
    Bench bench;
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 20; ++column)
            bench.wafer.dies[0].setDefect(row, column, Defect::Open, 0.0F);
    const SweepPlan plan{.axes = {{SweepParameter("defect-rate"), {0.0, 0.02}}}, .circuit = {}, .repeats = 4};
    const auto points = sweep(bench.pairs(), plan, bench.on(2));
    Bench excluded;
    excluded.wafer.add(Die("dead", excluded.wafer.geometry, excluded.wafer.device));
    for (int row = 0; row < 20; ++row)
        for (int column = 0; column < 20; ++column)
            excluded.wafer.dies.back().setDefect(row, column, Defect::Open, 0.0F);
    excluded.wafer.dies.back().included = false;
    const SweepPlan two{.axes = {{SweepParameter("defect-rate"), {0.0, 0.05}}}, .circuit = {}, .repeats = 4};
    const Bench whole;
    const auto without = sweep(bench.pairs(), two, whole.on(2));
    QCOMPARE((*sweep(bench.pairs(), two, excluded.on(2)))[1].mean, (*without)[1].mean);
    VERIFY_BELOW(std::abs((*points)[0].mean - (*without)[0].mean), 0.7);
}

void TestCircuitStudy::idealCircuitIsTheDieAlone()
{
    const Bench bench;
    const auto outcomes = readThroughCircuit(bench.pairs(), {}, bench.on(1));
    QVERIFY(outcomes);
    for (std::size_t k = 0; k < 3; ++k) {
        const double expected =
            errorPercent(bench.images.labels,
                         classify(bench.runs[0], &bench.wafer.dies[k], bench.wafer, bench.images, {}));
        QCOMPARE((*outcomes)[k].error, expected);
        QCOMPARE((*outcomes)[k].idealError, expected);
        QVERIFY((*outcomes)[k].cost.energy > 0.0);
    }
}

/// Whatever else is read with it, by whichever study, and again with noise of its own where that is asked
/// for.
void TestCircuitStudy::oneNetworkOnOneDieHasOneError()
{
    const Bench bench;
    CircuitOptions noisy;
    noisy.relativeNoise = 0.3;
    const auto all = readThroughCircuit(bench.pairs(), noisy, bench.on(2));
    for (std::size_t k = 0; k < 3; ++k) {
        const std::vector<Pairing> alone{bench.pairs()[k]};
        const double error = (*all)[k].error;
        QCOMPARE(readThroughCircuit(alone, noisy, bench.on(1))->front().error, error);
        QCOMPARE(waterfall(alone, noisy, bench.on(1))->steps.back().error, error);
        const SweepPlan plan{.axes = {{SweepParameter("noise"), {0.3}}}, .circuit = {}, .repeats = 1};
        QCOMPARE(sweep(alone, plan, bench.on(1))->front().mean, error);
        Run run = bench.runs[0];
        run.settings.circuit = noisy;
        QCOMPARE(errorPercent(bench.images.labels,
                              classify(run, &bench.wafer.dies[k], bench.wafer, bench.images, {})),
                 error);
    }
    const Run& run = bench.runs[0];
    const CircuitNetwork network(run.network, bench.wafer.dies[0],
                                 CellMap(run.settings.network.layers, bench.wafer.geometry),
                                 bench.wafer.device, noisy, {});
    const auto read = [&](const NoiseKey& key) { return network.classify(bench.images, key); };
    const NoiseKey first = noiseKey(run.settings, bench.wafer.dies[0].id);
    QVERIFY(read(first) != read(noiseKey(run.settings, bench.wafer.dies[0].id, 1)));
    QVERIFY(read(first) != read(noiseKey(run.settings, bench.wafer.dies[1].id)));
    QVERIFY(read(first) != read(noiseKey(bench.runs[1].settings, bench.wafer.dies[0].id)));
    CircuitBench other = bench.on(2);
    other.noiseSeed = 2;
    const auto again = readThroughCircuit(bench.pairs(), noisy, other);
    QVERIFY((*again)[0].error != (*all)[0].error || (*again)[1].error != (*all)[1].error);
}

void TestCircuitStudy::threadsChangeNothing()
{
    const Bench bench;
    std::vector<double> progress;
    CircuitBench several = bench.on(3);
    several.progress = [&](double fraction) { progress.push_back(fraction); };
    const auto one = readThroughCircuit(bench.pairs(), everything(), bench.on(1));
    const auto three = readThroughCircuit(bench.pairs(), everything(), several);
    for (std::size_t k = 0; k < 3; ++k) {
        QCOMPARE((*one)[k].error, (*three)[k].error);
        QCOMPARE((*one)[k].cost.energy, (*three)[k].cost.energy);
    }
    QCOMPARE(progress.size(), std::size_t{3});
    QCOMPARE(progress.back(), 1.0);
}

void TestCircuitStudy::waterfallEndsWhereAllEffectsAre()
{
    const Bench bench;
    const auto result = waterfall(bench.pairs(), everything(), bench.on(2));
    QVERIFY(result);
    QCOMPARE(result->steps.size(), allEffects.size());
    QCOMPARE(result->pairings, 3);
    double sum = result->ideal;
    for (std::size_t k = 0; k < allEffects.size(); ++k) {
        QVERIFY(result->steps[k].effect == allEffects[k]);
        sum += result->steps[k].cost;
    }
    VERIFY_BELOW(std::abs(sum - result->steps.back().error), 1e-9);
    QCOMPARE(result->steps.back().error,
             meanError(*readThroughCircuit(bench.pairs(), everything(), bench.on(1))));
    QCOMPARE(result->steps.front().error, meanError(*readThroughCircuit(bench.pairs(), {}, bench.on(1))));
    QCOMPARE(result->steps.front().costAlone, result->steps.front().cost);
    QVERIFY(result->steps.back().error > result->ideal);
}

void TestCircuitStudy::waterfallLeavesOutWhatIsIdeal()
{
    const Bench bench;
    CircuitOptions options;
    options.adc.bits = 3;
    const auto result = waterfall(bench.pairs(), options, bench.on(2));
    QCOMPARE(result->steps.size(), std::size_t{2});
    QVERIFY(result->steps[1].effect == Effect::Adc);
}

void TestCircuitStudy::sweepsTheCircuit()
{
    const Bench bench;
    SweepPlan plan{
        .axes = {{SweepParameter("adc-bits"), {3, 8}}, {SweepParameter("relative-noise"), {0.0, 0.05, 0.2}}},
        .circuit = {},
        .repeats = 2};
    const auto points = sweep(bench.pairs(), plan, bench.on(2));
    QVERIFY(points);
    QCOMPARE(points->size(), std::size_t{6});
    for (std::size_t k = 0; k < 6; ++k) {
        const SweepPoint& point = (*points)[k];
        QCOMPARE(point.values, std::vector<double>({k < 3 ? 3.0 : 8.0, plan.axes[1].values[k % 3]}));
        QCOMPARE(point.count, k % 3 == 0 ? 3 : 6); // without noise all reads are alike
        QVERIFY(point.spread > 0.0);
    }
    CircuitOptions options;
    options.adc.bits = 3;
    QCOMPARE((*points)[0].mean, meanError(*readThroughCircuit(bench.pairs(), options, bench.on(1))));
    QVERIFY((*points)[0].mean > (*points)[3].mean);
    QVERIFY((*points)[5].mean > (*points)[3].mean);

    const SweepPlan wires{.axes = {{SweepParameter("wire-ohm"), {0.0, 30.0}}}, .circuit = {}};
    const auto byWires = sweep(bench.pairs(), wires, bench.on(2));
    for (std::size_t k = 0; k < 2; ++k) {
        options = {};
        options.wires.columnSegment = options.wires.rowSegment = wires.axes[0].values[k];
        QCOMPARE((*byWires)[k].mean, meanError(*readThroughCircuit(bench.pairs(), options, bench.on(1))));
    }
}

void TestCircuitStudy::sweepsTheDies()
{
    const Bench bench;
    const SweepPlan plan{
        .axes = {{SweepParameter("defect-rate"), {0.0, 0.1, 0.3}}}, .circuit = {}, .repeats = 5};
    const auto points = sweep(bench.pairs(), plan, bench.on(2));
    QCOMPARE((*points)[0].count, 5);
    QVERIFY((*points)[0].mean < (*points)[1].mean);
    QVERIFY((*points)[1].mean < (*points)[2].mean);
    QCOMPARE((*sweep(bench.pairs(), plan, bench.on(1)))[2].mean, (*points)[2].mean);

    const SweepPlan shorts{
        .axes = {{SweepParameter("short-conductance"), {1.0, 20.0}}}, .circuit = {}, .repeats = 5};
    const auto byConductance = sweep(bench.pairs(), shorts, bench.on(2));
    QVERIFY((*byConductance)[0].mean < (*byConductance)[1].mean);
}

void TestCircuitStudy::stops()
{
    const Bench bench;
    std::stop_source stop;
    CircuitBench stopped = bench.on(1);
    stopped.stop = stop.get_token();
    stopped.progress = [&](double) { stop.request_stop(); };
    QVERIFY(!readThroughCircuit(bench.pairs(), {}, stopped));
    QVERIFY(!waterfall(bench.pairs(), {}, stopped));
    QVERIFY(!sweep(bench.pairs(), {.axes = {{SweepParameter("adc-bits"), {3, 8}}}, .circuit = {}}, stopped));
}

void TestCircuitStudy::writesTables()
{
    const Waterfall result{
        .ideal = 5.5,
        .idealSpread = 0.0,
        .pairings = 2,
        .steps = {{Effect::Die, 7.5, 1.0, 2.0, 2.0}, {Effect::Adc, 7.25, 1.0, -0.25, 0.5}}};
    QCOMPARE(csv(result), std::string("effect,error_percent,spread_percent,cost_points,cost_alone_points\n"
                                      "ideal,5.5,0.0,0,0\n"
                                      "defects and variation,7.5,1.0,2.0,2.0\n"
                                      "ADC,7.25,1.0,-0.25,0.5\n"));
    QCOMPARE(toJson(result)["steps"][1]["cost_points"].get<double>(), -0.25);

    const SweepPlan plan{.axes = {{SweepParameter("wire-ohm"), {0.5}}, {SweepParameter("adc-bits"), {4, 6}}},
                         .circuit = {}};
    const std::vector<SweepPoint> points{{{0.5, 4.0}, 3, 9.5, 0.25}, {{0.5, 6.0}, 3, 8.0, 0.5}};
    QCOMPARE(csv(plan, points), std::string("wire-ohm,adc-bits,error_percent,spread_percent,count\n"
                                            "0.5,4.0,9.5,0.25,3\n0.5,6.0,8.0,0.5,3\n"));
    QCOMPARE(toJson(plan, points)["axes"][1]["parameter"].get<std::string>(), std::string("adc-bits"));
}

void TestCircuitStudy::refuses()
{
    VERIFY_CONTAINS(messageOf([] { SweepParameter("ohm"); }),
                    "no parameter \"ohm\"; choose one of wire-ohm, column-segment-ohm");
    const auto message = [](std::vector<SweepAxis> axes, int repeats = 3) {
        return messageOf(
            [&] { SweepPlan{.axes = std::move(axes), .circuit = {}, .repeats = repeats}.validate(); });
    };
    VERIFY_CONTAINS(message({}), "number of varied parameters is 0");
    VERIFY_CONTAINS(message({{SweepParameter("adc-bits"), {}}}), "number of values of adc-bits is 0");
    VERIFY_CONTAINS(message({{SweepParameter("adc-bits"), {2.5}}}),
                    "adc-bits is 2.5, must be a whole number");
    VERIFY_CONTAINS(message({{SweepParameter("adc-bits"), {1}}}), "ADC (adc.bits) is 1");
    VERIFY_CONTAINS(message({{SweepParameter("defect-rate"), {-1}}}), "defect-rate is -1");
    VERIFY_CONTAINS(
        message({{SweepParameter("relative-noise"), {0}}, {SweepParameter("relative-noise"), {1}}}),
        "second parameter is relative-noise");
    VERIFY_CONTAINS(message({{SweepParameter("relative-noise"), {0}}}, 0), "number of repeats is 0");
    for (const SweepParameter& parameter : SweepParameter::all())
        QVERIFY(SweepParameter(parameter.name()) == parameter);
    QCOMPARE(SweepParameter("noise").name(), std::string("relative-noise")); // as older files have it
    QVERIFY(SweepParameter("adc.bits") == SweepParameter("adc-bits"));
    CircuitOptions options;
    SweepParameter("driven-ends").setIn(options, 2);
    SweepParameter("adc-full-scale-a").setIn(options, 1e-4);
    QVERIFY(options.wires.drive == LineEnds::Both && options.wires.read == LineEnds::One);
    QVERIFY(options.adc.range == ConverterRange::Fixed && options.adc.fullScale == 1e-4);
    VERIFY_CONTAINS(messageOf([&] { SweepParameter("read-ends").setIn(options, 3); }),
                    "read-ends is 3, must be 1 or 2");
    VERIFY_CONTAINS(messageOf([&] { SweepParameter("defect-rate").setIn(options, 0.1); }),
                    "not one of the circuit's");

    Bench bench;
    bench.images.images = Eigen::MatrixXf(Eigen::MatrixXf::Ones(4, 2)).sparseView();
    VERIFY_CONTAINS(messageOf([&] { waterfall(bench.pairs(), everything(), bench.on(2)); }),
                    "The network has 9 inputs, but the images");
}

QTEST_APPLESS_MAIN(TestCircuitStudy)
#include "test_circuit_study.moc"
