#include <cmath>

#include <QTest>

#include "figures/axis.h"

using namespace faultline;

namespace
{

QStringList labels(const std::vector<Tick>& ticks)
{
    QStringList out;
    for (const Tick& tick : ticks)
        if (!tick.label.isEmpty())
            out.append(tick.label);
    return out;
}

} // namespace

class TestAxis : public QObject
{
    Q_OBJECT

private slots:
    void linearTicksAreRound()
    {
        const Axis axis{"", Axis::Scale::Linear, 0.0, 19.3, {}};
        QCOMPARE(labels(niceTicks(axis, 5)), QStringList({"0", "5", "10", "15"}));
        QCOMPARE(labels(niceTicks(axis, 8)), QStringList({"0", "5", "10", "15"}));
        QCOMPARE(labels(niceTicks(axis, 10)),
                 QStringList({"0", "2", "4", "6", "8", "10", "12", "14", "16", "18"}));
        const Axis small{"", Axis::Scale::Linear, -0.031, 0.052, {}};
        QCOMPARE(labels(niceTicks(small, 5)), QStringList({"−0.02", "0.00", "0.02", "0.04"}));
    }

    void countedThingsHaveWholeTicks()
    {
        const Axis axis{"", Axis::Scale::Linear, 1.0, 4.0, {}, true};
        QCOMPARE(labels(niceTicks(axis, 8)), QStringList({"1", "2", "3", "4"}));
    }

    void linearTicksStayWithinTheAxis()
    {
        for (const double scale : {1e-9, 0.003, 1.0, 47.0, 2e12})
            for (int count = 1; count <= 12; ++count) {
                const Axis axis{"", Axis::Scale::Linear, 0.37 * scale, 1.91 * scale, {}};
                const std::vector<Tick> ticks = niceTicks(axis, count);
                QVERIFY(static_cast<int>(ticks.size()) <= count);
                QVERIFY(count == 1 || !ticks.empty());
                for (const Tick& tick : ticks)
                    QVERIFY(axis.fraction(tick.value) >= -1e-6 && axis.fraction(tick.value) <= 1.0 + 1e-6);
            }
    }

    void logTicksAreDecades()
    {
        QCOMPARE(labels(niceTicks(logAxis("", 0.7, 2e5), 8)),
                 QStringList({"1", "10", "100", "1000", "10⁴", "10⁵"}));
        QCOMPARE(labels(niceTicks(logAxis("", 1e-7, 1e-1), 3)), QStringList({"10⁻⁷", "10⁻⁴", "0.1"}));
    }

    void shortLogAxisHasInnerTicks()
    {
        QCOMPARE(labels(niceTicks(logAxis("", 30.0, 900.0), 8)), QStringList({"50", "100", "200", "500"}));
        QCOMPARE(labels(niceTicks(logAxis("", 140.0, 270.0), 4)), QStringList({"150", "200", "250"}));
    }

    void categoriesThinOut()
    {
        const Axis axis = categoryAxis("", {"a", "b", "c", "d", "e"});
        QCOMPARE(labels(niceTicks(axis, 5)), QStringList({"a", "b", "c", "d", "e"}));
        QCOMPARE(labels(niceTicks(axis, 3)), QStringList({"a", "c", "e"}));
        QCOMPARE(axis.fraction(2.0), 0.5);
    }

    void fittingTicksNeverCollide()
    {
        const auto extent = [](const QString& label) { return 6.0 * static_cast<double>(label.size()); };
        QStringList names;
        for (int k = 0; k < 200; ++k)
            names.append(QString("D%1").arg(k));
        const std::vector<Axis> axes{{"", Axis::Scale::Linear, 0.0, 123456.0, {}},
                                     {"", Axis::Scale::Linear, -0.00012, 0.00077, {}},
                                     logAxis("", 1e-9, 1e9),
                                     logAxis("", 2.0, 70.0),
                                     categoryAxis("", names)};
        for (const Axis& axis : axes)
            for (double length = 20.0; length < 900.0; length *= 1.3) {
                double end = -INFINITY;
                for (const Tick& tick : fittingTicks(axis, length, 4.0, extent)) {
                    if (tick.label.isEmpty())
                        continue;
                    const double middle = axis.fraction(tick.value) * length;
                    QVERIFY(middle - extent(tick.label) / 2 >= end + 4.0 - 1e-9);
                    end = middle + extent(tick.label) / 2;
                }
            }
    }

    void linearAxisHoldsItsValues()
    {
        const std::vector<double> values{3.0, NAN, 8.0};
        const Axis axis = linearAxis("", values, false);
        QVERIFY(axis.low < 3.0 && axis.high > 8.0);
        QCOMPARE(linearAxis("", values, true).low, 0.0);
        const Axis none = linearAxis("", {}, false);
        QVERIFY(none.low < none.high);
    }

    /// Losses of a network that diverged. The step between two ticks was once lost in their size, and so no
    /// tick was the last.
    void linearTicksOfHugeNumbersEnd()
    {
        for (const std::vector<double>& values :
             {std::vector{1e17, 1e17 + 64.0}, {1e300, 1e300}, {-1e300, 1e300}, {-1.7e308, 1.7e308, 2.0}}) {
            const Axis axis = linearAxis("", values, false);
            QVERIFY(axis.low < axis.high && std::isfinite(axis.high - axis.low));
            const std::vector<Tick> ticks = niceTicks(axis, 5);
            QVERIFY(!ticks.empty() && ticks.size() <= 5);
        }
    }
};

QTEST_GUILESS_MAIN(TestAxis)
#include "test_axis.moc"
