#pragma once

#include <vector>

#include <QAbstractScrollArea>
#include <QImage>
#include <QString>

namespace faultline
{

/// Small images in rows, each with a line of words below it; their pixels stay sharp squares.
class ImageGrid : public QAbstractScrollArea
{
    Q_OBJECT

public:
    struct Item {
        QImage image;
        QString caption, tip;
    };

    explicit ImageGrid(const QString& hint, QWidget* parent = nullptr);

    void setItems(std::vector<Item> items);
    const std::vector<Item>& items() const { return items_; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    QSize cell() const;
    int columns() const;
    QRect place(std::size_t item) const; ///< on the viewport
    void fit();

    std::vector<Item> items_;
    QString hint_;
};

} // namespace faultline
