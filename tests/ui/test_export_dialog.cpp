#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "figures/study_figures.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/export_dialog.h"

using namespace faultline;

namespace
{

/// Types a value as a person does: over what stands there.
void type(QWidget* box, const QString& text)
{
    box->setFocus();
    QTest::keyClick(box, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(box, text);
    QTest::keyClick(box, Qt::Key_Tab);
}

/// The part of the preview that the page takes.
QRect pageIn(QWidget* preview)
{
    const QImage image = preview->grab().toImage();
    QRect page;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixel(x, y) == qRgb(255, 255, 255))
                page |= QRect(x, y, 1, 1);
    return page;
}

double proportion(const QRect& page)
{
    return static_cast<double>(page.width()) / page.height();
}

} // namespace

class TestExportDialog : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(settings_.isValid());
        prepareApplication(settings_.path());
        const Project project = sampleProject(6);
        figures_ = studyFigures(project.wafer, project.studies.front());
    }

    void init()
    {
        QSettings().clear();
        folder_ = std::make_unique<QTemporaryDir>();
        open();
    }

    void cleanup() { dialog_.reset(); }

    void writesWhatIsChosen()
    {
        choose("error-by-die");
        tick("format-pdf", false);
        tick("format-png", true);
        tick("format-csv", false);
        click("export");
        QVERIFY(exists("error-by-die.svg") && exists("error-by-die.png"));
        QVERIFY(!exists("error-by-die.pdf") && !exists("error-by-die.csv"));
        QVERIFY(status().startsWith("✓"));
        type(child<QLineEdit>("name"), "another");
        click("export");
        QVERIFY(exists("another.svg"));
    }

    void sizeChangesPreviewAndFile()
    {
        dialog_->mayReplace = [](const QStringList&) { return true; };
        choose("error-by-die"); // 178 x 70 mm
        QVERIFY(std::abs(proportion(page()) - 178.0 / 70.0) < 0.02);
        child<QComboBox>("column")->setCurrentIndex(1);
        QCOMPARE(child<QLabel>("size")->text(), "86 × 34 mm");
        QVERIFY(std::abs(proportion(page()) - 178.0 / 70.0) < 0.05);
        type(child<QDoubleSpinBox>("height"), "60");
        QCOMPARE(child<QLabel>("size")->text(), "86 × 60 mm");
        QVERIFY(std::abs(proportion(page()) - 86.0 / 60.0) < 0.02);
        click("export");
        QVERIFY(contents("error-by-die.svg").contains("width=\"86mm\" height=\"60mm\""));
        QVERIFY(!child<QDoubleSpinBox>("width")->isVisible());
        child<QComboBox>("column")->setCurrentIndex(3);
        QVERIFY(child<QDoubleSpinBox>("width")->isVisible());
        type(child<QDoubleSpinBox>("width"), "150");
        click("export");
        QVERIFY(contents("error-by-die.svg").contains("width=\"150mm\" height=\"60mm\""));
    }

    void titleAndLegendComeAndGo()
    {
        dialog_->mayReplace = [](const QStringList&) { return true; };
        choose("error-by-die");
        const QImage before = child<QWidget>("preview")->grab().toImage();
        click("export");
        QVERIFY(contents("error-by-die.svg").contains(">statistics-aware<"));
        QVERIFY(!contents("error-by-die.svg").contains(">Error of each die</text"));
        tick("legend", false);
        QVERIFY(child<QWidget>("preview")->grab().toImage() != before);
        tick("title", true);
        click("export");
        QVERIFY(!contents("error-by-die.svg").contains(">statistics-aware<"));
        QVERIFY(contents("error-by-die.svg").contains(">Error of each die</text"));
    }

    void backgroundIsLightUnlessAskedOtherwise()
    {
        QVERIFY(!page().isEmpty());
        tick("light", false);
        QVERIFY(page().isEmpty());
    }

    void resolutionBelongsToPng()
    {
        choose("yield");
        QVERIFY(!child<QSpinBox>("dpi")->isEnabled());
        tick("format-png", true);
        QVERIFY(child<QSpinBox>("dpi")->isEnabled());
        type(child<QSpinBox>("dpi"), "600");
        QVERIFY(child<QLabel>("size")->text().contains("2031 × 1654 pixels"));
        click("export");
        QCOMPARE(QImage(folder_->filePath("yield.png")).size(), QSize(2031, 1654));
    }

    void exportAllFillsTheFolder()
    {
        tick("format-png", true);
        click("exportAll");
        for (const auto& figure : figures_)
            for (const char* ending : {".svg", ".pdf", ".png", ".csv"})
                QVERIFY(exists(QString::fromStdString(figure->name) + ending));
    }

    void copiesImageAndSvg()
    {
        choose("yield");
        click("copy");
        const QMimeData* data = QApplication::clipboard()->mimeData();
        QVERIFY(data->hasImage());
        QCOMPARE(qvariant_cast<QImage>(data->imageData()).size(), QSize(1016, 827));
        QVERIFY(data->data("image/svg+xml").contains(">Error limit (%)<"));
    }

    void settingsAreRemembered()
    {
        child<QComboBox>("column")->setCurrentIndex(2);
        type(child<QDoubleSpinBox>("height"), "77");
        type(child<QDoubleSpinBox>("points"), "9.5");
        tick("title", true);
        tick("legend", false);
        tick("light", false);
        tick("format-png", true);
        tick("format-svg", false);
        type(child<QSpinBox>("dpi"), "450");
        dialog_->reject();
        QCOMPARE(savedStyle().width, 178.0);
        QCOMPARE(savedStyle().height, 77.0);
        QCOMPARE(savedStyle().points, 9.5);
        QCOMPARE(savedStyle().dpi, 450);
        open();
        QCOMPARE(child<QComboBox>("column")->currentIndex(), 2);
        QCOMPARE(child<QDoubleSpinBox>("height")->value(), 77.0);
        QCOMPARE(child<QDoubleSpinBox>("points")->value(), 9.5);
        QVERIFY(child<QCheckBox>("title")->isChecked());
        QVERIFY(!child<QCheckBox>("legend")->isChecked());
        QVERIFY(!child<QCheckBox>("light")->isChecked());
        QVERIFY(child<QCheckBox>("format-png")->isChecked());
        QVERIFY(!child<QCheckBox>("format-svg")->isChecked());
        QCOMPARE(child<QSpinBox>("dpi")->value(), 450);
        QCOMPARE(child<QLineEdit>("folder")->text(), folder_->path());
    }

    void brokenSettingsAreIgnored()
    {
        QSettings().setValue("export/text_points", -3);
        QCOMPARE(savedStyle().points, FigureStyle().points);
    }

    void folderIsChosen()
    {
        QString asked;
        dialog_->chooseFolder = [&](const QString& start) { return asked = start, QString("/elsewhere"); };
        QTest::mouseClick(child<QToolButton>("browse"), Qt::LeftButton);
        QCOMPARE(asked, folder_->path());
        QCOMPARE(child<QLineEdit>("folder")->text(), "/elsewhere");
        dialog_->chooseFolder = [](const QString&) { return QString(); };
        QTest::mouseClick(child<QToolButton>("browse"), Qt::LeftButton);
        QCOMPARE(child<QLineEdit>("folder")->text(), "/elsewhere");
    }

    void nothingIsReplacedUnasked()
    {
        choose("yield");
        tick("format-pdf", false);
        const auto first = answerQuestion(QMessageBox::No);
        click("export");
        QVERIFY(exists("yield.svg") && exists("yield.csv"));
        QCOMPARE(*first, ""); // nothing to ask
        QApplication::processEvents();
        const QByteArray before = contents("yield.svg");
        tick("title", true);
        for (const char* button : {"export", "exportAll"}) { // once for all files
            const auto words = answerQuestion(QMessageBox::No);
            click(button);
            QVERIFY2(words->contains("2 of these exist already") && words->contains("yield.svg, yield.csv"),
                     qPrintable(*words));
            QCOMPARE(contents("yield.svg"), before);
        }
        QVERIFY(!exists("wafer-map.svg"));
        tick("format-csv", false);
        const auto words = answerQuestion(QMessageBox::Yes);
        click("export");
        QVERIFY2(words->contains("exists already") && words->endsWith("\nyield.svg"), qPrintable(*words));
        QVERIFY(contents("yield.svg") != before);
        QVERIFY(status().startsWith("✓"));
    }

    void replacementIsAnnounced()
    {
        choose("yield");
        QVERIFY(status().isEmpty());
        click("export");
        tick("title", true);
        QVERIFY2(status().contains("Replaces yield.svg, yield.pdf"), qPrintable(status()));
    }

    void failureIsExplainedInPlace()
    {
        QFile blocker(folder_->filePath("blocker"));
        QVERIFY(blocker.open(QIODevice::WriteOnly));
        type(child<QLineEdit>("folder"), blocker.fileName());
        click("exportAll");
        QVERIFY2(status().startsWith("⚠") && status().contains("blocker"), qPrintable(status()));
        type(child<QLineEdit>("folder"), folder_->filePath("blocker/nowhere"));
        click("export");
        QVERIFY2(status().startsWith("⚠") && status().contains("nowhere"), qPrintable(status()));
    }

    void nothingToWriteCannotBeExported()
    {
        for (const char* format : {"format-svg", "format-pdf", "format-csv"})
            tick(format, false);
        QVERIFY(!child<QPushButton>("export")->isEnabled());
        QVERIFY(!child<QPushButton>("exportAll")->isEnabled());
    }

    void oneFigureHasNoList()
    {
        dialog_ = std::make_unique<ExportDialog>(std::vector{figures_[3]});
        dialog_->show();
        QVERIFY(!child<QPushButton>("exportAll")->isVisible());
        QCOMPARE(child<QLineEdit>("name")->text(), "error-by-mode");
    }

private:
    void open()
    {
        if (QSettings().value("export/folder").isNull())
            QSettings().setValue("export/folder", folder_->path());
        dialog_ = std::make_unique<ExportDialog>(figures_);
        dialog_->show();
        QVERIFY(QTest::qWaitForWindowExposed(dialog_.get()));
    }

    template <class Widget>
    Widget* child(const QString& name) const
    {
        return childOf<Widget>(dialog_.get(), name);
    }

    void choose(const char* name)
    {
        for (std::size_t k = 0; k < figures_.size(); ++k)
            if (figures_[k]->name == name)
                child<QComboBox>("which")->setCurrentIndex(static_cast<int>(k));
        QCOMPARE(child<QLineEdit>("name")->text(), name);
    }

    void tick(const QString& name, bool on)
    {
        auto* box = child<QCheckBox>(name);
        if (box->isChecked() != on)
            QTest::mouseClick(box, Qt::LeftButton, {}, {10, box->height() / 2});
        QCOMPARE(box->isChecked(), on);
    }

    void click(const QString& name) { QTest::mouseClick(child<QPushButton>(name), Qt::LeftButton); }
    QRect page() const { return pageIn(child<QWidget>("preview")); }
    QString status() const { return child<QLabel>("status")->text(); }
    bool exists(const QString& file) const { return QFile::exists(folder_->filePath(file)); }

    QByteArray contents(const QString& name) const
    {
        QFile file(folder_->filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QTemporaryDir settings_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::vector<std::shared_ptr<const Figure>> figures_;
    std::unique_ptr<ExportDialog> dialog_;
};

QTEST_MAIN(TestExportDialog)
#include "test_export_dialog.moc"
