#include <cmath>
#include <limits>
#include <vector>

#include <QTest>

#include "common/statistics.h"

using namespace faultline;

namespace
{
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> nothing;
} // namespace

class TestStatistics : public QObject
{
    Q_OBJECT

private slots:
    void meanAndDeviation();
    void deviationOfLargeNumbersIsExact();
    void quantileInterpolates_data();
    void quantileInterpolates();
    void boxLeavesOutliersOutside();
    void whiskersNeverEndInsideTheBox();
    void valuesThatAreNotFiniteAreLeftOut();
    void nothingGivesNan();
    void oneValueIsEverything();
};

void TestStatistics::meanAndDeviation()
{
    const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
    QCOMPARE(mean(values), 5.0);
    QCOMPARE(standardDeviation(values), std::sqrt(32.0 / 7.0));
}

/// The mean of squares minus the square of the mean would have no digit left.
void TestStatistics::deviationOfLargeNumbersIsExact()
{
    QCOMPARE(standardDeviation(std::vector{1e9 + 1, 1e9 + 2, 1e9 + 3}), 1.0);
}

/// As numpy.quantile says.
void TestStatistics::quantileInterpolates_data()
{
    QTest::addColumn<double>("fraction");
    QTest::addColumn<double>("expected");

    QTest::newRow("least") << 0.0 << 1.0;
    QTest::newRow("tenth") << 0.1 << 1.3;
    QTest::newRow("quarter") << 0.25 << 1.75;
    QTest::newRow("half") << 0.5 << 2.5;
    QTest::newRow("nine tenths") << 0.9 << 7.9;
    QTest::newRow("most") << 1.0 << 10.0;
}

void TestStatistics::quantileInterpolates()
{
    QFETCH(const double, fraction);
    QFETCH(const double, expected);
    QCOMPARE(quantile(std::vector<double>{10, 1, 2, 3}, fraction), expected);
}

void TestStatistics::boxLeavesOutliersOutside()
{
    const Box numbers = box(std::vector<double>{-50, 10, 9, 8, 7, 6, 5, 4, 3, 2, 100});
    QCOMPARE(numbers.lowQuartile, 3.5);
    QCOMPARE(numbers.median, 6.0);
    QCOMPARE(numbers.highQuartile, 8.5);
    QCOMPARE(numbers.lowWhisker, 2.0);
    QCOMPARE(numbers.highWhisker, 10.0);
}

void TestStatistics::whiskersNeverEndInsideTheBox()
{
    const Box numbers = box(std::vector<double>{0, 0, 0, 100});
    QCOMPARE(numbers.highQuartile, 25.0);
    QCOMPARE(numbers.highWhisker, 25.0);
    QCOMPARE(numbers.lowWhisker, 0.0);
}

void TestStatistics::valuesThatAreNotFiniteAreLeftOut()
{
    const std::vector<double> values{notANumber, 1, infinity, 3, -infinity, 2};
    QCOMPARE(mean(values), 2.0);
    QCOMPARE(standardDeviation(values), 1.0);
    QCOMPARE(quantile(values, 1.0), 3.0);
    QCOMPARE(box(values).lowWhisker, 1.0);
}

void TestStatistics::nothingGivesNan()
{
    QVERIFY(std::isnan(mean(nothing)));
    QVERIFY(std::isnan(standardDeviation(nothing)));
    QVERIFY(std::isnan(quantile(nothing, 0.5)));
    QVERIFY(std::isnan(box(nothing).median));
    QVERIFY(std::isnan(mean(std::vector{notANumber, infinity})));
}

void TestStatistics::oneValueIsEverything()
{
    const std::vector<double> one{4.5};
    QCOMPARE(mean(one), 4.5);
    QCOMPARE(standardDeviation(one), 0.0);
    QCOMPARE(quantile(one, 0.3), 4.5);
    QCOMPARE(box(one).highWhisker, 4.5);
}

QTEST_APPLESS_MAIN(TestStatistics)
#include "test_statistics.moc"
