#pragma once

#include <QWidget>

class QPushButton;
class QStackedWidget;
class QTableWidget;

namespace faultline
{

class FigureView;
class ProjectDocument;

/// What the study found: every die's error under every kind of training, against the software baseline.
class ComparePage : public QWidget
{
    Q_OBJECT

public:
    explicit ComparePage(const ProjectDocument& document, QWidget* parent = nullptr);

signals:
    void exportWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void draw();

    const ProjectDocument& document_;
    bool stale_ = true; ///< the results have changed since they were drawn
    QStackedWidget* stack_;
    FigureView* byDie_;
    FigureView* byMode_;
    FigureView* byDefects_;
    FigureView* yield_;
    FigureView* generality_;
    QTableWidget* table_;
    QPushButton* export_;
};

} // namespace faultline
