#include "wafer/die_group.h"

#include <algorithm>
#include <functional>

namespace faultline
{

std::string DieGroup::name() const
{
    constexpr std::size_t mostSpeltOut = 3;
    if (dies.size() > mostSpeltOut)
        return dies.front()->name + ".." + dies.back()->name;
    std::string name = dies.front()->name;
    for (std::size_t k = 1; k < dies.size(); ++k)
        name += "+" + dies[k]->name;
    return name;
}

bool DieGroup::contains(int dieId) const
{
    return std::ranges::find(dies, dieId, &Die::id) != dies.end();
}

DefectCounts DieGroup::counts() const
{
    DefectCounts sums{};
    for (const Die* die : dies)
        std::ranges::transform(sums, die->counts(), sums.begin(), std::plus());
    return sums;
}

int DieGroup::defectCount() const
{
    int sum = 0;
    for (const Die* die : dies)
        sum += die->defectCount();
    return sum;
}

int DieGroup::missingCells() const
{
    int sum = 0;
    for (const Die* die : dies)
        sum += static_cast<int>(die->acquisition.missing.size());
    return sum;
}

Die DieGroup::joined() const
{
    Die whole = *dies.front();
    whole.name = name();
    const auto join = [this](auto& grid, const auto& gridOf) {
        const Eigen::Index columns = grid.cols();
        grid.resize(Eigen::NoChange, columns * static_cast<Eigen::Index>(dies.size()));
        for (std::size_t k = 0; k < dies.size(); ++k)
            grid.middleCols(columns * static_cast<Eigen::Index>(k), columns) = gridOf(*dies[k]);
    };
    join(
        whole.defect, [](const Die& die) -> const auto& { return die.defect; });
    for (std::size_t level = 0; level < whole.conductance.size(); ++level)
        join(
            whole.conductance[level], [level](const Die& die) -> const auto& {
                return die.conductance[level];
            });
    auto& missing = whole.acquisition.missing;
    missing.clear();
    for (std::size_t k = 0; k < dies.size(); ++k)
        for (const int cell : dies[k]->acquisition.missing) {
            const int columns = dies[k]->columns();
            missing.push_back(cell / columns * whole.columns() + static_cast<int>(k) * columns +
                              cell % columns);
        }
    std::ranges::sort(missing);
    return whole;
}

DieGeometry sideBySide(DieGeometry die, int count)
{
    die.columns *= count;
    return die;
}

} // namespace faultline
