#include "figures/comparison.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <QCollator>

#include "figures/numbers.h"

namespace faultline
{

namespace
{

/// The values in another order; an empty list stays empty.
template <class T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order)
{
    if (values.empty())
        return;
    std::vector<T> sorted;
    sorted.reserve(order.size());
    for (const std::size_t k : order)
        sorted.push_back(std::move(values[k]));
    values = std::move(sorted);
}

void sort(Comparison& comparison, const DieOrder& by)
{
    std::vector<std::size_t> order(comparison.dies.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    QCollator natural{QLocale(QLocale::English)}; // D2 before D10; the C locale would not count
    natural.setNumericMode(true);
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        const auto nameOf = [&](std::size_t k) { return QString::fromStdString(comparison.dies[k].name); };
        return natural.compare(nameOf(a), nameOf(b)) < 0;
    });
    if (by.by == DieOrder::By::Defects)
        std::ranges::stable_sort(order, {}, [&](std::size_t k) { return comparison.dies[k].defects; });
    const auto series = std::ranges::find(comparison.series, by.series, &Comparison::Series::name);
    if (by.by == DieOrder::By::Error && series != comparison.series.end())
        std::ranges::stable_sort(order, {}, [&](std::size_t k) {
            const double error = series->error[k];
            return std::isnan(error) ? INFINITY : error;
        });

    reorder(comparison.dies, order);
    reorder(comparison.otherDies, order);
    for (Comparison::Series& one : comparison.series) {
        reorder(one.error, order);
        reorder(one.spread, order);
    }
    for (Comparison::Network& network : comparison.networks)
        reorder(network.error, order);
}

} // namespace

Comparison compare(const Wafer& wafer, const Study& study, const ComparisonChoice& choice)
{
    const StudySummary summary = summarise(study.plan, wafer, study.result.runs);
    Comparison out;
    out.baselineError = summary.baselineError;
    out.baselineSpread = summary.baselineSpread;
    for (const DieGroup& group : summary.dies)
        out.dies.push_back({group.id(), group.name(), group.defectCount()});
    for (const ModeErrors& mode : summary.modes) {
        out.modes.push_back(mode.mode);
        if (choice.hidden.contains(mode.mode))
            continue;
        out.series.push_back(
            {std::string(name(mode.mode)), styleOf(mode.mode), mode.dieMean, mode.dieSpread});
        if (mode.mode == TrainingMode::HardwareAware)
            out.otherDies = mode.otherDies;
    }
    std::size_t single = 0;
    for (const Run& run : study.result.runs) {
        Comparison::Network network{run.settings.name(wafer), run.settings.die, {}};
        for (const DieGroup& group : summary.dies)
            network.error.push_back(run.errorOn(group.id()));
        if (choice.networks.contains(network.name))
            out.series.push_back({network.name, networkStyle(single++), network.error,
                                  std::vector<double>(network.error.size())});
        out.networks.push_back(std::move(network));
    }
    sort(out, choice.order);
    return out;
}

QString Comparison::describe(std::size_t die) const
{
    QString words = QString::fromStdString(dies[die].name) + QString("\n%1 defects").arg(dies[die].defects);
    for (const Series& one : series) {
        if (std::isnan(one.error[die]))
            continue;
        words += QString("\n%1: %2").arg(QString::fromStdString(one.name)).arg(one.error[die], 0, 'f', 2);
        if (one.spread[die] > 0.0)
            words += QString(" ± %1").arg(one.spread[die], 0, 'f', 2);
        words += " %";
    }
    return words;
}

Table summaryTable(const Comparison& comparison)
{
    Table table{{"training", "dies", "mean (%)", "median (%)", "sigma (%)", "worst (%)", "excess (%)"}, {}};
    const double baseline = comparison.baselineError.value_or(NAN);
    if (comparison.baselineError)
        table.rows.push_back({"software baseline", NAN, baseline, NAN, comparison.baselineSpread, NAN, NAN});
    const auto add = [&](const std::string& name, const std::vector<double>& errors) {
        const ErrorStatistics all = errorStatistics(errors);
        table.rows.push_back({name, static_cast<double>(all.dies), all.mean, all.median, all.sigma, all.worst,
                              all.mean - baseline});
    };
    for (const Comparison::Series& one : comparison.series) {
        add(one.name, one.error);
        if (one.name == name(TrainingMode::HardwareAware))
            add("… on other dies", comparison.otherDies);
    }
    return table;
}

Table dieTable(const Comparison& comparison)
{
    Table table{{"die", "defects"}, {}};
    for (const Comparison::Series& one : comparison.series)
        table.columns.push_back(one.name + " (%)");
    for (std::size_t k = 0; k < comparison.dies.size(); ++k) {
        std::vector<Table::Cell> row{comparison.dies[k].name,
                                     static_cast<double>(comparison.dies[k].defects)};
        for (const Comparison::Series& one : comparison.series)
            row.emplace_back(one.error[k]);
        table.rows.push_back(std::move(row));
    }
    return table;
}

} // namespace faultline
