#include <algorithm>
#include <cmath>

#include <QTest>

#include "figures/compare_figures.h"
#include "figures/plot.h"
#include "sample_project.h"

using namespace faultline;

namespace
{

using Cell = Table::Cell;

double number(const Table& table, std::size_t row, const char* column)
{
    const auto at = std::ranges::find(table.columns, column);
    if (at == table.columns.end())
        qFatal("no column %s", column);
    return std::get<double>(table.rows[row][static_cast<std::size_t>(at - table.columns.begin())]);
}

std::string words(const Table& table, std::size_t row, std::size_t column)
{
    return std::get<std::string>(table.rows[row][column]);
}

/// By counting, unlike the program, which interpolates between sorted values: half of the values lie on
/// either side.
void verifyMedian(const std::vector<double>& values, double median)
{
    const auto below = std::ranges::count_if(values, [&](double v) { return v < median - 1e-12; });
    const auto above = std::ranges::count_if(values, [&](double v) { return v > median + 1e-12; });
    QCOMPARE(below, above);
}

} // namespace

class TestComparison : public QObject
{
    Q_OBJECT

private slots:
    void init() { project_ = sampleProject(13); }

    void meansAndSpreadsAreThoseOfTheRuns()
    {
        const Comparison all = compare(project_.wafer, study());
        QCOMPARE(all.series.size(), std::size_t{3});
        for (std::size_t k = 0; k < all.dies.size(); ++k) {
            // Statistics-aware is the last; its three networks one by one.
            std::vector<double> errors;
            for (const Comparison::Network& network : all.networks)
                if (network.name.starts_with("statistics"))
                    errors.push_back(network.error[k]);
            QCOMPARE(errors.size(), std::size_t{3});
            const double mean = (errors[0] + errors[1] + errors[2]) / 3.0;
            double squares = 0.0;
            for (const double error : errors)
                squares += (error - mean) * (error - mean);
            QVERIFY(std::abs(all.series[2].error[k] - mean) < 1e-12);
            QVERIFY(std::abs(all.series[2].spread[k] - std::sqrt(squares / 2.0)) < 1e-12);
            // Hardware-aware: the network of this die on it.
            for (const Comparison::Network& network : all.networks)
                if (network.trainedOn == all.dies[k].id)
                    QCOMPARE(all.series[1].error[k], network.error[k]);
        }
    }

    void numbersInNamesCount()
    {
        Project project = project_;
        project.wafer.dies[0].name = "D10";
        project.wafer.dies[1].name = "D2";
        const std::vector<Comparison::Die> dies = compare(project.wafer, project.studies.front()).dies;
        const auto place = [&](const char* name) {
            return std::ranges::find(dies, name, &Comparison::Die::name) - dies.begin();
        };
        QVERIFY(place("D2") < place("D10"));
    }

    void ordersAgreeWithASlowSort()
    {
        std::swap(project_.wafer.dies[0].name, project_.wafer.dies[9].name);
        project_.wafer.dies[4].setDefect(1, 1, Defect::Short, 1e-3F);
        const Comparison unsorted = compare(project_.wafer, study());
        const auto verify = [&](const DieOrder& order, const auto& less) {
            ComparisonChoice choice;
            choice.order = order;
            const Comparison sorted = compare(project_.wafer, study(), choice);
            QCOMPARE(sorted.dies.size(), unsorted.dies.size());
            for (std::size_t later = 0; later < sorted.dies.size(); ++later)
                for (std::size_t earlier = 0; earlier < later; ++earlier)
                    QVERIFY(!less(sorted, later, earlier));
            // Everything moves with its die.
            for (std::size_t k = 0; k < sorted.dies.size(); ++k)
                for (std::size_t from = 0; from < unsorted.dies.size(); ++from)
                    if (unsorted.dies[from].id == sorted.dies[k].id) {
                        QCOMPARE(sorted.dies[k].name, unsorted.dies[from].name);
                        QCOMPARE(sorted.dies[k].defects, unsorted.dies[from].defects);
                        QCOMPARE(sorted.otherDies[k], unsorted.otherDies[from]);
                        for (std::size_t s = 0; s < sorted.series.size(); ++s) {
                            QCOMPARE(sorted.series[s].error[k], unsorted.series[s].error[from]);
                            QCOMPARE(sorted.series[s].spread[k], unsorted.series[s].spread[from]);
                        }
                        for (std::size_t n = 0; n < sorted.networks.size(); ++n)
                            QCOMPARE(sorted.networks[n].error[k], unsorted.networks[n].error[from]);
                    }
        };
        verify({}, [](const Comparison& c, std::size_t a, std::size_t b) {
            return c.dies[a].name < c.dies[b].name;
        });
        verify({DieOrder::By::Defects, {}}, [](const Comparison& c, std::size_t a, std::size_t b) {
            return std::pair(c.dies[a].defects, c.dies[a].name) <
                   std::pair(c.dies[b].defects, c.dies[b].name);
        });
        for (std::size_t s = 0; s < 3; ++s)
            verify({DieOrder::By::Error, unsorted.series[s].name},
                   [s](const Comparison& c, std::size_t a, std::size_t b) {
                       return c.series[s].error[a] < c.series[s].error[b];
                   });
    }

    void diesWithoutAnErrorComeLast()
    {
        hardwareAware(0).dieErrors.clear();
        ComparisonChoice choice;
        choice.order = {DieOrder::By::Error, "hardware-aware"};
        const Comparison sorted = compare(project_.wafer, study(), choice);
        QVERIFY(std::isnan(sorted.series[1].error.back()));
        QVERIFY(!std::isnan(sorted.series[1].error[sorted.dies.size() - 2]));
        QVERIFY(!sorted.describe(sorted.dies.size() - 1).contains("hardware-aware"));
    }

    void choosesModesAndNetworks()
    {
        ComparisonChoice choice;
        choice.hidden = {TrainingMode::Standard, TrainingMode::StatisticsAware};
        choice.networks = {"hardware-aware D07", "standard 2"};
        const Comparison some = compare(project_.wafer, study(), choice);
        QCOMPARE(some.modes.size(), std::size_t{3});
        QCOMPARE(some.series.size(), std::size_t{3});
        QCOMPARE(some.series[0].name, "hardware-aware");
        QCOMPARE(some.series[1].name, "standard 2");
        QCOMPARE(some.series[2].name, "hardware-aware D07");
        const auto network =
            std::ranges::find(some.networks, "hardware-aware D07", &Comparison::Network::name);
        QCOMPARE(some.series[2].error, network->error);
        // All of them look different, also without colour.
        for (std::size_t a = 0; a < 3; ++a)
            for (std::size_t b = 0; b < a; ++b)
                QVERIFY(some.series[a].style.marker != some.series[b].style.marker);
        choice.hidden.insert(TrainingMode::HardwareAware);
        choice.networks.clear();
        const Comparison none = compare(project_.wafer, study(), choice);
        QVERIFY(none.otherDies.empty());
        QVERIFY(!errorByDieFigure(none) && !errorByModeFigure(none) && !errorByDefectsFigure(none) &&
                !yieldFigure(none));
        QVERIFY(generalityFigure(none));
    }

    void summaryAgreesWithSlowSums()
    {
        const Comparison all = compare(project_.wafer, study());
        const Table table = summaryTable(all);
        QCOMPARE(table.rows.size(), std::size_t{5});
        QCOMPARE(words(table, 0, 0), "software baseline");
        QCOMPARE(number(table, 0, "mean (%)"), *all.baselineError);
        const std::vector<std::pair<std::size_t, const std::vector<double>*>> rows{{1, &all.series[0].error},
                                                                                   {2, &all.series[1].error},
                                                                                   {3, &all.otherDies},
                                                                                   {4, &all.series[2].error}};
        for (const auto& [row, errors] : rows) {
            double sum = 0.0, worst = 0.0, squares = 0.0;
            for (const double error : *errors) {
                sum += error;
                worst = std::max(worst, error);
            }
            const double n = static_cast<double>(errors->size());
            for (const double error : *errors)
                squares += (error - sum / n) * (error - sum / n);
            QCOMPARE(number(table, row, "dies"), 13.0);
            QVERIFY(std::abs(number(table, row, "mean (%)") - sum / n) < 1e-12);
            QVERIFY(std::abs(number(table, row, "sigma (%)") - std::sqrt(squares / (n - 1))) < 1e-12);
            QCOMPARE(number(table, row, "worst (%)"), worst);
            QVERIFY(std::abs(number(table, row, "excess (%)") - (sum / n - *all.baselineError)) < 1e-12);
            verifyMedian(*errors, number(table, row, "median (%)"));
        }
    }

    void otherDiesLeaveTheOwnNetworkOut()
    {
        const Comparison all = compare(project_.wafer, study());
        for (std::size_t k = 0; k < all.dies.size(); ++k) {
            double sum = 0.0;
            int count = 0;
            for (const Comparison::Network& network : all.networks)
                if (network.trainedOn >= 0 && network.trainedOn != all.dies[k].id) {
                    sum += network.error[k];
                    ++count;
                }
            QCOMPARE(count, 12);
            QVERIFY(std::abs(all.otherDies[k] - sum / count) < 1e-12);
        }
    }

    void dieTableHasEveryNumber()
    {
        const Comparison all = compare(project_.wafer, study());
        const Table table = dieTable(all);
        QCOMPARE(table.rows.size(), std::size_t{13});
        QCOMPARE(words(table, 2, 0), all.dies[2].name);
        QCOMPARE(number(table, 2, "defects"), static_cast<double>(all.dies[2].defects));
        QCOMPARE(number(table, 2, "statistics-aware (%)"), all.series[2].error[2]);
    }

    void boxesAgreeWithCounting()
    {
        const Comparison all = compare(project_.wafer, study());
        const std::unique_ptr<Figure> figure = errorByModeFigure(all);
        const Table& table = figure->numbers();
        QCOMPARE(table.rows.size(), std::size_t{3});
        for (std::size_t row = 0; row < 3; ++row) {
            std::vector<double> errors = all.series[row].error;
            std::ranges::sort(errors);
            // With 13 values the quartiles are the 4th, 7th and 10th.
            QCOMPARE(number(table, row, "low quartile (%)"), errors[3]);
            QCOMPARE(number(table, row, "median (%)"), errors[6]);
            QCOMPARE(number(table, row, "high quartile (%)"), errors[9]);
            const double reach = 1.5 * (errors[9] - errors[3]);
            double low = INFINITY, high = -INFINITY;
            for (const double error : errors)
                if (error >= errors[3] - reach && error <= errors[9] + reach) {
                    low = std::min(low, error);
                    high = std::max(high, error);
                }
            QCOMPARE(number(table, row, "low whisker (%)"), low);
            QCOMPARE(number(table, row, "high whisker (%)"), high);
            QCOMPARE(number(table, row, "worst (%)"), errors[12]);
        }
    }

    void yieldAgreesWithCounting()
    {
        const Comparison all = compare(project_.wafer, study());
        const std::unique_ptr<Figure> figure = yieldFigure(all);
        const Table& table = figure->numbers();
        QCOMPARE(table.rows.size(), std::size_t{39});
        for (std::size_t row = 0; row < table.rows.size(); ++row) {
            const std::vector<double>& errors = all.series[row / 13].error;
            QCOMPARE(words(table, row, 0), all.series[row / 13].name);
            const double limit = number(table, row, "error limit (%)");
            const auto within = std::ranges::count_if(errors, [&](double e) { return e <= limit; });
            QVERIFY(std::abs(number(table, row, "dies within it (%)") -
                             100.0 * static_cast<double>(within) / 13.0) < 1e-9);
            // The die that is named has that error.
            const auto die = std::ranges::find(all.dies, words(table, row, 1), &Comparison::Die::name);
            QCOMPARE(errors[static_cast<std::size_t>(die - all.dies.begin())], limit);
        }
    }

    void generalityIsEveryNetworkOnEveryDie()
    {
        std::swap(project_.wafer.dies[0].name, project_.wafer.dies[3].name);
        ComparisonChoice choice;
        choice.order = {DieOrder::By::Defects, {}};
        const Comparison all = compare(project_.wafer, study(), choice);
        const std::unique_ptr<Figure> figure = generalityFigure(all);
        const Table& table = figure->numbers();
        QCOMPARE(table.rows.size(), std::size_t{13});
        QCOMPARE(table.columns.size(), std::size_t{14});
        for (std::size_t row = 0; row < 13; ++row) {
            QCOMPARE(words(table, row, 0), all.dies[row].name);
            for (std::size_t column = 0; column < 13; ++column) {
                const std::string name = all.dies[column].name;
                QCOMPARE(table.columns[column + 1], "trained on " + name + " (%)");
                const auto network =
                    std::ranges::find(all.networks, "hardware-aware " + name, &Comparison::Network::name);
                QCOMPARE(std::get<double>(table.rows[row][column + 1]), network->error[row]);
            }
        }
    }

    void everyDieCanBePointedAt()
    {
        const Comparison all = compare(project_.wafer, study());
        const QRectF area(0, 0, 500, 300);
        const Theme theme = paperTheme();
        const std::vector<Spot> byDie = errorByDieFigure(all)->spots(area, theme);
        QCOMPARE(byDie.size(), std::size_t{39});
        for (const auto& figure : {errorByModeFigure(all), errorByDefectsFigure(all), yieldFigure(all)})
            QCOMPARE(figure->spots(area, theme).size(), std::size_t{39});
        const std::vector<Spot> cells = generalityFigure(all)->spots(area, theme);
        QCOMPARE(cells.size(), std::size_t{169});
        for (const Comparison::Die& die : all.dies) {
            QCOMPARE(std::ranges::count(byDie, die.id, &Spot::item), 3);
            QCOMPARE(std::ranges::count(cells, die.id, &Spot::item), 13);
        }
        for (const Spot& spot : byDie)
            QVERIFY(area.contains(spot.place) && spot.tip.contains("statistics-aware: "));
        // Dots from left to right as the dies are sorted; higher errors higher up.
        for (std::size_t k = 1; k < 13; ++k) {
            QVERIFY(byDie[k].place.center().x() > byDie[k - 1].place.center().x());
            QCOMPARE(byDie[k].place.center().y() < byDie[k - 1].place.center().y(),
                     all.series[0].error[k] > all.series[0].error[k - 1]);
        }
    }

    void spotsLieWhereTheMarksArePainted()
    {
        const Comparison all = compare(project_.wafer, study());
        const std::unique_ptr<Figure> figure = errorByDieFigure(all);
        QImage image(1000, 600, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        Theme theme = paperTheme(14);
        figure->paint(painter, image.rect(), theme);
        const std::vector<Spot> spots = figure->spots(image.rect(), theme);
        for (std::size_t k = 0; k < spots.size(); ++k)
            QCOMPARE(image.pixelColor(spots[k].place.center().toPoint()),
                     theme.colour(all.series[k / 13].style.hue));
    }

private:
    Run& hardwareAware(int die)
    {
        for (Run& run : study().result.runs)
            if (run.settings.die == die)
                return run;
        qFatal("no such run");
    }

    Study& study() { return project_.studies.front(); }

    Project project_;
};

QTEST_MAIN(TestComparison)
#include "test_comparison.moc"
