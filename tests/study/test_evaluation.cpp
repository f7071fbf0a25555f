#include "study/evaluation.h"

#include <QTest>

#include "common/error.h"

using namespace faultline;

class TestEvaluation : public QObject
{
    Q_OBJECT

private slots:
    void confusionCounts()
    {
        const std::vector<std::uint8_t> labels{0, 0, 0, 3, 9, 9}, given{0, 3, 3, 3, 0, 9};
        const ConfusionMatrix matrix = confusion(labels, given);
        QCOMPARE(matrix.sum(), 6);
        QCOMPARE(matrix(0, 0), 1);
        QCOMPARE(matrix(0, 3), 2);
        QCOMPARE(matrix(3, 3), 1);
        QCOMPARE(matrix(9, 0), 1);
        QCOMPARE(matrix(3, 0), 0);
        QCOMPARE(errorPercent(labels, given), 50.0);
    }

    void classifiesWithTheDiesWeights()
    {
        // A layer without hidden neurons: class k is pixel k, as long as no cell is broken.
        Wafer wafer;
        wafer.geometry = {20, 10, 10, 10};
        wafer.add(Die("D", wafer.geometry, wafer.device));
        Run run;
        run.settings.network = {{9, 10}, Activation::Tanh};
        run.settings.side = 3;
        run.settings.spare = Spare::Unused;
        run.network.shape = run.settings.network;
        Network::Layer layer{Eigen::MatrixXf::Constant(10, 9, -1.0F), Eigen::VectorXf::Ones(10),
                             Eigen::VectorXf::Zero(10)};
        layer.latent.diagonal().setOnes();
        run.network.layers = {layer};
        const Dataset images{
            3, 3, Eigen::MatrixXf(Eigen::MatrixXf::Identity(9, 9)).sparseView(), {0, 1, 2, 3, 4, 5, 6, 7, 8}};
        QVERIFY(classify(run, nullptr, wafer, images, {}) == images.labels);
        QVERIFY(classify(run, &wafer.dies[0], wafer, images, {}) == images.labels);

        // A short in G+ of output 5's weight for pixel 2 outvotes the rightful class.
        const CellMap map(run.settings.network.layers, wafer.geometry, Spare::Unused);
        const CellIndex cell = map.plus({0, 5, 2});
        wafer.dies[0].setDefect(cell.row, cell.column, Defect::Short, 1e-2F);
        std::vector<std::uint8_t> expected = images.labels;
        expected[2] = 5;
        QVERIFY(classify(run, &wafer.dies[0], wafer, images, {}) == expected);

        // A circuit without a voltage between its lines sees nothing but itself: one of two bits, fixed at a
        // tenth of the currents, gives all classes the same sum, and the first of the greatest wins.
        run.settings.circuit.emplace();
        QVERIFY(classify(run, &wafer.dies[0], wafer, images, {}) == expected); // an ideal one
        run.settings.circuit->adc = {2, ConverterRange::Fixed, 1e-9};
        const auto given = classify(run, &wafer.dies[0], wafer, images, {});
        QVERIFY(given == std::vector<std::uint8_t>(9, 0));
        QVERIFY(classify(run, nullptr, wafer, images, {}) == images.labels); // a perfect die has none

        wafer.geometry = {4, 4, 4, 4};
        QVERIFY_EXCEPTION_THROWN(classify(run, &wafer.dies[0], wafer, images, {}), Error);
    }
};

QTEST_APPLESS_MAIN(TestEvaluation)
#include "test_evaluation.moc"
