#pragma once

#include <memory>
#include <optional>
#include <set>

#include <QPixmap>
#include <QPointer>
#include <QWidget>

#include "figures/wafer_map.h"

class QLineEdit;

namespace faultline
{

/// The dies of a wafer as small heat maps at their places. One or many are selected: by clicks with Ctrl and
/// Shift, by dragging a rubber band, by arrow keys with Shift and by Ctrl+A.
class WaferView : public QWidget
{
    Q_OBJECT

public:
    explicit WaferView(QWidget* parent = nullptr);

    /// Copies what it shows. Keeps the selection while the number of dies stays the same; selects the first
    /// die otherwise.
    void setWafer(const Wafer& wafer, DieValues values);
    /// A further line of each die's tip, or none.
    void setNotes(const QStringList& notes) { notes_ = notes; }
    int current() const { return current_; } ///< the one selected last; -1 without dies
    const std::set<int>& selected() const { return selected_; }
    void select(int die); ///< alone
    void select(std::set<int> dies, int current);
    QRectF dieRect(int die) const; ///< where it is drawn
    QString tip(int die) const;
    void editName(int die); ///< in place; the outcome is renamed()

    QSize sizeHint() const override { return {860, 400}; }
    QSize minimumSizeHint() const override { return {360, 240}; }

signals:
    void selectionChanged();
    void activated(int die); ///< double click or Return
    void menuWanted(const QPoint& globalPosition);
    void renamed(int die, const QString& name);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override; ///< Esc in the name's editor

private:
    QRectF mapArea() const;
    int dieAt(const QPointF& point) const;
    int neighbour(int rows, int columns) const;
    void selectTo(int die);

    std::unique_ptr<WaferMap> map_;
    std::vector<WaferPosition> positions_;
    QStringList names_, tips_, notes_;
    std::set<int> selected_;
    int current_ = -1;
    int anchor_ = -1; ///< where a range begins that Shift selects
    QPixmap drawn_;   ///< the map without selection; null when it is to be drawn anew
    struct Band {
        QPointF from, to;
        std::set<int> before; ///< selected when it began
    };
    std::optional<Band> band_;
    QPointer<QLineEdit> nameEditor_;
};

} // namespace faultline
