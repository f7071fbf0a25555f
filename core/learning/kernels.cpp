#include "learning/kernels.h"

#include <bit>

#include <hwy/cache_control.h>

// Compiles the part up to HWY_ONCE for every instruction set; the best that the processor has runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace faultline::HWY_NAMESPACE
{
namespace hn = hwy::HWY_NAMESPACE;

using Eigen::Index;

/// The two products of a matrix with a batch: result = left * batch, or result += left * batch^T. Columns of
/// left and of result are contiguous, `rows` apart.
template <class Scalar>
struct Product {
    bool transposed;
    const Scalar* left;
    std::span<const SparseColumn<Scalar>> batch;
    Scalar* result;
    Index rows;
};

/// `vectors` vectors of rows of the result, from `row`: for each image its column, in registers.
template <int vectors, class Tag, class Scalar>
HWY_INLINE void multiplyRows(Tag d, const Product<Scalar>& p, Index row)
{
    constexpr std::size_t ahead = 4;
    constexpr int cacheLine = 64 / sizeof(int);
    const auto lanes = static_cast<Index>(hn::Lanes(d));
    const Index rows = p.rows;
    const Scalar* left = p.left + row;
    Scalar* to = p.result + row;
    for (std::size_t image = 0; image < p.batch.size(); ++image, to += rows) {
        if (row == 0 &&
            image + ahead < p.batch.size()) { // images stand far apart in memory: fetch some ahead
            const SparseColumn<Scalar> next = p.batch[image + ahead];
            for (int k = 0; k < next.count; k += cacheLine) {
                hwy::Prefetch(next.rows + k);
                hwy::Prefetch(next.values + k);
            }
        }
        hn::Vec<Tag> sums[vectors];
        for (auto& sum : sums)
            sum = hn::Zero(d);
        const SparseColumn<Scalar> pixels = p.batch[image];
        for (int k = 0; k < pixels.count; ++k) {
            const auto value = hn::Set(d, pixels.values[k]);
            const Scalar* weights = left + pixels.rows[k] * rows;
            for (int v = 0; v < vectors; ++v)
                sums[v] = hn::MulAdd(value, hn::LoadU(d, weights + v * lanes), sums[v]);
        }
        for (int v = 0; v < vectors; ++v)
            hn::StoreU(sums[v], d, to + v * lanes);
    }
}

/// The same with the transpose: each image adds to the columns of its pixels.
template <int vectors, class Tag, class Scalar>
HWY_INLINE void addTransposeRows(Tag d, const Product<Scalar>& p, Index row)
{
    const auto lanes = static_cast<Index>(hn::Lanes(d));
    const Index rows = p.rows;
    const Scalar* left = p.left + row;
    Scalar* result = p.result + row;
    for (std::size_t image = 0; image < p.batch.size(); ++image, left += rows) {
        hn::Vec<Tag> factors[vectors];
        for (int v = 0; v < vectors; ++v)
            factors[v] = hn::LoadU(d, left + v * lanes);
        const SparseColumn<Scalar> pixels = p.batch[image];
        for (int k = 0; k < pixels.count; ++k) {
            const auto value = hn::Set(d, pixels.values[k]);
            Scalar* to = result + pixels.rows[k] * rows;
            for (int v = 0; v < vectors; ++v)
                hn::StoreU(hn::MulAdd(value, factors[v], hn::LoadU(d, to + v * lanes)), d, to + v * lanes);
        }
    }
}

/// All rows, in blocks of as many registers as pay, then in smaller and smaller ones.
template <int vectors, int lanes, class Scalar>
HWY_INLINE void allRows(const Product<Scalar>& p, Index row = 0)
{
    const hn::CappedTag<Scalar, lanes> d;
    const auto height = static_cast<Index>(vectors * hn::Lanes(d));
    for (; row + height <= p.rows; row += height) {
        if (p.transposed)
            addTransposeRows<vectors>(d, p, row);
        else
            multiplyRows<vectors>(d, p, row);
    }
    if constexpr (vectors > 1)
        allRows<vectors - 1, lanes>(p, row);
    else if constexpr (lanes > 1)
        allRows<1, lanes / 2>(p, row);
}

template <int lanes, class Scalar>
void productOf(bool transposed, const Matrix<Scalar>& left, const Batch<Scalar>& batch,
               Matrix<Scalar>& result)
{
    if (left.size() > 0 && result.size() > 0)
        allRows<5, lanes, Scalar>({transposed, left.data(), batch, result.data(), left.rows()});
    else if (!transposed)
        result.setZero();
}

void productOfFloats(bool transposed, const Matrix<float>& left, const Batch<float>& batch,
                     Matrix<float>& result)
{
    productOf<8>(transposed, left, batch, result);
}

void productOfDoubles(bool transposed, const Matrix<double>& left, const Batch<double>& batch,
                      Matrix<double>& result)
{
    productOf<4>(transposed, left, batch, result);
}

using Floats = hn::CappedTag<float, 16>;
using OneFloat = hn::CappedTag<float, 1>;

/// work(tag, k) for the elements 0 to count - 1, a vector at a time and the last ones singly.
template <class Work>
HWY_INLINE void forEach(std::size_t count, const Work& work)
{
    const Floats d;
    std::size_t k = 0;
    for (; k + hn::Lanes(d) <= count; k += hn::Lanes(d))
        work(d, k);
    for (; k < count; ++k)
        work(OneFloat(), k);
}

void draw(std::span<const float> latent, const std::uint32_t* words, const float* quantiles, float share,
          bool add, float* weights)
{
    static_assert(std::endian::native == std::endian::little); // the low half of a word comes first
    const auto* numbers = reinterpret_cast<const std::uint16_t*>(words);
    forEach(latent.size(), [=](auto d, std::size_t k) HWY_ATTR {
        const hn::Rebind<std::int32_t, decltype(d)> indices;
        const hn::Rebind<std::uint16_t, decltype(d)> halves;
        const auto number = hn::PromoteTo(indices, hn::LoadU(halves, numbers + k));
        const auto place = hn::ShiftRight<16 - quantileBits>(number);
        const auto value = hn::Mul(hn::Set(d, share), hn::GatherIndex(d, quantiles, place));
        const auto positive = hn::Ge(hn::LoadU(d, latent.data() + k), hn::Zero(d));
        const auto weight = hn::IfThenElse(positive, value, hn::Neg(value));
        hn::StoreU(add ? hn::Add(hn::LoadU(d, weights + k), weight) : weight, d, weights + k);
    });
}

void adamStep(const AdamStep& step, std::span<const float> gradients, const float* slopes, float limit,
              float* parameters, float* firstMoments, float* secondMoments)
{
    forEach(gradients.size(), [=](auto d, std::size_t k) HWY_ATTR {
        const auto gradient = hn::Mul(hn::LoadU(d, gradients.data() + k), hn::LoadU(d, slopes + k));
        const auto first = hn::MulAdd(hn::Set(d, AdamStep::first), hn::LoadU(d, firstMoments + k),
                                      hn::Mul(hn::Set(d, 1.0f - AdamStep::first), gradient));
        const auto second =
            hn::MulAdd(hn::Set(d, AdamStep::second), hn::LoadU(d, secondMoments + k),
                       hn::Mul(hn::Set(d, 1.0f - AdamStep::second), hn::Mul(gradient, gradient)));
        const auto move = hn::Div(hn::Mul(hn::Set(d, step.rate), first),
                                  hn::Add(hn::Sqrt(second), hn::Set(d, step.epsilon)));
        const auto moved = hn::Sub(hn::LoadU(d, parameters + k), move);
        hn::StoreU(hn::Clamp(moved, hn::Set(d, -limit), hn::Set(d, limit)), d, parameters + k);
        hn::StoreU(first, d, firstMoments + k);
        hn::StoreU(second, d, secondMoments + k);
    });
}

} // namespace faultline::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace faultline
{

HWY_EXPORT(productOfFloats);
HWY_EXPORT(productOfDoubles);
HWY_EXPORT(draw);
HWY_EXPORT(adamStep);

void multiply(const Matrix<float>& left, const Batch<float>& batch, Matrix<float>& result)
{
    result.resize(left.rows(), static_cast<Eigen::Index>(batch.size()));
    HWY_DYNAMIC_DISPATCH(productOfFloats)(false, left, batch, result);
}

void multiply(const Matrix<double>& left, const Batch<double>& batch, Matrix<double>& result)
{
    result.resize(left.rows(), static_cast<Eigen::Index>(batch.size()));
    HWY_DYNAMIC_DISPATCH(productOfDoubles)(false, left, batch, result);
}

void addProductWithTranspose(const Matrix<float>& left, const Batch<float>& batch, Matrix<float>& result)
{
    HWY_DYNAMIC_DISPATCH(productOfFloats)(true, left, batch, result);
}

void addProductWithTranspose(const Matrix<double>& left, const Batch<double>& batch, Matrix<double>& result)
{
    HWY_DYNAMIC_DISPATCH(productOfDoubles)(true, left, batch, result);
}

void drawWeights(std::span<const float> latent, std::span<const std::uint32_t> words,
                 std::span<const float> quantiles, float share, bool add, std::span<float> weights)
{
    HWY_DYNAMIC_DISPATCH(draw)(latent, words.data(), quantiles.data(), share, add, weights.data());
}

void adam(const AdamStep& step, std::span<const float> gradient, std::span<const float> slope, float limit,
          std::span<float> parameters, std::span<float> firstMoments, std::span<float> secondMoments)
{
    HWY_DYNAMIC_DISPATCH(adamStep)
    (step, gradient, slope.data(), limit, parameters.data(), firstMoments.data(), secondMoments.data());
}

} // namespace faultline
#endif
