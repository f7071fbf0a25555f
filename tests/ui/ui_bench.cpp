#include "ui_bench.h"

#include <QAction>
#include <QApplication>
#include <QContextMenuEvent>
#include <QDir>
#include <QFont>
#include <QMenu>
#include <QSettings>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTest>
#include <QTimer>

#include "sample_project.h"
#include "support/idx_files.h"
#include "wafer/wafer_description.h"

namespace faultline
{

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
    const auto lightsPixelOfItsClass = [](int label, int pixel, RandomStream& random) {
        return random.below(60) + (pixel == label ? 190 : 0);
    };
    writeIdxFiles(folder.toStdString(), "train", 400, 4, lightsPixelOfItsClass);
    writeIdxFiles(folder.toStdString(), "t10k", 100, 4, lightsPixelOfItsClass);
}

void onEveryTab(const QWidget& window, const std::function<void(QWidget& page, const QString& place)>& check)
{
    auto* pages = childOf<QStackedWidget>(&window, "pages");
    for (int page = 0; page < pages->count(); ++page) {
        pages->setCurrentIndex(page);
        auto* tabs = pages->currentWidget()->findChild<QTabWidget*>();
        for (int tab = 0; tab < (tabs ? tabs->count() : 1); ++tab) {
            if (tabs)
                tabs->setCurrentIndex(tab);
            QApplication::processEvents();
            check(*pages->currentWidget(), QString("page %1, tab %2").arg(page).arg(tab));
        }
    }
}

QMenu* menuOf(QWidget& widget)
{
    const QPoint middle = widget.rect().center();
    QContextMenuEvent event(QContextMenuEvent::Mouse, middle, widget.mapToGlobal(middle));
    QApplication::sendEvent(&widget, &event);
    auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
    if (!menu)
        qFatal("no menu");
    return menu;
}

void chooseFromMenu(QWidget& widget, const char* action)
{
    QMenu* menu = menuOf(widget);
    auto* chosen = childOf<QAction>(menu, action);
    QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(chosen).center());
}

std::shared_ptr<QString> answerQuestion(QMessageBox::StandardButton button)
{
    auto words = std::make_shared<QString>();
    QTimer::singleShot(0, qApp, [words, button] {
        const auto* question = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
        if (!question)
            return;
        *words = question->text();
        QTest::mouseClick(question->button(button), Qt::LeftButton);
    });
    return words;
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
