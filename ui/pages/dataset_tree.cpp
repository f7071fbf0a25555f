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
            item->setCheckState(0, dataset.wanted ? Qt::Checked : Qt::Unchecked);
            leaves_.push_back({dataset.path, item, dataset.wanted});
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
    const auto isChosen = [&](const Leaf& leaf) {
        return std::ranges::find(paths, leaf.path) != paths.end();
    };
    const bool any = std::ranges::any_of(leaves_, isChosen);
    for (const Leaf& leaf : leaves_)
        leaf.item->setCheckState(0, (any ? isChosen(leaf) : leaf.wanted) ? Qt::Checked : Qt::Unchecked);
}

std::vector<std::string> DatasetTree::chosen() const
{
    std::vector<std::string> paths;
    bool asWanted = true;
    for (const Leaf& leaf : leaves_) {
        const bool checked = leaf.item->checkState(0) == Qt::Checked;
        asWanted = asWanted && checked == leaf.wanted;
        if (checked)
            paths.push_back(leaf.path);
    }
    return asWanted ? std::vector<std::string>{} : paths;
}

bool DatasetTree::isNothingChosen() const
{
    return !leaves_.empty() && std::ranges::none_of(leaves_, [](const Leaf& leaf) {
        return leaf.item->checkState(0) == Qt::Checked;
    });
}

} // namespace faultline
