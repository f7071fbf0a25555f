#include "pages/queue_panel.h"

#include <cmath>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "document/project_document.h"

namespace faultline
{

namespace
{

using Phase = StudyState::Phase;

QString phaseWord(Phase phase)
{
    switch (phase) {
    case Phase::Queued:
        return QueuePanel::tr("waiting");
    case Phase::Running:
        return QueuePanel::tr("training");
    case Phase::Paused:
        return QueuePanel::tr("paused");
    case Phase::Stopped:
        return QueuePanel::tr("stopped");
    case Phase::Finished:
        return QueuePanel::tr("finished");
    case Phase::Failed:
        return QueuePanel::tr("failed");
    }
    return {};
}

} // namespace

QString duration(double seconds)
{
    if (seconds < 0.0)
        return {};
    const int whole = static_cast<int>(std::lround(seconds));
    if (whole < 60)
        return QueuePanel::tr("%1 s").arg(whole);
    if (whole < 3600)
        return QueuePanel::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return QueuePanel::tr("%1 h %2 min").arg(whole / 3600).arg(whole / 60 % 60);
}

QueuePanel::QueuePanel(ProjectDocument& document)
    : Panel(tr("Studies")),
      document_(document),
      table_(new QTableWidget(0, columns))
{
    table_->setObjectName("studiesTable");
    table_->setAccessibleName(tr("Studies"));
    table_->setHorizontalHeaderLabels({tr("Study"), tr("State"), tr("Progress"), tr("Networks"), tr("Left")});
    makeQuiet(*table_);
    table_->horizontalHeader()->setSectionResizeMode(Progress, QHeaderView::Stretch);
    for (const Column column : {Name, State, Networks, Left})
        table_->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    for (const Column column : {Name, State, Progress})
        table_->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setMinimumHeight(4 * table_->verticalHeader()->defaultSectionSize());
    table_->setToolTip(tr("Double click a name to change it."));

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(4);
    buttons->addStretch(1);
    const auto add = [&](QToolButton*& member, const QString& text, const char* name, const QString& tip,
                         auto action) {
        member = button(text, name, tip);
        buttons->addWidget(member);
        connect(member, &QToolButton::clicked, this, [this, action] {
            if (selected() >= 0)
                action(selected());
        });
    };
    StudyQueue& queue = document.queue();
    add(pause_, tr("Pause"), "pauseStudy", tr("Hold at the end of the epoch, or go on (Ctrl+P)"),
        [this, &queue](int study) {
            const Phase phase = queue.states()[static_cast<std::size_t>(study)].phase;
            if (phase == Phase::Running || phase == Phase::Queued)
                queue.pause(study);
            else
                queue.resume(study);
        });
    pause_->setShortcut(Qt::CTRL | Qt::Key_P);
    add(stop_, tr("Stop"), "stopStudy", tr("Finished networks are kept; it can go on later"),
        [&queue](int study) { queue.stop(study); });
    add(up_, tr("Up"), "studyUp", tr("Train it earlier"),
        [this](int study) { document_.moveStudy(study, study - 1); });
    add(down_, tr("Down"), "studyDown", tr("Train it later"),
        [this](int study) { document_.moveStudy(study, study + 1); });
    add(settings_, tr("Settings"), "studySettings", tr("Put its settings into the form, for another study"),
        [this](int study) { emit settingsWanted(study); });
    add(remove_, tr("Remove"), "removeStudy", tr("Remove the study and its networks"),
        [this](int study) { document_.removeStudy(study); });
    failure_ = new QLabel;
    failure_->setObjectName("studyFailure");
    failure_->setWordWrap(true);
    body()->addWidget(table_, 1);
    body()->addWidget(failure_);
    body()->addLayout(buttons);

    connect(table_, &QTableWidget::itemSelectionChanged, this, &QueuePanel::select);
    connect(table_, &QTableWidget::itemChanged, this, [this](QTableWidgetItem* item) {
        if (!filling_ && item->column() == Name)
            document_.renameStudy(item->row(), item->text());
    });
    connect(&queue, &StudyQueue::studiesChanged, this, &QueuePanel::rebuild);
    connect(&queue, &StudyQueue::progressed, this, &QueuePanel::refresh);
    connect(&document, &ProjectDocument::shownStudyChanged, this, &QueuePanel::rebuild);
    rebuild();
}

QToolButton* QueuePanel::button(const QString& text, const QString& name, const QString& tip)
{
    auto* result = new QToolButton;
    result->setText(text);
    result->setObjectName(name);
    result->setToolTip(tip);
    return result;
}

int QueuePanel::selected() const
{
    return document_.shownStudy();
}

void QueuePanel::select()
{
    const QList<QTableWidgetItem*> items = table_->selectedItems();
    if (!filling_ && !items.isEmpty())
        document_.showStudy(items.first()->row());
    enableButtons();
}

void QueuePanel::rebuild()
{
    filling_ = true;
    const std::vector<Study>& studies = document_.project().studies;
    const std::vector<StudyState>& states = document_.queue().states();
    table_->setRowCount(static_cast<int>(states.size()));
    for (int row = 0; row < table_->rowCount(); ++row) {
        const auto k = static_cast<std::size_t>(row);
        auto* name = new QTableWidgetItem(QString::fromStdString(studies[k].name));
        table_->setItem(row, Name, name);
        auto* state = new QTableWidgetItem(phaseWord(states[k].phase));
        state->setToolTip(states[k].failure);
        table_->setItem(row, State, state);
        auto* bar = new QProgressBar;
        bar->setRange(0, 1000);
        bar->setTextVisible(false);
        bar->setMaximumHeight(8);
        bar->setObjectName(QString("studyProgress%1").arg(row));
        auto* holder = new QWidget;
        auto* centred = new QVBoxLayout(holder);
        centred->setContentsMargins(6, 0, 6, 0);
        centred->addWidget(bar, 0, Qt::AlignVCenter);
        table_->setCellWidget(row, Progress, holder);
        table_->setItem(row, Networks, numberItem({}));
        table_->setItem(row, Left, numberItem({}));
        for (const Column column : {State, Networks, Left})
            table_->item(row, column)->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    }
    if (document_.shownStudy() >= 0)
        table_->selectRow(document_.shownStudy());
    filling_ = false;
    refresh();
    enableButtons();
}

void QueuePanel::refresh()
{
    filling_ = true;
    const std::vector<StudyState>& states = document_.queue().states();
    for (int row = 0; row < table_->rowCount(); ++row) {
        const StudyState& state = states[static_cast<std::size_t>(row)];
        table_->cellWidget(row, Progress)
            ->findChild<QProgressBar*>()
            ->setValue(static_cast<int>(1000.0 * state.fraction));
        table_->item(row, Networks)->setText(tr("%1 of %2").arg(state.finishedRuns()).arg(state.runs.size()));
        const bool runs = state.phase == Phase::Running;
        table_->item(row, Left)->setText(runs ? duration(state.secondsLeft) : QString());
    }
    filling_ = false;
}

void QueuePanel::enableButtons()
{
    const int study = selected();
    const std::vector<StudyState>& states = document_.queue().states();
    const bool any = study >= 0 && study < static_cast<int>(states.size());
    const Phase phase = any ? states[static_cast<std::size_t>(study)].phase : Phase::Finished;
    const QString failure = any ? states[static_cast<std::size_t>(study)].failure : QString();
    failure_->setText("⚠ " + failure);
    failure_->setVisible(!failure.isEmpty());
    const bool held = phase == Phase::Paused || phase == Phase::Stopped || phase == Phase::Failed;
    pause_->setText(held ? tr("Resume") : tr("Pause"));
    pause_->setEnabled(any && phase != Phase::Finished);
    stop_->setEnabled(phase == Phase::Running || phase == Phase::Paused || phase == Phase::Queued);
    up_->setEnabled(any && study > 0);
    down_->setEnabled(any && study + 1 < static_cast<int>(states.size()));
    settings_->setEnabled(any);
    remove_->setEnabled(any);
}

} // namespace faultline
