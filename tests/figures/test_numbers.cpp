#include <cmath>

#include <QTest>

#include "figures/colour_map.h"
#include "figures/die_image.h"
#include "figures/numbers.h"
#include "figures/table.h"
#include "sample_project.h"

using namespace faultline;

namespace
{

int indexAt(const QImage& image, int row, int column)
{
    return image.constScanLine(row)[column];
}

} // namespace

class TestNumbers : public QObject
{
    Q_OBJECT

private slots:
    void luminanceRises()
    {
        for (const ColourTable* table : {&viridis(), &cividis()}) {
            double last = -1.0;
            for (const QRgb colour : *table) {
                const auto linear = [](int channel) {
                    const double c = channel / 255.0;
                    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
                };
                const double luminance = 0.2126 * linear(qRed(colour)) + 0.7152 * linear(qGreen(colour)) +
                                         0.0722 * linear(qBlue(colour));
                QVERIFY(luminance > last - 5e-4); // eight bits a channel
                last = luminance;
            }
            QVERIFY(last > 0.6);
        }
    }

    void colourIndexClamps()
    {
        QCOMPARE(colourIndex(-3.0, 0.0, 1.0), 0);
        QCOMPARE(colourIndex(0.5, 0.0, 1.0), 128);
        QCOMPARE(colourIndex(1.0, 0.0, 1.0), 255);
        QCOMPARE(colourIndex(INFINITY, 0.0, 1.0), 255);
    }

    void singleDefectsSurviveEverySize()
    {
        const DieGeometry geometry;
        for (const Defect defect : allDefects) {
            Die die("D", geometry, {});
            die.setDefect(57, 133, defect, 1e-3F);
            const QImage full = dieImage(die, DieLayer::Defects, {1e-4, 3e-4});
            const int index = indexAt(full, 57, 133);
            QCOMPARE_NE(index, indexAt(full, 0, 0));
            for (const QSize size :
                 {QSize(1, 1), QSize(7, 3), QSize(64, 32), QSize(199, 99), QSize(200, 50)}) {
                const QImage small = worstOf(full, size);
                QCOMPARE(small.size(), size);
                int found = 0;
                for (int row = 0; row < small.height(); ++row)
                    for (int column = 0; column < small.width(); ++column)
                        found += indexAt(small, row, column) == index;
                QVERIFY(found >= 1 && found <= 4);
                QCOMPARE(indexAt(small, 57 * size.height() / 100, 133 * size.width() / 200), index);
            }
        }
    }

    void worstDefectWins()
    {
        Die die("D", {}, {});
        die.setDefect(0, 0, Defect::Open, 0.0F);
        die.setDefect(0, 1, Defect::Short, 1e-3F);
        die.setDefect(1, 0, Defect::StuckP, 2e-4F);
        const QImage full = dieImage(die, DieLayer::Defects, {1e-4, 3e-4});
        QCOMPARE(indexAt(worstOf(full, {1, 1}), 0, 0), indexAt(full, 0, 1));
    }

    void extremeConductanceSurvives()
    {
        Die die("D", {}, {});
        die.conductance[P](40, 3) = 9e-4F;
        const QImage full = dieImage(die, DieLayer::ConductanceP, {1e-4, 3e-4});
        QCOMPARE(indexAt(worstOf(full, {20, 10}), 4, 0), indexAt(full, 40, 3));
        QCOMPARE(worstOf(full, {4000, 2000}).size(), full.size());
    }

    void histogramCountsEveryCellOnce()
    {
        const Wafer wafer = sampleWafer(3, {});
        const ConductanceHistogram histogram = conductanceHistogram(wafer.dies, 50);
        QCOMPARE(histogram.edges.size(), std::size_t{51});
        std::array<int, levelCount> healthy{};
        DefectCounts defective{};
        for (std::size_t bin = 0; bin < 50; ++bin) {
            for (const Level level : {AP, P}) {
                // Brute force, cell by cell.
                int expected = 0;
                for (const Die& die : wafer.dies)
                    for (int row = 0; row < die.rows(); ++row)
                        for (int column = 0; column < die.columns(); ++column) {
                            const double siemens = die.conductance[level](row, column);
                            expected += die.defect(row, column) == Defect::None &&
                                        siemens >= histogram.edges[bin] && siemens < histogram.edges[bin + 1];
                        }
                QCOMPARE(histogram.healthy[level][bin], expected);
                healthy[level] += expected;
            }
            for (const Defect defect : allDefects)
                defective[static_cast<std::size_t>(defect)] +=
                    histogram.defective[static_cast<std::size_t>(defect)][bin];
        }
        for (const Defect defect : allDefects) {
            int labelled = 0;
            for (const Die& die : wafer.dies)
                labelled += die.counts()[static_cast<std::size_t>(defect)];
            QCOMPARE(defective[static_cast<std::size_t>(defect)], labelled);
        }
        QCOMPARE(healthy[P], healthy[AP]);
        QCOMPARE(healthy[P] + defective[1] + defective[2] + defective[3] + defective[4], 3 * 20000);
    }

    void zeroConductanceCountsInTheFirstBin()
    {
        std::vector<Die> dies{Die("D", {}, {})};
        dies[0].setDefect(3, 4, Defect::Open, 0.0F);
        const ConductanceHistogram histogram = conductanceHistogram(dies, 10);
        QCOMPARE(histogram.defective[static_cast<std::size_t>(Defect::Open)][0], 1);
    }

    void generalityIsTheErrorsOfHardwareAwareNetworks()
    {
        Project project = sampleProject(4);
        std::swap(project.wafer.dies[0].name, project.wafer.dies[3].name);
        std::erase_if(project.result.runs, [](const Run& run) { return run.settings.die == 2; });
        const StudySummary summary = summarise(project.plan, project.wafer, project.result.runs);
        const Generality all = generality(summary, project.wafer, project.result.runs);
        QCOMPARE(all.dies, std::vector<int>({3, 1, 2, 0}));
        QCOMPARE(all.networks, std::vector<int>({3, 1, 0}));
        for (const Run& run : project.result.runs)
            for (Eigen::Index row = 0; row < 4; ++row)
                for (Eigen::Index column = 0; column < 3; ++column)
                    if (run.settings.die == all.networks[static_cast<std::size_t>(column)]) {
                        const int die = all.dies[static_cast<std::size_t>(row)];
                        QCOMPARE(all.error(row, column), run.dieErrors[static_cast<std::size_t>(die)]);
                    }
    }

    void yieldCountsDies()
    {
        const std::vector<double> errors{7.0, NAN, 6.0, 9.0, 7.0};
        const YieldCurve curve = yieldCurve(errors);
        QCOMPARE(curve.error, std::vector<double>({6.0, 7.0, 7.0, 9.0}));
        QCOMPARE(curve.share, std::vector<double>({25.0, 50.0, 75.0, 100.0}));
    }

    void csvQuotesAndLeavesOut()
    {
        const Table table{{"name", "x, y"}, {{std::string("say \"so\""), 0.1}, {std::string("b"), NAN}}};
        QCOMPARE(csv(table), std::string("name,\"x, y\"\n\"say \"\"so\"\"\",0.1\nb,\n"));
    }

    void positionsStartAtZeroAndNeverCoincide()
    {
        Wafer wafer;
        wafer.dies.resize(5);
        for (int k = 0; k < 5; ++k)
            wafer.dies[static_cast<std::size_t>(k)].position = {2 + k, 3};
        QCOMPARE(shownPositions(wafer)[1], (WaferPosition{1, 0}));
        for (Die& die : wafer.dies)
            die.position = {};
        QCOMPARE(shownPositions(wafer)[4], (WaferPosition{1, 1}));
    }
};

QTEST_GUILESS_MAIN(TestNumbers)
#include "test_numbers.moc"
