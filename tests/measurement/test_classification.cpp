#include <boost/random/normal_distribution.hpp>

#include <QTest>

#include "measurement/classification.h"
#include "support/errors.h"
#include "wafer/wafer_description.h"

using namespace faultline;

namespace
{

/// A drawn wafer, every reading with 1 % of noise of its own.
Wafer measured(double rate, double sigma, double tmr, int dies = 6)
{
    WaferDescription description;
    description.dies = dies;
    description.device.tmr = tmr;
    DefectStatistics& statistics = description.statistics;
    const double parallel = description.device.conductance(P);
    statistics.level[P] = {parallel, sigma};
    statistics.level[AP] = {description.device.conductance(AP), sigma};
    for (const Defect defect : allDefects)
        statistics.rate(defect).rate = rate;
    statistics.shortConductance = {4.0 * parallel, 0.3};
    Wafer wafer = drawWafer(description);
    RandomStream random(1, RandomUse::Test);
    boost::random::normal_distribution<> normal;
    for (Die& die : wafer.dies)
        for (auto& grid : die.conductance)
            for (float& value : grid.reshaped())
                value *= static_cast<float>(1.0 + 0.01 * normal(random));
    return wafer;
}

/// Share of the cells with a label that have got it, and of those that got it that have it; the worse.
double worst(const Wafer& wafer, const Classification& classification, Defect label)
{
    double is = 0.0, said = 0.0, both = 0.0;
    for (std::size_t i = 0; i < wafer.dies.size(); ++i)
        for (Eigen::Index cell = 0; cell < wafer.dies[i].defect.size(); ++cell) {
            const bool a = wafer.dies[i].defect.data()[cell] == label;
            const bool b = classification.labels[i].data()[cell] == label;
            is += a;
            said += b;
            both += a && b;
        }
    return both / std::max(is, said);
}

} // namespace

class TestClassification : public QObject
{
    Q_OBJECT

private slots:
    void labelsByThresholds();
    void findsDefects_data();
    void findsDefects();
    void knowsHowWellItDoes();
    void fitsTheTruth();
    void labelsNoDefectsWhereThereAreNone();
    void labelsOneStateAlone();
    void keepsConductances();
    void refuses();
};

void TestClassification::labelsByThresholds()
{
    const Thresholds t{1e-5, 1.2e-4, 5e-4, 1.3};
    QVERIFY(classify(2e-4, 8e-5, t) == Defect::None);
    QVERIFY(classify(2e-4, 1.9e-4, t) == Defect::StuckP);
    QVERIFY(classify(8e-5, 8e-5, t) == Defect::StuckAP);
    QVERIFY(classify(8e-4, 7e-4, t) == Defect::Short);
    QVERIFY(classify(8e-4, 8e-5, t) == Defect::None); // conducts much, but switches
    QVERIFY(classify(0.0, 9e-6, t) == Defect::Open);
    QVERIFY(classify(8e-5, 2e-4, t) == Defect::StuckP); // switches the wrong way
    QVERIFY(classify(6e-4, t) == Defect::Short);
    QVERIFY(classify(1e-6, t) == Defect::Open);
    QVERIFY(classify(8e-5, t) == Defect::None);
}

void TestClassification::findsDefects_data()
{
    QTest::addColumn<double>("rate");
    QTest::addColumn<double>("sigma");
    QTest::addColumn<double>("tmr");
    QTest::newRow("easy") << 1e-3 << 0.02 << 2.0;
    QTest::newRow("few") << 2e-4 << 0.05 << 1.0;
    QTest::newRow("low TMR") << 1e-2 << 0.05 << 0.4;
    QTest::newRow("many") << 5e-2 << 0.1 << 1.5;
}

void TestClassification::findsDefects()
{
    QFETCH(double, rate);
    QFETCH(double, sigma);
    QFETCH(double, tmr);
    const Wafer wafer = measured(rate, sigma, tmr);
    const Classification classification = classify(wafer);
    for (const Defect defect : allDefects)
        QVERIFY2(worst(wafer, classification, defect) > 0.99, name(defect).data());
}

void TestClassification::knowsHowWellItDoes()
{
    // Where the kinds overlap, what the fit expects of itself has to be what the truth shows.
    const Wafer wafer = measured(1e-2, 0.1, 0.4, 12);
    const Classification classification = classify(wafer);
    for (const Defect label : {Defect::StuckP, Defect::StuckAP}) {
        const auto& quality = classification.fit->quality[static_cast<std::size_t>(label)];
        double is = 0.0, both = 0.0;
        for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
            const auto truth = wafer.dies[i].defect == label;
            is += static_cast<double>(truth.count());
            both += static_cast<double>((truth && classification.labels[i] == label).count());
        }
        QVERIFY(quality.precision < 0.95);
        QVERIFY(std::abs(both / static_cast<double>(quality.cells) - quality.precision) < 0.03);
        QVERIFY(std::abs(both / is - quality.recall) < 0.05);
    }
}

void TestClassification::fitsTheTruth()
{
    const MixtureFit fit = *classify(measured(1e-2, 0.05, 1.0)).fit;
    QVERIFY(std::abs(fit.healthy[P].median / 2e-4 - 1.0) < 0.002);
    QVERIFY(std::abs(fit.healthy[AP].median / 1e-4 - 1.0) < 0.002);
    const double sigma = std::hypot(0.05, 0.01); // variation and noise
    QVERIFY(std::abs(fit.healthy[P].sigma / sigma - 1.0) < 0.02);
    QVERIFY(std::abs(fit.healthy[AP].sigma / sigma - 1.0) < 0.02);
    QVERIFY(std::abs(fit.repeatability / (0.01 * std::sqrt(2.0)) - 1.0) < 0.1);
    QVERIFY(std::abs(fit.shorts.median / 8e-4 - 1.0) < 0.05);
    QVERIFY(std::abs(fit.shorts.sigma / 0.3 - 1.0) < 0.1);
}

void TestClassification::labelsNoDefectsWhereThereAreNone()
{
    const Wafer wafer = measured(0.0, 0.1, 1.0);
    const Classification classification = classify(wafer);
    long defects = 0;
    for (const auto& labels : classification.labels)
        defects += (labels != Defect::None).count();
    QVERIFY2(defects <= 2, qPrintable(QString::number(defects))); // of 120 000
}

void TestClassification::labelsOneStateAlone()
{
    Wafer wafer = measured(5e-3, 0.05, 1.0);
    for (Die& die : wafer.dies)
        for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell) // those cannot be told from one state
            if (Defect& label = die.defect.data()[cell]; label == Defect::StuckP || label == Defect::StuckAP)
                label = Defect::None;
    const Classification classification = classify(wafer, {}, P);
    QVERIFY(worst(wafer, classification, Defect::Short) > 0.98);
    QVERIFY(worst(wafer, classification, Defect::Open) > 0.98);
    Wafer labelled = wafer;
    for (std::size_t i = 0; i + 1 < labelled.dies.size(); ++i) // the last one was measured in both
        labelled.dies[i].acquisition.assumed = AP;
    const CellGrid<float> both = labelled.dies.back().conductance[AP];
    const std::vector<int> changed = applyLabels(classification.labels, labelled);
    QCOMPARE(changed.size(), labelled.dies.size() - 1);
    QCOMPARE(changed.front(), labelled.dies.front().id);
    QVERIFY((labelled.dies.back().conductance[AP] == both).all());
    QVERIFY(applyLabels(classification.labels, labelled).empty()); // all conduct that already
    for (Eigen::Index cell = 0; cell < labelled.dies[0].defect.size(); ++cell)
        if (labelled.dies[0].defect.data()[cell] != Defect::None)
            QCOMPARE(labelled.dies[0].conductance[AP].data()[cell],
                     wafer.dies[0].conductance[P].data()[cell]);
}

void TestClassification::keepsConductances()
{
    const Wafer wafer = measured(1e-2, 0.05, 1.0, 2);
    Wafer labelled = wafer;
    applyLabels(classify(wafer, Thresholds{1e-5, 1.4e-4, 4e-4, 1.4}).labels, labelled);
    for (std::size_t i = 0; i < 2; ++i)
        for (const Level level : {AP, P})
            QVERIFY((labelled.dies[i].conductance[level] == wafer.dies[i].conductance[level]).all());
    QVERIFY(labelled.dies[0].defectCount() > 0);
}

void TestClassification::refuses()
{
    VERIFY_CONTAINS(messageOf([] { classify(Wafer()); }), "no dies to classify");
    Wafer wafer = measured(0.0, 0.05, 1.0, 1);
    VERIFY_CONTAINS(messageOf([&] {
                        classify(wafer, Thresholds{1.0, 0.5, 2.0, 1.0});
                    }),
                    "threshold between the states is 0.5");
    std::swap(wafer.dies[0].conductance[P], wafer.dies[0].conductance[AP]);
    VERIFY_CONTAINS(messageOf([&] { classify(wafer); }), "are the states exchanged?");
    for (auto& grid : wafer.dies[0].conductance)
        grid.setZero();
    VERIFY_CONTAINS(messageOf([&] { classify(wafer); }), "No cell conducts");
}

QTEST_APPLESS_MAIN(TestClassification)
#include "test_classification.moc"
