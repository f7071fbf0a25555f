#pragma once

#include <QTest>

#include <hwy/targets.h>

namespace faultline
{

/// A row of test data for each instruction set that kernels were compiled for and this machine has: all from
/// SSE2 on in portable packages, fewer where the build itself asks for more.
inline void addInstructionSets()
{
    QTest::addColumn<qlonglong>("instructionSet");
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
        QTest::newRow(hwy::TargetName(target)) << static_cast<qlonglong>(target);
}

/// Lets kernels run with the instruction set of the current row, as on a machine that has no better one.
class WithInstructionSet
{
public:
    WithInstructionSet()
    {
        QFETCH(const qlonglong, instructionSet);
        use(instructionSet);
    }
    ~WithInstructionSet() { use(0); } // the best one again
    WithInstructionSet(const WithInstructionSet&) = delete;
    WithInstructionSet& operator=(const WithInstructionSet&) = delete;

private:
    static void use(std::int64_t targets)
    {
        hwy::SetSupportedTargetsForTest(targets);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
};

} // namespace faultline
