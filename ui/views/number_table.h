#pragma once

#include <set>
#include <vector>

#include <QTableView>

#include "figures/table.h"

class QSortFilterProxyModel;

namespace faultline
{

/// Shows a figure's numbers: sorts by any column, numbers as numbers; Ctrl+C copies the selected rows, or all
/// when none is, separated by tabs. Rows that tell about an item are selected with it in other views.
class NumberTable : public QTableView
{
    Q_OBJECT

public:
    explicit NumberTable(QWidget* parent = nullptr);

    /// `items`: what each row tells about; empty when the rows cannot be selected.
    void setTable(Table table, std::vector<int> items = {});
    const Table& table() const;
    void setSelected(const std::set<int>& items);
    std::set<int> selected() const;
    void copyRows() const;

signals:
    void selectionChangedByHand(const std::set<int>& items);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    class Model;
    int sourceRow(const QModelIndex& index) const;

    Model* model_;
    QSortFilterProxyModel* sorted_;
};

} // namespace faultline
