#include <cmath>
#include <limits>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/eigen.hpp>

#include <QTest>

#include "crossbar/dense_nodal_solve.h"
#include "crossbar/ngspice.h"
#include "crossbar/wire_network.h"
#include "crossbar/wire_samples.h"
#include "support/errors.h"
#include "support/limits.h"

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

/// Wires whose larger segment has so many ohms, in every combination of ends, with and without resistances at
/// their terminals; and ideal wires between such a terminal and one without resistance.
std::vector<WireOptions> wiresOf(double ohm)
{
    std::vector<WireOptions> wires;
    for (const auto& [column, row] : {std::pair{1.0, 1.0}, {1.0, 1e-3}, {1e-3, 1.0}, {1.0, 0.0}, {0.0, 1.0}})
        for (const double terminal : {0.0, 0.5})
            for (const LineEnds drive : {LineEnds::One, LineEnds::Both})
                for (const LineEnds read : {LineEnds::One, LineEnds::Both})
                    wires.push_back({.columnSegment = column * ohm,
                                     .rowSegment = row * ohm,
                                     .source = terminal * ohm,
                                     .sense = 4.0 * terminal * ohm,
                                     .drive = drive,
                                     .read = read});
    for (const LineEnds ends : {LineEnds::One, LineEnds::Both}) {
        wires.push_back({.source = ohm, .drive = ends});
        wires.push_back({.sense = ohm, .read = ends});
    }
    return wires;
}

const std::vector<std::pair<int, int>> everyShape{{16, 16}, {5, 16}, {16, 5}, {1, 12},
                                                  {12, 1},  {1, 1},  {18, 17}};

/// Largest error of an entry as a share of the largest entry.
double errorOfLargest(const MatrixXd& found, const MatrixXd& expected)
{
    const double error = (found - expected).cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
    return error > 0.0 ? error / expected.cwiseAbs().maxCoeff() : error;
}

/// Equal cells on one wire that is fed before the first of them, and no other resistance: the share of the
/// voltage across each cell, in closed form for any ratio of the resistances, wire over cell.
VectorXd uniformShares(int cells, double ratio)
{
    const double step = 2.0 * std::asinh(std::sqrt(ratio) / 2.0);
    const auto twiceCosh = [](double x) { return 1.0 + std::exp(-2.0 * x); }; // over e^x
    VectorXd shares(cells);
    for (int k = 1; k <= cells; ++k)
        shares[k - 1] =
            std::exp(-k * step) * twiceCosh((cells + 0.5 - k) * step) / twiceCosh((cells + 0.5) * step);
    return shares;
}

/// Heat in a line's wire and terminals: `leaving` are the currents from its nodes into the cells, its first
/// node the one beside the terminal. Where there is resistance, from the voltages along it.
double lineLoss(const VectorXd& nodes, const VectorXd& leaving, double terminal, double segment, double atEnd,
                LineEnds ends)
{
    const auto loss = [](double volt, double ohm) { return ohm > 0.0 ? volt * volt / ohm : 0.0; };
    const auto last = nodes.size() - 1;
    if (segment == 0.0) { // the ends share the current
        const double current = leaving.sum();
        return current * current * (ends == LineEnds::Both ? atEnd / 2.0 : atEnd);
    }
    double total = loss(terminal - nodes[0], segment + atEnd);
    if (ends == LineEnds::Both)
        total += loss(terminal - nodes[last], segment + atEnd);
    for (Eigen::Index k = 0; k < last; ++k)
        total += loss(nodes[k] - nodes[k + 1], segment);
    return total;
}

} // namespace

class TestWireNetwork : public QObject
{
    Q_OBJECT

private slots:
    void equalsDenseSolve_data() { shapesAndWires(); }
    void equalsDenseSolve();
    void equalsNgspice_data();
    void equalsNgspice();
    void uniformLadder();
    void uniformLadderOfAnyRatio_data() { ratios(); }
    void uniformLadderOfAnyRatio();
    void oneCellOfAnyRatio_data() { ratios(); }
    void oneCellOfAnyRatio();
    void anyRatioEqualsDenseSolve_data() { ratios(); }
    void anyRatioEqualsDenseSolve();
    void conservesCurrentAndEnergy_data() { shapesAndWires(); }
    void conservesCurrentAndEnergy();
    void shortsConserveCurrentAndEnergy_data() { ratios(); }
    void shortsConserveCurrentAndEnergy();
    void addsInputs();
    void isReciprocal();
    void idealWithoutResistance();
    void continuousTowardsNoResistance_data();
    void continuousTowardsNoResistance();
    void extremeCells_data();
    void extremeCells();
    void reprogrammedCells_data() { shapesAndWires(); }
    void reprogrammedCells();
    void refusesBadInput_data();
    void refusesBadInput();
    void refusesBadVoltages();
    void refusesBadChanges();

private:
    /// Of a segment's resistance over a cell's.
    static void ratios()
    {
        QTest::addColumn<double>("siemens");
        QTest::addColumn<double>("ohm");
        for (int power = -12; power <= 15; power += 3)
            QTest::addRow("1e%d", power)
                << std::pow(10.0, std::min(power, 12)) << std::pow(10.0, std::max(power - 12, 0));
        QTest::newRow("1e8 by the wire") << 1e-3 << 1e11;
    }
    static void verifyConservation(const CellGrid<double>& cells, const WireOptions& options,
                                   double precision);
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
    // Another draw, with a row, or a column, of nothing but opens, and a short in the corner.
    CellGrid<double> other = randomCells(rows, columns, 1);
    if (rows > 1 && columns > 1) {
        other.row(rows / 2) *= wires % 2 == 0 ? 0.0 : 1.0;
        other.col(columns / 2) *= wires % 2 == 1 ? 0.0 : 1.0;
        other(0, columns - 1) = 1.0;
    }
    VERIFY_BELOW(
        relativeError(WireNetwork(other, options).transfer(), DenseNodalSolve(other, options).transfer()),
        1e-9);
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

void TestWireNetwork::equalsNgspice_data()
{
    QTest::addColumn<int>("side");
    QTest::addColumn<LineEnds>("drive");
    QTest::addColumn<LineEnds>("sense");
    const LineEnds one = LineEnds::One, both = LineEnds::Both;
    QTest::newRow("25 x 25, one end") << 25 << one << one;
    QTest::newRow("25 x 25, both ends") << 25 << both << both;
    QTest::newRow("25 x 25, driven at both ends") << 25 << both << one;
    QTest::newRow("25 x 25, read at both ends") << 25 << one << both;
    QTest::newRow("64 x 64, one end") << 64 << one << one;
    QTest::newRow("64 x 64, both ends") << 64 << both << both;
}

void TestWireNetwork::equalsNgspice()
{
    REQUIRE_NGSPICE();
    QFETCH(const int, side);
    QFETCH(const LineEnds, drive);
    QFETCH(const LineEnds, sense);
    const WireOptions wires{.columnSegment = 1.0,
                            .rowSegment = 1.5,
                            .source = 20.0,
                            .sense = 10.0,
                            .drive = drive,
                            .read = sense};
    const CellGrid<double> cells = junctions(side, side);
    const VectorXd voltages = 0.2 * randomVoltages(side).cwiseAbs();
    const auto resistor = [&](Eigen::Index i, Eigen::Index j, const QString& from, const QString& to) {
        return cells(i, j) > 0.0 ? QString("Rcell_%1_%2 %3 %4 %5\n")
                                       .arg(i)
                                       .arg(j)
                                       .arg(from, to)
                                       .arg(1.0 / cells(i, j), 0, 'g', 17)
                                 : QString();
    };
    const VectorXd expected = ngspiceCurrents(side, side, wires, voltages, resistor);
    const VectorXd currents = WireNetwork(cells, wires).solve(voltages).outputCurrent;
    VERIFY_BELOW((currents.array() / expected.array() - 1.0).abs().maxCoeff(), 1e-6);
}

/// Equal cells on one wire, and no other resistance, have a closed form.
void TestWireNetwork::uniformLadder()
{
    constexpr int cells = 50;
    const double cell = 5000.0, wire = 40.0, volt = 0.3;
    const WireNetwork network(CellGrid<double>::Constant(cells, 1, 1.0 / cell), {.columnSegment = wire});
    const VectorXd expected = volt / cell * uniformShares(cells, wire / cell);
    VERIFY_BELOW(relativeError(network.solve(VectorXd::Constant(1, volt)).outputCurrent, expected), 1e-12);
    const WireNetwork turned(CellGrid<double>::Constant(1, cells, 1.0 / cell), {.rowSegment = wire});
    VERIFY_BELOW(relativeError(volt * turned.transfer().transpose().reverse(), expected), 1e-12);
}

void TestWireNetwork::uniformLadderOfAnyRatio()
{
    QFETCH(const double, siemens);
    QFETCH(const double, ohm);
    constexpr int cells = 12;
    const double volt = 0.3;
    const VectorXd current = volt * siemens * uniformShares(cells, siemens * ohm);
    const WireNetwork column(CellGrid<double>::Constant(cells, 1, siemens), {.columnSegment = ohm});
    const CrossbarState driven = column.solve(VectorXd::Constant(1, volt));
    VERIFY_BELOW(relativeError(driven.outputCurrent, current), 1e-11);
    VERIFY_BELOW(errorOfLargest(driven.cellCurrent, current), 1e-11);
    VERIFY_BELOW(std::abs(driven.inputCurrent[0] / current.sum() - 1.0), 1e-11);

    // The same wire as a row whose columns are driven alike: each cell carries what the others leave of it.
    const WireNetwork row(CellGrid<double>::Constant(1, cells, siemens), {.rowSegment = ohm});
    VERIFY_BELOW(relativeError(volt * row.transfer().transpose().reverse(), current), 1e-11);
    for (int one = 0; one < cells; ++one) { // by reciprocity, the currents of each case sum to its output
        const CrossbarState state = row.solve(volt * VectorXd::Unit(cells, one));
        VERIFY_BELOW(std::abs(state.inputCurrent.sum() - state.outputCurrent[0]),
                     1e-11 * state.inputCurrent[one]);
    }
}

void TestWireNetwork::oneCellOfAnyRatio()
{
    QFETCH(const double, siemens);
    QFETCH(const double, ohm);
    for (const LineEnds drive : {LineEnds::One, LineEnds::Both})
        for (const LineEnds read : {LineEnds::One, LineEnds::Both}) {
            const WireOptions wires{.columnSegment = ohm,
                                    .rowSegment = 3.0 * ohm,
                                    .source = 0.5 * ohm,
                                    .sense = 2.0 * ohm,
                                    .drive = drive,
                                    .read = read};
            const double around =
                (drive == LineEnds::Both ? 0.75 : 1.5) * ohm + (read == LineEnds::Both ? 2.5 : 5.0) * ohm;
            const double current = 0.3 / (1.0 / siemens + around);
            const CrossbarState state = WireNetwork(CellGrid<double>::Constant(1, 1, siemens), wires)
                                            .solve(VectorXd::Constant(1, 0.3));
            VERIFY_BELOW(std::abs(state.cellCurrent(0, 0) / current - 1.0), 1e-13);
            VERIFY_BELOW(std::abs(state.inputCurrent[0] / current - 1.0), 1e-13);
            VERIFY_BELOW(std::abs(state.outputCurrent[0] / current - 1.0), 1e-13);
            VERIFY_BELOW(std::abs(state.cellVoltage(0, 0) * siemens / current - 1.0), 1e-13);
        }
}

void TestWireNetwork::anyRatioEqualsDenseSolve()
{
    QFETCH(const double, siemens);
    QFETCH(const double, ohm);
    using Exact = BasicDenseNodalSolve<boost::multiprecision::cpp_bin_float_quad>;
    for (const auto& [rows, columns] : {std::pair{2, 3}, {3, 2}}) {
        CellGrid<double> cells = 0.5 * siemens * (1.0 + randomCells(rows, columns, 8));
        cells(1, 1) *= 1e-9;
        for (const WireOptions& wires : wiresOf(ohm)) {
            const Exact exact(cells, wires);
            const WireNetwork network(cells, wires);
            VERIFY_BELOW(relativeError(network.transfer(), exact.transfer().cast<double>()), 1e-12);
            for (const VectorXd& voltages : {VectorXd(VectorXd::Constant(columns, 0.2)),
                                             VectorXd(VectorXd::Unit(columns, 1)), randomVoltages(columns)}) {
                const Exact::Matrix volt = voltages.cast<Exact::Real>();
                MatrixXd across(rows, columns);
                for (int i = 0; i < rows; ++i)
                    for (int j = 0; j < columns; ++j) {
                        Exact::Real sum = 0;
                        for (int k = 0; k < columns; ++k)
                            sum += (exact.columnVoltage(i, j, k) - exact.rowVoltage(i, j, k)) * volt(k);
                        across(i, j) = static_cast<double>(sum);
                    }
                const Exact::Matrix input = exact.admittance() * volt;
                const auto power = static_cast<double>((volt.transpose() * input)(0));
                const CrossbarState state = network.solve(voltages);
                VERIFY_BELOW(errorOfLargest(state.cellCurrent, cells.matrix().cwiseProduct(across)), 1e-11);
                VERIFY_BELOW(errorOfLargest(state.inputCurrent, input.cast<double>()), 1e-11);
                VERIFY_BELOW(std::abs(voltages.dot(state.inputCurrent) / power - 1.0), 1e-10);
            }
        }
    }
}

void TestWireNetwork::shortsConserveCurrentAndEnergy()
{
    QFETCH(const double, siemens);
    QFETCH(const double, ohm);
    for (const auto& [rows, columns] : {std::pair{5, 7}, {9, 4}})
        for (const WireOptions& wires : wiresOf(ohm))
            verifyConservation(siemens * randomCells(rows, columns, 9), wires, 1e-11);
}

void TestWireNetwork::conservesCurrentAndEnergy()
{
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    QFETCH(const int, wires);
    verifyConservation(randomCells(rows, columns, 1),
                       everyKindOfWires[static_cast<std::size_t>(wires)].options, 1e-12);
}

/// Kirchhoff's current law and Tellegen's theorem.
void TestWireNetwork::verifyConservation(const CellGrid<double>& cells, const WireOptions& options,
                                         double precision)
{
    const VectorXd voltages = randomVoltages(cells.cols());
    const CrossbarState state = WireNetwork(cells, options).solve(voltages);
    const double throughput = state.cellCurrent.cwiseAbs().sum();
    VERIFY_BELOW((state.cellCurrent.rowwise().sum() - state.outputCurrent).cwiseAbs().maxCoeff(),
                 precision * throughput);
    VERIFY_BELOW((state.cellCurrent.colwise().sum().transpose() - state.inputCurrent).cwiseAbs().maxCoeff(),
                 precision * throughput);
    double burnt = state.cellCurrent.cwiseProduct(state.cellVoltage).sum();
    for (Eigen::Index j = 0; j < cells.cols(); ++j)
        burnt += lineLoss(state.columnVoltage.col(j), state.cellCurrent.col(j), voltages[j],
                          options.columnSegment, options.source, options.drive);
    for (Eigen::Index i = 0; i < cells.rows(); ++i)
        burnt += lineLoss(state.rowVoltage.row(i).reverse(), -state.cellCurrent.row(i).reverse(), 0.0,
                          options.rowSegment, options.sense, options.read);
    const double supplied = voltages.dot(state.inputCurrent);
    VERIFY_BELOW(std::abs(supplied - burnt), 100.0 * precision * supplied);
}

void TestWireNetwork::addsInputs()
{
    const WireNetwork network(randomCells(12, 16, 2), everyKindOfWires[3].options);
    const VectorXd first = randomVoltages(16, 1), second = randomVoltages(16, 2);
    const CrossbarState a = network.solve(first), b = network.solve(second);
    const CrossbarState both = network.solve(first + 3.0 * second);
    QVERIFY(both.cellCurrent.isApprox(a.cellCurrent + 3.0 * b.cellCurrent, 1e-12));
    QVERIFY(both.columnVoltage.isApprox(a.columnVoltage + 3.0 * b.columnVoltage, 1e-12));
    QVERIFY(both.outputCurrent.isApprox(a.outputCurrent + 3.0 * b.outputCurrent, 1e-12));
}

/// Driven where it was read and read where it was driven, the array has the transposed transfer matrix.
void TestWireNetwork::isReciprocal()
{
    const CellGrid<double> cells = randomCells(9, 40, 3);
    for (const Wires& wires : everyKindOfWires) {
        const WireOptions& forth = wires.options;
        const WireOptions back{.columnSegment = forth.rowSegment,
                               .rowSegment = forth.columnSegment,
                               .source = forth.sense,
                               .sense = forth.source,
                               .drive = forth.read,
                               .read = forth.drive};
        const MatrixXd turned =
            WireNetwork(cells.transpose().reverse(), back).transfer().transpose().reverse();
        VERIFY_BELOW(relativeError(WireNetwork(cells, forth).transfer(), turned), 1e-12);
    }
}

void TestWireNetwork::idealWithoutResistance()
{
    const CellGrid<double> cells = randomCells(30, 70, 4);
    QVERIFY(WireNetwork(cells, {}).transfer() == cells.matrix());
}

void TestWireNetwork::continuousTowardsNoResistance_data()
{
    QTest::addColumn<int>("wires");
    for (std::size_t k = 0; k < everyKindOfWires.size(); ++k)
        QTest::newRow(everyKindOfWires[k].name) << static_cast<int>(k);
}

void TestWireNetwork::continuousTowardsNoResistance()
{
    QFETCH(const int, wires);
    const WireOptions limit = [&] {
        WireOptions options = everyKindOfWires[static_cast<std::size_t>(wires)].options;
        options.columnSegment = options.rowSegment = 0.0;
        return options;
    }();
    const CellGrid<double> cells = randomCells(20, 18, 5);
    const MatrixXd expected = WireNetwork(cells, limit).transfer();
    for (const double ohm : {1e-6, 1e-9, 1e-12, 1e-15, 1e-30, 1e-59, 1e-300}) {
        WireOptions options = limit;
        options.columnSegment = options.rowSegment = ohm;
        // 20 cells of 1 S in a row: each segment changes what passes by up to 20^2 times its ohms, and
        // through cells of 1e-8 S sneaks in as much.
        const MatrixXd found = WireNetwork(cells, options).transfer();
        VERIFY_BELOW((found - expected).cwiseAbs().maxCoeff(),
                     (1e3 * ohm + 1e-13) * expected.cwiseAbs().maxCoeff());
    }
}

void TestWireNetwork::extremeCells_data()
{
    QTest::addColumn<double>("siemens");
    QTest::newRow("all open") << 0.0;
    QTest::newRow("all but open") << 1e-30;
    QTest::newRow("all shorted") << 1.0;
    QTest::newRow("welded") << 1e6;
}

void TestWireNetwork::extremeCells()
{
    QFETCH(const double, siemens);
    const CellGrid<double> cells = CellGrid<double>::Constant(7, 9, siemens);
    for (const Wires& wires : everyKindOfWires) {
        const MatrixXd transfer = WireNetwork(cells, wires.options).transfer();
        VERIFY_BELOW(relativeError(transfer, DenseNodalSolve(cells, wires.options).transfer()), 1e-9);
    }
}

void TestWireNetwork::reprogrammedCells()
{
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    QFETCH(const int, wires);
    const WireOptions& options = everyKindOfWires[static_cast<std::size_t>(wires)].options;
    CellGrid<double> cells = randomCells(rows, columns, 6);
    const WireNetwork network(cells, options);
    QVERIFY(network.transferAfter({}) == network.transfer());

    std::vector<CellChange> changes;
    const double values[] = {1e-3, 0.0, 1.0, 1e-8, 5e-5};
    for (int k = 0; k < std::min(5, rows * columns); ++k) {
        const int place = 7 * k % (rows * columns);
        const CellIndex cell{place / columns, place % columns};
        changes.push_back({cell, values[k]});
        cells(cell.row, cell.column) = values[k];
    }
    const MatrixXd expected = WireNetwork(cells, options).transfer();
    VERIFY_BELOW((network.transferAfter(changes) - expected).cwiseAbs().maxCoeff(),
                 1e-12 * std::max(expected.maxCoeff(), network.transfer().maxCoeff()));
}

void TestWireNetwork::refusesBadInput_data()
{
    QTest::addColumn<WireOptions>("wires");
    QTest::addColumn<double>("siemens");
    QTest::addColumn<int>("columns");
    QTest::addColumn<std::string>("message");
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinite = std::numeric_limits<double>::infinity();
    QTest::newRow("negative cell") << WireOptions{} << -1e-9 << 4
                                   << std::string("conductance in row 2, column 3 is -1e-09, must be from 0");
    QTest::newRow("unknown cell") << WireOptions{} << nan << 4 << std::string("row 2, column 3 is nan");
    QTest::newRow("infinite cell") << WireOptions{} << infinite << 4 << std::string("row 2, column 3 is inf");
    QTest::newRow("no cells") << WireOptions{} << 0.0 << 0 << std::string("size of the crossbar is 3 x 0");
    QTest::newRow("row's wire") << WireOptions{.rowSegment = -1.0} << 0.0 << 4
                                << std::string("Bit-line segment (row_segment_ohm) is -1, must be from 0");
    QTest::newRow("column's wire") << WireOptions{.columnSegment = nan} << 0.0 << 4
                                   << std::string("Word-line segment (column_segment_ohm) is nan");
    QTest::newRow("source") << WireOptions{.source = infinite} << 0.0 << 4
                            << std::string("Source resistance (source_ohm) is inf");
    QTest::newRow("sense") << WireOptions{.sense = 1e13} << 0.0 << 4
                           << std::string("Sense resistance (sense_ohm) is 1e13");
}

void TestWireNetwork::refusesBadInput()
{
    QFETCH(const WireOptions, wires);
    QFETCH(const double, siemens);
    QFETCH(const int, columns);
    QFETCH(const std::string, message);
    CellGrid<double> cells = CellGrid<double>::Constant(3, columns, 1e-3);
    if (columns > 0)
        cells(1, 2) = siemens;
    VERIFY_CONTAINS(messageOf([&] { WireNetwork(cells, wires); }), message);
}

void TestWireNetwork::refusesBadVoltages()
{
    const WireNetwork network(randomCells(3, 2), {});
    VERIFY_CONTAINS(messageOf([&] { network.solve(VectorXd::Zero(3)); }),
                    "number of input voltages is 3, must be the crossbar's 2 columns");
    VERIFY_CONTAINS(messageOf([&] { network.solve(VectorXd::Constant(2, std::nan(""))); }),
                    "voltage of column 1 is nan");
}

void TestWireNetwork::refusesBadChanges()
{
    const WireNetwork network(randomCells(3, 2), {});
    const auto message = [&](const std::vector<CellChange>& changes) {
        return messageOf([&] { network.transferAfter(changes); });
    };
    VERIFY_CONTAINS(message({{{3, 0}, 1.0}}), "row of a changed cell is 3, must be from 0 to 2");
    VERIFY_CONTAINS(message({{{0, -1}, 1.0}}), "column of a changed cell is -1");
    VERIFY_CONTAINS(message({{{0, 1}, -1.0}}), "row 1, column 2 is -1");
    VERIFY_CONTAINS(message({{{0, 1}, 1.0}, {{0, 1}, 2.0}}), "twice");
}

QTEST_APPLESS_MAIN(TestWireNetwork)
#include "test_wire_network.moc"
