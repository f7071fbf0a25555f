#include "ui_bench.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFont>
#include <QSettings>

#include "sample_project.h"
#include "wafer/wafer_description.h"

namespace faultline
{

namespace
{

QByteArray bigEndian(quint32 value)
{
    QByteArray bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.append(static_cast<char>(value >> shift & 0xFF));
    return bytes;
}

void write(const QString& name, const QByteArray& bytes)
{
    QFile file(name);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(name));
}

/// Class k lights pixel k, above some noise.
void writeImages(const QString& stem, quint32 count)
{
    constexpr quint32 side = 4;
    QByteArray images = bigEndian(0x803) + bigEndian(count) + bigEndian(side) + bigEndian(side);
    QByteArray labels = bigEndian(0x801) + bigEndian(count);
    RandomStream random(3, RandomUse::Test, count);
    for (quint32 k = 0; k < count; ++k) {
        const quint32 label = k % 10;
        for (quint32 pixel = 0; pixel < side * side; ++pixel)
            images.append(static_cast<char>(random.below(60) + (pixel == label ? 190 : 0)));
        labels.append(static_cast<char>(label));
    }
    write(stem + "-images-idx3-ubyte", images);
    write(stem + "-labels-idx1-ubyte", labels);
}

} // namespace

void prepareApplication(const QString& settingsFolder, Appearance appearance)
{
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settingsFolder);
    QApplication::setOrganizationName("Faultline");
    QApplication::setApplicationName("faultline-test");
    QApplication::setStyle("Fusion");
    QApplication::setPalette(paletteOf(appearance));
    QApplication::setFont(QFont("DejaVu Sans", 10));
}

void writeTinyDataset(const QString& folder)
{
    QDir().mkpath(folder);
    writeImages(folder + "/train", 400);
    writeImages(folder + "/t10k", 100);
}

Project tinyProject(int dies, const QString& datasetFolder)
{
    Project project;
    project.name = "Tiny";
    project.wafer = sampleWafer(dies, {20, 40, 10, 10});
    project.dataset = datasetFolder.toStdString();
    project.plan.side = 4;
    project.plan.network.layers = {16, 5, 10};
    project.plan.repeats = 2;
    project.plan.training.epochs = project.plan.statisticsAware.epochs = 1;
    project.plan.training.batch = project.plan.statisticsAware.batch = 20;
    return project;
}

Wafer clearWafer(int dies)
{
    WaferDescription description;
    description.dies = dies;
    description.geometry = {50, 60, 50, 60};
    DefectStatistics& statistics = description.statistics;
    statistics.level = {LognormalConductance{8e-5, 0.05}, LognormalConductance{2e-4, 0.05}};
    for (const Defect defect : allDefects)
        statistics.rate(defect).rate = 5e-3;
    statistics.shortConductance = {8e-4, 0.2};
    statistics.openConductance = 2e-6;
    return drawWafer(description);
}

} // namespace faultline
