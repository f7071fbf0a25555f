#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>

#include <QTimer>
#include <QWidget>

#include "document/background.h"
#include "project/circuit_results.h"
#include "project/view_state.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace faultline
{

class FigureView;
class ProjectDocument;

/// What the circuit costs: networks read through it on the dies, each of its effects by itself and one after
/// the other, and errors against one or two of its parameters.
class CircuitPage : public QWidget
{
    Q_OBJECT

public:
    explicit CircuitPage(ProjectDocument& document, QWidget* parent = nullptr);

private:
    /// The values of one parameter: some between two ends.
    struct AxisFields {
        QComboBox* parameter;
        QLineEdit *from, *to;
        QSpinBox* steps;
        QCheckBox* log;
    };
    /// Copies of all that a study reads, since the project may change meanwhile.
    struct Subject;
    using Draw = std::function<void()>;                                    ///< in the window's thread
    using Work = std::function<Draw(const Subject&, const CircuitBench&)>; ///< null when stopped

    QWidget* makeSubject();
    QWidget* makeWaterfall();
    QWidget* makeSweep();
    AxisFields makeAxis(int number);
    SweepAxis axisOf(const AxisFields& fields) const; ///< throws Error
    void showProject();
    void restore(const ViewState::Circuit& view);
    void hold(ViewState& view) const;
    void fillNetworks();
    Subject subject() const; ///< throws Error
    void runWaterfall();
    void runSweep();
    void start(const Work& work);
    void stop();
    void end();
    void showResults();
    void showReads(const std::vector<ReadNumbers>& reads);

    ProjectDocument& document_;
    QComboBox* networks_;
    QLineEdit* dies_;
    QCheckBox* otherDies_;
    QSpinBox* images_;
    QProgressBar* progress_;
    QPushButton *stop_, *startWaterfall_, *startSweep_;
    QLabel *status_, *waterfallNote_, *sweepNote_;
    FigureView *waterfall_, *sweep_;
    QLabel* outcomes_;
    std::array<AxisFields, 2> axes_;
    QSpinBox* repeats_;
    bool current_ = true; ///< nothing has changed since what runs was started
    std::shared_ptr<std::atomic<double>> fraction_ = std::make_shared<std::atomic<double>>(0.0);
    QTimer poll_; ///< shows the fraction
    Background* background_;
};

} // namespace faultline
