#include "document/evaluator.h"

#include <algorithm>

#include "common/log.h"
#include "document/study_queue.h"
#include "study/evaluation.h"

namespace faultline
{

namespace
{

/// A die, or several joined, and the networks whose errors on it are not known.
struct Gap {
    Die die;
    std::vector<Run> networks; ///< without their curves
    std::vector<EvaluatedError> errors;
    std::vector<std::optional<ImageChecksums>> images; ///< of each network's study
};

/// A hold-out study's statistics were fitted to the dies that it is not judged on.
bool judges(const StudyPlan& plan, const DieGroup& place)
{
    return !plan.statistics || plan.dies.empty() || std::ranges::count(plan.dies, place.id()) > 0;
}

/// The first place with gaps; none has networks when nothing is missing. `testImages`: their checksum, once
/// it is known.
Gap firstGap(const Project& project, std::optional<std::uint32_t> testImages)
{
    Gap gap;
    std::vector<const Die*> dies; // of the gap
    for (std::size_t study = 0; study < project.studies.size(); ++study) {
        const StudyResult& result = project.studies[study].result;
        if (testImages && result.images && result.images->test != *testImages)
            continue;
        for (const DieGroup& place : project.studies[study].plan.placesOn(project.wafer)) {
            const bool wanted =
                std::ranges::all_of(place.dies, &Die::included) && judges(project.studies[study].plan, place);
            if (!wanted || (!dies.empty() && dies != place.dies))
                continue;
            for (const Run& run : result.runs)
                if (!run.dieErrors.contains(place.id())) {
                    gap.networks.push_back({run.settings, {}, run.network, 0.0, {}});
                    gap.errors.push_back({static_cast<int>(study), run.settings, 0.0});
                    gap.images.push_back(result.images);
                }
            if (!gap.networks.empty() && dies.empty()) {
                dies = place.dies;
                gap.die = place.joined();
            }
        }
    }
    return gap;
}

/// The wafer without its dies.
Wafer emptyWafer(const Wafer& wafer)
{
    return {wafer.name, wafer.description, wafer.geometry, wafer.device, {}};
}

} // namespace

Evaluator::Evaluator(const Project& project, StudyQueue& queue, std::shared_ptr<ImageStore> images,
                     QObject* parent)
    : QObject(parent),
      project_(project),
      queue_(queue),
      images_(std::move(images))
{
    // Another list of studies: what is being evaluated may stand elsewhere in it.
    connect(&queue, &StudyQueue::studiesChanged, this, &Evaluator::complete);
}

void Evaluator::dieChanged(int dieId)
{
    queue_.dropErrors(dieId);
    complete();
}

void Evaluator::complete()
{
    const bool known = read_ && read_->first == project_.dataset;
    Gap first = firstGap(project_, known ? std::optional(read_->second) : std::nullopt);
    busy_ = !first.networks.empty();
    if (!busy_) {
        completing_.cancel();
        tellFailure({});
        emit completed();
        return;
    }
    auto gap = std::make_shared<Gap>(std::move(first));
    completing_.start([this, gap, wafer = emptyWafer(project_.wafer), folder = project_.dataset,
                       images = images_](const std::stop_token& stop) -> Background::Finish {
        try {
            const auto full = images->test(folder);
            const auto isOfOthers = [&](const std::optional<ImageChecksums>& study) {
                return study && study->test != full->checksum;
            };
            if (std::ranges::any_of(gap->images, isOfOthers))
                return [this, folder, checksum = full->checksum] {
                    read_ = {folder, checksum};
                    complete();
                };
            Dataset small, calibration;
            for (std::size_t k = 0; k < gap->networks.size(); ++k) {
                if (stop.stop_requested())
                    return [] {};
                const Run& network = gap->networks[k];
                if (small.width != network.settings.side)
                    small = downsample(*full, network.settings.side);
                if (network.settings.circuit && calibration.width != network.settings.side)
                    calibration = downsample(*images->calibration(folder), network.settings.side);
                gap->errors[k].percent =
                    errorPercent(small.labels, classify(network, &gap->die, wafer, small, calibration, stop));
            }
        } catch (const std::exception& error) {
            // Images that have moved, or another geometry than the network's: its error stays unknown.
            return [this, reason = QString::fromUtf8(error.what())] {
                busy_ = false;
                tellFailure(reason);
            };
        }
        return [this, gap] {
            tellFailure({});
            queue_.setErrors(gap->die.id, gap->errors);
            complete();
        };
    });
}

void Evaluator::tellFailure(const QString& reason)
{
    if (reason == failure_)
        return;
    failure_ = reason;
    if (!reason.isEmpty())
        log::error("errors on dies: " + reason.toStdString());
    emit failureChanged();
}

void Evaluator::answer(const Study& study, const Run& run, const Die* die,
                       std::function<void(const Answers&)> finish)
{
    const auto network = std::make_shared<const Run>(run);
    const auto place = die ? std::make_shared<const Die>(*die) : nullptr;
    answering_.start([network, place, finish = std::move(finish), wafer = emptyWafer(project_.wafer),
                      folder = project_.dataset, known = study.result.images,
                      images = images_](const std::stop_token& stop) -> Background::Finish {
        Answers answers;
        try {
            const auto test = images->test(folder);
            requireTestImages(known, *test);
            const int side = network->settings.side;
            const Dataset calibration =
                network->settings.circuit ? downsample(*images->calibration(folder), side) : Dataset();
            answers.given =
                classify(*network, place.get(), wafer, downsample(*test, side), calibration, stop);
            answers.images = test;
        } catch (const std::exception& error) {
            answers = {nullptr, {}, QString::fromUtf8(error.what())};
        }
        return [finish, answers = std::move(answers)] { finish(answers); };
    });
}

} // namespace faultline
