#pragma once

#include <memory>
#include <optional>

#include <QImage>

#include "figures/figure.h"
#include "study/evaluation.h"

namespace faultline
{

// What a network sees and answers.

/// Number of images by label and given class, as a matrix of numbers; what is wrong is coloured by its share
/// of the label's images.
std::unique_ptr<Figure> confusionFigure(const ConfusionMatrix& matrix);

/// One image of a dataset, grey: white is 1.
QImage digitImage(const Dataset& images, int index);

/// Small images in rows, each with its caption below. Null without any.
struct CaptionedImage {
    QImage image;
    QString caption, tip; ///< tip: all that is known of it
};
/// `numbers`: what the images show; otherwise their captions and tips.
std::unique_ptr<Figure> imagesFigure(const std::string& name, const QString& title,
                                     std::vector<CaptionedImage> images, std::optional<Table> numbers = {});

/// The first layer's weights of one neuron as an image of side x side pixels: blue where they are negative,
/// red where positive, saturated at -limit and limit. `weights`: side * side values, row by row.
QImage weightImage(const Eigen::Ref<const Eigen::RowVectorXf>& weights, int side, float limit);

/// Weights as numbers: a line for each neuron with those of its pixels, row by row. `weights`: neurons x
/// (side * side).
Table weightTable(const Eigen::MatrixXf& weights, int side);

} // namespace faultline
