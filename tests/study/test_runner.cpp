#include <cmath>
#include <set>

#include <QTest>

#include "common/error.h"
#include "common/statistics.h"
#include "study/runner.h"

using namespace faultline;

namespace
{

Dataset noise(int count, std::uint32_t index)
{
    RandomStream random(2, RandomUse::Test, index);
    Dataset dataset{6, 6, Eigen::MatrixXf(36, count), {}};
    for (int k = 0; k < count; ++k) {
        const std::uint32_t label = random.below(10);
        dataset.labels.push_back(static_cast<std::uint8_t>(label));
        for (int pixel = 0; pixel < 36; ++pixel)
            dataset.images(pixel, k) = static_cast<float>(0.5 * random.uniform() +
                                                          (pixel / 3 == static_cast<int>(label) ? 0.5 : 0.0));
    }
    return dataset;
}

Wafer smallWafer()
{
    Wafer wafer{
        "small", "synthetic", {.rows = 40, .columns = 40, .kernelRows = 20, .kernelColumns = 20}, {}, {}};
    for (int k = 0; k < 3; ++k) {
        Die die("D" + std::to_string(k + 1), wafer.geometry, wafer.device);
        die.position = {0, k};
        RandomStream random(4, RandomUse::Test, static_cast<std::uint32_t>(k));
        for (int defect = 0; defect < 12 * (k + 1); ++defect)
            die.setDefect(static_cast<int>(random.below(40)), static_cast<int>(random.below(40)),
                          Defect::Short,
                          static_cast<float>((3.0 + random.uniform()) * wafer.device.conductance(P)));
        wafer.dies.push_back(die);
    }
    return wafer;
}

StudyPlan smallPlan()
{
    StudyPlan plan;
    plan.network = {{36, 12, 10}, Activation::Tanh};
    plan.side = 6;
    plan.repeats = 2;
    plan.training = {.epochs = 2, .batch = 20};
    plan.statisticsAware = {.epochs = 3, .batch = 20, .draws = 2};
    return plan;
}

const DatasetPair& data()
{
    static const DatasetPair pair{"noise", noise(600, 1), noise(300, 2)};
    return pair;
}

bool sameErrors(const Run& a, const Run& b)
{
    return a.perfectDieError == b.perfectDieError && a.dieErrors == b.dieErrors &&
           a.network.layers[0].latent == b.network.layers[0].latent;
}

} // namespace

class TestRunner : public QObject
{
    Q_OBJECT

private slots:
    void runsAreInTheirFixedOrder();
    void threadsDoNotChangeTheResult();
    void aRunIsTheSameInEveryStudy();
    void evaluatesEveryNetworkOnEveryDieOfThePlan();
    void tellsOfEveryEpoch();
    void stopKeepsFinishedRuns();
    void refusesAWrongPlan();
    void summaryAgainstTheRuns();
};

void TestRunner::runsAreInTheirFixedOrder()
{
    const Wafer wafer = smallWafer();
    QStringList names;
    std::set<std::uint32_t> streams;
    for (const RunSettings& run : runsOf(smallPlan(), wafer)) {
        names << QString::fromStdString(run.name(wafer));
        streams.insert(run.stream());
    }
    QCOMPARE(names, QStringList({"standard 1", "standard 2", "hardware-aware D1", "hardware-aware D2",
                                 "hardware-aware D3", "statistics-aware 1", "statistics-aware 2"}));
    QCOMPARE(streams.size(), std::size_t{7});
}

void TestRunner::threadsDoNotChangeTheResult()
{
    const StudyResult one = runStudy(smallPlan(), smallWafer(), data(), 1);
    const StudyResult three = runStudy(smallPlan(), smallWafer(), data(), 3);
    QVERIFY(one.complete && three.complete);
    QCOMPARE(one.runs.size(), three.runs.size());
    for (std::size_t k = 0; k < one.runs.size(); ++k)
        QVERIFY(sameErrors(one.runs[k], three.runs[k]));
}

void TestRunner::aRunIsTheSameInEveryStudy()
{
    StudyPlan part = smallPlan();
    part.modes = {TrainingMode::HardwareAware};
    part.dies = {2};
    const StudyResult whole = runStudy(smallPlan(), smallWafer(), data(), 2);
    const StudyResult alone = runStudy(part, smallWafer(), data(), 2);
    QCOMPARE(alone.runs.size(), std::size_t{1});
    QCOMPARE(alone.runs[0].dieErrors[2], whole.runs[4].dieErrors[2]);
    QVERIFY(alone.runs[0].network.layers[0].latent == whole.runs[4].network.layers[0].latent);
}

void TestRunner::evaluatesEveryNetworkOnEveryDieOfThePlan()
{
    StudyPlan plan = smallPlan();
    plan.dies = {0, 2};
    const Wafer wafer = smallWafer();
    const StudyResult result = runStudy(plan, wafer, data(), 2);
    const CellMap map(plan.network.layers, wafer.geometry);
    const Dataset test = downsample(data().test, plan.side);
    for (const Run& run : result.runs) {
        QVERIFY(std::isnan(run.dieErrors[1]));
        for (const std::size_t die : {0u, 2u})
            QCOMPARE(run.dieErrors[die],
                     errorPercent(onDie(run.network, analogWeights(wafer.dies[die], map, wafer.device)),
                                  plan.network, test));
    }
}

void TestRunner::tellsOfEveryEpoch()
{
    std::vector<int> epochs(7), started(7), finished(7);
    double fraction = 0.0;
    runStudy(smallPlan(), smallWafer(), data(), 2, {}, [&](const RunUpdate& update) {
        const auto run = static_cast<std::size_t>(update.run);
        QCOMPARE(update.runs, 7);
        QVERIFY(update.fraction >= fraction);
        fraction = update.fraction;
        switch (update.state) {
        case RunUpdate::State::Started:
            ++started[run];
            break;
        case RunUpdate::State::Epoch:
            QCOMPARE(update.epoch.summary.epoch, ++epochs[run]);
            break;
        case RunUpdate::State::Finished:
            ++finished[run];
            QVERIFY(update.result && update.result->curve.size() == static_cast<std::size_t>(epochs[run]));
            break;
        }
    });
    QCOMPARE(fraction, 1.0);
    QCOMPARE(epochs, (std::vector{2, 2, 2, 2, 2, 3, 3}));
    QCOMPARE(started, std::vector(7, 1));
    QCOMPARE(finished, std::vector(7, 1));
}

void TestRunner::stopKeepsFinishedRuns()
{
    std::stop_source stop;
    int finished = 0;
    const StudyResult result =
        runStudy(smallPlan(), smallWafer(), data(), 1, stop.get_token(), [&](const RunUpdate& update) {
            if (update.state == RunUpdate::State::Finished && ++finished == 3)
                stop.request_stop();
        });
    QVERIFY(!result.complete);
    QCOMPARE(result.runs.size(), std::size_t{3});

    stop = {};
    stop.request_stop();
    QVERIFY(runStudy(smallPlan(), smallWafer(), data(), 2, stop.get_token()).runs.empty());
}

void TestRunner::refusesAWrongPlan()
{
    const auto refuses = [](auto change, const char* word) {
        StudyPlan plan = smallPlan();
        change(plan);
        try {
            runStudy(plan, smallWafer(), data(), 1);
        } catch (const Error& error) {
            return QString(error.what()).contains(word);
        }
        return false;
    };
    QVERIFY(refuses([](StudyPlan& plan) { plan.modes.clear(); }, "mode"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.repeats = 0; }, "repeats"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.side = 5; }, "36 inputs"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.dies = {3}; }, "die number 4"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.network.layers = {36, 400, 10}; }, "does not fit"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.network.layers = {36, 12, 9}; }, "9 outputs"));
}

void TestRunner::summaryAgainstTheRuns()
{
    const Wafer wafer = smallWafer();
    const StudyPlan plan = smallPlan();
    std::vector<Run> runs;
    for (const RunSettings& settings : runsOf(plan, wafer)) {
        const auto k = static_cast<double>(runs.size());
        runs.push_back({settings, {}, {}, 5.0 + k, {10 + k, 20 + 2 * k, 30 + 3 * k}, 0, 0});
    }
    const StudySummary summary = summarise(plan, wafer, runs);
    QCOMPARE(*summary.baselineError, 5.5);
    QCOMPARE(summary.baselineSpread, std::sqrt(0.5));
    QCOMPARE(summary.modes.size(), std::size_t{3});
    QCOMPARE(summary.modes[0].dieMean, (std::vector{10.5, 21.0, 31.5}));
    QCOMPARE(summary.modes[1].dieMean, (std::vector{12.0, 26.0, 42.0})); // each on its own die
    QCOMPARE(summary.modes[1].otherDies, (std::vector{13.5, 26.0, 37.5}));
    QCOMPARE(summary.modes[2].dieMean, (std::vector{15.5, 31.0, 46.5}));
}

QTEST_APPLESS_MAIN(TestRunner)
#include "test_runner.moc"
