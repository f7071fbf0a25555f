#pragma once

#include <functional>
#include <span>
#include <vector>

#include <QString>
#include <QStringList>

namespace faultline
{

/// One direction of a plot.
struct Axis {
    enum class Scale { Linear, Log, Category };

    QString title; ///< with the unit in brackets
    Scale scale = Scale::Linear;
    double low = 0.0, high = 1.0; ///< low < high; both positive on a logarithmic axis
    QStringList categories;       ///< category k lies at k
    bool wholeNumbers = false;    ///< of things that are counted: no ticks between them

    /// Where a value lies: 0 at low, 1 at high.
    double fraction(double value) const;
    /// The value that lies there.
    double valueAt(double fraction) const;
};

/// An axis with room around the finite values; from zero if `fromZero`.
Axis linearAxis(QString title, std::span<const double> values, bool fromZero);
Axis logAxis(QString title, double low, double high);
Axis categoryAxis(QString title, QStringList categories);

/// The title of axes along which test errors stand.
inline const QString errorTitle = QStringLiteral("Test error (%)");

/// A number as it is printed: with so many decimals and a true minus sign.
QString printed(double value, int decimals);

struct Tick {
    double value = 0.0;
    QString label; ///< empty for a minor tick
};

/// Ticks at round values (1, 2 or 5 times a power of ten; every n-th category), of which at most `labels`
/// have a label. labels >= 1.
std::vector<Tick> niceTicks(const Axis& axis, int labels);

/// As many nice ticks as fit on `length` when a label takes `extent(label)` along it, with `gap` between two.
std::vector<Tick> fittingTicks(const Axis& axis, double length, double gap,
                               const std::function<double(const QString&)>& extent);

} // namespace faultline
