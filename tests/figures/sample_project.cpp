#include "sample_project.h"

#include <cmath>

#include "wafer/wafer_description.h"

namespace faultline
{

Wafer sampleWafer(int dies, const DieGeometry& geometry)
{
    WaferDescription description;
    description.name = "Sample wafer";
    description.description = "Synthetic, for tests.";
    description.dies = dies;
    description.geometry = geometry;
    DefectStatistics& statistics = description.statistics;
    const Device device;
    for (const Level level : {AP, P})
        statistics.level[level] = {device.conductance(level), 0.05};
    statistics.shorts = {0.002, 4.0};
    statistics.opens = statistics.stuckP = statistics.stuckAP = {0.0005, 4.0};
    statistics.shortConductance = {4.0 * device.conductance(P), 0.2};
    return drawWafer(description);
}

Project sampleProject(int dies)
{
    Project project;
    project.name = "Sample";
    project.wafer = sampleWafer(dies, {});
    Study study{"Study 1", project.plan, {}};
    for (const RunSettings& settings : runsOf(project.plan, project.wafer)) {
        RandomStream random(7, RandomUse::Test, static_cast<std::uint32_t>(study.result.runs.size()));
        Run run;
        run.settings = settings;
        run.network = initialNetwork(settings.network, RandomStream(8, RandomUse::Test, settings.stream()));
        const double baseline = 5.8 + 0.4 * random.uniform();
        run.perfectDieError = baseline;
        for (int epoch = 1; epoch <= settings.training.epochs; ++epoch) {
            const double left = std::exp(-epoch / 4.0);
            EpochRecord record;
            record.summary = {epoch, 0.2 + 1.2 * left + 0.03 * random.uniform(), baseline + 30.0 * left, 0.1};
            record.testError = baseline + 25.0 * left + random.uniform();
            run.curve.push_back(record);
        }
        for (int die = 0; die < dies; ++die) {
            const double defects = project.wafer.dies[static_cast<std::size_t>(die)].defectCount();
            double harm = 0.045;
            if (settings.mode == TrainingMode::StatisticsAware)
                harm = 0.02;
            else if (settings.mode == TrainingMode::HardwareAware)
                harm = settings.die == die ? 0.003 : 0.08;
            run.dieErrors[die] = baseline + harm * defects * (0.5 + random.uniform());
        }
        study.result.runs.push_back(std::move(run));
    }
    study.result.complete = true;
    project.studies.push_back(std::move(study));
    return project;
}

} // namespace faultline
