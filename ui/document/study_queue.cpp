#include "document/study_queue.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include <QElapsedTimer>

#include "document/background.h"

namespace faultline
{

namespace
{

void showResult(RunState& state, const Run& run)
{
    state.phase = RunState::Phase::Finished;
    state.curve = run.curve;
    state.perfectDieError = run.perfectDieError;
    state.meanDieError = run.meanDieError();
}

/// Images that the training runs take in a second, all together.
double imagesPerSecond(const std::vector<RunState>& runs, int images)
{
    double rate = 0.0;
    for (const RunState& run : runs)
        if (run.phase == RunState::Phase::Training && !run.curve.empty())
            rate += images / run.curve.back().summary.seconds;
    return rate > 0.0 ? rate : -1.0;
}

} // namespace

int StudyState::finishedRuns() const
{
    return static_cast<int>(std::ranges::count(runs, RunState::Phase::Finished, &RunState::phase));
}

/// What the worker leaves for the window, which empties it 30 times a second: posting every epoch as an event
/// of its own would keep the window busy with old news.
struct StudyQueue::Mailbox {
    struct Letter {
        RunUpdate::State state;
        std::size_t run;
        EpochRecord epoch;
        std::optional<Run> result;
    };

    explicit Mailbox(std::string folder) : dataset(std::move(folder)) {}

    const std::string dataset; // as in Project
    std::mutex mutex;          // guards all below
    std::condition_variable_any resumed;
    bool paused = false;
    std::vector<Letter> letters;
    std::map<int, RunCheckpoint> checkpoints; // the latest, by run
    int images = 0;                           // in an epoch
    std::optional<ImageChecksums> checksums;  // of the data set that it trains on
    std::optional<StudyResult> beginning;
    double fraction = 0.0, secondsLeft = -1.0;
    std::optional<StudyResult> outcome;
    QString failure;
};

StudyQueue::StudyQueue(Project& project, QObject* parent) : QObject(parent), project_(project)
{
    collector_.setInterval(33);
    connect(&collector_, &QTimer::timeout, this, &StudyQueue::collect);
    reset();
}

StudyQueue::~StudyQueue() = default;

StudyState StudyQueue::stateOf(const Study& study) const
{
    StudyState state;
    std::size_t trained = 0, epochs = 0;
    for (const RunSettings& settings : runsOf(study.plan, project_.wafer)) {
        RunState run;
        run.settings = settings;
        const auto found = std::ranges::find(study.result.runs, settings, &Run::settings);
        const auto begun = std::ranges::find(study.result.begun, settings, &RunCheckpoint::settings);
        if (found != study.result.runs.end())
            showResult(run, *found);
        else if (begun != study.result.begun.end())
            run.curve = begun->curve;
        trained += run.curve.size();
        epochs += static_cast<std::size_t>(settings.training.epochs);
        state.runs.push_back(std::move(run));
    }
    state.phase = study.result.complete ? StudyState::Phase::Finished : StudyState::Phase::Stopped;
    state.fraction = study.result.complete ? 1.0
                     : epochs > 0          ? static_cast<double>(trained) / static_cast<double>(epochs)
                                           : 0.0;
    return state;
}

bool StudyQueue::isIdle() const
{
    return !running_ &&
           std::ranges::find(states_, StudyState::Phase::Queued, &StudyState::phase) == states_.end();
}

int StudyQueue::add(const std::string& name, const StudyPlan& plan)
{
    plan.validate(project_.wafer);
    project_.studies.push_back({name, plan.pinned(project_.wafer), {}});
    states_.push_back(stateOf(project_.studies.back()));
    states_.back().phase = StudyState::Phase::Queued;
    emit studiesChanged();
    emit changed();
    startNext();
    return static_cast<int>(states_.size()) - 1;
}

void StudyQueue::insert(int index, Study study)
{
    states_.insert(states_.begin() + index, stateOf(study));
    project_.studies.insert(project_.studies.begin() + index, std::move(study));
    if (running_ && *running_ >= index)
        ++*running_;
    emit studiesChanged();
    emit resultsChanged();
    emit changed();
}

Study StudyQueue::take(int index)
{
    if (running_ == index)
        stopNow();
    Study taken = std::move(study(index));
    project_.studies.erase(project_.studies.begin() + index);
    states_.erase(states_.begin() + index);
    if (running_ && *running_ > index)
        --*running_;
    emit studiesChanged();
    emit resultsChanged();
    emit changed();
    startNext();
    return taken;
}

void StudyQueue::rename(int index, const std::string& name)
{
    study(index).name = name;
    emit studiesChanged();
    emit changed();
}

void StudyQueue::move(int from, int to)
{
    const auto moved = [from, to](auto& list) {
        const auto first = list.begin() + from, target = list.begin() + to;
        if (from < to)
            std::rotate(first, first + 1, target + 1);
        else
            std::rotate(target, first, first + 1);
    };
    moved(project_.studies);
    moved(states_);
    if (running_ == from)
        running_ = to;
    else if (running_ && from < *running_ && to >= *running_)
        --*running_;
    else if (running_ && from > *running_ && to <= *running_)
        ++*running_;
    emit studiesChanged();
    emit changed();
}

void StudyQueue::pause(int index)
{
    if (running_ == index) {
        const std::scoped_lock lock(mailbox_->mutex);
        mailbox_->paused = true;
        state(index).phase = StudyState::Phase::Paused;
    } else if (state(index).phase == StudyState::Phase::Queued) {
        state(index).phase = StudyState::Phase::Stopped;
    }
    emit studiesChanged();
}

void StudyQueue::resume(int index)
{
    StudyState& resumed = state(index);
    if (running_ == index) {
        {
            const std::scoped_lock lock(mailbox_->mutex);
            mailbox_->paused = false;
        }
        mailbox_->resumed.notify_all();
        resumed.phase = StudyState::Phase::Running;
    } else if (resumed.phase == StudyState::Phase::Stopped || resumed.phase == StudyState::Phase::Failed) {
        resumed.phase = StudyState::Phase::Queued;
        resumed.failure.clear();
    }
    emit studiesChanged();
    startNext();
}

void StudyQueue::stop(int index)
{
    if (running_ == index)
        worker_.request_stop();
    else if (state(index).phase == StudyState::Phase::Queued)
        state(index).phase = StudyState::Phase::Stopped;
    emit studiesChanged();
}

void StudyQueue::reset()
{
    project_.pinStudies();
    states_.clear();
    for (const Study& study : project_.studies)
        states_.push_back(stateOf(study));
    emit studiesChanged();
    emit resultsChanged();
}

void StudyQueue::startNext()
{
    if (running_)
        return;
    const auto next = std::ranges::find(states_, StudyState::Phase::Queued, &StudyState::phase);
    if (next != states_.end())
        start(static_cast<int>(next - states_.begin()));
}

void StudyQueue::start(int index)
{
    running_ = index;
    staleDies_.clear();
    study(index).plan = study(index).plan.pinned(project_.wafer);
    state(index) = stateOf(study(index)); // on the wafer as it is now: the worker has the same runs
    state(index).phase = StudyState::Phase::Running;
    mailbox_ = std::make_shared<Mailbox>(project_.dataset);
    mailbox_->fraction = state(index).fraction;
    worker_ =
        std::jthread([this, plan = study(index).plan, known = study(index).result, wafer = project_.wafer,
                      threads = threads_, mailbox = mailbox_](const std::stop_token& stop) {
            yieldToWindow();
            QElapsedTimer clock; // of training without the pauses
            double trained = 0.0;
            clock.start();
            std::optional<double> begin;
            const auto observe = [&](const RunUpdate& update) {
                Mailbox::Letter letter{update.state, static_cast<std::size_t>(update.run), update.epoch, {}};
                if (update.result)
                    letter.result = *update.result;
                trained += 1e-9 * static_cast<double>(clock.nsecsElapsed());
                if (!begin)
                    begin = update.fraction;
                std::unique_lock lock(mailbox->mutex);
                mailbox->letters.push_back(std::move(letter));
                if (update.checkpoint)
                    mailbox->checkpoints[update.run] = *update.checkpoint;
                mailbox->fraction = update.fraction;
                if (update.fraction > *begin)
                    mailbox->secondsLeft = trained * (1.0 - update.fraction) / (update.fraction - *begin);
                mailbox->resumed.wait(lock, stop, [&mailbox] { return !mailbox->paused; });
                clock.restart();
            };
            try {
                const DatasetPair data = loadDataset(mailbox->dataset);
                const bool begins = known.runs.empty() && known.begun.empty();
                const StudyResult before = begins ? beginning(plan, wafer, data) : known;
                {
                    const std::scoped_lock lock(mailbox->mutex);
                    mailbox->images = data.train.size();
                    mailbox->checksums = checksums(data);
                    if (begins)
                        mailbox->beginning = before;
                }
                StudyResult result = runStudy(plan, wafer, data, threads, stop, observe, before);
                const std::scoped_lock lock(mailbox->mutex);
                mailbox->outcome = std::move(result);
            } catch (const std::exception& error) {
                const std::scoped_lock lock(mailbox->mutex);
                mailbox->failure = QString::fromUtf8(error.what());
            }
            QMetaObject::invokeMethod(
                this, [this, mailbox] { finish(mailbox); }, Qt::QueuedConnection);
        });
    collector_.start();
    emit studiesChanged();
    emit progressed();
}

void StudyQueue::stopNow()
{
    worker_.request_stop();
    worker_.join();
    finish(mailbox_);
}

void StudyQueue::stopAll()
{
    for (StudyState& state : states_)
        if (state.phase == StudyState::Phase::Queued)
            state.phase = StudyState::Phase::Stopped;
    if (running_)
        stopNow();
}

void StudyQueue::collect()
{
    std::vector<Mailbox::Letter> letters;
    std::map<int, RunCheckpoint> checkpoints;
    StudyState& now = state(*running_);
    int images = 0;
    {
        const std::scoped_lock lock(mailbox_->mutex);
        letters.swap(mailbox_->letters);
        checkpoints.swap(mailbox_->checkpoints);
        now.fraction = mailbox_->fraction;
        now.secondsLeft = mailbox_->secondsLeft;
        images = mailbox_->images;
        if (mailbox_->checksums && mailbox_->dataset == project_.dataset)
            project_.images = mailbox_->checksums;
        if (mailbox_->beginning) // before the first of the runs
            study(*running_).result = std::move(*std::exchange(mailbox_->beginning, std::nullopt));
    }
    if (letters.empty())
        return;
    for (const auto& [run, checkpoint] : checkpoints)
        emit runTrained(study(*running_), checkpoint);
    bool finished = false;
    for (Mailbox::Letter& letter : letters) {
        RunState& run = now.runs[letter.run];
        if (letter.state == RunUpdate::State::Epoch)
            run.curve.push_back(letter.epoch);
        if (letter.result) {
            dropStale(*letter.result);
            showResult(run, *letter.result);
            study(*running_).result.runs.push_back(std::move(*letter.result));
            emit runFinished(study(*running_), study(*running_).result.runs.back());
            finished = true;
        } else {
            run.phase = RunState::Phase::Training;
        }
    }
    now.imagesPerSecond = imagesPerSecond(now.runs, images);
    emit progressed();
    if (finished)
        emit resultsChanged();
}

/// The worker has written into the mailbox for the last time.
void StudyQueue::finish(std::shared_ptr<Mailbox> mailbox)
{
    if (mailbox != mailbox_)
        return; // the late word of a study that was ended before
    collector_.stop();
    collect();
    const int index = *running_;
    // With everything in its fixed order; a failed study keeps the runs that were reported.
    if (mailbox->outcome) {
        study(index).result = std::move(*mailbox->outcome);
        for (Run& run : study(index).result.runs)
            dropStale(run);
    }
    states_[static_cast<std::size_t>(index)] = stateOf(study(index));
    if (!mailbox->failure.isEmpty()) {
        state(index).phase = StudyState::Phase::Failed;
        state(index).failure = mailbox->failure;
    }
    mailbox_.reset();
    running_.reset();
    emit studiesChanged();
    emit resultsChanged();
    emit changed();
    if (!mailbox->failure.isEmpty())
        emit failed(mailbox->failure);
    startNext();
}

void StudyQueue::dropErrors(int dieId)
{
    staleDies_.insert(dieId);
    project_.diesChanged({&dieId, 1});
    for (std::size_t k = 0; k < states_.size(); ++k)
        for (const Run& run : project_.studies[k].result.runs)
            for (RunState& state : states_[k].runs)
                if (state.settings == run.settings)
                    state.meanDieError = run.meanDieError();
    emit resultsChanged();
}

/// Errors of the running study on dies that were edited after it had started.
void StudyQueue::dropStale(Run& run)
{
    for (const int die : staleDies_)
        if (const auto group = study(*running_).plan.groupOf(die, project_.wafer))
            run.dieErrors.erase(*group);
}

void StudyQueue::setErrors(int dieId, const std::vector<EvaluatedError>& errors)
{
    for (const EvaluatedError& error : errors) {
        if (error.study >= static_cast<int>(states_.size()))
            continue;
        std::vector<Run>& runs = study(error.study).result.runs;
        const auto run = std::ranges::find(runs, error.run, &Run::settings);
        if (run == runs.end())
            continue;
        run->dieErrors[dieId] = error.percent;
        for (RunState& shown : state(error.study).runs)
            if (shown.settings == error.run)
                shown.meanDieError = run->meanDieError();
    }
    emit resultsChanged();
}

} // namespace faultline
