#pragma once

#include <memory>
#include <vector>

#include <QFrame>

class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace faultline
{

class ProjectDocument;

/// Every study that trains or waits, one line each, under whatever page is shown: how far it is, how long it
/// takes, and the buttons that hold and stop it. Folds to a single line, and is hidden while there is none.
class JobsStrip : public QFrame
{
    Q_OBJECT

public:
    explicit JobsStrip(ProjectDocument& document, QWidget* parent = nullptr);
    ~JobsStrip() override;

signals:
    void studyWanted(int study); ///< on the Train page

private:
    struct Job;

    std::unique_ptr<Job> makeJob();
    void rebuild();
    void refresh();
    void fold();

    ProjectDocument& document_;
    QScrollArea* scroll_;
    QVBoxLayout* lines_;
    QToolButton* fold_;
    std::vector<std::unique_ptr<Job>> jobs_; ///< one for each line, some hidden
    std::vector<int> studies_;               ///< that they show; what trains is first
};

} // namespace faultline
