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
}

void TestCellMap::everyWeightHasItsOwnPair()
{
    QFETCH(const std::vector<int>, layers);
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    const CellMap map(layers, {.rows = rows, .columns = columns, .kernelRows = 1, .kernelColumns = 1});

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
                                cell.column < columns);
                        QVERIFY(used.insert({cell.row, cell.column}).second);
                        const auto use = map.use(cell);
                        QVERIFY(use && use->weight == weight && use->copy == copy && use->sign == sign);
                    }
                }

    QCOMPARE(static_cast<int>(used.size()), map.junctions());
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column)
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

void TestCellMap::refusesWhatDoesNotFit_data()
{
    QTest::addColumn<std::vector<int>>("layers");
    QTest::newRow("too many junctions") << std::vector{784, 40, 10};
    QTest::newRow("few enough junctions, but not as rectangles") << std::vector{196, 48, 10};
    QTest::newRow("an empty layer") << std::vector{196, 0, 10};
    QTest::newRow("one layer") << std::vector{196};
}

void TestCellMap::refusesWhatDoesNotFit()
{
    QFETCH(const std::vector<int>, layers);
    try {
        const CellMap map(layers, DieGeometry{});
        QFAIL("the network was accepted");
    } catch (const Error& error) {
        const QString text = error.what();
        if (layers == std::vector{196, 48, 10})
            QVERIFY2(text.contains("19776") && text.contains("20000"), error.what());
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
