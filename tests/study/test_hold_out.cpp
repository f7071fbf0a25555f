#include <algorithm>

#include <QTest>

#include "study/hold_out.h"
#include "support/errors.h"
#include "wafer/wafer_description.h"

using namespace faultline;

class TestHoldOut : public QObject
{
    Q_OBJECT

private slots:
    void fitsToTheOthersAlone();
    void refusesToLeaveASideEmpty();
};

void TestHoldOut::fitsToTheOthersAlone()
{
    WaferDescription description;
    description.dies = 8;
    description.geometry = {20, 30, 20, 30};
    description.statistics.level = {LognormalConductance{8e-5, 0.1}, LognormalConductance{2e-4, 0.1}};
    Wafer wafer = drawWafer(description);
    wafer.dies[6].included = false;
    const StudyPlan plan = holdOut({}, wafer, 3, 5);
    QCOMPARE(plan.dies.size(), std::size_t{3});
    QVERIFY(std::ranges::is_sorted(plan.dies));
    QVERIFY(std::ranges::count(plan.dies, wafer.dies[6].id) == 0);
    Wafer others = wafer;
    std::erase_if(others.dies,
                  [&](const Die& die) { return !die.included || std::ranges::count(plan.dies, die.id) > 0; });
    QCOMPARE(others.dies.size(), std::size_t{4});
    QVERIFY(plan.statistics == fitStatistics(others));
    std::vector<int> fitted;
    for (const Die& die : others.dies)
        fitted.push_back(die.id);
    QVERIFY(plan.fittedDies == fitted);
    QVERIFY(plan.heldOut(wafer) == plan.dies);
    QVERIFY(StudyPlan().heldOut(wafer).empty());
    StudyPlan wider = plan; // judged on one more, which the statistics have seen
    wider.dies.push_back(fitted.front());
    QVERIFY(wider.heldOut(wafer) == plan.dies);
    QVERIFY(wider != plan);
    StudyPlan older = plan; // of a file that does not say it: goes on as the same study
    older.fittedDies.clear();
    QVERIFY(older == plan && older.heldOut(wafer).empty());
    QVERIFY(holdOut({}, wafer, 3, 5) == plan);
    bool differs = false;
    for (std::uint64_t seed = 6; seed < 12; ++seed)
        differs |= holdOut({}, wafer, 3, seed).dies != plan.dies;
    QVERIFY(differs);
}

void TestHoldOut::refusesToLeaveASideEmpty()
{
    WaferDescription description;
    description.dies = 2;
    description.geometry = {2, 2, 2, 2};
    description.statistics.level = {LognormalConductance{8e-5, 0.1}, LognormalConductance{2e-4, 0.1}};
    const Wafer wafer = drawWafer(description);
    VERIFY_CONTAINS(messageOf([&] { holdOut({}, wafer, 2, 1); }), "number of dies held out is 2");
    VERIFY_CONTAINS(messageOf([&] { holdOut({}, wafer, 0, 1); }), "from 1 to one less than the plan's 2");
}

QTEST_APPLESS_MAIN(TestHoldOut)
#include "test_hold_out.moc"
