#include "pages/runs_panel.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QTableWidget>
#include <QVBoxLayout>

#include "document/project_document.h"

namespace faultline
{

namespace
{

/// The dies, or what random dies are drawn from.
QString trainedOn(const RunSettings& settings, const Study& study, const Wafer& wafer)
{
    if (settings.mode == TrainingMode::Standard)
        return RunsPanel::tr("a perfect die");
    if (settings.mode == TrainingMode::HardwareAware) {
        QStringList names;
        for (const int id : settings.diesTrainedOn())
            names.append(wafer.find(id) ? QString::fromStdString(wafer.find(id)->name)
                                        : RunsPanel::tr("a die that was removed"));
        return names.join(", ");
    }
    QStringList lines{study.plan.statistics ? RunsPanel::tr("random dies, typed statistics")
                                            : RunsPanel::tr("random dies, fitted statistics")};
    const DefectStatistics& statistics =
        study.plan.statistics ? *study.plan.statistics : study.result.statistics;
    for (const Defect defect : allDefects)
        lines.append(RunsPanel::tr("%1 %2 %")
                         .arg(QString::fromUtf8(name(defect)))
                         .arg(100.0 * statistics.rate(defect).rate, 0, 'g', 3));
    return lines.join('\n');
}

/// What of it is not ideal.
QString circuitOf(const RunSettings& settings)
{
    if (!settings.circuit)
        return RunsPanel::tr("none");
    QStringList lines;
    const std::vector<Setting> ideal = settingsOf(CircuitOptions()), circuit = settingsOf(*settings.circuit);
    for (std::size_t k = 0; k < circuit.size(); ++k)
        if (circuit[k].value != ideal[k].value)
            lines.append(QString::fromStdString(circuit[k].label + ": " + circuit[k].value));
    return lines.isEmpty() ? RunsPanel::tr("ideal") : lines.join('\n');
}

QString imagesOf(const StudyResult& result)
{
    return result.images ? QString("%1 %2")
                               .arg(result.images->train, 8, 16, QChar('0'))
                               .arg(result.images->test, 8, 16, QChar('0'))
                         : QString("–");
}

} // namespace

RunsPanel::RunsPanel(ProjectDocument& document)
    : document_(document),
      model_(new RunsModel(document, this)),
      sorted_(new QSortFilterProxyModel(this)),
      filter_(new QLineEdit),
      table_(new QTableView),
      retrain_(new QPushButton(tr("Train again with a change"))),
      compare_(new QPushButton(tr("Compare settings")))
{
    sorted_->setSourceModel(model_);
    sorted_->setSortRole(Qt::EditRole);
    sorted_->setFilterKeyColumn(-1);
    sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
    table_->setObjectName("runsTable");
    table_->setAccessibleName(tr("Runs"));
    table_->setModel(sorted_);
    table_->setSortingEnabled(true);
    table_->sortByColumn(-1, Qt::AscendingOrder); // as planned, until a header is clicked
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    makeQuiet(*table_);
    for (const RunsModel::Column column : {RunsModel::Name, RunsModel::Phase})
        table_->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    filter_->setObjectName("runsFilter");
    filter_->setPlaceholderText(tr("Filter: a study, mode, die or state"));
    filter_->setClearButtonEnabled(true);
    retrain_->setObjectName("retrain");
    retrain_->setToolTip(tr("Put the settings of the selected run into the form"));
    compare_->setObjectName("compareSettings");
    compare_->setToolTip(tr("The settings of the selected runs side by side"));

    auto* tools = new QHBoxLayout;
    tools->addWidget(filter_, 1);
    tools->addWidget(retrain_);
    tools->addWidget(compare_);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addLayout(tools);
    layout->addWidget(table_, 1);

    connect(filter_, &QLineEdit::textChanged, sorted_, &QSortFilterProxyModel::setFilterFixedString);
    connect(retrain_, &QPushButton::clicked, this, &RunsPanel::retrain);
    connect(compare_, &QPushButton::clicked, this, &RunsPanel::compare);
    const auto changed = [this] {
        enableButtons();
        emit currentChanged();
    };
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, changed);
    connect(model_, &QAbstractItemModel::modelReset, this, changed);
    enableButtons();
}

std::vector<RunsModel::Place> RunsPanel::selected() const
{
    std::vector<RunsModel::Place> places;
    for (const QModelIndex& index : table_->selectionModel()->selectedRows())
        places.push_back(model_->place(sorted_->mapToSource(index).row()));
    return places;
}

std::optional<RunsModel::Place> RunsPanel::current() const
{
    const std::vector<RunsModel::Place> places = selected();
    return places.empty() ? std::nullopt : std::optional(places.front());
}

void RunsPanel::select(RunsModel::Place place)
{
    for (int row = 0; row < model_->rowCount(); ++row) {
        const RunsModel::Place there = model_->place(row);
        if (there.study == place.study && there.run == place.run) {
            if (!sorted_->mapFromSource(model_->index(row, 0)).isValid())
                filter_->clear(); // it hides the run
            const QModelIndex index = sorted_->mapFromSource(model_->index(row, 0));
            table_->selectRow(index.row());
            table_->scrollTo(index);
        }
    }
}

const RunSettings& RunsPanel::settingsOf(RunsModel::Place place) const
{
    const StudyState& state = document_.queue().states()[static_cast<std::size_t>(place.study)];
    return state.runs[static_cast<std::size_t>(place.run)].settings;
}

void RunsPanel::enableButtons()
{
    const std::size_t count = selected().size();
    const auto one = count == 1 ? current() : std::nullopt;
    // A run is named by its repeat: the ones before it come along.
    const int repeats = one ? settingsOf(*one).repeat + 1 : 1;
    retrain_->setText(repeats == 1 ? tr("Train again with a change")
                                   : tr("Train again with a change (repeats 1 to %1)").arg(repeats));
    retrain_->setEnabled(count == 1);
    compare_->setEnabled(count >= 2 && count <= 8);
}

void RunsPanel::retrain()
{
    const auto place = current();
    if (!place)
        return;
    StudyPlan plan = document_.project().studies[static_cast<std::size_t>(place->study)].plan;
    const RunSettings& run = settingsOf(*place);
    plan.modes = {run.mode};
    plan.repeats = run.repeat + 1;
    if (run.mode == TrainingMode::HardwareAware)
        plan.dies = run.diesTrainedOn();
    emit retrainWanted(plan);
}

void RunsPanel::compare()
{
    QDialog dialog(this);
    dialog.setObjectName("settingsComparison");
    dialog.setWindowTitle(tr("Settings side by side"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* layout = new QVBoxLayout(&dialog);
    layout->addWidget(settingsComparison(document_, selected()), 1);
    layout->addWidget(buttons);
    dialog.resize(760, 560);
    dialog.exec();
}

QWidget* settingsComparison(const ProjectDocument& document, const std::vector<RunsModel::Place>& runs)
{
    const Project& project = document.project();
    QStringList columns{RunsPanel::tr("Setting")};
    std::vector<std::pair<QString, QStringList>> rows;
    for (std::size_t column = 0; column < runs.size(); ++column) {
        const auto study = static_cast<std::size_t>(runs[column].study);
        const StudyState& state = document.queue().states()[study];
        const RunState& run = state.runs[static_cast<std::size_t>(runs[column].run)];
        const RunSettings& settings = run.settings;
        QStringList layers;
        for (const int neurons : settings.network.layers)
            layers.append(QString::number(neurons));
        columns.append(
            QString::fromStdString(project.studies[study].name + ": " + settings.name(project.wafer)));
        const bool finished = run.phase == RunState::Phase::Finished;
        const auto percent = [finished](double value) {
            return finished ? QString::number(value, 'f', 2) : QString("–");
        };
        std::vector<std::pair<QString, QString>> values{
            {RunsPanel::tr("Mode"), QString::fromUtf8(name(settings.mode))},
            {RunsPanel::tr("Network"), layers.join("-")},
            {RunsPanel::tr("Activation"), QString::fromUtf8(name(settings.network.hidden))},
            {RunsPanel::tr("Image side (pixels)"), QString::number(settings.side)},
            {RunsPanel::tr("Spare cells"), QString::fromUtf8(name(settings.spare))}};
        for (const Setting& setting : settingsOf(settings.training))
            values.emplace_back(QString::fromStdString(setting.label), QString::fromStdString(setting.value));
        const std::vector<std::pair<QString, QString>> results{
            {RunsPanel::tr("Trained on"), trainedOn(settings, project.studies[study], project.wafer)},
            {RunsPanel::tr("Circuit"), circuitOf(settings)},
            {RunsPanel::tr("Images"), imagesOf(project.studies[study].result)},
            {RunsPanel::tr("Seed"), QString::number(settings.seed)},
            {RunsPanel::tr("Repeat"), QString::number(settings.repeat + 1)},
            {RunsPanel::tr("Error on a perfect die (%)"), percent(run.perfectDieError)},
            {RunsPanel::tr("Error on the dies (%)"), percent(run.meanDieError)}};
        values.insert(values.end(), results.begin(), results.end());
        if (rows.empty())
            for (const auto& [label, value] : values)
                rows.push_back({label, {}});
        for (std::size_t k = 0; k < values.size(); ++k)
            rows[k].second.append(values[k].second);
    }

    QTableWidget* table = resultTable(columns);
    table->setObjectName("settingsTable");
    table->setRowCount(static_cast<int>(rows.size()));
    for (int row = 0; row < table->rowCount(); ++row) {
        const auto& [label, values] = rows[static_cast<std::size_t>(row)];
        table->setItem(row, 0, new QTableWidgetItem(label));
        const bool differs = values.count(values.first()) != values.size();
        for (int column = 0; column < static_cast<int>(values.size()); ++column) {
            QTableWidgetItem* item = numberItem(values[column]);
            QFont font = item->font();
            font.setBold(differs);
            item->setFont(font);
            table->setItem(row, column + 1, item);
        }
    }
    table->resizeRowsToContents(); // some have several lines
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    table->setFocusPolicy(Qt::StrongFocus);
    return table;
}

} // namespace faultline
