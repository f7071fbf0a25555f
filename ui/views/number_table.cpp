#include "views/number_table.h"

#include <cmath>

#include <QAbstractTableModel>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>

namespace faultline
{

class NumberTable::Model : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;

    void set(Table table, std::vector<int> items)
    {
        beginResetModel();
        table_ = std::move(table);
        items_ = std::move(items);
        whole_.assign(table_.columns.size(), true);
        for (const auto& row : table_.rows)
            for (std::size_t column = 0; column < row.size(); ++column)
                if (const auto* number = std::get_if<double>(&row[column]))
                    whole_[column] =
                        whole_[column] && (std::isnan(*number) || *number == std::round(*number));
        endResetModel();
    }

    const Table& table() const { return table_; }
    int item(int row) const { return items_[static_cast<std::size_t>(row)]; }
    bool hasItems() const { return !items_.empty(); }

    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(table_.rows.size());
    }
    int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(table_.columns.size());
    }

    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (orientation != Qt::Horizontal)
            return {};
        QString title = QString::fromStdString(table_.columns[static_cast<std::size_t>(section)]);
        title.replace(0, 1, title[0].toUpper());
        if (role == Qt::ToolTipRole)
            return title;
        if (role == Qt::DisplayRole) // narrow: the unit stands in the tip and above the table
            return title.section(" (", 0, 0).replace('-', "-\n");
        if (role == Qt::TextAlignmentRole)
            return alignment(section);
        return {};
    }

    QVariant data(const QModelIndex& index, int role) const override
    {
        const auto column = static_cast<std::size_t>(index.column());
        const Table::Cell& cell = table_.rows[static_cast<std::size_t>(index.row())][column];
        if (role == Qt::TextAlignmentRole)
            return alignment(index.column());
        if (const auto* words = std::get_if<std::string>(&cell))
            return role == Qt::DisplayRole || role == Qt::EditRole ? QString::fromStdString(*words)
                                                                   : QVariant();
        const double number = std::get<double>(cell);
        if (role == Qt::EditRole)
            return std::isnan(number) ? QVariant() : number;
        if (role == Qt::DisplayRole)
            return std::isnan(number) ? QString("–") : QString::number(number, 'f', whole_[column] ? 0 : 2);
        return {};
    }

private:
    /// Words at the left, numbers at the right.
    QVariant alignment(int column) const
    {
        const bool words = column == 0;
        return static_cast<int>((words ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }

    Table table_;
    std::vector<int> items_;
    std::vector<bool> whole_; ///< columns of whole numbers
};

NumberTable::NumberTable(QWidget* parent)
    : QTableView(parent),
      model_(new Model(this)),
      sorted_(new QSortFilterProxyModel(this))
{
    sorted_->setSourceModel(model_);
    sorted_->setSortRole(Qt::EditRole);
    setModel(sorted_);
    setSortingEnabled(true);
    sortByColumn(-1, Qt::AscendingOrder); // as given, until a header is clicked
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setTabKeyNavigation(false);
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        if (model_->hasItems())
            emit selectionChangedByHand(selected());
    });

    setContextMenuPolicy(Qt::CustomContextMenu);
    connect(this, &QWidget::customContextMenuRequested, this, [this](QPoint at) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(tr("Copy rows"), this, &NumberTable::copyRows)->setShortcut(QKeySequence::Copy);
        menu->popup(viewport()->mapToGlobal(at));
    });
}

void NumberTable::setTable(Table table, std::vector<int> items)
{
    const std::set<int> before = model_->hasItems() ? selected() : std::set<int>{};
    const QSignalBlocker quiet(selectionModel());
    model_->set(std::move(table), std::move(items));
    setSelected(before);
}

const Table& NumberTable::table() const
{
    return model_->table();
}

void NumberTable::setSelected(const std::set<int>& items)
{
    if (!model_->hasItems() || items == selected())
        return;
    QItemSelection rows;
    for (int row = 0; row < model()->rowCount(); ++row) {
        const QModelIndex index = model()->index(row, 0);
        if (items.contains(model_->item(sourceRow(index))))
            rows.select(index, index);
    }
    {
        const QSignalBlocker quiet(this);
        selectionModel()->select(rows, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    }
    if (!rows.isEmpty())
        scrollTo(rows.indexes().front());
}

void NumberTable::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy))
        return copyRows();
    QTableView::keyPressEvent(event);
}

int NumberTable::sourceRow(const QModelIndex& index) const
{
    return sorted_->mapToSource(index).row();
}

std::set<int> NumberTable::selected() const
{
    std::set<int> items;
    for (const QModelIndex& index : selectionModel()->selectedRows())
        items.insert(model_->item(sourceRow(index)));
    return items;
}

void NumberTable::copyRows() const
{
    Table rows{table().columns, {}};
    const bool all = !selectionModel()->hasSelection();
    for (int row = 0; row < model()->rowCount(); ++row)
        if (all || selectionModel()->isRowSelected(row)) {
            const auto source = static_cast<std::size_t>(sourceRow(model()->index(row, 0)));
            rows.rows.push_back(table().rows[source]);
        }
    QApplication::clipboard()->setText(QString::fromStdString(tsv(rows)));
}

} // namespace faultline
