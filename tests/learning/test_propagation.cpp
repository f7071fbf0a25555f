#include <cmath>

#include <QTest>

#include "common/error.h"
#include "common/random.h"
#include "learning/propagation.h"

using namespace faultline;

namespace
{

/// A network whose weights are a smooth choice between up and down: value = (up + down) / 2 + w (up - down)
/// / 2. Its exact derivative with respect to w is what the straight-through estimator stands for.
struct SmoothNetwork {
    NetworkShape shape;
    std::vector<Matrix<double>> up, down, latent;
    std::vector<Vector<double>> gain, bias;
    Matrix<double> images;
    std::vector<std::uint8_t> labels;

    SmoothNetwork(std::vector<int> layers, Activation hidden, int panel) : shape{std::move(layers), hidden}
    {
        RandomStream random(5, RandomUse::Test, static_cast<std::uint32_t>(hidden));
        const auto fill = [&](auto& matrix, double low, double high) {
            for (double& value : matrix.reshaped())
                value = low + (high - low) * random.uniform();
        };
        for (std::size_t l = 0; l + 1 < shape.layers.size(); ++l) {
            const int outputs = shape.layers[l + 1], inputs = shape.layers[l];
            fill(up.emplace_back(outputs, inputs), 0.5, 5.0);
            fill(down.emplace_back(outputs, inputs), -1.5, 0.5);
            fill(latent.emplace_back(outputs, inputs), -1.0, 1.0);
            fill(gain.emplace_back(outputs), 0.05, 0.3);
            fill(bias.emplace_back(outputs), -0.5, 0.5);
        }
        images.resize(shape.layers.front(), panel);
        fill(images, -1.0, 1.0);
        images = images.cwiseMax(0.0); // as in handwriting, many are exactly zero
        for (int k = 0; k < panel; ++k)
            labels.push_back(
                static_cast<std::uint8_t>(random.below(static_cast<std::uint32_t>(shape.layers.back()))));
    }

    std::vector<DenseLayer<double>> layers() const
    {
        std::vector<DenseLayer<double>> result;
        for (std::size_t l = 0; l < latent.size(); ++l)
            result.push_back(
                {(up[l] + down[l] + latent[l].cwiseProduct(up[l] - down[l])) / 2, gain[l], bias[l]});
        return result;
    }

    /// Mean generalised cross-entropy (1 - p^q) / q by the textbook, image by image and without the class
    /// under test. q = 0 is cross-entropy.
    double loss(double bound) const
    {
        double total = 0.0;
        for (Eigen::Index image = 0; image < images.cols(); ++image) {
            Vector<double> a = images.col(image);
            const auto all = layers();
            for (std::size_t l = 0; l < all.size(); ++l) {
                Vector<double> z = Vector<double>::Zero(all[l].gain.size());
                for (Eigen::Index j = 0; j < z.size(); ++j) {
                    for (Eigen::Index i = 0; i < a.size(); ++i)
                        z(j) += all[l].weights(j, i) * a(i);
                    z(j) = all[l].gain(j) * z(j) + all[l].bias(j);
                    if (l + 1 < all.size())
                        z(j) = shape.hidden == Activation::Tanh       ? std::tanh(z(j))
                               : shape.hidden == Activation::HardTanh ? std::clamp(z(j), -1.0, 1.0)
                                                                      : std::max(z(j), 0.0);
                }
                a = z;
            }
            double sum = 0.0;
            for (const double score : a)
                sum += std::exp(score);
            const double probability = std::exp(a(labels[static_cast<std::size_t>(image)])) / sum;
            total += bound == 0.0 ? -std::log(probability) : (1.0 - std::pow(probability, bound)) / bound;
        }
        return total / static_cast<double>(images.cols());
    }

    double slope(double& parameter, double bound)
    {
        constexpr double step = 1e-5;
        const double kept = parameter;
        parameter = kept + step;
        const double above = loss(bound);
        parameter = kept - step;
        const double below = loss(bound);
        parameter = kept;
        return (above - below) / (2 * step);
    }
};

/// The columns of a matrix, most of whose elements may be zero.
template <class Scalar>
class SparseBatch
{
public:
    explicit SparseBatch(const Matrix<Scalar>& images) : images_(images.sparseView())
    {
        for (Eigen::Index k = 0; k < images.cols(); ++k)
            batch_.push_back(sparseColumn(images_, k));
    }
    operator const Batch<Scalar>&() const { return batch_; }

private:
    Eigen::SparseMatrix<Scalar> images_;
    Batch<Scalar> batch_;
};

} // namespace

class TestPropagation : public QObject
{
    Q_OBJECT

private slots:
    void gradientsAgainstFiniteDifferences_data();
    void gradientsAgainstFiniteDifferences();
    void signTakesHardTanhsSlope();
    void choosesUpForNonNegativeLatentWeights();
    void errorPercentCountsMisclassified();
};

void TestPropagation::gradientsAgainstFiniteDifferences_data()
{
    QTest::addColumn<std::vector<int>>("layers");
    QTest::addColumn<int>("hidden");
    QTest::addColumn<double>("bound");
    QTest::newRow("bounded loss, q = 0.5")
        << std::vector{7, 5, 4} << static_cast<int>(Activation::Tanh) << 0.5;
    QTest::newRow("bounded loss, q = 1") << std::vector{7, 5, 4} << static_cast<int>(Activation::Tanh) << 1.0;
    for (const Activation activation : {Activation::Tanh, Activation::HardTanh, Activation::Relu}) {
        const std::string text(name(activation));
        QTest::addRow("one layer, %s", text.c_str())
            << std::vector{6, 4} << static_cast<int>(activation) << 0.0;
        QTest::addRow("two layers, %s", text.c_str())
            << std::vector{7, 5, 4} << static_cast<int>(activation) << 0.0;
        QTest::addRow("three layers, %s", text.c_str())
            << std::vector{5, 6, 4, 3} << static_cast<int>(activation) << 0.0;
    }
}

void TestPropagation::gradientsAgainstFiniteDifferences()
{
    QFETCH(const std::vector<int>, layers);
    QFETCH(const int, hidden);
    QFETCH(const double, bound);
    SmoothNetwork network(layers, static_cast<Activation>(hidden), 9);
    Propagation<double> propagation(network.shape, bound);
    constexpr double images = 9;
    const SparseBatch<double> batch(network.images);
    const auto outcome = propagation.backward(network.layers(), batch, network.labels, 0.25 / images);
    QVERIFY(std::abs(outcome.crossEntropy / images - network.loss(0.0)) < 1e-12);
    propagation.backward(network.layers(), batch, network.labels, 0.75 / images, true); // to a mean in all

    for (std::size_t l = 0; l < network.latent.size(); ++l) {
        const DenseLayer<double>& gradient = propagation.gradient()[l];
        const Matrix<double> latent = gradient.weights.cwiseProduct(network.up[l] - network.down[l]) / 2;
        const auto compare = [&](auto& parameter, const auto& analytic) {
            for (Eigen::Index k = 0; k < parameter.size(); ++k) {
                const double numeric = network.slope(parameter.data()[k], bound);
                QVERIFY2(std::abs(numeric - analytic.data()[k]) < 1e-7 * (1.0 + std::abs(numeric)),
                         qPrintable(QString("layer %1, element %2: %3 against %4")
                                        .arg(l)
                                        .arg(k)
                                        .arg(analytic.data()[k])
                                        .arg(numeric)));
            }
        };
        compare(network.latent[l], latent);
        compare(network.gain[l], gradient.gain);
        compare(network.bias[l], gradient.bias);
    }
}

void TestPropagation::signTakesHardTanhsSlope()
{
    // One hidden neuron: outputs are sign(z), and only |z| <= 1 passes a gradient on.
    const NetworkShape shape{{1, 1, 2}, Activation::Sign};
    for (const auto& [input, passes] : {std::pair{0.5, true}, std::pair{-0.5, true}, std::pair{3.0, false}}) {
        std::vector<DenseLayer<double>> layers(2);
        layers[0] = {Matrix<double>::Ones(1, 1), Vector<double>::Ones(1), Vector<double>::Zero(1)};
        layers[1] = {Matrix<double>{{1.0}, {-1.0}}, Vector<double>::Ones(2), Vector<double>::Zero(2)};
        const Matrix<double> image = Matrix<double>::Constant(1, 1, input);
        const std::vector<std::uint8_t> label{0};
        Propagation<double> propagation(shape);
        propagation.backward(layers, SparseBatch<double>(image), label, 1.0);
        const double sign = input >= 0 ? 1.0 : -1.0;
        const double atHidden = -2.0 / (1.0 + std::exp(2.0 * sign)); // dL/da of log(1 + exp(-2 a))
        QVERIFY(std::abs(propagation.gradient()[0].weights(0, 0) - (passes ? atHidden * input : 0.0)) <
                1e-12);
    }
}

void TestPropagation::choosesUpForNonNegativeLatentWeights()
{
    const AnalogLayer die{Eigen::MatrixXf{{2.0f, 3.0f, 4.0f}}, Eigen::MatrixXf{{-2.0f, -3.0f, -4.0f}}};
    Eigen::MatrixXf weights;
    chooseWeights(Eigen::MatrixXf{{0.0f, 0.3f, -1e-6f}}, die, weights);
    QCOMPARE(weights, (Eigen::MatrixXf{{2.0f, 3.0f, -4.0f}}));
}

void TestPropagation::errorPercentCountsMisclassified()
{
    // Scores are the image itself, so the prediction is its brightest pixel. More images than one panel.
    const NetworkShape shape{{10, 10}, Activation::Tanh};
    const std::vector<DenseLayer<float>> layers{
        {Eigen::MatrixXf::Identity(10, 10), Eigen::VectorXf::Ones(10), Eigen::VectorXf::Zero(10)}};
    Dataset dataset;
    Eigen::MatrixXf images = Eigen::MatrixXf::Zero(10, 1234);
    int wrong = 0;
    RandomStream random(1, RandomUse::Test);
    for (int k = 0; k < 1234; ++k) {
        const std::uint32_t shown = random.below(10), label = random.below(10);
        images(shown, k) = 1.0f;
        dataset.labels.push_back(static_cast<std::uint8_t>(label));
        wrong += shown != label;
    }
    dataset.images = images.sparseView();
    QCOMPARE(errorPercent(layers, shape, dataset), 100.0 * wrong / 1234);
    dataset.images = Eigen::MatrixXf::Ones(25, 1234).sparseView();
    QVERIFY_EXCEPTION_THROWN(errorPercent(layers, shape, dataset), Error); // once read beyond the weights
}

QTEST_APPLESS_MAIN(TestPropagation)
#include "test_propagation.moc"
