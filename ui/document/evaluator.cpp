#include "document/evaluator.h"

#include <algorithm>

#include "common/log.h"
#include "document/study_queue.h"
#include "study/evaluation.h"

namespace faultline
{

namespace
{

/// A hold-out study's statistics were fitted to the dies that it is not judged on.
bool judges(const StudyPlan& plan, const DieGroup& place)
{
    return !plan.statistics || plan.dies.empty() || std::ranges::count(plan.dies, place.id()) > 0;
}

/// Null where the network has not failed there; `place`: nothing for any.
const auto* findFailed(const auto& failures, int study, const RunSettings& run, std::optional<int> place)
{
    const auto found = std::ranges::find_if(failures, [&](const auto& failed) {
        return failed.study == study && (!place || failed.place == *place) && failed.run == run;
    });
    return found == failures.end() ? nullptr : &*found;
}

/// The wafer without its dies.
Wafer emptyWafer(const Wafer& wafer)
{
    return {wafer.name, wafer.description, wafer.geometry, wafer.device, {}};
}

} // namespace

/// A die, or several joined, and the networks whose errors on it are not known.
struct Evaluator::Gap {
    struct Network {
        int study;
        Run run; ///< without its curve
        std::optional<ImageChecksums> images;
        double percent = 0.0;
        QString failure;
    };

    Die die;
    std::vector<Network> networks;
};

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

/// The first place with gaps; none has networks when nothing is missing. `testImages`: their checksum, once
/// it is known.
Evaluator::Gap Evaluator::firstGap(std::optional<std::uint32_t> testImages) const
{
    Gap gap;
    std::vector<const Die*> dies; // of the gap
    for (std::size_t k = 0; k < project_.studies.size(); ++k) {
        const auto study = static_cast<int>(k);
        const auto& [name, plan, result] = project_.studies[k];
        if (testImages && result.images && result.images->test != *testImages)
            continue;
        for (const DieGroup& place : plan.placesOn(project_.wafer)) {
            const bool wanted = std::ranges::all_of(place.dies, &Die::included) && judges(plan, place);
            if (!wanted || (!dies.empty() && dies != place.dies))
                continue;
            for (const Run& run : result.runs)
                if (!run.dieErrors.contains(place.id()) &&
                    !findFailed(tried_, study, run.settings, place.id()))
                    gap.networks.push_back(
                        {study, {run.settings, {}, run.network, 0.0, {}}, result.images, 0.0, {}});
            if (!gap.networks.empty() && dies.empty()) {
                dies = place.dies;
                gap.die = place.joined();
            }
        }
    }
    return gap;
}

void Evaluator::complete()
{
    tried_.clear();
    completeNext();
}

void Evaluator::completeNext()
{
    const bool known = read_ && read_->first == project_.dataset;
    auto gap = std::make_shared<Gap>(firstGap(known ? std::optional(read_->second) : std::nullopt));
    busy_ = !gap->networks.empty();
    if (!busy_) {
        completing_.cancel();
        end({});
        emit completed();
        return;
    }
    completing_.start([this, gap, wafer = emptyWafer(project_.wafer), folder = project_.dataset,
                       images = images_](const std::stop_token& stop) -> Background::Finish {
        std::shared_ptr<const Dataset> full;
        try {
            full = images->test(folder);
        } catch (const std::exception& error) { // they have moved
            return [this, reason = QString::fromUtf8(error.what())] {
                busy_ = false;
                end(reason);
            };
        }
        const auto isOfOthers = [&](const Gap::Network& network) {
            return network.images && network.images->test != full->checksum;
        };
        if (std::ranges::any_of(gap->networks, isOfOthers))
            return [this, folder, checksum = full->checksum] {
                read_ = {folder, checksum};
                completeNext();
            };
        Dataset small, calibration;
        for (auto& [study, run, of, percent, failure] : gap->networks) {
            if (stop.stop_requested())
                return [] {};
            try {
                if (small.width != run.settings.side)
                    small = downsample(*full, run.settings.side);
                if (run.settings.circuit && calibration.width != run.settings.side)
                    calibration = downsample(*images->calibration(folder), run.settings.side);
                percent =
                    errorPercent(small.labels, classify(run, &gap->die, wafer, small, calibration, stop));
            } catch (const std::exception& error) { // as when it does not fit on the die
                failure = QString::fromUtf8(error.what());
            }
        }
        return [this, gap] {
            std::vector<EvaluatedError> errors;
            for (const auto& [study, run, of, percent, failure] : gap->networks)
                if (failure.isEmpty())
                    errors.push_back({study, run.settings, percent});
                else
                    tried_.push_back({study, run.settings, gap->die.id, failure});
            if (!errors.empty())
                queue_.setErrors(gap->die.id, errors);
            completeNext();
        };
    });
}

void Evaluator::end(const QString& reason)
{
    hasImages_ = reason.isEmpty();
    QString words = reason;
    if (words.isEmpty() && !tried_.empty()) {
        words = placed(tried_.front());
        if (tried_.size() > 1)
            words += tr(" (and %1 more)").arg(tried_.size() - 1);
    }
    if (words == failure_ && tried_ == failed_)
        return;
    if (words != failure_ && !words.isEmpty())
        log::error("errors on dies: " + words.toStdString());
    failure_ = words;
    failed_ = tried_;
    emit failureChanged();
}

QString Evaluator::failure(const NamedRun& network, int die) const
{
    if (!hasImages_)
        return failure_;
    const auto study = static_cast<int>(network.study - project_.studies.data());
    const auto place = network.study->plan.groupOf(die, project_.wafer);
    const Failed* const failed = place ? findFailed(failed_, study, network.run->settings, place) : nullptr;
    return failed ? failed->reason : QString();
}

QString Evaluator::failure(int study, const RunSettings& run) const
{
    const Failed* const failed = findFailed(failed_, study, run, {});
    return failed ? placed(*failed) : QString();
}

/// "Study 1, standard 1 on D02: why".
QString Evaluator::placed(const Failed& failed) const
{
    const Study& study = project_.studies[static_cast<std::size_t>(failed.study)];
    const Die* const die = project_.wafer.find(failed.place);
    return tr("%1, %2 on %3: %4")
        .arg(QString::fromStdString(study.name), QString::fromStdString(failed.run.name(project_.wafer)),
             die ? QString::fromStdString(die->name) : tr("a removed die"), failed.reason);
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
