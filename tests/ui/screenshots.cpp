#include <QComboBox>
#include <QDir>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include "figures/study_figures.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/wafer_view.h"
#include "window/main_window.h"

using namespace faultline;

/// Grabs every page in both themes into $FAULTLINE_SCREENSHOTS, with every figure beside them.
class Screenshots : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        folder_ = qEnvironmentVariable("FAULTLINE_SCREENSHOTS", "screenshots");
        QVERIFY(QDir().mkpath(folder_));
    }

    void pages_data()
    {
        QTest::addColumn<Appearance>("appearance");
        QTest::newRow("light") << Appearance::Light;
        QTest::newRow("dark") << Appearance::Dark;
    }

    void pages()
    {
        QFETCH(Appearance, appearance);
        prepareApplication(settings_.path(), appearance);
        MainWindow window(sampleProject(36));
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        auto* pages = window.findChild<QStackedWidget*>("pages");
        auto* tabs = window.findChild<QTabWidget*>("compareTabs");
        for (const char* name : {"wafer", "train", "compare"}) {
            save(window, name);
            pages->setCurrentIndex(pages->currentIndex() + 1);
        }
        window.findChild<QComboBox*>("dieLayer")->setCurrentIndex(1);
        window.findChild<WaferView*>("waferView")->select(14);
        pages->setCurrentIndex(0);
        save(window, "wafer-conductance");
        pages->setCurrentIndex(2);
        tabs->setCurrentIndex(1);
        save(window, "compare-generality");

        Project empty = window.document().project();
        empty.result = {};
        window.document().replaceProject(empty);
        save(window, "compare-empty");
        pages->setCurrentIndex(1);
        save(window, "train-empty");
    }

    void training()
    {
        prepareApplication(settings_.path());
        Project project = demoProject();
        project.plan.training.epochs = project.plan.statisticsAware.epochs = 4;
        MainWindow window(project);
        window.resize(1280, 800);
        window.show();
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(1);
        window.document().startStudy(project.plan, 0);
        QTRY_VERIFY_WITH_TIMEOUT(window.document().progress().finishedRuns >= 12, 120000);
        save(window, "training");
        window.findChild<QStackedWidget*>("pages")->setCurrentIndex(2);
        save(window, "compare-training");
    }

    void figures()
    {
        constexpr FigureFormat formats[]{FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Png};
        exportFigures(sampleProject(36), (folder_ + "/figures").toStdString(), formats);
    }

private:
    void save(QWidget& window, const QString& name)
    {
        QTest::qWait(50); // for layouts and charts to settle
        const char* theme = QTest::currentDataTag();
        const QString file = folder_ + '/' + name + (theme ? QString('-') + theme : QString()) + ".png";
        QVERIFY(window.grab().save(file));
    }

    QString folder_;
    QTemporaryDir settings_;
};

QTEST_MAIN(Screenshots)
#include "screenshots.moc"
