#pragma once

#include <functional>
#include <vector>

#include <QWidget>

#include "wafer/die.h"

class QAction;
class QComboBox;
class QLabel;
class QTableWidget;

namespace faultline
{

class FigureView;
class HeatMapView;
class LegendView;
class NewWaferDialog;
class Panel;
class ProjectDocument;
class WaferView;
struct ViewState;
struct DieValues;

/// The dies at their places, to compare, to choose for studies, to copy, name and remove; the current one
/// large, with its counts and conductances.
class WaferPage : public QWidget
{
    Q_OBJECT

public:
    explicit WaferPage(ProjectDocument& document, QWidget* parent = nullptr);

    /// Asks whether a new wafer may take the dies' place.
    std::function<bool()> mayReplaceDies = [] { return true; };

signals:
    void dieWanted(int die); ///< on the Die page

protected:
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeMap();
    QWidget* makeSide();
    QWidget* makeDie();
    void makeActions();
    void showWafer();
    void showLayer();
    void restore(const ViewState& view);
    void hold(ViewState& view) const;
    void showNetworks();
    void showSelection();
    void showDie(int die);
    void forgetDie();
    void showErrors();
    void showNotes();
    void refreshLater(); ///< at once when in sight, or else when it comes into sight
    DieValues values() const;
    std::vector<double> errors() const;
    std::vector<int> selectedDies() const;
    void rename(int die, const QString& name);
    void askForNewWafer();

    ProjectDocument& document_;
    QLabel* description_;
    QComboBox *colourBy_, *network_;
    WaferView* wafer_;
    QTableWidget* counts_;
    Panel* diePanel_;
    QComboBox* layer_;
    LegendView* legend_;
    HeatMapView* heatMap_;
    FigureView* histogram_;
    QAction *open_, *include_, *duplicate_, *rename_, *remove_, *newWafer_;
    std::vector<DefectCounts> dieCounts_; ///< of each die
    std::vector<int> shownIds_;           ///< of the dies when they were shown last
    int shownDie_ = -1;                   ///< that is large
    bool stale_ = false;
};

} // namespace faultline
