#include <algorithm>
#include <cmath>
#include <limits>

#include <QTest>

#include "common/random.h"
#include "learning/kernels.h"
#include "support/instruction_sets.h"

using namespace faultline;

namespace
{

RandomStream numbers(1, RandomUse::Test);

template <class Scalar>
Matrix<Scalar> randomMatrix(Eigen::Index rows, Eigen::Index columns)
{
    return Matrix<Scalar>::NullaryExpr(rows, columns,
                                       [] { return static_cast<Scalar>(2.0 * numbers.uniform() - 1.0); });
}

std::vector<float> randomFloats(std::size_t count)
{
    const Matrix<float> values = randomMatrix<float>(static_cast<Eigen::Index>(count), 1);
    return {values.data(), values.data() + values.size()};
}

/// Images of which many pixels are zero, and some all: the first, the last and one between.
template <class Scalar>
Eigen::SparseMatrix<Scalar> someImages(Eigen::Index pixels, Eigen::Index count)
{
    Matrix<Scalar> images = randomMatrix<Scalar>(pixels, count).cwiseMax(Scalar(0));
    for (const Eigen::Index empty : {Eigen::Index{0}, count / 2, count - 1})
        images.col(empty).setZero();
    return images.sparseView();
}

/// Each element as a chain of a times b plus what came before, rounded once or twice a step.
template <class Scalar>
Scalar chained(Scalar sum, Scalar a, Scalar b, bool fused)
{
    if (fused)
        return std::fma(a, b, sum);
    const volatile Scalar product = a * b; // so that the compiler does not fuse them
    return product + sum;
}

template <class Scalar>
struct Products {
    Matrix<Scalar> product, sum;
};

template <class Scalar>
Products<Scalar> plainly(const Matrix<Scalar>& left, const Matrix<Scalar>& delta,
                         const Matrix<Scalar>& before, const Eigen::SparseMatrix<Scalar>& images, bool fused)
{
    Products<Scalar> result{Matrix<Scalar>::Zero(left.rows(), images.cols()), before};
    for (Eigen::Index image = 0; image < images.cols(); ++image)
        for (typename Eigen::SparseMatrix<Scalar>::InnerIterator pixel(images, image); pixel; ++pixel)
            for (Eigen::Index row = 0; row < left.rows(); ++row) {
                Scalar& product = result.product(row, image);
                product = chained(product, pixel.value(), left(row, pixel.index()), fused);
                Scalar& sum = result.sum(row, pixel.index());
                sum = chained(sum, pixel.value(), delta(row, image), fused);
            }
    return result;
}

/// Against Eigen's dense products within rounding, and against the sums in order of their terms to the bit.
template <class Scalar>
void compareProducts(Eigen::Index rows)
{
    constexpr Eigen::Index pixels = 50, count = 31;
    const Eigen::SparseMatrix<Scalar> images = someImages<Scalar>(pixels, count);
    Batch<Scalar> batch;
    for (Eigen::Index image = 0; image < count; ++image)
        batch.push_back(sparseColumn(images, image));
    const Matrix<Scalar> left = randomMatrix<Scalar>(rows, pixels), delta = randomMatrix<Scalar>(rows, count);
    const Matrix<Scalar> before = randomMatrix<Scalar>(rows, pixels);
    Matrix<Scalar> product = randomMatrix<Scalar>(3, 3),
                   sum = before; // of another size: it is set, not added to
    multiply(left, batch, product);
    addProductWithTranspose(delta, batch, sum);

    const Matrix<Scalar> dense = images.toDense();
    const Scalar rounding = pixels * std::numeric_limits<Scalar>::epsilon();
    QVERIFY(product.rows() == rows && product.cols() == count);
    QVERIFY((product - left * dense).cwiseAbs().maxCoeff() < rounding);
    QVERIFY((sum - before - delta * dense.transpose()).cwiseAbs().maxCoeff() < rounding);
    const auto fused = plainly(left, delta, before, images, true);
    const auto apart = plainly(left, delta, before, images, false);
    const auto isOneOf = [](const auto& found, const auto& one, const auto& other) {
        return (found.array() == one.array() || found.array() == other.array()).all();
    };
    QVERIFY(isOneOf(product, fused.product, apart.product));
    QVERIFY(isOneOf(sum, fused.sum, apart.sum));

    multiply(left, {}, product);
    QVERIFY(product.rows() == rows && product.cols() == 0);
    const Matrix<Scalar> same = sum;
    addProductWithTranspose(Matrix<Scalar>(rows, 0), {}, sum);
    QVERIFY(sum == same);
}

} // namespace

class TestKernels : public QObject
{
    Q_OBJECT

private slots:
    void productsAreEigens_data() { addInstructionSets(); }
    void productsAreEigens();
    void drawsAreLookedUp_data() { addInstructionSets(); }
    void drawsAreLookedUp();
    void adamIsAdam_data() { addInstructionSets(); }
    void adamIsAdam();
};

void TestKernels::productsAreEigens()
{
    const WithInstructionSet here;
    for (const Eigen::Index rows : {1, 3, 8, 12, 39, 40, 41, 83}) {
        compareProducts<float>(rows);
        compareProducts<double>(rows);
        if (QTest::currentTestFailed())
            QFAIL(qPrintable(QString("with %1 rows").arg(rows)));
    }
}

/// A look-up rounds nothing but the product with the share and the sum, so that every bit must agree.
void TestKernels::drawsAreLookedUp()
{
    const WithInstructionSet here;
    const std::vector<float> quantiles = randomFloats(quantileCount);
    for (const std::size_t count : {0u, 1u, 2u, 7u, 15u, 16u, 17u, 400u, 1023u}) {
        std::vector<float> latent = randomFloats(count);
        for (std::size_t k = 0; k < count; k += 5)
            latent[k] = k % 2 == 0 ? 0.0f : -0.0f; // neither is below zero
        std::vector<std::uint32_t> words((count + 1) / 2);
        for (std::uint32_t& word : words)
            word = numbers();
        const std::vector<float> before = randomFloats(count);
        for (const bool add : {false, true}) {
            constexpr float share = 0.2f;
            std::vector<float> expected, weights = before;
            for (std::size_t k = 0; k < count; ++k) {
                const std::uint32_t number = k % 2 == 0 ? words[k / 2] % 65536 : words[k / 2] / 65536;
                const volatile float value = share * quantiles[number / (65536 / quantileCount)];
                expected.push_back((add ? before[k] : 0.0f) + (latent[k] < 0.0f ? -value : value));
            }
            drawWeights(latent, words, quantiles, share, add, weights);
            QCOMPARE(weights, expected);
        }
    }
}

void TestKernels::adamIsAdam()
{
    const WithInstructionSet here;
    const AdamStep step{0.3f, 1e-3f};
    constexpr float limit = 0.5f;
    for (const std::size_t count : {1u, 15u, 16u, 33u}) {
        const std::vector<float> gradient = randomFloats(count), slope = randomFloats(count);
        std::vector<float> parameters = randomFloats(count), first = randomFloats(count);
        std::vector<float> second = randomFloats(count);
        for (float& moment : second)
            moment = std::abs(moment);
        const std::vector<float> oldParameters = parameters, oldFirst = first, oldSecond = second;
        adam(step, gradient, slope, limit, parameters, first, second);
        for (std::size_t k = 0; k < count; ++k) {
            const double g = static_cast<double>(gradient[k]) * static_cast<double>(slope[k]);
            const double m = 0.9 * static_cast<double>(oldFirst[k]) + 0.1 * g;
            const double v = 0.999 * static_cast<double>(oldSecond[k]) + 0.001 * g * g;
            const double moved = static_cast<double>(oldParameters[k]) - 0.3 * m / (std::sqrt(v) + 1e-3);
            QVERIFY(std::abs(static_cast<double>(first[k]) - m) < 1e-6);
            QVERIFY(std::abs(static_cast<double>(second[k]) - v) < 1e-6);
            QVERIFY(std::abs(static_cast<double>(parameters[k]) - std::clamp(moved, -0.5, 0.5)) < 1e-5);
        }
    }
}

QTEST_APPLESS_MAIN(TestKernels)
#include "test_kernels.moc"
