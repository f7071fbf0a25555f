#include "study/hold_out.h"

#include <algorithm>

#include "common/require.h"

namespace faultline
{

StudyPlan holdOut(StudyPlan plan, const Wafer& wafer, int evaluated, std::uint64_t seed)
{
    std::vector<int> dies = plan.diesOn(wafer);
    const int count = static_cast<int>(dies.size());
    require(evaluated >= 1 && evaluated < count, "number of dies held out", evaluated,
            "from 1 to one less than the plan's " + std::to_string(count));
    RandomStream random(seed, RandomUse::HoldOut);
    for (std::size_t i = dies.size() - 1; i > 0; --i)
        std::swap(dies[i], dies[random.below(static_cast<std::uint32_t>(i) + 1)]);
    const auto heldOut = dies.begin() + evaluated;
    std::sort(dies.begin(), heldOut);

    plan.dies.clear();
    plan.fittedDies.clear();
    for (auto die = dies.begin(); die != heldOut; ++die)
        plan.dies.push_back(wafer.dies[static_cast<std::size_t>(*die)].id);
    Wafer seen = wafer;
    seen.dies.clear();
    for (auto die = heldOut; die != dies.end(); ++die) {
        seen.dies.push_back(wafer.dies[static_cast<std::size_t>(*die)]);
        plan.fittedDies.push_back(seen.dies.back().id);
    }
    std::ranges::sort(plan.fittedDies);
    plan.statistics = fitStatistics(seen);
    return plan;
}

} // namespace faultline
