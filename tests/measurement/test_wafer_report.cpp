#include <QTest>

#include "measurement/wafer_report.h"
#include "support/errors.h"
#include "wafer/wafer_description.h"

using namespace faultline;

namespace
{

Die dieOf(int rows, int columns)
{
    return {"D", {rows, columns, 1, 1}, {}};
}

WaferDescription small(double rate)
{
    WaferDescription description;
    description.dies = 20;
    description.geometry = {50, 60, 50, 60};
    description.statistics.level = {LognormalConductance{8e-5, 0.1}, LognormalConductance{2e-4, 0.05}};
    description.statistics.stuckP.rate = rate;
    return description;
}

} // namespace

class TestWaferReport : public QObject
{
    Q_OBJECT

private slots:
    void countsPairsAsByHand();
    void expectsPairsInClosedForm();
    void findsFailedRows();
    void takesFailedLinesApart();
    void seesDrawnClusters();
    void drawnDiesLookMeasured();
    void clustersOfRandomDefectsAreUniform();
    void quantilesOfALognormalAreStraight();
    void findsATrendToTheEdge();
    void leavesExcludedDiesOut();
    void claimsNothingOfWhatWasNotMeasured();
};

void TestWaferReport::countsPairsAsByHand()
{
    Die die = dieOf(4, 5);
    for (const auto& [row, column] : {std::pair{0, 0}, {0, 1}, {0, 4}, {1, 1}, {3, 4}})
        die.setDefect(row, column, Defect::Short, 1.0f);
    const ClusterTest test = testClusters({die}, 1, 1);
    QCOMPARE(test.rows.found, 3L);       // (0,0)-(0,1), (0,0)-(0,4), (0,1)-(0,4)
    QCOMPARE(test.columns.found, 2L);    // (0,1)-(1,1), (0,4)-(3,4)
    QCOMPARE(test.neighbours.found, 3L); // (0,0)-(0,1), (0,1)-(1,1), (0,0)-(1,1)
}

void TestWaferReport::expectsPairsInClosedForm()
{
    // Two of N cells lie in one row with probability (columns - 1) / (N - 1).
    Die die = dieOf(20, 30);
    for (int k = 0; k < 40; ++k)
        die.setDefect(k / 30, k % 30, Defect::StuckP, 2e-4f);
    const ClusterTest test = testClusters({die}, 2000, 3);
    const double pairs = 40 * 39 / 2, others = 20 * 30 - 1;
    QVERIFY(std::abs(test.rows.expected / (pairs * 29 / others) - 1.0) < 0.02);
    QVERIFY(std::abs(test.columns.expected / (pairs * 19 / others) - 1.0) < 0.02);
    const double touching = 20 * 29 + 19 * 30 + 2 * 19 * 29; // of all pairs of cells
    QVERIFY(std::abs(test.neighbours.expected / (pairs * touching / (600.0 * 599 / 2)) - 1.0) < 0.03);
}

void TestWaferReport::findsFailedRows()
{
    Wafer wafer = drawWafer(small(2e-3));
    for (int column = 0; column < 12; ++column)
        wafer.dies[3].setDefect(17, 5 * column, Defect::Open, 0.0f);
    const ClusterTest test = testClusters(wafer.dies, 999, 1);
    QVERIFY(test.rows.probability <= 0.002);
    QVERIFY(test.columns.probability > 0.01);
}

void TestWaferReport::takesFailedLinesApart()
{
    WaferDescription description = small(2e-3);
    description.statistics.rows.opens = 0.02;
    const Wafer wafer = drawWafer(description);
    long rows = 0, stuck = 0;
    for (const Die& die : wafer.dies)
        for (int row = 0; row < 50; ++row) {
            const bool open = (die.defect.row(row) == Defect::Open).all();
            rows += open;
            stuck += open ? 0 : (die.defect.row(row) == Defect::StuckP).count();
        }
    QVERIFY(rows > 5);
    const WaferReport report = reportOn(wafer, 999);
    QCOMPARE(report.lines[1].what, "open rows");
    QCOMPARE(report.lines[1].failed, rows);
    QCOMPARE(report.lines[1].lines, 1000L);
    QVERIFY(report.lines[1].interval.low < 0.02 && report.lines[1].interval.high > 0.02);
    for (const std::size_t none : {0, 2, 3})
        QCOMPARE(report.lines[none].failed, 0L);
    QCOMPARE(report.defects[1].rate, 0.0); // the open cells are all in open rows
    QVERIFY(std::abs(report.defects[2].rate * (60'000.0 - 60.0 * static_cast<double>(rows)) /
                         static_cast<double>(stuck) -
                     1.0) < 1e-12);
    QVERIFY(report.clusters.rows.probability > 0.01); // what is left has no pattern
    QVERIFY(report.clusters.neighbours.probability > 0.01);
    QVERIFY(csv(report).find("\nopen rows," + std::to_string(rows) + ",1000,") != std::string::npos);
}

void TestWaferReport::seesDrawnClusters()
{
    WaferDescription description = small(3e-3);
    QVERIFY(reportOn(drawWafer(description), 999).clusters.neighbours.probability > 0.01);
    description.statistics.clusters = {3.0, 1.5};
    const WaferReport report = reportOn(drawWafer(description), 999);
    QVERIFY(report.clusters.neighbours.probability <= 0.001);
    QVERIFY(static_cast<double>(report.clusters.neighbours.found) >
            3.0 * report.clusters.neighbours.expected);
    QVERIFY(report.statistics.clusters.size > 1.5);
}

/// Two-sample Kolmogorov-Smirnov distances of the histograms, and the mean number of defects.
void TestWaferReport::drawnDiesLookMeasured()
{
    WaferDescription description = small(5e-3);
    description.statistics.shorts.rate = 5e-3;
    description.statistics.shortConductance = {8e-4, 0.2};
    const Wafer wafer = drawWafer(description);
    const auto apart = [&](const DefectStatistics& statistics) {
        const DrawnComparison drawn = compareWithDrawn(wafer, statistics, 5);
        double largest = 0.0;
        for (const Level level : {AP, P}) {
            const auto& shares = drawn.conductance[level];
            double measuredSum = 0.0, drawnSum = 0.0;
            for (std::size_t bin = 0; bin < shares.measured.size(); ++bin) {
                measuredSum += shares.measured[bin];
                drawnSum += shares.drawn[bin];
                largest = std::max(largest, std::abs(measuredSum - drawnSum));
            }
            if (std::abs(measuredSum - 1.0) > 1e-9 || std::abs(drawnSum - 1.0) > 1e-9)
                return 1.0;
        }
        return largest;
    };
    constexpr double cells = 20 * 50 * 60;
    QVERIFY(apart(fitStatistics(wafer)) < 1.95 / std::sqrt(cells)); // one in a thousand
    DefectStatistics wrong = fitStatistics(wafer);
    wrong.level[P].median *= 1.01;
    QVERIFY(apart(wrong) > 1.95 / std::sqrt(cells));

    const DrawnComparison drawn = compareWithDrawn(wafer, fitStatistics(wafer), 5);
    QCOMPARE(static_cast<int>(drawn.drawnDefects.size()), drawn.dies);
    QCOMPARE(drawn.measuredDefects.size(), wafer.dies.size());
    QCOMPARE(drawn.measuredDefects[3], static_cast<double>(wafer.dies[3].defectCount()));
    QVERIFY(std::abs(mean(drawn.drawnDefects) / mean(drawn.measuredDefects) - 1.0) < 0.05);
}

void TestWaferReport::clustersOfRandomDefectsAreUniform()
{
    int rare = 0;
    constexpr int wafers = 200;
    for (int k = 0; k < wafers; ++k) {
        WaferDescription description = small(1e-2);
        description.dies = 3;
        description.seed = static_cast<std::uint64_t>(k);
        rare += testClusters(drawWafer(description).dies, 99, 7).rows.probability <= 0.1;
    }
    QVERIFY2(rare >= 8 && rare <= 34, qPrintable(QString::number(rare))); // 20 +- 3.3 sigma
}

void TestWaferReport::quantilesOfALognormalAreStraight()
{
    const WaferReport report = reportOn(drawWafer(small(1e-3)), 9);
    const ConductanceReport& p = report.conductance[P];
    QVERIFY(std::abs(p.fit.sigma - 0.05) < 0.001);
    for (const auto& point : p.quantiles)
        if (std::abs(point.normal) < 2.5)
            QVERIFY(std::abs(std::log(point.siemens / 2e-4) - 0.05 * point.normal) < 0.004);
    QVERIFY(p.quantiles.front().normal < -3.5 && p.quantiles.back().normal > 3.5);
    QVERIFY(std::abs(report.tmr.median - 1.5) < 0.01);
    const DefectReport& stuck = report.defects[2];
    QCOMPARE(stuck.defect, Defect::StuckP);
    QVERIFY(stuck.rateInterval.low < 1e-3 && stuck.rateInterval.high > 1e-3);
    QVERIFY(csv(report).find("\nstuck-P,") != std::string::npos);
}

void TestWaferReport::findsATrendToTheEdge()
{
    Wafer wafer = drawWafer(small(1e-3));
    QVERIFY(reportOn(wafer, 999).trends[1].probability > 0.01);
    const std::vector<double> radius = reportOn(wafer, 9).trends[1].radius;
    for (std::size_t i = 0; i < wafer.dies.size(); ++i)
        wafer.dies[i].conductance[P] *= static_cast<float>(1.0 - 0.02 * radius[i]);
    const RadialTrend trend = reportOn(wafer, 999).trends[1];
    QVERIFY(trend.rankCorrelation < -0.9);
    QVERIFY(trend.probability <= 0.002);
}

void TestWaferReport::leavesExcludedDiesOut()
{
    Wafer wafer = drawWafer(small(1e-3));
    for (int row = 0; row < 50; ++row)
        wafer.dies[0].setDefect(row, 0, Defect::Short, 1e-3f);
    wafer.dies[0].included = false;
    const WaferReport report = reportOn(wafer, 9);
    QCOMPARE(report.dies, 19);
    QCOMPARE(report.defects[0].rate, 0.0);
    for (Die& die : wafer.dies)
        die.included = false;
    VERIFY_CONTAINS(messageOf([&] { reportOn(wafer); }), "no dies");
}

void TestWaferReport::claimsNothingOfWhatWasNotMeasured()
{
    Wafer wafer = drawWafer(small(2e-3));
    QCOMPARE(reportOn(wafer, 9).trends.size(), std::size_t{3});
    for (Die& die : wafer.dies)
        die.acquisition.assumed = AP;
    const WaferReport assumed = reportOn(wafer, 9);
    QVERIFY(assumed.assumed == AP);
    QCOMPARE(assumed.trends.size(), std::size_t{2}); // none of TMR
    QCOMPARE(assumed.trends[1].what, "median G at P (S)");
    const std::string tables = csv(assumed);
    VERIFY_CONTAINS(tables, "\nAP (assumed),");
    VERIFY_CONTAINS(tables, "\ntmr (assumed)\n");
    for (Die& die : wafer.dies)
        die.acquisition.assumed = P;
    QCOMPARE(reportOn(wafer, 9).trends[1].what, "median G at AP (S)");

    wafer.dies[3].acquisition.placed = false;
    QVERIFY(reportOn(wafer, 9).trends.empty());
}

QTEST_APPLESS_MAIN(TestWaferReport)
#include "test_wafer_report.moc"
