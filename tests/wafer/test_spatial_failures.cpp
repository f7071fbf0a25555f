#include <cmath>
#include <numbers>

#include <QTest>
#include <boost/math/distributions/binomial.hpp>

#include "common/stop.h"
#include "support/errors.h"
#include "wafer/defect_statistics.h"
#include "wafer/failed_lines.h"

using namespace faultline;

namespace
{

constexpr DieGeometry geometry{.rows = 60, .columns = 80, .kernelRows = 60, .kernelColumns = 80};

DefectStatistics healthy()
{
    DefectStatistics statistics;
    statistics.level = {LognormalConductance{8e-5, 0.05}, LognormalConductance{2e-4, 0.05}};
    statistics.shortConductance = {8e-4, 0.1};
    return statistics;
}

Wafer draw(const DefectStatistics& statistics, const DieGeometry& size, int dies, std::uint32_t seed)
{
    Wafer wafer;
    wafer.geometry = size;
    for (int k = 0; k < dies; ++k)
        wafer.dies.push_back(
            drawDie(statistics, size, RandomStream(seed, RandomUse::Test, static_cast<std::uint32_t>(k))));
    return wafer;
}

/// Whether so many of `all` are within the middle 99.9 % of a binomial distribution.
bool likely(long found, long all, double rate)
{
    const boost::math::binomial distribution(static_cast<double>(all), rate);
    return static_cast<double>(found) >= quantile(distribution, 0.0005) &&
           static_cast<double>(found) <= quantile(complement(distribution, 0.0005));
}

DefectStatistics clustered(double rate, double size, double radius)
{
    DefectStatistics statistics = healthy();
    statistics.stuckP.rate = rate;
    statistics.clusters = {size, radius};
    return statistics;
}

} // namespace

class TestSpatialFailures : public QObject
{
    Q_OBJECT

private slots:
    void linesFailAtTheirRates();
    void linesAreToldFromPoints();
    void partOfALineIsNoLine();
    void fitRecoversLines();
    void pairsAreThoseOfThomas_data();
    void pairsAreThoseOfThomas();
    void fitRecoversClusters_data();
    void fitRecoversClusters();
    void fitSeesNoClustersWithoutAny();
    void crowdedClustersEnd();
    void clustersWiderThanTheDieEnd();
    void drawingStopsWhenAsked();
    void refusesBadFailures();
};

void TestSpatialFailures::linesFailAtTheirRates()
{
    DefectStatistics statistics = healthy();
    statistics.rows = {0.02, 0.05};
    statistics.columns = {0.04, 0.01};
    constexpr int dies = 200;
    long shortedRows = 0, openRows = 0, shortedColumns = 0, openColumns = 0;
    for (const Die& die : draw(statistics, geometry, dies, 1).dies) {
        Eigen::Index intact = 0;
        while ((die.defect.row(intact) == Defect::None).count() == 0)
            ++intact; // the first row that did not fail shows the columns
        for (int row = 0; row < die.rows(); ++row) {
            shortedRows += (die.defect.row(row) == Defect::Short).all();
            openRows += (die.defect.row(row) == Defect::Open).all();
        }
        for (int column = 0; column < die.columns(); ++column) {
            shortedColumns += die.defect(intact, column) == Defect::Short;
            openColumns += die.defect(intact, column) == Defect::Open;
        }
        QCOMPARE(die.counts()[static_cast<std::size_t>(Defect::StuckP)], 0);
    }
    QVERIFY(likely(shortedRows, dies * 60, 0.02));
    QVERIFY(likely(openRows, dies * 60, 0.05));
    QVERIFY(likely(shortedColumns, dies * 80, 0.04));
    QVERIFY(likely(openColumns, dies * 80, 0.01));
}

void TestSpatialFailures::linesAreToldFromPoints()
{
    Die die("D", {20, 30, 1, 1}, {});
    for (int column = 0; column < 30; ++column)
        die.setDefect(4, column, Defect::Open, 0.0f);
    for (int row = 0; row < 20; ++row)
        if (row != 4 && row != 9) // crosses the open row, and one cell still works
            die.setDefect(row, 7, Defect::Short, 1e-3f);
    die.setDefect(11, 12, Defect::Short, 1e-3f);
    die.setDefect(12, 13, Defect::StuckAP, 1e-4f);
    const SortedDefects sorted = sortDefects(die);
    for (int row = 0; row < 20; ++row)
        QCOMPARE(sorted.rows[static_cast<std::size_t>(row)], row == 4 ? Defect::Open : Defect::None);
    for (int column = 0; column < 30; ++column)
        QCOMPARE(sorted.columns[static_cast<std::size_t>(column)],
                 column == 7 ? Defect::Short : Defect::None);
    QCOMPARE(sorted.cells, 19 * 29);
    QCOMPARE(sorted.counts, (DefectCounts{19 * 29 - 2, 1, 0, 0, 1}));
    QCOMPARE((sorted.points != Defect::None).count(), 2);
}

void TestSpatialFailures::partOfALineIsNoLine()
{
    Die die("D", {5, 30, 1, 1}, {});
    for (int column = 0; column < 25; ++column)
        die.setDefect(2, column, Defect::Open, 0.0f);
    for (int row = 0; row < 5; ++row) // all of a column, but only five cells
        die.setDefect(row, 29, Defect::Open, 0.0f);
    for (int column = 0; column < 30; ++column) // nothing that a line fails with
        die.setDefect(4, column, Defect::StuckP, 2e-4f);
    const SortedDefects sorted = sortDefects(die);
    QCOMPARE(std::ranges::count(sorted.rows, Defect::None), 5);
    QCOMPARE(std::ranges::count(sorted.columns, Defect::None), 30);
    QCOMPARE(sorted.cells, 150);
}

void TestSpatialFailures::fitRecoversLines()
{
    DefectStatistics statistics = healthy();
    for (const Defect defect : allDefects)
        statistics.rate(defect).rate = 0.01;
    statistics.openConductance = 1e-6;
    statistics.rows = {0.01, 0.04};
    statistics.columns = {0.0, 0.02};
    constexpr int dies = 100;
    const DefectStatistics fitted = fitStatistics(draw(statistics, geometry, dies, 2));
    const auto near = [](double rate, int lines, double drawn) {
        return likely(std::lround(rate * dies * lines), dies * lines, drawn);
    };
    QVERIFY(near(fitted.rows.shorts, 60, 0.01));
    QVERIFY(near(fitted.rows.opens, 60, 0.04));
    QCOMPARE(fitted.columns.shorts, 0.0);
    QVERIFY(near(fitted.columns.opens, 80, 0.02));
    constexpr double cells = dies * 60.0 * 80.0 * 0.95 * 0.98;
    for (const Defect defect : allDefects)
        QVERIFY(std::abs(fitted.rate(defect).rate - 0.01) < 4.0 * std::sqrt(0.01 / cells));
    QCOMPARE(fitted.clusters, DefectClusters{});
    QCOMPARE(fitted.openConductance, static_cast<double>(1e-6f));
    QVERIFY(std::abs(fitted.shortConductance.median / 8e-4 - 1.0) < 0.01);
}

void TestSpatialFailures::pairsAreThoseOfThomas_data()
{
    QTest::addColumn<double>("size");
    QTest::addColumn<double>("radius");
    QTest::newRow("wide") << 3.0 << 4.0;
    QTest::newRow("near") << 1.5 << 2.0;
    QTest::newRow("large") << 8.0 << 5.0;
    QTest::newRow("none") << 0.0 << 2.0;
}

/// Ripley's K in closed form: within r of a defect lie lambda pi r^2 + size (1 - exp(-(r / 2 radius)^2))
/// others.
void TestSpatialFailures::pairsAreThoseOfThomas()
{
    QFETCH(const double, size);
    QFETCH(const double, radius);
    constexpr int side = 400;
    constexpr double rate = 0.003, r = 6.5, margin = 7.0;
    double near = 0.0, looked = 0.0;
    for (const Die& die : draw(clustered(rate, size, radius), {side, side, side, side}, 4, 3).dies) {
        std::vector<CellIndex> cells;
        for (int row = 0; row < side; ++row)
            for (int column = 0; column < side; ++column)
                if (die.defect(row, column) == Defect::StuckP)
                    cells.push_back({row, column});
        for (const CellIndex& a : cells) {
            if (std::min(a.row, a.column) < margin || std::max(a.row, a.column) > side - margin)
                continue;
            ++looked;
            for (const CellIndex& b : cells)
                near += !(a == b) && std::hypot(a.row - b.row, a.column - b.column) < r;
        }
    }
    const double expected =
        rate * std::numbers::pi * r * r + size * (1.0 - std::exp(-std::pow(r / (2.0 * radius), 2.0)));
    QVERIFY2(std::abs(near / looked / expected - 1.0) < 0.1,
             qPrintable(QString("%1 for %2").arg(near / looked).arg(expected)));
}

void TestSpatialFailures::fitRecoversClusters_data()
{
    QTest::addColumn<double>("size");
    QTest::addColumn<double>("radius");
    QTest::newRow("pairs") << 0.5 << 1.5;
    QTest::newRow("small") << 3.0 << 1.5;
    QTest::newRow("wide") << 4.0 << 4.0;
    QTest::newRow("large") << 10.0 << 2.5;
}

void TestSpatialFailures::fitRecoversClusters()
{
    QFETCH(const double, size);
    QFETCH(const double, radius);
    constexpr DieGeometry large{.rows = 100, .columns = 200, .kernelRows = 25, .kernelColumns = 25};
    const DefectClusters fitted = fitStatistics(draw(clustered(0.005, size, radius), large, 36, 4)).clusters;
    QVERIFY2(std::abs(fitted.size / size - 1.0) < 0.15 && std::abs(fitted.radius / radius - 1.0) < 0.1,
             qPrintable(QString("%1, %2").arg(fitted.size).arg(fitted.radius)));
}

void TestSpatialFailures::fitSeesNoClustersWithoutAny()
{
    DefectStatistics statistics = healthy();
    for (const Defect defect : allDefects)
        statistics.rate(defect) = {0.005, 2.0};
    int seen = 0;
    for (std::uint32_t wafer = 0; wafer < 100; ++wafer)
        seen += fitStatistics(draw(statistics, geometry, 10, 100 + wafer)).clusters.size > 0.0;
    QVERIFY2(seen <= 2, qPrintable(QString::number(seen))); // one in a thousand is what is said
}

void TestSpatialFailures::crowdedClustersEnd()
{
    const DefectStatistics statistics = clustered(1.0, 50.0, 0.3);
    const Die die = draw(statistics, {20, 20, 20, 20}, 1, 5).dies.front();
    QVERIFY(die.defectCount() > 300);
}

/// A die that is a speck in a cluster gets its defects by chance, instead of waiting for one that hits it.
void TestSpatialFailures::clustersWiderThanTheDieEnd()
{
    ClusteredPlaces places({3.0, 1e300}, geometry);
    RandomStream random(6, RandomUse::Test);
    int upper = 0;
    for (int k = 0; k < 100; ++k) {
        const CellIndex cell = places.propose(random);
        QVERIFY(cell.row >= 0 && cell.row < geometry.rows && cell.column >= 0 &&
                cell.column < geometry.columns);
        upper += cell.row < geometry.rows / 2;
    }
    QVERIFY(likely(upper, 100, 0.5));
}

void TestSpatialFailures::drawingStopsWhenAsked()
{
    std::stop_source stop;
    const DefectStatistics statistics = clustered(0.1, 5.0, 2.0);
    const RandomStream random(7, RandomUse::Test);
    const Die whole = drawDie(statistics, geometry, random, stop.get_token());
    QCOMPARE(whole.defectCount(), drawDie(statistics, geometry, random).defectCount());
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN(drawDie(statistics, geometry, random, stop.get_token()), Stopped);
    RandomStream defects(8, RandomUse::Test);
    QVERIFY_EXCEPTION_THROWN(drawDefects(statistics, geometry, defects, stop.get_token()), Stopped);
}

void TestSpatialFailures::refusesBadFailures()
{
    const auto said = [](auto change) {
        DefectStatistics statistics = healthy();
        change(statistics);
        return messageOf([&] { statistics.validate(); });
    };
    VERIFY_CONTAINS(said([](auto& s) { s.rows.opens = -0.1; }), "share of open rows is -0.1");
    VERIFY_CONTAINS(said([](auto& s) { s.columns.shorts = 1.5; }), "share of shorted columns is 1.5");
    VERIFY_CONTAINS(said([](auto& s) { s.columns = {0.6, 0.6}; }), "share of all failed columns is 1.2");
    VERIFY_CONTAINS(said([](auto& s) { s.clusters.size = NAN; }), "mean size of clusters is nan");
    VERIFY_CONTAINS(said([](auto& s) { s.clusters.radius = 0.0; }), "radius of clusters is 0");
    VERIFY_CONTAINS(said([](auto& s) { s.clusters.radius = 5000.0; }), "radius of clusters is 5000");
    VERIFY_CONTAINS(said([](auto& s) { s.clusters.size = 1e300; }), "mean size of clusters is 1e+300");
    VERIFY_CONTAINS(said([](auto& s) {
                        s.rows.shorts = 0.1;
                        s.shortConductance = {};
                    }),
                    "median conductance of shorts is 0");
}

QTEST_APPLESS_MAIN(TestSpatialFailures)
#include "test_spatial_failures.moc"
