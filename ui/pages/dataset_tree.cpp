#include "pages/dataset_tree.h"

#include <algorithm>

#include <QHeaderView>
#include <QSignalBlocker>

#include "formats/number_array.h"

namespace faultline
{

DatasetTree::DatasetTree(QWidget* parent) : QTreeWidget(parent)
{
    setHeaderLabels({tr("Dataset"), tr("Shape"), tr("Type")});
    setAccessibleName(tr("Groups and datasets of the file"));
    setAlternatingRowColors(true);
    setUniformRowHeights(true);
    header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    connect(this, &QTreeWidget::itemChanged, this, &DatasetTree::chosenChanged);
}

void DatasetTree::setDatasets(const std::vector<DatasetChoice>& datasets)
{
    const QSignalBlocker blocker(this);
    clear();
    leaves_.clear();
    for (const DatasetChoice& dataset : datasets) {
        QTreeWidgetItem* group = invisibleRootItem();
        QStringList names = QString::fromStdString(dataset.path).split('/');
        const QString leaf = names.takeLast();
        for (const QString& name : names) {
            QTreeWidgetItem* next = nullptr;
            for (int k = 0; k < group->childCount(); ++k)
                if (group->child(k)->text(0) == name && group->child(k)->text(1).isEmpty())
                    next = group->child(k);
            if (!next) {
                next = new QTreeWidgetItem(group, {name});
                next->setFlags(next->flags() | Qt::ItemIsAutoTristate | Qt::ItemIsUserCheckable);
            }
            group = next;
        }
        auto* item = new QTreeWidgetItem(group, {leaf, QString::fromStdString(describeShape(dataset.shape)),
                                                 QString::fromStdString(dataset.type)});
        if (dataset.couldBeDies) {
            item->setCheckState(0, Qt::Checked);
            leaves_.push_back({dataset.path, item});
        } else {
            item->setDisabled(true);
        }
    }
    constexpr int most = 8; // groups that are shown open
    if (topLevelItemCount() <= most)
        expandAll();
    else
        topLevelItem(0)->setExpanded(true);
}

void DatasetTree::choose(const std::vector<std::string>& paths)
{
    const QSignalBlocker blocker(this);
    const auto isWanted = [&](const Leaf& leaf) {
        return std::ranges::find(paths, leaf.path) != paths.end();
    };
    const bool all = std::ranges::none_of(leaves_, isWanted);
    for (const Leaf& leaf : leaves_)
        leaf.item->setCheckState(0, all || isWanted(leaf) ? Qt::Checked : Qt::Unchecked);
}

std::vector<std::string> DatasetTree::chosen() const
{
    std::vector<std::string> paths;
    for (const Leaf& leaf : leaves_)
        if (leaf.item->checkState(0) == Qt::Checked)
            paths.push_back(leaf.path);
    if (paths.size() == leaves_.size())
        paths.clear();
    return paths;
}

bool DatasetTree::isNothingChosen() const
{
    return !leaves_.empty() && std::ranges::none_of(leaves_, [](const Leaf& leaf) {
        return leaf.item->checkState(0) == Qt::Checked;
    });
}

} // namespace faultline
