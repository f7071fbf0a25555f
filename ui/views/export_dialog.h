#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <QDialog>

#include "figures/figure_export.h"
#include "views/replace_question.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace faultline
{

class PagePreview;

/// Puts figures into files or on the clipboard, and shows the page as it will be. Remembers its settings.
class ExportDialog : public QDialog
{
    Q_OBJECT

public:
    /// At least one figure.
    explicit ExportDialog(std::vector<std::shared_ptr<const Figure>> figures, QWidget* parent = nullptr);

    /// Asks for a folder, starting at one; empty: cancelled. Tests put their own answer here.
    std::function<QString(const QString& start)> chooseFolder;
    ReplaceQuestion mayReplace; ///< likewise

    void done(int result) override;

private:
    QWidget* settings();
    FigureStyle style() const;
    std::vector<FigureFormat> formats() const;
    const std::shared_ptr<const Figure>& figure() const;
    void showFigure();
    void refresh();
    std::vector<OutputFile> filesOfFigure() const;
    void attempt(const std::function<void()>& action, const QString& what);
    void write(const std::vector<OutputFile>& files, const QString& what);

    std::vector<std::shared_ptr<const Figure>> figures_;
    QComboBox* which_;
    std::vector<QCheckBox*> formats_; ///< as allFormats
    QComboBox* column_;
    QDoubleSpinBox* width_;
    QDoubleSpinBox* height_;
    QDoubleSpinBox* points_;
    QSpinBox* dpi_;
    QCheckBox* title_;
    QCheckBox* legend_;
    QCheckBox* light_;
    QLineEdit* folder_;
    QLineEdit* name_;
    QLabel* size_;
    QLabel* status_;
    PagePreview* preview_;
    QPushButton* export_;
    QPushButton* exportAll_;
};

/// What was last used in the dialog, kept for the person.
FigureSettings savedFigures();
void saveFigures(const FigureSettings& figures);
/// Its style.
FigureStyle savedStyle();

/// Puts a figure on the clipboard, as image and as SVG.
void copyFigure(const Figure& figure, const FigureStyle& style);

} // namespace faultline
