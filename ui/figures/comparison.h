#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <QString>

#include "figures/table.h"
#include "figures/theme.h"
#include "study/runner.h"

namespace faultline
{

/// The order of the dies in charts and tables. Dies of the same place stand in the order of their names, and
/// dies without an error last.
struct DieOrder {
    enum class By { Name, Defects, Error };
    By by = By::Name;
    std::string series; ///< whose error; one that is not shown leaves the dies sorted by name
};

/// What of a study's results is compared.
struct ComparisonChoice {
    std::set<TrainingMode> hidden;  ///< modes that are left out
    std::set<std::string> networks; ///< names of networks that are shown by themselves
    DieOrder order;
};

/// Results of a study side by side: the one thing that the charts and tables of a comparison know.
/// Errors are percent of the test images, NaN where not evaluated, one per die in the order of `dies`.
struct Comparison {
    /// Or several on which one network lies.
    struct Die {
        int id = 0; ///< Die::id or DieGroup::id
        std::string name;
        int defects = 0;
    };
    /// A training mode, as the mean over its networks with the standard deviation, or a single network.
    struct Series {
        std::string name;
        SeriesStyle style;
        std::vector<double> error, spread; ///< hardware-aware: each network on its own die
    };
    struct Network {
        std::string name;
        int trainedOn = -1; ///< Die::id (hardware-aware); -1 otherwise
        std::vector<double> error;
    };

    std::vector<Die> dies;
    std::vector<Series> series;
    /// Mean error on each die of the hardware-aware networks of all others; empty when that mode is hidden.
    std::vector<double> otherDies;
    std::optional<double> baselineError; ///< of the standard networks on a perfect die
    double baselineSpread = 0.0;
    std::vector<TrainingMode> modes; ///< that have results, shown or not
    std::vector<Network> networks;   ///< all that are trained

    /// A die in words: its name in the first line, then its numbers.
    QString describe(std::size_t die) const;
};

Comparison compare(const Wafer& wafer, const Study& study, const ComparisonChoice& choice = {});

/// One row per series: dies, mean, median, standard deviation, worst, and the excess of the mean over the
/// baseline; the baseline itself first.
Table summaryTable(const Comparison& comparison);
/// One row per die: name, defects, and the error of every series.
Table dieTable(const Comparison& comparison);

} // namespace faultline
