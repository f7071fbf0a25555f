#include <set>

#include <QTest>

#include "common/error.h"
#include "crossbar/cell_map.h"

using namespace faultline;

class TestCellMap : public QObject
{
    Q_OBJECT

private slots:
    void everyWeightHasItsOwnPair_data();
    void everyWeightHasItsOwnPair();
    void pairsOfAnInputShareAColumnInEachTile();
    void defaultNetworkTakesItsJunctions();
    void everyTileIsAtTheFirstFreePlace();
    void takesAsManyDiesAsItNeeds_data();
    void takesAsManyDiesAsItNeeds();
    void refusesWhatDoesNotFit_data();
    void refusesWhatDoesNotFit();
    void refusesAWeightThatIsNotThere();
};

void TestCellMap::everyWeightHasItsOwnPair_data()
{
    QTest::addColumn<std::vector<int>>("layers");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::newRow("default") << std::vector{196, 40, 10} << 100 << 200;
    QTest::newRow("wide hidden layer, cut between outputs") << std::vector{49, 160, 10} << 100 << 200;
    QTest::newRow("more inputs than columns") << std::vector{30, 3} << 19 << 13;
    QTest::newRow("three layers of weights") << std::vector{20, 12, 9, 4} << 31 << 41;
    QTest::newRow("one weight") << std::vector{1, 1} << 2 << 1;
    QTest::newRow("over the joint of two dies") << std::vector{30, 9, 4} << 20 << 20;
    QTest::newRow("higher than the dies") << std::vector{5, 13, 6} << 8 << 7;
}

void TestCellMap::everyWeightHasItsOwnPair()
{
    QFETCH(const std::vector<int>, layers);
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    const CellMap map(layers, {.rows = rows, .columns = columns, .kernelRows = 1, .kernelColumns = 1});
    const int allColumns = columns * map.dies();

    std::set<std::pair<int, int>> used;
    for (int layer = 0; layer < map.weightLayers(); ++layer)
        for (int output = 0; output < map.outputs(layer); ++output)
            for (int input = 0; input < map.inputs(layer); ++input)
                for (int copy = 0; copy < map.copies(layer); ++copy) {
                    const WeightIndex weight{layer, output, input};
                    const CellIndex plus = map.plus(weight, copy);
                    const CellIndex minus = map.minus(weight, copy);
                    QCOMPARE(plus.row % 2, 0);
                    QCOMPARE(minus.row, plus.row + 1);
                    QCOMPARE(minus.column, plus.column);
                    for (const auto& [cell, sign] : {std::pair{plus, +1}, std::pair{minus, -1}}) {
                        QVERIFY(cell.row >= 0 && cell.row < rows && cell.column >= 0 &&
                                cell.column < allColumns);
                        QVERIFY(used.insert({cell.row, cell.column}).second);
                        const auto use = map.use(cell);
                        QVERIFY(use && use->weight == weight && use->copy == copy && use->sign == sign);
                    }
                }

    QCOMPARE(static_cast<int>(used.size()), map.junctions());
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < allColumns; ++column)
            QCOMPARE(map.use({row, column}).has_value(), used.contains({row, column}));
}

void TestCellMap::pairsOfAnInputShareAColumnInEachTile()
{
    const std::vector layers{49, 160, 10};
    const CellMap map(layers, DieGeometry{});
    for (const Tile& tile : map.tiles())
        for (int i = 0; i < tile.inputs; ++i)
            for (int j = 0; j < tile.outputs; ++j)
                QCOMPARE(map.plus({tile.layer, tile.firstOutput + j, tile.firstInput + i}, tile.copy),
                         (CellIndex{tile.row + 2 * j, tile.column + i}));
}

void TestCellMap::defaultNetworkTakesItsJunctions()
{
    const std::vector layers{196, 40, 10};
    const CellMap once(layers, DieGeometry{}, Spare::Unused);
    QCOMPARE(once.junctions(), 16480);
    QCOMPARE(once.tiles().size(), std::size_t{2});

    // 20 rows stay free below the first layer: five copies of the second, 40 columns each.
    const CellMap filled(layers, DieGeometry{});
    QCOMPARE(filled.copies(0), 1);
    QCOMPARE(filled.copies(1), 5);
    QCOMPARE(filled.junctions(), 15680 + 5 * 800);
}

/// Against a search cell by cell.
void TestCellMap::everyTileIsAtTheFirstFreePlace()
{
    for (const std::vector<int>& layers : {std::vector{49, 160, 10}, {20, 12, 9, 4}, {300, 30, 20, 10}}) {
        const CellMap map(layers, DieGeometry{});
        CellGrid<bool> used = CellGrid<bool>::Constant(map.geometry().rows, map.geometry().columns, false);
        const auto firstFree = [&](int rows, int columns) {
            for (int row = 0; row + rows <= used.rows(); row += 2)
                for (int column = 0; column + columns <= used.cols(); ++column)
                    if (!used.block(row, column, rows, columns).any())
                        return CellIndex{row, column};
            return CellIndex{-1, -1};
        };
        for (const Tile& tile : map.tiles()) {
            QCOMPARE((CellIndex{tile.row, tile.column}), firstFree(tile.rows(), tile.inputs));
            used.block(tile.row, tile.column, tile.rows(), tile.inputs) = true;
        }
    }
}

void TestCellMap::takesAsManyDiesAsItNeeds_data()
{
    QTest::addColumn<std::vector<int>>("layers");
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::addColumn<int>("dies");
    QTest::newRow("one") << std::vector{196, 40, 10} << 100 << 200 << 1;
    QTest::newRow("few enough junctions for one, but not as rectangles")
        << std::vector{196, 48, 10} << 100 << 200 << 2;
    QTest::newRow("80 rows of 784 columns, the rest below") << std::vector{784, 40, 10} << 100 << 200 << 4;
    QTest::newRow("1024 rows of 784 columns, 512 of 512, 20 of 256")
        << std::vector{784, 512, 256, 10} << 1024 << 1024 << 2;
    QTest::newRow("all cells of all dies") << std::vector{12, 5} << 10 << 4 << 3;
}

void TestCellMap::takesAsManyDiesAsItNeeds()
{
    QFETCH(const std::vector<int>, layers);
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    QFETCH(const int, dies);
    const DieGeometry die{.rows = rows, .columns = columns, .kernelRows = 1, .kernelColumns = 1};
    const CellMap map(layers, die);
    QCOMPARE(map.dies(), dies);
    QCOMPARE(diesPerNetwork(layers, die), dies);
    QCOMPARE(map.die(), die);
    QCOMPARE(map.geometry().rows, rows);
    QCOMPARE(map.geometry().columns, columns * dies);
}

void TestCellMap::refusesWhatDoesNotFit_data()
{
    QTest::addColumn<std::vector<int>>("layers");
    QTest::addColumn<DieGeometry>("die");
    QTest::newRow("too many junctions") << std::vector{784, 20000, 1000} << DieGeometry{};
    QTest::newRow("more than any memory") << std::vector{65536, 65536, 10} << DieGeometry{};
    QTest::newRow("too high") << std::vector{1, 10000} << DieGeometry{2, 20, 1, 1};
    QTest::newRow("no row for G-") << std::vector{2, 1} << DieGeometry{1, 20, 1, 1};
    QTest::newRow("an empty layer") << std::vector{196, 0, 10} << DieGeometry{};
    QTest::newRow("one layer") << std::vector{196} << DieGeometry{};
}

void TestCellMap::refusesWhatDoesNotFit()
{
    QFETCH(const std::vector<int>, layers);
    QFETCH(const DieGeometry, die);
    QVERIFY(diesPerNetwork(layers, die) > 1000000);
    try {
        const CellMap map(layers, die);
        QFAIL("the network was accepted");
    } catch (const Error& error) {
        const QString text = error.what();
        if (layers == std::vector{784, 20000, 1000})
            QVERIFY2(text.contains("71360000") && text.contains("20000"), error.what());
    }
}

void TestCellMap::refusesAWeightThatIsNotThere()
{
    const std::vector layers{4, 3};
    const CellMap map(layers, DieGeometry{});
    QVERIFY_EXCEPTION_THROWN(map.plus({0, 3, 0}), Error);
    QVERIFY_EXCEPTION_THROWN(map.plus({0, 0, 0}, map.copies(0)), Error);
    QVERIFY_EXCEPTION_THROWN(map.plus({1, 0, 0}), Error);
}

QTEST_APPLESS_MAIN(TestCellMap)
#include "test_cell_map.moc"
