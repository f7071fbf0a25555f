#pragma once

#include <memory>
#include <optional>

#include <QWidget>

#include "measurement/wafer_report.h"

class QComboBox;
class QLabel;
class QPushButton;
class QTableWidget;

namespace faultline
{

class Background;
class Figure;
class FigureView;
class ProjectDocument;

/// What the measured dies have in common: rates with their intervals, counts over the dies, conductances,
/// clusters and trends; leaves as figures, and as the statistics of the next study.
class StatisticsPage : public QWidget
{
    Q_OBJECT

public:
    explicit StatisticsPage(ProjectDocument& document, QWidget* parent = nullptr);

    void exportTables(const QString& file);

signals:
    void failed(const QString& reason);
    void classifyWanted();
    void studyWanted(); ///< the one that the plan now describes

protected:
    void showEvent(QShowEvent* event) override;

private:
    void makeOutdated();
    void refresh();
    void showReport();
    void showCounts();
    void showFigure(FigureView& view, std::shared_ptr<const Figure> figure, const QString& nothing);
    void exportFigures();
    void chooseTables();
    void useStatistics();
    void holdOutHalf();

    ProjectDocument& document_;
    Background* background_;
    std::optional<WaferReport> report_; ///< of the wafer as it is
    QLabel* summary_;
    QTableWidget* defects_;
    QTableWidget* tests_;
    FigureView* rates_;
    FigureView* counts_;
    FigureView* quantiles_;
    FigureView* trend_;
    FigureView* drawn_;
    QComboBox* defect_;
    QPushButton* export_;
    QPushButton* exportTables_;
    QPushButton* use_;
    QPushButton* holdOut_;
};

} // namespace faultline
