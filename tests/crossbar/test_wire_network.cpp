#include <cmath>
#include <limits>

#include <QTest>

#include "crossbar/dense_nodal_solve.h"
#include "crossbar/wire_network.h"
#include "crossbar/wire_samples.h"
#include "support/errors.h"

using namespace faultline;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace
{

/// Largest error of an entry as a share of that entry itself; infinite where a zero was missed.
template <class Reference>
double relativeError(const MatrixXd& found, const Reference& expected)
{
    double worst = 0.0;
    for (Eigen::Index k = 0; k < found.size(); ++k) {
        const auto right = expected.reshaped()[k];
        const auto error = std::abs(found.reshaped()[k] - right);
        if (!(error <= 0.0)) // false for NaN
            worst = std::max(worst, error < std::numeric_limits<double>::infinity()
                                        ? static_cast<double>(error / std::abs(right))
                                        : std::numeric_limits<double>::infinity());
    }
    return worst;
}

#define VERIFY_BELOW(value, limit)                                                                           \
    do {                                                                                                     \
        const double found = value;                                                                          \
        QVERIFY2(found < (limit), qPrintable(QString("%1 is %2").arg(#value).arg(found)));                   \
    } while (false)

struct Wires {
    const char* name;
    WireOptions options;
};

const std::vector<Wires> everyKindOfWires{
    {"no resistance", {}},
    {"wires", {.columnSegment = 1.0, .rowSegment = 2.0}},
    {"wires, both ends",
     {.columnSegment = 1.0, .rowSegment = 2.0, .drive = LineEnds::Both, .read = LineEnds::Both}},
    {"everything", {.columnSegment = 0.7, .rowSegment = 3.0, .source = 50.0, .sense = 20.0}},
    {"everything, driven at both ends",
     {.columnSegment = 0.7, .rowSegment = 3.0, .source = 50.0, .sense = 20.0, .drive = LineEnds::Both}},
    {"everything, read at both ends",
     {.columnSegment = 0.7, .rowSegment = 3.0, .source = 50.0, .sense = 20.0, .read = LineEnds::Both}},
    {"terminals only, both ends",
     {.source = 50.0, .sense = 20.0, .drive = LineEnds::Both, .read = LineEnds::Both}},
    {"columns only", {.columnSegment = 5.0, .drive = LineEnds::Both}},
    {"rows only", {.rowSegment = 5.0, .read = LineEnds::Both}},
    {"source only", {.source = 1e3}},
    {"sense only", {.sense = 1e3}},
    {"short wires behind large terminals",
     {.columnSegment = 1e-3, .rowSegment = 1e-3, .source = 1e3, .sense = 1e3, .drive = LineEnds::Both}},
    {"long wires", {.columnSegment = 1e3, .rowSegment = 1e3, .read = LineEnds::Both}},
};

const std::vector<std::pair<int, int>> everyShape{{16, 16}, {5, 16}, {16, 5}, {1, 12},
                                                  {12, 1},  {1, 1},  {18, 17}};

} // namespace

class TestWireNetwork : public QObject
{
    Q_OBJECT

private slots:
    void equalsDenseSolve_data() { shapesAndWires(); }
    void equalsDenseSolve();

private:
    static void shapesAndWires()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("columns");
        QTest::addColumn<int>("wires");
        for (const auto& [rows, columns] : everyShape)
            for (std::size_t k = 0; k < everyKindOfWires.size(); ++k)
                QTest::addRow("%d x %d, %s", rows, columns, everyKindOfWires[k].name)
                    << rows << columns << static_cast<int>(k);
    }
};

void TestWireNetwork::equalsDenseSolve()
{
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    QFETCH(const int, wires);
    const WireOptions& options = everyKindOfWires[static_cast<std::size_t>(wires)].options;
    const CellGrid<double> cells = randomCells(rows, columns);
    const DenseNodalSolve expected(cells, options);
    const WireNetwork network(cells, options);
    VERIFY_BELOW(relativeError(network.transfer(), expected.transfer()), 1e-9);

    const int driven = columns / 2;
    const CrossbarState state = network.solve(VectorXd::Unit(columns, driven));
    DenseNodalSolve::Matrix column(rows, columns), row(rows, columns);
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j) {
            column(i, j) = expected.columnVoltage(i, j, driven);
            row(i, j) = expected.rowVoltage(i, j, driven);
        }
    VERIFY_BELOW(relativeError(state.columnVoltage, column), 1e-9);
    VERIFY_BELOW(relativeError(state.rowVoltage, row), 1e-9);
}

QTEST_APPLESS_MAIN(TestWireNetwork)
#include "test_wire_network.moc"
