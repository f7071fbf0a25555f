#include "measurement/classification.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <sstream>

#include "common/error.h"
#include "common/require.h"
#include "common/statistics.h"
#include "wafer/wafer_description.h"

namespace faultline
{

namespace
{

/// The parts of the mixture: the labels, and the background behind them.
constexpr std::size_t parts = 6, background = 5;
using Shares = std::array<double, parts>;

constexpr std::size_t part(Defect label)
{
    return static_cast<std::size_t>(label);
}

struct Point {
    double u, d;
};

double square(double value)
{
    return value * value;
}

double logNormal(double value, double variance)
{
    return -0.5 * (square(value) / variance + std::log(2.0 * std::numbers::pi * variance));
}

/// Sums of the points that a part holds, each with its share.
struct Moments {
    double weight = 0.0, u = 0.0, d = 0.0, uu = 0.0, dd = 0.0, ud = 0.0;

    void add(double share, const Point& point)
    {
        weight += share;
        u += share * point.u;
        d += share * point.d;
        uu += share * point.u * point.u;
        dd += share * point.d * point.d;
        ud += share * point.u * point.d;
    }
};

class Mixture
{
public:
    Mixture(const std::vector<Point>& points, bool twoStates) : points_(points), two_(twoStates)
    {
        start();
        constexpr int mostIterations = 200;
        constexpr double enough = 1e-7; // nat per cell
        double before = -std::numeric_limits<double>::infinity();
        for (iterations_ = 1; iterations_ <= mostIterations; ++iterations_) {
            const double now = improve();
            if (!std::isfinite(now))
                throw Error("No mixture of lognormals fits these conductances: set thresholds by hand.");
            if (now - before < enough)
                break;
            before = now;
        }
        logLikelihood_ = before;
    }

    /// Each part's share in a cell, adding up to 1; the logarithm of the point's density.
    double shares(const Point& point, Shares& shares) const
    {
        Shares logs;
        logs.fill(-std::numeric_limits<double>::infinity());
        const double fromU = point.u - u_, fromD = point.d - d_;
        if (two_) {
            const double determinant = uu_ * dd_ - ud_ * ud_;
            const double distance =
                (dd_ * square(fromU) - 2.0 * ud_ * fromU * fromD + uu_ * square(fromD)) / determinant;
            logs[part(Defect::None)] =
                -0.5 * distance - std::log(2.0 * std::numbers::pi) - 0.5 * std::log(determinant);
            const double same = logNormal(point.d, repeat_);
            logs[part(Defect::StuckP)] = logNormal(point.u - level(P), levelVariance(P)) + same;
            logs[part(Defect::StuckAP)] = logNormal(point.u - level(AP), levelVariance(AP)) + same;
            logs[part(Defect::Short)] = logNormal(point.u - short_, shortVariance_) + same;
            logs[part(Defect::Open)] =
                logNormal(point.u - open_, openVariance_ / 2.0) + logNormal(point.d, 2.0 * openVariance_);
        } else {
            logs[part(Defect::None)] = logNormal(fromU, uu_);
            logs[part(Defect::Short)] = logNormal(point.u - short_, shortVariance_);
            logs[part(Defect::Open)] = logNormal(point.u - open_, openVariance_);
        }
        if (point.u > level(AP) - openGap)
            logs[part(Defect::Open)] = -std::numeric_limits<double>::infinity();
        logs[background] = logBackground_;
        double largest = -std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < parts; ++k)
            largest = std::max(largest, logs[k] += logWeight_[k]);
        double sum = 0.0;
        for (std::size_t k = 0; k < parts; ++k)
            sum += shares[k] = logs[k] - largest < -40.0 ? 0.0 : std::exp(logs[k] - largest);
        for (double& share : shares)
            share /= sum;
        return largest + std::log(sum);
    }

    Thresholds thresholds() const
    {
        // As many standard deviations from the one as from the other.
        const auto between = [](double low, double lowSigma, double high, double highSigma) {
            return (low * highSigma + high * lowSigma) / (lowSigma + highSigma);
        };
        const double sigmaP = std::sqrt(levelVariance(P)), sigmaAP = std::sqrt(levelVariance(AP));
        Thresholds thresholds;
        thresholds.openBelow = std::exp(
            std::min(between(open_, std::sqrt(openVariance_), level(AP), sigmaAP), level(AP) - openGap));
        thresholds.middle = std::exp(between(level(AP), sigmaAP, level(P), sigmaP));
        thresholds.shortAbove = std::exp(between(level(P), sigmaP, short_, std::sqrt(shortVariance_)));
        thresholds.smallestRatio =
            two_ ? std::exp(between(0.0, std::sqrt(repeat_), d_, std::sqrt(dd_))) : 1.0;
        return thresholds;
    }

    MixtureFit fit() const
    {
        MixtureFit fit;
        for (const Level state : {AP, P})
            fit.healthy[state] = {std::exp(level(state)), std::sqrt(levelVariance(state))};
        fit.shorts = {std::exp(short_), std::sqrt(shortVariance_)};
        fit.opens = {std::exp(open_), std::sqrt(openVariance_)};
        fit.repeatability = std::sqrt(repeat_);
        fit.background = std::exp(logWeight_[background]);
        fit.logLikelihood = logLikelihood_;
        fit.iterations = iterations_;
        return fit;
    }

private:
    double level(Level state) const { return u_ + (state == P ? 0.5 : -0.5) * d_; }
    double levelVariance(Level state) const { return uu_ + 0.25 * dd_ + (state == P ? ud_ : -ud_); }

    void start()
    {
        std::vector<double> us, ds;
        for (const Point& point : points_) {
            us.push_back(point.u);
            ds.push_back(point.d);
        }
        constexpr double normalInterquartileRange = 1.3489795003921634, leastSigma = 1e-3;
        const auto spread = [=](const Box& box) {
            return square(
                std::max(leastSigma, (box.highQuartile - box.lowQuartile) / normalInterquartileRange));
        };
        const Box u = box(us);
        u_ = u.median;
        uu_ = spread(u);
        const auto [lowU, highU] = std::ranges::minmax(us);
        logBackground_ = -std::log(highU - lowU + 1.0);
        if (two_) {
            const Box d = box(ds);
            d_ = d.median;
            dd_ = spread(d);
            const auto [lowD, highD] = std::ranges::minmax(ds);
            logBackground_ -= std::log(highD - lowD + 1.0);
            if (d_ <= 0.0)
                throw Error("Most cells conduct no more in P than in AP: are the states exchanged?");
        }
        const auto sigma = [this](Level state) { return std::sqrt(levelVariance(state)); };
        shortStart_ = short_ = level(P) + std::max(std::log(3.0), 5.0 * sigma(P));
        std::vector<double> low;
        std::ranges::copy_if(us, std::back_inserter(low),
                             [this](double value) { return value < level(AP) - openGap; });
        openStart_ = open_ = low.empty() ? level(AP) - 2.0 * openGap : mean(low);
        logWeight_.fill(std::log(1e-3));
        logWeight_[part(Defect::None)] = std::log1p(-5e-3);
    }

    /// One step of expectation and maximisation; the log-likelihood per cell before it.
    double improve()
    {
        std::array<Moments, parts> moments;
        double sum = 0.0;
        Shares share;
        for (const Point& point : points_) {
            sum += shares(point, share);
            for (std::size_t k = 0; k < parts; ++k)
                if (share[k] > 0.0)
                    moments[k].add(share[k], point);
        }
        const auto count = static_cast<double>(points_.size());
        for (std::size_t k = 0; k < parts; ++k)
            logWeight_[k] = std::log(std::max(moments[k].weight, 1e-9) / count);

        constexpr double leastVariance = 1e-6;
        const Moments& healthy = moments[part(Defect::None)];
        u_ = healthy.u / healthy.weight;
        uu_ = std::max(healthy.uu / healthy.weight - square(u_), leastVariance);
        if (two_) {
            d_ = healthy.d / healthy.weight;
            dd_ = std::max(healthy.dd / healthy.weight - square(d_), leastVariance);
            const double most = 0.999 * std::sqrt(uu_ * dd_);
            ud_ = std::clamp(healthy.ud / healthy.weight - u_ * d_, -most, most);
        }

        // One cell's worth of what was assumed at first, so that a part without cells stays where it is.
        const Moments& shorts = moments[part(Defect::Short)];
        short_ = std::max((shorts.u + shortStart_) / (shorts.weight + 1.0), level(P) + std::log(1.5));
        constexpr double shortSpread = 0.3 * 0.3, openSpread = 1.0;
        shortVariance_ =
            (shorts.uu - 2.0 * short_ * shorts.u + square(short_) * shorts.weight + shortSpread) /
            (shorts.weight + 1.0);
        const Moments& opens = moments[part(Defect::Open)];
        open_ = (opens.u + openStart_) / (opens.weight + 1.0);
        const double opensAround = opens.uu - 2.0 * open_ * opens.u + square(open_) * opens.weight;
        openVariance_ =
            std::max(square(0.2), two_ ? (opensAround + opens.dd / 4.0 + openSpread) / (opens.weight + 1.0)
                                       : (opensAround + openSpread) / (opens.weight + 1.0));
        if (two_) {
            double same = 0.0, cells = 0.0;
            for (const Defect label : {Defect::StuckP, Defect::StuckAP, Defect::Short}) {
                same += moments[part(label)].dd;
                cells += moments[part(label)].weight;
            }
            repeat_ = std::max((same + startRepeat) / (cells + 1.0), leastVariance);
        }
        return sum / count;
    }

    /// An open conducts at most a fifth of a healthy cell: more would be a cell in a higher state.
    static constexpr double openGap = 1.6094379124341003;
    static constexpr double startRepeat = 0.01 * 0.01;

    const std::vector<Point>& points_;
    bool two_;
    double u_ = 0.0, d_ = 0.0, uu_ = 1.0, dd_ = 0.0, ud_ = 0.0;
    double repeat_ = startRepeat;
    double short_ = 0.0, shortStart_ = 0.0, shortVariance_ = 0.3 * 0.3;
    double open_ = 0.0, openStart_ = 0.0, openVariance_ = 1.0;
    Shares logWeight_{};
    double logBackground_ = 0.0;
    double logLikelihood_ = 0.0;
    int iterations_ = 0;
};

/// Conductances as the mixture sees them: their logarithms, with a floor for cells that conduct nothing.
class Points
{
public:
    Points(const Wafer& wafer, std::optional<Level> only) : only_(only)
    {
        std::vector<double> positive;
        for (const Die& die : wafer.dies)
            for (const float value : die.conductance[only.value_or(AP)].reshaped())
                if (value > 0.0f)
                    positive.push_back(value);
        constexpr double little = 1e-4; // of the usual conductance: below what a tester resolves
        floor_ = little * quantile(positive, 0.5);
        if (!(floor_ > 0.0))
            throw Error("No cell conducts: there is nothing to classify.");
        points_.reserve(positive.size());
        for (const Die& die : wafer.dies)
            for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell)
                points_.push_back(of(die, cell));
    }

    const std::vector<Point>& all() const { return points_; }

private:
    Point of(const Die& die, Eigen::Index cell) const
    {
        const auto ln = [&](Level level) {
            return std::log(std::max<double>(die.conductance[level].data()[cell], floor_));
        };
        if (only_)
            return {ln(*only_), 0.0};
        const double p = ln(P), ap = ln(AP);
        return {0.5 * (p + ap), p - ap};
    }

    std::optional<Level> only_;
    double floor_ = 0.0;
    std::vector<Point> points_;
};

Defect byThresholds(const Die& die, Eigen::Index cell, const Thresholds& thresholds,
                    std::optional<Level> only)
{
    if (only)
        return classify(die.conductance[*only].data()[cell], thresholds);
    return classify(die.conductance[P].data()[cell], die.conductance[AP].data()[cell], thresholds);
}

} // namespace

void Thresholds::validate() const
{
    require(openBelow >= 0.0 && std::isfinite(openBelow), "threshold of opens", openBelow,
            "0 siemens or more");
    require(middle >= openBelow && std::isfinite(middle), "threshold between the states", middle,
            "at least the threshold of opens");
    require(shortAbove > middle, "threshold of shorts", shortAbove,
            "more than the threshold between the states");
    require(smallestRatio >= 1.0 && std::isfinite(smallestRatio), "smallest ratio G_P / G_AP of a switch",
            smallestRatio, "1 or more");
}

Defect classify(double atP, double atAP, const Thresholds& thresholds)
{
    if (std::max(atP, atAP) < thresholds.openBelow)
        return Defect::Open;
    if (std::min(atP, atAP) > thresholds.shortAbove)
        return Defect::Short;
    if (atP > thresholds.smallestRatio * atAP)
        return Defect::None;
    return std::sqrt(atP * atAP) > thresholds.middle ? Defect::StuckP : Defect::StuckAP;
}

Defect classify(double siemens, const Thresholds& thresholds)
{
    return siemens < thresholds.openBelow    ? Defect::Open
           : siemens > thresholds.shortAbove ? Defect::Short
                                             : Defect::None;
}

Classification classify(const Wafer& wafer, const std::optional<Thresholds>& thresholds,
                        std::optional<Level> only)
{
    if (wafer.dies.empty())
        throw Error("The wafer has no dies to classify.");
    Classification result;
    for (const Die& die : wafer.dies)
        result.labels.emplace_back(die.rows(), die.columns());
    if (thresholds) {
        thresholds->validate();
        result.thresholds = *thresholds;
        for (std::size_t i = 0; i < wafer.dies.size(); ++i)
            for (Eigen::Index cell = 0; cell < result.labels[i].size(); ++cell)
                result.labels[i].data()[cell] = byThresholds(wafer.dies[i], cell, *thresholds, only);
        return result;
    }

    const Points points(wafer, only);
    const Mixture mixture(points.all(), !only);
    result.thresholds = mixture.thresholds();
    MixtureFit& fit = result.fit.emplace(mixture.fit());
    std::array<double, 5> labelled{}, belongs{};
    Shares share;
    std::size_t next = 0;
    for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
        for (Eigen::Index cell = 0; cell < result.labels[i].size(); ++cell) {
            mixture.shares(points.all()[next++], share);
            const auto best = static_cast<std::size_t>(std::ranges::max_element(share) - share.begin());
            const Defect label = best == background
                                     ? byThresholds(wafer.dies[i], cell, result.thresholds, only)
                                     : static_cast<Defect>(best);
            result.labels[i].data()[cell] = label;
            if (!wafer.dies[i].isMeasured(cell))
                continue;
            ++fit.quality[part(label)].cells;
            // What the background holds counts for the label that it gets.
            labelled[part(label)] += share[part(label)] + share[background];
            for (std::size_t k = 0; k < background; ++k)
                belongs[k] += share[k];
            belongs[part(label)] += share[background];
        }
    }
    double right = 0.0, cells = 0.0;
    for (std::size_t k = 0; k < background; ++k) {
        fit.quality[k].precision = labelled[k] / static_cast<double>(fit.quality[k].cells);
        fit.quality[k].recall =
            belongs[k] < 0.5 ? std::numeric_limits<double>::quiet_NaN() : labelled[k] / belongs[k];
        right += labelled[k];
        cells += static_cast<double>(fit.quality[k].cells);
    }
    fit.rightlyLabelled = right / cells;
    return result;
}

std::vector<int> applyLabels(const std::vector<CellGrid<Defect>>& labels, Wafer& wafer)
{
    std::vector<int> changed;
    for (std::size_t i = 0; i < wafer.dies.size(); ++i) {
        Die& die = wafer.dies[i];
        die.defect = labels[i];
        if (!die.acquisition.assumed)
            continue;
        const Level other = *die.acquisition.assumed;
        CellGrid<float>& assumed = die.conductance[other];
        const CellGrid<float>& measured = die.conductance[other == P ? AP : P];
        const auto isStale = (die.defect != Defect::None && assumed != measured).eval();
        if (!isStale.any())
            continue;
        assumed = isStale.select(measured, assumed);
        changed.push_back(die.id);
    }
    return changed;
}

namespace
{

/// The nominal junction by the median conductances, siemens. Throws Error where they are none of a junction.
Device deviceOf(double parallel, double antiparallel)
{
    constexpr double leastOhm = 1.0, mostOhm = 1e12;
    const auto shown = [](double siemens) {
        std::ostringstream text;
        text << siemens << " S (" << 1.0 / siemens << " ohm)";
        return text.str();
    };
    if (!(parallel * leastOhm <= 1.0 && parallel * mostOhm >= 1.0))
        throw Error(
            "The median cell conducts " + shown(parallel) +
            " at P, which no junction does (1 ohm to 1 teraohm): is the quantity or its unit another?");
    if (!(antiparallel > 0.0 && parallel > antiparallel))
        throw Error("The median cell conducts " + shown(parallel) + " at P and " + shown(antiparallel) +
                    " at AP, no less: are the states exchanged, is the same file given for both, or were all "
                    "dies measured in one state?");
    return {1.0 / parallel, parallel / antiparallel - 1.0};
}

} // namespace

std::optional<Level> measuredAlone(const Wafer& wafer)
{
    const std::optional<Level> assumed = wafer.assumedLevel();
    return assumed ? std::optional(assumed == P ? AP : P) : std::nullopt;
}

Wafer waferOf(const Measurement& measurement, const std::string& name, double tmr)
{
    require(tmr > 0.0 && std::isfinite(tmr), "TMR", tmr, "more than 0 (1.5 is 150 %)");
    Wafer wafer;
    wafer.name = name;
    wafer.description = "Measured.";
    wafer.geometry = measurement.geometry();
    const auto positions = roundLayout(static_cast<int>(measurement.dies.size()));
    const bool placed = std::ranges::all_of(measurement.dies,
                                            [](const MeasuredDie& die) { return die.position.has_value(); });
    std::array<std::vector<double>, levelCount> medians;
    for (const MeasuredDie& measured : measurement.dies) {
        Die die(measured.name, wafer.geometry, wafer.device);
        die.position = placed ? *measured.position : positions[wafer.dies.size()];
        die.acquisition = {measured.axes, {}, placed, measured.missing};
        for (const Level level : {AP, P}) {
            const Level other = level == P ? AP : P;
            if (!measured.has(level))
                die.acquisition.assumed = level;
            const auto factor = static_cast<float>(level == P ? 1.0 + tmr : 1.0 / (1.0 + tmr));
            die.conductance[level] = measured.has(level)
                                         ? measured.conductance[level]
                                         : CellGrid<float>(measured.conductance[other] * factor);
            const auto values = die.conductance[level].cast<double>().eval();
            medians[level].push_back(quantile({values.data(), static_cast<std::size_t>(values.size())}, 0.5));
        }
        wafer.add(std::move(die));
    }
    const double parallel = quantile(medians[P], 0.5), antiparallel = quantile(medians[AP], 0.5);
    wafer.device = deviceOf(parallel, antiparallel);
    wafer.validate();
    return wafer;
}

std::vector<Die> diesToAdd(const Wafer& wafer, std::vector<Die> others)
{
    const auto size = [](int rows, int columns) {
        return std::to_string(rows) + " x " + std::to_string(columns) + " cells";
    };
    int lowest = -1, shift = 0;
    for (const Die& die : wafer.dies)
        lowest = std::max(lowest, die.position.row);
    for (const Die& other : others) {
        if (other.rows() != wafer.geometry.rows || other.columns() != wafer.geometry.columns)
            throw Error("die \"" + other.name + "\" has " + size(other.rows(), other.columns()) +
                        ", those of the wafer have " + size(wafer.geometry.rows, wafer.geometry.columns));
        for (const Die& die : wafer.dies) {
            if (die.name == other.name)
                throw Error("the wafer has a die \"" + die.name + "\" already");
            if (die.position == other.position)
                shift = lowest + 1;
        }
    }
    for (Die& other : others)
        other.position.row += shift;
    return others;
}

} // namespace faultline
