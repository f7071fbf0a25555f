#include "wafer/die.h"

#include <cmath>

#include "common/require.h"

namespace faultline
{

std::string_view name(Defect defect)
{
    switch (defect) {
    case Defect::None:
        return "none";
    case Defect::Short:
        return "short";
    case Defect::Open:
        return "open";
    case Defect::StuckP:
        return "stuck-P";
    case Defect::StuckAP:
        return "stuck-AP";
    }
    throw Error("defect label " + std::to_string(static_cast<int>(defect)) + " is not known");
}

void DieGeometry::validate() const
{
    const auto validateSide = [](const std::string& lines, int count, int inKernel) {
        require(count >= 1 && count <= maximumSide, "number of " + lines, count,
                "from 1 to " + std::to_string(maximumSide));
        require(inKernel >= 1 && count % inKernel == 0, "number of " + lines + " in a kernel", inKernel,
                "a divisor of the die's " + std::to_string(count));
    };
    validateSide("rows", rows, kernelRows);
    validateSide("columns", columns, kernelColumns);
}

void Device::validate() const
{
    require(parallelResistance > 0.0 && std::isfinite(parallelResistance), "resistance R_P",
            parallelResistance, "more than 0 ohm");
    require(tmr > 0.0 && std::isfinite(tmr), "TMR", tmr, "more than 0 (1.5 is 150 %)");
}

Die::Die(std::string dieName, const DieGeometry& geometry, const Device& device) : name(std::move(dieName))
{
    for (int level = 0; level < levelCount; ++level) {
        const auto nominal = static_cast<float>(device.conductance(static_cast<Level>(level)));
        conductance.push_back(CellGrid<float>::Constant(geometry.rows, geometry.columns, nominal));
    }
    defect = CellGrid<Defect>::Constant(geometry.rows, geometry.columns, Defect::None);
}

DefectCounts Die::counts() const
{
    DefectCounts counts{};
    for (Defect label : defect.reshaped())
        ++counts[static_cast<std::size_t>(label)];
    return counts;
}

int Die::defectCount() const
{
    return static_cast<int>(defect.size()) - counts()[static_cast<std::size_t>(Defect::None)];
}

void Die::setDefect(int row, int column, Defect label, float siemens)
{
    defect(row, column) = label;
    for (auto& grid : conductance)
        grid(row, column) = siemens;
}

} // namespace faultline
