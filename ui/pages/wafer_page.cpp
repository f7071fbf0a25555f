#include "pages/wafer_page.h"

#include <algorithm>
#include <cmath>

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QTableWidget>
#include <QToolButton>
#include <QToolTip>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/networks.h"
#include "document/project_document.h"
#include "document/wafer_edits.h"
#include "figures/study_figures.h"
#include "pages/new_wafer_dialog.h"
#include "pages/panel.h"
#include "views/figure_menu.h"
#include "views/figure_view.h"
#include "views/heat_map_view.h"
#include "views/legend_view.h"
#include "views/wafer_view.h"

namespace faultline
{

namespace
{

enum ColourBy { Defects, Yield, Errors };

} // namespace

WaferPage::WaferPage(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document)
{
    makeActions();
    histogram_ = new FigureView(tr("Select a die."));
    histogram_->setObjectName("conductanceHistogram");
    auto* top = new QHBoxLayout;
    top->setSpacing(pageMargin);
    top->addWidget(makeMap(), 5);
    top->addWidget(makeSide(), 2);
    auto* bottom = new QHBoxLayout;
    bottom->setSpacing(pageMargin);
    bottom->addWidget(makeDie(), 1);
    bottom->addWidget(new Panel(tr("Its conductances"), histogram_), 1);
    auto* page = new QVBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addLayout(top, 8);
    page->addLayout(bottom, 5);

    connect(&document_, &ProjectDocument::projectReplaced, this, [this] {
        shownIds_.clear();
        showWafer();
        if (const auto& view = document_.project().view)
            restore(*view);
    });
    connect(&document_, &ProjectDocument::aboutToSave, this, &WaferPage::hold);
    connect(&document_, &ProjectDocument::waferChanged, this, &WaferPage::refreshLater);
    connect(&document_, &ProjectDocument::dieChanged, this, &WaferPage::refreshLater);
    connect(&document_.queue(), &StudyQueue::resultsChanged, this, &WaferPage::showErrors);
    connect(&document_.queue(), &StudyQueue::studiesChanged, this, &WaferPage::showErrors);
    connect(&document_.evaluator(), &Evaluator::failureChanged, this, &WaferPage::showNotes);
    connect(wafer_, &WaferView::selectionChanged, this, &WaferPage::showSelection);
    showWafer();
}

void WaferPage::makeActions()
{
    const auto make = [this](const char* name, const QString& text, const QString& tip,
                             const QKeySequence& keys, const auto& slot) {
        auto* action = new QAction(text, this);
        action->setObjectName(name);
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(
            keys.isEmpty() ? tip : QString("%1 (%2)").arg(tip, keys.toString(QKeySequence::NativeText)));
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        return action;
    };
    open_ = make("openDie", tr("Open"), tr("Show the die on the Die page"), {},
                 [this] { emit dieWanted(wafer_->current()); });
    include_ = make("includeDies", tr("Exclude"), tr("Whether the selected dies take part in studies"),
                    Qt::CTRL | Qt::Key_T, [this] {
                        const std::vector<int> dies = selectedDies();
                        const bool anyOut = std::ranges::any_of(dies, [this](int die) {
                            return !document_.project().wafer.dies[static_cast<std::size_t>(die)].included;
                        });
                        setIncluded(document_, dies, anyOut);
                    });
    duplicate_ = make("duplicateDies", tr("Duplicate"), tr("Copy the selected dies, to draw on the copies"),
                      Qt::CTRL | Qt::Key_D, [this] { duplicateDies(document_, selectedDies()); });
    rename_ = make("renameDie", tr("Rename"), tr("Give the die another name"), Qt::Key_F2,
                   [this] { wafer_->editName(wafer_->current()); });
    remove_ = make("removeDies", tr("Remove"), tr("Take the selected dies off the wafer"),
                   QKeySequence::Delete, [this] { removeDies(document_, selectedDies()); });
    newWafer_ = make("newWafer", tr("New wafer…"), tr("Draw a new wafer from statistics"),
                     Qt::CTRL | Qt::SHIFT | Qt::Key_N, [this] { askForNewWafer(); });
}

QWidget* WaferPage::makeMap()
{
    colourBy_ = new QComboBox;
    colourBy_->setObjectName("colourBy");
    colourBy_->addItems({tr("number of defects"), tr("yield"), tr("misclassification")}); // as in ColourBy
    nameEntries(*colourBy_, {"defects", "yield", "errors"});
    colourBy_->setAccessibleName(tr("Colour dies by"));
    colourBy_->setToolTip(tr("What the frames and badges of the dies show"));
    network_ = new QComboBox;
    network_->setObjectName("errorNetwork");
    network_->setAccessibleName(tr("Network"));
    network_->setToolTip(tr("The network whose misclassification on each die is shown"));
    network_->setPlaceholderText(tr("no trained network"));
    network_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    network_->setMinimumContentsLength(14);
    network_->hide();
    wafer_ = new WaferView;
    wafer_->setObjectName("waferView");

    auto* top = new QHBoxLayout;
    top->setSpacing(6);
    top->addWidget(new QLabel(tr("Colour by")));
    top->addWidget(colourBy_);
    top->addWidget(network_);
    top->addStretch(1);
    for (QAction* action : {include_, duplicate_, rename_, remove_, newWafer_}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setFocusPolicy(Qt::TabFocus);
        top->addWidget(button);
    }
    auto* panel = new Panel(tr("Dies at their wafer positions"));
    panel->body()->addLayout(top);
    panel->body()->addWidget(wafer_, 1);

    connect(colourBy_, &QComboBox::currentIndexChanged, this, [this](int by) {
        network_->setVisible(by == Errors);
        showWafer();
    });
    connect(network_, &QComboBox::activated, this, &WaferPage::showWafer);
    connect(wafer_, &WaferView::activated, this, &WaferPage::dieWanted);
    connect(wafer_, &WaferView::renamed, this, &WaferPage::rename);
    connect(wafer_, &WaferView::menuWanted, this, [this](const QPoint& at) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addActions({open_, include_, duplicate_, rename_, remove_});
        menu->addSeparator();
        menu->addAction(newWafer_);
        menu->addSeparator();
        addFigureActions(*menu, *this, waferMapFigure(document_.project().wafer, values()));
        menu->popup(at);
    });
    return panel;
}

QWidget* WaferPage::makeSide()
{
    counts_ = resultTable({tr("Defect"), tr("Die"), tr("Selected"), tr("All"), tr("Share %")});
    counts_->setObjectName("countsTable");
    counts_->setAccessibleName(tr("Number of defects"));
    description_ = quietLabel();
    auto* side = new Panel(tr("Defects"));
    side->body()->addWidget(counts_);
    side->body()->addSpacing(pageMargin);
    side->body()->addWidget(description_);
    side->body()->addStretch(1);
    return side;
}

QWidget* WaferPage::makeDie()
{
    layer_ = new QComboBox;
    layer_->setObjectName("dieLayer");
    layer_->addItems({tr("Defects"), tr("G at P"), tr("G at AP"), tr("TMR")}); // as in DieLayer
    nameEntries(*layer_, {"defects", "conductance-P", "conductance-AP", "tmr"});
    layer_->setAccessibleName(tr("What of the die is shown"));
    layer_->setToolTip(tr("What of the die is shown"));
    layer_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    legend_ = new LegendView({});
    heatMap_ = new HeatMapView;
    heatMap_->setObjectName("heatMap");
    diePanel_ = new Panel({});
    auto* row = new QHBoxLayout;
    row->addWidget(new QLabel(tr("Show")));
    row->addWidget(layer_);
    row->addStretch(1);
    diePanel_->body()->addLayout(row);
    diePanel_->body()->addWidget(legend_);
    diePanel_->body()->addWidget(heatMap_, 1);
    connect(layer_, &QComboBox::currentIndexChanged, this, &WaferPage::showLayer);
    connect(heatMap_, &HeatMapView::activated, this, [this] { emit dieWanted(wafer_->current()); });
    return diePanel_;
}

void WaferPage::showEvent(QShowEvent*)
{
    if (stale_)
        showWafer();
}

void WaferPage::refreshLater()
{
    stale_ = true;
    forgetDie();
    if (isVisible())
        showWafer();
}

/// The die that is large may have changed or gone.
void WaferPage::forgetDie()
{
    heatMap_->showDie(nullptr);
    shownDie_ = -1;
}

void WaferPage::showNetworks()
{
    const QString chosen = network_->currentText();
    network_->clear();
    for (const NamedRun& network : finishedNetworks(document_.project()))
        network_->addItem(network.name);
    network_->setCurrentIndex(std::max(0, network_->findText(chosen)));
}

DieValues WaferPage::values() const
{
    const Wafer& wafer = document_.project().wafer;
    if (colourBy_->currentIndex() == Defects)
        return defectsPerDie(wafer);
    if (colourBy_->currentIndex() == Yield)
        return yieldPerDie(wafer);
    return {tr("Test error (%)"), errors(), 1};
}

/// Of the chosen network on each die, percent; NaN where not known, empty without a network.
std::vector<double> WaferPage::errors() const
{
    const Wafer& wafer = document_.project().wafer;
    const std::vector<NamedRun> networks = finishedNetworks(document_.project());
    const auto k = static_cast<std::size_t>(network_->currentIndex());
    std::vector<double> errors;
    if (k < networks.size())
        for (const Die& die : wafer.dies)
            errors.push_back(networks[k].run->errorOn(networks[k].study->plan.groupOf(die.id, wafer)));
    return errors;
}

/// What tips say of the chosen network, and why where it says nothing.
void WaferPage::showNotes()
{
    const Wafer& wafer = document_.project().wafer;
    const std::vector<NamedRun> networks = finishedNetworks(document_.project());
    const auto network = static_cast<std::size_t>(network_->currentIndex());
    const std::vector<double> known = errors();
    QStringList notes;
    for (std::size_t k = 0; k < known.size(); ++k) {
        if (std::isfinite(known[k])) {
            notes.append(tr("%1: %2 % wrong").arg(network_->currentText()).arg(known[k], 0, 'f', 2));
            continue;
        }
        const QString why = document_.evaluator().failure(networks[network], wafer.dies[k].id);
        notes.append(why.isEmpty() ? tr("%1: not tested").arg(network_->currentText())
                                   : tr("%1: not tested. %2").arg(network_->currentText(), why));
    }
    wafer_->setNotes(notes);
}

void WaferPage::showErrors()
{
    if (colourBy_->currentIndex() == Errors) {
        refreshLater();
    } else {
        showNetworks();
        showNotes();
    }
}

void WaferPage::restore(const ViewState& view)
{
    chooseName(*layer_, view.wafer.overlay);
    chooseName(*colourBy_, view.wafer.colourBy);
    if (const int network = network_->findText(QString::fromStdString(view.wafer.network)); network >= 0) {
        network_->setCurrentIndex(network);
        showWafer();
    }
}

void WaferPage::hold(ViewState& view) const
{
    view.wafer = {chosenName(*colourBy_), network_->currentText().toStdString(), chosenName(*layer_)};
}

void WaferPage::showWafer()
{
    stale_ = false;
    forgetDie();
    const Wafer& wafer = document_.project().wafer;
    showNetworks();
    std::vector<int> ids;
    for (const Die& die : wafer.dies)
        ids.push_back(die.id);
    // The selection follows its dies when others come and go; dies that have come are selected instead.
    std::set<int> kept, come;
    for (int k = 0; k < static_cast<int>(ids.size()); ++k) {
        const auto before = std::ranges::find(shownIds_, ids[static_cast<std::size_t>(k)]);
        if (before == shownIds_.end())
            come.insert(k);
        else if (wafer_->selected().contains(static_cast<int>(before - shownIds_.begin())))
            kept.insert(k);
    }
    const std::set<int>& selection = come.empty() || shownIds_.empty() ? kept : come;
    const bool sameDies = ids == shownIds_;
    shownIds_ = std::move(ids);

    dieCounts_.clear();
    for (const Die& die : wafer.dies)
        dieCounts_.push_back(die.counts());
    wafer_->setWafer(wafer, values());
    showNotes();
    if (!sameDies && !selection.empty())
        wafer_->select(selection, *selection.rbegin());

    showLayer();
    const QLocale locale;
    const auto included = std::ranges::count(wafer.dies, true, &Die::included);
    description_->setText(
        tr("<b>%1</b>: %2 dies of %3 × %4 junctions, R<sub>P</sub> %5 kΩ, TMR %6 %; %7 in studies.<br>%8")
            .arg(QString::fromStdString(wafer.name).toHtmlEscaped(),
                 locale.toString(static_cast<int>(wafer.dies.size())), locale.toString(wafer.geometry.rows),
                 locale.toString(wafer.geometry.columns),
                 locale.toString(wafer.device.parallelResistance / 1000.0, 'g', 4),
                 locale.toString(100.0 * wafer.device.tmr, 'g', 4),
                 locale.toString(static_cast<int>(included)),
                 QString::fromStdString(wafer.description).toHtmlEscaped()));
    showSelection();
}

void WaferPage::showLayer()
{
    const auto layer = static_cast<DieLayer>(layer_->currentIndex());
    const Wafer& wafer = document_.project().wafer;
    heatMap_->setOverlay(layer, healthyRange(wafer.dies, layer), ColourMap::Viridis);
    legend_->setEntries(dieLegend(layer, !wafer.isFullyMeasured()));
}

std::vector<int> WaferPage::selectedDies() const
{
    return {wafer_->selected().begin(), wafer_->selected().end()};
}

void WaferPage::showSelection()
{
    if (stale_)
        return;
    const std::vector<int> dies = selectedDies();
    const std::vector<Die>& all = document_.project().wafer.dies;
    const bool anyOut =
        std::ranges::any_of(dies, [&](int die) { return !all[static_cast<std::size_t>(die)].included; });
    include_->setText(anyOut ? tr("Include") : tr("Exclude"));
    for (QAction* action : {include_, duplicate_, remove_})
        action->setEnabled(!dies.empty());
    rename_->setEnabled(dies.size() == 1);
    open_->setEnabled(wafer_->current() >= 0);
    showDie(wafer_->current());
}

void WaferPage::showDie(int index)
{
    const Wafer& wafer = document_.project().wafer;
    if (index < 0 || index >= static_cast<int>(wafer.dies.size())) {
        shownDie_ = -1;
        diePanel_->setTitle(tr("Die"));
        heatMap_->showDie(nullptr);
        histogram_->setFigure(nullptr);
        counts_->setRowCount(0);
        return;
    }
    const Die& die = wafer.dies[static_cast<std::size_t>(index)];
    diePanel_->setTitle(tr("Die %1").arg(QString::fromStdString(die.name)));
    if (index != shownDie_) {
        heatMap_->showDie(&die, wafer.geometry);
        histogram_->setFigure(conductanceFigure({&die, 1}));
    }
    shownDie_ = index;

    const DefectCounts counts = dieCounts_[static_cast<std::size_t>(index)];
    DefectCounts selected{}, all{};
    int missingInSelected = 0, missing = 0;
    for (int k = 0; k < static_cast<int>(wafer.dies.size()); ++k) {
        const DefectCounts& some = dieCounts_[static_cast<std::size_t>(k)];
        const int without =
            static_cast<int>(wafer.dies[static_cast<std::size_t>(k)].acquisition.missing.size());
        const bool isSelected = wafer_->selected().contains(k);
        missing += without;
        missingInSelected += isSelected ? without : 0;
        for (std::size_t defect = 0; defect < all.size(); ++defect) {
            all[defect] += some[defect];
            if (isSelected)
                selected[defect] += some[defect];
        }
    }
    const double cells = static_cast<double>(wafer.dies.size()) * wafer.geometry.cells();
    const double measured = cells - missing;
    counts_->setRowCount(0);
    const auto show = [&](const QString& what, int here, int some, int everywhere, double of) {
        const int row = counts_->rowCount();
        counts_->insertRow(row);
        counts_->setItem(row, 0, new QTableWidgetItem(what));
        counts_->setItem(row, 1, numberItem(QString::number(here)));
        counts_->setItem(row, 2, numberItem(QString::number(some)));
        counts_->setItem(row, 3, numberItem(QString::number(everywhere)));
        counts_->setItem(row, 4, numberItem(QString::number(100.0 * everywhere / of, 'f', 3)));
    };
    int here = 0, some = 0, everywhere = 0;
    for (const Defect defect : allDefects) {
        const auto k = static_cast<std::size_t>(defect);
        show(QString::fromUtf8(name(defect)), counts[k], selected[k], all[k], measured);
        here += counts[k];
        some += selected[k];
        everywhere += all[k];
    }
    show(tr("all"), here, some, everywhere, measured);
    if (missing > 0)
        show(tr("not measured"), static_cast<int>(die.acquisition.missing.size()), missingInSelected, missing,
             cells);
    fitToRows(*counts_);
}

void WaferPage::rename(int die, const QString& name)
{
    auto* editor = wafer_->findChild<QLineEdit*>("nameEditor");
    try {
        renameDie(document_, die, name);
        if (editor)
            editor->deleteLater();
        wafer_->setFocus();
    } catch (const Error& error) {
        // Where it happened, with the name still there to mend.
        QToolTip::showText(editor->mapToGlobal(QPoint(0, editor->height())), QString::fromUtf8(error.what()),
                           editor);
    }
}

void WaferPage::askForNewWafer()
{
    auto* dialog = new NewWaferDialog(document_.project().wafer, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->mayReplace = mayReplaceDies;
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { replaceWafer(document_, drawWafer(dialog->description())); });
    dialog->open();
}

} // namespace faultline
