#include "pages/compare_page.h"

#include <algorithm>
#include <iterator>

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "document/project_document.h"
#include "figures/compare_figures.h"
#include "figures/plot.h"
#include "pages/panel.h"
#include "views/figure_view.h"
#include "views/number_table.h"

namespace faultline
{

namespace
{

/// In the order of the panels.
constexpr std::array figuresOf{&errorByDieFigure, &errorByModeFigure, &errorByDefectsFigure, &yieldFigure,
                               &generalityFigure};

/// In the order of the box.
QStringList orderNames()
{
    QStringList names{"name", "defects"};
    for (const TrainingMode mode : allModes)
        names.append(QString::fromUtf8(name(mode).data()));
    return names;
}

/// The mark of a series beside its name, as in the charts.
QIcon symbolOf(const SeriesStyle& style, const QWidget& widget)
{
    const Theme theme = themeOf(widget);
    const double size = 1.3 * theme.textSize();
    QPixmap pixmap(QSizeF(size, size).toSize() * widget.devicePixelRatioF());
    pixmap.setDevicePixelRatio(widget.devicePixelRatioF());
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    paintMarker(painter, {size / 2, size / 2}, style, theme);
    return pixmap;
}

} // namespace

ComparePage::ComparePage(ProjectDocument& document, QWidget* parent)
    : QWidget(parent),
      document_(document),
      stack_(new QStackedWidget),
      study_(new QComboBox),
      networkButton_(new QToolButton),
      networkMenu_(new QMenu(this)),
      order_(new QComboBox),
      selection_(quietLabel()),
      clear_(new QToolButton),
      large_(new QHBoxLayout),
      small_(new QHBoxLayout),
      summary_(new NumberTable),
      dies_(new NumberTable)
{
    addChart(0, tr("Error of each die"), "errorByDie", tr("Choose what to show above."));
    addChart(1, tr("By training mode"), "errorByMode", tr("Choose what to show above."));
    addChart(2, tr("Against number of defects"), "errorByDefects", tr("Choose what to show above."));
    addChart(3, tr("Yield"), "yield", tr("Choose what to show above."));
    addChart(4, tr("Networks on other dies"), "generality",
             tr("Appears when hardware-aware networks have been trained."));
    charts_[1]->setToolTip(tr("Boxes: quartiles (linear interpolation); whiskers: the outermost dies within\n"
                              "1.5 interquartile ranges of the box; dies beyond stand out."));

    auto* results = new QWidget;
    auto* layout = new QVBoxLayout(results);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(pageMargin);
    layout->addWidget(chooser());
    layout->addLayout(large_, 5);
    layout->addLayout(small_, 4);
    large_->setSpacing(pageMargin);
    small_->setSpacing(pageMargin);
    large_->addWidget(tables(), 5);
    enlarge(0);

    auto* hint =
        quietLabel(tr("There are no results yet.\n\nRun a study on the Train page; its results appear here "
                      "as soon as the first network is trained."));
    hint->setAlignment(Qt::AlignCenter);
    stack_->addWidget(hint);
    stack_->addWidget(results);
    auto* page = new QVBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->addWidget(stack_);

    connect(&document, &ProjectDocument::projectReplaced, this, [this] {
        if (const auto& view = document_.project().view)
            restore(*view);
        refresh();
    });
    connect(&document, &ProjectDocument::aboutToSave, this, &ComparePage::hold);
    connect(&document, &ProjectDocument::shownStudyChanged, this, &ComparePage::refresh);
    connect(&document.queue(), &StudyQueue::studiesChanged, this, &ComparePage::fillStudies);
    connect(&document.queue(), &StudyQueue::resultsChanged, this, &ComparePage::refresh);
    refresh();
}

QWidget* ComparePage::chooser()
{
    study_->setObjectName("compareStudy");
    study_->setAccessibleName(tr("Study"));
    study_->setToolTip(tr("Whose results are shown"));
    auto* strip = new QWidget;
    auto* row = new QHBoxLayout(strip);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(10);
    row->addWidget(study_);
    for (std::size_t k = 0; k < allModes.size(); ++k) {
        const QString mode = QString::fromUtf8(name(allModes[k]).data());
        modes_[k] = new QCheckBox(mode);
        modes_[k]->setObjectName("show-" + mode);
        modes_[k]->setChecked(true);
        modes_[k]->setToolTip(tr("Show the networks trained so"));
        connect(modes_[k], &QCheckBox::toggled, this, &ComparePage::draw);
        row->addWidget(modes_[k]);
    }
    networkButton_->setObjectName("networkButton");
    networkButton_->setText(tr("Networks"));
    networkButton_->setToolTip(tr("Show networks by themselves, on every die"));
    networkButton_->setPopupMode(QToolButton::InstantPopup);
    networkButton_->setFocusPolicy(Qt::StrongFocus);
    networkButton_->setMenu(networkMenu_);
    networkMenu_->setObjectName("networkMenu");
    connect(networkMenu_, &QMenu::aboutToShow, this, &ComparePage::fillNetworks);
    row->addWidget(networkButton_);

    order_->setObjectName("dieOrder");
    order_->setToolTip(tr("Order of the dies in charts and table"));
    order_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* orderLabel = new QLabel(tr("&Order by"));
    orderLabel->setBuddy(order_);
    row->addSpacing(pageMargin);
    row->addWidget(orderLabel);
    row->addWidget(order_);
    order_->addItems({tr("name"), tr("defects")});
    for (const TrainingMode mode : allModes)
        order_->addItem(tr("error, %1").arg(QString::fromUtf8(name(mode).data())));
    nameEntries(*order_, orderNames());
    connect(study_, &QComboBox::currentIndexChanged, &document_, &ProjectDocument::showStudy);
    connect(order_, &QComboBox::currentIndexChanged, this, &ComparePage::draw);

    selection_->setObjectName("selection");
    selection_->setWordWrap(false);
    selection_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    selection_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    row->addWidget(selection_, 1);
    clear_->setObjectName("clearSelection");
    clear_->setText("✕");
    clear_->setAutoRaise(true);
    clear_->setFocusPolicy(Qt::StrongFocus);
    clear_->setAccessibleName(tr("Select no die"));
    clear_->setToolTip(tr("Select no die (Esc)"));
    connect(clear_, &QToolButton::clicked, this, [this] { select({}); });
    row->addWidget(clear_);
    auto* exports = new QPushButton(tr("Export figures…"));
    exports->setObjectName("exportButton");
    exports->setToolTip(tr("Every figure as SVG, PDF, PNG and CSV"));
    connect(exports, &QPushButton::clicked, this, &ComparePage::exportWanted);
    row->addWidget(exports);
    return strip;
}

QWidget* ComparePage::tables()
{
    summary_->setObjectName("modesTable");
    summary_->setAccessibleName(tr("Test error over the dies"));
    summary_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    dies_->setObjectName("diesTable");
    dies_->setAccessibleName(tr("Test error of each die"));
    for (NumberTable* table : {summary_, dies_}) {
        table->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Expanding);
        table->horizontalHeader()->setMinimumSectionSize(30);
    }
    summary_->setSortingEnabled(false);
    summary_->setToolTip(tr("Over the dies; excess: of the mean over the software baseline"));
    summary_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    connect(dies_, &NumberTable::selectionChangedByHand, this, &ComparePage::select);

    auto* widget = new QWidget;
    auto* layout = new QVBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(pageMargin);
    layout->addWidget(new Panel(tr("Test error over the dies (%)"), summary_));
    layout->addWidget(new Panel(tr("Test error of each die (%)"), dies_), 1);
    return widget;
}

void ComparePage::addChart(std::size_t chart, const QString& title, const char* name, const QString& hint)
{
    auto* view = charts_[chart] = new FigureView(hint);
    view->setObjectName(name);
    connect(view, &FigureView::selectionChanged, this, &ComparePage::select);

    auto* button = enlargers_[chart] = new QToolButton;
    button->setObjectName(QString("enlarge-") + name);
    button->setText("⤢");
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setAccessibleName(tr("Enlarge: %1").arg(title));
    button->setToolTip(tr("Enlarge"));
    connect(button, &QToolButton::clicked, this, [this, chart] { enlarge(chart); });
    panels_[chart] = new Panel(title, view);
    panels_[chart]->addToTitle(button);
}

/// One chart at the left of the tables, the others in a row below.
void ComparePage::enlarge(std::size_t large)
{
    enlarged_ = large;
    for (std::size_t chart = 0; chart < chartCount; ++chart) {
        enlargers_[chart]->setVisible(chart != large);
        charts_[chart]->setLegend(chart == large);
        if (chart == large)
            large_->insertWidget(0, panels_[chart], 7);
        else
            small_->addWidget(panels_[chart], 1);
    }
    charts_[large]->setFocus();
}

void ComparePage::restore(const ViewState& view)
{
    const ViewState::Compare& wanted = view.compare;
    for (std::size_t k = 0; k < allModes.size(); ++k) {
        const QSignalBlocker quiet(modes_[k]);
        modes_[k]->setChecked(std::ranges::find(wanted.hiddenModes, name(allModes[k])) ==
                              wanted.hiddenModes.end());
    }
    const QSignalBlocker quiet(order_);
    chooseName(*order_, wanted.order);
    networks_ = {wanted.networks.begin(), wanted.networks.end()};
    selected_ = {wanted.selected.begin(), wanted.selected.end()};
    const auto chart = std::ranges::find(charts_, QString::fromStdString(wanted.chart), &QObject::objectName);
    if (chart != charts_.end() && *chart != charts_[enlarged_])
        enlarge(static_cast<std::size_t>(chart - charts_.begin()));
}

void ComparePage::hold(ViewState& view) const
{
    ViewState::Compare& held = view.compare;
    held = {.hiddenModes = {},
            .networks = {networks_.begin(), networks_.end()},
            .order = chosenName(*order_),
            .chart = charts_[enlarged_]->objectName().toStdString(),
            .selected = {selected_.begin(), selected_.end()}};
    for (std::size_t k = 0; k < allModes.size(); ++k)
        if (!modes_[k]->isChecked())
            held.hiddenModes.emplace_back(name(allModes[k]));
}

/// Draws at once when someone looks, or else when the page is shown.
void ComparePage::refresh()
{
    stale_ = true;
    fillStudies();
    stack_->setCurrentIndex(!document_.study() || document_.study()->result.runs.empty() ? 0 : 1);
    if (isVisible())
        draw();
}

void ComparePage::showEvent(QShowEvent* event)
{
    if (stale_)
        draw();
    QWidget::showEvent(event);
}

/// The studies that there are, with the one shown.
void ComparePage::fillStudies()
{
    const QSignalBlocker quiet(study_);
    study_->clear();
    for (const Study& study : document_.project().studies)
        study_->addItem(QString::fromStdString(study.name));
    study_->setCurrentIndex(document_.shownStudy());
    study_->setVisible(study_->count() > 1);
}

/// Repeats first, then one submenu with the many that were trained for one die each.
void ComparePage::fillNetworks()
{
    networkMenu_->clear();
    QMenu* forDies = nullptr;
    for (const Comparison::Network& network : comparison_.networks) {
        const bool forDie = network.trainedOn >= 0;
        if (forDie && !forDies)
            forDies = networkMenu_->addMenu(tr("For one die"));
        QAction* action = (forDie ? forDies : networkMenu_)->addAction(QString::fromStdString(network.name));
        action->setCheckable(true);
        action->setChecked(networks_.contains(network.name));
        connect(action, &QAction::toggled, this, [this, name = network.name](bool on) {
            if (on)
                networks_.insert(name);
            else
                networks_.erase(name);
            draw();
        });
    }
    networkMenu_->addSeparator();
    QAction* none = networkMenu_->addAction(tr("None"), this, [this] {
        networks_.clear();
        draw();
    });
    none->setEnabled(!networks_.empty());
}

ComparisonChoice ComparePage::choice() const
{
    ComparisonChoice choice;
    for (std::size_t k = 0; k < allModes.size(); ++k)
        if (!modes_[k]->isChecked())
            choice.hidden.insert(allModes[k]);
    choice.networks = networks_;
    const int order = order_->currentIndex();
    if (order == 1)
        choice.order.by = DieOrder::By::Defects;
    else if (order > 1)
        choice.order = {DieOrder::By::Error,
                        std::string(name(allModes[static_cast<std::size_t>(order - 2)]))};
    return choice;
}

void ComparePage::draw()
{
    stale_ = false;
    if (!document_.study())
        return;
    comparison_ = compare(document_.project().wafer, *document_.study(), choice());
    for (std::size_t k = 0; k < allModes.size(); ++k) {
        modes_[k]->setIcon(symbolOf(styleOf(allModes[k]), *this));
        modes_[k]->setEnabled(std::ranges::find(comparison_.modes, allModes[k]) != comparison_.modes.end());
    }
    for (std::size_t chart = 0; chart < chartCount; ++chart)
        charts_[chart]->setFigure(figuresOf[chart](comparison_));
    summary_->setTable(summaryTable(comparison_));
    std::vector<int> ids;
    for (const Comparison::Die& die : comparison_.dies)
        ids.push_back(die.id);
    dies_->setTable(dieTable(comparison_), ids);
    for (NumberTable* table : {summary_, dies_})
        makeQuiet(*table); // now that it has columns
    fitToRows(*summary_);
    // Dies that are no longer shown cannot stay selected.
    std::set<int> kept;
    std::ranges::set_intersection(selected_, std::set<int>(ids.begin(), ids.end()),
                                  std::inserter(kept, kept.end()));
    select(kept);
}

void ComparePage::select(const std::set<int>& dies)
{
    selected_ = dies;
    for (FigureView* chart : charts_)
        chart->setSelected(dies);
    dies_->setSelected(dies);
    QStringList words;
    for (std::size_t k = 0; k < comparison_.dies.size() && dies.size() == 1; ++k)
        if (dies.contains(comparison_.dies[k].id))
            words = comparison_.describe(k).split('\n').mid(0, 2);
    if (dies.size() > 1)
        words.append(tr("%1 dies selected").arg(dies.size()));
    selection_->setText(words.join(": "));
    clear_->setVisible(!dies.empty());
}

} // namespace faultline
