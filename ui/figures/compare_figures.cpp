#include "figures/compare_figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "figures/numbers.h"
#include "figures/plot.h"

namespace faultline
{

namespace
{

const SeriesStyle baselineStyle{Hue::Ink, Marker::Circle, Qt::DotLine};

std::unique_ptr<Plot> named(const char* name, const char* title, const QSizeF& millimetres, Table table)
{
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = name;
    plot->title = title;
    plot->millimetres = millimetres;
    return plot;
}

LegendEntry baselineEntry()
{
    return {"software baseline", baselineStyle, LegendEntry::Symbol::Line};
}

std::vector<LegendEntry> legendOf(const Comparison& comparison, LegendEntry::Symbol symbol)
{
    std::vector<LegendEntry> entries;
    for (const Comparison::Series& series : comparison.series)
        entries.push_back({QString::fromStdString(series.name), series.style, symbol});
    if (comparison.baselineError)
        entries.push_back(baselineEntry());
    return entries;
}

/// Around everything that is drawn, so that the charts of one comparison have the same scale.
Axis errorAxis(const QString& title, const Comparison& comparison)
{
    std::vector<double> values;
    for (const Comparison::Series& series : comparison.series)
        for (std::size_t k = 0; k < series.error.size(); ++k)
            values.insert(values.end(),
                          {series.error[k] - series.spread[k], series.error[k] + series.spread[k]});
    if (comparison.baselineError)
        values.push_back(*comparison.baselineError);
    return linearAxis(title, values, false);
}

void addBaseline(Plot& plot, const Comparison& comparison)
{
    if (comparison.baselineError)
        plot.marks.push_back(levelLine(*comparison.baselineError, comparison.baselineSpread, baselineStyle));
}

/// Sideways places of points that would hide each other: the same at every drawing, and without a pattern.
double jitter(std::size_t k)
{
    const double golden = 0.61803398875 * static_cast<double>(k + 1);
    return golden - std::floor(golden) - 0.5;
}

/// Positions of the dies with an error, by rising error.
std::vector<std::size_t> byError(const std::vector<double>& error)
{
    std::vector<std::size_t> order(error.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t k) { return std::isnan(error[k]); });
    std::ranges::stable_sort(order, {}, [&](std::size_t k) { return error[k]; });
    return order;
}

} // namespace

std::unique_ptr<Figure> errorByDieFigure(const Comparison& comparison)
{
    if (comparison.series.empty())
        return nullptr;
    Table table{{"die", "defects"}, {}};
    for (const Comparison::Series& series : comparison.series)
        table.columns.insert(table.columns.end(), {series.name + " error (%)", series.name + " spread (%)"});
    table.columns.insert(table.columns.end(), {"baseline error (%)", "baseline spread (%)"});
    QStringList names;
    for (std::size_t k = 0; k < comparison.dies.size(); ++k) {
        const Comparison::Die& die = comparison.dies[k];
        names.append(QString::fromStdString(die.name));
        std::vector<Table::Cell> row{die.name, static_cast<double>(die.defects)};
        for (const Comparison::Series& series : comparison.series)
            row.insert(row.end(), {series.error[k], series.spread[k]});
        row.insert(row.end(), {comparison.baselineError.value_or(NAN), comparison.baselineSpread});
        table.rows.push_back(std::move(row));
    }

    auto plot = named("error-by-die", "Error of each die", {178, 70}, std::move(table));
    plot->x = categoryAxis("Die", names);
    plot->y = errorAxis(errorTitle, comparison);
    plot->legend = legendOf(comparison, LegendEntry::Symbol::Dot);
    addBaseline(*plot, comparison);
    const double count = static_cast<double>(comparison.series.size());
    for (std::size_t s = 0; s < comparison.series.size(); ++s) {
        const Comparison::Series& series = comparison.series[s];
        const double offset = 0.75 / count * (static_cast<double>(s) - (count - 1.0) / 2.0);
        std::vector<QPointF> points;
        for (std::size_t k = 0; k < series.error.size(); ++k) {
            points.emplace_back(static_cast<double>(k) + offset, series.error[k]);
            plot->data.push_back({points.back(), comparison.dies[k].id, comparison.describe(k), {}});
        }
        plot->marks.push_back(errorBars(points, series.spread, series.style));
        plot->marks.push_back(dots(points, series.style));
    }
    return plot;
}

std::unique_ptr<Figure> errorByModeFigure(const Comparison& comparison)
{
    if (comparison.series.empty())
        return nullptr;
    Table table{{"training", "dies", "mean (%)", "standard deviation (%)", "low whisker (%)",
                 "low quartile (%)", "median (%)", "high quartile (%)", "high whisker (%)", "worst (%)"},
                {}};
    QStringList names;
    std::vector<Mark> marks;
    std::vector<Datum> data;
    for (std::size_t s = 0; s < comparison.series.size(); ++s) {
        const Comparison::Series& series = comparison.series[s];
        names.append(QString::fromStdString(series.name).replace('-', "-\n"));
        const std::vector<std::size_t> order = byError(series.error);
        if (order.empty())
            continue;
        const Box five = box(series.error);
        const ErrorStatistics statistics = errorStatistics(series.error);
        table.rows.push_back({series.name, static_cast<double>(statistics.dies), statistics.mean,
                              statistics.sigma, five.lowWhisker, five.lowQuartile, five.median,
                              five.highQuartile, five.highWhisker, statistics.worst});

        // The box at the left, its dies at the right; those beyond the whiskers stand with the box.
        const double x = static_cast<double>(s);
        std::vector<QPointF> usual, outliers;
        for (std::size_t k = 0; k < order.size(); ++k) {
            const double error = series.error[order[k]];
            const bool inside = error >= five.lowWhisker && error <= five.highWhisker;
            const QPointF at(x + (inside ? 0.24 + 0.22 * jitter(k) : -0.14), error);
            (inside ? usual : outliers).push_back(at);
            data.push_back({at, comparison.dies[order[k]].id, comparison.describe(order[k]), {}});
        }
        marks.push_back(boxMark(x - 0.14, 0.34, five, series.style));
        marks.push_back(dots(usual, series.style, 0.6));
        marks.push_back(dots(outliers, series.style));
    }
    auto plot = named("error-by-mode", "Error by training mode", {86, 70}, std::move(table));
    plot->x = categoryAxis("Training", names);
    plot->y = errorAxis(errorTitle, comparison);
    if (comparison.baselineError)
        plot->legend.push_back(baselineEntry());
    addBaseline(*plot, comparison);
    plot->marks.insert(plot->marks.end(), marks.begin(), marks.end());
    plot->data = std::move(data);
    return plot;
}

std::unique_ptr<Figure> errorByDefectsFigure(const Comparison& comparison)
{
    if (comparison.series.empty())
        return nullptr;
    std::vector<double> defects;
    for (const Comparison::Die& die : comparison.dies)
        defects.push_back(die.defects);
    auto plot = named("error-by-defects", "Error against number of defects", {86, 70}, dieTable(comparison));
    plot->x = linearAxis("Defects on the die", defects, true);
    plot->x.wholeNumbers = true;
    plot->y = errorAxis(errorTitle, comparison);
    plot->legend = legendOf(comparison, LegendEntry::Symbol::Dot);
    addBaseline(*plot, comparison);
    for (const Comparison::Series& series : comparison.series) {
        std::vector<QPointF> points;
        for (std::size_t k = 0; k < defects.size(); ++k) {
            points.emplace_back(defects[k], series.error[k]);
            plot->data.push_back({points.back(), comparison.dies[k].id, comparison.describe(k), {}});
        }
        plot->marks.push_back(dots(points, series.style, 0.85));
    }
    return plot;
}

std::unique_ptr<Figure> yieldFigure(const Comparison& comparison)
{
    if (comparison.series.empty())
        return nullptr;
    Table table{{"training", "die", "error limit (%)", "dies within it (%)"}, {}};
    const Axis x = errorAxis("Error limit (%)", comparison);
    std::vector<Mark> marks;
    std::vector<Datum> data;
    for (const Comparison::Series& series : comparison.series) {
        const std::vector<std::size_t> order = byError(series.error);
        const YieldCurve yield = yieldCurve(series.error);
        std::vector<QPointF> points{{x.low, 0.0}};
        for (std::size_t k = 0; k < order.size(); ++k) {
            const Comparison::Die& die = comparison.dies[order[k]];
            table.rows.push_back({series.name, die.name, yield.error[k], yield.share[k]});
            points.emplace_back(yield.error[k], points.back().y());
            points.emplace_back(yield.error[k], yield.share[k]);
            data.push_back({points.back(),
                            die.id,
                            comparison.describe(order[k]) + QString("\n%1: %2 % of the dies within %3 %")
                                                                .arg(QString::fromStdString(series.name))
                                                                .arg(yield.share[k], 0, 'f', 1)
                                                                .arg(yield.error[k], 0, 'f', 2),
                            {}});
        }
        points.emplace_back(x.high, points.back().y());
        marks.push_back(curve(points, series.style));
    }
    auto plot = named("yield", "Dies within an error limit", {86, 70}, std::move(table));
    plot->x = x;
    plot->y = {"Share of dies (%)", Axis::Scale::Linear, 0.0, 104.0, {}};
    plot->legend = legendOf(comparison, LegendEntry::Symbol::Line);
    if (comparison.baselineError)
        plot->marks.push_back(
            uprightLine(*comparison.baselineError, comparison.baselineSpread, baselineStyle));
    plot->marks.insert(plot->marks.end(), marks.begin(), marks.end());
    plot->data = std::move(data);
    return plot;
}

std::unique_ptr<Figure> generalityFigure(const Comparison& comparison)
{
    // Columns in the order of the dies that the networks were trained on, so that those lie on the diagonal.
    std::vector<const Comparison::Network*> networks;
    for (const Comparison::Die& die : comparison.dies)
        for (const Comparison::Network& network : comparison.networks)
            if (network.trainedOn == die.id)
                networks.push_back(&network);
    std::vector<double> errors;
    for (const Comparison::Network* network : networks)
        errors.insert(errors.end(), network->error.begin(), network->error.end());
    errors = yieldCurve(errors).error;
    if (errors.empty())
        return nullptr;

    Table table{{"tested on"}, {}};
    const double low = errors.front(), high = errors.back() > low ? errors.back() : low + 1.0;
    QStringList trained, tested;
    std::vector<Datum> data;
    QImage image(static_cast<int>(networks.size()), static_cast<int>(comparison.dies.size()),
                 QImage::Format_ARGB32);
    image.fill(Qt::transparent);
    for (const Comparison::Die& die : comparison.dies) {
        tested.append(QString::fromStdString(die.name));
        table.rows.push_back({die.name});
    }
    std::vector<Mark> frames;
    for (std::size_t column = 0; column < networks.size(); ++column) {
        const Comparison::Network& network = *networks[column];
        const auto own = std::ranges::find(comparison.dies, network.trainedOn, &Comparison::Die::id);
        trained.append(QString::fromStdString(own->name));
        table.columns.push_back("trained on " + own->name + " (%)");
        for (std::size_t row = 0; row < comparison.dies.size(); ++row) {
            const double error = network.error[row];
            table.rows[row].emplace_back(error);
            const QPointF at(static_cast<double>(column), static_cast<double>(row));
            const bool itself = comparison.dies[row].id == network.trainedOn;
            if (itself)
                frames.push_back(cellFrame(at));
            if (std::isnan(error))
                continue;
            image.setPixel(static_cast<int>(column), static_cast<int>(row),
                           cividis()[static_cast<std::size_t>(colourIndex(error, low, high))]);
            data.push_back({at,
                            comparison.dies[row].id,
                            QString("%1\ntrained on %2%3\n%4 %")
                                .arg(tested[static_cast<int>(row)], trained.back(),
                                     itself ? QString(" itself") : QString())
                                .arg(error, 0, 'f', 2),
                            {1.0, 1.0}});
        }
    }
    auto plot = named("generality", "Networks on other dies", {86, 71}, std::move(table));
    plot->x = categoryAxis("Network trained on die", trained);
    plot->y = categoryAxis("Tested on die", tested);
    plot->yDown = true;
    plot->colourBar = ColourBar{{errorTitle, Axis::Scale::Linear, low, high, {}}, cividis()};
    plot->marks.push_back(cells(std::move(image)));
    plot->marks.insert(plot->marks.end(), frames.begin(), frames.end());
    plot->data = std::move(data);
    return plot;
}

} // namespace faultline
