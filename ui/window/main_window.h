#pragma once

#include <functional>

#include <QMainWindow>

#include "document/project_document.h"
#include "views/replace_question.h"

class QButtonGroup;
class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace faultline
{

/// What the window asks a person in dialogs. Tests put their own answers here.
struct Dialogs {
    enum class Answer { Save, Discard, Cancel };
    enum class Recover { Now, Later, Never }; ///< Later: all stays as it is; Never: it is deleted

    std::function<QStringList()> measuredFiles;                 ///< empty: cancelled
    std::function<QString()> openFile;                          ///< empty: cancelled
    std::function<QString(const QString& suggestion)> saveFile; ///< empty: cancelled
    std::function<QString(const QString& title)> folder;        ///< empty: cancelled
    ReplaceQuestion mayReplace; ///< for a name that the dialog of saveFile has not asked about
    std::function<Answer()> saveChanges;
    std::function<bool(const QString& words)> replaceDies; ///< whether others may take their place
    std::function<Recover(const QString& words)> recover;
    std::function<void(const QString& words)> showError;
};

/// The rail of pages, the menus and the status line around one document.
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(Project project, QWidget* parent = nullptr);

    ProjectDocument& document() { return document_; }
    Dialogs& dialogs() { return dialogs_; }
    void openFile(const QString& file);
    /// Offers what crashed programs have left, of saved projects and of such as were never saved.
    void offerCrashed();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void makeRail();
    void makeMenus();
    QString nameOfPage(int page) const;
    void restoreView();
    void addPage(QWidget* page, const QString& name, const QString& icon);
    void tintRail();
    void newDemo();
    void open();
    bool save();
    bool saveAs();
    void importDies(const QStringList& filesAndFolders);
    void offerUnsaved(const std::filesystem::path& name);
    bool mayDropChanges();
    bool mayReplaceDies();
    void exportFigures();
    void exportDies();
    void classifyCells();
    void chooseDataset();
    void about();
    void fillRecent(QMenu& menu);
    void remember(const QString& file); ///< among the recent projects
    void resetLayout();
    void showTitle();
    void showStatus();
    /// Runs what may throw an Error and shows it; false when it did.
    bool attempt(const std::function<void()>& action);
    void tellFailure(const QString& reason);

    ProjectDocument document_;
    Dialogs dialogs_;
    QWidget* rail_;
    QButtonGroup* railButtons_;
    QStackedWidget* pages_;
    QLabel* status_;
    bool telling_ = false; ///< of a failure
};

} // namespace faultline
