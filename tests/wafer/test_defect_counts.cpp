#include <cmath>

#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/poisson.hpp>

#include <QTest>

#include "wafer/defect_counts.h"
#include "wafer/defect_statistics.h"

using namespace faultline;

class TestDefectCounts : public QObject
{
    Q_OBJECT

private slots:
    void likelihoodIsBoosts();
    void intervalsHoldTheMean_data();
    void intervalsHoldTheMean();
    void intervalOfOneDieIsPoissons();
    void intervalOfNoDefects();
    void overdispersionTestIsUniform();
    void findsOverdispersion();
    void shareIntervalIsClopperAndPearsons();
};

void TestDefectCounts::likelihoodIsBoosts()
{
    const std::vector<double> counts{0, 3, 7, 41};
    const double mean = 12.5, dispersion = 1.7;
    double poisson = 0.0, negative = 0.0;
    for (const double count : counts) {
        poisson += std::log(pdf(boost::math::poisson(mean), count));
        negative += std::log(
            pdf(boost::math::negative_binomial(dispersion, dispersion / (dispersion + mean)), count));
    }
    QVERIFY(std::abs(logLikelihood(counts, mean, INFINITY) - poisson) < 1e-9);
    QVERIFY(std::abs(logLikelihood(counts, mean, dispersion) - negative) < 1e-9);
}

void TestDefectCounts::intervalsHoldTheMean_data()
{
    QTest::addColumn<double>("rate");
    QTest::addColumn<double>("dispersion");
    QTest::newRow("few, Poisson") << 1e-4 << double(INFINITY);
    QTest::newRow("few, clustered") << 1e-4 << 3.0;
    QTest::newRow("many, clustered") << 1e-2 << 3.0;
    QTest::newRow("many, Poisson") << 5e-2 << double(INFINITY);
}

void TestDefectCounts::intervalsHoldTheMean()
{
    QFETCH(double, rate);
    QFETCH(double, dispersion);
    constexpr int draws = 500, cells = 20'000;
    int held = 0;
    for (std::uint32_t draw = 0; draw < draws; ++draw) {
        RandomStream random(2, RandomUse::Test, draw);
        std::vector<double> counts(36);
        for (double& count : counts)
            count = drawCount({rate, dispersion}, cells, random);
        const Interval interval = meanInterval(counts);
        held += interval.low <= rate * cells && rate * cells <= interval.high;
    }
    QVERIFY2(held >= 465 && held <= 485, qPrintable(QString::number(held))); // 95 +- 2 %
}

void TestDefectCounts::intervalOfOneDieIsPoissons()
{
    // -2 ln(likelihood ratio) = 2 (m - n + n ln(n / m)) is chi-square's quantile at both ends.
    const std::vector<double> count{30};
    const Interval interval = meanInterval(count);
    for (const double mean : {interval.low, interval.high})
        QVERIFY(std::abs(2.0 * (mean - 30.0 + 30.0 * std::log(30.0 / mean)) - 3.841459) < 1e-3);
    QVERIFY(interval.low < 30.0 && interval.high > 30.0);
}

void TestDefectCounts::intervalOfNoDefects()
{
    const Interval interval = meanInterval(std::vector<double>(10, 0.0));
    QCOMPARE(interval.low, 0.0);
    QVERIFY(std::abs(std::exp(-10.0 * interval.high) - 0.05) < 1e-9);
}

void TestDefectCounts::overdispersionTestIsUniform()
{
    int rare = 0;
    for (std::uint32_t draw = 0; draw < 1000; ++draw) {
        RandomStream random(3, RandomUse::Test, draw);
        std::vector<double> counts(36);
        for (double& count : counts)
            count = drawCount({2e-3, INFINITY}, 20'000, random);
        rare += testOverdispersion(counts).probability <= 0.05;
    }
    QVERIFY2(rare >= 25 && rare <= 70, qPrintable(QString::number(rare)));
}

void TestDefectCounts::findsOverdispersion()
{
    const std::vector<double> same{5, 5, 5, 5}, different{0, 1, 2, 40};
    QCOMPARE(testOverdispersion(same).probability, 1.0);
    QVERIFY(testOverdispersion(different).probability < 1e-6);
    QVERIFY(std::isinf(fitDispersion(same, 5.0)));
}

void TestDefectCounts::shareIntervalIsClopperAndPearsons()
{
    const Interval none = shareInterval(0, 10), all = shareInterval(10, 10);
    QCOMPARE(none.low, 0.0);
    QCOMPARE(none.high, 1.0 - std::pow(0.025, 0.1));
    QCOMPARE(all.low, std::pow(0.025, 0.1));
    QCOMPARE(all.high, 1.0);
    // Three or more of ten as likely as 2.5 % at the lower end, three or fewer at the upper.
    const Interval some = shareInterval(3, 10);
    const auto upTo = [](int most, double p) {
        double sum = 0.0, ways = 1.0;
        for (int k = 0; k <= most; ways *= (10.0 - k) / (k + 1.0), ++k)
            sum += ways * std::pow(p, k) * std::pow(1.0 - p, 10 - k);
        return sum;
    };
    QVERIFY(std::abs(upTo(2, some.low) - 0.975) < 1e-9);
    QVERIFY(std::abs(upTo(3, some.high) - 0.025) < 1e-9);
}

QTEST_APPLESS_MAIN(TestDefectCounts)
#include "test_defect_counts.moc"
