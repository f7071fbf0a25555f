#pragma once

#include <optional>

#include "document/runs_model.h"
#include "pages/panel.h"

class QCheckBox;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;

namespace faultline
{

class ProjectDocument;
struct RunSettings;
struct StudyPlan;

/// All training runs in a table that sorts and filters; one selected is shown in the charts, two can be
/// compared, and any trained again with a change.
class RunsPanel : public QWidget
{
    Q_OBJECT

public:
    explicit RunsPanel(ProjectDocument& document);

    std::optional<RunsModel::Place> current() const; ///< nothing while none is selected
    void select(RunsModel::Place place);

signals:
    void currentChanged();
    void retrainWanted(const StudyPlan& plan); ///< of this run alone

private:
    std::vector<RunsModel::Place> selected() const;
    const RunSettings& settingsOf(RunsModel::Place place) const;
    void enableButtons();
    void retrain();
    void compare();

    ProjectDocument& document_;
    RunsModel* model_;
    QSortFilterProxyModel* sorted_;
    QLineEdit* filter_;
    QTableView* table_;
    QPushButton* retrain_;
    QPushButton* compare_;
};

/// The settings of runs beside each other, one column per run; what differs is bold.
QWidget* settingsComparison(const ProjectDocument& document, const std::vector<RunsModel::Place>& runs);

} // namespace faultline
