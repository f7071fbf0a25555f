#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

#include "document/stroke.h"
#include "document/wafer_edits.h"
#include "figures/die_image.h"

class QAction;
class QButtonGroup;
class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSpinBox;
class QTabWidget;
class QTableWidget;
class QToolButton;

namespace faultline
{

class HeatMapView;
class HistogramView;
class LegendView;
class ProjectDocument;
class ReadPanel;
struct ViewState;

/// One die large: seen as defects, conductances, weights, damage, or voltages, currents and power of a read;
/// drawn on with the tools at the left; at the right the histogram of its conductances, which shows and marks
/// the same cells, what a read costs, and the circuit.
class DiePage : public QWidget
{
    Q_OBJECT

public:
    enum class Tool { Select, Hand, Brush, Line, Rectangle, Row, Column, Scatter, Eraser };
    /// What is drawn: one of the defects, or a working cell with conductances as typed.
    static constexpr std::array kinds{Defect::Short, Defect::Open, Defect::StuckP, Defect::StuckAP,
                                      Defect::None};

    explicit DiePage(ProjectDocument& document, QWidget* parent = nullptr);

    int die() const { return die_; } ///< index in the wafer; -1 without dies
    void showDie(int die);
    void setTool(Tool tool);
    /// For the Edit menu; enabled while the page is shown.
    const QList<QAction*>& editActions() const { return editActions_; }

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    /// An action that its key triggers wherever on the page the focus is.
    QAction* addKey(const char* name, const QString& text, const QKeySequence& keys,
                    const std::function<void()>& slot);
    QWidget* makeTools();
    QWidget* makeMap();
    QWidget* makeSide();
    QWidget* makeHistogram();
    void connectDocument();
    void tintIcons();

    const Wafer& wafer() const;
    const Die* currentDie() const;
    void restore(const ViewState& view);
    void hold(ViewState& view) const;
    void showWafer();
    void showNetworks();
    void tellPart(); ///< which part of the network the die holds
    void showRead(); ///< has the network read on the die, if anybody looks
    bool needsNetwork() const;
    void showOverlay();
    double rangeUnit() const;
    void showRangeFields();
    void showKind();
    void takeDefaults();
    void showHistogram();
    void showNumbers();
    void showBrushed();
    void showReadout(const CellIndex& cell);

    // Drawing
    CellState drawnState(const CellIndex& cell) const;
    std::vector<CellEdit> editsOf(std::span<const CellIndex> cells) const;
    std::vector<CellEdit> patchAt(const CellIndex& corner) const;
    QString strokeName() const;
    void startGesture(const CellIndex& cell);
    void moveGesture(const CellIndex& cell);
    void endGesture();
    void cancel();
    void previewAt(const CellIndex& cell);
    void copy();
    void startPaste();
    void endPaste();
    void select(const QRect& cells);
    StrokeOptions strokeOptions() const;

    ProjectDocument& document_;
    int die_ = -1;
    int dieId_ = -1;

    QList<QAction*> editActions_;
    QButtonGroup* tools_;
    QFormLayout* options_;
    QComboBox* kind_;
    QCheckBox* labelOnly_;
    std::array<QDoubleSpinBox*, levelCount> drawn_; ///< microsiemens, indexed by Level; P alone for defects
    std::array<std::array<double, levelCount>, kinds.size()> conductances_{}; ///< of each kind, microsiemens
    QSpinBox* size_;
    QDoubleSpinBox* rate_;

    QComboBox* dies_;
    QToolButton *previous_, *next_, *fit_;
    QComboBox *layer_, *network_, *colours_, *rangeMode_;
    QDoubleSpinBox *rangeLow_, *rangeHigh_;
    QCheckBox* rangeLog_;
    LegendView* legend_;
    HeatMapView* map_;
    QLabel* problem_; ///< why the network is not on the map
    QLabel* readout_;

    QTabWidget* side_;
    ReadPanel* read_;
    QComboBox* which_;
    QDoubleSpinBox* binWidth_;
    QCheckBox *logConductance_, *logCounts_;
    HistogramView* histogram_;
    QLabel* brushed_;
    QTableWidget* numbers_;
    QTimer histogramTimer_; ///< histograms follow strokes a moment later

    std::shared_ptr<const MappedNetwork> mapped_;
    ColourRange range_;

    std::optional<Stroke> stroke_;
    std::optional<Eraser> eraser_;
    CellIndex selectFrom_;
    bool selecting_ = false;
    struct Patch {
        int rows, columns;
        std::vector<CellState> cells; ///< row by row
    };
    std::optional<Patch> copied_;
    bool pasting_ = false;
};

} // namespace faultline
