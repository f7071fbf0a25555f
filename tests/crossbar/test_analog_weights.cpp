#include <cmath>

#include <QTest>

#include "common/error.h"
#include "common/random.h"
#include "crossbar/analog_weights.h"

using namespace faultline;

namespace
{

const Device device{.parallelResistance = 4000.0, .tmr = 1.2};
const std::vector layers{3, 2};
constexpr DieGeometry geometry{.rows = 4, .columns = 3, .kernelRows = 2, .kernelColumns = 3};

/// Conductance of a cell after writing it, from first principles: a healthy or stuck junction by Ohm's law on
/// the device, a short or an open by its own value.
double written(Defect defect, Level level, double shortSiemens, double openSiemens)
{
    switch (defect) {
    case Defect::None:
        break;
    case Defect::Short:
        return shortSiemens;
    case Defect::Open:
        return openSiemens;
    case Defect::StuckP:
        level = P;
        break;
    case Defect::StuckAP:
        level = AP;
        break;
    }
    return 1.0 / (4000.0 * (level == P ? 1.0 : 2.2));
}

} // namespace

class TestAnalogWeights : public QObject
{
    Q_OBJECT

private slots:
    void everyPairOfDefects();
    void perfectDieIsPlusAndMinusOne();
    void cellByCellOnARandomDie();
    void diesOfAGroupAddTheirCurrents();
    void refusesADieThatIsTooSmall();
};

void TestAnalogWeights::everyPairOfDefects()
{
    const CellMap map(layers, geometry, Spare::Unused);
    const double unit = written(Defect::None, P, 0, 0) - written(Defect::None, AP, 0, 0);
    const double shortSiemens = 1.1e-3, openSiemens = 2e-8;
    const auto drawn = [&](Die& die, const CellIndex& cell, Defect defect) {
        if (defect != Defect::None)
            die.setDefect(cell.row, cell.column, defect,
                          static_cast<float>(written(defect, P, shortSiemens, openSiemens)));
    };
    for (int plusDefect = 0; plusDefect < 5; ++plusDefect)
        for (int minusDefect = 0; minusDefect < 5; ++minusDefect) {
            const auto onPlus = static_cast<Defect>(plusDefect), onMinus = static_cast<Defect>(minusDefect);
            Die die("test", geometry, device);
            const WeightIndex weight{0, 1, 2};
            drawn(die, map.plus(weight), onPlus);
            drawn(die, map.minus(weight), onMinus);
            const AnalogWeights values = analogWeights(die, map, device);

            const double up = (written(onPlus, P, shortSiemens, openSiemens) -
                               written(onMinus, AP, shortSiemens, openSiemens)) /
                              unit;
            const double down = (written(onPlus, AP, shortSiemens, openSiemens) -
                                 written(onMinus, P, shortSiemens, openSiemens)) /
                                unit;
            QVERIFY(std::abs(values[0].up(1, 2) - up) < 1e-5 * (1 + std::abs(up)));
            QVERIFY(std::abs(values[0].down(1, 2) - down) < 1e-5 * (1 + std::abs(down)));
            QVERIFY(std::abs(values[0].up(0, 2) - 1.0) < 1e-6); // the neighbour is untouched
        }
}

void TestAnalogWeights::perfectDieIsPlusAndMinusOne()
{
    const CellMap map(layers, geometry);
    const AnalogWeights perfect = analogWeights(Die("test", geometry, device), map, device);
    const AnalogWeights nominal = nominalWeights(map);
    QVERIFY(perfect[0].up.isApprox(nominal[0].up, 1e-6f));
    QVERIFY(perfect[0].down.isApprox(nominal[0].down, 1e-6f));
    QVERIFY((nominal[0].up.array() == 1.0f).all() && (nominal[0].down.array() == -1.0f).all());
}

void TestAnalogWeights::cellByCellOnARandomDie()
{
    const std::vector network{100, 80, 10}; // cut between outputs, and the second layer stands there twice
    const DieGeometry large{};
    const CellMap map(network, large);
    Die die("test", large, device);
    RandomStream random(3, RandomUse::Test);
    for (CellGrid<float>& grid : die.conductance)
        for (float& value : grid.reshaped())
            value = static_cast<float>(random.uniform() * 1e-3);

    QCOMPARE(map.copies(1), 2);
    const AnalogWeights values = analogWeights(die, map, device);
    const double unit = 1.0 / 4000.0 - 1.0 / 8800.0;
    for (int layer = 0; layer < 2; ++layer)
        for (int output = 0; output < map.outputs(layer); ++output)
            for (int input = 0; input < map.inputs(layer); ++input) {
                double up = 0.0, down = 0.0;
                for (int copy = 0; copy < map.copies(layer); ++copy) {
                    const CellIndex plus = map.plus({layer, output, input}, copy);
                    const CellIndex minus = map.minus({layer, output, input}, copy);
                    const auto at = [&](Level level, const CellIndex& cell) {
                        const CellGrid<float>& grid = die.conductance[static_cast<std::size_t>(level)];
                        return static_cast<double>(grid(cell.row, cell.column));
                    };
                    up += (at(P, plus) - at(AP, minus)) / unit / map.copies(layer);
                    down += (at(AP, plus) - at(P, minus)) / unit / map.copies(layer);
                }
                const AnalogLayer& layerValues = values[static_cast<std::size_t>(layer)];
                QVERIFY(std::abs(static_cast<double>(layerValues.up(output, input)) - up) < 1e-5);
                QVERIFY(std::abs(static_cast<double>(layerValues.down(output, input)) - down) < 1e-5);
            }
}

/// What a network sees on three dies is the sum of what each die's rows carry.
void TestAnalogWeights::diesOfAGroupAddTheirCurrents()
{
    const std::vector wide{8, 2};
    const CellMap map(wide, geometry, Spare::Unused);
    QCOMPARE(map.dies(), 3);
    RandomStream random(5, RandomUse::Test);
    std::vector<Die> dies;
    for (const char* name : {"D1", "D2", "D3"}) {
        dies.emplace_back(name, geometry, device);
        for (auto& grid : dies.back().conductance)
            grid = grid.unaryExpr([&](float) { return static_cast<float>(1e-3 * random.uniform()); });
    }
    const AnalogWeights weights = analogWeights(DieGroup{{&dies[0], &dies[1], &dies[2]}}, map, device);

    Eigen::VectorXd input(8);
    for (double& x : input)
        x = random.uniform();
    const double unit = written(Defect::None, P, 0, 0) - written(Defect::None, AP, 0, 0);
    for (int output = 0; output < 2; ++output) {
        double up = 0.0, down = 0.0;
        for (int i = 0; i < 8; ++i) { // three columns on each die
            const Die& die = dies[static_cast<std::size_t>(i / 3)];
            const auto current = [&](Level plus, Level minus) {
                return input(i) * (static_cast<double>(die.conductance[plus](2 * output, i % 3)) -
                                   static_cast<double>(die.conductance[minus](2 * output + 1, i % 3)));
            };
            up += current(P, AP) / unit;
            down += current(AP, P) / unit;
        }
        QVERIFY(std::abs(weights[0].up.row(output).cast<double>().dot(input) - up) < 1e-5);
        QVERIFY(std::abs(weights[0].down.row(output).cast<double>().dot(input) - down) < 1e-5);
    }
    QVERIFY_EXCEPTION_THROWN(analogWeights(dies[0], map, device), Error);
}

void TestAnalogWeights::refusesADieThatIsTooSmall()
{
    const CellMap map(layers, geometry);
    DieGeometry narrow = geometry;
    narrow.columns = 2;
    QVERIFY_EXCEPTION_THROWN(analogWeights(Die("narrow", narrow, device), map, device), Error);
}

QTEST_APPLESS_MAIN(TestAnalogWeights)
#include "test_analog_weights.moc"
