#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "measurement/import.h"
#include "wafer/defect_statistics.h"

namespace faultline
{

/// Where the labels of cells change, by hand or from a fit.
struct Thresholds {
    double openBelow = 0.0;     ///< siemens: a cell that conducts less in every state is open
    double middle = 0.0;        ///< siemens: a cell that does not switch is stuck-P above, stuck-AP below
    double shortAbove = 0.0;    ///< siemens: a cell that conducts more in every state is a short
    double smallestRatio = 1.0; ///< G_P / G_AP of a cell that switches

    void validate() const; ///< throws Error
    bool operator==(const Thresholds&) const = default;
};

/// The label of a cell by its conductances in both states, siemens.
Defect classify(double atP, double atAP, const Thresholds& thresholds);
/// By one state alone, which tells shorts and opens only.
Defect classify(double siemens, const Thresholds& thresholds);

/// Lognormals fitted to all cells of a wafer by expectation-maximisation (A. P. Dempster et al., J. R. Stat.
/// Soc. B 39, 1 (1977)) in u = (ln G_P + ln G_AP) / 2 and d = ln G_P - ln G_AP:
/// - healthy cells: normal in u and d, correlated, for area varies both states alike;
/// - stuck cells: u as a healthy cell's ln G in that state, d around 0 as far as a reading repeats;
/// - shorts: u above, with its own median and sigma, d as of stuck cells;
/// - opens: less than a fifth, each state for itself, for noise and leakage are not a property of the state;
/// - a uniform background that keeps wild cells from moving the others (J. D. Banfield and A. E. Raftery,
///   Biometrics 49, 803 (1993)); its cells are labelled by the thresholds.
/// With one state: u is its ln G, and there are healthy cells, shorts, opens and background. From AP alone a
/// stuck-P cell looks like a weak short.
struct MixtureFit {
    std::array<LognormalConductance, levelCount> healthy; ///< both alike when one state was measured
    LognormalConductance shorts, opens;
    double repeatability = 0.0; ///< standard deviation of d of cells that do not switch
    double background = 0.0;    ///< share of cells in it
    double logLikelihood = 0.0; ///< nat per cell
    int iterations = 0;
    /// What the fit expects of its own labels of measured cells, indexed by Defect: precision is the share of
    /// cells with a label that have earned it, recall the share of such cells that got it. NaN without any
    /// such cells.
    struct Quality {
        long cells = 0;
        double precision = 0.0, recall = 0.0;
    };
    std::array<Quality, 5> quality;
    double rightlyLabelled = 0.0; ///< expected share of all measured cells
};

struct Classification {
    std::vector<CellGrid<Defect>> labels; ///< one grid per die
    Thresholds thresholds;
    std::optional<MixtureFit> fit; ///< absent for thresholds by hand
};

/// Labels for all dies of a wafer: by thresholds, or by a mixture fitted to all dies together. `only`: the
/// one state that was measured. Throws Error for bad thresholds, no dies, or cells that no mixture fits.
Classification classify(const Wafer& wafer, const std::optional<Thresholds>& thresholds = {},
                        std::optional<Level> only = {});

/// Sets the labels, one grid per die. Conductances stay as measured; on a die that was measured in one state
/// alone, shorts and opens conduct the same in the other. Returns the ids of the dies on which that changed
/// what a cell conducts.
std::vector<int> applyLabels(const std::vector<CellGrid<Defect>>& labels, Wafer& wafer);

/// The one level that was measured, where the other of some die is assumed.
std::optional<Level> measuredAlone(const Wafer& wafer);

/// The dies as measured: no labels yet, the nominal junction from their medians. With one state alone the
/// other conducts (1 + `tmr`) times less or more. Dies without a position stand on a round wafer. Throws
/// Error for medians that no junction has, and for those at P that are not above those at AP.
Wafer waferOf(const Measurement& measurement, const std::string& name, double tmr = 1.5);

/// The dies of another wafer as they can be added to this one: at free positions. Throws Error for another
/// size and for a name in use.
std::vector<Die> diesToAdd(const Wafer& wafer, std::vector<Die> others);

} // namespace faultline
