#pragma once

#include <array>
#include <set>

#include <QWidget>

#include "figures/comparison.h"

class QCheckBox;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace faultline
{

class FigureView;
class NumberTable;
class Panel;
class ProjectDocument;
struct ViewState;

/// What the study found: every die's error under every kind of training, against the software baseline. One
/// chart is large, the others are beside it; dies that are selected in one chart or table are so in all.
class ComparePage : public QWidget
{
    Q_OBJECT

public:
    explicit ComparePage(ProjectDocument& document, QWidget* parent = nullptr);

    const std::set<int>& selected() const { return selected_; } ///< ids of dies

    ComparisonChoice choice() const; ///< of modes, networks and order, as figures show them

signals:
    void exportWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    static constexpr std::size_t chartCount = 5;

    QWidget* chooser();
    QWidget* tables();
    void addChart(std::size_t chart, const QString& title, const char* name, const QString& hint);
    void enlarge(std::size_t chart);
    void restore(const ViewState& view);
    void hold(ViewState& view) const;
    void refresh();
    void draw();
    void fillStudies();
    void fillNetworks();
    void select(const std::set<int>& dies);

    ProjectDocument& document_;
    bool stale_ = true; ///< the results have changed since they were drawn
    Comparison comparison_;
    std::set<std::string> networks_; ///< chosen to be shown by themselves
    std::set<int> selected_;
    QStackedWidget* stack_;
    QComboBox* study_;
    std::array<QCheckBox*, allModes.size()> modes_{};
    QToolButton* networkButton_;
    QMenu* networkMenu_;
    QComboBox* order_;
    QLabel* selection_;
    QToolButton* clear_;
    QHBoxLayout* large_;       ///< one chart and the tables
    QHBoxLayout* small_;       ///< the other charts
    std::size_t enlarged_ = 0; ///< which chart is large
    std::array<FigureView*, chartCount> charts_{};
    std::array<Panel*, chartCount> panels_{};
    std::array<QToolButton*, chartCount> enlargers_{};
    NumberTable* summary_;
    NumberTable* dies_;
};

} // namespace faultline
