#include "document/runs_model.h"

#include <algorithm>
#include <cmath>

#include "document/project_document.h"

namespace faultline
{

namespace
{

/// What a cell sorts by; invalid where nothing is known yet.
QVariant value(const RunState& run, int column, const Wafer& wafer)
{
    const bool finished = run.phase == RunState::Phase::Finished;
    switch (column) {
    case RunsModel::Name:
        return QString::fromStdString(run.settings.name(wafer));
    case RunsModel::Phase:
        return static_cast<int>(run.phase);
    case RunsModel::Epoch:
        return static_cast<int>(run.curve.size());
    case RunsModel::Loss:
        return run.curve.empty() ? QVariant() : run.curve.back().summary.loss;
    case RunsModel::TestError:
        return run.curve.empty() ? QVariant() : run.curve.back().testError;
    case RunsModel::PerfectDie:
        return finished ? run.perfectDieError : QVariant();
    case RunsModel::Dies:
        return finished && std::isfinite(run.meanDieError) ? run.meanDieError : QVariant();
    default:
        return {};
    }
}

QString text(const RunState& run, int column, const QVariant& value)
{
    switch (column) {
    case RunsModel::Phase:
        switch (run.phase) {
        case RunState::Phase::Waiting:
            return RunsModel::tr("waiting");
        case RunState::Phase::Training:
            return RunsModel::tr("training");
        case RunState::Phase::Finished:
            return RunsModel::tr("finished");
        }
        return {};
    case RunsModel::Epoch:
        return RunsModel::tr("%1 of %2").arg(value.toInt()).arg(run.settings.training.epochs);
    case RunsModel::Loss:
        return value.isValid() ? QString::number(value.toDouble(), 'f', 3) : QString();
    case RunsModel::TestError:
    case RunsModel::PerfectDie:
    case RunsModel::Dies:
        return value.isValid() ? QString::number(value.toDouble(), 'f', 2) : QString();
    default:
        return value.toString();
    }
}

QVariant alignment(int column)
{
    const bool words = column == RunsModel::Study || column == RunsModel::Name || column == RunsModel::Phase;
    return QVariant::fromValue(Qt::AlignVCenter | (words ? Qt::AlignLeft : Qt::AlignRight));
}

} // namespace

RunsModel::RunsModel(const ProjectDocument& document, QObject* parent)
    : QAbstractTableModel(parent),
      document_(document),
      rows_(places())
{
    const StudyQueue& queue = document.queue();
    connect(&queue, &StudyQueue::studiesChanged, this, &RunsModel::reset);
    connect(&queue, &StudyQueue::progressed, this, &RunsModel::refresh);
    connect(&queue, &StudyQueue::resultsChanged, this, &RunsModel::refresh);
    connect(&document.evaluator(), &Evaluator::failureChanged, this, &RunsModel::refresh);
}

std::vector<RunsModel::Place> RunsModel::places() const
{
    std::vector<Place> places;
    const std::vector<StudyState>& studies = document_.queue().states();
    for (int study = 0; study < static_cast<int>(studies.size()); ++study)
        for (int run = 0; run < static_cast<int>(studies[static_cast<std::size_t>(study)].runs.size()); ++run)
            places.push_back({study, run});
    return places;
}

const RunState& RunsModel::run(int row) const
{
    const Place where = place(row);
    return document_.queue()
        .states()[static_cast<std::size_t>(where.study)]
        .runs[static_cast<std::size_t>(where.run)];
}

QString RunsModel::failure(int row) const
{
    return document_.evaluator().failure(place(row).study, run(row).settings);
}

int RunsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant RunsModel::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole)
        return alignment(index.column());
    const QString failure = index.column() == Dies ? this->failure(index.row()) : QString();
    if (role == Qt::ToolTipRole)
        return failure.isEmpty() ? QVariant() : tr("Not known on all dies. %1").arg(failure);
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    if (index.column() == Study)
        return QString::fromStdString(
            document_.project().studies[static_cast<std::size_t>(place(index.row()).study)].name);
    const RunState& run = this->run(index.row());
    const QVariant plain = value(run, index.column(), document_.project().wafer);
    if (role == Qt::EditRole)
        return plain;
    const QString words = text(run, index.column(), plain);
    return failure.isEmpty() ? words : QString("⚠ %1").arg(words).trimmed();
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
        return alignment(section);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
    case Study:
        return tr("Study");
    case Name:
        return tr("Run");
    case Phase:
        return tr("State");
    case Epoch:
        return tr("Epoch");
    case Loss:
        return tr("Loss (nat)");
    case TestError:
        return tr("Test error (%)");
    case PerfectDie:
        return tr("Perfect (%)");
    case Dies:
        return tr("On dies (%)");
    default:
        return {};
    }
}

void RunsModel::refresh()
{
    if (!rows_.empty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, columns - 1));
}

/// Keeps selections and scrolling when only the phases of studies have changed.
void RunsModel::reset()
{
    const std::vector<Place> now = places();
    const auto same = [](const Place& a, const Place& b) { return a.study == b.study && a.run == b.run; };
    if (std::ranges::equal(now, rows_, same)) {
        refresh();
        return;
    }
    beginResetModel();
    rows_ = now;
    endResetModel();
}

} // namespace faultline
