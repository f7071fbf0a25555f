#pragma once

#include <functional>
#include <limits>

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>

#include "crossbar/wire_network.h"

inline bool hasNgspice()
{
    return !QStandardPaths::findExecutable("ngspice").isEmpty();
}

/// Leaves a test that needs it where it is missing: as failed where all that tests need is installed, else as
/// skipped.
#define REQUIRE_NGSPICE()                                                                                    \
    do {                                                                                                     \
        if (!hasNgspice() && qEnvironmentVariable("CI") == "true")                                           \
            QFAIL("ngspice is not installed");                                                               \
        if (!hasNgspice())                                                                                   \
            QSKIP("ngspice is not installed: no comparison with it");                                        \
    } while (false)

/// The netlist line of the cell in row i, column j between its two nodes; empty for an open.
using SpiceCell =
    std::function<QString(Eigen::Index i, Eigen::Index j, const QString& from, const QString& to)>;

/// The output currents of a crossbar under input voltages, by ngspice, in the operating point; all wire
/// resistances above 0. NaN where it printed none.
inline Eigen::VectorXd ngspiceCurrents(Eigen::Index rows, Eigen::Index columns,
                                       const faultline::WireOptions& wires, const Eigen::VectorXd& voltages,
                                       const SpiceCell& cell)
{
    using faultline::LineEnds;
    QString text = "crossbar\n.options reltol=1e-12 abstol=1e-20 vntol=1e-15 itl1=500\n";
    int resistors = 0;
    const auto resistor = [&](const QString& from, const QString& to, double ohm) {
        text += QString("R%1 %2 %3 %4\n").arg(++resistors).arg(from, to).arg(ohm, 0, 'g', 17);
    };
    const auto node = [](const char* line, Eigen::Index i, Eigen::Index j) {
        return QString("%1_%2_%3").arg(line).arg(i).arg(j);
    };
    for (Eigen::Index j = 0; j < columns; ++j) {
        text += QString("Vin%1 in%1 0 %2\n").arg(j).arg(voltages[j], 0, 'g', 17);
        resistor(QString("in%1").arg(j), node("c", 0, j), wires.source + wires.columnSegment);
        if (wires.drive == LineEnds::Both)
            resistor(QString("in%1").arg(j), node("c", rows - 1, j), wires.source + wires.columnSegment);
        for (Eigen::Index i = 0; i + 1 < rows; ++i)
            resistor(node("c", i, j), node("c", i + 1, j), wires.columnSegment);
    }
    QString prints;
    for (Eigen::Index i = 0; i < rows; ++i) {
        text += QString("Vout%1 out%1 0 0\n").arg(i);
        prints += QString("print i(vout%1)\n").arg(i);
        resistor(QString("out%1").arg(i), node("r", i, columns - 1), wires.sense + wires.rowSegment);
        if (wires.read == LineEnds::Both)
            resistor(QString("out%1").arg(i), node("r", i, 0), wires.sense + wires.rowSegment);
        for (Eigen::Index j = 0; j < columns; ++j) {
            if (j + 1 < columns)
                resistor(node("r", i, j), node("r", i, j + 1), wires.rowSegment);
            text += cell(i, j, node("c", i, j), node("r", i, j));
        }
    }
    text += ".control\nset numdgt=14\nop\n" + prints + "quit\n.endc\n.end\n";

    Eigen::VectorXd currents = Eigen::VectorXd::Constant(rows, std::numeric_limits<double>::quiet_NaN());
    const QTemporaryDir folder;
    QFile netlist(folder.path() + "/crossbar.cir");
    if (!netlist.open(QIODevice::WriteOnly))
        return currents;
    netlist.write(text.toLatin1());
    netlist.close();
    QProcess program;
    program.start("ngspice", {"-b", netlist.fileName()});
    program.waitForFinished(240'000);
    QRegularExpressionMatchIterator printed =
        QRegularExpression("i\\(vout(\\d+)\\) = (\\S+)").globalMatch(program.readAllStandardOutput());
    while (printed.hasNext()) {
        const QRegularExpressionMatch match = printed.next();
        currents[match.captured(1).toInt()] = match.captured(2).toDouble();
    }
    return currents;
}
