#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMimeData>
#include <QRegularExpression>
#include <QSettings>
#include <QShortcut>
#include <QShortcutEvent>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "pages/die_page.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "views/live_chart.h"
#include "window/main_window.h"
#include "window/shortcuts.h"

using namespace faultline;

namespace
{

/// Lets Qt resolve keys, and keeps both what they trigger and the keys themselves from everything else.
class KeyTrap : public QObject
{
public:
    KeyTrap() { qApp->installEventFilter(this); }

    int triggered = 0;
    QStringList ambiguous;

protected:
    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() == QEvent::Shortcut) {
            const auto& shortcut = *static_cast<QShortcutEvent*>(event);
            ++triggered;
            if (shortcut.isAmbiguous())
                ambiguous.append(shortcut.key().toString());
            return true;
        }
        return event->type() == QEvent::KeyPress || event->type() == QEvent::KeyRelease;
    }
};

std::set<QKeySequence> allKeys(const QWidget& window)
{
    std::set<QKeySequence> keys;
    for (const QAction* action : window.findChildren<QAction*>())
        for (const QKeySequence& sequence : action->shortcuts())
            keys.insert(sequence);
    for (const QAbstractButton* button : window.findChildren<QAbstractButton*>())
        keys.insert(button->shortcut());
    for (const QShortcut* shortcut : window.findChildren<QShortcut*>())
        keys.insert(shortcut->key());
    keys.erase(QKeySequence());
    return keys;
}

} // namespace

/// What holds for the keyboard on every page.
class TestKeyboard : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
    }

    void init()
    {
        QSettings().clear();
        window_ = std::make_unique<MainWindow>(sampleProject(2));
        window_->show();
        window_->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    }

    void cleanup() { window_.reset(); }

    void noKeyMeansTwoThings()
    {
        const std::set<QKeySequence> keys = allKeys(*window_);
        QVERIFY(keys.size() > 30);
        onEveryTab(*window_, [&](QWidget& page, const QString& where) {
            for (auto* widget : page.findChildren<QWidget*>()) {
                if (!widget->isVisible() || !widget->isEnabled() || widget->focusPolicy() == Qt::NoFocus)
                    continue;
                widget->setFocus();
                KeyTrap trap;
                for (const QKeySequence& sequence : keys) {
                    QTest::keyClick(widget, sequence[0].key(), sequence[0].keyboardModifiers());
                    QVERIFY2(trap.ambiguous.isEmpty(),
                             qPrintable(QString("%1 with the focus on %2 of %3")
                                            .arg(trap.ambiguous.join(' '), widget->objectName(), where)));
                }
                QVERIFY2(trap.triggered > 0, qPrintable(where));
            }
        });
    }

    void keysThatAreToldExist()
    {
        const std::set<QKeySequence> keys = allKeys(*window_);
        const QRegularExpression key(
            R"((?<= )\(((?:(?:Ctrl|Shift|Alt)\+)+\w+|F\d+|Page Up|Page Down|[A-Z])\))");
        int told = 0;
        for (const auto* widget : window_->findChildren<QWidget*>())
            for (const QRegularExpressionMatch& match : key.globalMatch(widget->toolTip())) {
                ++told;
                const QKeySequence sequence(match.captured(1).remove(' ').replace("Page", "Pg"));
                QVERIFY2(keys.contains(sequence),
                         qPrintable(widget->objectName() + ": " + widget->toolTip()));
            }
        QVERIFY(told > 10);
    }

    void everyKeyIsListed()
    {
        const auto list = shortcutsOf(*window_);
        for (const QKeySequence& sequence : allKeys(*window_)) {
            const QString name = sequence.toString(QKeySequence::NativeText);
            const auto entry = std::ranges::find(list, name, &std::pair<QString, QString>::first);
            QVERIFY2(entry != list.end(), qPrintable(name));
            QVERIFY2(entry->second.contains(QRegularExpression("[A-Za-z]")), qPrintable(name));
        }
        for (const auto& entry : {std::pair{QString("Ctrl+C"), QString("Copy selected cells")},
                                  {"]", "Larger brush"},
                                  {"PgUp", "Previous die"},
                                  {"Ctrl+Return", "Start"}})
            QVERIFY2(std::ranges::find(list, entry) != list.end(), qPrintable(entry.first));
    }

    void tabReachesEveryControl()
    {
        onEveryTab(*window_, [&](QWidget& page, const QString& where) {
            QSet<QWidget*> reached;
            QWidget* first = nullptr;
            for (auto* widget : page.findChildren<QWidget*>())
                if (!first && isTabStop(*widget))
                    first = widget;
            QVERIFY2(first, qPrintable(where));
            first->setFocus();
            for (int step = 0; step < 400 && !reached.contains(QApplication::focusWidget()); ++step) {
                reached.insert(QApplication::focusWidget());
                QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
            }
            for (auto* widget : page.findChildren<QWidget*>())
                if (isTabStop(*widget))
                    QVERIFY2(reached.contains(widget) || reached.contains(widget->focusProxy()),
                             qPrintable(where + ": " + widget->objectName() + ' ' +
                                        widget->metaObject()->className()));
        });
    }

    void excludesADieByItsKey()
    {
        auto* wafer = childOf<QWidget>(window_.get(), "waferView");
        wafer->setFocus();
        QTest::keyClick(wafer, Qt::Key_T, Qt::ControlModifier);
        QVERIFY(!window_->document().project().wafer.dies[0].included);
        int asked = 0;
        window_->dialogs().measuredFiles = [&] { return ++asked, QStringList(); };
        QTest::keyClick(wafer, Qt::Key_I, Qt::ControlModifier);
        QCOMPARE(asked, 1);
    }

    void copyMeansWhatHasTheFocus()
    {
        QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
        auto* tabs = childOf<QTabWidget>(window_.get(), "dieTabs");
        tabs->setCurrentIndex(1);
        auto* map = childOf<HeatMapView>(window_.get(), "dieMap");
        QTest::mouseClick(map, Qt::LeftButton, {}, map->cellRect({3, 3}).center().toPoint());
        QApplication::clipboard()->setText("before");
        QTest::keyClick(map, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(childOf<QWidget>(window_.get(), "readout")->property("text").toString().contains("Copied 1"));
        QCOMPARE(QApplication::clipboard()->text(), "before");

        QTest::keyClick(window_.get(), Qt::Key_3, Qt::ControlModifier);
        auto* chart = childOf<LiveChart>(window_.get(), "lossChart");
        QTest::mouseClick(chart->findChild<QAbstractScrollArea*>()->viewport(), Qt::LeftButton, {}, {5, 5});
        QVERIFY(chart->hasFocus());
        QTest::keyClick(chart, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QApplication::clipboard()->mimeData()->hasFormat("image/svg+xml"));
        QTest::keyClick(chart, Qt::Key_Down);
        QVERIFY(chart->emphasised() >= 0);
    }

    void editMenuOffersCellsOnTheDiePageAlone()
    {
        auto* paste = childOf<QAction>(window_.get(), "pasteCells");
        QVERIFY(!paste->isEnabled());
        QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
        QVERIFY(paste->isEnabled());
        QTest::keyClick(window_.get(), Qt::Key_3, Qt::ControlModifier);
        QVERIFY(!paste->isEnabled());
    }

private:
    static bool isTabStop(const QWidget& widget)
    {
        return widget.isVisible() && widget.isEnabled() && (widget.focusPolicy() & Qt::TabFocus) &&
               !widget.objectName().startsWith("qt_") && !widget.focusProxy();
    }

    QTemporaryDir folder_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestKeyboard)
#include "test_keyboard.moc"
