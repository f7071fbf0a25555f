#include <array>
#include <cmath>
#include <set>

#include <QTest>

#include "common/error.h"
#include "common/statistics.h"
#include "learning/circuit_network.h"
#include "study/evaluation.h"
#include "study/runner.h"
#include "support/errors.h"

using namespace faultline;

namespace
{

Dataset noise(int count, std::uint32_t index)
{
    RandomStream random(2, RandomUse::Test, index);
    Dataset dataset{6, 6, {}, {}};
    Eigen::MatrixXf images(36, count);
    for (int k = 0; k < count; ++k) {
        const std::uint32_t label = random.below(10);
        dataset.labels.push_back(static_cast<std::uint8_t>(label));
        for (int pixel = 0; pixel < 36; ++pixel)
            images(pixel, k) = static_cast<float>(0.5 * random.uniform() +
                                                  (pixel / 3 == static_cast<int>(label) ? 0.5 : 0.0));
    }
    dataset.images = images.sparseView();
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
        wafer.add(die);
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

/// Five dies, two of which the network of smallPlan() takes: its first layer lies over the joint.
Wafer narrowWafer()
{
    Wafer wafer{
        "narrow", "synthetic", {.rows = 40, .columns = 24, .kernelRows = 20, .kernelColumns = 12}, {}, {}};
    for (std::uint32_t k = 0; k < 5; ++k) {
        Die die("D" + std::to_string(k + 1), wafer.geometry, wafer.device);
        RandomStream random(9, RandomUse::Test, k);
        for (auto& grid : die.conductance)
            grid = grid.unaryExpr(
                [&](float g) { return static_cast<float>(g * (0.8 + 0.4 * random.uniform())); });
        for (int defect = 0; defect < 10 + 10 * static_cast<int>(k); ++defect)
            die.setDefect(static_cast<int>(random.below(40)), static_cast<int>(random.below(24)),
                          Defect::Short, static_cast<float>(4.0 * wafer.device.conductance(P)));
        wafer.add(die);
    }
    return wafer;
}

bool sameErrors(const Run& a, const Run& b)
{
    return a.perfectDieError == b.perfectDieError && a.dieErrors == b.dieErrors &&
           a.network.layers[0].latent == b.network.layers[0].latent;
}

/// A study that is stopped at every second epoch and goes on, and how often; nothing when a part of it does
/// not fit the one before.
std::pair<StudyResult, int> inPieces(const StudyPlan& plan)
{
    StudyResult result;
    int rounds = 0;
    for (; !result.complete && rounds < 100; ++rounds) { // stopped at every second epoch
        std::stop_source stop;
        int epochs = 0;
        const StudyResult before = result;
        result = runStudy(
            plan, smallWafer(), data(), 2, stop.get_token(),
            [&](const RunUpdate& update) {
                if (update.state == RunUpdate::State::Epoch && ++epochs == 2)
                    stop.request_stop();
            },
            before);
        for (const RunCheckpoint& checkpoint : result.begun)
            if (checkpoint.trainer.epoch != static_cast<int>(checkpoint.curve.size()))
                return {};
        if (before.runs.size() > result.runs.size())
            return {};
    }
    return {result, rounds};
}

/// Wires that cost, and converters and noise besides.
CircuitOptions harshCircuit()
{
    CircuitOptions circuit;
    circuit.wires = {.columnSegment = 15.0, .rowSegment = 15.0, .source = 50.0, .sense = 50.0};
    circuit.series = 400.0;
    circuit.adc.bits = 8;
    circuit.relativeNoise = 0.02;
    return circuit;
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
    void goesOnFromFinishedRuns();
    void goesOnFromTheLastEpoch();
    void circuitsChangeNothingOfThat();
    void errorsAreBehindTheCircuit();
    void trainsGroupsBehindTheCircuit();
    void trainingSeesTheNoise();
    void shardsMakeTheWhole();
    void otherImagesAreRefused();
    void drawsFromThePlansStatistics();
    void excludedAndRemovedDies();
    void refusesAWrongPlan();
    void summaryAgainstTheRuns();
    void aNetworkOnTwoDies();
    void theSumOverTheDiesOfAGroup();
    void perfectDiesSideBySideAreOneLargeDie();
    void groupsStayWhatTheyAre();
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
    QCOMPARE(alone.runs[0].dieErrors.at(2), whole.runs[4].dieErrors.at(2));
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
        QVERIFY(std::isnan(run.errorOn(wafer.dies[1].id)));
        for (const std::size_t die : {0u, 2u})
            QCOMPARE(run.errorOn(wafer.dies[die].id),
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

void TestRunner::goesOnFromFinishedRuns()
{
    const StudyResult whole = runStudy(smallPlan(), smallWafer(), data(), 2);
    StudyResult known = whole;
    known.complete = false;
    std::erase_if(known.runs, [](const Run& run) { return run.settings.repeat == 1; });
    known.runs[0].perfectDieError = -1.0; // not trained again
    std::vector<int> started;
    double first = 1.0;
    const StudyResult result = runStudy(
        smallPlan(), smallWafer(), data(), 2, {},
        [&](const RunUpdate& update) {
            first = std::min(first, update.fraction);
            if (update.state == RunUpdate::State::Started)
                started.push_back(update.run);
        },
        known);
    QVERIFY(result.complete);
    std::ranges::sort(started);
    QCOMPARE(started, (std::vector{1, 6}));
    QVERIFY(first >= 11.0 / 16.0); // of the epochs
    QCOMPARE(result.runs[0].perfectDieError, -1.0);
    for (std::size_t k = 1; k < whole.runs.size(); ++k)
        QVERIFY(sameErrors(result.runs[k], whole.runs[k]));
}

void TestRunner::goesOnFromTheLastEpoch()
{
    StudyPlan plan = smallPlan();
    plan.training.epochs = 4;
    plan.statisticsAware.epochs = 5;
    const StudyResult whole = runStudy(plan, smallWafer(), data(), 2);
    const auto [result, rounds] = inPieces(plan);
    QVERIFY(rounds > 8);
    QVERIFY(result.complete && result.begun.empty());
    for (std::size_t k = 0; k < whole.runs.size(); ++k) {
        QVERIFY(sameErrors(result.runs[k], whole.runs[k]));
        QCOMPARE(result.runs[k].curve.size(), whole.runs[k].curve.size());
        for (std::size_t epoch = 0; epoch < whole.runs[k].curve.size(); ++epoch) {
            QCOMPARE(result.runs[k].curve[epoch].summary.loss, whole.runs[k].curve[epoch].summary.loss);
            QCOMPARE(result.runs[k].curve[epoch].testError, whole.runs[k].curve[epoch].testError);
        }
    }

    std::stop_source stop;
    StudyResult damaged =
        runStudy(plan, smallWafer(), data(), 1, stop.get_token(), [&stop](const RunUpdate& update) {
            if (update.state == RunUpdate::State::Epoch)
                stop.request_stop();
        });
    QCOMPARE(damaged.begun.size(), std::size_t{1});
    damaged.begun[0].trainer.moments.pop_back();
    QVERIFY_EXCEPTION_THROWN(runStudy(plan, smallWafer(), data(), 1, {}, {}, damaged), Error);
}

void TestRunner::circuitsChangeNothingOfThat()
{
    StudyPlan plan = smallPlan();
    plan.circuit = harshCircuit();
    plan.training.epochs = plan.statisticsAware.epochs = 3;
    plan.dies = {0, 1};
    const StudyResult whole = runStudy(plan, smallWafer(), data(), 1);
    const StudyResult three = runStudy(plan, smallWafer(), data(), 3);
    const auto [pieces, rounds] = inPieces(plan);
    QVERIFY(rounds > 5);
    QVERIFY(pieces.complete);
    for (std::size_t k = 0; k < whole.runs.size(); ++k)
        for (const StudyResult& other : {three, pieces}) {
            QVERIFY(sameErrors(other.runs[k], whole.runs[k]));
            for (std::size_t epoch = 0; epoch < 3; ++epoch)
                QCOMPARE(other.runs[k].curve[epoch].testError, whole.runs[k].curve[epoch].testError);
        }
}

void TestRunner::errorsAreBehindTheCircuit()
{
    StudyPlan plan = smallPlan();
    plan.training.epochs = plan.statisticsAware.epochs = 6;
    const Wafer wafer = smallWafer();
    const StudyResult ideal = runStudy(plan, wafer, data(), 2);
    plan.circuit = harshCircuit();
    plan.circuit->relativeNoise = 0.0;
    const StudyResult behind = runStudy(plan, wafer, data(), 2);
    const CellMap map(plan.network.layers, wafer.geometry, plan.spare);
    const Dataset calibration = firstImages(data().train, 500);
    std::array<double, 3> withLoop{}, without{};
    for (std::size_t k = 0; k < behind.runs.size(); ++k) {
        const Run& run = behind.runs[k];
        QVERIFY(run.settings.circuit == plan.circuit);
        for (const Die& die : wafer.dies) {
            const auto error = [&](const Network& network) {
                return errorPercent(data().test.labels, CircuitNetwork(network, die, map, wafer.device,
                                                                       *plan.circuit, calibration)
                                                            .classify(data().test, {}));
            };
            QCOMPARE(run.dieErrors.at(die.id), error(run.network));
            if (run.settings.mode == TrainingMode::HardwareAware && run.settings.die != die.id)
                continue;
            const auto mode = static_cast<std::size_t>(run.settings.mode);
            withLoop[mode] += run.dieErrors.at(die.id);
            without[mode] += error(ideal.runs[k].network);
        }
    }
    for (const std::size_t standard : {0, 1}) { // does not train with it
        QVERIFY(behind.runs[standard].network.layers[0].latent ==
                ideal.runs[standard].network.layers[0].latent);
        QCOMPARE(behind.runs[standard].perfectDieError, ideal.runs[standard].perfectDieError);
    }
    for (const TrainingMode mode : {TrainingMode::HardwareAware, TrainingMode::StatisticsAware}) {
        const auto k = static_cast<std::size_t>(mode);
        QVERIFY2(withLoop[k] < without[k], qPrintable(QString("%1 %2").arg(withLoop[k]).arg(without[k])));
    }
}

void TestRunner::trainsGroupsBehindTheCircuit()
{
    StudyPlan plan = smallPlan();
    plan.network.layers = {36, 40, 10};
    plan.circuit = harshCircuit();
    plan.training.epochs = plan.statisticsAware.epochs = 2;
    plan.dies = {0, 1, 2};
    const Wafer wafer = smallWafer();
    const std::vector<DieGroup> groups = plan.groupsOn(wafer);
    QVERIFY(!groups.empty() && groups.front().dies.size() > 1);
    const StudyResult result = runStudy(plan, wafer, data(), 2);
    QVERIFY(result.complete);
    const Dataset calibration = firstImages(data().train, 500);
    for (const Run& run : result.runs) {
        const Die joined = groups.front().joined();
        QCOMPARE(run.dieErrors.at(groups.front().id()),
                 errorPercent(data().test.labels, classify(run, &joined, wafer, data().test, calibration)));
    }
}

/// Behind a noisy circuit, networks that were trained with the noise do better than those that were trained
/// with its wires alone.
void TestRunner::trainingSeesTheNoise()
{
    StudyPlan plan = smallPlan();
    plan.modes = {TrainingMode::HardwareAware};
    plan.training.epochs = 20;
    const Wafer wafer = smallWafer();
    CircuitOptions noisy;
    noisy.relativeNoise = 0.06;
    plan.circuit = noisy;
    const StudyResult with = runStudy(plan, wafer, data(), 2);
    plan.circuit = CircuitOptions();
    StudyResult without = runStudy(plan, wafer, data(), 2);
    double aware = 0.0, blind = 0.0;
    for (std::size_t k = 0; k < with.runs.size(); ++k) {
        Run& run = without.runs[k];
        const Die* die = wafer.find(run.settings.die);
        aware += with.runs[k].dieErrors.at(die->id);
        run.settings.circuit = noisy;
        blind += errorPercent(data().test.labels, classify(run, die, wafer, data().test, {}));
    }
    QVERIFY2(aware < blind, qPrintable(QString("%1 %2").arg(aware).arg(blind)));
}

void TestRunner::shardsMakeTheWhole()
{
    const StudyResult whole = runStudy(smallPlan(), smallWafer(), data(), 2);
    StudyResult merged;
    std::size_t runs = 0;
    for (const int index : {3, 1, 2}) {
        const StudyResult part = runStudy(smallPlan(), smallWafer(), data(), 2, {}, {}, {}, {index, 3});
        QVERIFY(!part.complete && !merged.complete);
        runs += part.runs.size();
        merge(merged, part, smallPlan(), smallWafer());
    }
    QCOMPARE(runs, whole.runs.size());
    QVERIFY(merged.complete);
    QVERIFY(merged.statistics == whole.statistics);
    for (std::size_t k = 0; k < whole.runs.size(); ++k) {
        QVERIFY(merged.runs[k].settings == whole.runs[k].settings);
        QVERIFY(sameErrors(merged.runs[k], whole.runs[k]));
    }
}

void TestRunner::otherImagesAreRefused()
{
    StudyPlan plan = smallPlan();
    plan.modes = {TrainingMode::Standard};
    DatasetPair images = data();
    images.train.checksum = 0x1234;
    images.test.checksum = 0x5678;
    const auto part = [&](int index, const StudyResult& known = {}) {
        return runStudy(plan, smallWafer(), images, 2, {}, {}, known, {index, 2});
    };
    const StudyResult first = part(1);
    QVERIFY(first.images == (ImageChecksums{0x1234, 0x5678}));
    StudyResult older = first;
    older.images.reset();

    images.test.checksum = 0xbad;
    const std::string words = "test images: found checksum 00000bad, expected 00005678";
    VERIFY_CONTAINS(messageOf([&] { part(2, first); }), words);
    VERIFY_CONTAINS(messageOf([&] { requireTestImages(first.images, images.test); }), words);
    const StudyResult second = part(2);
    StudyResult merged = first;
    VERIFY_CONTAINS(messageOf([&] { merge(merged, second, plan, smallWafer()); }), words);
    QCOMPARE(merged.runs.size(), first.runs.size());
    images.train.checksum = 0xbad;
    VERIFY_CONTAINS(messageOf([&] { part(2, first); }),
                    "noise: training images: found checksum 00000bad, expected 00001234");

    // A result of before checksums were kept fits all images, and does not claim any.
    const StudyResult complete = part(2, older);
    QVERIFY(complete.complete && !complete.images);
    merge(older, second, plan, smallWafer());
    QVERIFY(older.complete && !older.images);
}

void TestRunner::drawsFromThePlansStatistics()
{
    StudyPlan plan = smallPlan();
    plan.modes = {TrainingMode::StatisticsAware};
    plan.statistics = fitStatistics(smallWafer());
    plan.statistics->shorts.rate = 0.5;
    const StudyResult fitted = runStudy(smallPlan(), smallWafer(), data(), 2);
    const StudyResult typed = runStudy(plan, smallWafer(), data(), 2);
    QVERIFY(typed.statistics == *plan.statistics);
    QVERIFY(!sameErrors(typed.runs[0], fitted.runs[5]));
}

void TestRunner::excludedAndRemovedDies()
{
    Wafer wafer = smallWafer();
    wafer.dies[1].included = false;
    QCOMPARE(smallPlan().diesOn(wafer), (std::vector{0, 2}));
    StudyPlan plan = smallPlan();
    plan.dies = {2, 1};
    QCOMPARE(plan.diesOn(wafer), (std::vector{2, 1})); // chosen by a person

    const StudyResult result = runStudy(smallPlan(), smallWafer(), data(), 2);
    wafer = smallWafer();
    wafer.dies.erase(wafer.dies.begin());
    const StudySummary all = summarise(smallPlan(), smallWafer(), result.runs);
    const StudySummary rest = summarise(smallPlan(), wafer, result.runs);
    for (std::size_t mode = 0; mode < all.modes.size(); ++mode)
        QCOMPARE(rest.modes[mode].dieMean,
                 (std::vector(all.modes[mode].dieMean.begin() + 1, all.modes[mode].dieMean.end())));
    QCOMPARE(QString::fromStdString(result.runs[2].settings.name(wafer)),
             QString("hardware-aware on a removed die"));
    wafer.add(Die("D4", wafer.geometry, wafer.device));
    QCOMPARE(wafer.dies.back().id, 3);
    QVERIFY(std::isnan(result.runs[0].errorOn(wafer.dies.back().id)));
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
    QVERIFY(refuses([](StudyPlan& plan) { plan.circuit.emplace().wires.sense = -1.0; }, "sense_ohm"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.repeats = 0; }, "repeats"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.side = 5; }, "36 inputs"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.dies = {3}; }, "number 3"));
    QVERIFY(refuses(
        [](StudyPlan& plan) {
            plan.network.layers = {36, 400, 10};
        },
        "36800 junctions, and so 23 dies of 1600"));
    QVERIFY(refuses([](StudyPlan& plan) { plan.network.layers = {36, 12, 9}; }, "9 outputs"));
}

void TestRunner::summaryAgainstTheRuns()
{
    const Wafer wafer = smallWafer();
    const StudyPlan plan = smallPlan();
    std::vector<Run> runs;
    for (const RunSettings& settings : runsOf(plan, wafer)) {
        const auto k = static_cast<double>(runs.size());
        runs.push_back({settings, {}, {}, 5.0 + k, {{0, 10 + k}, {1, 20 + 2 * k}, {2, 30 + 3 * k}}, 0, 0});
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

void TestRunner::aNetworkOnTwoDies()
{
    const Wafer wafer = narrowWafer();
    const StudyPlan plan = smallPlan();
    QStringList names, leftOver;
    std::set<std::uint32_t> streams;
    for (const RunSettings& run : runsOf(plan, wafer)) {
        names << QString::fromStdString(run.name(wafer));
        streams.insert(run.stream());
    }
    QCOMPARE(names, QStringList({"standard 1", "standard 2", "hardware-aware D1+D2", "hardware-aware D3+D4",
                                 "statistics-aware 1", "statistics-aware 2"}));
    QCOMPARE(streams.size(), std::size_t{6});
    for (const Die* die : plan.leftOver(wafer))
        leftOver << QString::fromStdString(die->name);
    QCOMPARE(leftOver, QStringList("D5"));

    const StudyResult one = runStudy(plan, wafer, data(), 1), two = runStudy(plan, wafer, data(), 2);
    QVERIFY(one.complete && two.complete && one.runs.size() == 6);
    for (std::size_t k = 0; k < one.runs.size(); ++k) {
        QVERIFY(sameErrors(one.runs[k], two.runs[k]));
        QCOMPARE(one.runs[k].dieErrors.size(), std::size_t{2});
        QVERIFY(one.runs[k].dieErrors.contains(0) && one.runs[k].dieErrors.contains(2));
    }
    const StudySummary summary = summarise(plan, wafer, one.runs);
    QCOMPARE(summary.dies.size(), std::size_t{2});
    QCOMPARE(QString::fromStdString(summary.dies[1].name()), QString("D3+D4"));
    QCOMPARE(summary.modes[1].dieMean,
             (std::vector{one.runs[2].dieErrors.at(0), one.runs[3].dieErrors.at(2)}));
    QCOMPARE(summary.modes[1].otherDies,
             (std::vector{one.runs[3].dieErrors.at(0), one.runs[2].dieErrors.at(2)}));
}

/// By hand: each die's row currents, added, through gain, bias and tanh.
void TestRunner::theSumOverTheDiesOfAGroup()
{
    const Wafer wafer = narrowWafer();
    StudyPlan plan = smallPlan();
    plan.dies = {1, 4};
    plan.spare = Spare::Unused;
    plan.modes = {TrainingMode::HardwareAware};
    const Run run = runStudy(plan, wafer, data(), 1).runs.at(0);
    QCOMPARE(run.dieErrors.size(), std::size_t{1});

    const Dataset test = downsample(data().test, plan.side);
    const CellMap map(plan.network.layers, wafer.geometry, Spare::Unused);
    const double unit = wafer.device.conductance(P) - wafer.device.conductance(AP);
    int errors = 0;
    for (int image = 0; image < test.size(); ++image) {
        Eigen::VectorXd input = Eigen::MatrixXf(test.images.col(image)).cast<double>();
        for (int layer = 0; layer < 2; ++layer) {
            const Network::Layer& digital = run.network.layers[static_cast<std::size_t>(layer)];
            Eigen::VectorXd output(digital.gain.size());
            for (int j = 0; j < output.size(); ++j) {
                double sums[2] = {0.0, 0.0}; // of the left die and of the right one, amperes at one volt
                for (int i = 0; i < input.size(); ++i) {
                    const bool up = digital.latent(j, i) >= 0.0F;
                    const CellIndex plus = map.plus({layer, j, i}), minus = map.minus({layer, j, i});
                    const bool right = plus.column >= 24;
                    const Die& die = wafer.dies[right ? 4 : 1];
                    const int column = plus.column - (right ? 24 : 0);
                    sums[right ? 1 : 0] +=
                        input(i) * (static_cast<double>(die.conductance[up ? P : AP](plus.row, column)) -
                                    static_cast<double>(die.conductance[up ? AP : P](minus.row, column)));
                }
                if (layer == 0)
                    QVERIFY(sums[0] != 0.0 && sums[1] != 0.0); // lies over the joint
                const double z = static_cast<double>(digital.gain(j)) * (sums[0] + sums[1]) / unit +
                                 static_cast<double>(digital.bias(j));
                output(j) = layer == 0 ? std::tanh(z) : z;
            }
            input = output;
        }
        Eigen::Index best = 0;
        input.maxCoeff(&best);
        errors += best == test.labels[static_cast<std::size_t>(image)] ? 0 : 1;
    }
    QCOMPARE(run.dieErrors.at(1), 100.0 * errors / test.size());
}

void TestRunner::perfectDiesSideBySideAreOneLargeDie()
{
    const auto perfect = [](int columns, int dies) {
        Wafer wafer{"perfect", "synthetic", {40, columns, 20, 12}, {}, {}};
        for (int k = 0; k < dies; ++k)
            wafer.add(Die("D" + std::to_string(k + 1), wafer.geometry, wafer.device));
        return wafer;
    };
    StudyPlan plan = smallPlan();
    plan.modes = {TrainingMode::Standard, TrainingMode::HardwareAware};
    const StudyResult pair = runStudy(plan, perfect(24, 2), data(), 1);
    const StudyResult large = runStudy(plan, perfect(48, 1), data(), 1);
    QCOMPARE(pair.runs.size(), large.runs.size());
    for (std::size_t k = 0; k < pair.runs.size(); ++k) {
        QVERIFY(sameErrors(pair.runs[k], large.runs[k]));
        QVERIFY(std::abs(pair.runs[k].dieErrors.at(0) - pair.runs[k].perfectDieError) < 0.5);
    }
}

void TestRunner::groupsStayWhatTheyAre()
{
    Wafer wafer = narrowWafer();
    const StudyPlan plan = smallPlan().pinned(wafer);
    const auto names = [&] {
        QStringList list;
        for (const DieGroup& group : plan.groupsOn(wafer))
            list << QString::fromStdString(group.name());
        return list;
    };
    wafer.dies[0].included = false;
    QCOMPARE(names(), QStringList({"D1+D2", "D3+D4"}));
    wafer.dies.erase(wafer.dies.begin() + 1);
    QCOMPARE(names(), QStringList("D3+D4"));
    for (const auto& [die, group] : {std::pair{0, 0}, {1, 0}, {2, 2}, {3, 2}})
        QVERIFY(plan.groupOf(die, wafer) == group);
    QVERIFY(!plan.groupOf(4, wafer) && !plan.groupOf(7, wafer));
    QVERIFY(smallPlan().groupOf(7, smallWafer()) == 7); // networks of one die

    StudyPlan few = smallPlan();
    few.dies = {2};
    try {
        few.validate(narrowWafer());
        QFAIL("one die was enough");
    } catch (const Error& error) {
        const QString text = error.what();
        QVERIFY2(text.contains("1104 junctions") && text.contains("2 dies of 960") &&
                     text.contains("plan has 1"),
                 error.what());
    }
}

QTEST_APPLESS_MAIN(TestRunner)
#include "test_runner.moc"
