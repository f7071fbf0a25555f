#pragma once

#include <memory>
#include <vector>

#include <QFrame>

class QLabel;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace faultline
{

class ProjectDocument;

/// Every study that trains or waits, one line each, under whatever page is shown: how far it is, how long it
/// takes, and the buttons that hold and stop it. Shows one line unless a person wants several.
class JobsStrip : public QFrame
{
    Q_OBJECT

public:
    explicit JobsStrip(ProjectDocument& document, QWidget* parent = nullptr);
    ~JobsStrip() override;

signals:
    void studyWanted(int study); ///< on the Train page

protected:
    void leaveEvent(QEvent* event) override;

private:
    struct Job;

    std::unique_ptr<Job> makeJob();
    void rebuild();
    void refresh();
    void fold();

    ProjectDocument& document_;
    QScrollArea* scroll_;
    QVBoxLayout* lines_;
    QLabel* nothing_; ///< says that there is none
    QToolButton* fold_;
    std::vector<std::unique_ptr<Job>> jobs_; ///< one for each line, some hidden
    std::vector<int> studies_;               ///< that they show; what trains is first
    std::vector<std::string> names_;         ///< of all studies when studies_ was made
};

} // namespace faultline
