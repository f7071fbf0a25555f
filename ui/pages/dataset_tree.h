#pragma once

#include <string>
#include <vector>

#include <QTreeWidget>

#include "measurement/import.h"

namespace faultline
{

/// The groups and datasets of a file with their shapes and types; those that are to be read are checked.
class DatasetTree : public QTreeWidget
{
    Q_OBJECT

public:
    explicit DatasetTree(QWidget* parent = nullptr);

    void setDatasets(const std::vector<DatasetChoice>& datasets); ///< checks those that are wanted
    /// Checks these alone; none of them, or none at all: those that are wanted.
    void choose(const std::vector<std::string>& paths);
    /// Empty when those are checked that are wanted.
    std::vector<std::string> chosen() const;
    bool isNothingChosen() const; ///< though there is something to choose from

    QSize sizeHint() const override { return {300, 190}; }

signals:
    void chosenChanged(); ///< by a person

private:
    struct Leaf {
        std::string path;
        QTreeWidgetItem* item;
        bool wanted;
    };
    std::vector<Leaf> leaves_; ///< that could be dies
};

} // namespace faultline
