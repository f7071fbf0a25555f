#pragma once

#include <array>
#include <optional>

#include <QWidget>

#include "pages/option_fields.h"
#include "study/study.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace faultline
{

/// The settings of a study as a form, which says at once what the network takes of a die, and what is wrong.
class StudyForm : public QWidget
{
    Q_OBJECT

public:
    /// Keeps a reference to the wafer that the study is for.
    explicit StudyForm(const Wafer& wafer, QWidget* parent = nullptr);

    void check(); ///< after a change of the wafer
    void setPlan(const StudyPlan& plan);
    StudyPlan plan() const; ///< throws Error for a die that is not on the wafer
    QString reason() const; ///< why the plan cannot be run; empty when it can
    /// `problem`: why its images cannot be read; empty when they can.
    void setDataset(const QString& name, const QString& problem = {});
    void setCircuit(const CircuitOptions& circuit); ///< the project's

signals:
    void edited();        ///< by a person
    void datasetWanted(); ///< another folder of images
    void circuitWanted(); ///< to see and change it

protected:
    void changeEvent(QEvent* event) override;

private:
    void makeNetwork(QFormLayout* form);
    void makeTraining(QFormLayout* form);
    void makeExpert(QFormLayout* form);
    void makeData(QFormLayout* form);
    QWidget* makeNotes();
    void editStatistics();
    /// What is wrong, and in which field; null when it is in none of them, or in several.
    struct Problem {
        QString words;
        QWidget* field = nullptr;
    };
    Problem problem() const;
    QWidget* fieldOf(const std::string& key) const; ///< of an OptionError
    QWidget* fieldToBlame(const StudyPlan& plan, const std::string& complaint) const;
    void tell(const Problem& problem);
    void markBlamed();

    const Wafer& wafer_;
    StudyPlan shown_; ///< as set: what the form does not show is kept
    StudyPlan right_; ///< the last one that could be run
    std::optional<DefectStatistics> statistics_;
    CircuitOptions projectCircuit_;
    QSpinBox* side_;
    QLineEdit* hidden_;
    QComboBox* activation_;
    QComboBox* spare_;
    QLabel* junctions_;
    std::array<QCheckBox*, allModes.size()> modes_;
    QSpinBox* epochs_;
    QSpinBox* statisticsEpochs_;
    QSpinBox* batch_;
    QDoubleSpinBox* learningRate_;
    OptionFields training_{"training"}, statisticsAware_{"statistics_aware_training"}; ///< seldom changed
    QToolButton* expert_;                                                              ///< shows them
    QWidget* folded_;                                                                  ///< where they are
    QSpinBox* repeats_;
    QLineEdit* seed_;
    QLineEdit* dies_;
    QComboBox* statisticsSource_;
    QPushButton* editStatistics_;
    QCheckBox* circuit_;
    QLabel* dataset_;
    QPushButton* chooseDataset_;
    QString datasetProblem_;
    QLabel* problem_;
    QWidget* blamed_ = nullptr; ///< the field that is wrong
};

} // namespace faultline
