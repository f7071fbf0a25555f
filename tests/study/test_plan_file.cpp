#include "study/plan_file.h"

#include <fstream>

#include <QTest>

#include "common/error.h"
#include "support/temporary_folder.h"

using namespace faultline;

class TestPlanFile : public QObject
{
    Q_OBJECT

private slots:
    void comesBack()
    {
        StudyPlan plan;
        plan.network = {{36, 7, 9, 10}, Activation::HardTanh};
        plan.side = 6;
        plan.spare = Spare::Unused;
        plan.modes = {TrainingMode::StatisticsAware, TrainingMode::Standard};
        plan.repeats = 9;
        plan.seed = (std::uint64_t{1} << 63) + 1;
        plan.training = {.epochs = 3, .batch = 17, .learningRate = 0.1};
        plan.statisticsAware = {
            .epochs = 5, .batch = 19, .draws = 4, .perfectDraws = 2, .lossBound = 1.0 / 3.0};
        writePlan(plan, file_);
        QVERIFY(readPlan(file_) == plan);
        plan.circuit.emplace();
        plan.circuit->wires.sense = 7.0;
        plan.circuit->adc.bits = 6;
        writePlan(plan, file_);
        QVERIFY(readPlan(file_) == plan);
        plan.dies = {1, 2}; // of one wafer: they stay behind
        writePlan(plan, file_);
        QVERIFY(readPlan(file_).dies.empty());
    }

    /// So a new option leaves the files that do not know it readable.
    void absentIsDefault()
    {
        std::ofstream(file_, std::ios::trunc) << R"({"statistics_aware_training": {"batch": 50}})";
        StudyPlan plan;
        plan.statisticsAware.batch = 50;
        QVERIFY(readPlan(file_) == plan);
    }

    void badFiles_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("message");
        QTest::newRow("not JSON") << "{"
                                  << ""
                                  << "line";
        QTest::newRow("unknown key") << "\"seed\""
                                     << "\"sede\""
                                     << "sede: found a key";
        QTest::newRow("unknown option") << "\"loss_bound\""
                                        << "\"los_bound\""
                                        << "training.los_bound: found a key";
        QTest::newRow("a word") << "\"repeats\": 3"
                                << "\"repeats\": \"three\""
                                << "repeats: found \"three\"";
        QTest::newRow("a mode") << "\"standard\""
                                << "\"careless\""
                                << "training mode \"careless\"";
        QTest::newRow("a list") << "196"
                                << "\"196\""
                                << "network: found";
        QTest::newRow("a layer beyond all numbers") << "196"
                                                    << "1.97e44"
                                                    << "network: found";
        QTest::newRow("layers") << "196"
                                << "-196"
                                << "plan.json: ";
        QTest::newRow("side") << "\"image_side_pixels\": 14"
                              << "\"image_side_pixels\": 15"
                              << "The network has 196 inputs, but images of 15 x 15 pixels need 225";
        QTest::newRow("side without a square") << "\"image_side_pixels\": 14"
                                               << "\"image_side_pixels\": 2147483647"
                                               << "The side of the images is 2147483647";
        QTest::newRow("no repeats") << "\"repeats\": 3"
                                    << "\"repeats\": 0"
                                    << "The number of repeats is 0";
        QTest::newRow("classes") << "    10\n"
                                 << "    9\n"
                                 << "The network has 9 outputs";
        QTest::newRow("batch") << "\"batch\": 100"
                               << "\"batch\": 0"
                               << "training: Batch (batch) is 0, must be from 1";
    }

    void badFiles()
    {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, message);
        const StudyPlan plan;
        writePlan(plan, file_);
        std::ifstream in(file_);
        QString text = QString::fromStdString({std::istreambuf_iterator<char>(in), {}});
        const auto place = text.indexOf(from);
        QVERIFY(place >= 0);
        text.replace(place, from.size(), to);
        std::ofstream(file_, std::ios::trunc) << text.toStdString();
        try {
            readPlan(file_);
        } catch (const Error& error) {
            const QString words = error.what();
            QVERIFY2(words.contains(message) && words.contains("plan.json"), qPrintable(words));
            return;
        }
        QFAIL("no error");
    }

private:
    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "plan.json";
};

QTEST_APPLESS_MAIN(TestPlanFile)
#include "test_plan_file.moc"
