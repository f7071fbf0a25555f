#include "pages/die_page.h"

#include <algorithm>
#include <cmath>

#include <QAction>
#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "common/error.h"
#include "common/statistics.h"
#include "document/networks.h"
#include "document/project_document.h"
#include "figures/numbers.h"
#include "pages/circuit_panel.h"
#include "pages/panel.h"
#include "pages/read_panel.h"
#include "pages/statistics_dialog.h"
#include "views/heat_map_view.h"
#include "views/histogram_view.h"
#include "views/legend_view.h"
#include "views/tinted_icon.h"

namespace faultline
{

namespace
{

enum RangeMode { Percentiles, ByHand };
enum Which { ThisDie, AllDies };
enum Side { Conductances, ReadOut }; // tabs; the circuit is behind them

struct ToolText {
    const char* name;
    const char* key;
    const char* tip;
};

constexpr std::array toolTexts{
    ToolText{QT_TR_NOOP("Select"), "S",
             QT_TR_NOOP("Drag a rectangle of cells: its share shows in the histogram, Ctrl+C copies it.")},
    ToolText{QT_TR_NOOP("Hand"), "H",
             QT_TR_NOOP("Drag the die about. The middle button does so with every tool.")},
    ToolText{QT_TR_NOOP("Brush"), "B", QT_TR_NOOP("Drag to draw. Esc cancels the stroke.")},
    ToolText{QT_TR_NOOP("Line"), "L", QT_TR_NOOP("Drag from end to end. Esc cancels.")},
    ToolText{QT_TR_NOOP("Rectangle"), "R", QT_TR_NOOP("Drag from corner to corner. Esc cancels.")},
    ToolText{QT_TR_NOOP("Row"), "W", QT_TR_NOOP("Whole rows: click one, or drag over several.")},
    ToolText{QT_TR_NOOP("Column"), "C", QT_TR_NOOP("Whole columns: click one, or drag over several.")},
    ToolText{QT_TR_NOOP("Scatter"), "X",
             QT_TR_NOOP("Random cells of the rectangle that you drag, at the rate below.")},
    ToolText{QT_TR_NOOP("Eraser"), "E",
             QT_TR_NOOP("Gives cells that were drawn on since the project was opened what they were before. "
                        "Other defects become healthy, with the device's nominal conductances.")}};

QComboBox* comboBox(const char* name, const QStringList& items, const QString& what, const QString& tip)
{
    auto* box = new QComboBox;
    box->setObjectName(name);
    box->addItems(items);
    box->setAccessibleName(what);
    box->setToolTip(tip);
    return box;
}

QDoubleSpinBox* numberBox(const char* name, const QString& what, const QString& tip)
{
    auto* box = new QDoubleSpinBox;
    box->setObjectName(name);
    box->setAccessibleName(what);
    box->setToolTip(tip);
    box->setKeyboardTracking(false);
    return box;
}

QToolButton* toolButton(const char* name, const QString& text, const QString& tip)
{
    auto* button = new QToolButton;
    button->setObjectName(name);
    button->setText(text);
    button->setAccessibleName(tip);
    button->setToolTip(tip);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

} // namespace

DiePage::DiePage(ProjectDocument& document, QWidget* parent) : QWidget(parent), document_(document)
{
    auto* page = new QHBoxLayout(this);
    page->setContentsMargins(pageMargin, pageMargin, pageMargin, pageMargin);
    page->setSpacing(pageMargin);
    page->addWidget(makeTools());
    page->addWidget(makeMap(), 1);
    page->addWidget(makeSide());

    editActions_ = {addKey("copyCells", tr("&Copy selected cells"), QKeySequence::Copy, [this] { copy(); }),
                    addKey("pasteCells", tr("&Paste cells"), QKeySequence::Paste, [this] { startPaste(); })};
    for (QAction* action : editActions_)
        action->setEnabled(false); // until the page is shown
    histogramTimer_.setSingleShot(true);
    histogramTimer_.setInterval(80);
    connect(&histogramTimer_, &QTimer::timeout, this, &DiePage::showHistogram);
    connectDocument();
    tintIcons();
    setTool(Tool::Select);
    showWafer();
}

QAction* DiePage::addKey(const char* name, const QString& text, const QKeySequence& keys,
                         const std::function<void()>& slot)
{
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(action, &QAction::triggered, this, slot);
    addAction(action);
    return action;
}

QWidget* DiePage::makeTools()
{
    auto* panel = new Panel(tr("Tools"));
    panel->body()->setSpacing(2);
    tools_ = new QButtonGroup(this);
    for (std::size_t k = 0; k < toolTexts.size(); ++k) {
        const ToolText& text = toolTexts[k];
        auto* button = toolButton(qPrintable(QString("tool-") + QString(text.name).toLower()), tr(text.name),
                                  QString("%1 (%2)\n%3").arg(tr(text.name), text.key, tr(text.tip)));
        button->setAccessibleName(tr(text.name));
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setIconSize({18, 18});
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setShortcut(QKeySequence(text.key));
        tools_->addButton(button, static_cast<int>(k));
        panel->body()->addWidget(button);
    }
    connect(tools_, &QButtonGroup::idToggled, this, [this](int tool, bool on) {
        if (on)
            setTool(static_cast<Tool>(tool));
    });

    QStringList names;
    for (const Defect kind : kinds)
        names.append(kind == Defect::None ? tr("conductance") : QString::fromUtf8(name(kind)));
    kind_ = comboBox("drawKind", names, tr("What is drawn"),
                     tr("A kind of defect, or working cells with conductances as typed below."));
    labelOnly_ = new QCheckBox(tr("label only"));
    labelOnly_->setObjectName("labelOnly");
    labelOnly_->setToolTip(
        tr("Cells keep the conductances that they have, as measured ones should: only what "
           "they count as changes."));
    for (const Level level : {AP, P}) {
        auto* box = numberBox(level == P ? "drawConductanceP" : "drawConductanceAP",
                              level == P ? tr("Conductance") : tr("Conductance at AP"),
                              tr("What drawn cells conduct. At first the median of that kind on this wafer, "
                                 "or the device's nominal value where there is none."));
        box->setRange(0.0, 1e6);
        box->setDecimals(2);
        box->setSuffix(tr(" µS"));
        drawn_[level] = box;
        connect(box, &QDoubleSpinBox::valueChanged, this, [this, level](double value) {
            conductances_[static_cast<std::size_t>(kind_->currentIndex())][level] = value;
        });
    }
    size_ = new QSpinBox;
    size_->setObjectName("brushSize");
    size_->setAccessibleName(tr("Brush size"));
    size_->setToolTip(tr("Cells across, of brush, line and eraser ([ and ] change it)."));
    size_->setRange(1, 64);
    rate_ = numberBox("scatterRate", tr("Scatter rate"), tr("Share of the rectangle's cells that are hit."));
    rate_->setRange(0.001, 100.0);
    rate_->setDecimals(3);
    rate_->setValue(1.0);
    rate_->setSuffix(tr(" %"));
    addKey("smallerBrush", tr("Smaller brush"), Qt::Key_BracketLeft, [this] { size_->stepDown(); });
    addKey("largerBrush", tr("Larger brush"), Qt::Key_BracketRight, [this] { size_->stepUp(); });

    panel->body()->addSpacing(pageMargin);
    panel->body()->addWidget(boldLabel(tr("Draw")));
    options_ = new QFormLayout;
    options_->setRowWrapPolicy(QFormLayout::WrapAllRows);
    options_->setVerticalSpacing(3);
    options_->addRow(kind_);
    options_->addRow(labelOnly_);
    options_->addRow(tr("Conductance"), drawn_[P]);
    options_->addRow(tr("… at AP"), drawn_[AP]);
    options_->addRow(tr("Size (cells)"), size_);
    options_->addRow(tr("Rate"), rate_);
    panel->body()->addLayout(options_);
    panel->body()->addStretch(1);
    panel->setFixedWidth(156);
    connect(kind_, &QComboBox::currentIndexChanged, this, &DiePage::showKind);
    connect(labelOnly_, &QCheckBox::toggled, this, [this] {
        showKind();
        setTool(static_cast<Tool>(tools_->checkedId()));
    });
    return panel;
}

QWidget* DiePage::makeMap()
{
    previous_ = toolButton("previousDie", "◀", tr("Previous die (Page Up)"));
    previous_->setShortcut(Qt::Key_PageUp);
    next_ = toolButton("nextDie", "▶", tr("Next die (Page Down)"));
    next_->setShortcut(Qt::Key_PageDown);
    dies_ = comboBox("dieChooser", {}, tr("Die"), tr("The die that is shown"));
    dies_->setMinimumContentsLength(7);
    fit_ = toolButton("fitButton", tr("Fit"), tr("Show the whole die (F)"));
    fit_->setShortcut(Qt::Key_F);
    layer_ = comboBox(
        "dieOverlay",
        {tr("Defects"), tr("G at P"), tr("G at AP"), tr("TMR"), tr("Mapped weights"), tr("Damage"),
         tr("Word-line voltage"), tr("Bit-line voltage"), tr("Cell current"),
         tr("Cell power")}, // as in DieLayer
        tr("What of the die is shown"),
        tr("Weights are what each pair of cells is worth on this die as the network has written "
           "it.\nDamage is how far that is from the ideal +1 or −1.\nVoltages, current and power are "
           "those of a read: the page beside the map says of which image."));
    nameEntries(*layer_, {"defects", "conductance-P", "conductance-AP", "tmr", "weights", "damage",
                          "word-line-voltage", "bit-line-voltage", "current", "power"});
    network_ = comboBox("overlayNetwork", {}, tr("Network"), tr("The trained network that lies on the die"));
    network_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    network_->setMinimumContentsLength(14);
    colours_ = comboBox("colourMap", {"viridis", "cividis", tr("blue–red")}, tr("Colours"), // as in ColourMap
                        tr("viridis and cividis grow lighter with the value; blue–red is white at the middle "
                           "of the range."));
    nameEntries(*colours_, {"viridis", "cividis", "blue-red"});
    rangeMode_ =
        comboBox("rangeMode", {tr("percentiles"), tr("by hand")}, tr("Range of the colours"),
                 tr("The ends of the colours: percentiles of the healthy cells of all dies, the same "
                    "for every die, or values that you type."));
    rangeLow_ = numberBox("rangeLow", tr("Lower end of the colours"), tr("Lower end of the colours"));
    rangeHigh_ = numberBox("rangeHigh", tr("Upper end of the colours"), tr("Upper end of the colours"));
    rangeLog_ = new QCheckBox(tr("log"));
    rangeLog_->setObjectName("rangeLog");
    rangeLog_->setToolTip(tr("Colours along a logarithmic scale"));
    legend_ = new LegendView({});
    map_ = new HeatMapView;
    map_->setObjectName("dieMap");
    readout_ = quietLabel();
    readout_->setObjectName("readout");
    readout_->setWordWrap(false);
    readout_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);

    auto* panel = new Panel(tr("Die"));
    auto* first = new QHBoxLayout;
    first->setSpacing(6);
    for (QWidget* widget : std::initializer_list<QWidget*>{previous_, dies_, next_, fit_})
        first->addWidget(widget);
    first->addSpacing(pageMargin);
    first->addWidget(new QLabel(tr("Show")));
    first->addWidget(layer_);
    first->addWidget(network_);
    first->addStretch(1);
    auto* second = new QHBoxLayout;
    second->setSpacing(6);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{colours_, rangeMode_, rangeLow_, rangeHigh_, rangeLog_, legend_})
        second->addWidget(widget);
    second->addStretch(1);
    panel->body()->addLayout(first);
    problem_ = new QLabel;
    problem_->setObjectName("mapProblem");
    problem_->setWordWrap(true);
    panel->body()->addLayout(second);
    panel->body()->addWidget(problem_);
    panel->body()->addWidget(map_, 1);
    panel->body()->addWidget(readout_);

    connect(previous_, &QToolButton::clicked, this, [this] { showDie(die_ - 1); });
    connect(next_, &QToolButton::clicked, this, [this] { showDie(die_ + 1); });
    connect(fit_, &QToolButton::clicked, map_, &HeatMapView::fit);
    connect(dies_, &QComboBox::activated, this, &DiePage::showDie);
    connect(layer_, &QComboBox::currentIndexChanged, this, [this](int layer) {
        const bool sign = static_cast<DieLayer>(layer) == DieLayer::Weights;
        const bool wasSign = static_cast<ColourMap>(colours_->currentIndex()) == ColourMap::BlueRed;
        if (sign != wasSign)
            colours_->setCurrentIndex(static_cast<int>(sign ? ColourMap::BlueRed : ColourMap::Viridis));
        rangeMode_->setCurrentIndex(Percentiles);
        if (isOfRead(static_cast<DieLayer>(layer)) && side_->currentIndex() == Conductances)
            side_->setCurrentIndex(ReadOut);
        showRead();
        showRangeFields();
        showOverlay();
    });
    connect(network_, &QComboBox::activated, this, [this] {
        mapped_.reset();
        showRead();
        showOverlay();
    });
    connect(colours_, &QComboBox::currentIndexChanged, this, &DiePage::showOverlay);
    connect(rangeMode_, &QComboBox::currentIndexChanged, this, &DiePage::showRangeFields);
    for (QDoubleSpinBox* box : {rangeLow_, rangeHigh_})
        connect(box, &QDoubleSpinBox::valueChanged, this, &DiePage::showOverlay);
    connect(rangeLog_, &QCheckBox::toggled, this, &DiePage::showOverlay);
    connect(map_, &HeatMapView::gestureStarted, this, &DiePage::startGesture);
    connect(map_, &HeatMapView::gestureMoved, this, &DiePage::moveGesture);
    connect(map_, &HeatMapView::gestureEnded, this, &DiePage::endGesture);
    connect(map_, &HeatMapView::gestureCancelled, this, [this] {
        cancel();
        showReadout(map_->hoveredCell());
    });
    connect(map_, &HeatMapView::hovered, this, [this](const CellIndex& cell) {
        showReadout(cell);
        if (!stroke_)
            previewAt(cell);
    });
    return panel;
}

QWidget* DiePage::makeSide()
{
    read_ = new ReadPanel(document_);
    auto* side = new QTabWidget;
    side->setObjectName("dieTabs");
    QWidget* histogram = makeHistogram();
    side->addTab(histogram, tr("Conductances"));
    side->addTab(read_, tr("Read-out"));
    for (QWidget* tab : {histogram, static_cast<QWidget*>(read_)}) { // as panels
        tab->setAutoFillBackground(true);
        tab->setBackgroundRole(QPalette::Base);
    }
    side->addTab(new CircuitPanel(document_), tr("Circuit"));
    side->setFixedWidth(340);
    side_ = side;
    connect(side_, &QTabWidget::currentChanged, this, &DiePage::showRead);
    connect(read_, &ReadPanel::changed, this, [this] {
        if (isOfRead(map_->overlay().layer))
            showOverlay();
    });
    return side;
}

QWidget* DiePage::makeHistogram()
{
    which_ = comboBox("histogramDies", {tr("this die"), tr("all dies")},
                      tr("Cells in the histogram"), // as in Which
                      tr("Whose cells are counted"));
    binWidth_ = numberBox("binWidth", tr("Bin width"), tr("Width of a bin; automatic at the lowest value"));
    binWidth_->setSpecialValueText(tr("automatic"));
    logConductance_ = new QCheckBox(tr("log G"));
    logConductance_->setObjectName("logConductance");
    logConductance_->setChecked(true);
    logConductance_->setToolTip(tr("Conductances along a logarithmic axis"));
    logCounts_ = new QCheckBox(tr("log counts"));
    logCounts_->setObjectName("logCounts");
    logCounts_->setChecked(true);
    logCounts_->setToolTip(tr("Numbers of cells along a logarithmic axis, on which single cells are seen"));
    histogram_ = new HistogramView;
    histogram_->setObjectName("dieHistogram");
    histogram_->setToolTip(tr("Drag over a range to mark its cells on the die; click to take it away."));
    brushed_ = quietLabel();
    brushed_->setObjectName("brushedCells");
    numbers_ = resultTable({{}, tr("This die"), tr("Selection")});
    numbers_->setObjectName("dieNumbers");
    numbers_->setAccessibleName(tr("Populations and counts"));

    auto* panel = new QWidget;
    auto* body = new QVBoxLayout(panel);
    body->setContentsMargins(10, 8, 10, 8);
    body->setSpacing(6);
    auto* first = new QHBoxLayout;
    first->setSpacing(6);
    first->addWidget(new QLabel(tr("Of")));
    first->addWidget(which_);
    first->addWidget(new QLabel(tr("bins")));
    first->addWidget(binWidth_, 1);
    auto* second = new QHBoxLayout;
    second->setSpacing(pageMargin);
    second->addWidget(logConductance_);
    second->addWidget(logCounts_);
    second->addStretch(1);
    body->addLayout(first);
    body->addLayout(second);
    body->addWidget(histogram_, 1);
    body->addWidget(brushed_);
    body->addWidget(numbers_);

    const auto showBinUnit = [this] {
        const bool log = logConductance_->isChecked();
        const QSignalBlocker quiet(binWidth_);
        binWidth_->setSuffix(log ? tr(" decades") : tr(" µS"));
        binWidth_->setRange(0.0, log ? 1.0 : 1000.0);
        binWidth_->setDecimals(log ? 3 : 2);
        binWidth_->setSingleStep(log ? 0.005 : 1.0);
        binWidth_->setValue(0.0);
    };
    showBinUnit();
    connect(which_, &QComboBox::currentIndexChanged, this, &DiePage::showHistogram);
    connect(binWidth_, &QDoubleSpinBox::valueChanged, this, &DiePage::showHistogram);
    connect(logConductance_, &QCheckBox::toggled, this, [this, showBinUnit] {
        showBinUnit();
        histogram_->brush({});
        showHistogram();
    });
    connect(logCounts_, &QCheckBox::toggled, this, &DiePage::showHistogram);
    connect(histogram_, &HistogramView::brushedChanged, this, &DiePage::showBrushed);
    return panel;
}

void DiePage::connectDocument()
{
    connect(&document_, &ProjectDocument::projectReplaced, this, [this] {
        const auto& view = document_.project().view;
        dieId_ = view ? view->die.die : -1;
        takeDefaults();
        showWafer();
        if (view)
            restore(*view);
    });
    connect(&document_, &ProjectDocument::aboutToSave, this, &DiePage::hold);
    connect(&document_, &ProjectDocument::waferChanged, this, &DiePage::showWafer);
    const auto followNetworks = [this] {
        showNetworks();
        showRead();
        if (map_->overlay().reach() > 0)
            showOverlay();
    };
    connect(&document_.queue(), &StudyQueue::resultsChanged, this, followNetworks);
    connect(&document_.queue(), &StudyQueue::studiesChanged, this, followNetworks);
    for (const auto signal : {&ProjectDocument::circuitChanged, &ProjectDocument::datasetChanged})
        connect(&document_, signal, this, &DiePage::showRead);
    connect(&document_, &ProjectDocument::dieChanged, this, [this](int die) {
        if (die == die_) {
            showRead();
            map_->refresh();
            showReadout(map_->hoveredCell());
        } else if (isVisible()) {
            showDie(die); // what undo and redo change is worth seeing
        }
        histogramTimer_.start();
    });
    takeDefaults();
}

void DiePage::tintIcons()
{
    for (QAbstractButton* button : tools_->buttons())
        button->setIcon(tintedIcon(QString(":/faultline/icons/%1.svg").arg(button->objectName()), palette()));
}

void DiePage::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        tintIcons();
    QWidget::changeEvent(event);
}

void DiePage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    for (QAction* action : editActions_)
        action->setEnabled(true);
    showRead();
}

void DiePage::hideEvent(QHideEvent* event)
{
    for (QAction* action : editActions_)
        action->setEnabled(false);
    QWidget::hideEvent(event);
}

const Wafer& DiePage::wafer() const
{
    return document_.project().wafer;
}

const Die* DiePage::currentDie() const
{
    const auto index = static_cast<std::size_t>(die_); // -1, and one of the wafer before, lie beyond all dies
    return index < wafer().dies.size() ? &wafer().dies[index] : nullptr;
}

void DiePage::restore(const ViewState& view)
{
    if (const int network = network_->findText(QString::fromStdString(view.die.network)); network >= 0)
        network_->setCurrentIndex(network);
    mapped_.reset();
    chooseName(*layer_, view.die.overlay);
    chooseName(*colours_, view.die.colours);
    rangeMode_->setCurrentIndex(view.die.rangeByHand ? ByHand : Percentiles);
    showRangeFields();
    {
        const QSignalBlocker quietLow(rangeLow_), quietHigh(rangeHigh_), quietLog(rangeLog_);
        const double unit = rangeUnit();
        rangeLow_->setValue(view.die.rangeLow * unit);
        rangeHigh_->setValue(view.die.rangeHigh * unit);
        rangeLog_->setChecked(view.die.rangeLog && rangeLog_->isEnabled());
    }
    showRead();
    showOverlay();
    const CellArea& seen = view.die.seen;
    map_->showPart({seen.column, seen.row, seen.columns, seen.rows});
}

void DiePage::hold(ViewState& view) const
{
    const QRectF seen = map_->seen();
    const double unit = rangeUnit();
    view.die = {.die = dieId_,
                .overlay = chosenName(*layer_),
                .network = network_->currentText().toStdString(),
                .colours = chosenName(*colours_),
                .rangeByHand = rangeMode_->currentIndex() == ByHand,
                .rangeLow = rangeLow_->value() / unit,
                .rangeHigh = rangeHigh_->value() / unit,
                .rangeLog = rangeLog_->isChecked(),
                .seen = {seen.y(), seen.x(), seen.height(), seen.width()}};
}

/// A number of the project times this is what the range's fields say.
double DiePage::rangeUnit() const
{
    return rangeMode_->currentIndex() == ByHand
               ? textOf(static_cast<DieLayer>(layer_->currentIndex())).perUnit
               : 1.0;
}

/// The same die as before, wherever it stands now; the nearest one when it is gone.
void DiePage::showWafer()
{
    cancel();
    dies_->clear();
    const int before = die_;
    die_ = -1;
    for (int k = 0; k < static_cast<int>(wafer().dies.size()); ++k) {
        const Die& die = wafer().dies[static_cast<std::size_t>(k)];
        dies_->addItem(QString::fromStdString(die.name));
        if (die.id == dieId_)
            die_ = k;
    }
    const int last = static_cast<int>(wafer().dies.size()) - 1;
    if (die_ < 0)
        die_ = std::clamp(before, std::min(0, last), last);
    mapped_.reset();
    showNetworks();
    showDie(die_);
    showOverlay();
    for (QAbstractButton* tool : tools_->buttons())
        tool->setEnabled(die_ >= 0);
}

void DiePage::showDie(int die)
{
    const int last = static_cast<int>(wafer().dies.size()) - 1;
    die_ = std::clamp(die, std::min(0, last), last);
    const Die* shown = currentDie();
    dieId_ = shown ? shown->id : -1;
    dies_->setCurrentIndex(die_);
    previous_->setEnabled(die_ > 0);
    next_->setEnabled(die_ < last);
    map_->showDie(shown, wafer().geometry);
    tellPart();
    showRead();
    showReadout({-1, -1});
    showHistogram();
}

void DiePage::tellPart()
{
    const Die* die = currentDie();
    if (!mapped_ || !die)
        return;
    const int dies = mapped_->map().dies();
    const auto part = mapped_->partOn(*die);
    if (dies == 1)
        network_->setToolTip(tr("The trained network that lies on the die"));
    else if (part)
        network_->setToolTip(tr("The trained network takes %1 dies side by side; part %2 lies on this one")
                                 .arg(dies)
                                 .arg(*part + 1));
    else
        network_->setToolTip(
            tr("The trained network takes %1 dies side by side; this one holds no part of it").arg(dies));
}

void DiePage::showNetworks()
{
    const QString chosen = network_->currentText();
    network_->clear();
    for (const NamedRun& network : finishedNetworks(document_.project()))
        network_->addItem(network.name);
    network_->setCurrentIndex(std::max(0, network_->findText(chosen)));
    network_->setPlaceholderText(tr("no trained network"));
    mapped_.reset();
}

void DiePage::showRead()
{
    const bool wanted = isVisible() && (isOfRead(static_cast<DieLayer>(layer_->currentIndex())) ||
                                        side_->currentIndex() == ReadOut);
    const std::vector<NamedRun> networks = finishedNetworks(document_.project());
    const int chosen = network_->currentIndex();
    network_->setVisible(needsNetwork());
    const bool known = chosen >= 0 && chosen < static_cast<int>(networks.size());
    read_->read(wanted && known ? networks[static_cast<std::size_t>(chosen)].run : nullptr, currentDie());
}

/// Whether the network above the map is one that is looked at.
bool DiePage::needsNetwork() const
{
    const auto layer = static_cast<DieLayer>(layer_->currentIndex());
    return layer == DieLayer::Weights || layer == DieLayer::Damage || isOfRead(layer) ||
           side_->currentIndex() == ReadOut;
}

/// What the range's fields mean depends on layer and mode; their values follow what is shown.
void DiePage::showRangeFields()
{
    const auto layer = static_cast<DieLayer>(layer_->currentIndex());
    const LayerText text = textOf(layer);
    const bool byHand = rangeMode_->currentIndex() == ByHand;
    {
        const QSignalBlocker quietLow(rangeLow_), quietHigh(rangeHigh_), quietLog(rangeLog_);
        for (QDoubleSpinBox* box : {rangeLow_, rangeHigh_}) {
            box->setRange(byHand ? -1e6 : 0.0, byHand ? 1e6 : 100.0);
            box->setDecimals(byHand ? std::max(text.decimals, 1) : 1);
            box->setSuffix(byHand ? (text.unit.isEmpty() ? QString() : ' ' + text.unit) : QString(" %"));
        }
        rangeLow_->setValue(byHand ? text.perUnit * range_.low : 1.0);
        rangeHigh_->setValue(byHand ? text.perUnit * range_.high : 99.0);
        rangeLog_->setEnabled(layer != DieLayer::Weights);
        if (layer == DieLayer::Weights)
            rangeLog_->setChecked(false);
    }
    showOverlay();
}

void DiePage::showOverlay()
{
    const auto layer = static_cast<DieLayer>(layer_->currentIndex());
    const bool hasNetwork = layer == DieLayer::Weights || layer == DieLayer::Damage || isOfRead(layer);
    legend_->setEntries(dieLegend(layer, !wafer().isFullyMeasured()));
    for (QWidget* widget :
         std::initializer_list<QWidget*>{colours_, rangeMode_, rangeLow_, rangeHigh_, rangeLog_})
        widget->setVisible(layer != DieLayer::Defects);
    network_->setVisible(needsNetwork());

    Overlay overlay(layer);
    overlay.device = wafer().device;
    const std::vector<NamedRun> networks = finishedNetworks(document_.project());
    QString problem;
    if (hasNetwork && !mapped_ && network_->currentIndex() >= 0 &&
        network_->currentIndex() < static_cast<int>(networks.size())) {
        try {
            const NamedRun& chosen = networks[static_cast<std::size_t>(network_->currentIndex())];
            mapped_ = std::make_shared<MappedNetwork>(*chosen.run, wafer().geometry,
                                                      chosen.study->plan.groupsOn(wafer()));
            tellPart();
        } catch (const Error& error) {
            problem = QString::fromUtf8(error.what());
        }
    }
    problem_->setText("⚠ " + problem);
    problem_->setVisible(!problem.isEmpty());
    if (hasNetwork)
        overlay.network = mapped_;
    if (isOfRead(layer))
        overlay.read = read_->shown();

    const LayerText text = textOf(layer);
    double low = rangeLow_->value(), high = rangeHigh_->value();
    // Voltages are those of one die; all else is coloured alike on all.
    std::span<const Die> dies = wafer().dies;
    if (isOfRead(layer) && die_ >= 0)
        dies = dies.subspan(static_cast<std::size_t>(die_), 1);
    if (layer == DieLayer::Defects)
        range_ = healthyRange(dies, overlay);
    else if (rangeMode_->currentIndex() == Percentiles)
        range_ = healthyRange(dies, overlay, std::min(low, high) / 100.0, std::max(low, high) / 100.0);
    else
        range_ = {std::min(low, high) / text.perUnit, std::max(low, high) / text.perUnit};
    if (range_.low == range_.high)
        range_.high += std::max(1e-9, 1e-3 * std::abs(range_.high));
    // A logarithmic scale over three decades where the range begins at zero or below.
    range_.log = rangeLog_->isChecked() && range_.high > 0.0 && layer != DieLayer::Defects;
    if (range_.log && range_.low <= 0.0)
        range_.low = 1e-3 * range_.high;
    map_->setOverlay(overlay, range_, static_cast<ColourMap>(colours_->currentIndex()));
    showReadout(map_->hoveredCell());
}

void DiePage::takeDefaults()
{
    const Device& device = wafer().device;
    for (std::size_t k = 0; k < kinds.size(); ++k) {
        std::vector<double> values;
        for (const Die& die : wafer().dies)
            if (kinds[k] != Defect::None && die.counts()[static_cast<std::size_t>(kinds[k])] > 0)
                for (Eigen::Index cell = 0; cell < die.defect.size(); ++cell)
                    if (die.defect.data()[cell] == kinds[k])
                        values.push_back(die.conductance[P].data()[cell]);
        double typical = quantile(values, 0.5);
        if (values.empty()) {
            switch (kinds[k]) {
            case Defect::Short:
                typical = defaultStatistics(device).shortConductance.median;
                break;
            case Defect::Open:
                typical = 0.0;
                break;
            case Defect::StuckAP:
                typical = device.conductance(AP);
                break;
            case Defect::StuckP:
            case Defect::None:
                typical = device.conductance(P);
                break;
            }
        }
        conductances_[k] = {1e6 * typical, 1e6 * typical};
        if (kinds[k] == Defect::None)
            conductances_[k][AP] = 1e6 * device.conductance(AP);
    }
    showKind();
}

void DiePage::showKind()
{
    const auto kind = static_cast<std::size_t>(kind_->currentIndex());
    const std::array<double, levelCount> values = conductances_[kind];
    for (const Level level : {AP, P})
        drawn_[level]->setValue(values[level]);
    const bool both = kinds[kind] == Defect::None;
    kind_->setItemText(static_cast<int>(std::ranges::find(kinds, Defect::None) - kinds.begin()),
                       labelOnly_->isChecked() ? tr("healthy") : tr("conductance"));
    drawn_[AP]->setVisible(both);
    options_->labelForField(drawn_[AP])->setVisible(both);
    static_cast<QLabel*>(options_->labelForField(drawn_[P]))
        ->setText(both ? tr("Conductance at P") : tr("Conductance"));
}

void DiePage::showHistogram()
{
    histogramTimer_.stop();
    const Die* die = currentDie();
    numbers_->setRowCount(0);
    if (!die) {
        histogram_->setHistogram({}, {}, true);
        brushed_->clear();
        return;
    }
    const std::span<const Die> dies =
        which_->currentIndex() == AllDies ? std::span<const Die>(wafer().dies) : std::span<const Die>(die, 1);
    const bool log = logConductance_->isChecked();
    ConductanceHistogram histogram =
        conductanceHistogram(dies, {log, binWidth_->value() * (log ? 1.0 : 1e-6)});
    const QRect selection = map_->selection();
    std::optional<ConductanceHistogram> share;
    if (!selection.isNull())
        share = shareOf(histogram, *die, selection);
    histogram_->setHistogram(std::move(histogram), std::move(share), logCounts_->isChecked());
    showNumbers();
    showBrushed();
}

void DiePage::showNumbers()
{
    const Die& die = *currentDie();
    const bool all = which_->currentIndex() == AllDies;
    const QRect selection = map_->selection();
    numbers_->horizontalHeaderItem(1)->setText(all ? tr("All dies") : tr("This die"));
    std::vector<ConductanceSummary> columns{
        conductanceSummary(all ? std::span<const Die>(wafer().dies) : std::span<const Die>(&die, 1))};
    if (!selection.isNull())
        columns.push_back(conductanceSummary({&die, 1}, selection));
    const QLocale locale;
    const auto row = [&](const QString& name, const auto& textOf) {
        const int index = numbers_->rowCount();
        numbers_->insertRow(index);
        numbers_->setItem(index, 0, new QTableWidgetItem(name));
        for (std::size_t k = 0; k < 2; ++k)
            numbers_->setItem(index, static_cast<int>(k) + 1,
                              numberItem(k < columns.size() ? textOf(columns[k]) : QString("–")));
    };
    const auto population = [](const ConductanceSummary::Population& of, double perUnit, int decimals) {
        return std::isnan(of.mean) ? QString("–")
                                   : QString("%1 ± %2")
                                         .arg(perUnit * of.mean, 0, 'f', decimals)
                                         .arg(perUnit * of.sigma, 0, 'f', decimals);
    };
    row(tr("G at P (µS)"),
        [&](const ConductanceSummary& summary) { return population(summary.level[P], 1e6, 1); });
    row(tr("G at AP (µS)"),
        [&](const ConductanceSummary& summary) { return population(summary.level[AP], 1e6, 1); });
    row(tr("TMR (%)"), [&](const ConductanceSummary& summary) { return population(summary.tmr, 100.0, 0); });
    for (const Defect defect : {Defect::None, Defect::Short, Defect::Open, Defect::StuckP, Defect::StuckAP})
        row(defect == Defect::None ? tr("healthy") : QString::fromUtf8(name(defect)),
            [&](const ConductanceSummary& summary) {
                return locale.toString(summary.counts[static_cast<std::size_t>(defect)]);
            });
    if (!wafer().isFullyMeasured())
        row(tr("not measured"),
            [&](const ConductanceSummary& summary) { return locale.toString(summary.notMeasured); });
    fitToRows(*numbers_);
}

void DiePage::showBrushed()
{
    const Die* die = currentDie();
    const auto& range = histogram_->brushed();
    if (!die || !range) {
        map_->setLit({});
        brushed_->setText(wafer().isFullyMeasured()
                              ? tr("Mean ± sigma are of the healthy cells.")
                              : tr("Mean ± sigma are of the healthy cells that were measured."));
        return;
    }
    map_->setLit([this](const CellState& cell) { return histogram_->isBrushed(cell); });
    int marked = 0;
    for (int row = 0; row < die->rows(); ++row)
        for (int column = 0; column < die->columns(); ++column)
            marked += histogram_->isBrushed(die->cell({row, column}));
    brushed_->setText(tr("Marked: %1 cells, %2 to %3 µS")
                          .arg(QLocale().toString(marked))
                          .arg(1e6 * range->low, 0, 'f', 1)
                          .arg(1e6 * range->high, 0, 'f', 1));
}

void DiePage::showReadout(const CellIndex& cell)
{
    QString text = map_->describe(map_->cellRect(cell).center());
    if (text.isEmpty() && pasting_)
        text = tr("Click where the upper left corner goes. Esc cancels.");
    else if (text.isEmpty())
        text = tr(toolTexts[static_cast<std::size_t>(tools_->checkedId())].tip);
    readout_->setText(text.replace('\n', "  ·  "));
}

void DiePage::setTool(Tool tool)
{
    tools_->button(static_cast<int>(tool))->setChecked(true);
    cancel();
    map_->setEditable(tool != Tool::Hand);
    showReadout({-1, -1});
    const bool draws = tool != Tool::Select && tool != Tool::Hand;
    kind_->setEnabled(draws && tool != Tool::Eraser);
    labelOnly_->setEnabled(draws && tool != Tool::Eraser);
    for (QDoubleSpinBox* box : drawn_)
        box->setEnabled(draws && tool != Tool::Eraser && !labelOnly_->isChecked());
    size_->setEnabled(tool == Tool::Brush || tool == Tool::Line || tool == Tool::Eraser);
    rate_->setEnabled(tool == Tool::Scatter);
}

CellState DiePage::drawnState(const CellIndex& cell) const
{
    const Defect kind = kinds[static_cast<std::size_t>(kind_->currentIndex())];
    if (labelOnly_->isChecked()) {
        CellState state = currentDie()->cell(cell);
        state.defect = kind;
        return state;
    }
    const auto siemens = [](const QDoubleSpinBox* box) { return static_cast<float>(1e-6 * box->value()); };
    CellState state{kind, {}};
    for (const Level level : {AP, P})
        state.conductance[level] = siemens(drawn_[kind == Defect::None ? level : P]);
    return state;
}

StrokeOptions DiePage::strokeOptions() const
{
    StrokeOptions options;
    switch (static_cast<Tool>(tools_->checkedId())) {
    case Tool::Line:
        options.shape = StrokeShape::Line;
        break;
    case Tool::Rectangle:
        options.shape = StrokeShape::Rectangle;
        break;
    case Tool::Row:
        options.shape = StrokeShape::Row;
        break;
    case Tool::Column:
        options.shape = StrokeShape::Column;
        break;
    case Tool::Scatter:
        options.shape = StrokeShape::Scatter;
        break;
    default:
        break;
    }
    options.size = size_->value();
    options.rate = rate_->value() / 100.0;
    options.scatterSeed = static_cast<std::uint32_t>(document_.undoStack().index()) * 4099U +
                          static_cast<std::uint32_t>(dieId_); // another pattern at every stroke
    return options;
}

std::vector<CellEdit> DiePage::editsOf(std::span<const CellIndex> cells) const
{
    if (eraser_)
        return eraser_->edits(cells);
    std::vector<CellEdit> edits;
    edits.reserve(cells.size());
    for (const CellIndex& cell : cells)
        edits.push_back({cell, drawnState(cell)});
    return edits;
}

std::vector<CellEdit> DiePage::patchAt(const CellIndex& corner) const
{
    std::vector<CellEdit> edits;
    for (int row = 0; row < copied_->rows; ++row)
        for (int column = 0; column < copied_->columns; ++column) {
            const CellIndex cell{corner.row + row, corner.column + column};
            if (currentDie()->contains(cell))
                edits.push_back(
                    {cell, copied_->cells[static_cast<std::size_t>(row * copied_->columns + column)]});
        }
    return edits;
}

QString DiePage::strokeName() const
{
    const auto tool = static_cast<Tool>(tools_->checkedId());
    if (tool == Tool::Eraser)
        return tr("erase");
    QString what;
    switch (kinds[static_cast<std::size_t>(kind_->currentIndex())]) {
    case Defect::Short:
        what = tr("shorts");
        break;
    case Defect::Open:
        what = tr("opens");
        break;
    case Defect::StuckP:
        what = tr("stuck-P cells");
        break;
    case Defect::StuckAP:
        what = tr("stuck-AP cells");
        break;
    case Defect::None:
        what = labelOnly_->isChecked() ? tr("healthy cells") : tr("conductances");
        break;
    }
    return (labelOnly_->isChecked() ? tr("label %1")
            : tool == Tool::Scatter ? tr("scatter %1")
                                    : tr("draw %1"))
        .arg(what);
}

void DiePage::startGesture(const CellIndex& cell)
{
    if (pasting_) {
        const QString what = tr("paste %1 × %2 cells").arg(copied_->rows).arg(copied_->columns);
        const std::vector<CellEdit> edits = patchAt(cell);
        endPaste();
        drawCells(document_, die_, edits, what);
        return;
    }
    if (static_cast<Tool>(tools_->checkedId()) == Tool::Select) {
        selecting_ = true;
        selectFrom_ = cell;
        return moveGesture(cell);
    }
    if (static_cast<Tool>(tools_->checkedId()) == Tool::Eraser)
        eraser_.emplace(document_, die_);
    stroke_.emplace(currentDie()->rows(), currentDie()->columns(), strokeOptions(), cell);
    map_->setPreview(editsOf(stroke_->cells()));
}

void DiePage::moveGesture(const CellIndex& cell)
{
    if (selecting_) {
        const Die& die = *currentDie();
        select(QRect(QPoint(std::min(selectFrom_.column, cell.column), std::min(selectFrom_.row, cell.row)),
                     QPoint(std::max(selectFrom_.column, cell.column), std::max(selectFrom_.row, cell.row))) &
               QRect(0, 0, die.columns(), die.rows()));
    } else if (stroke_) {
        stroke_->moveTo(cell);
        map_->setPreview(editsOf(stroke_->cells()));
    }
}

void DiePage::endGesture()
{
    selecting_ = false;
    if (!stroke_)
        return;
    const std::vector<CellEdit> edits = editsOf(stroke_->cells());
    stroke_.reset();
    eraser_.reset();
    map_->setPreview({});
    drawCells(document_, die_, edits, strokeName());
}

/// Esc takes back the latest: a stroke, a paste, or the selection.
void DiePage::cancel()
{
    const bool busy = stroke_ || pasting_;
    stroke_.reset();
    eraser_.reset();
    map_->setPreview({});
    if (pasting_)
        endPaste();
    else if (!busy)
        select({});
    selecting_ = false;
}

/// What a press would do here.
void DiePage::previewAt(const CellIndex& cell)
{
    const Die* die = currentDie();
    const auto tool = static_cast<Tool>(tools_->checkedId());
    if (!die || !die->contains(cell) || (!pasting_ && (tool == Tool::Select || tool == Tool::Hand)))
        return map_->setPreview({});
    if (pasting_)
        return map_->setPreview(patchAt(cell));
    StrokeOptions options = strokeOptions();
    if (options.shape == StrokeShape::Scatter)
        options.shape = StrokeShape::Rectangle;
    const Stroke dab(die->rows(), die->columns(), options, cell);
    std::vector<CellEdit> edits;
    for (const CellIndex& covered : dab.cells())
        edits.push_back({covered, tool == Tool::Eraser ? CellState{} : drawnState(covered)});
    map_->setPreview(std::move(edits));
}

void DiePage::select(const QRect& cells)
{
    if (cells == map_->selection())
        return;
    map_->setSelection(cells);
    histogramTimer_.start();
}

void DiePage::copy()
{
    const Die* die = currentDie();
    const QRect cells = map_->selection();
    if (!die || cells.isNull())
        return readout_->setText(tr("Select a region first, with the Select tool (S)."));
    Patch patch{cells.height(), cells.width(), {}};
    for (int row = cells.top(); row <= cells.bottom(); ++row)
        for (int column = cells.left(); column <= cells.right(); ++column)
            patch.cells.push_back(die->cell({row, column}));
    copied_ = std::move(patch);
    readout_->setText(
        tr("Copied %1 × %2 cells; Ctrl+V pastes them on any die.").arg(cells.height()).arg(cells.width()));
}

void DiePage::startPaste()
{
    if (!currentDie())
        return;
    if (!copied_)
        return readout_->setText(tr("Nothing is copied yet: select a region and press Ctrl+C."));
    stroke_.reset();
    eraser_.reset();
    pasting_ = true;
    map_->setEditable(true);
    map_->setFocus();
    const CellIndex under = map_->cellAt(map_->mapFromGlobal(QCursor::pos()));
    previewAt(currentDie()->contains(under) ? under : map_->cursorCell());
    readout_->setText(tr("Click where the upper left corner goes. Esc cancels."));
}

void DiePage::endPaste()
{
    pasting_ = false;
    map_->setPreview({});
    map_->setEditable(static_cast<Tool>(tools_->checkedId()) != Tool::Hand);
}

} // namespace faultline
