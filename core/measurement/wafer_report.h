#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/statistics.h"
#include "measurement/drawn_comparison.h"
#include "wafer/defect_counts.h"
#include "wafer/defect_statistics.h"

namespace faultline
{

/// One kind of defect on the wafer's dies, outside of lines that failed as a whole.
struct DefectReport {
    Defect defect = Defect::Short;
    std::vector<double> counts; ///< one per die
    double cells = 0.0;         ///< of a die, their mean
    double rate = 0.0;          ///< share of cells
    Interval rateInterval;      ///< meanInterval() of the counts, 95 %, as a share of cells
    double dispersion = 0.0;    ///< of largest likelihood; infinite where Poisson suffices
    OverdispersionTest overdispersion;
};

/// Rows or columns that failed as a whole, of all dies.
struct LineReport {
    std::string what; ///< "shorted rows"
    long failed = 0, lines = 0;
    double share = 0.0;
    Interval interval; ///< shareInterval(), 95 %
};

/// Are the defects of a die nearer to each other than chance? What is counted are pairs of defects on one
/// die, outside of lines that failed as a whole: in the same row, in the same column, and side by side (of
/// the eight cells around one). Chance is the same number of defects on each die at places drawn without
/// replacement; the probability is that of as many
/// pairs or more, (1 + draws with as many) / (1 + draws) (B. Phipson and G. K. Smyth, Stat. Appl. Genet. Mol.
/// Biol. 9, 39 (2010)).
struct ClusterTest {
    struct Pairs {
        long found = 0;
        double expected = 0.0; ///< the draws' mean
        double probability = 1.0;
    };
    Pairs rows, columns, neighbours;
    int draws = 0;
};

/// Healthy cells' conductances at one level against a lognormal.
struct ConductanceReport {
    LognormalConductance fit; ///< by median and quartiles
    long cells = 0;
    /// Quantile against quantile: a standard normal's, and the measured conductance at the same fraction in
    /// siemens. Fractions (k - 1/2) / n, up to the outermost cells.
    struct Quantile {
        double normal = 0.0, siemens = 0.0;
    };
    std::vector<Quantile> quantiles;
};

/// A number of each die against its distance from the wafer's centre, in dies.
struct RadialTrend {
    std::string what;
    std::vector<double> radius, value;
    double rankCorrelation = 0.0; ///< Spearman's; NaN for less than 3 dies or equal values
    double probability = 1.0;     ///< of one as far from 0, by permutation
};

/// What a physicist reports of a wafer: included dies only.
struct WaferReport {
    std::string wafer;
    int dies = 0;
    std::vector<DefectReport> defects; ///< as allDefects
    std::vector<LineReport> lines;     ///< shorted and open rows, then columns
    ClusterTest clusters;              ///< of all defects together
    std::array<ConductanceReport, levelCount> conductance;
    Box tmr{};                       ///< (G_P - G_AP) / G_AP of healthy cells
    std::vector<RadialTrend> trends; ///< none for dies whose places are not known
    std::optional<Level> assumed;    ///< a level that was not measured on some die: its numbers say nothing
    DefectStatistics statistics;     ///< fitStatistics()
    DrawnComparison drawn;           ///< what these statistics make of dies
};

/// Throws Error for a wafer without included dies or healthy cells, and Stopped.
WaferReport reportOn(const Wafer& wafer, int draws = 999, std::uint64_t seed = 1,
                     const std::stop_token& stop = {});

/// Shuffles cells of the given dies as ClusterTest says.
ClusterTest testClusters(const std::vector<Die>& dies, int draws, std::uint64_t seed,
                         const std::stop_token& stop = {});

/// The report as tables in CSV, each under a line with its name.
std::string csv(const WaferReport& report);

} // namespace faultline
