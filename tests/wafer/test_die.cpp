#include <limits>

#include <QTest>

#include "support/errors.h"
#include "wafer/die_group.h"

using namespace faultline;

class TestDie : public QObject
{
    Q_OBJECT

private slots:
    void deviceFollowsFromResistanceAndTmr();
    void newDieIsNominal();
    void drawnDefectFixesBothLevels();
    void countsEachLabel();
    void missingCellsAreNotCounted();
    void namesEveryDefect();
    void refusesBadGeometry_data();
    void refusesBadGeometry();
    void refusesBadDevice_data();
    void refusesBadDevice();
    void acceptsLimits();
    void aGroupStandsSideBySide();
};

void TestDie::deviceFollowsFromResistanceAndTmr()
{
    const Device device{.parallelResistance = 4000.0, .tmr = 1.5};
    QCOMPARE(device.conductance(P), 250e-6);
    QCOMPARE(device.conductance(AP), 100e-6);
}

void TestDie::newDieIsNominal()
{
    const Die die("D", {3, 4, 3, 2}, {4000.0, 1.5});
    QCOMPARE(die.name, std::string("D"));
    QCOMPARE(die.rows(), 3);
    QCOMPARE(die.columns(), 4);
    QCOMPARE(die.conductance.size(), std::size_t{levelCount});
    QVERIFY((die.conductance[P] == 250e-6f).all());
    QVERIFY((die.conductance[AP] == 100e-6f).all());
    QCOMPARE(die.defectCount(), 0);
}

void TestDie::drawnDefectFixesBothLevels()
{
    Die die("D", {3, 4, 3, 2}, {});
    die.setDefect(2, 1, Defect::StuckAP, 3e-5f);
    QCOMPARE(die.defect(2, 1), Defect::StuckAP);
    QCOMPARE(die.conductance[P](2, 1), 3e-5f);
    QCOMPARE(die.conductance[AP](2, 1), 3e-5f);
    QCOMPARE((die.conductance[P] == 3e-5f).count(), 1);
}

void TestDie::countsEachLabel()
{
    Die die("D", {3, 4, 3, 2}, {});
    die.setDefect(0, 0, Defect::Short, 1e-3f);
    die.setDefect(2, 3, Defect::Short, 1e-3f);
    die.setDefect(1, 1, Defect::StuckP, 2e-4f);
    die.setDefect(1, 2, Defect::Open, 0.0f);
    QCOMPARE(die.counts(), (DefectCounts{8, 2, 1, 1, 0}));
    QCOMPARE(die.defectCount(), 4);
    die.setDefect(0, 0, Defect::StuckAP, 1e-4f);
    QCOMPARE(die.counts(), (DefectCounts{8, 1, 1, 1, 1}));
}

void TestDie::missingCellsAreNotCounted()
{
    Die die("D", {3, 4, 3, 2}, {});
    die.setDefect(2, 1, Defect::Short, 1e-3F);
    die.setDefect(0, 1, Defect::Short, 1e-3F);
    die.acquisition.missing = {1, 6};
    QCOMPARE(die.counts(), (DefectCounts{9, 1, 0, 0, 0}));
    QCOMPARE(die.defectCount(), 1);
    QCOMPARE(die.measuredCells(), 10);
    QVERIFY(!die.cell({0, 1}).measured);
    QVERIFY(die.cell({0, 2}).measured);
    // A cell takes with it whether it was measured.
    const CellState known = die.cell({2, 1}), missing = die.cell({0, 1});
    die.setCell({0, 1}, known);
    QCOMPARE(die.acquisition.missing, std::vector{6});
    QCOMPARE(die.defectCount(), 2);
    for (const CellIndex& cell : {CellIndex{2, 3}, {0, 0}, {1, 2}})
        die.setCell(cell, missing);
    QCOMPARE(die.acquisition.missing, (std::vector{0, 6, 11}));
}

void TestDie::namesEveryDefect()
{
    QCOMPARE(name(Defect::None), "none");
    QCOMPARE(name(Defect::Short), "short");
    QCOMPARE(name(Defect::Open), "open");
    QCOMPARE(name(Defect::StuckP), "stuck-P");
    QCOMPARE(name(Defect::StuckAP), "stuck-AP");
    VERIFY_CONTAINS(messageOf([] { name(Defect{77}); }), "77");
}

void TestDie::refusesBadGeometry_data()
{
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::addColumn<int>("kernelRows");
    QTest::addColumn<int>("kernelColumns");
    QTest::addColumn<std::string>("message");

    QTest::newRow("no rows") << 0 << 8 << 1 << 1
                             << std::string("number of rows is 0, must be from 1 to 4096");
    QTest::newRow("many columns") << 8 << 4097 << 1 << 1
                                  << std::string("number of columns is 4097, must be from 1 to 4096");
    QTest::newRow("no kernel") << 8 << 8 << 0 << 8
                               << std::string(
                                      "number of rows in a kernel is 0, must be a divisor of the die's 8");
    QTest::newRow("large kernel") << 8 << 8 << 8 << 16 << std::string("number of columns in a kernel is 16");
    QTest::newRow("broken kernel") << 8 << 8 << 8 << 3 << std::string("number of columns in a kernel is 3");
}

void TestDie::refusesBadGeometry()
{
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    QFETCH(const int, kernelRows);
    QFETCH(const int, kernelColumns);
    QFETCH(const std::string, message);
    const DieGeometry geometry{rows, columns, kernelRows, kernelColumns};
    VERIFY_CONTAINS(messageOf([&] { geometry.validate(); }), message);
}

void TestDie::refusesBadDevice_data()
{
    QTest::addColumn<double>("resistance");
    QTest::addColumn<double>("tmr");
    QTest::addColumn<std::string>("message");

    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
    QTest::newRow("no resistance") << 0.0 << 1.5
                                   << std::string("resistance R_P is 0, must be more than 0 ohm");
    QTest::newRow("negative") << -5000.0 << 1.5 << std::string("R_P is -5000");
    QTest::newRow("infinite") << infinity << 1.5 << std::string("R_P is inf");
    QTest::newRow("no TMR") << 5000.0 << 0.0 << std::string("TMR is 0, must be more than 0 (1.5 is 150 %");
    QTest::newRow("two states alike") << 5000.0 << 1e-300 << std::string("TMR is 1e-300");
    QTest::newRow("conducts beyond all numbers") << 1e-310 << 1.5 << std::string("R_P is 1e-310");
    QTest::newRow("NaN") << 5000.0 << notANumber << std::string("TMR is nan");
}

void TestDie::refusesBadDevice()
{
    QFETCH(const double, resistance);
    QFETCH(const double, tmr);
    QFETCH(const std::string, message);
    const Device device{resistance, tmr};
    VERIFY_CONTAINS(messageOf([&] { device.validate(); }), message);
}

void TestDie::acceptsLimits()
{
    DieGeometry{1, 4096, 1, 4096}.validate();
    DieGeometry{}.validate();
    Device{}.validate();
}

void TestDie::aGroupStandsSideBySide()
{
    const DieGeometry geometry{.rows = 2, .columns = 3, .kernelRows = 1, .kernelColumns = 1};
    QCOMPARE(sideBySide(geometry, 4), (DieGeometry{2, 12, 1, 1}));
    std::vector<Die> dies;
    for (const char* name : {"D07", "D02", "D09", "D11"}) {
        dies.emplace_back(name, geometry, Device{});
        dies.back().id = 10 + static_cast<int>(dies.size());
    }
    dies[0].setDefect(0, 2, Defect::Open, 1e-9F);
    dies[1].setDefect(0, 0, Defect::Short, 1e-3F);
    dies[1].setDefect(1, 2, Defect::Short, 2e-3F);
    dies[0].acquisition.missing = {1, 5};
    dies[1].acquisition.missing = {3};

    const DieGroup pair{{&dies[0], &dies[1]}};
    QCOMPARE(pair.id(), 11);
    QCOMPARE(QString::fromStdString(pair.name()), QString("D07+D02"));
    QVERIFY(pair.contains(12) && !pair.contains(13));
    QCOMPARE(pair.counts(), (DefectCounts{6, 2, 1, 0, 0}));
    QCOMPARE(pair.defectCount(), 3);
    QCOMPARE(pair.missingCells(), 3);
    const Die whole = pair.joined();
    QCOMPARE(whole.id, 11);
    QCOMPARE(QString::fromStdString(whole.name), QString("D07+D02"));
    QVERIFY(whole.rows() == 2 && whole.columns() == 6);
    for (int row = 0; row < 2; ++row)
        for (int column = 0; column < 6; ++column)
            QCOMPARE(whole.cell({row, column}),
                     dies[static_cast<std::size_t>(column / 3)].cell({row, column % 3}));

    QCOMPARE(QString::fromStdString(DieGroup{{&dies[3]}}.name()), QString("D11"));
    QCOMPARE(QString::fromStdString(DieGroup{{&dies[0], &dies[1], &dies[2], &dies[3]}}.name()),
             QString("D07..D11"));
}

QTEST_APPLESS_MAIN(TestDie)
#include "test_die.moc"
