#include "study/report.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include <QTest>

using namespace faultline;
using nlohmann::json;

namespace
{

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

Wafer threeDies()
{
    Wafer wafer;
    wafer.geometry = {100, 200, 25, 25};
    for (const char* name : {"D01", "a \"quoted\", long name", "D03"})
        wafer.add(Die(name, wafer.geometry, wafer.device));
    wafer.dies[2].position = {3, 4};
    const Defect labels[] = {Defect::Short, Defect::Short,  Defect::Short,  Defect::Short,  Defect::Open,
                             Defect::Open,  Defect::StuckP, Defect::StuckP, Defect::StuckP, Defect::StuckAP};
    for (int column = 0; column < 10; ++column)
        wafer.dies[2].setDefect(7, column, labels[column], 1e-3F);
    return wafer;
}

/// Runs of the plan with made-up errors; those of hardware-aware training are good on their own die alone.
std::vector<Run> finishedRuns(const StudyPlan& plan, const Wafer& wafer)
{
    std::vector<Run> runs;
    for (const RunSettings& settings : runsOf(plan, wafer)) {
        Run run;
        run.settings = settings;
        const double base = 0.25 + settings.repeat;
        run.perfectDieError = base;
        for (int die = 0; die < 3; ++die)
            run.dieErrors[die] = die == settings.die ? 1.0 / 3.0 : base + 10.0 * die;
        runs.push_back(run);
    }
    return runs;
}

QStringList keys(const json& object)
{
    QStringList names;
    for (const auto& [name, value] : object.items())
        names << QString::fromStdString(name);
    return names;
}

} // namespace

class ReportTest : public QObject
{
    Q_OBJECT

private slots:
    void jsonHasTheForm()
    {
        const Wafer wafer = threeDies();
        StudyPlan plan;
        plan.repeats = 2;
        plan.seed = 18446744073709551615u;
        const StudyResult result{{}, {}, finishedRuns(plan, wafer), {}, true, 20.1, 0.4};
        const json study = json::parse(studyJson(plan, wafer, result));

        for (const char* key :
             {"faultline", "seed", "network", "epochs", "baseline", "dies", "modes", "seconds"})
            QVERIFY2(study.contains(key), key);
        QVERIFY(study["faultline"].is_string());
        QCOMPARE(study["seed"].get<std::uint64_t>(), plan.seed);
        QVERIFY(study["network"] == json({196, 40, 10}));
        QCOMPARE(study["epochs"].get<int>(), plan.training.epochs);
        QCOMPARE(study["baseline"]["error_percent"].get<double>(), 0.75);
        QVERIFY(study["dies"][2] ==
                json({{"name", "D03"}, {"shorts", 4}, {"opens", 2}, {"stuck_p", 3}, {"stuck_ap", 1}}));
        QCOMPARE(study["dies"][1]["name"].get<std::string>(), wafer.dies[1].name);
        QCOMPARE(keys(study["modes"]), QStringList({"hardware-aware", "standard", "statistics-aware"}));
        QCOMPARE(study["seconds"]["train"].get<double>(), 20.1);
        QCOMPARE(study["seconds"]["evaluate"].get<double>(), 0.4);
        QVERIFY(study["complete"] == true);
        QVERIFY(study["runs"] == json({{"finished", 7}, {"planned", 7}}));

        const json standard = study["modes"]["standard"], own = study["modes"]["hardware-aware"];
        const std::vector<double> expected{0.75, 10.75, 20.75};
        QVERIFY(standard["error_percent"] == json(expected));
        QCOMPARE(standard["mean_percent"].get<double>(), 10.75);
        QCOMPARE(standard["sd_percent"].get<double>(), 10.0);
        QCOMPARE(standard["worst_percent"].get<double>(), 20.75);
        QCOMPARE(standard["spread_percent"][0].get<double>(), std::sqrt(0.5));
        QVERIFY(!standard.contains("other_dies_percent"));
        QVERIFY(own["error_percent"] == json({1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0})); // to the last digit
        QCOMPARE(own["other_dies_percent"].size(), 3u);
    }

    void heldOutDiesAreNamed()
    {
        const Wafer wafer = threeDies();
        StudyPlan plan;
        plan.dies = {2};
        plan.fittedDies = {0, 1, 7}; // one has left the wafer
        const json study = json::parse(studyJson(plan, wafer, {}));
        QVERIFY(study["held_out"] == json({"D03"}));
        QVERIFY(study["statistics_fitted_to"] == json({"D01", wafer.dies[1].name}));
        QVERIFY(!json::parse(studyJson({}, wafer, {})).contains("held_out"));
    }

    void stoppedStudyHasNulls()
    {
        const Wafer wafer = threeDies();
        StudyPlan plan;
        StudyResult result;
        json study = json::parse(studyJson(plan, wafer, result));
        QVERIFY(study["baseline"]["error_percent"].is_null());
        QVERIFY(study["modes"].empty());
        QCOMPARE(study["dies"].size(), 3u);
        QVERIFY(study["complete"] == false);

        result.runs = finishedRuns(plan, wafer);
        std::erase_if(result.runs, [](const Run& run) { return run.settings.die == 1; });
        study = json::parse(studyJson(plan, wafer, result));
        const json errors = study["modes"]["hardware-aware"]["error_percent"];
        QVERIFY(errors[0].is_number() && errors[1].is_null() && errors[2].is_number());
    }

    void onlyThePlansDies()
    {
        const Wafer wafer = threeDies();
        StudyPlan plan;
        plan.dies = {2, 0};
        plan.modes = {TrainingMode::Standard};
        const StudyResult result{{}, {}, finishedRuns(plan, wafer), {}, true, 0.0, 0.0};
        const json study = json::parse(studyJson(plan, wafer, result));
        QCOMPARE(study["dies"].size(), 2u);
        QCOMPARE(study["dies"][0]["name"].get<std::string>(), std::string("D03"));
        QVERIFY(study["modes"]["standard"]["error_percent"][0] >
                study["modes"]["standard"]["error_percent"][1]);
    }

    void csvHasARowPerDie()
    {
        const Wafer wafer = threeDies();
        StudyPlan plan;
        plan.repeats = 1;
        const QStringList lines =
            QString::fromStdString(diesCsv(plan, wafer, finishedRuns(plan, wafer))).split("\r\n");
        QCOMPARE(lines.size(), 5); // the last one is empty
        QCOMPARE(lines[0],
                 "die,wafer_row,wafer_column,shorts,opens,stuck_p,stuck_ap,standard_error_percent,"
                 "standard_spread_percent,hardware-aware_error_percent,hardware-aware_spread_percent,"
                 "hardware-aware_other_dies_percent,statistics-aware_error_percent,"
                 "statistics-aware_spread_percent");
        QCOMPARE(lines[1], "D01,0,0,0,0,0,0,0.25,0,0.3333333333333333,0,0.25,0.25,0");
        QVERIFY(lines[2].startsWith("\"a \"\"quoted\"\", long name\",0,0,"));
        QVERIFY(lines[3].startsWith("D03,3,4,4,2,3,1,20.25,"));
    }

    void cellsThatWereNotMeasuredAreCountedApart()
    {
        Wafer wafer = threeDies();
        wafer.dies[2].acquisition.missing = {7 * 200 + 1}; // one of the shorts
        StudyPlan plan;
        const std::vector<Run> runs = finishedRuns(plan, wafer);
        const json study = json::parse(studyJson(plan, wafer, {{}, {}, runs, {}, true, 0.0, 0.0}));
        QVERIFY(study["dies"][2]["shorts"] == 3 && study["dies"][2]["not_measured"] == 1);
        QVERIFY(!study["dies"][1].contains("not_measured"));
        const QStringList lines = QString::fromStdString(diesCsv(plan, wafer, runs)).split("\r\n");
        QVERIFY(lines[0].contains("stuck_ap,not_measured,standard"));
        QVERIFY(lines[3].startsWith("D03,3,4,3,2,3,1,1,"));
    }

    void csvOfAnUnfinishedStudyHasEmptyCells()
    {
        const Wafer wafer = threeDies();
        StudyPlan plan;
        std::vector<Run> runs = finishedRuns(plan, wafer);
        std::erase_if(runs, [](const Run& run) { return run.settings.die != 1; });
        QVERIFY(QString::fromStdString(diesCsv(plan, wafer, runs)).contains("\r\nD03,3,4,4,2,3,1,,,"));
    }

    void worstDie()
    {
        QCOMPARE(worst(std::vector<double>{1.0, notANumber, 3.0, 2.0}), 3.0);
        QVERIFY(std::isnan(worst(std::vector<double>{})));
    }
};

QTEST_GUILESS_MAIN(ReportTest)
#include "test_report.moc"
