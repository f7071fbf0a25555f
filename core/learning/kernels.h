#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/SparseCore>

namespace faultline
{

template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

/// A column of a sparse matrix in place: `values` at `rows`, zero elsewhere.
template <class Scalar>
struct SparseColumn {
    const int* rows;
    const Scalar* values;
    int count;
};

/// One column of a compressed matrix, which must outlive it.
template <class Scalar>
SparseColumn<Scalar> sparseColumn(const Eigen::SparseMatrix<Scalar>& matrix, Eigen::Index column)
{
    const int first = matrix.outerIndexPtr()[column], end = matrix.outerIndexPtr()[column + 1];
    return {matrix.innerIndexPtr() + first, matrix.valuePtr() + first, end - first};
}

/// Images, each a column of as many pixels as a network has inputs.
template <class Scalar>
using Batch = std::vector<SparseColumn<Scalar>>;

/// result = left * batch: outputs x inputs times inputs x images. Each element is summed in the order of its
/// terms, on every processor. Those with AVX2 or later round a product and its sum together, older ones
/// (which only portable packages run on) one after the other: there the last digits differ.
void multiply(const Matrix<float>& left, const Batch<float>& batch, Matrix<float>& result);
void multiply(const Matrix<double>& left, const Batch<double>& batch, Matrix<double>& result);

/// result += left * batch^T: outputs x images times images x inputs.
void addProductWithTranspose(const Matrix<float>& left, const Batch<float>& batch, Matrix<float>& result);
void addProductWithTranspose(const Matrix<double>& left, const Batch<double>& batch, Matrix<double>& result);

/// Quantiles of a distribution at equally likely places, as drawWeights() looks them up.
inline constexpr int quantileBits = 12; // 16 KiB of floats stay in the first-level cache
inline constexpr int quantileCount = 1 << quantileBits;

/// The quantile that a random number stands for; each word has two numbers, the low half first.
inline std::size_t quantileOf(std::span<const std::uint32_t> words, std::size_t number)
{
    return (words[number / 2] >> (16 * (number % 2)) & 0xFFFF) >> (16 - quantileBits);
}

/// weights(k) = +-share * quantiles[quantileOf(words, k)], + where latent(k) >= 0, or added to weights(k).
/// `quantiles` has quantileCount elements.
void drawWeights(std::span<const float> latent, std::span<const std::uint32_t> words,
                 std::span<const float> quantiles, float share, bool add, std::span<float> weights);

/// A step of Adam (D. Kingma and J. Ba, arXiv 1412.6980), its bias corrections folded into rate and epsilon.
struct AdamStep {
    float rate, epsilon;
    static constexpr float first = 0.9f, second = 0.999f; ///< decay of the moments
};

/// Moves parameters along gradient * slope and keeps them in [-limit, limit]. All of one length.
void adam(const AdamStep& step, std::span<const float> gradient, std::span<const float> slope, float limit,
          std::span<float> parameters, std::span<float> firstMoments, std::span<float> secondMoments);

} // namespace faultline
