#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <QProcess>
#include <QTest>

#include "common/files.h"
#include "formats/npy.h"
#include "measurement/export.h"
#include "measurement/import.h"
#include "support/temporary_folder.h"

using namespace faultline;

class TestExport : public QObject
{
    Q_OBJECT

private slots:
    void pythonReadsEveryForm();
    void importReadsItBack();
    void namesArePlainAndDiffer();
    void noFileOfLikeNamesIsLost();
    void programmingIsInTheTestersAxes_data();
    void programmingIsInTheTestersAxes();

private:
    static Wafer wafer();
};

/// As read_files.py says.
Wafer TestExport::wafer()
{
    Wafer wafer;
    wafer.geometry = {5, 6, 5, 6};
    for (int k = 0; k < 2; ++k) {
        Die die("D" + std::to_string(k + 1), wafer.geometry, wafer.device);
        for (int row = 0; row < 5; ++row)
            for (int column = 0; column < 6; ++column) {
                die.conductance[P](row, column) = static_cast<float>(1e-4 + 1e-6 * (k + 10 * row + column));
                die.conductance[AP](row, column) = die.conductance[P](row, column) / 2;
            }
        die.defect(1, 2) = Defect::Short;
        wafer.add(std::move(die));
    }
    return wafer;
}

void TestExport::pythonReadsEveryForm()
{
#ifndef FAULTLINE_PYTHON
    QSKIP("no Python with numpy and h5py");
#else
    const TemporaryFolder folder;
    const Wafer dies = wafer();
    const CellMap map(std::array{2, 2}, dies.geometry, Spare::Unused);
    const Eigen::MatrixXf latent{{0.3f, -0.2f}, {-0.1f, 0.9f}};
    for (const ArrayFormat format : allArrayFormats) {
        const auto to = folder.path() / name(format);
        writeFiles(exportDies(dies, to, format));
        writeFiles(exportWeights({{{&dies.dies[0]}}}, map, dies.device, {latent}, to, format));
        writeFiles(exportProgramming(map, std::array{latent}, {}, to, format));
    }
    QProcess python;
    python.start(FAULTLINE_PYTHON, {READ_FILES, QString::fromStdString(folder.path().string())});
    QVERIFY(python.waitForFinished());
    QVERIFY2(python.exitCode() == 0, python.readAllStandardError());
#endif
}

void TestExport::importReadsItBack()
{
    const Wafer dies = wafer();
    for (const ArrayFormat format : allArrayFormats) {
        const TemporaryFolder folder;
        writeFiles(exportDies(dies, folder.path(), format));
        const auto files = measurementFiles(std::array{folder.path()});
        const Measurement measurement = readMeasurement(files, guessRecipe(files.front()));
        QCOMPARE(measurement.dies.size(), std::size_t{2});
        for (std::size_t k = 0; k < 2; ++k) {
            QCOMPARE(measurement.dies[k].name, dies.dies[k].name);
            for (const Level level : {AP, P})
                QVERIFY((measurement.dies[k].conductance[level] == dies.dies[k].conductance[level]).all());
        }
    }
}

void TestExport::namesArePlainAndDiffer()
{
    Wafer dies = wafer();
    dies.dies[0].name = "A/B";
    dies.dies[1].name = "A_B";
    dies.dies[0].position = {3, 4};
    for (const ArrayFormat format : allArrayFormats) {
        const TemporaryFolder folder;
        writeFiles(exportDies(dies, folder.path(), format));
        const auto files = measurementFiles(std::array{folder.path()});
        const Measurement read = readMeasurement(files, guessRecipe(files.front()));
        QCOMPARE(read.dies.size(), std::size_t{2});
        for (const Die& die : dies.dies)
            QCOMPARE(std::ranges::count_if(read.dies,
                                           [&](const MeasuredDie& other) {
                                               return (other.conductance[P] == die.conductance[P]).all();
                                           }),
                     1);
    }

    // HDF5 keeps the names, of one die alone too, and the places.
    dies.dies.erase(dies.dies.begin());
    dies.dies.front().name = "A/B";
    dies.dies.front().position = {3, 4};
    const TemporaryFolder folder;
    writeFiles(exportDies(dies, folder.path(), ArrayFormat::Hdf5));
    const std::array files{folder.path() / "dies.h5"};
    const Measurement placed = readMeasurement(files, guessRecipe(files.front()));
    QCOMPARE(placed.dies.front().name, "A/B");
    QVERIFY(placed.dies.front().position.has_value());
    dies.dies.front().acquisition.placed = false;
    writeFiles(exportDies(dies, folder.path(), ArrayFormat::Hdf5));
    QVERIFY(!readMeasurement(files, guessRecipe(files.front())).dies.front().position.has_value());
}

/// As many files as are said, each with the numbers of its own die.
void TestExport::noFileOfLikeNamesIsLost()
{
    Wafer dies = wafer();
    dies.add(dies.dies[1]);
    dies.add(dies.dies[1]);
    const char* const names[] = {"a/b", "a_b", "a_b_2", "a_b_defect"};
    for (std::size_t k = 0; k < dies.dies.size(); ++k) {
        dies.dies[k].name = names[k];
        dies.dies[k].conductance[P] *= static_cast<float>(k + 1);
    }
    const CellMap map(std::array{2, 2}, dies.geometry, Spare::Unused);
    const Eigen::MatrixXf latent{{0.3f, -0.2f}, {-0.1f, 0.9f}};
    std::vector<DieGroup> places;
    for (const Die& die : dies.dies)
        places.push_back({{&die}});
    for (const ArrayFormat format : allArrayFormats) {
        const TemporaryFolder folder;
        const auto files =
            exportWeights(places, map, dies.device, {latent}, folder.path() / "weights", format);
        writeFiles(files);
        std::set<std::string> contents;
        for (const OutputFile& file : files)
            contents.insert(readWholeFile(file.path));
        QCOMPARE(contents.size(), dies.dies.size());
        QVERIFY(files[0].path.filename().string().starts_with("a_b_weights"));

        const auto arrays = exportDies(dies, folder.path() / "dies", format);
        writeFiles(arrays);
        const auto written = std::filesystem::directory_iterator(folder.path() / "dies");
        QCOMPARE(static_cast<std::size_t>(std::distance(begin(written), end(written))), arrays.size());
        QCOMPARE(existing(pathsOf(arrays)).size(), arrays.size());
    }
    // A name with a comma is that of a file; only tables have it between quotation marks.
    dies.dies[0].name = "a,b";
    QCOMPARE(exportDies(dies, "x", ArrayFormat::Npy)[0].path.string(), "x/a,b.npy");
}

void TestExport::programmingIsInTheTestersAxes_data()
{
    QTest::addColumn<bool>("transposed");
    QTest::addColumn<bool>("rowsFlipped");
    QTest::addColumn<bool>("columnsFlipped");
    for (int turn = 0; turn < 8; ++turn)
        QTest::addRow("%d", turn) << ((turn & 1) != 0) << ((turn & 2) != 0) << ((turn & 4) != 0);
}

/// The tester's file has a number of its own in each cell; what it is told to write there must be what the
/// map has where the import put that number.
void TestExport::programmingIsInTheTestersAxes()
{
    QFETCH(bool, transposed);
    QFETCH(bool, rowsFlipped);
    QFETCH(bool, columnsFlipped);
    const TemporaryFolder folder;
    CellGrid<float> file(transposed ? 6 : 5, transposed ? 5 : 6);
    {
        std::ofstream table(folder.path() / "D1.csv");
        table << "row,column,R_P,R_AP\n";
        for (int row = 0; row < file.rows(); ++row)
            for (int column = 0; column < file.cols(); ++column) {
                const int ohm = 1000 + 10 * row + column;
                file(row, column) = 1.0f / static_cast<float>(ohm);
                table << row + 1 << ',' << column + 1 << ',' << ohm << ',' << 2 * ohm << '\n';
            }
    }
    const auto path = folder.path() / "D1.csv";
    ImportRecipe recipe = guessRecipe(path);
    QCOMPARE(recipe.firstIndex, 1);
    recipe.transpose = transposed;
    recipe.flipRows = rowsFlipped;
    recipe.flipColumns = columnsFlipped;
    const MeasuredDie die = readMeasurement(std::array{path}, recipe).dies.front();
    QCOMPARE(die.axes, (TesterAxes{transposed, rowsFlipped, columnsFlipped, 1}));

    const CellMap map(std::array{2, 2}, {5, 6, 5, 6}, Spare::Unused);
    const Eigen::MatrixXf latent{{0.3f, -0.2f}, {-0.1f, 0.9f}};
    const CellGrid<Write> writes = programmingMap(map, std::array{latent});
    writeFiles(exportProgramming(map, std::array{latent}, die.axes, folder.path(), ArrayFormat::Csv));
    std::ifstream lines(folder.path() / "programming.csv");
    std::string line;
    std::getline(lines, line);
    int count = 0;
    while (std::getline(lines, line)) {
        const QStringList fields = QString::fromStdString(line).split(',');
        const int row = fields[0].toInt() - 1, column = fields[1].toInt() - 1; // the tester's, from 0
        const int dieRow = fields[8].toInt(), dieColumn = fields[9].toInt();
        QCOMPARE(die.conductance[P](dieRow, dieColumn), file(row, column));
        QCOMPARE(fields[2], writes(dieRow, dieColumn) == Write::P ? "P" : "AP");
        ++count;
    }
    QCOMPARE(count, 8);

    writeFiles(exportProgramming(map, std::array{latent}, die.axes, folder.path(), ArrayFormat::Npy));
    const NumberArray array = readNpy(readWholeFile(folder.path() / "programming.npy"), largestMeasurement);
    QCOMPARE(array.shape,
             (std::vector{static_cast<std::size_t>(file.rows()), static_cast<std::size_t>(file.cols())}));
    for (int row = 0; row < 5; ++row)
        for (int column = 0; column < 6; ++column)
            for (Eigen::Index cell = 0; cell < file.size(); ++cell)
                if (file.data()[cell] == die.conductance[P](row, column))
                    QCOMPARE(array.values[static_cast<std::size_t>(cell)],
                             static_cast<double>(writes(row, column)));
}

QTEST_APPLESS_MAIN(TestExport)
#include "test_export.moc"
