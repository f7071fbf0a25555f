#pragma once

#include <optional>

#include <QWidget>

#include "document/evaluator.h"
#include "document/runs_model.h"

class QComboBox;
class QLabel;

namespace faultline
{

class FigureView;
class ImageGrid;
class ProjectDocument;

/// What one trained network sees on a die: its first layer as images, the digits that it misclassifies, and
/// whose classes it mistakes for which.
class NetworkPanel : public QWidget
{
    Q_OBJECT

public:
    explicit NetworkPanel(ProjectDocument& document);

    void setRun(std::optional<RunsModel::Place> place);

protected:
    void showEvent(QShowEvent* event) override;

private:
    const Run* run() const; ///< null while there is no finished one
    /// Where the network can be written to.
    std::vector<DieGroup> places() const;
    void fillDies();
    void listDies();
    void refresh();
    void showWeights(const Run& run, const Die* die);
    void showAnswers(const Evaluator::Answers& answers);

    ProjectDocument& document_;
    std::optional<RunsModel::Place> place_;
    bool stale_ = true; ///< to be drawn when it is shown
    QLabel* title_;
    QComboBox* die_;
    ImageGrid* weights_;
    Eigen::MatrixXf firstLayer_; ///< what weights_ shows: neurons x (side_ * side_)
    int side_ = 0;
    ImageGrid* mistakes_;
    QLabel* mistakesTitle_;
    FigureView* confusion_;
};

} // namespace faultline
