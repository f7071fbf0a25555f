#include "pages/import_dialog.h"

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
#include <QPushButton>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/background.h"
#include "formats/number_array.h"
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

} // namespace

ImportDialog::ImportDialog(const std::vector<std::filesystem::path>& filesAndFolders, QWidget* parent)
    : QDialog(parent),
      files_(measurementFiles(filesAndFolders)),
      background_(new Background(this)),
      soon_(new QTimer(this)),
      preview_(resultTable({QString()})),
      report_(quietLabel()),
      labels_(new LabelPanel),
      buttons_(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel))
{
    setObjectName("importDialog");
    setWindowTitle(tr("Import measured dies"));
    preview_->setObjectName("importPreview");
    preview_->setAccessibleName(tr("Conductances of the first die's upper left cells"));
    report_->setObjectName("importReport");
    report_->setWordWrap(true);
    buttons_->button(QDialogButtonBox::Ok)->setText(tr("Import"));

    auto* right = new QVBoxLayout;
    right->addWidget(boldLabel(tr("Upper left of the first die at P, in µS")));
    right->addWidget(preview_);
    right->addWidget(report_);
    right->addWidget(labels_, 1);

    auto* columns = new QHBoxLayout;
    columns->setSpacing(2 * pageMargin);
    columns->addWidget(recipeForm());
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
    for (QCheckBox* box : {transpose_, flipRows_, flipColumns_})
        connect(box, &QCheckBox::toggled, this, &ImportDialog::readSoon);
    connect(dieName_, &QLineEdit::editingFinished, this, &ImportDialog::readSoon);
    return widget;
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
    quantity_ = choice<Quantity>("quantity", {{tr("Resistance in Ω"), Quantity::Ohm},
                                              {tr("Resistance in kΩ"), Quantity::KiloOhm},
                                              {tr("Conductance in S"), Quantity::Siemens},
                                              {tr("Conductance in µS"), Quantity::MicroSiemens},
                                              {tr("Current in A"), Quantity::Ampere},
                                              {tr("Current in µA"), Quantity::MicroAmpere}});
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
    form->addRow(tr("Layout"), layout_);
    form->addRow(tr("Separator"), separator_);
    form->addRow(tr("Decimal sign"), decimal_);
    form->addRow(tr("Header lines"), headerLines_);
    form->addRow(tr("Label columns"), labelColumns_);
    form->addRow(datasets_);
    form->addRow(tr("Numbers are"), quantity_);
    form->addRow(tr("Read voltage"), voltage_);
    form->addRow(tr("States"), states_);
    form->addRow({}, transpose_);
    form->addRow({}, flipRows_);
    form->addRow({}, flipColumns_);
}

void ImportDialog::chooseRecipe(int index)
{
    try {
        const bool saved = index > 0;
        guessed_ = saved ? loadRecipe(recipes_->itemText(index).toStdString()) : guessRecipe(files_.front());
        const std::vector<DatasetChoice> datasets = datasetsIn(files_.front());
        datasets_->setDatasets(datasets);
        const bool isText = datasets.empty(), isTree = !isText && !datasets.front().path.empty();
        for (QWidget* field :
             std::initializer_list<QWidget*>{layout_, separator_, decimal_, headerLines_, labelColumns_})
            form_->setRowVisible(field, isText);
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
    datasets_->choose(guessed_.datasets);
    choose(*quantity_, static_cast<int>(guessed_.quantity));
    voltage_->setValue(guessed_.readVoltage);
    const auto order = std::ranges::find(stateOrders, guessed_.states);
    choose(*states_, static_cast<int>(order - stateOrders.begin()));
    transpose_->setChecked(guessed_.transpose);
    flipRows_->setChecked(guessed_.flipRows);
    flipColumns_->setChecked(guessed_.flipColumns);
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
    recipe.datasets = datasets_->chosen();
    recipe.quantity = static_cast<Quantity>(quantity_->currentData().toInt());
    recipe.readVoltage = voltage_->value();
    recipe.states = stateOrders[static_cast<std::size_t>(states_->currentData().toInt())];
    recipe.transpose = transpose_->isChecked();
    recipe.flipRows = flipRows_->isChecked();
    recipe.flipColumns = flipColumns_->isChecked();
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
    soon_->start();
}

void ImportDialog::read()
{
    voltage_->setEnabled(isCurrent(static_cast<Quantity>(quantity_->currentData().toInt())));
    buttons_->button(QDialogButtonBox::Ok)->setEnabled(false);
    if (datasets_->isNothingChosen())
        return showError(tr("Check the datasets that are dies."));
    report_->setText(tr("Reading…"));
    background_->start([this, files = files_, recipe = recipe()](const std::stop_token& stop) {
        try {
            auto measurement = std::make_shared<Measurement>(readMeasurement(files, recipe, nullptr, stop));
            return Background::Finish([this, measurement] { showResult(*measurement); });
        } catch (const Error& error) {
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
    preview_->setRowCount(0);
    labels_->clear();
    buttons_->button(QDialogButtonBox::Ok)->setEnabled(false);
}

void ImportDialog::showResult(const Measurement& measurement)
{
    constexpr int most = 5;
    measurement_ = measurement;
    wafer_ = waferOf(measurement, waferName_->text().toStdString());
    const CellGrid<float>& first = wafer_->dies.front().conductance[P];
    preview_->setRowCount(static_cast<int>(std::min<Eigen::Index>(most, first.rows())));
    preview_->setColumnCount(static_cast<int>(std::min<Eigen::Index>(most, first.cols())));
    for (int row = 0; row < preview_->rowCount(); ++row)
        for (int column = 0; column < preview_->columnCount(); ++column)
            preview_->setItem(
                row, column,
                numberItem(QLocale().toString(1e6 * static_cast<double>(first(row, column)), 'g', 4)));
    preview_->horizontalHeader()->hide();
    fitToRows(*preview_);

    QStringList lines;
    for (const std::string& line : measurement.report.lines())
        lines.append(QString::fromStdString(line));
    lines.append(tr("Dies of %1 × %2 cells (%3 …), R_P %4 kΩ, TMR %5 % by the medians.")
                     .arg(first.rows())
                     .arg(first.cols())
                     .arg(QString::fromStdString(wafer_->dies.front().name))
                     .arg(wafer_->device.parallelResistance / 1000.0, 0, 'g', 4)
                     .arg(100.0 * wafer_->device.tmr, 0, 'g', 4));
    report_->setText(lines.join('\n'));
    labels_->setWafer(*wafer_, onlyState());
}

std::optional<Level> ImportDialog::onlyState() const
{
    const MeasuredDie& die = measurement_->dies.front();
    if (die.has(P) && die.has(AP))
        return std::nullopt;
    return die.has(P) ? P : AP;
}

void ImportDialog::accept()
{
    if (!wafer_ || !buttons_->button(QDialogButtonBox::Ok)->isEnabled())
        return;
    try {
        if (!saveAs_->text().trimmed().isEmpty())
            saveRecipe(recipe());
    } catch (const Error& error) {
        report_->setText(QString::fromUtf8(error.what()));
        return;
    }
    if (labels_->classification())
        applyLabels(*labels_->classification(), *wafer_, onlyState());
    wafer_->name = waferName_->text().toStdString();
    QDialog::accept();
}

} // namespace faultline
