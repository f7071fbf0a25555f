#pragma once

#include "learning/kernels.h"
#include "learning/network.h"

namespace faultline
{

/// In place.
template <class Scalar>
void activate(Activation activation, Matrix<Scalar>& values)
{
    auto z = values.array();
    switch (activation) {
    case Activation::Tanh:
        z = z.tanh();
        break;
    case Activation::HardTanh:
        z = z.max(Scalar(-1)).min(Scalar(1));
        break;
    case Activation::Relu:
        z = z.max(Scalar(0));
        break;
    case Activation::Sign:
        z = (z >= Scalar(0)).select(Matrix<Scalar>::Ones(z.rows(), z.cols()), Scalar(-1));
        break;
    }
}

/// Each image's class of the highest score, the first of equal ones; scores images x classes.
template <class Scalar>
Eigen::ArrayXi predictedClasses(const Matrix<Scalar>& scores)
{
    Eigen::ArrayXi best = Eigen::ArrayXi::Zero(scores.rows());
    Eigen::Array<Scalar, Eigen::Dynamic, 1> highest = scores.col(0);
    for (int k = 1; k < scores.cols(); ++k) {
        best = (scores.col(k).array() > highest).select(k, best);
        highest = highest.max(scores.col(k).array());
    }
    return best;
}

} // namespace faultline
