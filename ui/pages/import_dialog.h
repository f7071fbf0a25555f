#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <QDialog>

#include "measurement/classification.h"
#include "measurement/recipe.h"
#include "views/replace_question.h"

class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;
class QTableWidget;
class QTimer;

namespace faultline
{

class Background;
class DatasetTree;
class LabelPanel;

/// Reads measured dies from files: shows how they are understood, lets that be changed and kept as a recipe,
/// and labels the cells by thresholds that can be dragged. Files are read in the background at every change.
class ImportDialog : public QDialog
{
    Q_OBJECT

public:
    /// `open`: the size of dies that these can be added to. Throws Error for folders without any measurement.
    explicit ImportDialog(const std::vector<std::filesystem::path>& filesAndFolders,
                          QWidget* parent = nullptr, std::optional<DieGeometry> open = {});

    /// What was read, with its labels. Only after it was accepted.
    Wafer takeWafer() { return std::move(*wafer_); }
    ReplaceQuestion mayReplaceRecipe; ///< of that name
    bool adds() const;                ///< to the open wafer, not in its place

    void accept() override; ///< asks where something is in doubt; saves the recipe when it has a name

    /// Asks a person; tests answer in their place.
    std::function<bool(const QString& doubts)> mayImport;

    /// Asks whether the open wafer's dies may go, when these take their place.
    std::function<bool()> mayReplace = [] { return true; };

private:
    QWidget* recipeForm();
    void addFormat(QFormLayout* form);
    void addColumns(QFormLayout* form);
    void nameColumns();
    void showColumns();
    void takeUnitOfColumn();
    QWidget* previewPanel();
    void showPreview();
    void chooseRecipe(int index);
    void showRecipe();
    ImportRecipe recipe() const;
    void readSoon();
    void read();
    void showResult(const Measurement& measurement);
    void showError(const QString& reason);

    std::vector<std::filesystem::path> files_;
    std::optional<DieGeometry> open_;
    bool isText_ = false;
    ImportRecipe guessed_; ///< with those fields that the dialog does not show
    std::optional<Measurement> measurement_;
    std::optional<Wafer> wafer_;
    bool showing_ = false; ///< fields change, but not by a person
    Background* background_;
    QTimer* soon_;

    QFormLayout* form_;
    QComboBox* recipes_;
    QComboBox* layout_;
    QComboBox* separator_;
    QComboBox* decimal_;
    QSpinBox* headerLines_;
    QSpinBox* labelColumns_;
    std::array<QComboBox*, tableColumns.size()> columns_{};
    QSpinBox* firstIndex_;
    QComboBox* repeated_;
    DatasetTree* datasets_;
    QComboBox* quantity_;
    QDoubleSpinBox* voltage_;
    QComboBox* states_;
    QCheckBox* transpose_;
    QCheckBox* flipRows_;
    QCheckBox* flipColumns_;
    QCheckBox* waferYUp_;
    QCheckBox* waferXLeft_;
    QLineEdit* dieName_;
    QLineEdit* waferName_;
    QLineEdit* saveAs_;
    QCheckBox* add_;
    QDoubleSpinBox* tmr_;
    QComboBox* shown_;
    QComboBox* die_;
    QTableWidget* preview_;
    QLabel* report_;
    LabelPanel* labels_;
    QDialogButtonBox* buttons_;
};

} // namespace faultline
