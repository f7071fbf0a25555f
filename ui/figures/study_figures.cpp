#include "figures/study_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "figures/die_image.h"
#include "figures/numbers.h"
#include "figures/plot.h"

namespace faultline
{

namespace
{

const SeriesStyle baselineStyle{Hue::Ink, Marker::Circle, Qt::DotLine};

QString modeName(TrainingMode mode)
{
    return QString::fromUtf8(name(mode));
}

std::string dieName(const Project& project, int die)
{
    return project.wafer.dies[static_cast<std::size_t>(die)].name;
}

StudySummary summaryOf(const Project& project)
{
    return summarise(project.plan, project.wafer, project.result.runs);
}

std::vector<LegendEntry> modeLegend(const StudySummary& summary, LegendEntry::Symbol symbol)
{
    std::vector<LegendEntry> entries;
    for (const ModeErrors& mode : summary.modes)
        entries.push_back({modeName(mode.mode), styleOf(mode.mode), symbol});
    if (summary.baselineError)
        entries.push_back({"software baseline", baselineStyle, LegendEntry::Symbol::Line});
    return entries;
}

std::vector<double> allErrors(const StudySummary& summary)
{
    std::vector<double> values;
    for (const ModeErrors& mode : summary.modes)
        for (std::size_t k = 0; k < mode.dieMean.size(); ++k)
            values.insert(values.end(),
                          {mode.dieMean[k] - mode.dieSpread[k], mode.dieMean[k] + mode.dieSpread[k]});
    if (summary.baselineError)
        values.push_back(*summary.baselineError);
    return values;
}

void addBaseline(Plot& plot, const StudySummary& summary)
{
    if (summary.baselineError)
        plot.marks.push_back(levelLine(*summary.baselineError, summary.baselineSpread, baselineStyle));
}

/// Sideways places of points that would hide each other: the same at every drawing, and without a pattern.
double jitter(std::size_t k)
{
    const double golden = 0.61803398875 * static_cast<double>(k + 1);
    return golden - std::floor(golden) - 0.5;
}

} // namespace

std::unique_ptr<WaferMap> waferMapFigure(const Wafer& wafer)
{
    if (wafer.dies.empty())
        return nullptr;
    Table table{{"die", "row", "column"}, {}};
    for (const Defect defect : allDefects)
        table.columns.emplace_back(name(defect));
    for (const Die& die : wafer.dies) {
        std::vector<Table::Cell> row{die.name, static_cast<double>(die.position.row),
                                     static_cast<double>(die.position.column)};
        const DefectCounts counts = die.counts();
        for (const Defect defect : allDefects)
            row.emplace_back(static_cast<double>(counts[static_cast<std::size_t>(defect)]));
        table.rows.push_back(std::move(row));
    }
    return std::make_unique<WaferMap>(wafer, std::move(table));
}

std::unique_ptr<Figure> conductanceFigure(std::span<const Die> dies)
{
    constexpr int bins = 120;
    const ConductanceHistogram histogram = conductanceHistogram(dies, bins);
    if (histogram.edges.empty())
        return nullptr;

    Table table{{"from (S)", "to (S)", "at P", "at AP"}, {}};
    std::vector<const std::vector<int>*> series{&histogram.healthy[P], &histogram.healthy[AP]};
    for (const Defect defect : allDefects) {
        table.columns.emplace_back(name(defect));
        series.push_back(&histogram.defective[static_cast<std::size_t>(defect)]);
    }
    double highest = 1.0;
    for (std::size_t bin = 0; bin < static_cast<std::size_t>(bins); ++bin) {
        std::vector<Table::Cell> row{histogram.edges[bin], histogram.edges[bin + 1]};
        for (const std::vector<int>* counts : series) {
            row.emplace_back(static_cast<double>((*counts)[bin]));
            highest = std::max<double>(highest, (*counts)[bin]);
        }
        table.rows.push_back(std::move(row));
    }

    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = logAxis("Conductance (µS)", 1e6 * histogram.edges.front(), 1e6 * histogram.edges.back());
    plot->y = logAxis("Cells per bin", 0.7, 2.0 * highest); // a single cell stands above the axis
    const auto outline = [&](const std::vector<int>& counts) {
        std::vector<QPointF> points;
        for (std::size_t bin = 0; bin < counts.size(); ++bin) {
            const double height = std::max<double>(counts[bin], plot->y.low);
            points.emplace_back(1e6 * histogram.edges[bin], height);
            points.emplace_back(1e6 * histogram.edges[bin + 1], height);
        }
        return points;
    };
    const auto add = [&](const QString& label, Hue hue, const std::vector<int>& counts, double opacity) {
        if (std::ranges::all_of(counts, [](int count) { return count == 0; }))
            return;
        const std::vector<QPointF> points = outline(counts);
        plot->marks.push_back(filledArea(points, hue, opacity));
        plot->marks.push_back(curve(points, {hue}, 1.0));
        plot->legend.push_back({label, {hue}, LegendEntry::Symbol::Patch});
    };
    add("healthy at AP", Hue::Soft, histogram.healthy[AP], 0.4);
    add("healthy at P", Hue::Muted, histogram.healthy[P], 0.6);
    for (const Defect defect : allDefects)
        add(QString::fromUtf8(name(defect)), hueOf(defect),
            histogram.defective[static_cast<std::size_t>(defect)], 0.15);
    return plot;
}

std::unique_ptr<Figure> errorByDieFigure(const Project& project)
{
    const StudySummary summary = summaryOf(project);
    if (summary.modes.empty())
        return nullptr;
    const std::vector<std::size_t> order = byName(summary, project.wafer);

    Table table{{"die"}, {}};
    for (const ModeErrors& mode : summary.modes) {
        table.columns.push_back(std::string(name(mode.mode)) + " error (%)");
        table.columns.push_back(std::string(name(mode.mode)) + " spread (%)");
    }
    table.columns.insert(table.columns.end(), {"baseline error (%)", "baseline spread (%)"});
    QStringList names;
    for (const std::size_t k : order) {
        const std::string die = dieName(project, summary.dies[k]);
        names.append(QString::fromStdString(die));
        std::vector<Table::Cell> row{die};
        for (const ModeErrors& mode : summary.modes)
            row.insert(row.end(), {mode.dieMean[k], mode.dieSpread[k]});
        row.insert(row.end(), {summary.baselineError.value_or(NAN), summary.baselineSpread});
        table.rows.push_back(std::move(row));
    }

    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = categoryAxis("Die", names);
    plot->y = linearAxis("Test error (%)", allErrors(summary), false);
    plot->legend = modeLegend(summary, LegendEntry::Symbol::Dot);
    addBaseline(*plot, summary);
    const double count = static_cast<double>(summary.modes.size());
    for (std::size_t m = 0; m < summary.modes.size(); ++m) {
        const ModeErrors& mode = summary.modes[m];
        const double offset = 0.25 * (static_cast<double>(m) - (count - 1.0) / 2.0);
        std::vector<QPointF> points;
        std::vector<double> spreads;
        for (std::size_t place = 0; place < order.size(); ++place) {
            points.emplace_back(static_cast<double>(place) + offset, mode.dieMean[order[place]]);
            spreads.push_back(mode.dieSpread[order[place]]);
        }
        plot->marks.push_back(errorBars(points, spreads, styleOf(mode.mode)));
        plot->marks.push_back(dots(points, styleOf(mode.mode)));
    }
    return plot;
}

std::unique_ptr<Figure> errorByModeFigure(const Project& project)
{
    const StudySummary summary = summaryOf(project);
    if (summary.modes.empty())
        return nullptr;
    Table table{{"mode", "dies", "mean (%)", "standard deviation (%)", "low whisker (%)", "low quartile (%)",
                 "median (%)", "high quartile (%)", "high whisker (%)", "worst (%)"},
                {}};
    QStringList names;
    std::vector<Mark> marks;
    for (std::size_t m = 0; m < summary.modes.size(); ++m) {
        const ModeErrors& mode = summary.modes[m];
        const std::vector<double> errors = yieldCurve(mode.dieMean).error; // finite ones, sorted
        names.append(modeName(mode.mode).replace('-', "-\n"));
        if (errors.empty())
            continue;
        const Box five = box(errors);
        const ErrorStatistics statistics = errorStatistics(errors);
        table.rows.push_back({std::string(name(mode.mode)), static_cast<double>(statistics.dies),
                              statistics.mean, statistics.sigma, five.lowWhisker, five.lowQuartile,
                              five.median, five.highQuartile, five.highWhisker, statistics.worst});

        // The box at the left, its dies at the right; those beyond the whiskers stand out by their colour.
        const double x = static_cast<double>(m);
        std::vector<QPointF> usual, outliers;
        for (std::size_t k = 0; k < errors.size(); ++k) {
            const bool inside = errors[k] >= five.lowWhisker && errors[k] <= five.highWhisker;
            (inside ? usual : outliers)
                .emplace_back(x + (inside ? 0.24 + 0.22 * jitter(k) : -0.14), errors[k]);
        }
        marks.push_back(boxMark(x - 0.14, 0.34, five, styleOf(mode.mode)));
        marks.push_back(dots(usual, styleOf(mode.mode), 0.6));
        marks.push_back(dots(outliers, styleOf(mode.mode)));
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = categoryAxis("Training", names);
    plot->y = linearAxis("Test error (%)", allErrors(summary), false);
    if (summary.baselineError)
        plot->legend.push_back({"software baseline", baselineStyle, LegendEntry::Symbol::Line});
    addBaseline(*plot, summary);
    plot->marks.insert(plot->marks.end(), marks.begin(), marks.end());
    return plot;
}

std::unique_ptr<Figure> errorByDefectsFigure(const Project& project)
{
    const StudySummary summary = summaryOf(project);
    if (summary.modes.empty())
        return nullptr;
    Table table{{"die", "defects"}, {}};
    for (const ModeErrors& mode : summary.modes)
        table.columns.push_back(std::string(name(mode.mode)) + " error (%)");
    std::vector<double> defects;
    for (std::size_t k = 0; k < summary.dies.size(); ++k) {
        const Die& die = project.wafer.dies[static_cast<std::size_t>(summary.dies[k])];
        defects.push_back(die.defectCount());
        std::vector<Table::Cell> row{die.name, defects.back()};
        for (const ModeErrors& mode : summary.modes)
            row.emplace_back(mode.dieMean[k]);
        table.rows.push_back(std::move(row));
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = linearAxis("Defects on the die", defects, true);
    plot->x.wholeNumbers = true;
    plot->y = linearAxis("Test error (%)", allErrors(summary), false);
    plot->legend = modeLegend(summary, LegendEntry::Symbol::Dot);
    addBaseline(*plot, summary);
    for (const ModeErrors& mode : summary.modes) {
        std::vector<QPointF> points;
        for (std::size_t k = 0; k < defects.size(); ++k)
            points.emplace_back(defects[k], mode.dieMean[k]);
        plot->marks.push_back(dots(points, styleOf(mode.mode), 0.85));
    }
    return plot;
}

std::unique_ptr<Figure> yieldFigure(const Project& project)
{
    const StudySummary summary = summaryOf(project);
    if (summary.modes.empty())
        return nullptr;
    Table table{{"mode", "error limit (%)", "dies within it (%)"}, {}};
    const std::vector<double> errors = allErrors(summary);
    const Axis x = linearAxis("Error limit (%)", errors, false);
    std::vector<Mark> marks;
    for (const ModeErrors& mode : summary.modes) {
        const YieldCurve yield = yieldCurve(mode.dieMean);
        std::vector<QPointF> points{{x.low, 0.0}};
        for (std::size_t k = 0; k < yield.error.size(); ++k) {
            table.rows.push_back({std::string(name(mode.mode)), yield.error[k], yield.share[k]});
            points.emplace_back(yield.error[k], points.back().y());
            points.emplace_back(yield.error[k], yield.share[k]);
        }
        points.emplace_back(x.high, points.back().y());
        marks.push_back(curve(points, styleOf(mode.mode)));
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = x;
    plot->y = {"Share of dies (%)", Axis::Scale::Linear, 0.0, 104.0, {}};
    plot->legend = modeLegend(summary, LegendEntry::Symbol::Line);
    if (summary.baselineError)
        plot->marks.push_back(uprightLine(*summary.baselineError, summary.baselineSpread, baselineStyle));
    plot->marks.insert(plot->marks.end(), marks.begin(), marks.end());
    return plot;
}

std::unique_ptr<Figure> trainingCurvesFigure(const Project& project)
{
    Table table{{"run", "epoch", "loss (nat)", "training error (%)", "test error (%)"}, {}};
    std::vector<double> losses, errors;
    double epochs = 1.0;
    auto loss = std::make_unique<Plot>(Table{});
    auto error = std::make_unique<Plot>(Table{});
    std::vector<LegendEntry> legend;
    for (const TrainingMode mode : drawingOrder) {
        bool any = false;
        for (const Run& run : project.result.runs) {
            if (run.settings.mode != mode || run.curve.empty())
                continue;
            any = true;
            std::vector<QPointF> lossPoints, errorPoints;
            for (const EpochRecord& record : run.curve) {
                const double epoch = record.summary.epoch;
                table.rows.push_back({run.settings.name(project.wafer), epoch, record.summary.loss,
                                      record.summary.trainError, record.testError});
                lossPoints.emplace_back(epoch, record.summary.loss);
                errorPoints.emplace_back(epoch, record.testError);
                losses.push_back(record.summary.loss);
                errors.push_back(record.testError);
                epochs = std::max(epochs, epoch);
            }
            // Thirty-six thin lines of one colour read as a band; dashes would read as noise.
            const SeriesStyle style{styleOf(mode).hue};
            loss->marks.push_back(curve(lossPoints, style, 0.8, 0.7));
            error->marks.push_back(curve(errorPoints, style, 0.8, 0.7));
        }
        if (any)
            legend.push_back({modeName(mode), {styleOf(mode).hue}, LegendEntry::Symbol::Line});
    }
    if (table.rows.empty())
        return nullptr;
    auto panels = std::make_unique<Panels>(std::move(table));
    loss->x = error->x = {"Epoch", Axis::Scale::Linear, 1.0, std::max(epochs, 2.0), {}, true};
    loss->y = linearAxis("Loss (nat)", losses, true);
    error->y = linearAxis("Test error (%)", errors, true);
    panels->plots.push_back(std::move(loss));
    panels->plots.push_back(std::move(error));
    panels->legend = std::move(legend);
    return panels;
}

std::unique_ptr<Figure> generalityFigure(const Project& project)
{
    const Generality all = generality(summaryOf(project), project.wafer, project.result.runs);
    const std::vector<double> errors =
        yieldCurve({all.error.data(), static_cast<std::size_t>(all.error.size())}).error;
    if (errors.empty())
        return nullptr;
    Table table{{"tested on"}, {}};
    QStringList networks, dies;
    for (const int die : all.networks) {
        networks.append(QString::fromStdString(dieName(project, die)));
        table.columns.push_back("trained on " + dieName(project, die) + " (%)");
    }
    const double low = errors.front(), high = errors.back() > low ? errors.back() : low + 1.0;
    QImage image(static_cast<int>(all.error.cols()), static_cast<int>(all.error.rows()),
                 QImage::Format_ARGB32);
    for (int row = 0; row < image.height(); ++row) {
        const std::string die = dieName(project, all.dies[static_cast<std::size_t>(row)]);
        dies.append(QString::fromStdString(die));
        std::vector<Table::Cell> line{die};
        for (int column = 0; column < image.width(); ++column) {
            const double error = all.error(row, column);
            line.emplace_back(error);
            image.setPixel(column, row,
                           std::isnan(error)
                               ? qRgba(0, 0, 0, 0)
                               : cividis()[static_cast<std::size_t>(colourIndex(error, low, high))]);
        }
        table.rows.push_back(std::move(line));
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->x = categoryAxis("Network trained on die", networks);
    plot->y = categoryAxis("Tested on die", dies);
    plot->yDown = true;
    plot->colourBar = ColourBar{{"Test error (%)", Axis::Scale::Linear, low, high, {}}, cividis()};
    plot->marks.push_back(cells(std::move(image)));
    return plot;
}

std::vector<NamedFigure> studyFigures(const Project& project)
{
    std::vector<NamedFigure> figures;
    const auto add = [&](const char* stem, const char* title, std::unique_ptr<Figure> figure, double width,
                         double height) {
        if (figure)
            figures.push_back({stem, title, std::move(figure), {width, height}});
    };
    if (auto map = waferMapFigure(project.wafer)) {
        constexpr double width = 178.0, pointsPerMillimetre = 72.0 / 25.4, margins = 2.0;
        const double height = map->heightFor(width * pointsPerMillimetre, paperTheme()) / pointsPerMillimetre;
        add("wafer-map", "Dies of the wafer", std::move(map), width, std::ceil(height + margins));
    }
    add("conductance", "Conductance of all cells", conductanceFigure(project.wafer.dies), 86, 66);
    add("error-by-die", "Error of each die", errorByDieFigure(project), 178, 70);
    add("error-by-mode", "Error by training mode", errorByModeFigure(project), 86, 70);
    add("error-by-defects", "Error against number of defects", errorByDefectsFigure(project), 86, 70);
    add("yield", "Dies within an error limit", yieldFigure(project), 86, 70);
    add("training-curves", "Training curves", trainingCurvesFigure(project), 178, 66);
    add("generality", "Networks on other dies", generalityFigure(project), 86, 71);
    return figures;
}

} // namespace faultline
