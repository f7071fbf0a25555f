#include <algorithm>
#include <array>
#include <cmath>

#include <QTest>

#include "formats/npy.h"
#include "measurement/classification.h"
#include "measurement/doubts.h"
#include "measurement/import.h"
#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/zip_files.h"

using namespace faultline;
namespace fs = std::filesystem;

// Files as instruments, testers and scripts write them: read with the right values, or refused by name.

namespace
{

Measurement readGuessed(const std::vector<fs::path>& files)
{
    return readMeasurement(files, guessRecipe(files.front()));
}

double ohmAt(int row, int column)
{
    return 5000.0 + 100.0 * row + 10.0 * column;
}

/// 6 rows of 8 numbers of ohm at P; `last` follows each row.
std::string matrix(const std::string& separator = ",", const std::string& last = "", double factor = 1.0)
{
    std::string text;
    for (int row = 0; row < 6; ++row)
        for (int column = 0; column < 8; ++column)
            text += std::to_string(factor * ohmAt(row, column)) + (column < 7 ? separator : last + "\n");
    return text;
}

/// The largest relative deviation of the die's resistance at P; infinite for another size.
double deviation(const Measurement& measurement, Level level = P, double factor = 1.0)
{
    if (measurement.dies.size() != 1 || !measurement.dies.front().has(level))
        return INFINITY;
    const CellGrid<float>& grid = measurement.dies.front().conductance[level];
    if (grid.rows() != 6 || grid.cols() != 8)
        return INFINITY;
    double worst = 0.0;
    for (int row = 0; row < 6; ++row)
        for (int column = 0; column < 8; ++column)
            worst = std::max(worst, std::abs(grid(row, column) * factor * ohmAt(row, column) - 1.0));
    return worst;
}

std::string all(const ImportReport& report)
{
    std::string text;
    for (const std::string& line : report.lines())
        text += line + "\n";
    return text;
}

/// A .npy file of 6 x 8 values of a kind.
std::string npyOf(const std::string& descr, std::size_t bytesEach)
{
    std::string header = "{'descr': " + descr + ", 'fortran_order': False, 'shape': (6, 8), }\n";
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header +
           std::string(48 * bytesEach, '\0');
}

#define VERIFY_CLOSE(value)                                                                                  \
    do {                                                                                                     \
        const double is = value;                                                                             \
        QVERIFY2(is < 1e-6, qPrintable(QString::number(is)));                                                \
    } while (false)

} // namespace

class TestLaboratoryFiles : public QObject
{
    Q_OBJECT

private slots:
    void marksOfInstrumentsAreMissing();
    void separatorsAtEdgesMakeNoCells_data();
    void separatorsAtEdgesMakeNoCells();
    void emptyCellsInsideStay();
    void asksWhereStatesHardlyDiffer();
    void wordsAreStatesUnlessTold();
    void masksAndCountsAreNoMeasurement();
    void leavesOutWhatStandsBeside();
    void marksProtectWhatTheyHold();
    void knowsMarksForThousands_data();
    void knowsMarksForThousands();
    void readsTextsOfAllKinds_data();
    void readsTextsOfAllKinds();
    void takesCommentsForWhatTheyAre();
    void knowsWordsForNoNumber_data();
    void knowsWordsForNoNumber();
    void tellsDiesByTheirPlaces_data();
    void tellsDiesByTheirPlaces();
    void turnsPlacesAsTold();
    void knowsOtherNamesOfLines_data();
    void knowsOtherNamesOfLines();
    void takesOneOfSeveralReadings_data();
    void takesOneOfSeveralReadings();
    void saysHowToGoOn();
    void namesTheKindsThatItRefuses_data();
    void namesTheKindsThatItRefuses();
    void namesForeignFormats_data();
    void namesForeignFormats();

private:
    TemporaryFolder folder_;
};

/// As a parameter analyser writes currents, with a short that is one and marks that are none.
void TestLaboratoryFiles::marksOfInstrumentsAreMissing()
{
    std::string text = "row,column,state,current [A]\n";
    for (int row = 1; row <= 6; ++row)
        for (int column = 1; column <= 6; ++column)
            for (const bool isP : {true, false}) {
                const std::string place = std::to_string(row) + "," + std::to_string(column);
                const std::string cell = place + (isP ? ",P" : ",AP");
                text += cell + "," +
                        (cell == "2,3,P"    ? "199.999E+99"
                         : cell == "3,4,AP" ? "-199.999E+99"
                         : cell == "4,1,P"  ? "9.91E+37"
                         : cell == "4,2,P"  ? "-9.9E+37"
                         : cell == "4,3,P"  ? "1E38"
                         : place == "1,1"   ? "2e-3"
                         : isP              ? "2e-5"
                                            : "8e-6") +
                        "\n";
            }
    const Measurement measurement = readGuessed({folder_.write("D02.csv", text)});
    const ImportReport& report = measurement.report;
    QCOMPARE(report.missing, 5L);
    QCOMPARE(report.overRange + report.negative, 0L);
    int shorts = 0;
    for (const float siemens : measurement.dies.front().conductance[P].reshaped())
        shorts += siemens > 1e-3f;
    QCOMPARE(shorts, 1);
    VERIFY_CONTAINS(all(report), "1.99999e+101 (1 time)");
    VERIFY_CONTAINS(all(report), "9.91e+37 (1 time)");

    // A resistance beyond the range is that of an open.
    const Measurement open = readGuessed({folder_.write("D1_P.csv", "5000,1e38\n199.999E+99,5010\n")});
    QCOMPARE(open.report.overRange, 1L);
    QCOMPARE(open.report.missing, 1L);
    QCOMPARE(open.dies.front().conductance[P](0, 1), 0.0f);
}

void TestLaboratoryFiles::separatorsAtEdgesMakeNoCells_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("last") << QByteArray::fromStdString(matrix(",", ","));
    QTest::newRow("three") << QByteArray::fromStdString(matrix(";", ";;;"));
    QTest::newRow("tab") << QByteArray::fromStdString(matrix("\t", "\t"));
    QByteArray first = "," + QByteArray::fromStdString(matrix());
    first.replace("\n", "\n,");
    first.chop(1);
    QTest::newRow("first") << first;
    QTest::newRow("rows") << QByteArray::fromStdString(matrix()) + ",,,,,,,\n,,,,,,,\n";
}

void TestLaboratoryFiles::separatorsAtEdgesMakeNoCells()
{
    QFETCH(QByteArray, text);
    const Measurement measurement = readGuessed({folder_.write("D01_P.csv", text.toStdString())});
    VERIFY_CLOSE(deviation(measurement));
    QCOMPARE(measurement.report.missing, 0L);

    // The same of a table, with names above and without.
    for (const char* const header : {"row,column,R_P (Ohm),R_AP (Ohm)\n", ""}) {
        std::string table(header);
        for (int row = 0; row < 6; ++row)
            for (int column = 0; column < 8; ++column)
                table += std::to_string(row) + "," + std::to_string(column) + "," +
                         std::to_string(ohmAt(row, column)) + "," + std::to_string(2.5 * ohmAt(row, column)) +
                         ",\n";
        const Measurement both = readGuessed({folder_.write("D01.csv", table + ",,,,\n")});
        VERIFY_CLOSE(deviation(both));
        VERIFY_CLOSE(deviation(both, AP, 2.5));
    }
}

/// A value that is missing in the last column of one line is still that of a cell.
void TestLaboratoryFiles::emptyCellsInsideStay()
{
    const Measurement measurement =
        readGuessed({folder_.write("D03_P.csv", "5000,5010,\n5100,,5120\n,,\n5300,5310,5320\n")});
    QCOMPARE(measurement.report.missing, 5L);
    QCOMPARE(measurement.dies.front().conductance[P].rows(), Eigen::Index{4});
    QCOMPARE(measurement.dies.front().conductance[P](3, 2), 1.0f / 5320.0f);
}

void TestLaboratoryFiles::asksWhereStatesHardlyDiffer()
{
    const auto doubts = [&](const fs::path& file) {
        const ImportRecipe recipe = guessRecipe(file);
        const Measurement measurement = readMeasurement(std::array{file}, recipe);
        return doubtsAbout(waferOf(measurement, "lot"), measurement, recipe);
    };
    // Two readings of one state, two dies of one state, and P with AP.
    const fs::path readings =
        folder_.write("D05.csv", "5000,5010,5020\n5100,5110,5120\n\n5001,5011,5021\n5101,5111,5121\n");
    VERIFY_CONTAINS(doubts(readings).states, "differ by 0.0198 %");
    const fs::path dies =
        folder_.write("D06.csv", "5000,5010,5020\n5100,5110,5120\n\n5850,5860,5870\n5950,5960,5990\n");
    VERIFY_CONTAINS(doubts(dies).states, "The medians of P and AP differ by 16.");
    const fs::path states = folder_.write("D07.csv", matrix() + "\n" + matrix(",", "", 2.5));
    QCOMPARE(doubts(states).states, "");
    QCOMPARE(doubts(states).unit, "");

    ImportRecipe recipe = guessRecipe(readings);
    recipe.states = {P}; // the way on
    QCOMPARE(readMeasurement(std::array{readings}, recipe).dies.size(), std::size_t{2});
}

void TestLaboratoryFiles::wordsAreStatesUnlessTold()
{
    const std::vector<fs::path> files{folder_.write("D1_high.csv", matrix()),
                                      folder_.write("D1_low.csv", matrix(",", "", 0.99))};
    ImportRecipe recipe = guessRecipe(files.front());
    const Measurement measurement = readMeasurement(files, recipe);
    VERIFY_CONTAINS(doubtsAbout(waferOf(measurement, "lot"), measurement, recipe).states, "differ by 1.01 %");
    recipe.states = {P};
    const Measurement two = readMeasurement(files, recipe);
    QCOMPARE(two.dies.size(), std::size_t{2});
    QCOMPARE(two.dies.front().name, "D1_high");
    QVERIFY(!two.dies.front().has(AP));
}

void TestLaboratoryFiles::masksAndCountsAreNoMeasurement()
{
    const auto refusal = [&](const std::string& name, std::string_view bytes) {
        const fs::path file = folder_.write(name, bytes);
        return messageOf([&] { readGuessed({file}); });
    };
    VERIFY_CONTAINS(refusal("mask_P.csv", "1,0,1\n1,1,1\n"), "found only 0 and 1, a mask, expected measured");
    std::vector<float> times(48), rows(48), cells(48);
    for (std::size_t i = 0; i < 48; ++i) {
        times[i] = 1.7e9f + 256.0f * static_cast<float>(i);
        rows[i] = static_cast<float>(i / 8);
        cells[i] = static_cast<float>(i);
    }
    constexpr std::array<std::size_t, 2> shape{6, 8};
    VERIFY_CONTAINS(refusal("times_P.npy", npy(times, shape)), "found times of a clock");
    VERIFY_CONTAINS(refusal("rows_P.npy", npy(rows, shape)), "found numbers of rows or columns");
    VERIFY_CONTAINS(refusal("cells_P.npy", npy(cells, shape)), "found numbers of cells");
}

/// As numpy.savez writes whatever is at hand: two states, a mask, a deviation and times of one shape.
void TestLaboratoryFiles::leavesOutWhatStandsBeside()
{
    std::vector<float> parallel, antiparallel, deviations, times;
    for (int row = 0; row < 6; ++row)
        for (int column = 0; column < 8; ++column) {
            parallel.push_back(static_cast<float>(ohmAt(row, column)));
            antiparallel.push_back(2.5f * parallel.back());
            deviations.push_back(0.01f * parallel.back());
            times.push_back(static_cast<float>(times.size()));
        }
    constexpr std::array<std::size_t, 2> shape{6, 8};
    const fs::path file = folder_.write("D08.npz", zipped({{"R_P.npy", npy(parallel, shape)},
                                                           {"R_AP.npy", npy(antiparallel, shape)},
                                                           {"valid.npy", npyOf("'|b1'", 1)},
                                                           {"R_P_std.npy", npy(deviations, shape)},
                                                           {"seconds.npy", npy(times, shape)},
                                                           {"names.npy", npyOf("'<U2'", 8)}}));
    const Measurement measurement = readGuessed({file});
    VERIFY_CLOSE(deviation(measurement));
    VERIFY_CLOSE(deviation(measurement, AP, 2.5));
    QCOMPARE(measurement.dies.front().name, "D08");
    VERIFY_CONTAINS(all(measurement.report), "Left out, unless datasets are chosen: R_P_std (named "
                                             "\"std\"), names (texts), seconds "
                                             "(numbers of cells), valid (booleans, as masks have).");
    std::string wanted;
    for (const DatasetChoice& choice : datasetsIn(file))
        wanted += choice.wanted ? choice.path + " " : "";
    QCOMPARE(wanted, "R_P R_AP ");

    ImportRecipe chosen = guessRecipe(file);
    chosen.datasets = {"R_P_std"};
    QVERIFY(std::abs(readMeasurement(std::array{file}, chosen).dies.front().conductance[P](0, 0) - 0.02f) <
            1e-6f);
    chosen.datasets = {"valid"};
    VERIFY_CONTAINS(messageOf([&] { readMeasurement(std::array{file}, chosen); }),
                    "valid: found booleans, as masks have, expected real numbers");
}

void TestLaboratoryFiles::marksProtectWhatTheyHold()
{
    std::string text = "\"Die, name\",row,column,\"R_P\n(Ohm)\",R_AP (Ohm)\r\n";
    for (const char* die : {"\"W1, D01\"", "\"W1, \"\"D02\"\"\""})
        for (int row = 0; row < 6; ++row)
            for (int column = 0; column < 8; ++column)
                text += std::string(die) + "," + std::to_string(row + 1) + "," + std::to_string(column + 1) +
                        "," + std::to_string(ohmAt(row, column)) + "," +
                        std::to_string(2.5 * ohmAt(row, column)) + "\r\n";
    const fs::path file = folder_.write("dies.csv", text);
    ImportRecipe recipe = guessRecipe(file);
    const Measurement measurement = readMeasurement(std::array{file}, recipe);
    QCOMPARE(recipe.columns.die, 1);
    QCOMPARE(measurement.dies.size(), std::size_t{2});
    QCOMPARE(measurement.dies[0].name, "W1, D01");
    QCOMPARE(measurement.dies[1].name, "W1, \"D02\"");
    QCOMPARE(measurement.dies[1].conductance[AP](5, 7), static_cast<float>(1.0 / (2.5 * ohmAt(5, 7))));
    recipe.columns.row = 9;
    VERIFY_CONTAINS(messageOf([&] { readMeasurement(std::array{file}, recipe); }), "line 3: found 5 fields");

    // A mark inside a field, or one that nothing closes, is a sign like others.
    const Measurement inches =
        readGuessed({folder_.write("D09_P.csv", "\"wafer of 8\" (200 mm), lot 3\n" + matrix())});
    VERIFY_CLOSE(deviation(inches));
}

void TestLaboratoryFiles::knowsMarksForThousands_data()
{
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<char>("decimal");
    QTest::addColumn<double>("value");
    const auto add = [](const char* field, char decimal, double value) {
        QTest::addRow("%s as %c", field, decimal) << QByteArray(field) << decimal << value;
    };
    add("5,000.0", '.', 5000.0);
    add("-1,234,567", '.', -1234567.0);
    add("5.000,25", ',', 5000.25);
    add("5'000", '.', 5000.0);
    add("5 000,5", ',', 5000.5);
    add("5\xC2\xA0"
        "000",
        '.', 5000.0);
    add("1,234.5e3", '.', 1234500.0);
    for (const char* none : {"5,000", "50,00.0", "5,0000.0", ",500.0", "5,000,00", "5,000.0x", "1,2,3"})
        add(none, '.', NAN);
}

void TestLaboratoryFiles::knowsMarksForThousands()
{
    QFETCH(QByteArray, field);
    QFETCH(char, decimal);
    QFETCH(double, value);
    const auto read = measuredNumber(field.toStdString(), decimal);
    QCOMPARE(read.has_value(), !std::isnan(value));
    if (read)
        QCOMPARE(*read, value);
}

void TestLaboratoryFiles::readsTextsOfAllKinds_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto add = [](const char* name, const std::string& bytes) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    const auto utf16 = [](const std::string& text, bool highFirst, bool mark) {
        std::string bytes = !mark ? "" : highFirst ? "\xFE\xFF" : "\xFF\xFE";
        for (const char c : text)
            bytes += highFirst ? std::string{'\0', c} : std::string{c, '\0'};
        return bytes;
    };
    std::string quoted, macintosh = matrix();
    for (int row = 0; row < 6; ++row)
        for (int column = 0; column < 8; ++column)
            quoted += QString("\"5,%1.0\"")
                          .arg(static_cast<int>(ohmAt(row, column)) - 5000, 3, 10, QChar('0'))
                          .toStdString() +
                      (column < 7 ? "," : "\n");
    std::ranges::replace(macintosh, '\n', '\r');
    add("marks for thousands", quoted);
    add("UTF-16", utf16("Resistance (Ohm)\r\n" + matrix("\t"), false, true));
    add("UTF-16, high bytes first", utf16(matrix("\t"), true, true));
    add("UTF-16 without a mark", utf16(matrix("\t"), false, false));
    add("carriage returns", macintosh);
}

void TestLaboratoryFiles::readsTextsOfAllKinds()
{
    QFETCH(QByteArray, bytes);
    const Measurement measurement = readGuessed({folder_.write("D01_P.csv", bytes.toStdString())});
    VERIFY_CLOSE(deviation(measurement));
}

void TestLaboratoryFiles::takesCommentsForWhatTheyAre()
{
    std::string text = matrix();
    const std::size_t middle = text.find('\n', text.size() / 2) + 1;
    text.insert(middle, "# paused, for lunch\n% and, coffee\n");
    const Measurement matrices =
        readGuessed({folder_.write("D01_P.csv", "# Source meter, invented\n" + text + "# end\n")});
    VERIFY_CLOSE(deviation(matrices));

    // As numpy.savetxt writes a header; a die may be called #1, and #N/A is no number.
    std::string table = "# die,row,column,R_P (Ohm)\n";
    for (const char* die : {"#1", "#2"})
        table += std::string("// next\n") + die + ",1,1,5000\n" + die + ",1,2,5010\n" + die + ",2,1,#N/A\n" +
                 die + ",2,2,5110\n";
    const Measurement dies = readGuessed({folder_.write("lot.csv", table)});
    QCOMPARE(dies.dies.size(), std::size_t{2});
    QCOMPARE(dies.dies[1].name, "#2");
    QCOMPARE(dies.report.missing, 2L);
    const Measurement first = readGuessed({folder_.write("D02_P.csv", "5000,5010\n#N/A,5110\n")});
    QCOMPARE(first.report.missing, 1L);
}

void TestLaboratoryFiles::knowsWordsForNoNumber_data()
{
    QTest::addColumn<QByteArray>("word");
    QTest::addColumn<double>("value");
    for (const char* word : {"", "NaN", "NA", "#N/A", "null", "-", "---", "N.A.", "n.a.", "nan(ind)",
                             "1.#QNAN", "-1.#IND", "#DIV/0!", "#VALUE!", "*****", "?", "\xE2\x80\x93"})
        QTest::addRow("\"%s\"", word) << QByteArray(word) << double{NAN};
    for (const char* word : {"inf", "overflow", "OVLD", "1.#INF", "1e400"})
        QTest::addRow("\"%s\"", word) << QByteArray(word) << double{INFINITY};
    QTest::newRow("1e-400") << QByteArray("1e-400") << 0.0;
}

void TestLaboratoryFiles::knowsWordsForNoNumber()
{
    QFETCH(QByteArray, word);
    QFETCH(double, value);
    const auto read = measuredNumber(word.toStdString(), '.');
    QVERIFY(read.has_value());
    QVERIFY(std::isnan(value) ? std::isnan(*read) : *read == value);
    const fs::path file =
        folder_.write("D01_P.csv", "5000,5010,5020\n5100," + word.toStdString() + ",5120\n5200,5210,5220\n");
    const ImportReport report = readGuessed({file}).report;
    QCOMPARE(report.missing + report.overRange + report.zero, 1L);
    // A word that nobody knows stays an error.
    const fs::path open = folder_.write("D02_P.csv", "5000,5010\n5100,broken\n");
    VERIFY_CONTAINS(messageOf([&] { readGuessed({open}); }), "line 2, column 2: found \"broken\"");
}

void TestLaboratoryFiles::tellsDiesByTheirPlaces_data()
{
    QTest::addColumn<QByteArray>("header"); // above the die's x and y, then the cell's row and column
    QTest::newRow("die_x") << QByteArray("die_x,die_y,row,col");
    QTest::newRow("DIE_X") << QByteArray("DIE_X,DIE_Y,ROW,COL");
    QTest::newRow("X beside row") << QByteArray("X,Y,Row,Col");
    QTest::newRow("row of the die") << QByteArray("Column,Row,Y,X");
}

void TestLaboratoryFiles::tellsDiesByTheirPlaces()
{
    QFETCH(QByteArray, header);
    const bool swapped = header.endsWith("Y,X"); // one die, whose row and column do not change
    std::string text = header.toStdString() + ",R_P (Ohm),R_AP (Ohm)\n";
    for (const char* place : {"3,4", "3,5", "4,4"}) {
        for (int row = 0; row < 3; ++row)
            for (int column = 0; column < 3; ++column)
                text += std::string(place) + "," + std::to_string(row) + "," + std::to_string(column) + "," +
                        std::to_string(ohmAt(row, column)) + "," + std::to_string(2.5 * ohmAt(row, column)) +
                        "\n";
        if (swapped)
            break;
    }
    const Measurement measurement = readGuessed({folder_.write("lot.csv", text)});
    QCOMPARE(measurement.dies.size(), std::size_t{swapped ? 1U : 3U});
    for (const MeasuredDie& die : measurement.dies) {
        QCOMPARE(die.conductance[P].rows(), Eigen::Index{3});
        QCOMPARE(die.conductance[P](2, 1), static_cast<float>(1.0 / ohmAt(2, 1)));
    }
    QCOMPARE(measurement.dies[0].name, swapped ? "lot" : "X3Y4");
    if (swapped)
        return;
    QCOMPARE(measurement.dies[1].name, "X3Y5");
    QCOMPARE(measurement.dies[2].name, "X4Y4");
    QVERIFY(measurement.dies[2].position == (WaferPosition{4, 4}));
}

/// Five dies in a cross, as a prober counts them whose Y runs upwards.
void TestLaboratoryFiles::turnsPlacesAsTold()
{
    std::string text = "die,die_x,die_y,row,column,R_P (Ohm)\n";
    for (const char* place : {"top,0,1", "left,-1,0", "middle,0,0", "right,1,0", "bottom,0,-1"})
        for (const char* cell : {",1,1,5000\n", ",1,2,5010\n", ",2,1,5100\n", ",2,2,5110\n"})
            text += std::string(place) + cell;
    const fs::path file = folder_.write("cross.csv", text);
    ImportRecipe recipe = guessRecipe(file);
    const auto places = [&] {
        std::vector<WaferPosition> of;
        for (const MeasuredDie& die : readMeasurement(std::array{file}, recipe).dies)
            of.push_back(*die.position);
        return of;
    };
    QVERIFY(places() == (std::vector<WaferPosition>{{2, 1}, {1, 0}, {1, 1}, {1, 2}, {0, 1}}));
    recipe.waferYUp = true;
    QVERIFY(places() == (std::vector<WaferPosition>{{0, 1}, {1, 0}, {1, 1}, {1, 2}, {2, 1}}));
    recipe.waferXLeft = true;
    QVERIFY(places() == (std::vector<WaferPosition>{{0, 1}, {1, 2}, {1, 1}, {1, 0}, {2, 1}}));
}

void TestLaboratoryFiles::knowsOtherNamesOfLines_data()
{
    QTest::addColumn<QByteArray>("header");
    for (const char* header : {"Wordline,Bitline,Resistance", "WL,BL,R (Ohm)", "Word line;Bit-line;R [Ohm]",
                               "DevY,DevX,resistance", "Zeile\tSpalte\tWiderstand (Ohm)"})
        QTest::newRow(header) << QByteArray(header);
}

void TestLaboratoryFiles::knowsOtherNamesOfLines()
{
    QFETCH(QByteArray, header);
    const char* const separator = header.contains(';') ? ";" : header.contains('\t') ? "\t" : ",";
    std::string text = "demo session, chip 7\nTue Mar  4 11:02:33 2025\n" + header.toStdString() + "\n";
    for (int row = 0; row < 6; ++row)
        for (int column = 0; column < 8; ++column)
            text += std::to_string(row + 1) + separator + std::to_string(column + 1) + separator +
                    std::to_string(ohmAt(row, column)) + "\n";
    VERIFY_CLOSE(deviation(readGuessed({folder_.write("session.csv", text)})));
}

void TestLaboratoryFiles::takesOneOfSeveralReadings_data()
{
    QTest::addColumn<int>("repeated");
    QTest::addColumn<double>("ohm");
    QTest::newRow("first") << static_cast<int>(Repeated::First) << 5300.0;
    QTest::newRow("last") << static_cast<int>(Repeated::Last) << 5120.0;
    QTest::newRow("median") << static_cast<int>(Repeated::Median) << 5300.0;
    QTest::newRow("worst") << static_cast<int>(Repeated::Worst) << 1e9;
}

/// As a prober writes a cell whose contact failed at first.
void TestLaboratoryFiles::takesOneOfSeveralReadings()
{
    QFETCH(int, repeated);
    QFETCH(double, ohm);
    std::string text = "die,row,column,state,resistance (Ohm)\n";
    for (int row = 1; row <= 3; ++row)
        for (int column = 1; column <= 3; ++column) {
            const std::string cell = "D01," + std::to_string(row) + "," + std::to_string(column) + ",P,";
            if (row == 2 && column == 3)
                text += cell + "5300\n" + cell + "1e9\n" + cell + "n.a.\n" + cell + "5120\n";
            else
                text += cell + "5000\n";
        }
    const fs::path file = folder_.write("wafer.csv", text);
    ImportRecipe recipe = guessRecipe(file);
    VERIFY_CONTAINS(messageOf([&] { readMeasurement(std::array{file}, recipe); }),
                    "line 8: found a second value of one cell and state, expected one; the "
                    "first is in line 7. "
                    "Where cells are measured again, choose the value that stands");
    recipe.repeated = static_cast<Repeated>(repeated);
    const Measurement measurement = readMeasurement(std::array{file}, recipe);
    QCOMPARE(measurement.dies.front().conductance[P](1, 2), static_cast<float>(1.0 / ohm));
    VERIFY_CONTAINS(all(measurement.report), "Measured again: 3 values, of which the " +
                                                 std::string(name(recipe.repeated)) + " stands.");
}

void TestLaboratoryFiles::saysHowToGoOn()
{
    // Counted from 0, which stands beyond the lines that the guess looks at.
    std::string text = "row,column,R_P (Ohm)\n";
    for (int cell = 599; cell >= 0; --cell)
        text += std::to_string(cell / 20) + "," + std::to_string(cell % 20 + 1) + ",5000\n";
    VERIFY_CONTAINS(messageOf([&] { readGuessed({folder_.write("D10.csv", text)}); }),
                    "a table that counts from 0 has the first index 0 (--first-index)");

    // Sourced from the other end.
    const fs::path negative = folder_.write("D11_P.csv", "I (A)\n-2e-5,-2.1e-5\n-1e-9,-2.2e-5\n");
    ImportRecipe recipe = guessRecipe(negative);
    VERIFY_CONTAINS(messageOf([&] { readMeasurement(std::array{negative}, recipe); }),
                    "found currents in most cells against the read voltage, expected those of a read voltage "
                    "of 0.1 V: change its sign (--read-voltage)");
    recipe.readVoltage = -0.1;
    QCOMPARE(readMeasurement(std::array{negative}, recipe).dies.front().conductance[P](0, 0), 2e-4f);
}

void TestLaboratoryFiles::namesTheKindsThatItRefuses_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("found");
    const auto add = [](const char* name, const std::string& bytes, const char* found) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(found);
    };
    add("mask", npyOf("'|b1'", 1), "found values of the kind |b1: booleans, as masks have, expected");
    add("complex", npyOf("'<c16'", 16), "complex numbers, expected real ones: np.save(file, a.real)");
    add("object", npyOf("'|O'", 1), "Python objects, expected numbers: np.save(file, a.astype(float))");
    add("long double", npyOf("'<f16'", 16), "numbers longer than a double, expected doubles: np.save");
    add("structured", npyOf("[('R_P', '<f8'), ('R_AP', '<f8')]", 16),
        "structured values with the fields R_P, R_AP, expected an array for each "
        "field: np.savez");
}

void TestLaboratoryFiles::namesTheKindsThatItRefuses()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, found);
    const fs::path file = folder_.write("kind_P.npy", bytes.toStdString());
    VERIFY_CONTAINS(messageOf([&] { readGuessed({file}); }), found.toStdString());
}

void TestLaboratoryFiles::namesForeignFormats_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("said");
    const auto add = [](const char* name, const std::string& bytes, const char* said) {
        QTest::newRow(name) << QByteArray(name) << QByteArray::fromStdString(bytes) << QByteArray(said);
    };
    const std::string zeros(64, '\0');
    add("D01.mat", "MATLAB 5.0 MAT-file, Platform: GLNXA64" + zeros,
        "found a MATLAB 5 file, which save writes without -v7.3, expected MATLAB "
        "7.3: save(file, '-v7.3')");
    add("D02.mat", zeros + "R_P" + zeros, "found a MATLAB 4 file, expected MATLAB 7.3");
    add("D03_P.xlsx", zipped({{"[Content_Types].xml", "<Types/>"}, {"xl/workbook.xml", "<workbook/>"}}),
        "found an Excel workbook (.xlsx), expected its sheet saved as CSV");
    add("D04_P.ods", zipped({{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}}),
        "found an OpenDocument workbook (.ods), expected its sheet saved as CSV");
    add("D05_P.xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + zeros, "found an Excel 97 workbook (.xls)");
    add("D06.tdms", "TDSm\x0E" + zeros, "found a LabVIEW TDMS file, expected a text file");
    add("lot.stdf", std::string("\x02\0\0\x0A\x02\x04", 6), "found a tester's STDF file, expected a table");
    add("lot.kla", "FileVersion 1 1;\nFileTimestamp 03-04-25 11:02:33;\n", "found a KLARF file");
    add("D07.pkl", "\x80\x04\x95" + zeros, "found a Python pickle, expected arrays: in Python, np.savez(");
    add("lot.parquet", "PAR1\x15" + zeros,
        "found a Parquet file, expected a table in CSV: in Python, frame.");
    add("D08_P.csv", "\x1F\x8B\x08" + zeros, "found a file packed by gzip, expected the file that is packed");
}

void TestLaboratoryFiles::namesForeignFormats()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, said);
    const fs::path folder = folder_.path() / ("foreign-" + name.toStdString());
    fs::create_directory(folder);
    folder_.write((folder.filename() / name.toStdString()).string(), bytes.toStdString());
    const auto refusal = messageOf([&] { readGuessed(measurementFiles(std::array{folder})); });
    VERIFY_CONTAINS(refusal, said.toStdString());
    VERIFY_CONTAINS(refusal, name.toStdString() + ": ");
}

QTEST_APPLESS_MAIN(TestLaboratoryFiles)
#include "test_laboratory_files.moc"
