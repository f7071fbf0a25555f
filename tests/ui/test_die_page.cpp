#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QSpinBox>
#include <QStackedWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <functional>
#include <set>

#include "pages/die_page.h"
#include "sample_project.h"
#include "ui_bench.h"
#include "views/export_dialog.h"
#include "views/heat_map_view.h"
#include "views/histogram_view.h"
#include "window/main_window.h"

using namespace faultline;

using Cells = std::set<std::pair<int, int>>;

/// Draws, looks and marks on a die of 20 x 40 perfect cells, with the mouse and the keys of a person.
class TestDiePage : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { prepareApplication(settings_.path()); }

    void init()
    {
        Project project = tinyProject(3, {});
        for (int k = 0; k < 3; ++k) {
            Die& die = project.wafer.dies[static_cast<std::size_t>(k)];
            const std::string name = die.name;
            die = Die(name, project.wafer.geometry, project.wafer.device);
            die.id = k;
        }
        show(project);
    }

    void cleanup() { window_.reset(); }

    void everyToolDrawsItsCells_data()
    {
        QTest::addColumn<QString>("tool");
        QTest::addColumn<int>("size");
        QTest::addColumn<Cells>("expected");
        const auto block = [](int top, int left, int bottom, int right) {
            Cells cells;
            for (int row = top; row <= bottom; ++row)
                for (int column = left; column <= right; ++column)
                    cells.emplace(row, column);
            return cells;
        };
        // All from (4, 10) by way of (4, 14) to (7, 14).
        Cells bent = block(4, 10, 4, 14);
        bent.merge(block(4, 14, 7, 14));
        Cells wide = block(3, 9, 5, 15);
        wide.merge(block(3, 13, 8, 15));
        QTest::newRow("brush") << "brush" << 1 << bent;
        QTest::newRow("wide brush") << "brush" << 3 << wide;
        QTest::newRow("line") << "line" << 1 << Cells{{4, 10}, {5, 11}, {6, 13}, {7, 14}, {5, 12}};
        QTest::newRow("rectangle") << "rectangle" << 1 << block(4, 10, 7, 14);
        QTest::newRow("row") << "row" << 1 << block(4, 0, 7, 39);
        QTest::newRow("column") << "column" << 1 << block(0, 10, 19, 14);
    }

    void everyToolDrawsItsCells()
    {
        QFETCH(QString, tool);
        QFETCH(int, size);
        QFETCH(Cells, expected);
        choose(tool);
        child<QSpinBox>("brushSize")->setValue(size);
        drag({{4, 10}, {4, 14}, {7, 14}});
        if (tool == "line") { // as long as its longer side, and each cell at most half a cell off
            const Cells drawn = cellsWith(Defect::Short);
            QCOMPARE(drawn.size(), std::size_t{5});
            for (const auto& [row, column] : drawn)
                QVERIFY(std::abs(row - (4 + (column - 10) * 3 / 4.0)) <= 0.5);
        } else {
            QCOMPARE(cellsWith(Defect::Short), expected);
        }
        QCOMPARE(window_->document().undoStack().count(), 1);
        QVERIFY(window_->isWindowModified());
        child<QAction>("actionUndo")->trigger();
        QVERIFY(cellsWith(Defect::Short).empty());
        QVERIFY(!window_->isWindowModified());
        child<QAction>("actionRedo")->trigger();
        QVERIFY(!cellsWith(Defect::Short).empty());
    }

    void scatterHitsCellsOfTheRectangleAtItsRate()
    {
        choose("scatter");
        child<QDoubleSpinBox>("scatterRate")->setValue(30.0);
        drag({{0, 0}, {19, 39}});
        const Cells all = cellsWith(Defect::Short);
        // 800 cells at 30 %: 240, and in 999 of 1000 cases within 43 of that.
        QVERIFY2(all.size() > 197 && all.size() < 283, qPrintable(QString::number(all.size())));
        window_->document().undoStack().undo();
        drag({{0, 0}, {19, 39}});
        QCOMPARE(cellsWith(Defect::Short), all); // the same step draws the same
        drag({{0, 0}, {19, 39}});
        QVERIFY(cellsWith(Defect::Short).size() > all.size()); // the next one others
        window_->document().undoStack().undo();
        window_->document().undoStack().undo();
        drag({{5, 5}, {8, 9}});
        for (const auto& [row, column] : cellsWith(Defect::Short))
            QVERIFY(row >= 5 && row <= 8 && column >= 5 && column <= 9);
    }

    void kindsAndConductancesAreDrawn()
    {
        const Device device = window_->document().project().wafer.device;
        choose("brush");
        auto* kind = child<QComboBox>("drawKind");
        const std::array labels{Defect::Short, Defect::Open, Defect::StuckP, Defect::StuckAP};
        for (int k = 0; k < 4; ++k) {
            kind->setCurrentIndex(k);
            drag({{k, 3}});
            QCOMPARE(die().defect(k, 3), labels[static_cast<std::size_t>(k)]);
            QCOMPARE(die().conductance[P](k, 3), die().conductance[AP](k, 3));
        }
        QCOMPARE(die().conductance[P](1, 3), 0.0F);
        QVERIFY(std::abs(die().conductance[P](2, 3) / device.conductance(P) - 1.0) < 1e-4);
        QVERIFY(std::abs(die().conductance[P](3, 3) / device.conductance(AP) - 1.0) < 1e-4);
        kind->setCurrentIndex(4);
        child<QDoubleSpinBox>("drawConductanceP")->setValue(250.0);
        child<QDoubleSpinBox>("drawConductanceAP")->setValue(60.5);
        drag({{9, 9}});
        QCOMPARE(die().defect(9, 9), Defect::None);
        QVERIFY(std::abs(die().conductance[P](9, 9) - 250e-6F) < 1e-9F);
        QVERIFY(std::abs(die().conductance[AP](9, 9) - 60.5e-6F) < 1e-9F);
        QCOMPARE(child<QAction>("actionUndo")->text(), "Undo draw conductances on D01");
    }

    void labelsWithoutConductances()
    {
        auto& document = window_->document();
        const std::array measured{CellEdit{{2, 2}, {Defect::Short, {7e-4F, 8e-4F}}},
                                  CellEdit{{2, 3}, {Defect::None, {7e-5F, 1.9e-4F}}}};
        drawCells(document, 0, measured, "measure");
        choose("brush");
        auto* kind = child<QComboBox>("drawKind");
        child<QCheckBox>("labelOnly")->setChecked(true);
        QVERIFY(!child<QDoubleSpinBox>("drawConductanceP")->isEnabled());
        kind->setCurrentIndex(2);
        drag({{2, 2}, {2, 3}});
        QCOMPARE(die().cell({2, 2}), (CellState{Defect::StuckP, {7e-4F, 8e-4F}}));
        QCOMPARE(die().cell({2, 3}), (CellState{Defect::StuckP, {7e-5F, 1.9e-4F}}));
        QCOMPARE(child<QAction>("actionUndo")->text(), "Undo label stuck-P cells on D01");
        kind->setCurrentIndex(4);
        QCOMPARE(kind->currentText(), "healthy");
        drag({{2, 2}});
        QCOMPARE(die().cell({2, 2}), (CellState{Defect::None, {7e-4F, 8e-4F}}));
        document.undoStack().undo();
        document.undoStack().undo();
        QCOMPARE(die().cell({2, 2}), measured[0].state);
        child<QCheckBox>("labelOnly")->setChecked(false);
        QVERIFY(child<QDoubleSpinBox>("drawConductanceP")->isEnabled());
        QCOMPARE(kind->currentText(), "conductance");
    }

    void escapeCancelsAStroke()
    {
        choose("brush");
        QTest::mousePress(map(), Qt::LeftButton, {}, at({3, 3}));
        QTest::mouseMove(map(), at({3, 9}));
        const QImage during = map()->grab().toImage();
        QCOMPARE(during.pixelColor(at({3, 6})), Theme().colour(hueOf(Defect::Short))); // the live preview
        QTest::keyClick(map(), Qt::Key_Escape);
        QTest::mouseRelease(map(), Qt::LeftButton, {}, at({3, 9}));
        QVERIFY(cellsWith(Defect::Short).empty());
        QCOMPARE(window_->document().undoStack().count(), 0);
        QVERIFY(map()->grab().toImage().pixelColor(at({3, 6})) != Theme().colour(hueOf(Defect::Short)));
    }

    void eraserGivesBackWhatWas()
    {
        auto& document = window_->document();
        const std::array measured{CellEdit{{2, 2}, {Defect::None, {7e-5F, 1.9e-4F}}}};
        drawCells(document, 0, measured, "measure");
        document.undoStack().clear(); // from here on this is how the die came
        choose("rectangle");
        drag({{1, 1}, {3, 3}});
        drag({{2, 2}, {6, 6}}, [this] { child<QComboBox>("drawKind")->setCurrentIndex(1); });
        choose("eraser");
        child<QSpinBox>("brushSize")->setValue(3);
        drag({{2, 2}});
        QVERIFY(cellsWith(Defect::Short).empty());
        QCOMPARE(die().conductance[P](2, 2), 1.9e-4F);
        QCOMPARE(die().conductance[AP](2, 2), 7e-5F);
        QCOMPARE(die().defect(6, 6), Defect::Open);
        // Without a history it becomes a nominal working cell.
        document.undoStack().clear();
        drag({{5, 5}});
        QCOMPARE(die().defect(5, 5), Defect::None);
        QCOMPARE(die().conductance[P](5, 5),
                 static_cast<float>(document.project().wafer.device.conductance(P)));
        // Healthy cells keep their variation.
        drag({{2, 2}});
        QCOMPARE(die().conductance[P](2, 2), 1.9e-4F);
    }

    void savingMarksClean()
    {
        choose("brush");
        drag({{3, 3}});
        QVERIFY(window_->isWindowModified());
        window_->dialogs().saveFile = [this](const QString&) { return settings_.filePath("drawn"); };
        child<QAction>("actionSave")->trigger();
        QVERIFY(!window_->isWindowModified());
        window_->document().undoStack().undo();
        QVERIFY(window_->isWindowModified());
        window_->document().undoStack().redo();
        QVERIFY(!window_->isWindowModified());
        ProjectDocument reread{Project()};
        reread.open(settings_.filePath("drawn.faultline").toStdString());
        QCOMPARE(reread.project().wafer.dies[0].defect(3, 3), Defect::Short);
    }

    void wheelZoomsAtTheCursor()
    {
        choose("hand");
        const CellIndex cell{14, 31};
        const QPointF point = map()->cellRect(cell).center() + QPointF(1.5, -2.0);
        const QPointF before = (point - map()->cellRect(cell).topLeft()) / map()->cellSize();
        const double size = map()->cellSize();
        for (int notch = 0; notch < 6; ++notch) {
            wheel(point, 120);
            const QPointF now = (point - map()->cellRect(cell).topLeft()) / map()->cellSize();
            QVERIFY(QPointF(now - before).manhattanLength() < 1e-6);
        }
        QVERIFY(map()->cellSize() > 3.0 * size);
        QCOMPARE(map()->cellAt(point), cell);
        wheel(point, -120);
        QVERIFY(map()->cellSize() < 3.1 * size);
        QTest::keyClick(window_.get(), Qt::Key_F);
        QTRY_COMPARE(map()->cellSize(), size);
    }

    void dragPans_data()
    {
        QTest::addColumn<QString>("tool");
        QTest::addColumn<Qt::MouseButton>("button");
        QTest::addColumn<bool>("space");
        QTest::newRow("hand") << "hand" << Qt::LeftButton << false;
        QTest::newRow("middle button") << "brush" << Qt::MiddleButton << false;
        QTest::newRow("space") << "brush" << Qt::LeftButton << true;
    }

    void dragPans()
    {
        QFETCH(QString, tool);
        QFETCH(Qt::MouseButton, button);
        QFETCH(bool, space);
        choose(tool);
        map()->zoomAt(map()->cellRect({10, 20}).center(), 3.0);
        map()->setFocus();
        const QPointF corner = map()->mapRect().topLeft();
        const QPoint from = map()->mapArea().center().toPoint();
        if (space)
            QTest::keyPress(map(), Qt::Key_Space);
        QTest::mousePress(map(), button, {}, from);
        QTest::mouseMove(map(), from + QPoint(-37, 21));
        QTest::mouseRelease(map(), button, {}, from + QPoint(-37, 21));
        if (space)
            QTest::keyRelease(map(), Qt::Key_Space);
        QCOMPARE(map()->mapRect().topLeft(), corner + QPointF(-37, 21));
        QVERIFY(cellsWith(Defect::Short).empty());
    }

    void keysMoveACursorAndDraw()
    {
        choose("brush");
        map()->setFocus();
        QCOMPARE(map()->cursorCell(), (CellIndex{0, 0}));
        for (const Qt::Key key : {Qt::Key_Down, Qt::Key_Right, Qt::Key_Right})
            QTest::keyClick(map(), key);
        QTest::keyClick(map(), Qt::Key_Right, Qt::ShiftModifier); // one kernel
        QCOMPARE(map()->cursorCell(), (CellIndex{1, 12}));
        QVERIFY(child<QLabel>("readout")->text().contains("row 1, column 12"));
        QTest::keyClick(map(), Qt::Key_Return);
        QTest::keyClick(map(), Qt::Key_Down);
        QTest::keyClick(map(), Qt::Key_Down);
        QVERIFY(cellsWith(Defect::Short).empty());
        QTest::keyClick(map(), Qt::Key_Return);
        QCOMPARE(cellsWith(Defect::Short), (Cells{{1, 12}, {2, 12}, {3, 12}}));
    }

    void readoutFollowsTheKeys()
    {
        const auto* readout = child<QLabel>("readout");
        choose("brush");
        map()->setFocus();
        QTest::mouseMove(map(), at({10, 20}));
        QTRY_VERIFY(readout->text().contains("row 10, column 20"));
        QTest::keyClick(map(), Qt::Key_Return);
        QVERIFY(readout->text().contains("row 0, column 0"));
        QVERIFY(readout->text().contains("healthy"));
        QTest::keyClick(map(), Qt::Key_Right);
        QTest::keyClick(map(), Qt::Key_Return);
        QVERIFY(readout->text().contains("row 0, column 1"));
        QVERIFY(readout->text().contains("short"));
        QEvent leave(QEvent::Leave); // the mouse goes its way
        QApplication::sendEvent(map(), &leave);
        QTest::keyClick(map(), Qt::Key_Return);
        child<QComboBox>("drawKind")->setCurrentIndex(1);
        QTest::keyClick(map(), Qt::Key_Return);
        QVERIFY(readout->text().contains("row 0, column 1"));
        QVERIFY(readout->text().contains("open"));

        choose("select");
        drag({{1, 1}, {2, 2}});
        QTest::keyClick(map(), Qt::Key_C, Qt::ControlModifier);
        QTest::keyClick(map(), Qt::Key_V, Qt::ControlModifier);
        QVERIFY(readout->text().contains("Click where"));
        QTest::keyClick(map(), Qt::Key_Escape);
        QVERIFY(!readout->text().contains("Click where"));
    }

    void valuesAreWrittenInLargeCells()
    {
        choose("select");
        map()->zoomAt(map()->cellRect({10, 20}).center(), 1e6);
        QTest::mouseMove(map(), QPoint(2, 2));
        QVERIFY(shadesIn({10, 20}) > 3); // smoothed glyphs on one colour
        map()->zoomAt(map()->cellRect({10, 20}).center(), 0.2);
        QCOMPARE(shadesIn({10, 20}), 1);
    }

    void copiedCellsArePastedOnAnotherDie()
    {
        choose("brush");
        drag({{5, 5}});
        child<QComboBox>("drawKind")->setCurrentIndex(1);
        drag({{6, 7}});
        choose("select");
        drag({{5, 5}, {6, 7}});
        QCOMPARE(map()->selection(), QRect(5, 5, 3, 2));
        QTest::keyClick(map(), Qt::Key_C, Qt::ControlModifier);
        QTest::keyClick(map(), Qt::Key_PageDown);
        QTRY_COMPARE(page()->die(), 1);
        map()->setFocus();
        QTest::keyClick(map(), Qt::Key_V, Qt::ControlModifier);
        QTest::mouseMove(map(), at({10, 20}));
        QCOMPARE(map()->grab().toImage().pixelColor(at({10, 20})), Theme().colour(hueOf(Defect::Short)));
        QVERIFY(cellsWith(Defect::Short, 1).empty());
        QTest::mouseClick(map(), Qt::LeftButton, {}, at({10, 20}));
        QCOMPARE(cellsWith(Defect::Short, 1), (Cells{{10, 20}}));
        QCOMPARE(cellsWith(Defect::Open, 1), (Cells{{11, 22}}));
        QCOMPARE(child<QAction>("actionUndo")->text(), "Undo paste 2 × 3 cells on D02");
        window_->document().undoStack().undo();
        QVERIFY(cellsWith(Defect::Short, 1).empty());
        // A second click selects again; Esc ends a paste.
        QTest::keyClick(map(), Qt::Key_V, Qt::ControlModifier);
        QTest::keyClick(map(), Qt::Key_Escape);
        QTest::mouseClick(map(), Qt::LeftButton, {}, at({10, 20}));
        QVERIFY(cellsWith(Defect::Short, 1).empty());
    }

    void undoShowsTheDieThatItChanges()
    {
        choose("brush");
        drag({{5, 5}});
        QTest::mouseClick(child<QToolButton>("nextDie"), Qt::LeftButton);
        QCOMPARE(child<QComboBox>("dieChooser")->currentText(), "D02");
        window_->document().undoStack().undo();
        QCOMPARE(child<QComboBox>("dieChooser")->currentText(), "D01");
    }

    void brushedRangeMarksItsCells()
    {
        auto& document = window_->document();
        const std::array edits{CellEdit{{2, 3}, {Defect::Short, {9e-4F, 9e-4F}}},
                               CellEdit{{12, 30}, {Defect::Short, {9.5e-4F, 9.5e-4F}}},
                               CellEdit{{4, 4}, {Defect::Short, {4e-4F, 4e-4F}}}};
        drawCells(document, 0, edits, "draw shorts");
        auto* histogram = child<HistogramView>("dieHistogram");
        QTRY_COMPARE(shortsIn(histogram->histogram()), 3);
        choose("select");
        const QImage before = map()->grab().toImage();
        const QPoint low(static_cast<int>(histogram->xOf(7e-4)), histogram->height() / 2);
        const QPoint high(static_cast<int>(histogram->xOf(9.9e-4)), histogram->height() / 2);
        QTest::mousePress(histogram, Qt::LeftButton, {}, low);
        QTest::mouseMove(histogram, high);
        QTest::mouseRelease(histogram, Qt::LeftButton, {}, high);
        QVERIFY(histogram->brushed());
        QVERIFY2(child<QLabel>("brushedCells")->text().startsWith("Marked: 2 cells, "),
                 qPrintable(child<QLabel>("brushedCells")->text()));
        const QImage after = map()->grab().toImage();
        const QColor shortColour = Theme().colour(hueOf(Defect::Short));
        QCOMPARE(after.pixelColor(at({2, 3})), shortColour);
        QCOMPARE(after.pixelColor(at({12, 30})), shortColour);
        QCOMPARE(before.pixelColor(at({4, 4})), shortColour);
        QVERIFY(after.pixelColor(at({4, 4})) != shortColour); // pale
        QTest::mouseClick(histogram, Qt::LeftButton, {}, low);
        QVERIFY(!histogram->brushed());
        QCOMPARE(map()->grab().toImage().pixelColor(at({4, 4})), shortColour);
        // By keys, too.
        histogram->setFocus();
        QTest::keyClick(histogram, Qt::Key_Right);
        const auto first = histogram->brushed();
        QVERIFY(first);
        QTest::keyClick(histogram, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(histogram->brushed()->low, first->low);
        QVERIFY(histogram->brushed()->high > first->high);
    }

    void selectedRegionMarksItsShare()
    {
        const std::array edits{CellEdit{{2, 3}, {Defect::Short, {9e-4F, 9e-4F}}},
                               CellEdit{{12, 30}, {Defect::Short, {9.5e-4F, 9.5e-4F}}}};
        drawCells(window_->document(), 0, edits, "draw shorts");
        auto* histogram = child<HistogramView>("dieHistogram");
        QVERIFY(!histogram->share());
        choose("select");
        drag({{1, 1}, {4, 5}});
        QTRY_VERIFY(histogram->share());
        QCOMPARE(shortsIn(*histogram->share()), 1);
        auto* numbers = child<QTableWidget>("dieNumbers");
        QCOMPARE(numbers->item(3, 2)->text(), "19"); // healthy: 4 x 5 cells without the short
        QCOMPARE(numbers->item(4, 2)->text(), "1");
        QCOMPARE(numbers->item(4, 1)->text(), "2");
        QCOMPARE(numbers->item(0, 1)->text(), "200.0 ± 0.0");
        QCOMPARE(numbers->item(2, 1)->text(), "150 ± 0");
        child<QComboBox>("histogramDies")->setCurrentIndex(1);
        QCOMPARE(numbers->item(3, 1)->text(), "2,398"); // of three dies
        QTest::keyClick(map(), Qt::Key_Escape);
        QTRY_VERIFY(!histogram->share());
    }

    void notMeasuredCellsAreMarked()
    {
        const auto* readout = child<QLabel>("readout");
        auto* numbers = child<QTableWidget>("dieNumbers");
        QCOMPARE(numbers->rowCount(), 8);
        Project project = window_->document().project();
        Die& die = project.wafer.dies[0];
        die.setDefect(7, 7, Defect::Short, 5e-4F);
        die.acquisition.missing = {2 * 40 + 3, 7 * 40 + 7};
        show(project);
        numbers = child<QTableWidget>("dieNumbers");
        readout = child<QLabel>("readout");
        choose("hand");
        QTest::mouseMove(map(), at({2, 3}));
        QTRY_VERIFY(readout->text().contains("row 2, column 3"));
        QVERIFY(readout->text().contains("not measured (stands in)"));
        QVERIFY(!readout->text().contains("healthy"));
        QVERIFY(map()->describe(at({7, 7})).contains("short, not measured (stands in)"));
        QVERIFY(map()->describe(at({2, 4})).contains("healthy"));
        QCOMPARE(numbers->item(3, 1)->text(), "798"); // healthy
        QCOMPARE(numbers->item(4, 1)->text(), "0");   // shorts
        QCOMPARE(numbers->item(8, 0)->text(), "not measured");
        QCOMPARE(numbers->item(8, 1)->text(), "2");

        // Hatched in every layer, from near and far.
        QTest::mouseMove(map(), QPoint(2, 2));
        for (const int layer : {0, 1, 2, 3}) {
            child<QComboBox>("dieOverlay")->setCurrentIndex(layer);
            for (const double zoom : {1.0, 1.3, 1.3, 5.0}) {
                map()->zoomAt(map()->cellRect({2, 3}).center(), zoom);
                QVERIFY(shadesIn({2, 3}) > 1);
                QVERIFY(zoom == 5.0 || shadesIn({2, 4}) == 1); // values are written there
            }
            map()->fit();
        }
        child<QComboBox>("dieOverlay")->setCurrentIndex(0);
        auto* histogram = child<HistogramView>("dieHistogram");
        QCOMPARE(shortsIn(histogram->histogram()), 0);
        histogram->brush(HistogramView::Range{0.0, 1.0});
        QVERIFY(histogram->isBrushed(die.cell({2, 4})));
        QVERIFY(!histogram->isBrushed(die.cell({2, 3})));
        histogram->brush({});

        // A label stays one of a value that stands in; what is drawn is known.
        choose("brush");
        child<QCheckBox>("labelOnly")->setChecked(true);
        drag({{2, 3}});
        QCOMPARE(this->die().defect(2, 3), Defect::Short);
        QVERIFY(!this->die().isMeasured(2 * 40 + 3));
        child<QCheckBox>("labelOnly")->setChecked(false);
        drag({{2, 3}});
        QVERIFY(this->die().isMeasured(2 * 40 + 3));
        QVERIFY(!readout->text().contains("stands in"));
        QTRY_COMPARE(numbers->item(4, 1)->text(), "1");
        QCOMPARE(numbers->item(8, 1)->text(), "1");
        window_->document().undoStack().undo();
        window_->document().undoStack().undo();
        QCOMPARE(this->die().acquisition.missing, die.acquisition.missing);
    }

    void overlaysColourByTheirValues()
    {
        const std::array edits{CellEdit{{2, 3}, {Defect::None, {8e-5F, 3e-4F}}},
                               CellEdit{{2, 5}, {Defect::None, {8e-5F, 1e-4F}}}};
        drawCells(window_->document(), 0, edits, "draw conductances");
        child<QComboBox>("dieOverlay")->setCurrentIndex(1);
        child<QComboBox>("rangeMode")->setCurrentIndex(1);
        child<QDoubleSpinBox>("rangeLow")->setValue(100.0);
        child<QDoubleSpinBox>("rangeHigh")->setValue(300.0);
        choose("hand");
        QTest::mouseMove(map(), QPoint(2, 2));
        QImage picture = map()->grab().toImage();
        QCOMPARE(picture.pixelColor(at({2, 3})).rgb(), viridis()[255]);
        QCOMPARE(picture.pixelColor(at({2, 5})).rgb(), viridis()[0]);
        child<QComboBox>("colourMap")->setCurrentIndex(1);
        picture = map()->grab().toImage();
        QCOMPARE(picture.pixelColor(at({2, 3})).rgb(), cividis()[255]);
        // Half way on a logarithmic scale.
        child<QCheckBox>("rangeLog")->setChecked(true);
        const std::array middle{CellEdit{{2, 3}, {Defect::None, {8e-5F, 1.7321e-4F}}}};
        drawCells(window_->document(), 0, middle, "draw conductances");
        picture = map()->grab().toImage();
        const QColor shown = picture.pixelColor(at({2, 3})), expected = QColor::fromRgb(cividis()[128]);
        QVERIFY(std::abs(shown.red() - expected.red()) + std::abs(shown.green() - expected.green()) < 8);
    }

    void menusExportTheMapAndTheHistogram()
    {
        child<QComboBox>("dieOverlay")->setCurrentIndex(1);
        map()->zoomAt(at({10, 10}), 4.0);
        chooseFromMenu(*map(), "actionCopyNumbers");
        const QStringList rows = QApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
        const CellIndex first = map()->cellAt(map()->mapArea().topLeft() + QPointF(1, 1));
        QVERIFY(first.row > 0 && first.column > 0); // only what is in sight
        QVERIFY(rows[0].startsWith(QString("row\tcolumn %1").arg(first.column)));
        QVERIFY(rows[1].startsWith(QString("%1\t200").arg(first.row)));
        chooseFromMenu(*map(), "actionExportFigure");
        auto* dialog = map()->findChild<ExportDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        dialog->reject();
        chooseFromMenu(*child<HistogramView>("dieHistogram"), "actionCopyNumbers");
        QVERIFY(QApplication::clipboard()->text().startsWith("from (S)\tto (S)\tat P"));
    }

    void emptyWaferIsHarmless()
    {
        Project empty = window_->document().project();
        empty.wafer.dies.clear();
        window_->document().replaceProject(empty);
        QCOMPARE(page()->die(), -1);
        for (const char* tool : {"brush", "eraser", "select"})
            choose(tool);
        QTest::mouseClick(map(), Qt::LeftButton, {}, map()->rect().center());
        QTest::mouseMove(map(), map()->rect().center() + QPoint(5, 5));
        QTest::keyClick(map(), Qt::Key_V, Qt::ControlModifier);
        for (int layer = 0; layer < 6; ++layer)
            child<QComboBox>("dieOverlay")->setCurrentIndex(layer);
        map()->grab();
    }

private:
    void show(const Project& project)
    {
        window_ = std::make_unique<MainWindow>(project);
        window_->resize(1280, 800);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
        QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(child<QStackedWidget>("pages")->currentWidget(), page());
    }

    template <class T>
    T* child(const QString& name)
    {
        return childOf<T>(window_.get(), name);
    }

    DiePage* page() { return window_->findChild<DiePage*>(); }
    HeatMapView* map() { return child<HeatMapView>("dieMap"); }
    void choose(const QString& tool)
    {
        QTest::mouseClick(child<QToolButton>("tool-" + tool), Qt::LeftButton);
    }
    QPoint at(const CellIndex& cell) { return map()->cellRect(cell).center().toPoint(); }

    void drag(const std::vector<CellIndex>& way, const std::function<void()>& first = {})
    {
        if (first)
            first();
        QTest::mousePress(map(), Qt::LeftButton, {}, at(way.front()));
        for (const CellIndex& cell : way)
            QTest::mouseMove(map(), at(cell));
        QTest::mouseRelease(map(), Qt::LeftButton, {}, at(way.back()));
    }

    void wheel(const QPointF& point, int angle)
    {
        QWheelEvent event(point, map()->mapToGlobal(point), {}, {0, angle}, Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(map(), &event);
    }

    const Die& die(std::size_t index = 0) { return window_->document().project().wafer.dies[index]; }

    Cells cellsWith(Defect defect, std::size_t index = 0)
    {
        Cells cells;
        for (int row = 0; row < die(index).rows(); ++row)
            for (int column = 0; column < die(index).columns(); ++column)
                if (die(index).defect(row, column) == defect)
                    cells.emplace(row, column);
        return cells;
    }

    static int shortsIn(const ConductanceHistogram& histogram)
    {
        int count = 0;
        for (const int bin : histogram.defective[static_cast<std::size_t>(Defect::Short)])
            count += bin;
        return count;
    }

    /// Colours on the map within a cell, beside the lines around it.
    int shadesIn(const CellIndex& cell)
    {
        const QImage picture =
            map()->grab(map()->cellRect(cell).toAlignedRect().adjusted(3, 3, -3, -3)).toImage();
        std::set<QRgb> colours;
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x)
                colours.insert(picture.pixel(x, y));
        return static_cast<int>(colours.size());
    }

    QTemporaryDir settings_;
    std::unique_ptr<MainWindow> window_;
};

QTEST_MAIN(TestDiePage)
#include "test_die_page.moc"
