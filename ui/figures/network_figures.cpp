#include "figures/network_figures.h"

#include <algorithm>
#include <cmath>

#include "figures/plot.h"

namespace faultline
{

namespace
{

class ConfusionFigure : public Figure
{
public:
    ConfusionFigure(const ConfusionMatrix& matrix, Table numbers)
        : Figure(std::move(numbers)),
          matrix_(matrix)
    {
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const double text = theme.textSize(), room = 2.8 * text;
        const double side = std::max(1.0, std::min(area.width() - room, area.height() - room) / classCount);
        const QRectF map(area.left() + room, area.top() + 0.2 * text, side * classCount, side * classCount);
        painter.setFont(theme.font);
        painter.setPen(theme.ink);
        for (int k = 0; k < classCount; ++k) {
            const double middle = (k + 0.5) * side;
            paintText(painter, {map.left() - 0.5 * text, map.top() + middle},
                      Qt::AlignRight | Qt::AlignVCenter, QString::number(k));
            paintText(painter, {map.left() + middle, map.bottom() + 0.3 * text},
                      Qt::AlignHCenter | Qt::AlignTop, QString::number(k));
        }
        paintText(painter, {map.center().x(), map.bottom() + 1.4 * text}, Qt::AlignHCenter | Qt::AlignTop,
                  "Given class");
        paintText(painter, {map.left() - 1.7 * text, map.center().y()}, Qt::AlignHCenter | Qt::AlignBottom,
                  "Label", -90.0);
        QFont small = theme.font;
        small.setPixelSize(std::max(1, std::min(small.pixelSize(), static_cast<int>(side / 1.9))));
        painter.setFont(small);
        const double most = std::max(0.02, worstShare());
        for (int label = 0; label < classCount; ++label)
            for (int given = 0; given < classCount; ++given) {
                const QRectF cell(map.left() + given * side, map.top() + label * side, side, side);
                const double share = shareOf(label, given);
                QColor fill = theme.colour(label == given ? Hue::Blue : Hue::Vermillion);
                fill.setAlphaF(static_cast<float>(label == given ? 0.25 * share : 0.9 * share / most));
                painter.fillRect(cell, fill);
                const int count = matrix_(label, given);
                const bool strong = label != given && share > 0.6 * most;
                painter.setPen(count == 0 ? theme.colour(Hue::Soft) : strong ? Qt::white : theme.ink);
                painter.drawText(cell, Qt::AlignCenter, QString::number(count));
            }
        painter.setPen(QPen(theme.colour(Hue::Muted), theme.lineWidth()));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(map);
    }

private:
    double shareOf(int label, int given) const
    {
        const int images = matrix_.row(label).sum();
        return images > 0 ? static_cast<double>(matrix_(label, given)) / images : 0.0;
    }

    double worstShare() const
    {
        double worst = 0.0;
        for (int label = 0; label < classCount; ++label)
            for (int given = 0; given < classCount; ++given)
                if (label != given)
                    worst = std::max(worst, shareOf(label, given));
        return worst;
    }

    ConfusionMatrix matrix_;
};

class ImagesFigure : public Figure
{
public:
    ImagesFigure(std::vector<CaptionedImage> images, Table numbers)
        : Figure(std::move(numbers)),
          images_(std::move(images))
    {
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const double gap = 0.6 * theme.textSize(), caption = 1.5 * theme.textSize();
        const double side = largestSide(area.size(), gap, caption);
        const int columns = static_cast<int>((area.width() + gap) / (side + gap));
        painter.setFont(theme.font);
        painter.setPen(theme.ink);
        for (int k = 0; k < static_cast<int>(images_.size()); ++k) {
            const CaptionedImage& item = images_[static_cast<std::size_t>(k)];
            const QRectF at(area.left() + k % columns * (side + gap),
                            area.top() + k / columns * (side + gap + caption), side, side);
            paintPixels(painter, at, item.image);
            paintText(painter, {at.center().x(), at.bottom() + 0.2 * theme.textSize()},
                      Qt::AlignHCenter | Qt::AlignTop, item.caption);
        }
    }

private:
    /// That all images fit into the area with.
    double largestSide(const QSizeF& area, double gap, double caption) const
    {
        double best = 1.0;
        const auto count = static_cast<int>(images_.size());
        for (int columns = 1; columns <= count; ++columns) {
            const int rows = (count + columns - 1) / columns;
            best = std::max(best, std::min((area.width() + gap) / columns - gap,
                                           (area.height() + gap) / rows - gap - caption));
        }
        return best;
    }

    std::vector<CaptionedImage> images_;
};

} // namespace

std::unique_ptr<Figure> imagesFigure(const std::string& name, const QString& title,
                                     std::vector<CaptionedImage> images, std::optional<Table> numbers)
{
    if (images.empty())
        return nullptr;
    if (!numbers) {
        numbers = Table{{"image", "what it is"}, {}};
        for (const CaptionedImage& image : images)
            numbers->rows.push_back({image.caption.toStdString(), image.tip.toStdString()});
    }
    auto figure = std::make_unique<ImagesFigure>(std::move(images), std::move(*numbers));
    figure->name = name;
    figure->title = title;
    figure->millimetres = {86, 86};
    return figure;
}

std::unique_ptr<Figure> confusionFigure(const ConfusionMatrix& matrix)
{
    Table table{{"label"}, {}};
    for (int given = 0; given < classCount; ++given)
        table.columns.push_back("given " + std::to_string(given));
    for (int label = 0; label < classCount; ++label) {
        std::vector<Table::Cell> row{static_cast<double>(label)};
        for (int given = 0; given < classCount; ++given)
            row.emplace_back(static_cast<double>(matrix(label, given)));
        table.rows.push_back(std::move(row));
    }
    auto figure = std::make_unique<ConfusionFigure>(matrix, std::move(table));
    figure->name = "confusion-matrix";
    figure->title = "Images by label and given class";
    figure->millimetres = {86, 86};
    return figure;
}

QImage digitImage(const Dataset& images, int index)
{
    QImage image(images.width, images.height, QImage::Format_Grayscale8);
    for (int y = 0; y < images.height; ++y)
        for (int x = 0; x < images.width; ++x) {
            const float value = images.images.coeff(y * images.width + x, index);
            image.scanLine(y)[x] = static_cast<uchar>(std::lround(255.0F * std::clamp(value, 0.0F, 1.0F)));
        }
    return image;
}

QImage weightImage(const Eigen::Ref<const Eigen::RowVectorXf>& weights, int side, float limit)
{
    QImage image(side, side, QImage::Format_RGB32);
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            const float value = std::clamp(weights(y * side + x) / limit, -1.0F, 1.0F);
            const QColor end = value < 0.0F ? QColor(0x21, 0x66, 0xac) : QColor(0xb2, 0x18, 0x2b);
            const float strength = std::abs(value);
            const auto mix = [strength](int colour) {
                return static_cast<int>(
                    std::lround(247.0F + strength * (static_cast<float>(colour) - 247.0F)));
            };
            image.setPixel(x, y, qRgb(mix(end.red()), mix(end.green()), mix(end.blue())));
        }
    return image;
}

Table weightTable(const Eigen::MatrixXf& weights, int side)
{
    Table table{{"neuron"}, {}};
    for (int y = 1; y <= side; ++y)
        for (int x = 1; x <= side; ++x)
            table.columns.push_back("row " + std::to_string(y) + " column " + std::to_string(x));
    for (Eigen::Index neuron = 0; neuron < weights.rows(); ++neuron) {
        std::vector<Table::Cell> row{static_cast<double>(neuron + 1)};
        for (const float weight : weights.row(neuron))
            row.emplace_back(static_cast<double>(weight));
        table.rows.push_back(std::move(row));
    }
    return table;
}

} // namespace faultline
