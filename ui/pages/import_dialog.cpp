#include "pages/import_dialog.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/background.h"
#include "formats/number_array.h"
#include "measurement/doubts.h"
#include "pages/dataset_tree.h"
#include "pages/label_panel.h"
#include "pages/panel.h"

namespace faultline
{

namespace
{

template <class Value>
QComboBox* choice(const char* name, std::initializer_list<std::pair<QString, Value>> choices)
{
    auto* box = new QComboBox;
    box->setObjectName(name);
    for (const auto& [text, value] : choices)
        box->addItem(text, static_cast<int>(value));
    return box;
}

void choose(QComboBox& box, int value)
{
    box.setCurrentIndex(box.findData(value));
}

/// The orders in which an array may hold states, as the items of their box.
const std::array<std::vector<Level>, 4> stateOrders{{{AP, P}, {P, AP}, {P}, {AP}}};

bool isSaved(const ImportRecipe& recipe)
{
    try {
        return loadRecipe(recipe.name) == recipe;
    } catch (const Error&) {
        return false; // there is none, or none that can be read
    }
}

} // namespace

ImportDialog::ImportDialog(const std::vector<std::filesystem::path>& filesAndFolders, QWidget* parent,
                           std::optional<DieGeometry> open)
    : QDialog(parent),
      files_(measurementFiles(filesAndFolders)),
      open_(open),
      background_(new Background(this)),
      soon_(new QTimer(this)),
      preview_(resultTable({QString()})),
      report_(quietLabel()),
      labels_(new LabelPanel),
      buttons_(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel))
{
    setObjectName("importDialog");
    mayReplaceRecipe = askToReplace(this);
    setWindowTitle(tr("Import measured dies"));
    preview_->setObjectName("importPreview");
    preview_->setAccessibleName(tr("Upper left of the file or of a die"));
    report_->setObjectName("importReport");
    report_->setWordWrap(true);
    buttons_->button(QDialogButtonBox::Ok)->setText(tr("Import"));
    mayImport = [this](const QString& doubts) {
        return QMessageBox::question(this, windowTitle(), doubts) == QMessageBox::Yes;
    };

    auto* right = new QVBoxLayout;
    right->addWidget(previewPanel());
    right->addWidget(report_);
    right->addWidget(labels_, 1);

    auto* columns = new QHBoxLayout;
    columns->setSpacing(2 * pageMargin);
    auto* form = scrolled(recipeForm());
    form->setMinimumWidth(form->widget()->sizeHint().width() + form->verticalScrollBar()->sizeHint().width());
    columns->addWidget(form);
    columns->addLayout(right, 1);
    auto* all = new QVBoxLayout(this);
    all->addLayout(columns, 1);
    all->addWidget(buttons_);
    resize(980, 720);

    soon_->setSingleShot(true);
    soon_->setInterval(150);
    connect(soon_, &QTimer::timeout, this, &ImportDialog::read);
    connect(buttons_, &QDialogButtonBox::accepted, this, &ImportDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &ImportDialog::reject);
    QPushButton* ok = buttons_->button(QDialogButtonBox::Ok);
    connect(labels_, &LabelPanel::started, ok, [ok] { ok->setEnabled(false); });
    // Without labels the dies can be imported all the same.
    connect(labels_, &LabelPanel::finished, ok, [ok] { ok->setEnabled(true); });
    chooseRecipe(0);
}

QWidget* ImportDialog::recipeForm()
{
    auto* widget = new QWidget;
    auto* form = form_ = new QFormLayout(widget);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("Files"),
                 new QLabel(files_.size() == 1
                                ? QString::fromStdString(files_.front().filename().string())
                                : tr("%1 … %2 (%3 files)")
                                      .arg(QString::fromStdString(files_.front().filename().string()),
                                           QString::fromStdString(files_.back().filename().string()))
                                      .arg(files_.size())));
    recipes_ = new QComboBox;
    recipes_->setObjectName("recipe");
    recipes_->addItem(tr("Guessed from the first file"));
    for (const std::string& name : recipeNames())
        recipes_->addItem(QString::fromStdString(name));
    form->addRow(tr("Recipe"), recipes_);
    addFormat(form);
    dieName_ = new QLineEdit;
    dieName_->setObjectName("dieNamePattern");
    dieName_->setPlaceholderText(tr("the file's name without its state"));
    dieName_->setToolTip(tr("A regular expression with a group: (D[0-9]+) finds D07 in lot3_D07_P.csv."));
    form->addRow(tr("Die names"), dieName_);
    waferName_ = new QLineEdit(QString::fromStdString(files_.front().parent_path().filename().string()));
    waferName_->setObjectName("waferName");
    form->addRow(tr("Wafer"), waferName_);
    saveAs_ = new QLineEdit;
    saveAs_->setObjectName("saveRecipeAs");
    saveAs_->setPlaceholderText(tr("not kept"));
    form->addRow(tr("Keep recipe as"), saveAs_);

    connect(recipes_, &QComboBox::activated, this, &ImportDialog::chooseRecipe);
    connect(datasets_, &DatasetTree::chosenChanged, this, &ImportDialog::readSoon);
    for (QComboBox* box : {layout_, separator_, decimal_, quantity_, states_})
        connect(box, &QComboBox::currentIndexChanged, this, &ImportDialog::readSoon);
    for (QSpinBox* box : {headerLines_, labelColumns_})
        connect(box, &QSpinBox::valueChanged, this, &ImportDialog::readSoon);
    connect(voltage_, &QDoubleSpinBox::valueChanged, this, &ImportDialog::readSoon);
    for (QCheckBox* box : {transpose_, flipRows_, flipColumns_, waferYUp_, waferXLeft_})
        connect(box, &QCheckBox::toggled, this, &ImportDialog::readSoon);
    connect(dieName_, &QLineEdit::editingFinished, this, &ImportDialog::readSoon);
    for (QComboBox* box : columns_)
        connect(box, &QComboBox::currentIndexChanged, this, &ImportDialog::readSoon);
    for (std::size_t k = 0; k < columns_.size(); ++k)
        if (QString(tableColumns[k].first).startsWith("value"))
            connect(columns_[k], &QComboBox::currentIndexChanged, this, &ImportDialog::takeUnitOfColumn);
    connect(firstIndex_, &QSpinBox::valueChanged, this, &ImportDialog::readSoon);
    connect(repeated_, &QComboBox::currentIndexChanged, this, &ImportDialog::readSoon);
    connect(tmr_, &QDoubleSpinBox::valueChanged, this, &ImportDialog::readSoon);
    connect(add_, &QCheckBox::toggled, this, &ImportDialog::readSoon);
    return widget;
}

void ImportDialog::addColumns(QFormLayout* form)
{
    const std::array<QString, tableColumns.size()> words{
        tr("Column of dies"),    tr("Column of rows"),         tr("Column of columns"),
        tr("Column of states"),  tr("Column of values"),       tr("Column of values at P"),
        tr("… of values at AP"), tr("… of rows on the wafer"), tr("… of columns on the wafer")};
    for (std::size_t k = 0; k < columns_.size(); ++k) {
        columns_[k] = new QComboBox;
        columns_[k]->setObjectName("column_" + QString(tableColumns[k].first));
        form->addRow(words[k], columns_[k]);
    }
    firstIndex_ = new QSpinBox;
    firstIndex_->setObjectName("firstIndex");
    firstIndex_->setRange(0, 1);
    firstIndex_->setToolTip(tr("What the table calls the upper left cell's row and column."));
    form->addRow(tr("First index"), firstIndex_);
    repeated_ = choice<Repeated>("repeated", {{tr("Refused"), Repeated::None},
                                              {tr("The first stands"), Repeated::First},
                                              {tr("The last stands"), Repeated::Last},
                                              {tr("Their median stands"), Repeated::Median},
                                              {tr("The worst stands"), Repeated::Worst}});
    repeated_->setToolTip(tr("Of cells that the table has several values of, in one state. The worst is "
                             "farthest from the median of its die."));
    form->addRow(tr("Measured again"), repeated_);
}

/// The unit follows the column, whose header or numbers tell it; against a saved recipe the header alone.
void ImportDialog::takeUnitOfColumn()
{
    if (showing_)
        return;
    try {
        const QuantityGuess guess = guessQuantity(files_.front(), recipe());
        if (guess.isNamed || recipes_->currentIndex() == 0)
            choose(*quantity_, static_cast<int>(guess.quantity));
    } catch (const Error&) { // the reading tells
    }
}

/// Offers a table's columns by the names that stand above them.
void ImportDialog::nameColumns()
{
    constexpr std::size_t mostLines = 100;
    std::vector<std::string> names;
    if (isText_)
        names = previewText(files_.front(), recipe().text, mostLines).columns;
    showing_ = true;
    for (QComboBox* box : columns_) {
        const int before = box->currentIndex();
        box->clear();
        box->addItem(tr("none"));
        for (std::size_t i = 0; i < names.size(); ++i)
            box->addItem(QString("%1 %2").arg(i + 1).arg(QString::fromStdString(names[i])));
        box->setCurrentIndex(before < box->count() ? std::max(before, 0) : 0);
    }
    showing_ = false;
}

void ImportDialog::showColumns()
{
    const bool isTable =
        isText_ && static_cast<TextLayout>(layout_->currentData().toInt()) == TextLayout::Table;
    for (QComboBox* box : columns_)
        form_->setRowVisible(box, isTable);
    form_->setRowVisible(firstIndex_, isTable);
    form_->setRowVisible(repeated_, isTable);
    form_->setRowVisible(labelColumns_, isText_ && !isTable);
}

QWidget* ImportDialog::previewPanel()
{
    shown_ = new QComboBox;
    shown_->setObjectName("shownPreview");
    shown_->setAccessibleName(tr("What the preview shows"));
    shown_->addItems({tr("At P, in µS"), tr("At AP, in µS"), tr("As it stands in the file")});
    die_ = new QComboBox;
    die_->setObjectName("previewedDie");
    die_->setAccessibleName(tr("Die that the preview shows"));
    connect(shown_, &QComboBox::activated, this, &ImportDialog::showPreview);
    connect(die_, &QComboBox::activated, this, &ImportDialog::showPreview);
    auto* widget = new QWidget;
    auto* top = new QHBoxLayout;
    top->addWidget(boldLabel(tr("Upper left of")));
    top->addWidget(die_);
    top->addWidget(shown_);
    top->addStretch(1);
    auto* layout = new QVBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(top);
    layout->addWidget(preview_);
    return widget;
}

void ImportDialog::showPreview()
{
    constexpr int most = 5;
    constexpr int asInFile = 2;
    preview_->setRowCount(0);
    preview_->horizontalHeader()->hide();
    const bool raw = !wafer_ || shown_->currentIndex() == asInFile;
    die_->setEnabled(!raw);
    if (raw) {
        std::vector<std::vector<std::string>> lines;
        if (isText_)
            lines = previewText(files_.front(), recipe().text, most).lines;
        preview_->setRowCount(static_cast<int>(lines.size()));
        preview_->setColumnCount(most + 3);
        for (int row = 0; row < preview_->rowCount(); ++row)
            for (int column = 0; const std::string& field : lines[static_cast<std::size_t>(row)])
                if (column < preview_->columnCount())
                    preview_->setItem(row, column++, new QTableWidgetItem(QString::fromStdString(field)));
    } else {
        const auto& die = wafer_->dies[static_cast<std::size_t>(std::max(die_->currentIndex(), 0))];
        const CellGrid<float>& cells = die.conductance[shown_->currentIndex() == 0 ? P : AP];
        preview_->setRowCount(static_cast<int>(std::min<Eigen::Index>(most, cells.rows())));
        preview_->setColumnCount(static_cast<int>(std::min<Eigen::Index>(most, cells.cols())));
        for (int row = 0; row < preview_->rowCount(); ++row)
            for (int column = 0; column < preview_->columnCount(); ++column)
                preview_->setItem(
                    row, column,
                    numberItem(QLocale().toString(1e6 * static_cast<double>(cells(row, column)), 'g', 4)));
    }
    fitToRows(*preview_);
}

bool ImportDialog::adds() const
{
    return add_->isChecked();
}

void ImportDialog::addFormat(QFormLayout* form)
{
    layout_ = choice<TextLayout>("layout", {{tr("Matrix"), TextLayout::Matrix},
                                            {tr("Table, a line for each cell"), TextLayout::Table}});
    separator_ = choice<char>(
        "separator", {{tr("Comma"), ','}, {tr("Semicolon"), ';'}, {tr("Tab"), '\t'}, {tr("Blanks"), ' '}});
    decimal_ = choice<char>("decimal", {{tr("Point"), '.'}, {tr("Comma"), ','}});
    headerLines_ = new QSpinBox;
    headerLines_->setObjectName("headerLines");
    headerLines_->setRange(0, 9999);
    labelColumns_ = new QSpinBox;
    labelColumns_->setObjectName("labelColumns");
    labelColumns_->setRange(0, 99);
    datasets_ = new DatasetTree;
    datasets_->setObjectName("datasets");
    quantity_ = new QComboBox;
    quantity_->setObjectName("quantity");
    for (const Quantity quantity : allQuantities) {
        const QString unit = QString::fromStdString(symbol(quantity));
        quantity_->addItem(isResistance(quantity) ? tr("Resistance in %1").arg(unit)
                           : isCurrent(quantity)  ? tr("Current in %1").arg(unit)
                                                  : tr("Conductance in %1").arg(unit),
                           static_cast<int>(quantity));
    }
    voltage_ = new QDoubleSpinBox;
    voltage_->setObjectName("readVoltage");
    voltage_->setRange(-10.0, 10.0);
    voltage_->setDecimals(4);
    voltage_->setSuffix(tr(" V"));
    states_ = choice<int>(
        "states", {{tr("AP, then P"), 0}, {tr("P, then AP"), 1}, {tr("P alone"), 2}, {tr("AP alone"), 3}});
    states_->setToolTip(tr("Of a file that holds several states, or whose name tells none."));
    transpose_ = new QCheckBox(tr("Exchange rows and columns"));
    transpose_->setObjectName("transpose");
    flipRows_ = new QCheckBox(tr("Turn the order of rows"));
    flipRows_->setObjectName("flipRows");
    flipColumns_ = new QCheckBox(tr("Turn the order of columns"));
    flipColumns_->setObjectName("flipColumns");
    waferYUp_ = new QCheckBox(tr("Y upwards"));
    waferYUp_->setObjectName("waferYUp");
    waferYUp_->setToolTip(tr("The prober counts rows of dies on the wafer from below."));
    waferXLeft_ = new QCheckBox(tr("X leftwards"));
    waferXLeft_->setObjectName("waferXLeft");
    waferXLeft_->setToolTip(tr("The prober counts columns of dies on the wafer from the right."));
    auto* directions = new QHBoxLayout;
    directions->addWidget(waferYUp_);
    directions->addWidget(waferXLeft_);
    form->addRow(tr("Layout"), layout_);
    form->addRow(tr("Separator"), separator_);
    form->addRow(tr("Decimal sign"), decimal_);
    form->addRow(tr("Header lines"), headerLines_);
    form->addRow(tr("Label columns"), labelColumns_);
    addColumns(form);
    form->addRow(datasets_);
    form->addRow(tr("Numbers are"), quantity_);
    form->addRow(tr("Read voltage"), voltage_);
    form->addRow(tr("States"), states_);
    form->addRow({}, transpose_);
    form->addRow({}, flipRows_);
    form->addRow({}, flipColumns_);
    form->addRow(tr("Places of dies"), directions);
    tmr_ = new QDoubleSpinBox;
    tmr_->setObjectName("assumedTmr");
    tmr_->setRange(1.0, 1000.0);
    tmr_->setValue(150.0);
    tmr_->setSuffix(tr(" %"));
    tmr_->setToolTip(tr("What the other state is made from where one state was measured alone."));
    form->addRow(tr("Assumed TMR"), tmr_);
    form->setRowVisible(tmr_, false);
    add_ = new QCheckBox(tr("Add to the open wafer"));
    add_->setObjectName("addToWafer");
    if (open_)
        add_->setToolTip(tr("Of dies of %1 × %2 cells. Otherwise these dies take their place.")
                             .arg(open_->rows)
                             .arg(open_->columns));
    form->addRow({}, add_);
    form->setRowVisible(add_, open_.has_value());
}

void ImportDialog::chooseRecipe(int index)
{
    try {
        const bool saved = index > 0;
        guessed_ = saved ? loadRecipe(recipes_->itemText(index).toStdString()) : guessRecipe(files_.front());
        const std::vector<DatasetChoice> datasets = datasetsIn(files_.front());
        datasets_->setDatasets(datasets);
        const bool isTree = !datasets.empty() && !datasets.front().path.empty();
        isText_ = datasets.empty();
        for (QWidget* field : std::initializer_list<QWidget*>{layout_, separator_, decimal_, headerLines_})
            form_->setRowVisible(field, isText_);
        form_->setRowVisible(datasets_, isTree);
        showRecipe();
        saveAs_->setText(QString::fromStdString(guessed_.name));
        read();
    } catch (const Error& error) {
        showError(QString::fromUtf8(error.what()));
    }
}

void ImportDialog::showRecipe()
{
    showing_ = true;
    choose(*layout_, static_cast<int>(guessed_.layout));
    choose(*separator_, guessed_.text.separator);
    choose(*decimal_, guessed_.text.decimal);
    headerLines_->setValue(guessed_.text.headerLines);
    labelColumns_->setValue(guessed_.text.labelColumns);
    nameColumns();
    showing_ = true;
    for (std::size_t k = 0; k < columns_.size(); ++k)
        columns_[k]->setCurrentIndex(
            std::clamp(guessed_.columns.*tableColumns[k].second, 0, columns_[k]->count() - 1));
    firstIndex_->setValue(guessed_.firstIndex);
    choose(*repeated_, static_cast<int>(guessed_.repeated));
    showColumns();
    datasets_->choose(guessed_.datasets);
    choose(*quantity_, static_cast<int>(guessed_.quantity));
    voltage_->setValue(guessed_.readVoltage);
    const auto order = std::ranges::find(stateOrders, guessed_.states);
    choose(*states_, static_cast<int>(order - stateOrders.begin()));
    transpose_->setChecked(guessed_.transpose);
    flipRows_->setChecked(guessed_.flipRows);
    flipColumns_->setChecked(guessed_.flipColumns);
    waferYUp_->setChecked(guessed_.waferYUp);
    waferXLeft_->setChecked(guessed_.waferXLeft);
    dieName_->setText(QString::fromStdString(guessed_.dieName));
    showing_ = false;
}

ImportRecipe ImportDialog::recipe() const
{
    ImportRecipe recipe = guessed_;
    recipe.layout = static_cast<TextLayout>(layout_->currentData().toInt());
    recipe.text = {static_cast<char>(separator_->currentData().toInt()),
                   static_cast<char>(decimal_->currentData().toInt()), headerLines_->value(),
                   labelColumns_->value()};
    for (std::size_t k = 0; k < columns_.size(); ++k)
        recipe.columns.*tableColumns[k].second = std::max(columns_[k]->currentIndex(), 0);
    recipe.firstIndex = firstIndex_->value();
    recipe.repeated = static_cast<Repeated>(repeated_->currentData().toInt());
    recipe.datasets = datasets_->chosen();
    recipe.quantity = static_cast<Quantity>(quantity_->currentData().toInt());
    recipe.readVoltage = voltage_->value();
    recipe.states = stateOrders[static_cast<std::size_t>(states_->currentData().toInt())];
    recipe.transpose = transpose_->isChecked();
    recipe.flipRows = flipRows_->isChecked();
    recipe.flipColumns = flipColumns_->isChecked();
    recipe.waferYUp = waferYUp_->isChecked();
    recipe.waferXLeft = waferXLeft_->isChecked();
    recipe.dieName = dieName_->text().toStdString();
    recipe.name = saveAs_->text().trimmed().toStdString();
    return recipe;
}

void ImportDialog::readSoon()
{
    if (showing_)
        return;
    voltage_->setEnabled(isCurrent(static_cast<Quantity>(quantity_->currentData().toInt())));
    buttons_->button(QDialogButtonBox::Ok)->setEnabled(false);
    showColumns();
    soon_->start();
}

void ImportDialog::read()
{
    voltage_->setEnabled(isCurrent(static_cast<Quantity>(quantity_->currentData().toInt())));
    buttons_->button(QDialogButtonBox::Ok)->setEnabled(false);
    if (datasets_->isNothingChosen())
        return showError(tr("Check the datasets that are dies."));
    report_->setText(tr("Reading…"));
    try {
        nameColumns();
    } catch (const Error&) { // the reading tells
    }
    background_->start([this, files = files_, recipe = recipe(), size = adds() ? open_ : std::nullopt,
                        name = waferName_->text().toStdString(),
                        tmr = tmr_->value() / 100.0](const std::stop_token& stop) {
        try {
            auto measurement =
                std::make_shared<Measurement>(readMeasurement(files, recipe, size ? &*size : nullptr, stop));
            auto wafer = std::make_shared<Wafer>(waferOf(*measurement, name, tmr));
            return Background::Finish([this, measurement, wafer] {
                wafer_ = std::move(*wafer);
                showResult(*measurement);
            });
        } catch (const std::exception& error) { // no memory, too
            return Background::Finish(
                [this, reason = QString::fromUtf8(error.what())] { showError(reason); });
        }
    });
}

void ImportDialog::showError(const QString& reason)
{
    measurement_.reset();
    wafer_.reset();
    report_->setText(reason);
    try {
        showPreview();
    } catch (const Error&) { // a file that cannot be read has said so
    }
    labels_->clear();
    buttons_->button(QDialogButtonBox::Ok)->setEnabled(false);
}

void ImportDialog::showResult(const Measurement& measurement)
{
    measurement_ = measurement;
    const QString before = die_->currentText();
    die_->clear();
    for (const Die& die : wafer_->dies)
        die_->addItem(QString::fromStdString(die.name));
    die_->setCurrentIndex(std::max(die_->findText(before), 0));
    form_->setRowVisible(tmr_, measuredAlone(*wafer_).has_value());
    showPreview();

    QStringList lines;
    for (const std::string& line : measurement.report.lines())
        lines.append(QString::fromStdString(line));
    const QString words = measuredAlone(*wafer_)
                              ? tr("Dies of %1 × %2 cells, R_P %3 kΩ, TMR %4 % as assumed.")
                              : tr("Dies of %1 × %2 cells, R_P %3 kΩ, TMR %4 % by the medians.");
    lines.append(words.arg(wafer_->geometry.rows)
                     .arg(wafer_->geometry.columns)
                     .arg(wafer_->device.parallelResistance / 1000.0, 0, 'g', 4)
                     .arg(100.0 * wafer_->device.tmr, 0, 'g', 4));
    report_->setText(lines.join('\n'));
    labels_->setWafer(*wafer_, measuredAlone(*wafer_));
}

void ImportDialog::accept()
{
    if (!wafer_ || !buttons_->button(QDialogButtonBox::Ok)->isEnabled())
        return;
    const Doubts doubts = doubtsAbout(*wafer_, *measurement_, recipe());
    for (const auto& [doubt, question] :
         {std::pair{doubts.unit, tr("Is the unit right?")},
          std::pair{doubts.states, tr("Are these P and AP of the same cells?")}})
        if (!doubt.empty() && !mayImport(QString::fromStdString(doubt) + '\n' + question))
            return;
    if (!adds() && !mayReplace())
        return;
    try {
        const ImportRecipe kept = recipe();
        if (!kept.name.empty() && !isSaved(kept)) {
            if (std::ranges::count(recipeNames(), kept.name) > 0 &&
                !mayReplaceRecipe({QString::fromStdString(kept.name)}))
                return;
            saveRecipe(kept);
        }
    } catch (const Error& error) {
        report_->setText(QString::fromUtf8(error.what()));
        return;
    }
    if (labels_->classification())
        applyLabels(labels_->classification()->labels, *wafer_);
    wafer_->name = waferName_->text().toStdString();
    QDialog::accept();
}

} // namespace faultline
