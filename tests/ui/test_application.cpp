#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>

#include "common/error.h"
#include "figures/study_figures.h"
#include "measurement/export.h"
#include "pages/circuit_panel.h"
#include "pages/classify_dialog.h"
#include "pages/import_dialog.h"
#include "pages/new_wafer_dialog.h"
#include "pages/statistics_dialog.h"
#include "pages/study_form.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/export_dialog.h"
#include "window/application.h"
#include "window/main_window.h"

using namespace faultline;

namespace
{

/// As a mouse does it: from the window system, and so with what it means for the focus.
void turnWheel(QWidget& widget, int angle)
{
    const QPointF middle = widget.rect().center();
    QWheelEvent event(middle, widget.mapToGlobal(middle), {}, {0, angle}, Qt::NoButton, {}, Qt::NoScrollPhase,
                      false);
    QSpontaneKeyEvent::setSpontaneous(&event);
    qApp->notify(&widget, &event); // sendEvent() would make it the program's own
}

/// As a person types it, in place of what the field shows.
void type(QAbstractSpinBox& box, const QString& text)
{
    box.selectAll();
    QTest::keyClicks(&box, text);
    box.interpretText(); // as when the focus goes on
}

void paste(QAbstractSpinBox& box, const QString& text)
{
    QApplication::clipboard()->setText(text);
    box.selectAll();
    QTest::keyClick(&box, Qt::Key_V, Qt::ControlModifier);
    box.interpretText();
}

} // namespace

/// What the program's application does for every window, under a German desktop.
class TestApplication : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        QCOMPARE(QLocale::system().decimalPoint(), ",");
        QSettings().setValue("hintsSeen", true);
        window_ = std::make_unique<MainWindow>(sampleProject(3));
        window_->dialogs().showError = [this](const QString& words) { told_.append(words); };
        window_->show();
        window_->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    }

    void cleanup() { told_.clear(); }

    void fieldsTakePointAndComma_data()
    {
        QTest::addColumn<std::function<QWidget*()>>("make");
        const auto add = [](const char* name, const std::function<QWidget*()>& make) {
            QTest::newRow(name) << make;
        };
        add("all pages", [] { return nullptr; });
        add("new wafer", [this] { return new NewWaferDialog(project().wafer); });
        add("statistics",
            [this] { return new StatisticsDialog(fitStatistics(project().wafer), project().wafer.device); });
        add("figures",
            [this] { return new ExportDialog(studyFigures(project().wafer, project().studies[0])); });
        add("classification", [this] { return new ClassifyDialog(project().wafer); });
        add("import", [this] {
            const Wafer wafer = clearWafer(2);
            const std::vector<OutputFile> files =
                exportDies(wafer, folder_.filePath("dies").toStdString(), ArrayFormat::Hdf5);
            writeFiles(files);
            auto* dialog = new ImportDialog(pathsOf(files));
            auto* quantity = childOf<QComboBox>(dialog, "quantity"); // a current has a read voltage
            quantity->setCurrentIndex(quantity->findData(static_cast<int>(Quantity::MicroAmpere)));
            return dialog;
        });
    }

    void fieldsTakePointAndComma()
    {
        QFETCH(std::function<QWidget*()>, make);
        const std::unique_ptr<QWidget> dialog(make());
        if (dialog)
            dialog->show();
        const QWidget& all = dialog ? *dialog : *window_;
        int fields = 0;
        for (auto* box : all.findChildren<QAbstractSpinBox*>()) {
            ++fields;
            box->ensurePolished(); // those of tabs that are not shown
            box->setEnabled(true);
            if (auto* decimal = qobject_cast<QDoubleSpinBox*>(box))
                verifyDecimal(*decimal);
            else
                verifyWhole(*qobject_cast<QSpinBox*>(box));
        }
        QVERIFY(fields > 0);
    }

    void circuitFieldsTakePointAndComma()
    {
        const auto* panel = window_->findChild<CircuitPanel*>();
        const auto circuitWith = [this](QLineEdit& line, const QString& text) {
            line.selectAll();
            QTest::keyClicks(&line, text);
            return window_->document().project().circuit;
        };
        int fields = 0;
        for (auto* line : panel->findChildren<QLineEdit*>()) {
            if (qobject_cast<QAbstractSpinBox*>(line->parent()))
                continue;
            ++fields;
            const CircuitOptions half = circuitWith(*line, "1.5");
            QVERIFY2(circuitWith(*line, "1.25") != half, qPrintable(line->objectName()));
            QVERIFY2(circuitWith(*line, "1,5") == half, qPrintable(line->objectName()));
        }
        QVERIFY(fields > 10);
        window_->document().setCircuit({});
    }

    void wordsHavePoints()
    {
        QCOMPARE(QLocale().toString(1234.5, 'f', 1), "1,234.5");
        const QRegularExpression german("\\d\\.\\d{3},\\d|\\d,\\d{1,2}\\b(?!\\d)");
        onEveryTab(*window_, [&](QWidget&, const QString&) {
            for (const auto* label : window_->findChildren<QLabel*>())
                QVERIFY2(!german.match(label->text()).hasMatch(), qPrintable(label->text()));
        });
    }

    void wheelScrollsThePage()
    {
        onEveryTab(*window_, [&](QWidget&, const QString&) {
            for (auto* box : window_->findChildren<QWidget*>()) {
                const auto* number = qobject_cast<QAbstractSpinBox*>(box);
                const auto* choice = qobject_cast<QComboBox*>(box);
                if (!box->isVisible() || (!number && !choice))
                    continue;
                window_->setFocus();
                const auto shown = [&] { return number ? number->text() : choice->currentText(); };
                const QString before = shown();
                for (const int angle : {120, -120, -120}) {
                    turnWheel(*box, angle);
                    QVERIFY2(shown() == before, qPrintable(box->objectName()));
                }
                QVERIFY2(!box->hasFocus(), qPrintable(box->objectName()));
            }
        });

        constexpr int train = 2;
        auto* pages = childOf<QStackedWidget>(window_.get(), "pages");
        pages->setCurrentIndex(train);
        for (auto* tabs : pages->currentWidget()->findChildren<QTabWidget*>())
            tabs->setCurrentIndex(0);
        window_->resize(1000, 420);
        auto* epochs = childOf<QSpinBox>(window_.get(), "epochs");
        QTRY_VERIFY(epochs->isVisible());
        auto* scroll = window_->findChild<StudyForm*>()->findChild<QScrollArea*>()->verticalScrollBar();
        QTRY_VERIFY(scroll->maximum() > 0);
        scroll->setValue(0);
        turnWheel(*epochs, -120);
        QVERIFY(scroll->value() > 0);
        window_->activateWindow(); // which dialogs of other tests may have been
        epochs->setFocus();
        QTRY_VERIFY(epochs->hasFocus());
        const int value = epochs->value();
        turnWheel(*epochs, 120);
        QCOMPARE(epochs->value(), value + 1); // there a person means it
        epochs->setValue(value);
        window_->resize(1280, 800);
    }

    void errorsInSlotsAreTold()
    {
        QPushButton button;
        connect(&button, &QPushButton::clicked, this, [] { throw Error("found a click, expected none."); });
        button.show();
        QTest::mouseClick(&button, Qt::LeftButton);
        QTRY_COMPARE(told_, QStringList("found a click, expected none."));
        told_.clear();
        QTimer::singleShot(0, this, [] { throw std::bad_alloc(); });
        QTRY_COMPARE(told_, QStringList("There is not enough memory for this."));
        QTest::mouseClick(&button, Qt::LeftButton); // and all goes on
        QTRY_COMPARE(told_.size(), 2);
    }

    void oneMessageAtATime()
    {
        int open = 0, most = 0;
        window_->dialogs().showError = [&](const QString& words) {
            told_.append(words);
            most = std::max(most, ++open);
            QTimer::singleShot(0, this, [] { throw Error("below the message"); });
            QCoreApplication::processEvents(); // as a message box does
            QCoreApplication::processEvents();
            --open;
        };
        QTimer::singleShot(0, this, [] { throw Error("first"); });
        QTRY_COMPARE(told_, QStringList("first"));
        QCOMPARE(most, 1);
    }

private:
    const Project& project() const { return window_->document().project(); }

    void verifyDecimal(QDoubleSpinBox& box)
    {
        double number = 0.5;
        if (number < box.minimum() || number > box.maximum())
            number = std::ceil(box.minimum()) + 0.5;
        const QString point = QString::number(number, 'f', 1);
        for (const QString& text : {point, QString(point).replace('.', ',')}) {
            box.setValue(box.maximum());
            type(box, text);
            QVERIFY2(box.value() == number, qPrintable(box.objectName() + ": " + box.text()));
            QVERIFY2(box.cleanText() == QString::number(number, 'f', box.decimals()), qPrintable(box.text()));
            box.setValue(box.maximum());
            paste(box, text);
            QVERIFY2(box.value() == number, qPrintable(box.objectName() + ": " + box.text()));
        }
        verifyPlain(box);
    }

    void verifyWhole(QSpinBox& box)
    {
        const int number = std::clamp(2, box.minimum(), box.maximum());
        box.setValue(number);
        for (const char* text : {"1,5", "1.5", "1,000"}) {
            paste(box, text);
            QVERIFY2(box.value() == number, qPrintable(box.objectName() + ": " + box.text()));
        }
        verifyPlain(box);
    }

    template <class Box>
    void verifyPlain(Box& box)
    {
        box.setValue(box.maximum());
        const QString shown = box.cleanText();
        QVERIFY2(!shown.contains(',') && shown.count('.') <= 1, qPrintable(box.objectName() + ": " + shown));
    }

    QTemporaryDir folder_;
    std::unique_ptr<MainWindow> window_;
    QStringList told_;
};

int main(int argc, char** argv)
{
    qputenv("LC_ALL", "de_DE.UTF-8"); // Qt needs no files of it
    Application application(argc, argv);
    TestApplication test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_application.moc"
