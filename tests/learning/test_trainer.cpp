#include <array>
#include <cmath>
#include <limits>

#include <QTest>

#include "common/error.h"
#include "learning/trainer.h"

using namespace faultline;

namespace
{

const std::vector layers{16, 12, 10};

/// Ten classes, each a fixed random pattern of 4 x 4 pixels under noise.
Dataset noisyPatterns(int count, std::uint32_t index)
{
    RandomStream patterns(1, RandomUse::Test, 0), noise(1, RandomUse::Test, index);
    const Eigen::MatrixXf shown =
        Eigen::MatrixXf::NullaryExpr(16, 10, [&] { return patterns.uniform() < 0.5 ? 0.1f : 0.9f; });
    Dataset dataset{4, 4, {}, {}};
    Eigen::MatrixXf images(16, count);
    for (int k = 0; k < count; ++k) {
        const std::uint32_t label = noise.below(10);
        dataset.labels.push_back(static_cast<std::uint8_t>(label));
        images.col(k) = shown.col(label).unaryExpr(
            [&](float value) { return value + static_cast<float>(0.2 * noise.uniform() - 0.1); });
    }
    dataset.images = images.sparseView();
    return dataset;
}

Network trained(const TrainingOptions& options, const Dataset& images, DieSource& source,
                std::uint32_t run = 0)
{
    Trainer trainer({layers, Activation::Tanh}, options, images, source, 1, run);
    while (!trainer.finished())
        trainer.runEpoch();
    return trainer.network();
}

bool same(const Network& a, const Network& b)
{
    bool equal = true;
    for (std::size_t l = 0; l < a.layers.size(); ++l)
        equal = equal && a.layers[l].latent == b.layers[l].latent && a.layers[l].gain == b.layers[l].gain &&
                a.layers[l].bias == b.layers[l].bias;
    return equal;
}

} // namespace

class TestTrainer : public QObject
{
    Q_OBJECT

private slots:
    void learnsOnAPerfectDie();
    void stepsAgainstAPlainForm();
    void learnsAroundTheDefectsOfItsDie();
    void drawsPerStepOfOneDieAreOneBatch();
    void perfectDrawsDoNotAskTheSource();
    void sameSeedSameNetwork();
    void keepsLatentWeightsInRange();
    void stopsBetweenBatches();
    void goesOnOnlyWhereItStood();
    void refusesWrongSettings();
};

void TestTrainer::learnsOnAPerfectDie()
{
    const Dataset train = noisyPatterns(2000, 1), test = noisyPatterns(1000, 2);
    NominalDie source(CellMap(layers, DieGeometry{}));
    const Network network = trained({.epochs = 10}, train, source);
    QVERIFY(errorPercent(onDie(network, source.weights()), network.shape, test) < 3.0);
}

/// The same training in double precision, element by element: forward, the straight-through gradient of
/// cross-entropy, Adam.
void TestTrainer::stepsAgainstAPlainForm()
{
    using Eigen::MatrixXd;
    const Dataset train = noisyPatterns(200, 1);
    const CellMap map(layers, DieGeometry{});
    Die die("measured", DieGeometry{}, Device{});
    RandomStream random(9, RandomUse::Test);
    for (float& conductance : die.conductance[P].reshaped())
        conductance *= static_cast<float>(0.8 + 0.4 * random.uniform());
    FixedDie source(analogWeights(die, map, Device{}));
    constexpr int batch = 200, steps = 4; // one batch an epoch, so that the order does not matter
    const TrainingOptions options{.epochs = steps, .batch = batch};
    const Network fast = trained(options, train, source);

    struct Parameter {
        MatrixXd value, first, second;
        void move(const MatrixXd& gradient, double rate, int step)
        {
            for (Eigen::Index k = 0; k < value.size(); ++k) {
                first(k) = 0.9 * first(k) + 0.1 * gradient(k);
                second(k) = 0.999 * second(k) + 0.001 * gradient(k) * gradient(k);
                value(k) -= rate * first(k) / (1 - std::pow(0.9, step)) /
                            (std::sqrt(second(k) / (1 - std::pow(0.999, step))) + 1e-8);
            }
        }
    };
    std::vector<std::array<Parameter, 3>> plain; // latent weights, gains, biases of each layer
    const Network start =
        initialNetwork({layers, Activation::Tanh}, RandomStream(1, RandomUse::Initialise, 0));
    for (const Network::Layer& layer : start.layers) {
        const auto parameter = [](const Eigen::MatrixXf& value) {
            const MatrixXd zero = MatrixXd::Zero(value.rows(), value.cols());
            return Parameter{value.cast<double>(), zero, zero};
        };
        plain.push_back({parameter(layer.latent), parameter(layer.gain), parameter(layer.bias)});
    }
    const MatrixXd images = MatrixXd(train.images.cast<double>());
    for (int step = 1; step <= steps; ++step) {
        std::vector<MatrixXd> weights, sums, outputs{images};
        for (std::size_t l = 0; l < 2; ++l) {
            const auto& [latent, gain, bias] = plain[l];
            const AnalogLayer& values = source.weights()[l];
            MatrixXd weight(latent.value.rows(), latent.value.cols());
            for (Eigen::Index k = 0; k < weight.size(); ++k)
                weight(k) = static_cast<double>(latent.value(k) >= 0 ? values.up(k) : values.down(k));
            weights.push_back(weight);
            sums.push_back(weight * outputs.back());
            MatrixXd z = sums.back();
            for (Eigen::Index k = 0; k < z.cols(); ++k)
                z.col(k) = gain.value.cwiseProduct(z.col(k)) + bias.value;
            outputs.push_back(l == 0 ? MatrixXd(z.array().tanh()) : z);
        }
        MatrixXd delta = outputs.back().array().exp();
        for (Eigen::Index k = 0; k < batch; ++k) {
            delta.col(k) /= delta.col(k).sum();
            delta(train.labels[static_cast<std::size_t>(k)], k) -= 1.0;
        }
        delta /= batch;
        const double rate = 0.02 * std::pow(0.5 * (1 + std::cos(M_PI * (step - 1) / steps)), 3);
        for (std::size_t l = 2; l-- > 0;) {
            const MatrixXd ofGain = delta.cwiseProduct(sums[l]).rowwise().sum();
            const MatrixXd ofBias = delta.rowwise().sum();
            const MatrixXd ofSum = plain[l][1].value.asDiagonal() * delta;
            const MatrixXd slope = halfDifference(source.weights()[l]).cast<double>();
            const MatrixXd ofLatent = (ofSum * outputs[l].transpose()).cwiseProduct(slope);
            delta =
                (weights[l].transpose() * ofSum).cwiseProduct(MatrixXd(1.0 - outputs[l].array().square()));
            plain[l][0].move(ofLatent, rate, step);
            plain[l][1].move(ofGain, rate, step);
            plain[l][2].move(ofBias, rate, step);
        }
    }
    for (std::size_t l = 0; l < 2; ++l) {
        const auto difference = [](const Eigen::MatrixXf& a, const MatrixXd& b) {
            return (a.cast<double>() - b).cwiseAbs().maxCoeff();
        };
        QVERIFY(difference(fast.layers[l].latent, plain[l][0].value) < 1e-4);
        QVERIFY(difference(fast.layers[l].gain, plain[l][1].value) < 1e-4);
        QVERIFY(difference(fast.layers[l].bias, plain[l][2].value) < 1e-4);
    }
}

void TestTrainer::learnsAroundTheDefectsOfItsDie()
{
    const Dataset train = noisyPatterns(2000, 1), test = noisyPatterns(1000, 2);
    const CellMap map(layers, DieGeometry{});
    const Device device;
    Die broken("broken", DieGeometry{}, device);
    RandomStream random(9, RandomUse::Test);
    for (int k = 0; k < 60; ++k) { // strong shorts on a quarter of the pairs
        const CellIndex cell =
            map.plus({0, static_cast<int>(random.below(12)), static_cast<int>(random.below(16))});
        broken.setDefect(cell.row, cell.column, Defect::Short, static_cast<float>(6 * device.conductance(P)));
    }
    NominalDie perfect(map);
    FixedDie measured(analogWeights(broken, map, device));
    const TrainingOptions options{.epochs = 10, .learningRate = 0.005};
    const Network standard = trained(options, train, perfect);
    const Network aware = trained(options, train, measured);
    const double blind = errorPercent(onDie(standard, measured.weights()), standard.shape, test);
    const double seeing = errorPercent(onDie(aware, measured.weights()), aware.shape, test);
    QVERIFY2(seeing < 5.0 && blind > 15.0, qPrintable(QString("%1 against %2").arg(seeing).arg(blind)));
}

/// Splitting a batch among draws of the same die changes nothing but the order of additions.
void TestTrainer::drawsPerStepOfOneDieAreOneBatch()
{
    const Dataset train = noisyPatterns(250, 1);
    NominalDie source(CellMap(layers, DieGeometry{}));
    const Network one = trained({.epochs = 1, .batch = 60}, train, source);
    const Network four = trained({.epochs = 1, .batch = 60, .draws = 4}, train, source);
    for (std::size_t l = 0; l < one.layers.size(); ++l)
        QVERIFY(one.layers[l].gain.isApprox(four.layers[l].gain, 1e-2f));
}

void TestTrainer::perfectDrawsDoNotAskTheSource()
{
    class CountingDie : public NominalDie
    {
    public:
        using NominalDie::NominalDie;
        void choose(std::uint32_t step, const Network& network,
                    std::vector<DenseLayer<float>>& onDie) override
        {
            asked.push_back(step);
            NominalDie::choose(step, network, onDie);
        }
        std::vector<std::uint32_t> asked;
    };
    const Dataset train = noisyPatterns(200, 1);
    CountingDie source(CellMap(layers, DieGeometry{}));
    trained({.epochs = 1, .batch = 100, .draws = 5, .perfectDraws = 3}, train, source);
    QCOMPARE(source.asked, (std::vector<std::uint32_t>{0, 1, 2, 3}));
}

void TestTrainer::sameSeedSameNetwork()
{
    const Dataset train = noisyPatterns(500, 1);
    NominalDie source(CellMap(layers, DieGeometry{}));
    const TrainingOptions options{.epochs = 2};
    QVERIFY(same(trained(options, train, source, 3), trained(options, train, source, 3)));
    QVERIFY(!same(trained(options, train, source, 3), trained(options, train, source, 4)));
}

void TestTrainer::keepsLatentWeightsInRange()
{
    const Dataset train = noisyPatterns(500, 1);
    NominalDie source(CellMap(layers, DieGeometry{}));
    const Network network = trained({.epochs = 3, .learningRate = 0.5}, train, source);
    for (const Network::Layer& layer : network.layers)
        QVERIFY(layer.latent.cwiseAbs().maxCoeff() <= 1.0f);
}

void TestTrainer::stopsBetweenBatches()
{
    /// Asks for a stop while the third step runs.
    class StoppingDie : public NominalDie
    {
    public:
        using NominalDie::NominalDie;
        void choose(std::uint32_t step, const Network& network,
                    std::vector<DenseLayer<float>>& onDie) override
        {
            steps = step + 1;
            if (step == 2)
                stop.request_stop();
            NominalDie::choose(step, network, onDie);
        }
        std::stop_source stop;
        std::uint32_t steps = 0;
    };
    const Dataset train = noisyPatterns(1000, 1);
    StoppingDie source(CellMap(layers, DieGeometry{}));
    Trainer trainer({layers, Activation::Tanh}, {.epochs = 2}, train, source, 1, 0);
    QVERIFY(!trainer.runEpoch(source.stop.get_token()));
    QCOMPARE(source.steps, 3u);
    QCOMPARE(trainer.epoch(), 0);
}

void TestTrainer::goesOnOnlyWhereItStood()
{
    const Dataset train = noisyPatterns(1000, 1);
    NominalDie source(CellMap(layers, DieGeometry{}));
    Trainer trainer({layers, Activation::Tanh}, {.epochs = 2}, train, source, 1, 0);
    QVERIFY(trainer.runEpoch());
    TrainerState state = trainer.state();
    trainer.restore(state);
    state.steps = std::numeric_limits<int>::max(); // the next one would be no number
    QVERIFY_EXCEPTION_THROWN(trainer.restore(state), Error);
}

void TestTrainer::refusesWrongSettings()
{
    const Dataset train = noisyPatterns(10, 1);
    NominalDie source(CellMap(layers, DieGeometry{}));
    const auto make = [&](const NetworkShape& shape, const TrainingOptions& options) {
        Trainer(shape, options, train, source, 1, 0);
    };
    const NetworkShape shape{layers, Activation::Tanh};
    make(shape, {});
    Dataset many{.width = 1, .height = 1, .images = {}, .labels = std::vector<std::uint8_t>(30'000)};
    many.images.resize(1, 30'000);
    NominalDie one(CellMap(std::vector{1, 10}, DieGeometry{}));
    const auto train30000 = [&](int batch) {
        Trainer({{1, 10}, Activation::Tanh}, {.epochs = 100'000, .batch = batch}, many, one, 1, 0);
    };
    train30000(2);
    QVERIFY_EXCEPTION_THROWN(train30000(1), Error); // more steps than an int counts
    QVERIFY_EXCEPTION_THROWN(make(shape, {.epochs = 0}), Error);
    QVERIFY_EXCEPTION_THROWN(make(shape, {.batch = 0}), Error);
    QVERIFY_EXCEPTION_THROWN(make(shape, {.batch = 10, .draws = 11}), Error);
    QVERIFY_EXCEPTION_THROWN(make(shape, {.learningRate = std::nan("")}), Error);
    QVERIFY_EXCEPTION_THROWN(make(shape, {.draws = 2, .perfectDraws = 2}), Error);
    QVERIFY_EXCEPTION_THROWN(make(shape, {.lossBound = 1.5}), Error);
    QVERIFY_EXCEPTION_THROWN(make({{25, 12, 10}, Activation::Tanh}, {}), Error);
    QVERIFY_EXCEPTION_THROWN(make({{16, 12, 9}, Activation::Tanh}, {}), Error);
}

QTEST_APPLESS_MAIN(TestTrainer)
#include "test_trainer.moc"
