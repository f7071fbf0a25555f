#pragma once

#include <vector>

#include <QAbstractScrollArea>
#include <QString>

#include "figures/network_figures.h"

namespace faultline
{

/// Small images in rows, each with a line of words below it; their pixels stay sharp squares.
class ImageGrid : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit ImageGrid(const QString& hint, QWidget* parent = nullptr);

    void setItems(std::vector<CaptionedImage> items);
    const std::vector<CaptionedImage>& items() const { return items_; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    QSize cell() const;
    int columns() const;
    QRect place(std::size_t item) const; ///< on the viewport
    void fit();

    std::vector<CaptionedImage> items_;
    QString hint_;
};

} // namespace faultline
