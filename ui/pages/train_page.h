#pragma once

#include <functional>

#include <QTimer>
#include <QWidget>

#include "document/background.h"
#include "study/study.h"

class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QSpinBox;

namespace faultline
{

class LiveChart;
class NetworkPanel;
class ProjectDocument;
class QueuePanel;
class RunsPanel;
class StudyForm;

/// What to train, how it goes, and what came of it.
class TrainPage : public QWidget
{
    Q_OBJECT

public:
    explicit TrainPage(ProjectDocument& document, QWidget* parent = nullptr);

    /// Adds the study that the form describes to the queue, or says why it cannot: failed().
    void start();
    /// Asks before a preset is lost. Tests answer by themselves.
    std::function<bool(const QString& question)> mayReplace;

signals:
    void datasetWanted(); ///< the person asks for another folder of images
    void failed(const QString& reason);

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* formPanel();
    QWidget* charts();
    void fillPresets();
    void savePreset();
    void showProject();
    void showPlan();
    void showWafer();
    void showDataset();
    void showCircuit();
    void showProgress();
    void drawCurves();
    void emphasise();

    ProjectDocument& document_;
    StudyForm* form_;
    QLineEdit* name_;
    QSpinBox* threads_;
    QPushButton* run_;
    bool refused_ = false; ///< what a person has typed last
    QMenu* presets_;
    QLabel* status_;
    QueuePanel* queue_;
    LiveChart* loss_;
    LiveChart* error_;
    RunsPanel* runs_;
    NetworkPanel* network_;
    QTimer curves_;       ///< until the next drawing of the curves
    Background checking_; ///< the images
};

} // namespace faultline
