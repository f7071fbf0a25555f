#include <array>
#include <cmath>
#include <fstream>
#include <set>

#include <QProcess>
#include <QTest>

#include "common/random.h"
#include "formats/hdf5.h"
#include "formats/npy.h"
#include "measurement/classification.h"
#include "measurement/import.h"
#include "support/errors.h"
#include "support/temporary_folder.h"
#include "support/zip_files.h"

using namespace faultline;
namespace fs = std::filesystem;

namespace
{

Measurement readGuessed(const fs::path& path, const DieGeometry* expected = nullptr)
{
    const auto files = measurementFiles(std::array{path});
    return readMeasurement(files, guessRecipe(files.front(), expected), expected);
}

/// The largest relative deviation from the wafer of write_files.py; infinite for another shape.
double deviation(const Measurement& measurement, std::size_t dies = 3)
{
    double worst = measurement.dies.size() == dies ? 0.0 : INFINITY;
    for (std::size_t d = 0; d < measurement.dies.size(); ++d)
        for (const Level level : {AP, P}) {
            const CellGrid<float>& grid = measurement.dies[d].conductance[level];
            if (grid.rows() != 4 || grid.cols() != 6)
                return INFINITY;
            // Tables may list the dies in any order; names tell.
            const double number = measurement.dies[d].name.back() - '1';
            for (int row = 0; row < 4; ++row)
                for (int column = 0; column < 6; ++column) {
                    const double ohm =
                        (1000.0 + 100.0 * number + 10.0 * row + column) * (level == P ? 1.0 : 3.0);
                    worst = std::max(worst, std::abs(grid(row, column) * ohm - 1.0));
                }
        }
    return worst;
}

std::string refusal(const fs::path& file, const ImportRecipe& recipe, const DieGeometry* expected = nullptr)
{
    return messageOf([&] { readMeasurement(std::array{file}, recipe, expected); });
}

ImportRecipe onlyP()
{
    ImportRecipe recipe;
    recipe.states = {P};
    return recipe;
}

/// Of lines with die, row, column and value.
ImportRecipe tableOfP()
{
    ImportRecipe recipe = onlyP();
    recipe.layout = TextLayout::Table;
    recipe.columns = {1, 2, 3, 0, 4, 0, 0, 0, 0};
    return recipe;
}

} // namespace

class TestImport : public QObject
{
    Q_OBJECT

private slots:
    void readsWhatOthersWrite_data();
    void readsWhatOthersWrite();
    void countsUnusualValuesByTheRule();
    void missingCellsChangeNoDistribution();
    void knowsOverRangesInArrays();
    void countsWhatArchivesTakeInMemory();
    void turnsAsTold();
    void guessesFormats_data();
    void guessesFormats();
    void guessesUnits_data();
    void guessesUnits();
    void asksForAmbiguousColumns();
    void countsPositionsFromTheUpperLeft();
    void namesDiesByGroups();
    void refusesWhatNoJunctionHas();
    void addsDiesAtFreePlaces();
    void readsStatesInBlocks();
    void guessesOrientationByTheSize();
    void refusesBadInput_data();
    void refusesBadInput();
    void refusesWholeSets();
    void refusesShapes_data();
    void refusesShapes();
    void refusesDatasets();
    void asksWhichColumnsWhenNamesAreStrange();
    void savesRecipes();

private:
    TemporaryFolder folder_;
};

void TestImport::readsWhatOthersWrite_data()
{
#ifndef FAULTLINE_PYTHON
    QSKIP("no Python with numpy and h5py");
#else
    QProcess python;
    python.start(FAULTLINE_PYTHON, {WRITE_FILES, QString::fromStdString(folder_.path().string())});
    QVERIFY(python.waitForFinished());
    QVERIFY2(python.exitCode() == 0, python.readAllStandardError());
#endif
    QTest::addColumn<int>("quantity");
    const auto add = [](const char* name, Quantity quantity) {
        QTest::newRow(name) << static_cast<int>(quantity);
    };
    add("csv", Quantity::Ohm);
    add("tsv", Quantity::KiloOhm);
    add("semicolon", Quantity::Siemens);
    add("pandas", Quantity::Ohm);
    add("npy", Quantity::Ohm);
    add("npy_fortran", Quantity::Ohm);
    add("npy_last", Quantity::Ohm);
    add("npz", Quantity::Ohm);
    add("npz_deflated", Quantity::Ohm);
    add("matlab", Quantity::Ohm);
    add("hdf5", Quantity::Siemens);
    add("table", Quantity::KiloOhm);
    add("table_bare", Quantity::Ohm);
    add("npy_wafer", Quantity::Ampere);
    add("micro", Quantity::MicroSiemens);
    add("micro_hdf5", Quantity::MicroSiemens);
    add("micro_table", Quantity::MicroAmpere);
}

void TestImport::readsWhatOthersWrite()
{
    QFETCH(int, quantity);
    const auto files = measurementFiles(std::array{folder_.path() / QTest::currentDataTag()});
    ImportRecipe recipe = guessRecipe(files.front());
    if (static_cast<Quantity>(quantity) == Quantity::Ampere) { // nothing in such a file tells
        recipe.quantity = Quantity::Ampere;
        recipe.readVoltage = 0.2;
        recipe.states = {AP, P};
    }
    if (static_cast<Quantity>(quantity) == Quantity::MicroAmpere)
        recipe.readVoltage = 0.2;
    QCOMPARE(static_cast<int>(recipe.quantity), quantity);
    const Measurement measurement = readMeasurement(files, recipe);
    QVERIFY2(deviation(measurement) < 1e-6, qPrintable(QString::number(deviation(measurement))));
    QCOMPARE(measurement.report.values, 3L * 2 * 4 * 6);
    QCOMPARE(measurement.report.missing, 0L);
}

void TestImport::countsUnusualValuesByTheRule()
{
    // Ohm: infinite and negative conduct nothing, zero the most, missing what another cell does.
    const fs::path ohm =
        folder_.write("rule_P.csv", "1000,inf,OL,9.9e37\n0,nan,,9.91E37\n-5,2000,4000,8000\n");
    const Measurement resistances = readMeasurement(std::array{ohm}, onlyP());
    const CellGrid<float>& g = resistances.dies.front().conductance[P];
    QCOMPARE(resistances.report.overRange, 3L);
    QCOMPARE(resistances.report.zero, 1L);
    QCOMPARE(resistances.report.missing, 3L);
    QCOMPARE(resistances.report.negative, 1L);
    QCOMPARE(g(0, 1), 0.0f);
    QCOMPARE(g(0, 3), 0.0f);
    QCOMPARE(g(2, 0), 0.0f);
    QCOMPARE(g(1, 0), 1e-3f); // the largest
    const std::set<float> others{0.0f, 1.25e-4f, 2.5e-4f, 5e-4f, 1e-3f};
    for (const int column : {1, 2, 3})
        QVERIFY(others.contains(g(1, column)));

    ImportRecipe siemens = onlyP();
    siemens.quantity = Quantity::Siemens;
    const fs::path s = folder_.write("siemens_P.csv", "1e-4,inf\n0,-1e-9\n");
    const CellGrid<float> g2 = readMeasurement(std::array{s}, siemens).dies.front().conductance[P];
    QCOMPARE(g2(0, 1), 1e-4f);
    QCOMPARE(g2(1, 0), 0.0f);
    QCOMPARE(g2(1, 1), 0.0f);
}

/// Cells miss one state or both; the share of shorts, the medians and the correlation of the states stay.
void TestImport::missingCellsChangeNoDistribution()
{
    RandomStream random(1, RandomUse::Test);
    std::string p, ap;
    std::size_t dropped = 0;
    for (int cell = 0; cell < 10000; ++cell) {
        const bool isShort = random.uniform() < 0.1, dropP = random.uniform() < 0.5;
        const double ohm = isShort ? 500.0 : 1000.0 + 100.0 * random.uniform();
        const bool dropAP = dropP == (cell % 2 == 0);
        dropped += dropP || dropAP;
        p += dropP ? "nan" : std::to_string(ohm);
        ap += dropAP ? "nan" : std::to_string(isShort ? ohm : 3.0 * ohm);
        p += cell % 100 == 99 ? '\n' : ',';
        ap += cell % 100 == 99 ? '\n' : ',';
    }
    const std::array files{folder_.write("gaps_P.csv", p), folder_.write("gaps_AP.csv", ap)};
    ImportRecipe recipe;
    recipe.quantity = Quantity::Ohm;
    const Measurement measurement = readMeasurement(files, recipe);
    QVERIFY(measurement.report.missing > 9000);
    QCOMPARE(measurement.dies[0].missing.size(), dropped);
    int shorts = 0, odd = 0;
    double middle = 0.0;
    for (int row = 0; row < 100; ++row)
        for (int column = 0; column < 100; ++column) {
            const double atP = 1.0 / measurement.dies[0].conductance[P](row, column);
            const double atAP = 1.0 / measurement.dies[0].conductance[AP](row, column);
            const bool isShort = atP < 600.0;
            shorts += isShort;
            odd += std::abs(atAP / atP - (isShort ? 1.0 : 3.0)) > 0.01;
            middle += isShort ? 0.0 : atP;
        }
    QVERIFY2(std::abs(shorts - 1000) < 150, qPrintable(QString::number(shorts)));
    QCOMPARE(odd, 0);
    QVERIFY(std::abs(middle / (10000 - shorts) - 1050.0) < 3.0);
}

void TestImport::knowsOverRangesInArrays()
{
    const std::vector<float> ohm{1000.0f, 9.9e37f, 9.91e37f, -9.9e37f};
    const fs::path file = folder_.write("scpi_P.npy", npy(ohm, std::array<std::size_t, 2>{2, 2}));
    const Measurement measurement = readMeasurement(std::array{file}, onlyP());
    QCOMPARE(measurement.report.overRange, 2L);
    QCOMPARE(measurement.report.missing, 1L);
    QCOMPARE(measurement.dies[0].conductance[P](0, 1), 0.0f);
    QCOMPARE(static_cast<int>(guessRecipe(file).quantity), static_cast<int>(Quantity::Ohm));
}

void TestImport::countsWhatArchivesTakeInMemory()
{
    const std::vector<std::int8_t> bytes(600, 1);
    const std::string array = npy(bytes, std::array<std::size_t, 2>{20, 30});
    QCOMPARE(readNpz(zipped({{"a.npy", array}, {"b.npy", array}}), 9600).size(), std::size_t{2});
    // One byte in the file is a double in memory, and a second array finds what the first has left.
    const char* const tooLarge = "found an array that takes 1 MiB in memory, expected no more than";
    VERIFY_CONTAINS(messageOf([&] { readNpy(array, 4799); }), tooLarge);
    VERIFY_CONTAINS(messageOf([&] { readNpz(zipped({{"a.npy", array}}), 4799); }), tooLarge);
    VERIFY_CONTAINS(messageOf([&] {
                        readNpz(zipped({{"a.npy", array}, {"b.npy", array}}), 9599);
                    }),
                    std::string("b: ") + tooLarge);
    // What is stored has the size that the directory says, which alone was counted.
    VERIFY_CONTAINS(messageOf([&] {
                        readNpz(zipped({{"a.npy", array}}, 1), 9600);
                    }),
                    "a: found " + std::to_string(array.size()) + " bytes stored, expected 1");
}

void TestImport::guessesFormats_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("separator");
    QTest::addColumn<QByteArray>("decimal");
    QTest::addColumn<int>("headerLines");
    QTest::addColumn<int>("labelColumns");
    const auto add = [](const char* name, const QByteArray& text, const char* separator, const char* decimal,
                        int headerLines, int labelColumns) {
        QTest::newRow(name) << text << QByteArray(separator) << QByteArray(decimal) << headerLines
                            << labelColumns;
    };
    add("whole numbers last", "1,5;2,5\n3,5;4,5\n5;6\n", ";", ",", 0, 0);
    add("whole numbers last, blanks", "1,5 2,5\n3,5 4,5\n5 6\n", " ", ",", 0, 0);
    add("first value missing", ",1001,1002\n1010,1011,1012\n1020,1021,1022\n", ",", ".", 0, 0);
    add("a word in the first row", "1000,x,1002\n1010,1011,1012\n1020,1021,1022\n", ",", ".", 0, 0);
    add("a word in the last row", "1000,1001,1002\n1010,1011,1012\n1020,x,1022\n", ",", ".", 0, 0);
    add("counted columns and rows", ",0,1\n0,1000,1001\n1,1010,1011\n", ",", ".", 1, 1);
    add("a named corner", "row,1,2\n1,1000,1001\n2,1010,1011\n", ",", ".", 1, 1);
    add("names of rows", "R,c1,c2\nr1,1000,1001\nr2,1010,1011\n", ",", ".", 1, 1);
    add("a padded title", "lot 3,,\nT = 25 C,,\n1000,1001,1002\n1010,1011,1012\n", ",", ".", 2, 0);
    add("a title with a number", "temperature;25\n\n1000;1001;1002\n1010;1011;1012\n", ";", ".", 2, 0);
}

void TestImport::guessesFormats()
{
    QFETCH(QByteArray, text);
    const TextFormat format = guessTextFormat(text.toStdString());
    QTEST(QByteArray(1, format.separator), "separator");
    QTEST(QByteArray(1, format.decimal), "decimal");
    QTEST(format.headerLines, "headerLines");
    QTEST(format.labelColumns, "labelColumns");
}

void TestImport::guessesUnits_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("quantity");
    const auto add = [](const QByteArray& header, double value, const char* quantity) {
        QTest::newRow(header.constData()) << header << value << QByteArray(quantity);
    };
    add("current (nA)", 20000.0, "nanoampere");
    add("current (A)", 2e-5, "ampere");
    add("I_A", 2e-5, "ampere");
    add("I [\xC2\xB5"
        "A]",
        20.0, "microampere");
    add("R (MOhm)", 0.005, "megaohm");
    add("R [M\xCE\xA9]", 0.005, "megaohm");
    add("resistance in kilo-ohm", 5.0, "kiloohm");
    add("R_kohm", 5.0, "kiloohm");
    add("conductance mS", 0.2, "millisiemens");
    add("G (\xB5S)", 200.0, "microsiemens"); // Latin-1
    add("G (nS)", 2e5, "nanosiemens");
    add("resistance", 5000.0, "ohm");
    add("conductance", 2e-4, "siemens");
    add("R", 5.0, "kiloohm");
    add("value", 5000.0, "ohm");
}

void TestImport::guessesUnits()
{
    QFETCH(QByteArray, header);
    QFETCH(double, value);
    const std::string number = std::to_string(value) + "\n";
    const fs::path file =
        folder_.write("unit.csv", "die,row,column,time (s),state," + header.toStdString() +
                                      "\nD1,1,1,0.5,P," + number + "D1,1,2,0.5,P," + number);
    const ImportRecipe recipe = guessRecipe(file);
    QTEST(QByteArray(name(recipe.quantity).data()), "quantity");
    QCOMPARE(recipe.columns.value, 6);
}

void TestImport::asksForAmbiguousColumns()
{
    const fs::path both =
        folder_.write("both.csv", "die,row,column,state,voltage,current\nD1,1,1,P,0.1,2e-5\n"
                                  "D1,1,2,P,0.1,2e-5\n");
    QCOMPARE(guessRecipe(both).columns.value, 6);
    const fs::path two = folder_.write(
        "two.csv", "lot,die,row,column,state,R1,R2\nL,D1,1,1,P,5000,5001\nL,D1,1,2,P,5002,5003\n");
    VERIFY_CONTAINS(
        messageOf([&] { readGuessed(two); }),
        "found columns 1 lot, 2 die, 3 row, 4 column, 5 state, 6 R1, 7 R2, expected a choice of those "
        "that hold values");
    ImportRecipe chosen = guessRecipe(two);
    chosen.columns.value = 7;
    QCOMPARE(readMeasurement(std::array{two}, chosen).dies[0].conductance[P](0, 1), 1.0f / 5003.0f);

    // A name is no unit: these are ohm.
    QCOMPARE(static_cast<int>(guessRecipe(folder_.write("G1_P.csv", "5000,5001\n5002,5003\n")).quantity),
             static_cast<int>(Quantity::Ohm));
}

void TestImport::countsPositionsFromTheUpperLeft()
{
    const fs::path left = folder_.write("X-2Y1_P.csv", "5000,5001\n5002,5003\n");
    const fs::path right = folder_.write("X3Y-1_P.csv", "5000,5001\n5002,5003\n");
    const Measurement measurement = readMeasurement(std::array{left, right}, onlyP());
    QVERIFY(measurement.dies[0].position == (WaferPosition{2, 0}));
    QVERIFY(measurement.dies[1].position == (WaferPosition{0, 5}));
}

void TestImport::namesDiesByGroups()
{
    const std::vector<float> siemens{2e-4f, 2e-4f, 2e-4f, 2e-4f};
    const fs::path file = folder_.write(
        "lots.h5", hdf5::build([&](hdf5::Group root) {
            for (const char* lot : {"lot0", "lot1"}) {
                hdf5::Group die = root.create(lot, "").create("D1", "");
                for (const char* state : {"P", "AP"})
                    die.create(state, "").write("G", {2, 2}, siemens.data(), {"Conductance", "S"});
            }
        }));
    ImportRecipe recipe = guessRecipe(file);
    const auto names = [&] {
        std::string all;
        for (const MeasuredDie& die : readMeasurement(std::array{file}, recipe).dies)
            all += die.name + " ";
        return all;
    };
    QCOMPARE(names(), "lot0-D1 lot1-D1 ");
    recipe.dieName = "lot(\\d)/";
    QCOMPARE(names(), "0 1 ");
}

void TestImport::refusesWhatNoJunctionHas()
{
    const fs::path file = folder_.write("odd_P.csv", "5e-12,5e-12\n5e-12,5e-12\n");
    const Measurement measurement = readMeasurement(std::array{file}, onlyP());
    VERIFY_CONTAINS(messageOf([&] { waferOf(measurement, "odd"); }), "which no junction does");
    const std::array files{folder_.write("swap_P.csv", "9000,9000\n9000,9000\n"),
                           folder_.write("swap_AP.csv", "4000,4000\n4000,4000\n")};
    const Measurement swapped = readMeasurement(files, {});
    VERIFY_CONTAINS(messageOf([&] { waferOf(swapped, "odd"); }), "are the states exchanged");
}

void TestImport::addsDiesAtFreePlaces()
{
    Wafer wafer;
    wafer.geometry = {2, 2, 2, 2};
    wafer.add(Die("D1", wafer.geometry, wafer.device));
    const std::vector<Die> added = diesToAdd(wafer, {Die("D2", wafer.geometry, wafer.device)});
    QVERIFY(added[0].position == (WaferPosition{1, 0}));
    VERIFY_CONTAINS(messageOf([&] { diesToAdd(wafer, wafer.dies); }), "has a die \"D1\" already");
    VERIFY_CONTAINS(messageOf([&] {
                        diesToAdd(wafer, {Die("D3", {2, 4, 2, 2}, wafer.device)});
                    }),
                    "has 2 x 4 cells, those of the wafer have 2 x 2 cells");
}

void TestImport::turnsAsTold()
{
    const fs::path file = folder_.write("turn_P.csv", "1,2,3\n4,5,6\n");
    ImportRecipe recipe = onlyP();
    recipe.quantity = Quantity::Siemens;
    const auto corner = [&](bool transpose, bool rows, bool columns) {
        recipe.transpose = transpose;
        recipe.flipRows = rows;
        recipe.flipColumns = columns;
        const CellGrid<float> g = readMeasurement(std::array{file}, recipe).dies.front().conductance[P];
        return std::array{static_cast<float>(g.rows()), g(0, 0), g(0, 1)};
    };
    QCOMPARE(corner(false, false, false), (std::array{2.f, 1.f, 2.f}));
    QCOMPARE(corner(true, false, false), (std::array{3.f, 1.f, 4.f}));
    QCOMPARE(corner(false, true, false), (std::array{2.f, 4.f, 5.f}));
    QCOMPARE(corner(false, false, true), (std::array{2.f, 3.f, 2.f}));
    QCOMPARE(corner(true, true, false), (std::array{3.f, 3.f, 6.f}));
}

void TestImport::readsStatesInBlocks()
{
    // The block of higher resistance is AP, whichever comes first.
    const fs::path file = folder_.write("X03_Y5.csv", "1000,1001\n1010,1011\n\n3000,3003\n3030,3033\n");
    const Measurement measurement = readGuessed(file);
    QCOMPARE(measurement.dies.size(), std::size_t{1});
    const MeasuredDie& die = measurement.dies.front();
    QCOMPARE(die.conductance[P](0, 1), 1.0f / 1001.0f);
    QCOMPARE(die.conductance[AP](1, 0), 1.0f / 3030.0f);
    QVERIFY(die.position == (WaferPosition{5, 3}));
}

void TestImport::guessesOrientationByTheSize()
{
    const fs::path file = folder_.write("wide_P.csv", "1000,1001,1002\n1010,1011,1012\n");
    const DieGeometry tall{3, 2, 1, 1};
    QCOMPARE(readGuessed(file, &tall).dies.front().conductance[P](2, 0), 1.0f / 1002.0f);
    QVERIFY(!guessRecipe(file).transpose);
}

void TestImport::refusesBadInput_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("part");
    const auto add = [](const char* name, const QByteArray& bytes, const char* part) {
        QTest::newRow(name) << bytes << QByteArray(part);
    };
    add("ragged", "1,2,3\n4,5\n", "line 2: found 2 fields, expected 3 as in line 1");
    add("word", "1,2,3\n4,x,6\n", "line 2, column 2: found \"x\", expected a number");
    add("nan only", "nan,nan\nnan,\n", "found no finite value of die");
    add("empty", "", "found no numbers");
    add("binary", QByteArray("1,2\n3,\0", 7), "byte 6: found binary data");
    add("decimal comma", "1;2,5\n3;4\n", "line 1, column 2: found \"2,5\"");
    add("npy cut", QByteArray("\x93NUMPY\x01\x00\x46\x00", 10), "a .npy file");
    add("npy short",
        QByteArray(
            "\x93NUMPY\x01\x00\x3e\x00{'descr': '<f8', 'fortran_order': False, 'shape': (4, 4), } \n\0\0\0\0",
            76),
        "expected those of 4 x 4");
    add("npy of texts",
        QByteArray(
            "\x93NUMPY\x01\x00\x3e\x00{'descr': '<U8', 'fortran_order': False, 'shape': (4, 4), } \n\0\0\0\0",
            76),
        "found values of the kind <U8");
    add("zip cut", QByteArray("PK\3\4 and no more of it"), "no directory");
    add("hdf5 cut", QByteArray("\x89HDF\r\n\x1a\n and no more of it"), "cannot open it as HDF5");
}

void TestImport::refusesBadInput()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, part);
    ImportRecipe recipe = onlyP();
    if (bytes.contains(';'))
        recipe.text.separator = ';';
    const fs::path file = folder_.write("bad", {bytes.data(), static_cast<std::size_t>(bytes.size())});
    const std::string message = refusal(file, recipe);
    VERIFY_CONTAINS(message, part.toStdString());
    VERIFY_CONTAINS(message, file.string() + ":");
}

void TestImport::refusesWholeSets()
{
    const fs::path first = folder_.write("D1_P.csv", "1000,2000\n3000,4000\n");
    const fs::path again = folder_.write("D1-P.txt", "1000,2000\n3000,4000\n");
    const fs::path other = folder_.write("D2_P.csv", "1000,2000,1\n3000,4000,1\n");
    const fs::path antiparallel = folder_.write("D3_AP.csv", "1000,2000\n3000,4000\n");
    VERIFY_CONTAINS(refusal(folder_.write("ragged_table", "D1,1,1,5\nD1,1,2\n"), tableOfP()),
                    "line 2: found 3 fields, expected 4 as in line 1");
    VERIFY_CONTAINS(refusal(folder_.write("word_table", "D1,1,1,5\nD1,1,two,6\n"), tableOfP()),
                    "line 2, column 3: found \"two\", expected a whole number");
    const auto refused = [](std::initializer_list<fs::path> files) {
        const std::vector<fs::path> all(files);
        return messageOf([&] { readMeasurement(all, onlyP()); });
    };
    VERIFY_CONTAINS(refused({first, again}), "found a second die \"D1\" at P");
    VERIFY_CONTAINS(refused({first, other}), "found 2 x 3 cells, expected 2 x 2 like those of");
    VERIFY_CONTAINS(refused({first, antiparallel}), "found die");
    const DieGeometry project{4, 4, 1, 1};
    VERIFY_CONTAINS(refusal(first, onlyP(), &project), "expected 4 x 4 like the project's");

    const ImportRecipe table = tableOfP();
    VERIFY_CONTAINS(refusal(folder_.write("twice", "D1,1,1,5\nD1,1,1,6\n"), table),
                    "line 2: found a second value of one cell and state");
    VERIFY_CONTAINS(refusal(folder_.write("far", "D1,1,1,5\nD1,1,5000,6\n"), table),
                    "line 2, column 3: found \"5000\", expected a whole number from 1 to 4096");

    const fs::path large = folder_.write("large.csv", "1");
    fs::resize_file(large, largestMeasurement + 1); // a hole: no disk is used
    VERIFY_CONTAINS(refusal(large, onlyP()), "found 1025 MiB, expected at most 1024 MiB");
    VERIFY_CONTAINS(refusal(folder_.path() / "none.csv", onlyP()), "cannot read");
    fs::create_directory(folder_.path() / "hollow");
    VERIFY_CONTAINS(messageOf([&] { measurementFiles(std::array{folder_.path() / "hollow"}); }),
                    "found no file of measurements");
}

void TestImport::savesRecipes()
{
    qputenv("XDG_CONFIG_HOME", QByteArray::fromStdString((folder_.path() / "config").string()));
    ImportRecipe recipe;
    recipe.name = "probe station 2";
    recipe.text = {';', ',', 3, 1};
    recipe.layout = TextLayout::Table;
    recipe.columns = {1, 2, 3, 4, 5, 0, 0, 6, 7};
    recipe.firstIndex = 0;
    recipe.datasets = {"a/b", "c"};
    recipe.quantity = Quantity::Ampere;
    recipe.readVoltage = -0.15;
    recipe.states = {P, AP};
    recipe.transpose = recipe.flipColumns = recipe.waferYUp = true;
    recipe.repeated = Repeated::Median;
    recipe.dieName = "(D\\d+)";
    saveRecipe(recipe);
    QVERIFY(loadRecipe("probe station 2") == recipe);
    QVERIFY(recipeNames() == std::vector<std::string>{"probe station 2"});

    recipe.dieName = "((a+)+)b"; // one that takes most libraries longer than the sun will shine
    const fs::path many = folder_.write(std::string(60, 'a') + ".csv", "1,2\n");
    VERIFY_CONTAINS(messageOf([&] { readMeasurement(std::array{many}, recipe); }),
                    "one that fits the pattern");
    recipe.dieName = "(";
    VERIFY_CONTAINS(messageOf([&] { saveRecipe(recipe); }), "a regular expression");
    recipe.dieName = std::string(20000, '(') + std::string(20000, ')');
    VERIFY_CONTAINS(messageOf([&] { saveRecipe(recipe); }), "at most 256 characters");
    const fs::path bad = folder_.write("bad.json", R"({"text": {"separator": "dot"}})");
    VERIFY_CONTAINS(messageOf([&] { loadRecipe(bad.string()); }), "separator is dot");
}

void TestImport::refusesShapes_data()
{
    QTest::addColumn<QByteArray>("shape");
    QTest::addColumn<qsizetype>("values");
    QTest::addColumn<QByteArray>("part");
    const auto add = [](const char* shape, qsizetype values, const char* part) {
        QTest::newRow(shape) << QByteArray(shape) << values << QByteArray(part);
    };
    add("(4,)", 4, "found shape 4, expected a matrix, or several in 3 or 4 dimensions");
    add("(2,2,2,2,2)", 32, "found shape 2 x 2 x 2 x 2 x 2, expected a matrix");
    add("(1,5000)", 5000, "found shape 1 x 5000, expected dies with sides from 1 to 4096 cells");
    add("(0,4)", 0, "found shape 0 x 4, expected dies with sides");
}

void TestImport::refusesShapes()
{
    QFETCH(QByteArray, shape);
    QFETCH(qsizetype, values);
    QFETCH(QByteArray, part);
    QByteArray header = "{'descr': '|i1', 'fortran_order': False, 'shape': " + shape + "}\n";
    const std::string bytes =
        (QByteArray("\x93NUMPY\x01\x00", 8) + char(header.size()) + '\0' + header + QByteArray(values, '\1'))
            .toStdString();
    const std::string message = refusal(folder_.write("shape.npy", bytes), onlyP());
    VERIFY_CONTAINS(message, part.toStdString());
}

void TestImport::refusesDatasets()
{
    const std::string bytes = hdf5::build([](hdf5::Group root) {
        const float line[3] = {1.0f, 2.0f, 3.0f};
        root.write("line", {3}, line, {"No die", "1"});
        root.write("matrix_P", {1, 3}, line, {"No die either", "1"});
    });
    const fs::path file = folder_.write("lines.h5", bytes);
    VERIFY_CONTAINS(refusal(file, onlyP()), "found 0 datasets, expected one of numbers in 2 to 4 dimensions");
    ImportRecipe named = onlyP();
    named.datasets = {"none"};
    VERIFY_CONTAINS(refusal(file, named), "found 0 datasets, expected those named none");
}

void TestImport::asksWhichColumnsWhenNamesAreStrange()
{
    const fs::path strange =
        folder_.write("strange.csv", "x_um,y_um,site,bit,cond\n1.5,0,1,0,1e-4\n1.5,3,1,1,1e-4\n"
                                     "3.5,0,2,0,1e-4\n3.5,3,2,1,1e-4\n");
    VERIFY_CONTAINS(
        messageOf([&] { readGuessed(strange); }),
        "found columns 1 x_um, 2 y_um, 3 site, 4 bit, 5 cond, expected a choice of those that hold");
    const fs::path numbered = folder_.write("D1_P.csv", "cell,c1,c2\nr1,1000,1001\nr2,1002,1003\n");
    QCOMPARE(readGuessed(numbered).dies[0].conductance[P].size(), Eigen::Index{4});
}

QTEST_APPLESS_MAIN(TestImport)
#include "test_import.moc"
