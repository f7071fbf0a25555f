#include "figures/axis.h"

#include <algorithm>
#include <cmath>

namespace faultline
{

namespace
{

QString superscript(int exponent)
{
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString out;
    for (const QChar c : QString::number(exponent))
        out += c == '-' ? QChar(u'⁻') : digits[c.digitValue()];
    return out;
}

/// Plain where a reader takes it in at a glance, a power of ten elsewhere.
QString decadeLabel(int exponent)
{
    if (exponent >= -2 && exponent <= 3)
        return QString::number(std::pow(10.0, exponent), 'f', std::max(0, -exponent));
    return "10" + superscript(exponent);
}

std::vector<Tick> linearTicks(const Axis& axis, int labels)
{
    const double span = axis.high - axis.low;
    const double rough = span / labels;
    double step = std::pow(10.0, std::floor(std::log10(rough)));
    if (axis.wholeNumbers)
        step = std::max(step, 1.0);
    const auto count = [&](double s) {
        return std::floor(axis.high / s + 1e-9) - std::ceil(axis.low / s - 1e-9) + 1.0;
    };
    for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0})
        if (count(step * factor) <= labels) {
            step *= factor;
            break;
        }
    const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    std::vector<Tick> ticks;
    for (double k = std::ceil(axis.low / step - 1e-9); k * step <= axis.high + 1e-9 * span; ++k)
        ticks.push_back({k * step, printed(k == 0.0 ? 0.0 : k * step, decimals)});
    return ticks;
}

std::vector<Tick> logTicks(const Axis& axis, int labels)
{
    constexpr double narrow = 5.0; // the ratio of ends below which 1, 2 and 5 may leave one label, or none
    if (axis.high < narrow * axis.low)
        return linearTicks(axis, labels);
    const int first = static_cast<int>(std::ceil(std::log10(axis.low) - 1e-9));
    const int last = static_cast<int>(std::floor(std::log10(axis.high) + 1e-9));
    const int decades = last - first + 1;
    // One or two powers of ten alone would leave the axis without a scale.
    const bool inner = decades <= 2 && labels >= 2 + 2 * decades;
    const int every = std::max(1, (decades + labels - 1) / labels);

    std::vector<Tick> ticks;
    for (int decade = first - 1; decade <= last; ++decade)
        for (int digit = 1; digit <= 9; ++digit) {
            const double value = digit * std::pow(10.0, decade);
            if (value < axis.low * (1.0 - 1e-9) || value > axis.high * (1.0 + 1e-9))
                continue;
            if (digit == 1 && (decade - first) % every == 0)
                ticks.push_back({value, decadeLabel(decade)});
            else if (inner && (digit == 2 || digit == 5))
                ticks.push_back({value, QString::number(value, 'g', 3)});
            else if (every == 1)
                ticks.push_back({value, {}});
        }
    return ticks;
}

std::vector<Tick> categoryTicks(const Axis& axis, int labels)
{
    const int count = static_cast<int>(axis.categories.size());
    const int every = std::max(1, (count + labels - 1) / labels);
    std::vector<Tick> ticks;
    for (int k = 0; k < count; k += every)
        ticks.push_back({static_cast<double>(k), axis.categories[k]});
    return ticks;
}

} // namespace

double Axis::fraction(double value) const
{
    if (scale == Scale::Log)
        return std::log(value / low) / std::log(high / low);
    return (value - low) / (high - low);
}

double Axis::valueAt(double fraction) const
{
    return scale == Scale::Log ? low * std::pow(high / low, fraction) : low + fraction * (high - low);
}

Axis linearAxis(QString title, std::span<const double> values, bool fromZero)
{
    constexpr double most = 1e300; // the span of larger ones is no number
    double low = fromZero ? 0.0 : INFINITY, high = fromZero ? 0.0 : -INFINITY;
    for (const double value : values)
        if (std::abs(value) <= most) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    if (!(low <= high))
        low = 0.0, high = 1.0;
    if (low == high)
        high = low + 1.0;
    // So far apart that ticks between them are different numbers.
    high = std::max(high, low + 1e-9 * std::max(std::abs(low), std::abs(high)));
    const double room = 0.06 * (high - low);
    return {std::move(title), Axis::Scale::Linear, fromZero ? low : low - room, high + room, {}};
}

Axis logAxis(QString title, double low, double high)
{
    return {std::move(title), Axis::Scale::Log, low, high, {}};
}

Axis categoryAxis(QString title, QStringList categories)
{
    const double high = std::max<double>(1.0, static_cast<double>(categories.size())) - 0.5;
    return {std::move(title), Axis::Scale::Category, -0.5, high, std::move(categories)};
}

QString printed(double value, int decimals)
{
    return QString::number(value, 'f', decimals).replace('-', QChar(u'−'));
}

std::vector<Tick> niceTicks(const Axis& axis, int labels)
{
    switch (axis.scale) {
    case Axis::Scale::Log:
        return logTicks(axis, labels);
    case Axis::Scale::Category:
        return categoryTicks(axis, labels);
    case Axis::Scale::Linear:
        break;
    }
    return linearTicks(axis, labels);
}

std::vector<Tick> fittingTicks(const Axis& axis, double length, double gap,
                               const std::function<double(const QString&)>& extent)
{
    const auto fits = [&](const std::vector<Tick>& ticks) {
        double end = -INFINITY;
        for (const Tick& tick : ticks) {
            if (tick.label.isEmpty())
                continue;
            const double middle = axis.fraction(tick.value) * length;
            const double half = extent(tick.label) / 2.0;
            if (middle - half < end + gap)
                return false;
            end = middle + half;
        }
        return true;
    };
    // More than eight numbers are clutter; every category that fits has its name.
    int labels =
        axis.scale == Axis::Scale::Category ? std::max(1, static_cast<int>(axis.categories.size())) : 8;
    std::vector<Tick> ticks = niceTicks(axis, labels);
    while (labels > 1 && !fits(ticks))
        ticks = niceTicks(axis, --labels);
    return ticks;
}

} // namespace faultline
