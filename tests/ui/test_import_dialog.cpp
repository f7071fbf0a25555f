#include <fstream>

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "common/files.h"
#include "document/project_document.h"
#include "formats/hdf5.h"
#include "measurement/export.h"
#include "pages/import_dialog.h"
#include "pages/statistics_page.h"
#include "ui_bench.h"
#include "views/figure_view.h"
#include "views/threshold_view.h"

using namespace faultline;

class TestImportDialog : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(folder_.isValid());
        prepareApplication(folder_.path());
        qputenv("XDG_CONFIG_HOME", folder_.filePath("config").toUtf8());
        wafer_ = clearWafer(4);
        const auto files = exportDies(wafer_, path("dies"), ArrayFormat::Csv);
        writeFiles(files);
        for (const OutputFile& file : files)
            if (file.path.stem().string().ends_with("_defect"))
                std::filesystem::remove(file.path);
    }

    void importsAFolder()
    {
        ImportDialog dialog({path("dies")});
        dialog.show();
        waitForLabels(dialog);
        picture(dialog, "import-dialog");
        QCOMPARE(child<QTableWidget>(dialog, "labels")->rowCount(), 4);
        child<QLineEdit>(dialog, "waferName")->setText("lot 3");
        dialog.accept();
        QCOMPARE(dialog.result(), static_cast<int>(QDialog::Accepted));
        const Wafer wafer = dialog.takeWafer();
        QCOMPARE(wafer.name, "lot 3");
        QCOMPARE(wafer.dies.size(), wafer_.dies.size());
        for (std::size_t k = 0; k < wafer.dies.size(); ++k) {
            QVERIFY((wafer.dies[k].conductance[P] == wafer_.dies[k].conductance[P]).all());
            QVERIFY((wafer.dies[k].defect == wafer_.dies[k].defect).all());
        }
    }

    void keepsARecipe()
    {
        {
            ImportDialog dialog({path("dies")});
            waitForLabels(dialog);
            child<QCheckBox>(dialog, "transpose")->click();
            waitForLabels(dialog);
            child<QLineEdit>(dialog, "saveRecipeAs")->setText("turned");
            dialog.accept();
            QCOMPARE(dialog.takeWafer().geometry.rows, 60);
        }
        QVERIFY(loadRecipe("turned").transpose);
        {
            ImportDialog other({path("dies")});
            waitForLabels(other);
            child<QLineEdit>(other, "saveRecipeAs")->setText("turned");
            const auto words = answerQuestion(QMessageBox::No);
            QTest::mouseClick(ok(other), Qt::LeftButton);
            QVERIFY2(words->endsWith("\nturned"), qPrintable(*words));
            QVERIFY(loadRecipe("turned").transpose);
            QCOMPARE(other.result(), 0); // still open
        }
        ImportDialog again({path("dies")});
        waitForLabels(again);
        auto* recipes = child<QComboBox>(again, "recipe");
        recipes->setCurrentText("turned");
        emit recipes->activated(recipes->currentIndex());
        waitForLabels(again);
        QVERIFY(child<QCheckBox>(again, "transpose")->isChecked());
        again.accept();
        QCOMPARE(again.takeWafer().geometry.rows, 60);
    }

    void draggedThresholdsLabel()
    {
        ImportDialog dialog({path("dies")});
        dialog.show();
        waitForLabels(dialog);
        auto* view = child<ThresholdView>(dialog, "thresholds");
        const double before = view->thresholds().shortAbove, wanted = 2.0 * before;
        const int y = view->height() / 2;
        const QPoint from(qRound(view->pixelOf(before)), y), to(qRound(view->pixelOf(wanted)), y);
        QTest::mousePress(view, Qt::LeftButton, {}, from);
        QMouseEvent move(QEvent::MouseMove, to, view->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
        QCoreApplication::sendEvent(view, &move);
        QTest::mouseRelease(view, Qt::LeftButton, {}, to);
        waitForLabels(dialog);
        const Thresholds thresholds = view->thresholds();
        QVERIFY(std::abs(thresholds.shortAbove / wanted - 1.0) < 0.05);
        dialog.accept();
        const Wafer wafer = dialog.takeWafer();
        for (const Die& die : wafer.dies)
            for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell) {
                const double p = die.conductance[P].data()[cell], ap = die.conductance[AP].data()[cell];
                QCOMPARE(die.defect.data()[cell] == Defect::Short, std::min(p, ap) > thresholds.shortAbove);
            }
    }

    /// Two lots in one file, each die in a group of its own, and numbers that cannot be dies.
    void choosesDatasetsInATree()
    {
        const auto file = path("lots.h5");
        writeFileAtomically(file, hdf5::build([&](hdf5::Group root) {
                                const float voltage = 0.1f;
                                root.write("voltage", {1}, &voltage, {"Read voltage", "V"});
                                for (std::size_t k = 0; k < 2; ++k) {
                                    hdf5::Group lot = root.create(k == 0 ? "lot A" : "lot B", "A lot");
                                    hdf5::Group die = lot.create(wafer_.dies[k].name, "A die");
                                    for (const Level level : {AP, P})
                                        die.write(level == P ? "P" : "AP", {50, 60},
                                                  wafer_.dies[k].conductance[level].data(),
                                                  {"Conductance", "S"});
                                }
                            }));
        ImportDialog dialog({file});
        dialog.show();
        waitForLabels(dialog);
        auto* tree = child<QTreeWidget>(dialog, "datasets");
        QVERIFY(tree->isVisible() && !child<QComboBox>(dialog, "separator")->isVisible());
        picture(dialog, "import-tree");
        QCOMPARE(tree->topLevelItemCount(), 3);
        QTreeWidgetItem* lotA = tree->topLevelItem(0);
        QCOMPARE(lotA->text(0), "lot A");
        QCOMPARE(lotA->child(0)->text(0), "D01");
        QTreeWidgetItem* leaf = lotA->child(0)->child(0);
        QCOMPARE(leaf->text(0), "AP");
        QCOMPARE(leaf->text(1), "50 x 60");
        QCOMPARE(leaf->text(2), "float32");
        QVERIFY(tree->topLevelItem(2)->isDisabled()); // the voltage

        const auto click = [&](QTreeWidgetItem* item) {
            QStyleOptionViewItem option;
            option.initFrom(tree);
            option.rect = tree->visualItemRect(item);
            option.features = QStyleOptionViewItem::HasCheckIndicator;
            const QRect box =
                tree->style()->subElementRect(QStyle::SE_ItemViewItemCheckIndicator, &option, tree);
            QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, box.center());
        };
        auto* report = child<QLabel>(dialog, "importReport");
        click(lotA); // all below it
        QVERIFY(!ok(dialog)->isEnabled());
        QCOMPARE(leaf->checkState(0), Qt::Unchecked);
        waitForLabels(dialog);
        QVERIFY2(report->text().startsWith("1 die with 6000"), qPrintable(report->text()));
        click(tree->topLevelItem(1));
        QTRY_VERIFY2(report->text().contains("Check the datasets"), qPrintable(report->text()));
        QVERIFY(!ok(dialog)->isEnabled());
        click(tree->topLevelItem(1));
        waitForLabels(dialog);
        child<QLineEdit>(dialog, "saveRecipeAs")->setText("lot B");
        dialog.accept();
        const Wafer wafer = dialog.takeWafer();
        QCOMPARE(wafer.dies.size(), std::size_t{1});
        QVERIFY((wafer.dies[0].conductance[AP] == wafer_.dies[1].conductance[AP]).all());
        QCOMPARE(loadRecipe("lot B").datasets, (std::vector<std::string>{"lot B/D02/AP", "lot B/D02/P"}));
    }

    /// The unit follows a column that is chosen by hand; a median R_P that is not likely asks.
    void takesTheUnitOfAColumn()
    {
        std::ofstream table(path("units.csv"));
        table << "lot,die,row,column,state,R1 [kOhm],R2 (Ohm)\n";
        for (int row = 1; row < 21; ++row)
            for (int column = 1; column < 21; ++column)
                for (const double ratio : {1.0, 2.5}) {
                    const double value = ratio * (5.0 + 0.013 * row + 0.007 * column);
                    table << "L,D1," << row << ',' << column << ',' << (ratio == 1.0 ? "P" : "AP") << ','
                          << value << ',' << value << '\n';
                }
        table.close();
        ImportDialog dialog({path("units.csv")});
        dialog.show();
        auto* values = child<QComboBox>(dialog, "column_value");
        auto* quantity = child<QComboBox>(dialog, "quantity");
        QCOMPARE(values->currentIndex(), 0); // two could be it
        QTest::keyClicks(values, "6");
        QCOMPARE(values->currentText(), "6 R1 [kOhm]");
        QCOMPARE(quantity->currentData().toInt(), static_cast<int>(Quantity::KiloOhm));
        QTest::keyClick(values, Qt::Key_Down);
        QCOMPARE(quantity->currentData().toInt(), static_cast<int>(Quantity::Ohm));
        waitForLabels(dialog);

        QString asked;
        bool answer = false;
        dialog.mayImport = [&](const QString& doubts) {
            asked = doubts;
            return answer;
        };
        QTest::mouseClick(ok(dialog), Qt::LeftButton);
        QVERIFY2(asked.startsWith("The median R_P is 5.2"), qPrintable(asked));
        QVERIFY(dialog.isVisible());
        answer = true;
        QTest::mouseClick(ok(dialog), Qt::LeftButton);
        QVERIFY(!dialog.isVisible());
        const float siemens = dialog.takeWafer().dies.at(0).conductance[P](0, 0);
        QVERIFY(std::abs(1.0 / static_cast<double>(siemens) - 5.02) < 1e-5);
    }

    /// Two blocks that could be two readings of one state; cells that were measured again.
    void asksAboutStatesAndReadings()
    {
        std::ofstream blocks(path("blocks.csv"));
        for (const double factor : {1.0, 1.001}) {
            for (int row = 0; row < 20; ++row)
                for (int column = 0; column < 20; ++column)
                    blocks << factor * (5000 + 13 * row + 7 * column) << (column < 19 ? ',' : '\n');
            blocks << '\n';
        }
        blocks.close();
        ImportDialog dialog({path("blocks.csv")});
        dialog.show();
        waitForLabels(dialog);
        QString asked;
        dialog.mayImport = [&](const QString& doubts) {
            asked = doubts;
            return false;
        };
        QTest::mouseClick(ok(dialog), Qt::LeftButton);
        QVERIFY2(asked.endsWith("Are these P and AP of the same cells?"), qPrintable(asked));
        QVERIFY(dialog.isVisible());

        std::ofstream table(path("again.csv"));
        table << "row,column,R_P (Ohm)\n1,1,1e9\n1,1,5120\n";
        for (int cell = 1; cell < 400; ++cell)
            table << cell / 20 + 1 << ',' << cell % 20 + 1 << ',' << 5000 + cell << '\n';
        table.close();
        ImportDialog again({path("again.csv")});
        again.show();
        auto* report = child<QLabel>(again, "importReport");
        QTRY_VERIFY2(report->text().contains("a second value of one cell"), qPrintable(report->text()));
        auto* repeated = child<QComboBox>(again, "repeated");
        QVERIFY(repeated->isVisible());
        QTest::keyClick(repeated, Qt::Key_Down);
        QTest::keyClick(repeated, Qt::Key_Down);
        QCOMPARE(repeated->currentText(), "The last stands");
        waitForLabels(again);
        QVERIFY2(report->text().contains("of which the last stands"), qPrintable(report->text()));
        QTest::mouseClick(ok(again), Qt::LeftButton);
        QCOMPARE(again.takeWafer().dies.at(0).conductance[P](0, 0), 1.0f / 5120.0f);
    }

    /// What stands beside the measurement is shown, but not checked.
    void leavesOutWhatStandsBeside()
    {
        const auto file = path("beside.h5");
        writeFileAtomically(file, hdf5::build([&](hdf5::Group root) {
                                const Die& die = wafer_.dies[0];
                                for (const Level level : {AP, P}) {
                                    const std::string name = level == P ? "G_P" : "G_AP";
                                    for (const char* end : {"", "_std"})
                                        root.write((name + end).c_str(), {50, 60},
                                                   die.conductance[level].data(), {"Conductance", "S"});
                                }
                            }));
        ImportDialog dialog({file});
        dialog.show();
        waitForLabels(dialog);
        auto* tree = child<QTreeWidget>(dialog, "datasets");
        QStringList checked;
        for (int k = 0; k < tree->topLevelItemCount(); ++k)
            if (tree->topLevelItem(k)->checkState(0) == Qt::Checked)
                checked.append(tree->topLevelItem(k)->text(0));
        QCOMPARE(checked, (QStringList{"G_AP", "G_P"}));
        auto* report = child<QLabel>(dialog, "importReport");
        QVERIFY2(report->text().contains("G_P_std (named \"std\")"), qPrintable(report->text()));
        dialog.accept();
        QCOMPARE(dialog.takeWafer().dies.size(), std::size_t{1});
    }

    void saysWhatIsWrong()
    {
        std::filesystem::create_directory(path("bad"));
        std::ofstream(path("bad") / "D1_P.csv") << "1000,2000\n3000,400O\n";
        ImportDialog dialog({path("bad")});
        auto* report = child<QLabel>(dialog, "importReport");
        QTRY_VERIFY2(report->text().contains("line 2, column 2: found \"400O\""), qPrintable(report->text()));
        QVERIFY(!ok(dialog)->isEnabled());
    }

    void statisticsPageCounts()
    {
        Project project;
        project.wafer = wafer_;
        ProjectDocument document(std::move(project));
        StatisticsPage page(document);
        page.resize(1180, 760);
        page.show();
        auto* defects = page.findChild<QTableWidget*>("defectStatistics");
        QTRY_COMPARE(defects->rowCount(), 8); // kinds of defects, and of failed lines
        picture(page, "statistics-page");
        QVERIFY2(page.minimumSizeHint().width() < 1000 - 90, // beside the rail
                 qPrintable(QString::number(page.minimumSizeHint().width())));
        const Figure* drawn = page.findChild<FigureView*>("drawnOverMeasured")->figure();
        QVERIFY(drawn && drawn->name == "drawn-over-measured");
        page.exportTables(folder_.filePath("tables.csv"));
        QCOMPARE(readWholeFile(path("tables.csv")), csv(reportOn(wafer_)));
        QString reason;
        connect(&page, &StatisticsPage::failed, &page, [&](const QString& text) { reason = text; });
        page.exportTables(folder_.filePath("none/tables.csv"));
        QVERIFY2(reason.contains("none/tables.csv"), qPrintable(reason));
        page.findChild<QPushButton*>("useStatistics")->click();
        QVERIFY(document.project().plan.statistics == fitStatistics(wafer_));
        page.findChild<QPushButton*>("holdOut")->click();
        const StudyPlan& plan = document.project().plan;
        QCOMPARE(plan.dies.size(), std::size_t{2});
        Wafer others = wafer_;
        std::erase_if(others.dies, [&](const Die& die) { return std::ranges::count(plan.dies, die.id) > 0; });
        QCOMPARE(others.dies.size(), std::size_t{2});
        QVERIFY(plan.statistics == fitStatistics(others));
    }

    void statisticsPageSaysWhatIsAssumed()
    {
        Project project;
        project.wafer = wafer_;
        for (Die& die : project.wafer.dies)
            die.acquisition = {{}, AP, false, {}};
        ProjectDocument document(std::move(project));
        StatisticsPage page(document);
        page.resize(1180, 760);
        page.show();
        QTRY_COMPARE(page.findChild<QTableWidget*>("defectStatistics")->rowCount(), 8);
        picture(page, "statistics-assumed");
        QCOMPARE(page.findChild<QTableWidget*>("clusterTests")->rowCount(), 3); // no trends
        const auto labels = page.findChildren<QLabel*>();
        QVERIFY(std::ranges::any_of(
            labels, [](const QLabel* label) { return label->text().contains("AP was not measured"); }));
        const Figure* drawn = page.findChild<FigureView*>("drawnOverMeasured")->figure();
        for (const auto& row : drawn->numbers().rows)
            QVERIFY(std::get<std::string>(row.front()) != "conductance at AP (S)");
    }

private:
    std::filesystem::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

    template <class Widget>
    static Widget* child(const QWidget& parent, const char* name)
    {
        return childOf<Widget>(&parent, name);
    }

    static QPushButton* ok(const ImportDialog& dialog)
    {
        return dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    }

    static void waitForLabels(const ImportDialog& dialog) { QTRY_VERIFY(ok(dialog)->isEnabled()); }

    /// For a person to look at, where FAULTLINE_SCREENSHOTS names a folder.
    static void picture(QWidget& widget, const QString& name)
    {
        const QString folder = qEnvironmentVariable("FAULTLINE_SCREENSHOTS");
        if (!folder.isEmpty())
            QVERIFY(widget.grab().save(folder + "/" + name + ".png"));
    }

    QTemporaryDir folder_;
    Wafer wafer_;
};

QTEST_MAIN(TestImportDialog)
#include "test_import_dialog.moc"
