#include "project/circuit_results.h"

namespace faultline
{

ReadNumbers numbersOf(const CircuitOutcome& outcome)
{
    return {.error = outcome.error,
            .idealError = outcome.idealError,
            .energy = outcome.cost.energy,
            .power = outcome.cost.power,
            .worstRowLoss = worstLoss(outcome.rows),
            .worstColumnLoss = worstLoss(outcome.columns)};
}

void CircuitResults::outdate()
{
    if (waterfall)
        waterfall->reading.current = false;
    if (sweep)
        sweep->reading.current = false;
}

} // namespace faultline
