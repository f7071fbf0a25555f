#include <QProcess>
#include <QTest>

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
    const AnalogWeights weights = analogWeights(dies.dies[0], map, dies.device);
    for (const ArrayFormat format : allArrayFormats) {
        const auto to = folder.path() / name(format);
        exportDies(dies, to, format);
        exportWeights("D1", weights, std::array{latent}, to, format);
        exportProgramming(map, std::array{latent}, to, format);
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
        exportDies(dies, folder.path(), format);
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

QTEST_APPLESS_MAIN(TestExport)
#include "test_export.moc"
