// Prints how well measured dies are read, labelled and counted, on synthetic wafers whose truth is known:
//   bench_measurement            all tables
//   bench_measurement DRAWS      with that many draws for each coverage (500)
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/random/normal_distribution.hpp>
#include <unistd.h>

#include "measurement/classification.h"
#include "measurement/export.h"
#include "measurement/wafer_report.h"
#include "timing.h"
#include "wafer/wafer_description.h"

using namespace faultline;
namespace fs = std::filesystem;

namespace
{

/// Dies as drawn, read with 1 % of noise: independent in each state, as two readings are.
Wafer measured(const WaferDescription& description, double noise)
{
    Wafer wafer = drawWafer(description);
    for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
        RandomStream random(description.seed, RandomUse::Test, static_cast<std::uint32_t>(i));
        boost::random::normal_distribution<> normal;
        for (auto& grid : wafer.dies[i].conductance)
            for (float& value : grid.reshaped())
                value *= static_cast<float>(1.0 + noise * normal(random));
    }
    return wafer;
}

WaferDescription described(double rate, double sigma, double tmr)
{
    WaferDescription description;
    description.device.tmr = tmr;
    const double parallel = description.device.conductance(P);
    DefectStatistics& statistics = description.statistics;
    statistics.level[P] = {parallel, sigma};
    statistics.level[AP] = {description.device.conductance(AP), sigma};
    for (const Defect defect : allDefects)
        statistics.rate(defect) = {rate, 3.0};
    statistics.shortConductance = {4.0 * parallel, 0.3};
    statistics.openConductance = 0.01 * parallel;
    return description;
}

void printClassification()
{
    std::puts(
        "Automatic labels of 36 dies of 20 000 cells, each kind of defect at the same rate, readings with\n"
        "1 % noise, shorts of 4 G_P (sigma 0.3), opens of G_P / 100. P and AP vary independently.\n"
        "right: share of cells; then precision / recall in percent. One draw each.\n");
    std::puts("   rate  variation   TMR    right %     short          open         stuck-P        stuck-AP   "
              "seconds");
    for (const double rate : {1e-4, 1e-3, 1e-2, 5e-2})
        for (const double sigma : {0.02, 0.05, 0.1, 0.3})
            for (const double tmr : {0.4, 1.0, 2.0}) {
                const Wafer wafer = measured(described(rate, sigma, tmr), 0.01);
                std::printf("%7.0e %7.0f %% %6.0f %%", rate, 100.0 * sigma, 100.0 * tmr);
                Classification result;
                double seconds = 0.0;
                try {
                    seconds = secondsOf([&] { result = classify(wafer); });
                } catch (const std::exception& error) {
                    std::printf("  %s\n", error.what());
                    continue;
                }
                std::array<double, 5> found{}, truth{}, both{};
                double right = 0.0, cells = 0.0;
                for (std::size_t i = 0; i < wafer.dies.size(); ++i)
                    for (Eigen::Index cell = 0; cell < wafer.dies[i].defect.size(); ++cell) {
                        const auto is = static_cast<std::size_t>(wafer.dies[i].defect.data()[cell]);
                        const auto said = static_cast<std::size_t>(result.labels[i].data()[cell]);
                        ++truth[is];
                        ++found[said];
                        both[is] += is == said;
                        right += is == said;
                        ++cells;
                    }
                std::printf("  %9.4f", 100.0 * right / cells);
                for (const Defect defect : allDefects) {
                    const auto k = static_cast<std::size_t>(defect);
                    std::printf("  %5.1f / %5.1f", 100.0 * both[k] / found[k], 100.0 * both[k] / truth[k]);
                }
                std::printf("  %6.2f\n", seconds);
                std::fflush(stdout);
            }
}

void printCoverage(int draws)
{
    std::printf("\nShare of 95 %% intervals that hold the true rate, %d draws of 36 dies of 20 000 cells\n\n"
                "   rate   dispersion   held %%   below %%   above %%\n",
                draws);
    std::uint64_t seed = 0;
    for (const double rate : {1e-4, 1e-3, 1e-2, 5e-2})
        for (const double dispersion : {1.0, 3.0, 20.0, std::numeric_limits<double>::infinity()}) {
            ++seed;
            int below = 0, above = 0;
            for (int draw = 0; draw < draws; ++draw) {
                RandomStream random(seed, RandomUse::Test, static_cast<std::uint32_t>(draw));
                std::vector<double> counts(36);
                for (double& count : counts)
                    count = drawCount({rate, dispersion}, 20'000, random);
                const Interval interval = meanInterval(counts);
                below += interval.high < 20'000 * rate;
                above += interval.low > 20'000 * rate;
            }
            std::printf("%7.0e %12.0f %8.1f %9.1f %9.1f\n", rate, dispersion,
                        100.0 * (draws - below - above) / draws, 100.0 * below / draws,
                        100.0 * above / draws);
            std::fflush(stdout);
        }
}

fs::path newFolder()
{
    const fs::path folder = fs::temp_directory_path() / ("bench_measurement-" + std::to_string(getpid()));
    fs::create_directories(folder);
    return folder;
}

/// From files to intervals, as a person goes: nothing of the truth but the files is known on the way.
void printChain(int draws)
{
    std::printf(
        "\nThe same from CSV files, imported, labelled automatically and counted: %d draws of 36 dies of\n"
        "2 000 cells, TMR 150 %%, variation 5 %%, readings with 1 %% noise, dispersion 3\n\n"
        "   rate   held %%:  short    open  stuck-P  stuck-AP\n",
        draws);
    const fs::path folder = newFolder();
    for (const double rate : {1e-3, 1e-2, 5e-2}) {
        std::array<int, allDefects.size()> held{};
        WaferDescription description = described(rate, 0.05, 1.5);
        description.geometry = {40, 50, 40, 50};
        for (int draw = 0; draw < draws; ++draw) {
            description.seed = static_cast<std::uint64_t>(draw) + 1;
            writeFiles(exportDies(measured(description, 0.01), folder, ArrayFormat::Csv));
            const auto files = measurementFiles(std::array{folder});
            Wafer wafer = waferOf(readMeasurement(files, guessRecipe(files.front())), "read");
            applyLabels(classify(wafer).labels, wafer);
            for (std::size_t k = 0; k < allDefects.size(); ++k) {
                std::vector<double> counts;
                for (const Die& die : wafer.dies)
                    counts.push_back(die.counts()[static_cast<std::size_t>(allDefects[k])]);
                const Interval interval = meanInterval(counts);
                held[k] += interval.low <= 2000 * rate && 2000 * rate <= interval.high;
            }
        }
        std::printf("%7.0e %16.1f %7.1f %8.1f %9.1f\n", rate, 100.0 * held[0] / draws,
                    100.0 * held[1] / draws, 100.0 * held[2] / draws, 100.0 * held[3] / draws);
        std::fflush(stdout);
    }
    fs::remove_all(folder);
}

void printImport()
{
    const fs::path folder = newFolder();
    std::puts("\nImport, seconds (best of 3; guess and read)\n");
    const auto time = [&](const char* what) {
        double best = 1e9, fromFiles = 0.0;
        for (int repeat = 0; repeat < 3; ++repeat) {
            Measurement measurement;
            best = std::min(best, secondsOf([&] {
                                const auto files = measurementFiles(std::array{folder});
                                measurement = readMeasurement(files, guessRecipe(files.front()));
                            }));
            fromFiles = static_cast<double>(measurement.report.values);
        }
        std::printf("  %-46s %8.0f values  %6.3f\n", what, fromFiles, best);
        for (const auto& entry : fs::directory_iterator(folder))
            fs::remove(entry.path());
    };
    WaferDescription description = described(1e-3, 0.05, 1.5);
    Wafer wafer = drawWafer(description);
    writeFiles(exportDies(wafer, folder, ArrayFormat::Csv));
    time("36 dies of 100 x 200, CSV matrices, 72 files");
    {
        std::ofstream table(folder / "table.csv");
        table << "die,row,column,state,value\n";
        for (const Die& die : wafer.dies)
            for (int row = 0; row < die.rows(); ++row)
                for (int column = 0; column < die.columns(); ++column)
                    for (const Level level : {AP, P})
                        table << die.name << ',' << row << ',' << column << ',' << name(level) << ','
                              << 1.0f / die.conductance[level](row, column) << '\n';
    }
    time("36 dies of 100 x 200, one CSV table");
    writeFiles(exportDies(wafer, folder, ArrayFormat::Npy));
    time("36 dies of 100 x 200, .npy, 36 files");
    writeFiles(exportDies(wafer, folder, ArrayFormat::Hdf5));
    time("36 dies of 100 x 200, one HDF5 file");
    description.dies = 1;
    description.geometry = {1024, 1024, 32, 32};
    wafer = drawWafer(description);
    writeFiles(exportDies(wafer, folder, ArrayFormat::Csv));
    time("one die of 1024 x 1024, CSV matrices");
    fs::remove_all(folder);
}

} // namespace

int main(int argc, char** argv)
{
    printImport();
    const int draws = argc > 1 ? std::atoi(argv[1]) : 500;
    printCoverage(draws);
    printChain(draws);
    printClassification();
}
