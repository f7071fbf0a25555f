#include <algorithm>
#include <cmath>
#include <vector>

#include <QTest>

#include "common/stop.h"
#include "learning/die_source.h"

using namespace faultline;

namespace
{

const std::vector layers{20, 8, 5};
constexpr DieGeometry geometry{.rows = 30, .columns = 24, .kernelRows = 10, .kernelColumns = 12};
const Device device;

/// Far more defects than a real die has, so that pairs of defects meet often.
DefectStatistics harshStatistics()
{
    DefectStatistics statistics;
    statistics.level[P] = {device.conductance(P), 0.05};
    statistics.level[AP] = {device.conductance(AP), 0.10};
    statistics.shorts = {0.05, 4.0};
    statistics.opens = {0.03, 4.0};
    statistics.stuckP = {0.04, 2.0};
    statistics.stuckAP = {0.02, std::numeric_limits<double>::infinity()};
    statistics.shortConductance = {4 * device.conductance(P), 0.2};
    statistics.openConductance = 1e-7;
    return statistics;
}

/// A network with as many positive as negative weights, at random.
Network randomNetwork()
{
    return initialNetwork({layers, Activation::Tanh}, RandomStream(7, RandomUse::Test));
}

std::vector<Eigen::MatrixXf> weightsOf(const std::vector<DenseLayer<float>>& onDie)
{
    std::vector<Eigen::MatrixXf> weights;
    for (const DenseLayer<float>& layer : onDie)
        weights.push_back(layer.weights);
    return weights;
}

/// What the network's weights are worth on the source's die.
std::vector<Eigen::MatrixXf> chosen(DieSource& source, std::uint32_t step)
{
    std::vector<DenseLayer<float>> weights(layers.size() - 1);
    source.choose(step, randomNetwork(), weights);
    return weightsOf(weights);
}

/// Largest distance between two empirical distribution functions.
double distance(std::vector<double> a, std::vector<double> b)
{
    std::ranges::sort(a);
    std::ranges::sort(b);
    double largest = 0.0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const double x = std::min(a[i], b[j]);
        while (i < a.size() && a[i] <= x)
            ++i;
        while (j < b.size() && b[j] <= x)
            ++j;
        largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                             static_cast<double>(j) / static_cast<double>(b.size())));
    }
    return largest;
}

} // namespace

class TestDieSource : public QObject
{
    Q_OBJECT

private slots:
    void drawsFromTheDistributionOfWholeDies_data();
    void drawsFromTheDistributionOfWholeDies();
    void sameStepSameDie();
    void withoutDefectsOrVariationItIsPerfect();
    void slopeIsTheMeanHalfDifference();
    void openLinesSilenceTheirWeights();
    void drawingStopsWithTheEpoch();
};

/// The sparse draw must not be told from drawing whole dies and mapping them: values of either sign, how many
/// of a die are far off (defects crowd on some dies), and two weights together.
void TestDieSource::drawsFromTheDistributionOfWholeDies_data()
{
    QTest::addColumn<int>("dies");
    QTest::newRow("one die") << 1;
    QTest::newRow("half on each of two dies") << 2;
}

void TestDieSource::drawsFromTheDistributionOfWholeDies()
{
    QFETCH(const int, dies);
    DieGeometry one = geometry;
    one.columns /= dies;
    const CellMap map(layers, one);
    QVERIFY(map.dies() == dies && map.geometry().columns == geometry.columns);
    QVERIFY(map.copies(0) == 1 && map.copies(1) > 1);
    const DefectStatistics statistics = harshStatistics();
    const Network network = randomNetwork();
    RandomDie source(statistics, map, device, 7, 1);

    struct Sample {
        std::vector<double> up, down, sum, far;
    };
    const auto add = [&](Sample& sample, const std::vector<Eigen::MatrixXf>& die) {
        double far = 0.0;
        for (std::size_t l = 0; l < die.size(); ++l) { // the second layer stands on the die several times
            const auto isUp = network.layers[l].latent.array() >= 0.0f;
            const Eigen::ArrayXXf error =
                die[l].array() - isUp.select(Eigen::ArrayXXf::Ones(die[l].rows(), die[l].cols()), -1.0f);
            far += static_cast<double>((error.abs() > 0.4f).count());
            for (Eigen::Index k = 0; k + 1 < die[l].size(); k += 7) {
                const float sign = network.layers[l].latent(k) >= 0.0f ? 1.0f : -1.0f;
                (sign > 0.0f ? sample.up : sample.down).push_back(static_cast<double>(die[l](k)));
                sample.sum.push_back(static_cast<double>(error(k) + error(k + 1)));
            }
        }
        sample.far.push_back(far + 1e-3 * static_cast<double>(sample.far.size() % 7)); // breaks ties evenly
    };
    Sample sparse, whole;
    constexpr std::uint32_t draws = 3000;
    for (std::uint32_t k = 0; k < draws; ++k) {
        add(sparse, chosen(source, k));
        const Die left = drawDie(statistics, one, RandomStream(7, RandomUse::WaferDraw, k));
        const Die right = drawDie(statistics, one, RandomStream(7, RandomUse::WaferDraw, k, 1));
        const DieGroup group = dies == 1 ? DieGroup{{&left}} : DieGroup{{&left, &right}};
        add(whole, weightsOf(onDie(network, analogWeights(group, map, device))));
    }
    // Two-sample Kolmogorov-Smirnov at one in a thousand.
    const auto limit = [](std::size_t n) { return 1.95 * std::sqrt(2.0 / static_cast<double>(n)); };
    QVERIFY(distance(sparse.up, whole.up) < limit(sparse.up.size()));
    QVERIFY(distance(sparse.down, whole.down) < limit(sparse.down.size()));
    QVERIFY(distance(sparse.sum, whole.sum) < limit(sparse.sum.size()));
    QVERIFY(distance(sparse.far, whole.far) < limit(sparse.far.size()));

    // The test can tell two dies, each with its own number of defects, from one of their size.
    if (dies == 2) {
        RandomDie large(statistics, CellMap(layers, geometry), device, 7, 1);
        Sample together;
        for (std::uint32_t k = 0; k < draws; ++k)
            add(together, chosen(large, k));
        QVERIFY(distance(together.far, whole.far) > limit(together.far.size()));
    }

    // The test can tell a rate that is off by a quarter.
    DefectStatistics other = statistics;
    other.shorts.rate *= 1.25;
    RandomDie wrong(other, map, device, 7, 1);
    Sample moved;
    for (std::uint32_t k = 0; k < draws; ++k)
        add(moved, chosen(wrong, k));
    QVERIFY(distance(moved.far, whole.far) > limit(moved.far.size()));
}

void TestDieSource::sameStepSameDie()
{
    const CellMap map(layers, geometry);
    RandomDie source(harshStatistics(), map, device, 7, 1);
    const auto first = chosen(source, 5);
    QVERIFY(chosen(source, 6)[0] != first[0]);
    QVERIFY(chosen(source, 5) == first);

    RandomDie otherRun(harshStatistics(), map, device, 7, 2);
    QVERIFY(chosen(otherRun, 5)[0] != first[0]);
}

void TestDieSource::withoutDefectsOrVariationItIsPerfect()
{
    const CellMap map(layers, geometry);
    DefectStatistics statistics;
    statistics.level[P] = {device.conductance(P), 0.0};
    statistics.level[AP] = {device.conductance(AP), 0.0};
    statistics.shortConductance = {1e-3, 0.0};
    RandomDie source(statistics, map, device, 1, 0);
    const auto expected = weightsOf(onDie(randomNetwork(), nominalWeights(map)));
    const auto drawn = chosen(source, 3);
    for (std::size_t l = 0; l < drawn.size(); ++l)
        QVERIFY((drawn[l] - expected[l]).cwiseAbs().maxCoeff() < 1e-6f);
}

void TestDieSource::slopeIsTheMeanHalfDifference()
{
    const CellMap map(layers, geometry);
    RandomDie source(harshStatistics(), map, device, 7, 1);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(8, 20);
    constexpr std::uint32_t dies = 4000;
    for (std::uint32_t k = 0; k < dies; ++k)
        sum += halfDifference(analogWeights(drawDie(harshStatistics(), geometry,
                                                    RandomStream(7, RandomUse::WaferDraw, k)),
                                            map, device)[0])
                   .cast<double>() /
               dies;
    const Eigen::MatrixXd expected = source.slope(0).cast<double>() * sum.mean();
    QVERIFY((sum - expected).cwiseAbs().maxCoeff() < 0.05); // five standard errors

    const Die die = drawDie(harshStatistics(), geometry, RandomStream(7, RandomUse::WaferDraw));
    FixedDie fixed(analogWeights(die, map, device));
    QCOMPARE(fixed.slope(1), halfDifference(fixed.weights()[1]));
    QVERIFY(chosen(fixed, 0) == weightsOf(onDie(randomNetwork(), fixed.weights())));
}

void TestDieSource::openLinesSilenceTheirWeights()
{
    const CellMap map(layers, geometry);
    DefectStatistics statistics = harshStatistics();
    statistics.openConductance = 0.0;
    for (const auto lines : {&DefectStatistics::rows, &DefectStatistics::columns}) {
        DefectStatistics open = statistics;
        open.*lines = {0.0, 1.0};
        RandomDie source(open, map, device, 7, 1);
        for (const Eigen::MatrixXf& weights : chosen(source, 3))
            QVERIFY(weights.cwiseAbs().maxCoeff() < 1e-6f);
    }
}

void TestDieSource::drawingStopsWithTheEpoch()
{
    RandomDie source(harshStatistics(), CellMap(layers, geometry), device, 7, 1);
    std::stop_source stop;
    source.beginEpoch(randomNetwork(), stop.get_token());
    const auto before = chosen(source, 3);
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN(chosen(source, 3), Stopped);
    source.beginEpoch(randomNetwork(), {});
    QVERIFY(chosen(source, 3) == before);
}

QTEST_APPLESS_MAIN(TestDieSource)
#include "test_die_source.moc"
