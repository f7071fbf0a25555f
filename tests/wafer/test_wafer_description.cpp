#include <set>
#include <utility>
#include <vector>

#include <QTest>

#include "support/errors.h"
#include "support/temporary_folder.h"
#include "wafer/wafer_description.h"

using namespace faultline;

namespace
{

const std::filesystem::path demoFile = std::filesystem::path(FAULTLINE_SOURCE_DATASETS) / "demo-wafer.json";
constexpr double infinity = std::numeric_limits<double>::infinity();

const std::string shortest = R"({
    "name": "plain",
    "dies": 3,
    "geometry": { "rows": 6, "columns": 8 },
    "device": { "parallel_resistance_ohm": 4000, "tmr_ratio": 1.5 },
    "variation": { "sigma_ln_at_p": 0.05, "sigma_ln_at_ap": 0.1 }
})";

const std::string fullest = R"({
    "name": "full",
    "description": "all keys",
    "dies": 5,
    "seed": 18446744073709551615,
    "geometry": { "rows": 6, "columns": 8, "rows_per_kernel": 3, "columns_per_kernel": 4 },
    "device": { "parallel_resistance_ohm": 4000, "tmr_ratio": 1.5 },
    "variation": { "sigma_ln_at_p": 0.05, "sigma_ln_at_ap": 0.1 },
    "defects": {
        "short": { "share_of_cells": 0.01, "dispersion": 3, "conductance_in_g_p": 4,
                   "conductance_sigma_ln": 0.2, "largest_conductance_in_g_p": 6 },
        "open": { "share_of_cells": 0.02, "conductance_in_g_p": 0.001 },
        "stuck_p": { "share_of_cells": 0.03, "dispersion": 2.5 },
        "stuck_ap": { "share_of_cells": 0 },
        "failed_rows": { "share_shorted": 0.04, "share_open": 0.05 },
        "failed_columns": { "share_open": 0.06 },
        "clusters": { "mean_size": 7, "radius_in_cells": 1.5 }
    }
})";

std::string replaced(std::string text, const std::string& what, const std::string& by)
{
    const auto at = text.find(what);
    Q_ASSERT(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

WaferDescription readText(const std::string& text)
{
    const TemporaryFolder folder;
    return readWaferDescription(folder.write("my wafer.json", text));
}

} // namespace

class TestWaferDescription : public QObject
{
    Q_OBJECT

private slots:
    void demoIsTheWaferOfTheStudy();
    void leavesOutWhatIsNotThere();
    void readsEveryKey();
    void namesFileAndKey_data();
    void namesFileAndKey();
    void everyPrefixIsRefused();
    void refusesDescriptionsMadeInCode();

    void demoDiesNeverChange();
    void diesAreNamedAndPlaced();
    void layoutIsRound_data();
    void layoutIsRound();
    void smallerWafersAreTheFirstDies();
    void seedsMakeOtherWafers();
};

void TestWaferDescription::demoIsTheWaferOfTheStudy()
{
    const WaferDescription demo = readWaferDescription(demoFile);
    QVERIFY(demo.description.find("Synthetic") != std::string::npos);
    QCOMPARE(demo.dies, 36);
    QCOMPARE(demo.geometry, (DieGeometry{100, 200, 25, 25}));
    QCOMPARE(demo.device, (Device{5000.0, 1.5}));
    DefectStatistics expected;
    expected.level[P] = {1.0 / 5000.0, 0.05};
    expected.level[AP] = {1.0 / 12500.0, 0.05};
    expected.shorts = {0.002, 4.0};
    expected.opens = expected.stuckP = expected.stuckAP = {0.0005, 4.0};
    expected.shortConductance = {4.0 * (1.0 / 5000.0), 0.2};
    QCOMPARE(demo.statistics, expected);
}

void TestWaferDescription::leavesOutWhatIsNotThere()
{
    const WaferDescription wafer = readText(shortest);
    QCOMPARE(wafer.name, std::string("plain"));
    QCOMPARE(wafer.description, std::string());
    QCOMPARE(wafer.dies, 3);
    QCOMPARE(wafer.seed, std::uint64_t{1});
    QCOMPARE(wafer.geometry, (DieGeometry{6, 8, 6, 8}));
    DefectStatistics expected;
    expected.level[P] = {250e-6, 0.05};
    expected.level[AP] = {100e-6, 0.1};
    QCOMPARE(wafer.statistics, expected);
}

void TestWaferDescription::readsEveryKey()
{
    const WaferDescription wafer = readText(fullest);
    QCOMPARE(wafer.description, std::string("all keys"));
    QCOMPARE(wafer.seed, std::numeric_limits<std::uint64_t>::max());
    QCOMPARE(wafer.geometry, (DieGeometry{6, 8, 3, 4}));
    DefectStatistics expected;
    expected.level[P] = {250e-6, 0.05};
    expected.level[AP] = {100e-6, 0.1};
    expected.shorts = {0.01, 3.0};
    expected.shortConductance = {1e-3, 0.2};
    expected.shortLimit = 6.0 * 250e-6;
    expected.opens = {0.02, infinity};
    expected.openConductance = 0.001 * 250e-6;
    expected.stuckP = {0.03, 2.5};
    expected.stuckAP = {0.0, infinity};
    expected.rows = {0.04, 0.05};
    expected.columns = {0.0, 0.06};
    expected.clusters = {7.0, 1.5};
    QCOMPARE(wafer.statistics, expected);
}

void TestWaferDescription::namesFileAndKey_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("message");
    const auto row = [](const char* name, const char* what, const char* by, const char* message) {
        QTest::newRow(name) << replaced(fullest, what, by) << std::string(message);
    };

    row("missing", R"("dies": 5,)", "",
        "dies: found no such key, expected a whole number from 0 to 2147483647");
    row("missing in a section", R"(, "tmr_ratio": 1.5)", "",
        "device.tmr_ratio: found no such key, expected a number");
    row("missing two levels down", R"("share_of_cells": 0.02, )", "",
        "defects.open.share_of_cells: found no such key, expected a number");
    row("missing section", R"("device": { "parallel_resistance_ohm": 4000, "tmr_ratio": 1.5 },)", "",
        "device: found no such key, expected an object { ... }");
    row("word for a number", R"("share_of_cells": 0.01)", R"("share_of_cells": "few")",
        R"(defects.short.share_of_cells: found "few", expected a number)");
    row("number in quotes", "4000", R"("4000")",
        R"(device.parallel_resistance_ohm: found "4000", expected a number)");
    row("null", R"("dispersion": 3)", R"("dispersion": null)",
        "defects.short.dispersion: found null, expected a number");
    row("number for a word", R"("full")", "7", "name: found 7, expected a text in quotes");
    row("broken die", R"("dies": 5)", R"("dies": 5.5)", "dies: found 5.5, expected a whole number");
    row("negative dies", R"("dies": 5)", R"("dies": -5)", "dies: found -5, expected a whole number");
    row("more than an int", R"("rows": 6)", R"("rows": 4294967302)",
        "geometry.rows: found 4294967302, expected a whole number");
    row("more than a seed", "18446744073709551615", "18446744073709551616",
        "seed: found 1.8446744073709552e+19");
    row("array for a section", R"({ "share_of_cells": 0 })", "[1, 2]",
        "defects.stuck_ap: found [1,2], expected an object { ... }");
    row("long value", R"("dies": 5)", R"("dies": "a very long text that nobody wants to read in a message")",
        "dies: found \"a very long text that nobody wants to r..., expected");
    row("unknown", R"("conductance_sigma_ln")", R"("sigma")",
        "defects.short.sigma: found a key that is not known here, expected one of share_of_cells, "
        "dispersion, "
        "conductance_in_g_p, conductance_sigma_ln, largest_conductance_in_g_p");
    row("unknown at the top", R"("seed")", R"("sede")",
        "sede: found a key that is not known here, expected one of name, description, dies, seed,");
    row("negative share", "0.02", "-0.02", "defects.open: share of open cells is -0.02, must be from 0 to 1");
    row("percent", "0.03", "3", "defects.stuck_p: share of stuck-P cells is 3, must be from 0 to 1");
    row("no dispersion", "2.5", "0", "defects.stuck_p: dispersion of stuck-P cells is 0");
    row("negative rows", "0.04", "-0.04", "defects.failed_rows: share of shorted rows is -0.04");
    row("no radius", "1.5 }\n    }", "0 }\n    }", "defects.clusters: radius of clusters is 0");
    row("no cluster size", R"("mean_size": 7, )", "",
        "defects.clusters.mean_size: found no such key, expected a number");
    row("shares over 1", "0.03", "0.99", "share of all defects together is 1.02");
    row("negative sigma", "0.1", "-0.1",
        "variation: standard deviation of ln(conductance) of healthy cells at AP");
    row("no resistance", "4000", "0", "device: resistance R_P is 0");
    row("broken kernel", R"("rows_per_kernel": 3)", R"("rows_per_kernel": 4)",
        "geometry: number of rows in a kernel is 4, must be a divisor of the die's 6");
    row("no dies", R"("dies": 5)", R"("dies": 0)", "number of dies is 0, must be from 1 to 1000");
    row("many dies", R"("dies": 5)", R"("dies": 1001)", "number of dies is 1001");
    row("not a number", "0.01", "NaN",
        "line 10: found text that is not JSON, expected a complete JSON object");
    row("comma", "\"dies\": 5,", "\"dies\": 5", "line 5: found text that is not JSON");
    row("beyond doubles", "4000", "1e999", "found [json.exception.out_of_range");
    QTest::newRow("truncated") << fullest.substr(0, fullest.size() - 30)
                               << std::string("found the end of the file, expected a complete JSON object");
    QTest::newRow("empty") << std::string() << std::string("line 1: found the end of the file");
    QTest::newRow("trailing") << fullest + "x" << std::string("line 19: found text that is not JSON");
    QTest::newRow("array") << std::string("[]") << std::string("found [], expected an object { ... }");
    QTest::newRow("bytes") << std::string("\xff\xfe{}") << std::string("line 1: found text that is not JSON");
}

void TestWaferDescription::namesFileAndKey()
{
    QFETCH(const std::string, text);
    QFETCH(const std::string, message);
    const std::string said = messageOf([&] { readText(text); });
    VERIFY_CONTAINS(said, "my wafer.json: ");
    VERIFY_CONTAINS(said, message);
}

/// Whatever was lost at the end: an Error, never another exception or a wafer.
void TestWaferDescription::everyPrefixIsRefused()
{
    const TemporaryFolder folder;
    for (std::size_t size = 0; size < fullest.size(); ++size) {
        const auto file = folder.write("cut.json", fullest.substr(0, size));
        VERIFY_CONTAINS(messageOf([&] { readWaferDescription(file); }), "cut.json: line");
    }
    VERIFY_CONTAINS(messageOf([&] { readWaferDescription(folder.path() / "none.json"); }),
                    "none.json: found no file that can be read");
    VERIFY_CONTAINS(messageOf([&] { readWaferDescription(folder.path()); }),
                    "found no file that can be read");
}

void TestWaferDescription::refusesDescriptionsMadeInCode()
{
    WaferDescription wafer = readText(shortest);
    wafer.validate();
    wafer.dies = 0;
    VERIFY_CONTAINS(messageOf([&] { drawWafer(wafer); }), "number of dies is 0");
    wafer = readText(shortest);
    wafer.statistics.shorts.rate = 2.0;
    VERIFY_CONTAINS(messageOf([&] { drawWafer(wafer); }), "share of short cells is 2");
    wafer = readText(shortest);
    wafer.geometry.columns = 0;
    VERIFY_CONTAINS(messageOf([&] { wafer.validate(); }), "number of columns is 0");
    wafer = readText(shortest);
    wafer.device.tmr = -1.0;
    VERIFY_CONTAINS(messageOf([&] { wafer.validate(); }), "TMR is -1");
}

/// Whoever changes these numbers changes every result that was ever got with the demo wafer.
void TestWaferDescription::demoDiesNeverChange()
{
    const Wafer wafer = drawWafer(readWaferDescription(demoFile));
    QCOMPARE(wafer.dies.size(), 36u);
    QCOMPARE(wafer.dies.front().counts(), (DefectCounts{19953, 28, 8, 6, 5}));
    QCOMPARE(wafer.dies.back().counts(), (DefectCounts{19934, 43, 10, 2, 11}));
}

void TestWaferDescription::diesAreNamedAndPlaced()
{
    WaferDescription description = readText(fullest);
    description.dies = 120;
    const Wafer wafer = drawWafer(description);
    QCOMPARE(wafer.name, description.name);
    QCOMPARE(wafer.description, description.description);
    QCOMPARE(wafer.geometry, description.geometry);
    QCOMPARE(wafer.device, description.device);
    QCOMPARE(wafer.dies[0].name, std::string("D01"));
    QCOMPARE(wafer.dies[8].name, std::string("D09"));
    QCOMPARE(wafer.dies[9].name, std::string("D10"));
    QCOMPARE(wafer.dies[119].name, std::string("D120"));
    for (const Die& die : wafer.dies) {
        QCOMPARE(die.rows(), 6);
        QCOMPARE(die.columns(), 8);
    }
}

void TestWaferDescription::layoutIsRound_data()
{
    QTest::addColumn<int>("dies");
    for (int dies : {1, 2, 3, 4, 5, 7, 10, 35, 36, 37, 100, 333, 1000})
        QTest::addRow("%d", dies) << dies;
}

/// Row by row, no two dies at one place, left and right alike, rows without gaps that grow towards the
/// middle, about as wide as high, and not a square.
void TestWaferDescription::layoutIsRound()
{
    QFETCH(const int, dies);
    WaferDescription description = readText(shortest);
    description.dies = dies;
    const Wafer wafer = drawWafer(description);

    std::vector<std::vector<int>> rows;
    int width = 0;
    for (const Die& die : wafer.dies) {
        rows.resize(std::max(rows.size(), static_cast<std::size_t>(die.position.row) + 1));
        QCOMPARE(static_cast<std::size_t>(die.position.row), rows.size() - 1);
        rows.back().push_back(die.position.column);
        width = std::max(width, die.position.column + 1);
    }
    for (const auto& row : rows) {
        QVERIFY(!row.empty());
        QCOMPARE(row.front() + row.back(), width - 1);
        for (std::size_t k = 1; k < row.size(); ++k)
            QCOMPARE(row[k], row[k - 1] + 1);
    }
    for (std::size_t k = 1; k < rows.size(); ++k) {
        const bool upperHalf = k <= rows.size() / 2;
        QVERIFY(upperHalf ? rows[k].size() >= rows[k - 1].size() : rows[k].size() <= rows[k - 1].size());
    }
    if (dies >= 35) {
        QVERIFY(std::abs(width - static_cast<int>(rows.size())) <= 2);
        QVERIFY(static_cast<int>(rows.front().size()) <= width * 2 / 3);
        QVERIFY(width * static_cast<int>(rows.size()) > dies * 5 / 4);
    }
}

void TestWaferDescription::smallerWafersAreTheFirstDies()
{
    WaferDescription description = readText(fullest);
    const Wafer large = drawWafer(description);
    description.dies = 2;
    const Wafer small = drawWafer(description);
    for (std::size_t k = 0; k < 2; ++k) {
        QCOMPARE(small.dies[k].name, large.dies[k].name);
        QVERIFY((small.dies[k].conductance[P] == large.dies[k].conductance[P]).all());
        QVERIFY((small.dies[k].defect == large.dies[k].defect).all());
    }
    QVERIFY((large.dies[0].conductance[P] != large.dies[1].conductance[P]).all());
}

void TestWaferDescription::seedsMakeOtherWafers()
{
    WaferDescription description = readText(fullest);
    const Wafer one = drawWafer(description);
    description.seed = 2;
    const Wafer two = drawWafer(description);
    QVERIFY((one.dies[0].conductance[P] != two.dies[0].conductance[P]).any());
}

QTEST_APPLESS_MAIN(TestWaferDescription)
#include "test_wafer_description.moc"
