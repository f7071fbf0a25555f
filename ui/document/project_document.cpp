#include "document/project_document.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include "common/statistics.h"
#include "project/project_file.h"

namespace faultline
{

namespace
{

double meanDieError(const Run& run)
{
    return run.settings.mode == TrainingMode::HardwareAware
               ? run.dieErrors[static_cast<std::size_t>(run.settings.die)]
               : mean(run.dieErrors);
}

void showResult(RunState& state, const Run& run)
{
    state.phase = RunState::Phase::Finished;
    state.curve = run.curve;
    state.perfectDieError = run.perfectDieError;
    state.meanDieError = meanDieError(run);
}

bool isOf(const Run& run, const RunSettings& settings)
{
    return run.settings.mode == settings.mode && run.settings.die == settings.die &&
           run.settings.repeat == settings.repeat;
}

} // namespace

/// What the worker leaves for the window, which empties it 30 times a second: posting every epoch as an event
/// of its own would keep the window busy with old news.
struct ProjectDocument::Mailbox {
    struct Letter {
        RunUpdate::State state;
        std::size_t run;
        EpochRecord epoch;
        std::optional<Run> result;
    };

    std::mutex mutex; // guards all below
    std::vector<Letter> letters;
    double fraction = 0.0, secondsLeft = -1.0;
    std::optional<StudyResult> outcome;
    QString failure;
};

ProjectDocument::ProjectDocument(Project project, QObject* parent)
    : QObject(parent),
      project_(std::move(project))
{
    listRuns();
    collector_.setInterval(33);
    connect(&collector_, &QTimer::timeout, this, &ProjectDocument::collect);
}

ProjectDocument::~ProjectDocument() = default;

void ProjectDocument::listRuns()
{
    runs_.clear();
    for (const RunSettings& settings : runsOf(project_.plan, project_.wafer)) {
        RunState state;
        state.settings = settings;
        for (const Run& run : project_.result.runs)
            if (isOf(run, settings))
                showResult(state, run);
        runs_.push_back(std::move(state));
    }
    progress_ = {};
    progress_.runs = static_cast<int>(runs_.size());
    progress_.finishedRuns = static_cast<int>(project_.result.runs.size());
}

void ProjectDocument::replaceProject(Project project, const std::filesystem::path& file)
{
    endStudy();
    project_ = std::move(project);
    file_ = file;
    listRuns();
    setModified(false);
    emit projectReplaced();
}

void ProjectDocument::open(const std::filesystem::path& file)
{
    replaceProject(loadProject(file), file);
}

void ProjectDocument::save(const std::filesystem::path& file)
{
    saveProject(project_, file);
    file_ = file;
    setModified(false);
}

void ProjectDocument::setDataset(const std::filesystem::path& folder)
{
    project_.dataset = folder.string();
    setModified(true);
}

void ProjectDocument::startStudy(const StudyPlan& plan, int threads)
{
    plan.validate(project_.wafer);
    endStudy();
    project_.plan = plan;
    project_.result = {};
    listRuns();
    setModified(true);
    running_ = true;
    emit resultsChanged();
    emit runningChanged(true);

    mailbox_ = std::make_shared<Mailbox>();
    worker_ = std::jthread([this, input = project_, threads, mailbox = mailbox_](std::stop_token stop) {
        const auto observe = [&mailbox](const RunUpdate& update) {
            Mailbox::Letter letter{update.state, static_cast<std::size_t>(update.run), update.epoch, {}};
            if (update.result)
                letter.result = *update.result;
            const std::scoped_lock lock(mailbox->mutex);
            mailbox->letters.push_back(std::move(letter));
            mailbox->fraction = update.fraction;
            mailbox->secondsLeft = update.secondsLeft;
        };
        try {
            StudyResult result =
                runStudy(input.plan, input.wafer, loadDataset(input), threads, std::move(stop), observe);
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
}

void ProjectDocument::stopStudy()
{
    worker_.request_stop();
}

void ProjectDocument::endStudy()
{
    if (!running_)
        return;
    stopStudy();
    worker_.join();
    finish(mailbox_);
}

void ProjectDocument::collect()
{
    std::vector<Mailbox::Letter> letters;
    {
        const std::scoped_lock lock(mailbox_->mutex);
        letters.swap(mailbox_->letters);
        progress_.fraction = mailbox_->fraction;
        progress_.secondsLeft = mailbox_->secondsLeft;
    }
    if (letters.empty())
        return;
    bool finished = false;
    for (Mailbox::Letter& letter : letters) {
        RunState& state = runs_[letter.run];
        if (letter.state == RunUpdate::State::Epoch)
            state.curve.push_back(letter.epoch);
        if (letter.result) {
            showResult(state, *letter.result);
            project_.result.runs.push_back(std::move(*letter.result));
            ++progress_.finishedRuns;
            finished = true;
        } else {
            state.phase = RunState::Phase::Training;
        }
    }
    emit progressed();
    if (finished)
        emit resultsChanged();
}

/// The worker has written into the mailbox for the last time.
void ProjectDocument::finish(const std::shared_ptr<Mailbox>& mailbox)
{
    if (mailbox != mailbox_)
        return; // the late word of a study that was ended before
    collector_.stop();
    collect();
    // With everything in its fixed order; a failed study keeps the runs that were reported.
    if (mailbox->outcome)
        project_.result = std::move(*mailbox->outcome);
    const QString failure = mailbox->failure;
    mailbox_.reset();
    listRuns();
    running_ = false;
    emit resultsChanged();
    emit runningChanged(false);
    if (!failure.isEmpty())
        emit failed(failure);
}

void ProjectDocument::setModified(bool modified)
{
    if (modified_ == modified)
        return;
    modified_ = modified;
    emit modifiedChanged(modified);
}

} // namespace faultline
