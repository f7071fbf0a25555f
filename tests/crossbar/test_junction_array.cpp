#include "crossbar/junction_array.h"

#include <cmath>

#include <QTest>

#include "common/stop.h"
#include "crossbar/ngspice.h"
#include "crossbar/wire_samples.h"
#include "support/errors.h"
#include "support/limits.h"

using namespace faultline;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace
{

/// Junctions of 5 and 12.5 kilo-ohm as written, with a few shorts and opens.
Junctions biasedJunctions(int rows, int columns)
{
    const CellGrid<double> cells = junctions(rows, columns);
    return {cells,
            (cells > 7e-5 && cells < 1e-4).select(CellGrid<double>::Constant(rows, columns, 0.6), 0.0)};
}

CircuitOptions biased(double series)
{
    CircuitOptions options;
    options.wires = {.columnSegment = 1.0, .rowSegment = 1.5, .source = 20.0, .sense = 10.0};
    options.series = series;
    options.biasHalfVoltage = 0.35;
    return options;
}

} // namespace

class TestJunctionArray : public QObject
{
    Q_OBJECT

private slots:
    void linearWithoutBias();
    void newtonEqualsNgspice_data();
    void newtonEqualsNgspice();
    void sharedJacobianFindsTheSame_data();
    void sharedJacobianFindsTheSame();
    void oneCellInClosedForm();
    void shortInClosedForm();
    void transistorsInSeries();
    void extremeCells();
    void stopsInTheMiddle();
    void balancesEnergy();
    void temperatureScalesTheTmr();
    void refusesSmallDies();
};

void TestJunctionArray::linearWithoutBias()
{
    CircuitOptions options = biased(500.0);
    options.biasHalfVoltage = std::numeric_limits<double>::infinity();
    const Junctions cells = biasedJunctions(12, 20);
    const JunctionArray array(cells, options);
    const CellGrid<double> inSeries = 1.0 / (1.0 / cells.conductance + 500.0);
    const WireNetwork expected(inSeries, options.wires);
    const MatrixXd difference = array.linear().transfer() - expected.transfer();
    VERIFY_BELOW(difference.cwiseAbs().maxCoeff(), 1e-13 * expected.transfer().maxCoeff());

    const MatrixXd voltages = (MatrixXd(20, 2) << randomVoltages(20, 1), randomVoltages(20, 2)).finished();
    const JunctionArray::Reading reading = array.read(voltages);
    for (int k = 0; k < 2; ++k) {
        const CrossbarState state = array.solve(voltages.col(k));
        QVERIFY(reading.rows.col(k).isApprox(state.outputCurrent, 1e-11));
        QVERIFY(reading.columns.col(k).isApprox(state.inputCurrent, 1e-11));
    }
}

void TestJunctionArray::newtonEqualsNgspice_data()
{
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::addColumn<double>("series");
    QTest::addColumn<LineEnds>("drive");
    QTest::addColumn<LineEnds>("sense");
    const LineEnds one = LineEnds::One, both = LineEnds::Both;
    QTest::newRow("25 x 25") << 25 << 25 << 0.0 << one << one;
    QTest::newRow("25 x 25, transistors, both ends") << 25 << 25 << 800.0 << both << both;
    QTest::newRow("30 x 18, transistors, driven at both ends") << 30 << 18 << 800.0 << both << one;
    QTest::newRow("18 x 30, read at both ends") << 18 << 30 << 0.0 << one << both;
    QTest::newRow("64 x 64") << 64 << 64 << 0.0 << one << one;
}

void TestJunctionArray::newtonEqualsNgspice()
{
    REQUIRE_NGSPICE();
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    QFETCH(const double, series);
    QFETCH(const LineEnds, drive);
    QFETCH(const LineEnds, sense);
    CircuitOptions options = biased(series);
    options.wires.drive = drive;
    options.wires.read = sense;
    const Junctions cells = biasedJunctions(rows, columns);
    const VectorXd voltages = 0.4 * randomVoltages(columns).cwiseAbs();
    const auto cell = [&](Eigen::Index i, Eigen::Index j, QString from, const QString& to) {
        const double siemens = cells.conductance(i, j);
        if (siemens == 0.0)
            return QString();
        const auto number = [](double value) { return QString::number(value, 'g', 17); };
        const QString name = QString("%1_%2").arg(i).arg(j);
        QString lines;
        if (series > 0.0) {
            lines = QString("Rt_%1 %2 t_%1 %3\n").arg(name, from, number(series));
            from = "t_" + name;
        }
        const double share = cells.magneticShare(i, j), parallel = (1.0 - share) / siemens;
        return lines + QString("B_%1 %2 %3 I=V(%2,%3)/(%4+%5/(1+(V(%2,%3)/%6)^2))\n")
                           .arg(name, from, to, number(parallel), number(share / siemens),
                                number(options.biasHalfVoltage));
    };
    const VectorXd expected = ngspiceCurrents(rows, columns, options.wires, voltages, cell);
    const JunctionArray array(cells, options);
    const VectorXd found = array.solve(voltages).outputCurrent;
    VERIFY_BELOW((found.array() / expected.array() - 1.0).abs().maxCoeff(), 1e-6);
    const VectorXd linear = array.linear().transfer() * voltages;
    QVERIFY((found - linear).cwiseAbs().maxCoeff() > 1e-3 * expected.cwiseAbs().maxCoeff());
}

void TestJunctionArray::sharedJacobianFindsTheSame_data()
{
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("columns");
    QTest::newRow("wide") << 12 << 30;
    QTest::newRow("tall") << 30 << 12;
    QTest::newRow("one row") << 1 << 12;
    QTest::newRow("one column") << 12 << 1;
}

void TestJunctionArray::sharedJacobianFindsTheSame()
{
    QFETCH(const int, rows);
    QFETCH(const int, columns);
    const JunctionArray array(biasedJunctions(rows, columns), biased(300.0));
    constexpr int cases = 60; // more than one panel
    MatrixXd voltages(columns, cases);
    for (int k = 0; k < cases; ++k)
        voltages.col(k) = (k == 3 ? 0.0 : 0.5) * randomVoltages(columns, static_cast<std::uint32_t>(k));
    const JunctionArray::Reading reading = array.read(voltages);
    for (int k = 0; k < cases; k += 7) {
        const CrossbarState state = array.solve(voltages.col(k));
        const double largest = state.inputCurrent.cwiseAbs().maxCoeff();
        VERIFY_BELOW((reading.rows.col(k) - state.outputCurrent).cwiseAbs().maxCoeff(), 1e-7 * largest);
        VERIFY_BELOW((reading.columns.col(k) - state.inputCurrent).cwiseAbs().maxCoeff(), 1e-7 * largest);
    }
    QCOMPARE(reading.rows.col(3).cwiseAbs().maxCoeff(), 0.0);
}

/// Without wires and transistor a cell sees the read voltage itself.
void TestJunctionArray::oneCellInClosedForm()
{
    CircuitOptions options;
    options.biasHalfVoltage = 0.4;
    const double parallel = 5e3, tmr = 1.5, volt = 0.3;
    const double antiparallel = parallel * (1.0 + tmr);
    const JunctionArray array({CellGrid<double>::Constant(1, 1, 1.0 / antiparallel),
                               CellGrid<double>::Constant(1, 1, 1.0 - parallel / antiparallel)},
                              options);
    const double expected = volt / (parallel * (1.0 + tmr / (1.0 + std::pow(volt / 0.4, 2.0))));
    const double found = array.solve(VectorXd::Constant(1, volt)).outputCurrent[0];
    VERIFY_BELOW(std::abs(found - expected), 1e-13 * expected);
}

/// A short between junctions takes all that the wires let pass, however little voltage is across it.
void TestJunctionArray::shortInClosedForm()
{
    const CircuitOptions options = biased(0.0);
    const WireOptions& wires = options.wires;
    const double around = wires.source + wires.columnSegment + wires.rowSegment + wires.sense;
    for (const double siemens : {1e3, 1e6, 1e9, 1e12})
        for (const double share : {0.0, 0.5}) {
            CellGrid<double> cells = CellGrid<double>::Zero(2, 2);
            cells(0, 1) = siemens;
            const JunctionArray array({cells, CellGrid<double>::Constant(2, 2, share)}, options);
            const VectorXd voltages = VectorXd::Constant(2, 0.4);
            const double expected = 0.4 / (around + 1.0 / siemens); // the bias across it is small
            const double precision = siemens > 1e3 ? 1e-10 : 1e-8;
            const CrossbarState state = array.solve(voltages);
            const JunctionArray::Reading reading = array.read(voltages);
            for (const double found : {state.inputCurrent[1], state.outputCurrent[0], state.cellCurrent(0, 1),
                                       reading.columns(1, 0), reading.rows(0, 0)})
                VERIFY_BELOW(std::abs(found / expected - 1.0), precision);
        }
}

/// The current of a junction behind a transistor solves its equation, also where it is concave in the voltage
/// and where either of the two has nearly all of the resistance.
void TestJunctionArray::transistorsInSeries()
{
    CircuitOptions options;
    options.biasHalfVoltage = 0.4;
    constexpr double siemens = 1e-4;
    for (const double share : {0.01, 0.6, 0.99, 0.999999})
        for (const double ohm : {1.0, 1e3, 1e4, 1e7})
            for (const double volt : {1e-6, 0.1, 0.7, 5.0, -5.0, 1e3, 1e6}) {
                options.series = ohm;
                const JunctionArray array(
                    {CellGrid<double>::Constant(1, 1, siemens), CellGrid<double>::Constant(1, 1, share)},
                    options);
                const double found = array.solve(VectorXd::Constant(1, volt)).outputCurrent[0];
                // The root by halving, in long double.
                long double low = 0.0L, high = std::abs(volt), w = 0.0L, current = 0.0L;
                for (int step = 0; step < 200; ++step) {
                    w = (low + high) / 2.0L;
                    const long double u2 = w * w / (0.4L * 0.4L);
                    current = siemens * w / (1.0L - share * u2 / (1.0L + u2));
                    (w + ohm * current > std::abs(volt) ? high : low) = w;
                }
                VERIFY_BELOW(std::abs(found / static_cast<double>(std::copysign(current, volt)) - 1.0), 1e-9);
            }
}

void TestJunctionArray::stopsInTheMiddle()
{
    std::stop_source stop;
    stop.request_stop();
    const JunctionArray array(biasedJunctions(10, 12), biased(100.0));
    const VectorXd voltages = randomVoltages(12);
    QVERIFY_EXCEPTION_THROWN(JunctionArray(biasedJunctions(10, 12), biased(100.0), stop.get_token()),
                             Stopped);
    QVERIFY_EXCEPTION_THROWN(array.solve(voltages, stop.get_token()), Stopped);
    QVERIFY_EXCEPTION_THROWN(array.read(voltages, stop.get_token()), Stopped);
}

void TestJunctionArray::extremeCells()
{
    for (const double siemens : {0.0, 1e-30, 1.0}) {
        const CellGrid<double> cells = CellGrid<double>::Constant(6, 9, siemens);
        const JunctionArray array({cells, CellGrid<double>::Constant(6, 9, 0.5)}, biased(100.0));
        const VectorXd voltages = randomVoltages(9);
        const CrossbarState state = array.solve(voltages);
        QVERIFY(state.outputCurrent.allFinite());
        const double largest = state.inputCurrent.cwiseAbs().maxCoeff();
        VERIFY_BELOW((array.read(voltages).rows - state.outputCurrent).cwiseAbs().maxCoeff(),
                     1e-7 * largest + 1e-40);
    }
}

/// What the sources give is lost in cells, wires, drivers and sense resistances.
void TestJunctionArray::balancesEnergy()
{
    CircuitOptions options = biased(200.0);
    const VectorXd voltages = 0.5 * randomVoltages(20);
    const CrossbarState state = JunctionArray(biasedJunctions(15, 20), options).solve(voltages);
    double burnt = state.cellCurrent.cwiseProduct(state.columnVoltage - state.rowVoltage).sum();
    const WireOptions& wires = options.wires;
    for (int j = 0; j < 20; ++j) {
        double current = state.inputCurrent[j];
        burnt += current * current * wires.source;
        for (int i = 0; i < 15; ++i) {
            burnt += current * current * wires.columnSegment;
            current -= state.cellCurrent(i, j);
        }
    }
    for (int i = 0; i < 15; ++i) {
        double current = 0.0;
        for (int j = 0; j < 20; ++j) {
            current += state.cellCurrent(i, j);
            burnt += current * current * wires.rowSegment;
        }
        burnt += current * current * wires.sense;
    }
    const double supplied = voltages.dot(state.inputCurrent);
    VERIFY_BELOW(std::abs(supplied - burnt), 1e-10 * supplied);
}

void TestJunctionArray::temperatureScalesTheTmr()
{
    const Device device;
    Die die("D", {4, 4, 4, 4}, device);
    die.setDefect(0, 0, Defect::Short, 1e-3F);
    die.setDefect(0, 1, Defect::Open, 0.0F);
    die.conductance[AP](0, 2) = 3e-4F; // conducts more at AP
    const CellGrid<Level> written = CellGrid<Level>::Constant(4, 4, AP);
    CircuitOptions options;
    const Junctions reference(die, written, device, options);
    QVERIFY((reference.conductance == die.conductance[AP].cast<double>()).all());

    options.temperature = 380.0;
    const double scale = options.tmrScale(device.tmr);
    QVERIFY(scale < 1.0 && scale > 0.5);
    const Junctions warm(die, written, device, options);
    const double expected = 1.0 / (device.parallelResistance * (1.0 + scale * device.tmr));
    VERIFY_BELOW(std::abs(warm.conductance(3, 3) - expected), 1e-6 * expected);
    VERIFY_BELOW(std::abs(warm.magneticShare(3, 3) - scale * device.tmr / (1.0 + scale * device.tmr)), 1e-6);
    QVERIFY((warm.conductance.row(0).head(3) == reference.conductance.row(0).head(3)).all());
    QVERIFY((Junctions(die, CellGrid<Level>::Constant(4, 4, P), device, options).conductance ==
             die.conductance[P].cast<double>())
                .all());
}

void TestJunctionArray::refusesSmallDies()
{
    const Die die("D7", {4, 4, 4, 4}, Device());
    VERIFY_CONTAINS(messageOf([&] { Junctions(die, CellGrid<Level>::Constant(4, 5, P), Device(), {}); }),
                    "Die D7 has 4 x 4 cells, too few for the 4 x 5");
}

QTEST_APPLESS_MAIN(TestJunctionArray)
#include "test_junction_array.moc"
