#include "figures/study_figures.h"

#include <algorithm>
#include <cmath>

#include "figures/compare_figures.h"
#include "figures/die_image.h"
#include "figures/numbers.h"
#include "figures/plot.h"

namespace faultline
{

namespace
{

QString modeName(TrainingMode mode)
{
    return QString::fromUtf8(name(mode));
}

} // namespace

std::unique_ptr<WaferMap> waferMapFigure(const Wafer& wafer, DieValues values)
{
    if (wafer.dies.empty())
        return nullptr;
    Table table{{"die", "row", "column"}, {}};
    for (const Defect defect : allDefects)
        table.columns.emplace_back(name(defect));
    const bool complete = wafer.isFullyMeasured();
    if (!complete)
        table.columns.emplace_back("not measured");
    values.values.resize(wafer.dies.size(), NAN);
    table.columns.push_back(values.title.toStdString());
    for (std::size_t k = 0; k < wafer.dies.size(); ++k) {
        const Die& die = wafer.dies[k];
        std::vector<Table::Cell> row{die.name, static_cast<double>(die.position.row),
                                     static_cast<double>(die.position.column)};
        const DefectCounts counts = die.counts();
        for (const Defect defect : allDefects)
            row.emplace_back(static_cast<double>(counts[static_cast<std::size_t>(defect)]));
        if (!complete)
            row.emplace_back(static_cast<double>(die.acquisition.missing.size()));
        row.emplace_back(values.values[k]);
        table.rows.push_back(std::move(row));
    }
    auto map = std::make_unique<WaferMap>(wafer, std::move(values), std::move(table));
    map->name = "wafer-map";
    map->title = "Dies of the wafer";
    constexpr double width = 178.0, pointsPerMillimetre = 72.0 / 25.4, margins = 2.0;
    const double height = map->heightFor(width * pointsPerMillimetre, paperTheme()) / pointsPerMillimetre;
    map->millimetres = {width, std::ceil(height + margins)};
    return map;
}

std::unique_ptr<Plot> conductancePlot(const ConductanceHistogram& histogram,
                                      const ConductanceHistogram* share, bool logCounts)
{
    if (histogram.edges.empty())
        return nullptr;

    const auto seriesOf = [](const ConductanceHistogram& of) {
        std::vector<const std::vector<int>*> series{&of.healthy[P], &of.healthy[AP]};
        for (const Defect defect : allDefects)
            series.push_back(&of.defective[static_cast<std::size_t>(defect)]);
        return series;
    };
    Table table{{"from (S)", "to (S)", "at P", "at AP"}, {}};
    for (const Defect defect : allDefects)
        table.columns.emplace_back(name(defect));
    const std::vector<const std::vector<int>*> series = seriesOf(histogram);
    const std::size_t bins = histogram.edges.size() - 1;
    double highest = 1.0;
    for (std::size_t bin = 0; bin < bins; ++bin) {
        std::vector<Table::Cell> row{histogram.edges[bin], histogram.edges[bin + 1]};
        for (const std::vector<int>* counts : series) {
            row.emplace_back(static_cast<double>((*counts)[bin]));
            highest = std::max<double>(highest, (*counts)[bin]);
        }
        table.rows.push_back(std::move(row));
    }

    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "conductance";
    plot->title = "Conductance of all cells";
    plot->x = {"Conductance (µS)",
               histogram.binning.log ? Axis::Scale::Log : Axis::Scale::Linear,
               1e6 * histogram.edges.front(),
               1e6 * histogram.edges.back(),
               {}};
    if (logCounts)
        plot->y = logAxis("Cells per bin", 0.7, 2.0 * highest); // a single cell stands above the axis
    else
        plot->y = {"Cells per bin", Axis::Scale::Linear, 0.0, 1.06 * highest, {}, true};
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
    if (share) {
        std::vector<int> all(bins);
        for (const std::vector<int>* counts : seriesOf(*share))
            for (std::size_t bin = 0; bin < bins; ++bin)
                all[bin] += (*counts)[bin];
        add("selected cells", Hue::Vermillion, all, 0.5);
    }
    return plot;
}

std::unique_ptr<Figure> conductanceFigure(std::span<const Die> dies)
{
    auto plot = conductancePlot(conductanceHistogram(dies, {}), nullptr, true);
    if (plot && dies.size() == 1)
        plot->title += QString(" of die %1").arg(QString::fromStdString(dies.front().name));
    return plot;
}

std::unique_ptr<Figure> trainingCurvesFigure(const Wafer& wafer, const Study& study)
{
    Table table{{"run", "epoch", "loss (nat)", "training error (%)", "test error (%)"}, {}};
    std::vector<double> losses, errors;
    double epochs = 1.0;
    auto loss = std::make_unique<Plot>(Table{});
    auto error = std::make_unique<Plot>(Table{});
    std::vector<LegendEntry> legend;
    for (const TrainingMode mode : drawingOrder) {
        const auto runs = std::ranges::count_if(study.result.runs,
                                                [mode](const Run& run) { return run.settings.mode == mode; });
        // Dashes survive grey print. Thirty-six thin lines of one colour read as a band, in which dashes
        // would read as noise: there the marks at the ends tell.
        const bool few = runs <= 6;
        const SeriesStyle style{styleOf(mode).hue, styleOf(mode).marker,
                                few ? styleOf(mode).line : Qt::SolidLine};
        bool any = false;
        for (const Run& run : study.result.runs) {
            if (run.settings.mode != mode || run.curve.empty())
                continue;
            any = true;
            std::vector<QPointF> lossPoints, errorPoints;
            for (const EpochRecord& record : run.curve) {
                const double epoch = record.summary.epoch;
                table.rows.push_back({run.settings.name(wafer), epoch, record.summary.loss,
                                      record.summary.trainError, record.testError});
                lossPoints.emplace_back(epoch, record.summary.loss);
                errorPoints.emplace_back(epoch, record.testError);
                losses.push_back(record.summary.loss);
                errors.push_back(record.testError);
                epochs = std::max(epochs, epoch);
            }
            loss->marks.push_back(curve(lossPoints, style, few ? 1.2 : 0.8, few ? 1.0 : 0.7));
            error->marks.push_back(curve(errorPoints, style, few ? 1.2 : 0.8, few ? 1.0 : 0.7));
            loss->marks.push_back(dots({lossPoints.back()}, styleOf(mode)));
            error->marks.push_back(dots({errorPoints.back()}, styleOf(mode)));
        }
        if (any)
            legend.push_back({modeName(mode), styleOf(mode), LegendEntry::Symbol::Dot});
    }
    if (table.rows.empty())
        return nullptr;
    auto panels = std::make_unique<Panels>(std::move(table));
    panels->name = "training-curves";
    panels->title = "Training curves";
    panels->millimetres = {178, 66};
    loss->x = error->x = {"Epoch", Axis::Scale::Linear, 1.0, std::max(epochs, 2.0), {}, true};
    loss->y = linearAxis("Loss (nat)", losses, true);
    error->y = linearAxis(errorTitle, errors, true);
    panels->plots.push_back(std::move(loss));
    panels->plots.push_back(std::move(error));
    panels->legend = std::move(legend);
    return panels;
}

std::vector<std::shared_ptr<const Figure>> studyFigures(const Wafer& wafer, const Study& study,
                                                        const ComparisonChoice& choice)
{
    std::vector<std::shared_ptr<const Figure>> figures;
    const auto add = [&](std::shared_ptr<const Figure> figure) {
        if (figure)
            figures.push_back(std::move(figure));
    };
    const Comparison comparison = compare(wafer, study, choice);
    add(waferMapFigure(wafer, defectsPerDie(wafer)));
    add(conductanceFigure(wafer.dies));
    add(errorByDieFigure(comparison));
    add(errorByModeFigure(comparison));
    add(errorByDefectsFigure(comparison));
    add(yieldFigure(comparison));
    add(trainingCurvesFigure(wafer, study));
    add(generalityFigure(comparison));
    return figures;
}

} // namespace faultline
