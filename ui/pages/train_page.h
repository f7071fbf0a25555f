#pragma once

#include <array>

#include <QTimer>
#include <QWidget>

#include "study/study.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableView;

namespace faultline
{

class LiveChart;
class ProjectDocument;

/// What to train, and how it goes.
class TrainPage : public QWidget
{
    Q_OBJECT

public:
    explicit TrainPage(ProjectDocument& document, QWidget* parent = nullptr);

    /// The plan as set on the page.
    StudyPlan plan() const;

signals:
    void studyWanted(const StudyPlan& plan, int threads);
    void datasetWanted(); ///< the person asks for another folder of images

private:
    QWidget* settings();
    QWidget* progressPanel();
    void showPlan();
    void showRunning();
    void showProgress();
    void drawCurves();
    void check();

    ProjectDocument& document_;

    QWidget* form_;
    QSpinBox* side_;
    QLineEdit* hidden_;
    QComboBox* activation_;
    QComboBox* spare_;
    QLabel* fit_; ///< what the network takes of the die, or why it does not do
    std::array<QCheckBox*, allModes.size()> modes_;
    QSpinBox* epochs_;
    QSpinBox* statisticsEpochs_;
    QSpinBox* batch_;
    QDoubleSpinBox* learningRate_;
    QSpinBox* repeats_;
    QLineEdit* seed_;
    QSpinBox* threads_;
    QLabel* dataset_;

    QPushButton* run_;
    QPushButton* stop_;
    QProgressBar* progress_;
    QLabel* status_;
    LiveChart* loss_;
    LiveChart* error_;
    QTableView* runs_;
    QTimer curves_; ///< until the next drawing of the curves
};

/// "2 min 5 s"; empty for a negative number.
QString duration(double seconds);

} // namespace faultline
