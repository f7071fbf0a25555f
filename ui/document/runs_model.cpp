#include "document/runs_model.h"

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
        return finished ? run.meanDieError : QVariant();
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
    const bool words = column == RunsModel::Name || column == RunsModel::Phase;
    return QVariant::fromValue(Qt::AlignVCenter | (words ? Qt::AlignLeft : Qt::AlignRight));
}

} // namespace

RunsModel::RunsModel(const ProjectDocument& document, QObject* parent)
    : QAbstractTableModel(parent),
      document_(document),
      rows_(static_cast<int>(document.runs().size()))
{
    connect(&document, &ProjectDocument::projectReplaced, this, &RunsModel::reset);
    connect(&document, &ProjectDocument::runningChanged, this, &RunsModel::reset);
    connect(&document, &ProjectDocument::progressed, this, &RunsModel::refresh);
}

int RunsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : rows_;
}

int RunsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : columns;
}

QVariant RunsModel::data(const QModelIndex& index, int role) const
{
    if (role == Qt::TextAlignmentRole)
        return alignment(index.column());
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    const RunState& run = document_.runs()[static_cast<std::size_t>(index.row())];
    const QVariant plain = value(run, index.column(), document_.project().wafer);
    return role == Qt::EditRole ? plain : text(run, index.column(), plain);
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
        return alignment(section);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QAbstractTableModel::headerData(section, orientation, role);
    switch (section) {
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
        return tr("Perfect die (%)");
    case Dies:
        return tr("On the dies (%)");
    default:
        return {};
    }
}

void RunsModel::refresh()
{
    if (rows_ > 0)
        emit dataChanged(index(0, 0), index(rows_ - 1, columns - 1));
}

void RunsModel::reset()
{
    beginResetModel();
    rows_ = static_cast<int>(document_.runs().size());
    endResetModel();
}

} // namespace faultline
