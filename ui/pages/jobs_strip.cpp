#include "pages/jobs_strip.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include "document/project_document.h"
#include "pages/panel.h"
#include "pages/queue_panel.h"

namespace faultline
{

namespace
{

using Phase = StudyState::Phase;

constexpr int mostLines = 4; ///< in sight at once

bool isBegun(Phase phase)
{
    return phase == Phase::Running || phase == Phase::Paused;
}

bool isJob(const StudyState& state)
{
    return isBegun(state.phase) || state.phase == Phase::Queued;
}

QString describe(const StudyState& state)
{
    const QString networks =
        JobsStrip::tr("%1 of %2 networks").arg(state.finishedRuns()).arg(state.runs.size());
    switch (state.phase) {
    case Phase::Paused:
        return JobsStrip::tr("paused, %1").arg(networks);
    case Phase::Queued:
        return JobsStrip::tr("waiting");
    case Phase::Stopped:
        return JobsStrip::tr("stopped, %1").arg(networks);
    case Phase::Failed:
        return JobsStrip::tr("failed");
    case Phase::Finished:
        return JobsStrip::tr("finished");
    case Phase::Running:
        break;
    }
    return networks;
}

QString foldText(int more)
{
    return more > 0 ? JobsStrip::tr("▴ %1 more").arg(more) : QStringLiteral("▴");
}

QToolButton* button(QBoxLayout& line, const char* name)
{
    auto* result = new QToolButton;
    result->setObjectName(name);
    result->setFocusPolicy(Qt::StrongFocus);
    line.addWidget(result);
    return result;
}

} // namespace

struct JobsStrip::Job {
    QWidget line;
    QPushButton* name;
    QToolButton *pause, *stop;
    QLabel *words, *left;
    QProgressBar* bar;

    void show(const QString& study, const StudyState& state)
    {
        name->setText(name->fontMetrics().elidedText(study, Qt::ElideRight, name->width() - 16));
        words->setText(describe(state));
        bar->setValue(static_cast<int>(1000.0 * state.fraction));
        const bool known = state.phase == Phase::Running && state.secondsLeft >= 0.0;
        left->setText(known ? JobsStrip::tr("%1 left").arg(duration(state.secondsLeft)) : QString());
        const bool paused = state.phase == Phase::Paused;
        pause->setText(paused ? JobsStrip::tr("Resume") : JobsStrip::tr("Pause"));
        pause->setVisible(isBegun(state.phase));
        pause->setToolTip(paused ? JobsStrip::tr("Go on with %1").arg(study)
                                 : JobsStrip::tr("Hold %1 at the end of the epoch").arg(study));
        stop->setToolTip(
            isBegun(state.phase)
                ? JobsStrip::tr("Stop %1: finished networks are kept; it can go on later").arg(study)
                : JobsStrip::tr("Take %1 out of the queue; it can go on later").arg(study));
        stop->setEnabled(isJob(state));
        for (QToolButton* each : {pause, stop})
            each->setAccessibleName(each->toolTip());
        bar->setAccessibleName(JobsStrip::tr("Progress of %1").arg(study));
    }
};

JobsStrip::JobsStrip(ProjectDocument& document, QWidget* parent)
    : QFrame(parent),
      document_(document),
      scroll_(new QScrollArea),
      nothing_(quietLabel(tr("No study trains or waits."))),
      fold_(new QToolButton)
{
    setObjectName("jobsStrip");
    setAccessibleName(tr("Jobs"));
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto* content = new QWidget;
    lines_ = new QVBoxLayout(content);
    lines_->setContentsMargins(0, 0, 0, 0);
    lines_->setSpacing(2);
    lines_->setAlignment(Qt::AlignTop);
    lines_->addWidget(nothing_);
    scroll_->setWidget(content);
    scroll_->setWidgetResizable(true);
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    content->setBackgroundRole(QPalette::Base);
    fold_->setObjectName("foldJobs");
    fold_->setCheckable(true);
    fold_->setAutoRaise(true);
    fold_->setFocusPolicy(Qt::StrongFocus);
    fold_->setToolTip(tr("Show one line, or all studies that wait"));
    fold_->setChecked(QSettings().value("foldedJobs", true).toBool());
    QSizePolicy kept = fold_->sizePolicy(); // so that buttons stay where they are
    kept.setRetainSizeWhenHidden(true);
    fold_->setSizePolicy(kept);
    fold_->setFixedWidth(fold_->fontMetrics().horizontalAdvance(foldText(99)) + 20);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(pageMargin, 4, pageMargin, 4);
    layout->addWidget(scroll_, 1);
    layout->addWidget(fold_, 0, Qt::AlignTop);

    connect(fold_, &QToolButton::toggled, this, [this](bool folded) {
        QSettings().setValue("foldedJobs", folded);
        fold();
    });
    connect(&document.queue(), &StudyQueue::studiesChanged, this, &JobsStrip::rebuild);
    connect(&document.queue(), &StudyQueue::progressed, this, &JobsStrip::refresh);
    rebuild();
}

JobsStrip::~JobsStrip() = default;

/// Its buttons act on the study that the line then shows.
std::unique_ptr<JobsStrip::Job> JobsStrip::makeJob()
{
    auto job = std::make_unique<Job>();
    auto* line = new QHBoxLayout(&job->line);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(10);
    job->name = new QPushButton;
    job->name->setObjectName("jobName");
    job->name->setFlat(true);
    line->addWidget(job->name);
    job->name->setFixedWidth(150);
    job->name->setStyleSheet("text-align: left; font-weight: bold");
    job->name->setToolTip(tr("Show its curves and runs on the Train page"));
    job->words = new QLabel;
    job->words->setObjectName("jobWords");
    job->words->setFixedWidth(170);
    line->addWidget(job->words);
    job->bar = new QProgressBar;
    job->bar->setObjectName("jobProgress");
    job->bar->setRange(0, 1000);
    job->bar->setTextVisible(false);
    job->bar->setFixedHeight(8);
    line->addWidget(job->bar, 1, Qt::AlignVCenter);
    job->left = quietLabel();
    job->left->setObjectName("jobLeft");
    job->left->setWordWrap(false);
    job->left->setFixedWidth(110);
    job->left->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    line->addWidget(job->left);
    job->pause = button(*line, "pauseJob");
    job->stop = button(*line, "stopJob");
    job->stop->setText(tr("Stop"));
    QSizePolicy kept = job->pause->sizePolicy(); // so that the bars of all lines end at one place
    kept.setRetainSizeWhenHidden(true);
    job->pause->setSizePolicy(kept);
    job->pause->setFixedWidth(job->pause->fontMetrics().horizontalAdvance(tr("Resume")) + 20);

    StudyQueue& queue = document_.queue();
    const auto study = [this, job = job.get()] {
        const auto place = std::ranges::find(jobs_, job, &std::unique_ptr<Job>::get) - jobs_.begin();
        return studies_[static_cast<std::size_t>(place)];
    };
    connect(job->name, &QPushButton::clicked, this, [this, study] { emit studyWanted(study()); });
    connect(job->stop, &QToolButton::clicked, this, [&queue, study] { queue.stop(study()); });
    connect(job->pause, &QToolButton::clicked, this, [&queue, study] {
        if (queue.states()[static_cast<std::size_t>(study())].phase == Phase::Paused)
            queue.resume(study());
        else
            queue.pause(study());
    });
    return job;
}

void JobsStrip::rebuild()
{
    const std::vector<StudyState>& states = document_.queue().states();
    const auto stateOf = [&](int study) -> const StudyState& {
        return states[static_cast<std::size_t>(study)];
    };
    // A study that ends keeps its line while the pointer is here: a second click must not stop another study.
    std::vector<std::string> names;
    for (const Study& study : document_.project().studies)
        names.push_back(study.name);
    if (!underMouse() || !std::equal(names_.begin(), names_.end(), names.begin(),
                                     names.begin() + std::min(names.size(), names_.size())))
        studies_.clear();
    names_ = std::move(names);
    const auto kept = static_cast<std::ptrdiff_t>(studies_.size());
    for (int study = 0; study < static_cast<int>(states.size()); ++study)
        if (isJob(stateOf(study)) && std::ranges::find(studies_, study) == studies_.end())
            studies_.push_back(study);
    std::stable_partition(studies_.begin() + kept, studies_.end(),
                          [&](int study) { return isBegun(stateOf(study).phase); });
    // Lines stay, and with them the focus: a button may not go while it is pressed.
    while (jobs_.size() < std::max<std::size_t>(1, studies_.size())) {
        jobs_.push_back(makeJob());
        lines_->addWidget(&jobs_.back()->line);
    }
    fold();
    refresh();
}

void JobsStrip::leaveEvent(QEvent* event)
{
    QFrame::leaveEvent(event);
    rebuild();
}

void JobsStrip::refresh()
{
    for (std::size_t k = 0; k < studies_.size(); ++k) {
        const auto study = static_cast<std::size_t>(studies_[k]);
        jobs_[k]->show(QString::fromStdString(document_.project().studies[study].name),
                       document_.queue().states()[study]);
    }
}

/// Its height is a person's choice alone, so that the page above stays where it is.
void JobsStrip::fold()
{
    const bool folded = fold_->isChecked();
    const std::size_t shown = folded ? std::min<std::size_t>(1, studies_.size()) : studies_.size();
    for (std::size_t k = 0; k < jobs_.size(); ++k)
        jobs_[k]->line.setVisible(k < shown);
    nothing_->setVisible(studies_.empty());
    fold_->setVisible(!folded || studies_.size() > 1);
    fold_->setText(folded ? foldText(std::max(0, static_cast<int>(studies_.size()) - 1)) : tr("▾"));
    const int line = jobs_[0]->line.sizeHint().height();
    nothing_->setFixedHeight(line);
    scroll_->setFixedHeight((folded ? 1 : mostLines) * (line + lines_->spacing()));
}

} // namespace faultline
