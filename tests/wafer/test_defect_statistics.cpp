#include <cmath>
#include <numeric>
#include <vector>

#include <QTest>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/poisson.hpp>

#include "common/statistics.h"
#include "support/errors.h"
#include "support/goodness_of_fit.h"
#include "wafer/defect_statistics.h"

using namespace faultline;

namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr DieGeometry smallDie{.rows = 20, .columns = 30, .kernelRows = 10, .kernelColumns = 10};

DefectStatistics demoLike()
{
    DefectStatistics statistics;
    statistics.level[P] = {200e-6, 0.05};
    statistics.level[AP] = {80e-6, 0.08};
    statistics.shorts = {0.002, 4.0};
    statistics.opens = {0.0005, 4.0};
    statistics.stuckP = {0.0005, 4.0};
    statistics.stuckAP = {0.0005, infinity};
    statistics.shortConductance = {800e-6, 0.2};
    return statistics;
}

Wafer draw(const DefectStatistics& statistics, const DieGeometry& geometry, int dies, std::uint64_t seed)
{
    Wafer wafer;
    wafer.geometry = geometry;
    for (int k = 0; k < dies; ++k) {
        const RandomStream random(seed, RandomUse::Test, static_cast<std::uint32_t>(k));
        wafer.dies.push_back(drawDie(statistics, geometry, random));
    }
    return wafer;
}

/// A wafer whose dies have the given numbers of stuck-P cells, and nothing else wrong.
Wafer withCounts(const std::vector<int>& counts)
{
    Wafer wafer;
    wafer.geometry = smallDie;
    for (int count : counts) {
        Die die("D", smallDie, wafer.device);
        for (int cell = 0; cell < count; ++cell)
            die.setDefect(cell / smallDie.columns, cell % smallDie.columns, Defect::StuckP, 2e-4f);
        wafer.dies.push_back(die);
    }
    return wafer;
}

boost::math::negative_binomial negativeBinomial(double mean, double dispersion)
{
    return {dispersion, dispersion / (dispersion + mean)};
}

double kolmogorovSmirnov(const std::vector<double>& sample, const LognormalConductance& distribution)
{
    const boost::math::lognormal expected(std::log(distribution.median), distribution.sigma);
    return kolmogorovSmirnovProbability(sample, [&](double x) { return boost::math::cdf(expected, x); });
}

std::vector<double> conductances(const Wafer& wafer, Defect label, Level level)
{
    std::vector<double> values;
    for (const Die& die : wafer.dies) {
        for (int row = 0; row < die.rows(); ++row) {
            for (int column = 0; column < die.columns(); ++column) {
                if (die.defect(row, column) == label)
                    values.push_back(die.conductance[level](row, column));
            }
        }
    }
    return values;
}

double meanCount(const Wafer& wafer, Defect label)
{
    double sum = 0.0;
    for (const Die& die : wafer.dies)
        sum += die.counts()[static_cast<std::size_t>(label)];
    return sum / static_cast<double>(wafer.dies.size());
}

} // namespace

class TestDefectStatistics : public QObject
{
    Q_OBJECT

private slots:
    void countsAreNegativeBinomial_data();
    void countsAreNegativeBinomial();
    void countsArePoissonWithoutDispersion();
    void countsStayWithinTheDie();
    void conductancesAreLognormal();
    void levelsVaryIndependently();
    void levelsCorrelateAsDescribed_data();
    void levelsCorrelateAsDescribed();
    void missingCellsCountNowhere();
    void defectsConductAsDescribed();
    void shortsAreCapped();
    void healthyCellsHaveNoDefectConductance();
    void placesAreUniform();
    void noCellHasTwoDefects();
    void fullDiesEnd();
    void sameStreamSameDie();

    void fitRecoversWhatWasDrawn();
    void fitOfPoissonCountsIsNearlyPoisson();
    void fitHasTheLargestLikelihood();
    void evenCountsArePoisson();
    void fitIgnoresWildCells();
    void fitOfPerfectDies();
    void fitNeedsHealthyCells();

    void refusesBadStatistics_data();
    void refusesBadStatistics();
    void acceptsLimits();
};

void TestDefectStatistics::countsAreNegativeBinomial_data()
{
    QTest::addColumn<double>("share");
    QTest::addColumn<double>("dispersion");

    QTest::newRow("shorts of the demo") << 0.002 << 4.0;
    QTest::newRow("opens of the demo") << 0.0005 << 4.0;
    QTest::newRow("clustered") << 0.002 << 0.5;
    QTest::newRow("rare") << 0.00002 << 2.0;
}

void TestDefectStatistics::countsAreNegativeBinomial()
{
    QFETCH(const double, share);
    QFETCH(const double, dispersion);

    constexpr int draws = 20000, cells = 20000;
    const double mean = share * cells;
    RandomStream random(11, RandomUse::Test);
    std::vector<double> observed(1000);
    for (int k = 0; k < draws; ++k)
        ++observed.at(static_cast<std::size_t>(drawCount({share, dispersion}, cells, random)));

    std::vector<double> expected, asPoisson;
    for (std::size_t count = 0; count < observed.size(); ++count) {
        expected.push_back(draws * boost::math::pdf(negativeBinomial(mean, dispersion), count));
        asPoisson.push_back(draws * boost::math::pdf(boost::math::poisson(mean), count));
    }
    QVERIFY(chiSquareProbability(observed, expected) > unlikely);
    QVERIFY(chiSquareProbability(observed, asPoisson) < 1e-6);
}

void TestDefectStatistics::countsArePoissonWithoutDispersion()
{
    constexpr int draws = 20000, cells = 20000;
    RandomStream random(12, RandomUse::Test);
    std::vector<double> observed(200), expected;
    for (int k = 0; k < draws; ++k)
        ++observed.at(static_cast<std::size_t>(drawCount({0.002, infinity}, cells, random)));
    for (std::size_t count = 0; count < observed.size(); ++count)
        expected.push_back(draws * boost::math::pdf(boost::math::poisson(40.0), count));
    QVERIFY(chiSquareProbability(observed, expected) > unlikely);
}

void TestDefectStatistics::countsStayWithinTheDie()
{
    RandomStream random(13, RandomUse::Test);
    int largest = 0;
    for (int k = 0; k < 10000; ++k) {
        const int count = drawCount({0.5, 0.01}, 10, random);
        QVERIFY(count >= 0 && count <= 10);
        largest = std::max(largest, count);
    }
    QCOMPARE(largest, 10);
    QCOMPARE(drawCount({0.0, 4.0}, 20000, random), 0);
    QCOMPARE(drawCount({0.0, infinity}, 20000, random), 0);
}

void TestDefectStatistics::conductancesAreLognormal()
{
    RandomStream random(14, RandomUse::Test);
    const LognormalConductance distribution{200e-6, 0.2};
    std::vector<double> sample;
    for (int k = 0; k < 50000; ++k)
        sample.push_back(draw(distribution, random));
    QVERIFY(kolmogorovSmirnov(sample, distribution) > unlikely);
    QVERIFY(kolmogorovSmirnov(sample, {200e-6, 0.21}) < unlikely);
    QVERIFY(kolmogorovSmirnov(sample, {203e-6, 0.2}) < unlikely);
    QCOMPARE(draw({200e-6, 0.0}, random), 200e-6);
}

void TestDefectStatistics::levelsVaryIndependently()
{
    const DefectStatistics statistics = demoLike();
    const Wafer wafer = draw(statistics, {100, 200, 25, 25}, 1, 15);
    const auto high = conductances(wafer, Defect::None, P);
    const auto low = conductances(wafer, Defect::None, AP);
    QVERIFY(kolmogorovSmirnov(high, statistics.level[P]) > unlikely);
    QVERIFY(kolmogorovSmirnov(low, statistics.level[AP]) > unlikely);

    const double highMean = mean(high), lowMean = mean(low);
    double covariance = 0.0;
    for (std::size_t k = 0; k < high.size(); ++k)
        covariance += (high[k] - highMean) * (low[k] - lowMean) / static_cast<double>(high.size());
    const double correlation = covariance / standardDeviation(high) / standardDeviation(low);
    QVERIFY(std::abs(correlation) < 4.0 / std::sqrt(high.size()));
}

void TestDefectStatistics::levelsCorrelateAsDescribed_data()
{
    QTest::addColumn<double>("correlation");
    for (const double correlation : {-0.6, 0.0, 0.3, 0.9, 1.0})
        QTest::addRow("%g", correlation) << correlation;
}

/// Pearson's of the logarithms as drawn, and the fit, which a thousand wild cells do not move.
void TestDefectStatistics::levelsCorrelateAsDescribed()
{
    QFETCH(double, correlation);
    DefectStatistics statistics;
    statistics.level[P] = {200e-6, 0.05};
    statistics.level[AP] = {80e-6, 0.08};
    statistics.levelCorrelation = correlation;
    Wafer wafer = draw(statistics, {200, 200, 200, 200}, 2, 11);
    double pp = 0.0, aa = 0.0, pa = 0.0;
    for (const Die& die : wafer.dies)
        for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell) {
            const double p = std::log(die.conductance[P].data()[cell] / 200e-6) / 0.05;
            const double a = std::log(die.conductance[AP].data()[cell] / 80e-6) / 0.08;
            pp += p * p;
            aa += a * a;
            pa += p * a;
        }
    QVERIFY(std::abs(pp / 80'000 - 1.0) < 0.03);
    QVERIFY(std::abs(aa / 80'000 - 1.0) < 0.03);
    QVERIFY(std::abs(pa / std::sqrt(pp * aa) - correlation) < 0.015);
    for (int cell = 0; cell < 1000; ++cell)
        wafer.dies[0].conductance[P].data()[40 * cell] = 1e-9f;
    QVERIFY2(std::abs(fitStatistics(wafer).levelCorrelation - correlation) < 0.06,
             qPrintable(QString::number(fitStatistics(wafer).levelCorrelation)));
    if (correlation == 0.0)
        QCOMPARE(fitStatistics(draw(statistics, {200, 200, 200, 200}, 2, 12)).levelCorrelation, 0.0);
}

void TestDefectStatistics::missingCellsCountNowhere()
{
    const Wafer drawn = draw(demoLike(), {100, 100, 100, 100}, 4, 5);
    Wafer half = drawn; // as if the lower half did not exist
    for (Die& die : half.dies) {
        die.defect.conservativeResize(50, 100);
        for (auto& grid : die.conductance)
            grid.conservativeResize(50, 100);
    }
    Wafer missing = drawn; // as if it had not been measured, with wild values in its place
    for (Die& die : missing.dies)
        for (int cell = 5000; cell < 10'000; ++cell) {
            die.acquisition.missing.push_back(cell);
            die.setDefect(cell / 100, cell % 100, Defect::Short, 1.0f);
        }
    const DefectStatistics expected = fitStatistics(half);
    DefectStatistics found = fitStatistics(missing);
    QVERIFY(found.rows == LineRates{}); // rows without any measured cell did not fail
    found.clusters = expected.clusters;
    QVERIFY(found == expected);
}

void TestDefectStatistics::defectsConductAsDescribed()
{
    DefectStatistics statistics = demoLike();
    for (Defect defect : allDefects)
        statistics.rate(defect) = {0.1, infinity};
    statistics.openConductance = 3e-9;
    const Wafer wafer = draw(statistics, smallDie, 50, 16);

    for (Defect defect : allDefects)
        QCOMPARE(conductances(wafer, defect, P), conductances(wafer, defect, AP));
    QVERIFY(kolmogorovSmirnov(conductances(wafer, Defect::Short, P), statistics.shortConductance) > unlikely);
    QVERIFY(kolmogorovSmirnov(conductances(wafer, Defect::StuckP, P), statistics.level[P]) > unlikely);
    QVERIFY(kolmogorovSmirnov(conductances(wafer, Defect::StuckAP, P), statistics.level[AP]) > unlikely);
    for (double open : conductances(wafer, Defect::Open, P))
        QCOMPARE(open, static_cast<double>(3e-9f));
}

void TestDefectStatistics::shortsAreCapped()
{
    DefectStatistics statistics = demoLike();
    statistics.shortLimit = 800e-6; // the median: half of all shorts reach it
    RandomStream random(17, RandomUse::Test);
    int capped = 0;
    for (int k = 0; k < 10000; ++k) {
        const double siemens = drawDefectConductance(statistics, Defect::Short, random);
        QVERIFY(siemens <= statistics.shortLimit);
        capped += siemens == statistics.shortLimit;
    }
    QVERIFY(std::abs(capped - 5000) < 200); // four standard deviations
}

void TestDefectStatistics::healthyCellsHaveNoDefectConductance()
{
    RandomStream random(18, RandomUse::Test);
    QVERIFY(!messageOf([&] { drawDefectConductance(demoLike(), Defect::None, random); }).empty());
    QVERIFY(!messageOf([] { demoLike().rate(Defect::None); }).empty());
}

void TestDefectStatistics::placesAreUniform()
{
    DefectStatistics statistics = demoLike();
    for (Defect defect : allDefects)
        statistics.rate(defect) = {0.01, 4.0};
    const Wafer wafer = draw(statistics, smallDie, 5000, 19);
    for (Defect defect : allDefects) {
        std::vector<double> counts(static_cast<std::size_t>(smallDie.cells()));
        for (const Die& die : wafer.dies) {
            for (int cell = 0; cell < smallDie.cells(); ++cell)
                counts[static_cast<std::size_t>(cell)] += die.defect.data()[cell] == defect;
        }
        const double perCell = std::accumulate(counts.begin(), counts.end(), 0.0) / smallDie.cells();
        QVERIFY(perCell > 40.0);
        QVERIFY(chiSquareProbability(counts, std::vector<double>(counts.size(), perCell)) > unlikely);
    }
}

/// A cell that was drawn twice would lose its first defect, and the first kinds would come out rarer than
/// drawn.
void TestDefectStatistics::noCellHasTwoDefects()
{
    DefectStatistics statistics = demoLike();
    for (Defect defect : allDefects)
        statistics.rate(defect) = {0.2, infinity};
    constexpr int dies = 400;
    const Wafer wafer = draw(statistics, smallDie, dies, 20);
    const double drawn = 0.2 * smallDie.cells();
    for (Defect defect : allDefects)
        QVERIFY(std::abs(meanCount(wafer, defect) - drawn) < 4.0 * std::sqrt(drawn / dies));
}

void TestDefectStatistics::fullDiesEnd()
{
    DefectStatistics statistics = demoLike();
    for (Defect defect : allDefects)
        statistics.rate(defect) = {0.25, 0.5};
    int full = 0;
    for (const Die& die : draw(statistics, smallDie, 200, 21).dies)
        full += die.defectCount() == smallDie.cells();
    QVERIFY(full > 10);
}

void TestDefectStatistics::sameStreamSameDie()
{
    const RandomStream random(22, RandomUse::Test, 3);
    const Die one = drawDie(demoLike(), smallDie, random);
    const Die two = drawDie(demoLike(), smallDie, random);
    const Die other = drawDie(demoLike(), smallDie, RandomStream(22, RandomUse::Test, 4));
    for (Level level : {AP, P}) {
        QVERIFY((one.conductance[level] == two.conductance[level]).all());
        QVERIFY((one.conductance[level] != other.conductance[level]).any());
    }
    QVERIFY((one.defect == two.defect).all());
}

/// Tolerances are four standard errors or more: of a mean count sqrt((m + m^2 / r) / dies), of a dispersion
/// about sqrt(2 / dies) (1 + r / m) of its value, of a median 1.25 sigma / sqrt(cells).
void TestDefectStatistics::fitRecoversWhatWasDrawn()
{
    constexpr int dies = 250;
    constexpr DieGeometry geometry{100, 200, 25, 25};
    DefectStatistics drawn = demoLike();
    drawn.openConductance = 3e-9;
    const DefectStatistics fitted = fitStatistics(draw(drawn, geometry, dies, 23));

    const auto near = [](double found, double expected, double share) {
        return std::abs(found - expected) <= share * expected;
    };
    for (Level level : {AP, P}) {
        QVERIFY(near(fitted.level[level].median, drawn.level[level].median, 0.0005));
        QVERIFY(near(fitted.level[level].sigma, drawn.level[level].sigma, 0.005));
    }
    QVERIFY(near(fitted.shortConductance.median, drawn.shortConductance.median, 0.01));
    QVERIFY(near(fitted.shortConductance.sigma, drawn.shortConductance.sigma, 0.05));
    QVERIFY(near(fitted.openConductance, drawn.openConductance, 1e-6));
    QCOMPARE(fitted.shortLimit, infinity);

    for (Defect defect : allDefects) {
        const DefectRate& rate = drawn.rate(defect);
        const double count = rate.rate * geometry.cells();
        const double error = std::sqrt((count + count * count / rate.dispersion) / dies) / count;
        QVERIFY(near(fitted.rate(defect).rate, rate.rate, 4.0 * error));
        if (std::isfinite(rate.dispersion)) {
            const double dispersionError = std::sqrt(2.0 / dies) * (1.0 + rate.dispersion / count);
            QVERIFY(near(fitted.rate(defect).dispersion, rate.dispersion, 4.0 * dispersionError));
        }
    }
}

/// With mean m and n dies chance alone can look like a dispersion of about m sqrt(n / 2) / 4, no less.
void TestDefectStatistics::fitOfPoissonCountsIsNearlyPoisson()
{
    DefectStatistics statistics = demoLike();
    statistics.stuckP = {0.05, infinity};
    const double mean = 0.05 * smallDie.cells();
    const Wafer wafer = draw(statistics, smallDie, 400, 24);
    QVERIFY(fitStatistics(wafer).stuckP.dispersion > mean * std::sqrt(200.0) / 4.0);
}

void TestDefectStatistics::fitHasTheLargestLikelihood()
{
    const std::vector<int> counts{0, 3, 11, 2, 7, 25, 1, 0, 4, 9, 16, 5};
    const double mean =
        std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
    const auto logLikelihood = [&](double dispersion) {
        double sum = 0.0;
        for (int count : counts)
            sum += std::log(boost::math::pdf(negativeBinomial(mean, dispersion), count));
        return sum;
    };

    const DefectRate fitted = fitStatistics(withCounts(counts)).stuckP;
    QCOMPARE(fitted.rate, mean / smallDie.cells());
    const double best = logLikelihood(fitted.dispersion);
    for (double factor : {0.05, 0.5, 0.99, 0.999, 1.001, 1.01, 2.0, 20.0})
        QVERIFY(logLikelihood(factor * fitted.dispersion) < best);
}

void TestDefectStatistics::evenCountsArePoisson()
{
    QCOMPARE(fitStatistics(withCounts({5, 5, 5, 5})).stuckP, (DefectRate{5.0 / smallDie.cells(), infinity}));
    QCOMPARE(fitStatistics(withCounts({4, 5, 6, 5})).stuckP, (DefectRate{5.0 / smallDie.cells(), infinity}));
    QCOMPARE(fitStatistics(withCounts({7})).stuckP, (DefectRate{7.0 / smallDie.cells(), infinity}));
}

void TestDefectStatistics::fitIgnoresWildCells()
{
    DefectStatistics drawn = demoLike();
    drawn.opens = {0.05, infinity};
    Wafer wafer = draw(drawn, smallDie, 50, 25);
    int opens = 0;
    for (Die& die : wafer.dies) {
        int row = 0;
        for (double wild : {1e3, 0.0, -1e-6, notANumber, infinity})
            die.setDefect(row++, 0, Defect::None, static_cast<float>(wild));
        for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell) {
            if (die.defect.data()[cell] == Defect::Open)
                die.conductance[P].data()[cell] = opens++ % 2 == 0 ? -1e-9f : -2e-9f;
        }
    }
    const DefectStatistics fitted = fitStatistics(wafer);
    QVERIFY(std::abs(fitted.level[P].median / drawn.level[P].median - 1.0) < 0.002);
    QVERIFY(std::abs(fitted.level[P].sigma / drawn.level[P].sigma - 1.0) < 0.03);
    QCOMPARE(fitted.openConductance, 0.0);
}

void TestDefectStatistics::fitOfPerfectDies()
{
    const DefectStatistics fitted = fitStatistics(withCounts({0, 0, 0}));
    for (Defect defect : allDefects)
        QCOMPARE(fitted.rate(defect), (DefectRate{0.0, infinity}));
    QVERIFY(std::abs(fitted.level[P].median - 200e-6) < 1e-10);
    QCOMPARE(fitted.level[P].sigma, 0.0);
    const RandomStream random(26, RandomUse::Test);
    QCOMPARE(drawDie(fitted, smallDie, random).defectCount(), 0);
}

void TestDefectStatistics::fitNeedsHealthyCells()
{
    VERIFY_CONTAINS(messageOf([] { fitStatistics({}); }), "no dies");
    VERIFY_CONTAINS(messageOf([] { fitStatistics(withCounts({smallDie.cells()})); }), "no healthy cells");
}

using Change = std::function<void(DefectStatistics&)>;

void TestDefectStatistics::refusesBadStatistics_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<std::string>("message");
    const auto row = [](const char* name, Change change, std::string message) {
        QTest::newRow(name) << change << message;
    };

    row(
        "negative share", [](auto& s) { s.shorts.rate = -0.1; },
        "share of short cells is -0.1, must be from 0 to 1 (0.01 is 1 %)");
    row(
        "percent", [](auto& s) { s.stuckP.rate = 5.0; }, "share of stuck-P cells is 5, must be from 0 to 1");
    row(
        "share is NaN", [](auto& s) { s.opens.rate = notANumber; }, "share of open cells is nan");
    row(
        "shares over 1", [](auto& s) { s.opens.rate = s.shorts.rate = 0.6; },
        "share of all defects together is 1.201, must be at most 1");
    row(
        "no dispersion", [](auto& s) { s.stuckAP.dispersion = 0.0; },
        "dispersion of stuck-AP cells is 0, must be 1e-6 or more");
    row(
        "dispersion is NaN", [](auto& s) { s.opens.dispersion = notANumber; },
        "dispersion of open cells is nan");
    row(
        "no conductance", [](auto& s) { s.level[P].median = 0.0; },
        "median conductance of healthy cells at P is 0, must be more than 0 siemens");
    row(
        "infinite conductance", [](auto& s) { s.level[AP].median = infinity; },
        "of healthy cells at AP is inf");
    row(
        "conductance beyond a float", [](auto& s) { s.level[AP].median = 1e300; },
        "of healthy cells at AP is 1e+300, must be more than 0 siemens (1e38 at most)");
    row(
        "spread beyond all numbers", [](auto& s) { s.level[P].sigma = 1e6; },
        "of healthy cells at P is 1e+06, must be 0 or more (0.05 is 5 %; 100 at most)");
    row(
        "negative sigma", [](auto& s) { s.level[AP].sigma = -0.05; },
        "standard deviation of ln(conductance) of healthy cells at AP is -0.05, must be 0 or more (0.05 is 5 "
        "%; "
        "100 at most)");
    row(
        "shorts conduct nothing", [](auto& s) { s.shortConductance.median = 0.0; },
        "median conductance of shorts is 0");
    row(
        "shorts' sigma", [](auto& s) { s.shortConductance.sigma = infinity; }, "of shorts is inf");
    row(
        "limit", [](auto& s) { s.shortLimit = -1.0; }, "largest conductance of shorts is -1");
    row(
        "leakage", [](auto& s) { s.openConductance = -1e-9; }, "conductance of open cells is -1e-09");
}

void TestDefectStatistics::refusesBadStatistics()
{
    QFETCH(const Change, change);
    QFETCH(const std::string, message);
    DefectStatistics statistics = demoLike();
    change(statistics);
    VERIFY_CONTAINS(messageOf([&] { statistics.validate(); }), message);
}

void TestDefectStatistics::acceptsLimits()
{
    DefectStatistics statistics = demoLike();
    statistics.validate();
    for (Defect defect : allDefects)
        statistics.rate(defect) = {0.25, 1e-3};
    statistics.validate();
    statistics.shorts.rate = 0.0;
    statistics.shortConductance = {}; // of shorts that there are none of, nothing need be known
    statistics.validate();
}

QTEST_APPLESS_MAIN(TestDefectStatistics)
#include "test_defect_statistics.moc"
