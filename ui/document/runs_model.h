#pragma once

#include <vector>

#include <QAbstractTableModel>

namespace faultline
{

class ProjectDocument;
struct RunState;

/// The runs of all studies of a document as a table. Qt::EditRole gives plain values to sort by.
class RunsModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Study, Name, Phase, Epoch, Loss, TestError, PerfectDie, Dies, columns };

    explicit RunsModel(const ProjectDocument& document, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Index of the study and, in it, of the run that a row shows.
    struct Place {
        int study, run;
    };
    Place place(int row) const { return rows_[static_cast<std::size_t>(row)]; }
    const RunState& run(int row) const;

private:
    void refresh();
    void reset();
    QString failure(int row) const; ///< why its errors on dies are not all known
    std::vector<Place> places() const;

    const ProjectDocument& document_;
    std::vector<Place> rows_;
};

} // namespace faultline
