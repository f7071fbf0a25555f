#pragma once

#include <array>
#include <limits>
#include <stop_token>
#include <vector>

#include "common/random.h"
#include "wafer/defect_clusters.h"
#include "wafer/die.h"

namespace faultline
{

/// Conductance whose logarithm is normal.
struct LognormalConductance {
    double median = 0.0; ///< siemens
    double sigma = 0.0;  ///< standard deviation of the natural logarithm
    bool operator==(const LognormalConductance&) const = default;
};

/// How many cells of a die have a defect: negative binomial, the yield model of C. H. Stapper,
/// IBM J. Res. Dev. 27, 549 (1983). Mean rate x cells, variance mean + mean^2 / dispersion.
struct DefectRate {
    double rate = 0.0; ///< share of cells, 0 to 1
    double dispersion =
        std::numeric_limits<double>::infinity(); ///< 1e-6 or more; infinity is Poisson's limit
    bool operator==(const DefectRate&) const = default;
};

/// Rows, or columns, that fail as a whole: each on its own with these probabilities.
struct LineRates {
    double shorts = 0.0, opens = 0.0;
    bool operator==(const LineRates&) const = default;
};

/// All that is known of a population of dies: drawn from, it gives new dies of the same make.
struct DefectStatistics {
    std::array<LognormalConductance, levelCount> level; ///< healthy cells, indexed by Level
    /// Of ln G_P with ln G_AP of a healthy cell, -1 to 1: near 1 where junctions differ in area, and TMR
    /// little.
    double levelCorrelation = 0.0;
    DefectRate shorts, opens, stuckP, stuckAP;
    LognormalConductance shortConductance;
    double shortLimit = std::numeric_limits<double>::infinity(); ///< siemens; the access transistor in series
    double openConductance = 0.0;                                ///< siemens; leakage of an open cell
    LineRates rows, columns;                                     ///< the rates above are of cells elsewhere
    DefectClusters clusters;                                     ///< of each kind of defect for itself

    const DefectRate& rate(Defect defect) const;
    DefectRate& rate(Defect defect);
    bool hasShorts() const { return shorts.rate > 0.0 || rows.shorts > 0.0 || columns.shorts > 0.0; }
    void validate() const; ///< throws Error
    bool operator==(const DefectStatistics&) const = default;
};

/// The statistics of a wafer's dies, from labels and conductances alone: robust (median and quartile)
/// lognormals for healthy cells and shorts; the correlation of the levels from the quartiles of their sum and
/// difference (R. Gnanadesikan and J. R. Kettenring, Biometrics 28, 81 (1972)), 0 where chance alone would
/// make as much; the shares of rows and columns that failed (sortDefects); of
/// the other cells mean rates, the dispersion by maximum likelihood, and clusters (fitClusters). Throws Error
/// for a wafer without dies or without healthy cells.
DefectStatistics fitStatistics(const Wafer& wafer);

/// Number of cells of a die of that many cells that have the defect: one draw, at most `cells`.
int drawCount(const DefectRate& rate, int cells, RandomStream& random);

/// A conductance from the distribution, siemens; 1e38 at most.
double draw(const LognormalConductance& distribution, RandomStream& random);

/// Conductance of a new defective cell, siemens. Not for Defect::None.
double drawDefectConductance(const DefectStatistics& statistics, Defect defect, RandomStream& random);

/// The defects of one new die, each in a cell of its own: failed rows, then columns, then single cells, at
/// places drawn without replacement. Throws Stopped.
struct DrawnDefect {
    CellIndex cell;
    Defect defect = Defect::None;
    double siemens = 0.0;
};
std::vector<DrawnDefect> drawDefects(const DefectStatistics& statistics, const DieGeometry& geometry,
                                     RandomStream& random, const std::stop_token& stop = {});

/// One new die: every junction and level with its own variation, then its defects. Throws Stopped.
Die drawDie(const DefectStatistics& statistics, const DieGeometry& geometry, RandomStream random,
            const std::stop_token& stop = {});

} // namespace faultline
