#pragma once

#include "pages/panel.h"

class QProgressBar;
class QTableWidget;
class QToolButton;

namespace faultline
{

class ProjectDocument;

/// The studies of a project as a queue: what waits, trains and is finished, in the order in which it trains.
class QueuePanel : public Panel
{
    Q_OBJECT

public:
    explicit QueuePanel(ProjectDocument& document);

signals:
    void settingsWanted(int study); ///< for a study like this one

private:
    enum Column { Name, State, Progress, Networks, Left, columns };

    QToolButton* button(const QString& text, const QString& name, const QString& tip);
    void rebuild();
    void refresh();
    void select();
    void enableButtons();
    int selected() const; ///< index of a study, or -1

    ProjectDocument& document_;
    QTableWidget* table_;
    QLabel* failure_; ///< why the selected study has failed
    QToolButton* pause_;
    QToolButton* stop_;
    QToolButton* up_;
    QToolButton* down_;
    QToolButton* settings_;
    QToolButton* remove_;
    bool filling_ = false;
};

/// "2 min 5 s"; empty for a negative number.
QString duration(double seconds);

} // namespace faultline
