#include <cmath>
#include <numeric>

#include <QTest>

#include "crossbar/analog_weights.h"
#include "figures/colour_map.h"
#include "figures/die_image.h"
#include "figures/numbers.h"
#include "figures/table.h"
#include "figures/wafer_map.h"
#include "sample_project.h"

using namespace faultline;

namespace
{

int indexAt(const QImage& image, int row, int column)
{
    return image.constScanLine(row)[column];
}

/// Relative luminance of sRGB (IEC 61966-2-1).
double luminanceOf(QRgb colour)
{
    const auto linear = [](int channel) {
        const double c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(colour)) + 0.7152 * linear(qGreen(colour)) + 0.0722 * linear(qBlue(colour));
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
                QVERIFY(luminanceOf(colour) > last - 5e-4); // eight bits a channel
                last = luminanceOf(colour);
            }
            QVERIFY(last > 0.6);
        }
    }

    void luminanceFallsToBothSidesOfZero()
    {
        const ColourTable& table = blueRed();
        for (std::size_t k = 0; k < 127; ++k) {
            QVERIFY(luminanceOf(table[k]) < luminanceOf(table[k + 1]) + 5e-4);
            QVERIFY(luminanceOf(table[255 - k]) < luminanceOf(table[254 - k]) + 5e-4);
            // Equal distances look equally far, whichever their sign.
            QVERIFY(std::abs(luminanceOf(table[k]) - luminanceOf(table[255 - k])) < 0.02);
        }
        QVERIFY(luminanceOf(table[127]) > 0.9);
        QVERIFY(luminanceOf(table[0]) < 0.15);
        QVERIFY(qBlue(table[0]) > 2 * qRed(table[0]));
        QVERIFY(qRed(table[255]) > 2 * qBlue(table[255]));
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

    /// A cell that was not measured is worse than any value and milder than a defect.
    void notMeasuredSurvivesEverySize()
    {
        Die die("D", {}, {});
        die.conductance[P](57, 130) = 9e-4F;
        die.acquisition.missing = {57 * 200 + 133};
        for (const DieLayer layer : {DieLayer::Defects, DieLayer::ConductanceP}) {
            const QImage full = dieImage(die, layer, {1e-4, 3e-4});
            const int index = indexAt(full, 57, 133);
            QVERIFY(index & notMeasured);
            QCOMPARE(index & ~notMeasured, indexAt(full, 0, 0)); // in the colour of what stands in
            for (const QSize size : {QSize(1, 1), QSize(7, 3), QSize(64, 32), QSize(199, 99)}) {
                const QImage small = worstOf(full, size, layer);
                QCOMPARE(indexAt(small, 57 * size.height() / 100, 133 * size.width() / 200), index);
                QVERIFY(isHatched(small));
            }
        }
        die.setDefect(58, 133, Defect::Open, 0.0F);
        const QImage full = dieImage(die, DieLayer::Defects, {1e-4, 3e-4});
        QCOMPARE(indexAt(worstOf(full, {1, 1}), 0, 0), indexAt(full, 58, 133));
    }

    /// Whatever the size of a cell and wherever pixels lie on it, and on no pixel of another cell.
    void hatchMarksEveryCell()
    {
        for (const double cell : {1.0, 1.3, 2.0, 2.9, 3.1, 4.0, 5.7, 9.0, 14.6, 47.3, 120.0})
            for (const double shift : {0.0, 0.3, 0.5, 0.8}) {
                const int side = static_cast<int>(std::ceil(3.0 * cell)) + 2;
                QImage codes(side, side, QImage::Format_Indexed8), picture(side, side, QImage::Format_RGB32);
                for (const QRgb under :
                     {qRgb(0xF0, 0xF0, 0xF0), qRgb(0x44, 0x01, 0x54), qRgb(0x21, 0x91, 0x8C)}) {
                    picture.fill(under);
                    int cells = 0, marked = 0;
                    for (int y = 0; y < side; ++y)
                        for (int x = 0; x < side; ++x) {
                            const bool inside = std::floor((x + 0.5 - shift) / cell) == 1.0 &&
                                                std::floor((y + 0.5 - shift) / cell) == 1.0;
                            codes.scanLine(y)[x] = inside ? notMeasured : 0;
                            cells += inside;
                        }
                    hatch(picture, codes, notMeasured, {cell, {shift, shift}, 1.0, 5.0});
                    for (int y = 0; y < side; ++y)
                        for (int x = 0; x < side; ++x) {
                            if (picture.pixel(x, y) == under)
                                continue;
                            ++marked;
                            QVERIFY(codes.constScanLine(y)[x] == notMeasured);
                            QVERIFY(std::abs(luminanceOf(picture.pixel(x, y)) - luminanceOf(under)) > 0.15);
                        }
                    QVERIFY2(marked >= 1, qPrintable(QString("%1 %2").arg(cell).arg(shift)));
                    QVERIFY(cell < 3.0 || marked < cells); // lines, not a colour of its own
                }
            }
    }

    /// Wide areas stay lines from any distance.
    void hatchOfAnAreaIsLines()
    {
        for (const double cell : {1.0, 1.7, 2.5, 4.0, 6.5, 30.0}) {
            QImage codes(200, 100, QImage::Format_Indexed8), picture(200, 100, QImage::Format_RGB32);
            codes.fill(notMeasured);
            picture.fill(Qt::white);
            hatch(picture, codes, notMeasured, {cell, {-3.3, 7.1}, 1.0, 5.0});
            double marked = 0.0;
            for (int y = 0; y < 100; ++y)
                for (int x = 0; x < 200; ++x)
                    marked += picture.pixel(x, y) != qRgb(255, 255, 255);
            QVERIFY2(marked > 0.1 * 20000 && marked < 0.35 * 20000, qPrintable(QString::number(marked)));
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

    void pyramidSeesTheWorstFromAnyDistance()
    {
        Wafer wafer = sampleWafer(1, {100, 210, 10, 10});
        wafer.dies[0].setDefect(77, 203, Defect::Short, 1e-3F);
        const QImage full = dieImage(wafer.dies[0], DieLayer::Defects, {1e-4, 3e-4});
        const CellPyramid pyramid(full, DieLayer::Defects);
        const auto shorts = [&](const QRectF& part, const QSize& size) {
            const QImage seen = pyramid.seen(part, size);
            int found = 0;
            for (int row = 0; row < seen.height(); ++row)
                for (int column = 0; column < seen.width(); ++column)
                    found += indexAt(seen, row, column) == colourCode(Defect::Short);
            return found;
        };
        QCOMPARE(indexAt(pyramid.seen(QRectF(0, 0, 210, 100), {1, 1}), 0, 0), colourCode(Defect::Short));
        for (const double size : {1.0, 3.7, 20.0, 75.0}) {
            const QRectF around(QPointF(203.5 - size / 3, 77.5 - size / 2), QSizeF(size, size));
            QVERIFY(shorts(around & QRectF(full.rect()), {8, 8}) >= 1);
        }
        // From near: one pixel for each cell, and nothing but that.
        const QImage near = pyramid.seen(QRectF(200, 70, 10, 10), {10, 10});
        for (int row = 0; row < 10; ++row)
            for (int column = 0; column < 10; ++column)
                if (row != 7 || column != 3)
                    QCOMPARE(indexAt(near, row, column), indexAt(full, 70 + row, 200 + column));
        QCOMPARE(indexAt(near, 7, 3), colourCode(Defect::Short));
    }

    void weightsAndDamageAreThoseOfTheNetwork()
    {
        const DieGeometry geometry{20, 40, 10, 10};
        Run run;
        run.settings.network.layers = {16, 5, 10};
        run.network = initialNetwork(run.settings.network, RandomStream(1, RandomUse::Test));
        Overlay weights(DieLayer::Weights), damage(DieLayer::Damage);
        weights.network = damage.network = std::make_shared<MappedNetwork>(run, geometry);
        const CellMap& map = weights.network->map();
        const Wafer wafer = sampleWafer(1, geometry);
        const Die& die = wafer.dies[0];
        const AnalogWeights analog = analogWeights(die, map, wafer.device);
        for (int output = 0; output < 10; ++output)
            for (int input = 0; input < 5; ++input) {
                const bool up = run.network.layers[1].latent(output, input) >= 0.0F;
                const double expected = up ? analog[1].up(output, input) : analog[1].down(output, input);
                double shown = 0.0, harm = 0.0;
                for (int copy = 0; copy < map.copies(1); ++copy) {
                    const CellIndex plus = map.plus({1, output, input}, copy);
                    const CellIndex minus = map.minus({1, output, input}, copy);
                    QCOMPARE(weights.value(die, plus), weights.value(die, minus));
                    shown += weights.value(die, plus) / map.copies(1);
                    harm = damage.value(die, minus);
                    QCOMPARE(harm, std::abs(weights.value(die, plus) - (up ? 1.0 : -1.0)));
                }
                QVERIFY(std::abs(shown - expected) < 1e-5);
            }
        QVERIFY(!map.use({19, 39}));
        QVERIFY(std::isnan(weights.value(die, {19, 39})));
    }

    void aDieOfAGroupShowsItsPartOfTheNetwork()
    {
        const DieGeometry geometry{20, 40, 10, 10};
        Run run;
        run.settings.network.layers = {16, 30, 10};
        run.network = initialNetwork(run.settings.network, RandomStream(1, RandomUse::Test));
        const Wafer wafer = sampleWafer(3, geometry);
        const DieGroup group{{&wafer.dies[0], &wafer.dies[1]}};
        Overlay weights(DieLayer::Weights);
        weights.device = wafer.device;
        weights.network = std::make_shared<MappedNetwork>(run, geometry, std::vector{group});
        QCOMPARE(weights.network->map().dies(), 2);
        QVERIFY(weights.network->partOn(wafer.dies[1]) == 1 && !weights.network->partOn(wafer.dies[2]));

        // As if the two were one large die.
        const Die whole = group.joined();
        Overlay onWhole(DieLayer::Weights);
        onWhole.device = wafer.device;
        onWhole.network = std::make_shared<MappedNetwork>(run, sideBySide(geometry, 2));
        int used = 0;
        for (int row = 0; row < 20; ++row)
            for (int column = 0; column < 40; ++column)
                for (const int part : {0, 1}) {
                    const double there = onWhole.value(whole, {row, column + 40 * part});
                    const double here =
                        weights.value(*group.dies[static_cast<std::size_t>(part)], {row, column});
                    QVERIFY(here == there || (std::isnan(here) && std::isnan(there)));
                    used += std::isnan(here) ? 0 : 1;
                    QVERIFY(std::isnan(weights.value(wafer.dies[2], {row, column})));
                }
        QCOMPARE(used, weights.network->map().junctions());
    }

    void histogramCountsEveryCellOnce()
    {
        const Wafer wafer = sampleWafer(3, {});
        const ConductanceHistogram histogram = conductanceHistogram(wafer.dies, {});
        QCOMPARE(histogram.edges.size(), std::size_t{121});
        std::array<int, levelCount> healthy{};
        DefectCounts defective{};
        for (std::size_t bin = 0; bin < 120; ++bin) {
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
        const ConductanceHistogram histogram = conductanceHistogram(dies, {});
        QCOMPARE(histogram.defective[static_cast<std::size_t>(Defect::Open)][0], 1);
    }

    void linearBinsAreAsWideAsAsked()
    {
        const Wafer wafer = sampleWafer(1, {});
        const ConductanceHistogram histogram = conductanceHistogram(wafer.dies, {false, 5e-6});
        QCOMPARE(histogram.edges.front(), 0.0);
        for (std::size_t k = 0; k < histogram.edges.size(); ++k)
            QVERIFY(std::abs(histogram.edges[k] - 5e-6 * static_cast<double>(k)) < 1e-12);
        int cells = 0;
        for (const int count : histogram.healthy[AP])
            cells += count;
        QCOMPARE(cells, 20000 - wafer.dies[0].defectCount());
    }

    void shareIsOfThePartAlone()
    {
        Die die("D", {20, 40, 10, 10}, {});
        die.setDefect(3, 4, Defect::Short, 1e-3F);
        die.setDefect(15, 4, Defect::Short, 1e-3F);
        const ConductanceHistogram whole = conductanceHistogram({&die, 1}, {});
        const ConductanceHistogram share = shareOf(whole, die, QRect(4, 3, 5, 2));
        const auto sum = [](const std::vector<int>& counts) {
            return std::accumulate(counts.begin(), counts.end(), 0);
        };
        QCOMPARE(sum(share.healthy[P]), 9);
        QCOMPARE(sum(share.defective[static_cast<std::size_t>(Defect::Short)]), 1);
        QCOMPARE(share.edges, whole.edges);
    }

    void summaryIsThatOfTheHealthyCells()
    {
        Die die("D", {1, 4, 1, 4}, {});
        for (int column = 0; column < 3; ++column)
            die.setCell({0, column}, {Defect::None, {1e-4F, 1e-4F * static_cast<float>(2 + column)}});
        die.setDefect(0, 3, Defect::Open, 0.0F);
        const ConductanceSummary summary = conductanceSummary({&die, 1});
        QVERIFY(std::abs(summary.level[P].mean - 3e-4) < 1e-10);
        QVERIFY(std::abs(summary.level[P].sigma - 1e-4) < 1e-10);
        QVERIFY(summary.level[AP].sigma < 1e-10);
        QVERIFY(std::abs(summary.tmr.mean - 2.0) < 1e-6); // of 1, 2 and 3
        QCOMPARE(summary.counts[static_cast<std::size_t>(Defect::Open)], 1);
        QCOMPARE(conductanceSummary({&die, 1}, QRect(0, 0, 2, 1)).counts[0], 2);
        QVERIFY(std::isnan(conductanceSummary({&die, 1}, QRect(3, 0, 1, 1)).level[P].mean));
    }

    void notMeasuredCellsCountNowhere()
    {
        Die die("D", {2, 4, 1, 4}, {});
        die.setDefect(0, 3, Defect::Short, 1e-3F);
        die.setDefect(1, 3, Defect::Short, 1e-3F);
        die.conductance[P](1, 0) = 5e-4F;
        die.acquisition.missing = {4, 7}; // a wild healthy one, and a short
        const ConductanceSummary summary = conductanceSummary({&die, 1});
        QCOMPARE(summary.notMeasured, 2);
        QCOMPARE(summary.counts[static_cast<std::size_t>(Defect::None)], 5);
        QCOMPARE(summary.counts[static_cast<std::size_t>(Defect::Short)], 1);
        QVERIFY(summary.level[P].sigma < 1e-10);
        QCOMPARE(conductanceSummary({&die, 1}, QRect(0, 1, 2, 1)).notMeasured, 1);
        const ConductanceHistogram histogram = conductanceHistogram({&die, 1}, {});
        const auto sum = [](const std::vector<int>& counts) {
            return std::accumulate(counts.begin(), counts.end(), 0);
        };
        QCOMPARE(sum(histogram.healthy[P]), 5);
        QCOMPARE(sum(histogram.defective[static_cast<std::size_t>(Defect::Short)]), 1);

        Wafer wafer;
        wafer.dies = {die};
        QCOMPARE(defectsPerDie(wafer).values[0], 1.0);
        QVERIFY(std::abs(yieldPerDie(wafer).values[0] - 100.0 * 5.0 / 6.0) < 1e-9);
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

    void tsvKeepsEveryCellInItsColumn()
    {
        const Table table{{"name", "x, y"},
                          {{std::string("two\tlines\nof \"text\""), 0.1}, {std::string("b"), NAN}}};
        QCOMPARE(tsv(table), std::string("name\tx, y\ntwo lines of \"text\"\t0.1\nb\t\n"));
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
