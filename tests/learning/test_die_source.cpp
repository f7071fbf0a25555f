#include <algorithm>
#include <cmath>
#include <vector>

#include <QTest>

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
    void drawsFromTheDistributionOfWholeDies();
    void sameStepSameDie();
    void withoutDefectsOrVariationItIsPerfect();
    void slopeIsTheMeanHalfDifference();
};

/// The sparse draw must not be told from drawing whole dies and mapping them: values, their sums over a die
/// (how defects crowd on some dies) and the two values of one pair together.
void TestDieSource::drawsFromTheDistributionOfWholeDies()
{
    const CellMap map(layers, geometry);
    QVERIFY(map.copies(0) == 1 && map.copies(1) > 1);
    const DefectStatistics statistics = harshStatistics();
    RandomDie source(statistics, map, device, 7, 1);

    struct Sample {
        std::vector<double> up, down, sum, far;
    };
    const auto add = [](Sample& sample, const AnalogWeights& die) {
        double far = 0.0;
        for (const AnalogLayer& layer : die)
            far += static_cast<double>(((layer.up - layer.down).array() - 2.0f).abs().count() -
                                       (((layer.up - layer.down).array() - 2.0f).abs() < 0.8f).count());
        sample.far.push_back(far + 1e-3 * static_cast<double>(sample.far.size() % 7)); // breaks ties evenly
        for (const AnalogLayer& layer : die) // the second layer stands on the die several times
            for (Eigen::Index k = 0; k < layer.up.size(); k += 13) {
                sample.up.push_back(static_cast<double>(layer.up(k)));
                sample.down.push_back(static_cast<double>(layer.down(k)));
                sample.sum.push_back(static_cast<double>(layer.up(k) + layer.down(k)));
            }
    };
    Sample sparse, whole;
    constexpr std::uint32_t dies = 3000;
    for (std::uint32_t k = 0; k < dies; ++k) {
        add(sparse, source.die(k));
        add(whole, analogWeights(drawDie(statistics, geometry, RandomStream(7, RandomUse::WaferDraw, k)), map,
                                 device));
    }
    // Two-sample Kolmogorov-Smirnov at one in a thousand.
    const auto limit = [](std::size_t n) { return 1.95 * std::sqrt(2.0 / static_cast<double>(n)); };
    QVERIFY(distance(sparse.up, whole.up) < limit(sparse.up.size()));
    QVERIFY(distance(sparse.down, whole.down) < limit(sparse.down.size()));
    QVERIFY(distance(sparse.sum, whole.sum) < limit(sparse.sum.size()));
    QVERIFY(distance(sparse.far, whole.far) < limit(sparse.far.size()));

    // The test can tell a rate that is off by a quarter.
    DefectStatistics other = statistics;
    other.shorts.rate *= 1.25;
    RandomDie wrong(other, map, device, 7, 1);
    Sample moved;
    for (std::uint32_t k = 0; k < dies; ++k)
        add(moved, wrong.die(k));
    QVERIFY(distance(moved.far, whole.far) > limit(moved.far.size()));
}

void TestDieSource::sameStepSameDie()
{
    const CellMap map(layers, geometry);
    RandomDie source(harshStatistics(), map, device, 7, 1);
    const AnalogWeights first = source.die(5);
    source.die(6);
    QVERIFY(source.die(6)[0].up != first[0].up);
    const AnalogWeights again = source.die(5);
    for (std::size_t l = 0; l < first.size(); ++l)
        QVERIFY(again[l].up == first[l].up && again[l].down == first[l].down);

    RandomDie otherRun(harshStatistics(), map, device, 7, 2);
    QVERIFY(otherRun.die(5)[0].up != first[0].up);
}

void TestDieSource::withoutDefectsOrVariationItIsPerfect()
{
    const CellMap map(layers, geometry);
    DefectStatistics statistics;
    statistics.level[P] = {device.conductance(P), 0.0};
    statistics.level[AP] = {device.conductance(AP), 0.0};
    statistics.shortConductance = {1e-3, 0.0};
    RandomDie source(statistics, map, device, 1, 0);
    const AnalogWeights& die = source.die(3);
    QVERIFY((die[0].up.array() - 1.0f).abs().maxCoeff() < 1e-6f);
    QVERIFY((die[1].down.array() + 1.0f).abs().maxCoeff() < 1e-6f);
}

void TestDieSource::slopeIsTheMeanHalfDifference()
{
    const CellMap map(layers, geometry);
    RandomDie source(harshStatistics(), map, device, 7, 1);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(8, 20);
    constexpr std::uint32_t dies = 4000;
    for (std::uint32_t k = 0; k < dies; ++k)
        sum += halfDifference(source.die(k)[0]).cast<double>() / dies;
    const Eigen::MatrixXd expected = source.slope(0).cast<double>() * sum.mean();
    QVERIFY((sum - expected).cwiseAbs().maxCoeff() < 0.05); // five standard errors

    FixedDie fixed(source.die(1));
    QCOMPARE(fixed.slope(1), halfDifference(fixed.die(0)[1]));
}

QTEST_APPLESS_MAIN(TestDieSource)
#include "test_die_source.moc"
