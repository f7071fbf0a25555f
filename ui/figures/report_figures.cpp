#include "figures/report_figures.h"

#include <algorithm>
#include <cmath>

namespace faultline
{

std::unique_ptr<Figure> rateFigure(const WaferReport& report)
{
    Table table{{"defect", "rate", "from (95 %)", "to (95 %)", "dispersion", "likelihood ratio",
                 "probability (Poisson)"},
                {}};
    QStringList names;
    double low = 1.0, high = 0.0;
    for (const DefectReport& of : report.defects) {
        table.rows.push_back({std::string(name(of.defect)), of.rate, of.rateInterval.low,
                              of.rateInterval.high, of.dispersion, of.overdispersion.likelihoodRatio,
                              of.overdispersion.probability});
        names.append(QString::fromUtf8(name(of.defect)));
        if (of.rate > 0.0) {
            low = std::min(low, of.rateInterval.low);
            high = std::max(high, of.rateInterval.high);
        }
    }
    if (high == 0.0)
        return nullptr;
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "defect-rates";
    plot->title = "Defect rates with 95 % intervals";
    plot->x = categoryAxis({}, names);
    plot->y = logAxis("Cells (%)", 80.0 * low, 125.0 * high);
    for (std::size_t k = 0; k < report.defects.size(); ++k) {
        const DefectReport& of = report.defects[k];
        if (of.rate == 0.0)
            continue;
        const auto at = static_cast<double>(k);
        const SeriesStyle style{hueOf(of.defect)};
        plot->marks.push_back(
            curve({{at, 100.0 * of.rateInterval.low}, {at, 100.0 * of.rateInterval.high}}, style));
        plot->marks.push_back(dots({{at, 100.0 * of.rate}}, style));
    }
    return plot;
}

std::unique_ptr<Figure> quantileFigure(const WaferReport& report)
{
    Table table{{"state", "normal quantile", "conductance (S)", "lognormal (S)"}, {}};
    std::vector<double> normals;
    double low = INFINITY, high = 0.0;
    std::vector<Mark> marks;
    std::vector<LegendEntry> legend;
    for (const Level level : {AP, P}) {
        if (level == report.assumed)
            continue;
        const ConductanceReport& of = report.conductance[level];
        const SeriesStyle style =
            level == P ? SeriesStyle{Hue::Blue, Marker::Circle} : SeriesStyle{Hue::Orange, Marker::Square};
        std::vector<QPointF> measured, fitted;
        for (const auto& point : of.quantiles) {
            const double expected = of.fit.median * std::exp(of.fit.sigma * point.normal);
            table.rows.push_back({std::string(name(level)), point.normal, point.siemens, expected});
            normals.push_back(point.normal);
            fitted.emplace_back(point.normal, 1e6 * expected);
            if (point.siemens <= 0.0)
                continue;
            measured.emplace_back(point.normal, 1e6 * point.siemens);
            low = std::min({low, point.siemens, expected});
            high = std::max({high, point.siemens, expected});
        }
        marks.push_back(curve(fitted, {Hue::Muted}, 1.0));
        marks.push_back(dots(measured, style));
        legend.push_back({QString::fromUtf8(name(level)), style});
    }
    if (high <= 0.0)
        return nullptr;
    legend.push_back({"lognormal", {Hue::Muted}, LegendEntry::Symbol::Line});
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "conductance-quantiles";
    plot->title = "Conductance of healthy cells against a lognormal";
    plot->x = linearAxis("Normal quantile (σ)", normals, false);
    plot->y = logAxis("Conductance (µS)", 0.95e6 * low, 1.05e6 * high);
    plot->marks = std::move(marks);
    plot->legend = std::move(legend);
    return plot;
}

std::unique_ptr<Figure> radialFigure(const WaferReport& report)
{
    if (report.trends.empty())
        return nullptr;
    Table table{{"radius (dies)"}, {}};
    for (const RadialTrend& trend : report.trends)
        table.columns.push_back(trend.what);
    const RadialTrend& defects = report.trends.front();
    std::vector<QPointF> points;
    std::vector<double> shares;
    for (std::size_t die = 0; die < defects.radius.size(); ++die) {
        std::vector<Table::Cell> row{defects.radius[die]};
        for (const RadialTrend& trend : report.trends)
            row.emplace_back(trend.value[die]);
        table.rows.push_back(std::move(row));
        shares.push_back(100.0 * defects.value[die]);
        points.emplace_back(defects.radius[die], shares.back());
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    plot->name = "radial-trend";
    plot->title = QString("Defects from the wafer's centre to its edge (rank correlation %1, p = %2)")
                      .arg(defects.rankCorrelation, 0, 'f', 2)
                      .arg(defects.probability, 0, 'g', 2);
    plot->x = linearAxis("Radius on the wafer (dies)", defects.radius, true);
    plot->y = linearAxis("Defective cells (%)", shares, true);
    plot->marks.push_back(dots(std::move(points), {Hue::Blue}));
    return plot;
}

std::unique_ptr<Figure> countFigure(const WaferReport& report, Defect defect)
{
    const auto found = std::ranges::find(report.defects, defect, &DefectReport::defect);
    if (found == report.defects.end() || found->rate == 0.0)
        return nullptr;
    const auto dies = static_cast<double>(found->counts.size());
    const double meanCount = mean(found->counts);
    std::vector<double> sorted = found->counts;
    std::ranges::sort(sorted);
    const auto last = static_cast<int>(sorted.back()) + 1;
    Table table{{"defects on a die", "measured", "negative binomial", "Poisson"}, {}};
    std::vector<QPointF> measured, negative, poisson;
    double shareNegative = 0.0, sharePoisson = 0.0;
    for (int count = 0; count <= last; ++count) {
        const double one[] = {static_cast<double>(count)};
        shareNegative += std::exp(logLikelihood(one, meanCount, found->dispersion));
        sharePoisson += std::exp(logLikelihood(one, meanCount, INFINITY));
        const auto upTo = static_cast<double>(std::ranges::upper_bound(sorted, one[0]) - sorted.begin());
        table.rows.push_back({one[0], upTo / dies, shareNegative, sharePoisson});
        if (!measured.empty())
            measured.emplace_back(count, measured.back().y()); // a step
        measured.emplace_back(count, 100.0 * upTo / dies);
        negative.emplace_back(count, 100.0 * shareNegative);
        poisson.emplace_back(count, 100.0 * sharePoisson);
    }
    auto plot = std::make_unique<Plot>(std::move(table));
    const QString what = QString::fromUtf8(name(defect));
    plot->name = "counts-" + what.toStdString();
    plot->title = QString("Dies with at most so many %1 cells").arg(what);
    plot->x = linearAxis(QString("Cells of a die that are %1").arg(what),
                         std::array{0.0, static_cast<double>(last)}, true);
    plot->y = linearAxis("Dies (%)", std::array{0.0, 100.0}, true);
    const SeriesStyle nb{Hue::Blue}, poissonStyle{Hue::Vermillion, Marker::Circle, Qt::DashLine};
    plot->marks = {curve(poisson, poissonStyle), curve(negative, nb), curve(measured, {Hue::Ink}, 1.2)};
    plot->legend = {{"measured", {Hue::Ink}, LegendEntry::Symbol::Line},
                    {"negative binomial", nb, LegendEntry::Symbol::Line},
                    {"Poisson", poissonStyle, LegendEntry::Symbol::Line}};
    return plot;
}

std::unique_ptr<Figure> drawnFigure(const WaferReport& report)
{
    const DrawnComparison& of = report.drawn;
    Table table{{"quantity", "from", "to", "measured share", "drawn share"}, {}};
    double least = 1.0, most = 0.0;
    std::vector<Level> levels; // that were measured
    std::ranges::copy_if(std::array{AP, P}, std::back_inserter(levels),
                         [&](Level level) { return level != report.assumed; });
    for (const Level level : levels)
        for (std::size_t bin = 0; bin + 1 < of.edges.size(); ++bin) {
            const double measured = of.conductance[level].measured[bin];
            const double drawn = of.conductance[level].drawn[bin];
            table.rows.push_back({"conductance at " + std::string(name(level)) + " (S)", of.edges[bin],
                                  of.edges[bin + 1], measured, drawn});
            most = std::max({most, measured, drawn});
            if (measured > 0.0)
                least = std::min(least, measured);
        }

    auto conductances = std::make_unique<Plot>(Table{});
    conductances->x = logAxis("Conductance (µS)", 1e6 * of.edges.front(), 1e6 * of.edges.back());
    conductances->y = logAxis("Cells (%)", 70.0 * least, 200.0 * most);
    const auto outline = [&](const std::vector<double>& shares) {
        std::vector<QPointF> points;
        for (std::size_t bin = 0; bin < shares.size(); ++bin) {
            const double height = std::max(100.0 * shares[bin], conductances->y.low);
            points.emplace_back(1e6 * of.edges[bin], height);
            points.emplace_back(1e6 * of.edges[bin + 1], height);
        }
        return points;
    };
    const auto hue = [](Level level) { return level == P ? Hue::Blue : Hue::Orange; };
    for (const Level level : levels)
        conductances->marks.push_back(filledArea(outline(of.conductance[level].measured), hue(level), 0.5));
    for (const Level level : levels)
        conductances->marks.push_back(curve(outline(of.conductance[level].drawn), {Hue::Ink}, 1.0));

    std::vector<double> defects = of.measuredDefects;
    defects.insert(defects.end(), of.drawnDefects.begin(), of.drawnDefects.end());
    std::ranges::sort(defects);
    const auto steps = [&](std::vector<double> counts) {
        std::ranges::sort(counts);
        std::vector<QPointF> points{{0.0, 0.0}};
        for (const double count : defects) {
            const auto upTo = static_cast<double>(std::ranges::upper_bound(counts, count) - counts.begin());
            points.emplace_back(count, points.back().y());
            points.emplace_back(count, 100.0 * upTo / static_cast<double>(counts.size()));
        }
        return points;
    };
    const std::vector<QPointF> measured = steps(of.measuredDefects), drawn = steps(of.drawnDefects);
    for (std::size_t k = 0; k < defects.size(); ++k)
        if (k + 1 == defects.size() || defects[k] < defects[k + 1])
            table.rows.push_back({"defects on a die, at most", 0.0, defects[k],
                                  measured[2 * k + 2].y() / 100.0, drawn[2 * k + 2].y() / 100.0});
    auto counts = std::make_unique<Plot>(Table{});
    counts->x = linearAxis("Defects on a die, at most", defects, true);
    counts->y = linearAxis("Dies (%)", std::array{0.0, 100.0}, true);
    counts->marks = {filledArea(measured, Hue::Muted, 0.5), curve(drawn, {Hue::Ink}, 1.0)};

    auto panels = std::make_unique<Panels>(std::move(table));
    panels->name = "drawn-over-measured";
    panels->title = QString("Dies drawn from the statistics (%1) over the measured ones (%2)")
                        .arg(of.dies)
                        .arg(report.dies);
    panels->millimetres = {178, 66};
    panels->plots.push_back(std::move(conductances));
    panels->plots.push_back(std::move(counts));
    for (const Level level : levels)
        panels->legend.push_back(
            {QString::fromUtf8(name(level)) + " measured", {hue(level)}, LegendEntry::Symbol::Patch});
    panels->legend.push_back({"defects measured", {Hue::Muted}, LegendEntry::Symbol::Patch});
    panels->legend.push_back({"drawn", {Hue::Ink}, LegendEntry::Symbol::Line});
    return panels;
}

std::vector<std::shared_ptr<const Figure>> reportFigures(const WaferReport& report)
{
    std::vector<std::shared_ptr<const Figure>> figures;
    const auto add = [&](std::unique_ptr<Figure> figure) {
        if (figure)
            figures.push_back(std::move(figure));
    };
    add(rateFigure(report));
    add(quantileFigure(report));
    add(radialFigure(report));
    add(drawnFigure(report));
    for (const Defect defect : allDefects)
        add(countFigure(report, defect));
    return figures;
}

} // namespace faultline
