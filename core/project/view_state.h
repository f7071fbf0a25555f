#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace faultline
{

/// A part of a die, in cells from its upper left corner; may reach beyond the die.
struct CellArea {
    double row = 0.0, column = 0.0;   ///< of its corner
    double rows = 0.0, columns = 0.0; ///< 0: the whole die
    bool operator==(const CellArea&) const = default;
};

/// What the pages show, so that a project opens as it was left. Choices are kept by name: a page leaves what
/// it has where it does not know one. Looking at something is no change of the project.
struct ViewState {
    struct Wafer {
        std::string colourBy; ///< "defects", "yield", "errors"
        std::string network;  ///< whose errors colour the dies
        std::string overlay;  ///< of the die that is large, as DieView's
        bool operator==(const Wafer&) const = default;
    };
    struct Die {
        int die = -1;        ///< id
        std::string overlay; ///< "defects", "conductance-P", "weights" ...
        std::string network; ///< that lies on the die
        std::string colours; ///< "viridis", "cividis", "blue-red"
        bool rangeByHand = false;
        /// Ends of the colours: percentiles of the healthy cells in percent, by hand the overlay's SI unit.
        double rangeLow = 1.0, rangeHigh = 99.0;
        bool rangeLog = false;
        CellArea seen;
        bool operator==(const Die&) const = default;
    };
    struct Compare {
        std::vector<std::string> hiddenModes; ///< of training
        std::vector<std::string> networks;    ///< shown by themselves
        std::string order;         ///< of the dies: "name", "defects", or the mode whose errors count
        std::string chart;         ///< that is large, "errorByDie"
        std::vector<int> selected; ///< ids of dies
        bool operator==(const Compare&) const = default;
    };
    /// The form of the Circuit page: what is read, and what a sweep varies.
    struct Circuit {
        struct Axis {
            std::string parameter; ///< "read-noise" ... (core/study); empty: none
            std::string from, to;  ///< as typed
            int steps = 1;
            bool log = false;
            bool operator==(const Axis&) const = default;
        };
        std::string networks; ///< a mode of training, for all of its networks, or the name of one
        std::string dies;     ///< as typed
        bool otherDies = false;
        int images = 1, repeats = 1;
        std::array<Axis, 2> axes;
        bool operator==(const Circuit&) const = default;
    };

    std::string page; ///< "wafer", "die", "train", "compare", "statistics", "circuit"
    int study = -1;   ///< the one shown, as an index; -1: the last
    Wafer wafer;
    Die die;
    Compare compare;
    std::string countedDefect; ///< on the Statistics page
    std::optional<Circuit> circuit;
    bool operator==(const ViewState&) const = default;
};

} // namespace faultline
