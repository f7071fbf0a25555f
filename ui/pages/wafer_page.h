#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QTableWidget;

namespace faultline
{

class FigureView;
class HeatMapView;
class LegendView;
class Panel;
class ProjectDocument;
class WaferView;

/// The dies at their places; the selected one large, with its counts and conductances.
class WaferPage : public QWidget
{
    Q_OBJECT

public:
    explicit WaferPage(const ProjectDocument& document, QWidget* parent = nullptr);

private:
    void showWafer();
    void showDie(int die);

    const ProjectDocument& document_;
    QLabel* description_;
    WaferView* wafer_;
    QTableWidget* counts_;
    Panel* diePanel_;
    QComboBox* layer_;
    LegendView* legend_;
    HeatMapView* heatMap_;
    FigureView* histogram_;
};

} // namespace faultline
