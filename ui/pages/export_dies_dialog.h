#pragma once

#include <functional>
#include <vector>

#include <QDialog>

#include "project/project.h"
#include "study/data_export.h"
#include "views/replace_question.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace faultline
{

class Background;

/// Writes dies, a network's weights on them, or its programming map into files for testers and other
/// programs.
class ExportDiesDialog : public QDialog
{
    Q_OBJECT

public:
    explicit ExportDiesDialog(const Project& project, QWidget* parent = nullptr);

    /// Asks for a folder, starting at one; empty: cancelled. Tests put their own answer here.
    std::function<QString(const QString& start)> chooseFolder;
    ReplaceQuestion mayReplace; ///< likewise

private:
    void showChoice();
    void chooseOwnDie();
    Wafer chosenDies() const;
    void write();

    Wafer wafer_;
    std::vector<TrainedNetwork> networks_;
    Background* background_;
    QComboBox* what_;
    QComboBox* network_;
    QComboBox* dies_;
    QComboBox* format_;
    QLineEdit* folder_;
    QLabel* status_;
    QPushButton* export_;
};

} // namespace faultline
