#pragma once

#include <QAbstractTableModel>

namespace faultline
{

class ProjectDocument;

/// The runs of a document as a table. Qt::EditRole gives plain values to sort by.
class RunsModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Name, Phase, Epoch, Loss, TestError, PerfectDie, Dies, columns };

    explicit RunsModel(const ProjectDocument& document, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void refresh();
    void reset();

    const ProjectDocument& document_;
    int rows_ = 0;
};

} // namespace faultline
