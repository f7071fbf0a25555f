#include "views/export_dialog.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QToolButton>
#include <QVBoxLayout>

#include "common/error.h"

namespace faultline
{

namespace
{

constexpr double ownHeight = 19.0; ///< below what can be asked for: in proportion

/// Widths by their entry; 0: the figure's own, negative: as typed.
constexpr std::array columns{0.0, 86.0, 178.0, -1.0};

QString millimetres(const QSizeF& size)
{
    return QString("%1 × %2 mm").arg(size.width(), 0, 'f', 0).arg(size.height(), 0, 'f', 0);
}

} // namespace

/// The page as large as it fits, on a desk.
class PagePreview : public QWidget
{
public:
    PagePreview()
    {
        setMinimumSize(360, 300);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
        setAccessibleName(ExportDialog::tr("Preview of the page"));
    }

    /// Drawn finer than the screen and made smaller: letters keep their places as they will on paper.
    void show(const Figure& figure, FigureStyle style)
    {
        constexpr double finestPixels = 2400.0;
        const QSizeF size = pageSize(figure, style);
        style.dpi = qRound(finestPixels / std::max(size.width(), size.height()) * 25.4);
        page_ = pageImage(figure, style);
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.fillRect(rect(), palette().color(QPalette::Mid));
        constexpr int margin = 18;
        const QSize desk = size() - QSize(2 * margin, 2 * margin);
        const double pixels = devicePixelRatioF();
        QImage page = page_.scaled(desk * pixels, Qt::KeepAspectRatio, Qt::SmoothTransformation);
        page.setDevicePixelRatio(pixels);
        const QSizeF size = page.deviceIndependentSize();
        const QPointF corner((width() - size.width()) / 2, (height() - size.height()) / 2);
        painter.fillRect(QRectF(corner + QPointF(3, 3), size), QColor(0, 0, 0, 60));
        painter.drawImage(corner, page);
    }

private:
    QImage page_;
};

ExportDialog::ExportDialog(std::vector<std::shared_ptr<const Figure>> figures, QWidget* parent)
    : QDialog(parent),
      figures_(std::move(figures)),
      which_(new QComboBox),
      column_(new QComboBox),
      width_(new QDoubleSpinBox),
      height_(new QDoubleSpinBox),
      points_(new QDoubleSpinBox),
      dpi_(new QSpinBox),
      title_(new QCheckBox(tr("&Title"))),
      legend_(new QCheckBox(tr("&Legend"))),
      light_(new QCheckBox(tr("Light &background"))),
      folder_(new QLineEdit),
      name_(new QLineEdit),
      size_(new QLabel),
      status_(new QLabel),
      preview_(new PagePreview),
      export_(new QPushButton(tr("&Export"))),
      exportAll_(new QPushButton(tr("Export &all figures"), this))
{
    setObjectName("exportDialog");
    setWindowTitle(figures_.size() > 1 ? tr("Export figures") : tr("Export figure"));
    chooseFolder = [this](const QString& start) {
        return QFileDialog::getExistingDirectory(this, tr("Export into folder"), start);
    };
    mayReplace = askToReplace(this);
    for (const auto& figure : figures_)
        which_->addItem(figure->title);

    auto* copy = new QPushButton(tr("&Copy"));
    copy->setToolTip(tr("Puts the figure on the clipboard, as image and as SVG"));
    exportAll_->setToolTip(tr("Writes every figure of this list into the folder, each under its own name"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    buttons->addButton(copy, QDialogButtonBox::ActionRole);
    if (figures_.size() > 1)
        buttons->addButton(exportAll_, QDialogButtonBox::ActionRole);
    exportAll_->setVisible(figures_.size() > 1);
    buttons->addButton(export_, QDialogButtonBox::ActionRole);
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);

    auto* right = new QVBoxLayout;
    right->addWidget(preview_, 1);
    size_->setAlignment(Qt::AlignCenter);
    size_->setForegroundRole(QPalette::PlaceholderText);
    right->addWidget(size_);
    auto* centre = new QHBoxLayout;
    centre->setSpacing(16);
    centre->addWidget(settings());
    centre->addLayout(right, 1);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(centre, 1);
    status_->setWordWrap(true);
    layout->addWidget(status_);
    layout->addWidget(buttons);
    resize(1000, 560);
    export_->setDefault(true);

    preview_->setObjectName("preview");
    which_->setObjectName("which");
    column_->setObjectName("column");
    width_->setObjectName("width");
    height_->setObjectName("height");
    points_->setObjectName("points");
    dpi_->setObjectName("dpi");
    title_->setObjectName("title");
    legend_->setObjectName("legend");
    light_->setObjectName("light");
    folder_->setObjectName("folder");
    name_->setObjectName("name");
    size_->setObjectName("size");
    status_->setObjectName("status");
    export_->setObjectName("export");
    exportAll_->setObjectName("exportAll");
    copy->setObjectName("copy");

    connect(which_, &QComboBox::currentIndexChanged, this, &ExportDialog::showFigure);
    connect(column_, &QComboBox::currentIndexChanged, this, &ExportDialog::refresh);
    for (QDoubleSpinBox* box : {width_, height_, points_})
        connect(box, &QDoubleSpinBox::valueChanged, this, &ExportDialog::refresh);
    connect(dpi_, &QSpinBox::valueChanged, this, &ExportDialog::refresh);
    for (QCheckBox* box : {title_, legend_, light_})
        connect(box, &QCheckBox::toggled, this, &ExportDialog::refresh);
    for (QCheckBox* box : formats_)
        connect(box, &QCheckBox::toggled, this, &ExportDialog::refresh);
    for (QLineEdit* line : {folder_, name_})
        connect(line, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    connect(copy, &QPushButton::clicked, this,
            [this] { attempt([this] { copyFigure(*figure(), style()); }, tr("Copied.")); });
    connect(export_, &QPushButton::clicked, this,
            [this] { write(filesOfFigure(), tr("Written into %1.").arg(folder_->text())); });
    connect(exportAll_, &QPushButton::clicked, this, [this] {
        write(exportFigures(figures_, style(), formats(), folder_->text().toStdString()),
              tr("All figures are in %1.").arg(folder_->text()));
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    showFigure();
}

QWidget* ExportDialog::settings()
{
    const auto& [saved, chosen] = savedFigures();
    const QSettings store;
    auto* widget = new QWidget;
    widget->setFixedWidth(330);
    auto* form = new QFormLayout(widget);
    form->setContentsMargins(0, 0, 0, 0);
    if (figures_.size() > 1)
        form->addRow(tr("&Figure"), which_);

    auto* formatRow = new QHBoxLayout;
    for (const FigureFormat format : allFormats) {
        const QString text = QString::fromUtf8(name(format).data());
        auto* box = new QCheckBox(text.toUpper());
        box->setObjectName("format-" + text);
        box->setChecked(std::ranges::find(chosen, format) != chosen.end());
        formatRow->addWidget(box);
        formats_.push_back(box);
    }
    formats_.back()->setToolTip(tr("The numbers behind the figure, for spreadsheets and scripts"));
    form->addRow(tr("Formats"), formatRow);

    column_->addItems({tr("The figure's own"), tr("One column, 86 mm"), tr("Two columns, 178 mm"),
                       tr("Another")}); // as in `columns`
    width_->setRange(20, 1000);
    width_->setValue(saved.width > 0.0 ? saved.width : 120.0);
    const auto known = std::ranges::find(columns, saved.width);
    column_->setCurrentIndex(static_cast<int>(
        std::min<std::ptrdiff_t>(known - columns.begin(), static_cast<std::ptrdiff_t>(columns.size()) - 1)));
    height_->setRange(ownHeight, 1000);
    height_->setSpecialValueText(tr("in proportion"));
    height_->setValue(saved.height > 0.0 ? saved.height : ownHeight);
    points_->setRange(4, 36);
    points_->setSingleStep(0.5);
    points_->setValue(saved.points);
    for (QDoubleSpinBox* box : {width_, height_}) {
        box->setDecimals(1);
        box->setSuffix(tr(" mm"));
    }
    points_->setDecimals(1);
    points_->setSuffix(tr(" pt"));
    dpi_->setRange(50, 2400);
    dpi_->setSingleStep(50);
    dpi_->setValue(saved.dpi);
    dpi_->setSuffix(tr(" dpi"));
    form->addRow(tr("&Width"), column_);
    form->addRow(QString(), width_);
    form->addRow(tr("&Height"), height_);
    form->addRow(tr("Te&xt"), points_);
    form->addRow(tr("&Resolution of PNG"), dpi_);

    title_->setChecked(saved.title);
    legend_->setChecked(saved.legend);
    light_->setChecked(saved.light);
    light_->setToolTip(tr("Off: light on dark, for slides"));
    auto* parts = new QHBoxLayout;
    parts->addWidget(title_);
    parts->addWidget(legend_);
    parts->addStretch(1);
    form->addRow(tr("With"), parts);
    form->addRow(QString(), light_);

    folder_->setText(
        store.value("export/folder", QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation))
            .toString());
    auto* browse = new QToolButton;
    browse->setText("…");
    browse->setObjectName("browse");
    browse->setAccessibleName(tr("Choose the folder"));
    browse->setToolTip(tr("Choose the folder"));
    connect(browse, &QToolButton::clicked, this, [this] {
        const QString chosenFolder = chooseFolder(folder_->text());
        if (!chosenFolder.isEmpty())
            folder_->setText(chosenFolder);
    });
    auto* folderRow = new QHBoxLayout;
    folder_->setAccessibleName(tr("Folder"));
    folderRow->addWidget(folder_, 1);
    folderRow->addWidget(browse);
    form->addRow(tr("Folder"), folderRow);
    form->addRow(tr("&Name"), name_);
    return widget;
}

const std::shared_ptr<const Figure>& ExportDialog::figure() const
{
    return figures_[static_cast<std::size_t>(which_->currentIndex())];
}

FigureStyle ExportDialog::style() const
{
    FigureStyle style;
    const double column = columns[static_cast<std::size_t>(column_->currentIndex())];
    style.width = column < 0.0 ? width_->value() : column;
    style.height = height_->value() > ownHeight ? std::max(20.0, height_->value()) : 0.0;
    style.points = points_->value();
    style.title = title_->isChecked();
    style.legend = legend_->isChecked();
    style.light = light_->isChecked();
    style.dpi = dpi_->value();
    return style;
}

std::vector<FigureFormat> ExportDialog::formats() const
{
    std::vector<FigureFormat> chosen;
    for (std::size_t k = 0; k < allFormats.size(); ++k)
        if (formats_[k]->isChecked())
            chosen.push_back(allFormats[k]);
    return chosen;
}

std::vector<OutputFile> ExportDialog::filesOfFigure() const
{
    const std::filesystem::path folder = folder_->text().toStdString();
    return exportFigure(figure(), style(), formats(), folder / name_->text().toStdString());
}

void ExportDialog::showFigure()
{
    name_->setText(QString::fromStdString(figure()->name));
    refresh();
}

void ExportDialog::refresh()
{
    const FigureStyle wanted = style();
    const QSizeF page = pageSize(*figure(), wanted);
    width_->setVisible(columns[static_cast<std::size_t>(column_->currentIndex())] < 0.0);
    const bool png = formats_[static_cast<std::size_t>(FigureFormat::Png)]->isChecked();
    dpi_->setEnabled(png);
    QString words = millimetres(page);
    if (png) {
        const QSize pixels = (page / 25.4 * wanted.dpi).toSize();
        words += tr(", %1 × %2 pixels").arg(pixels.width()).arg(pixels.height());
    }
    size_->setText(words);
    preview_->show(*figure(), wanted);

    const QStringList replaced = namesOfExisting(filesOfFigure());
    status_->setText(replaced.isEmpty() ? QString() : tr("Replaces %1.").arg(replaced.join(", ")));
    const bool somewhere = !formats().empty() && !folder_->text().isEmpty();
    export_->setEnabled(somewhere && !name_->text().isEmpty());
    exportAll_->setEnabled(somewhere);
}

/// Says beside the buttons what has been done, or why it could not be.
void ExportDialog::attempt(const std::function<void()>& action, const QString& what)
{
    try {
        action();
        status_->setText("✓ " + what);
    } catch (const Error& error) {
        status_->setText("⚠ " + QString::fromUtf8(error.what()));
    }
}

void ExportDialog::write(const std::vector<OutputFile>& files, const QString& what)
{
    if (mayWrite(files, mayReplace))
        attempt([&files] { writeFiles(files); }, what);
}

void ExportDialog::done(int result)
{
    saveFigures({style(), formats()});
    QSettings().setValue("export/folder", folder_->text());
    QDialog::done(result);
}

FigureSettings savedFigures()
{
    const QSettings settings;
    const FigureSettings usual;
    FigureSettings figures;
    forEachField(figures.style, [&](const char* name, auto& value) {
        using Value = std::remove_reference_t<decltype(value)>;
        value = settings.value(QString("export/") + name, value).template value<Value>();
    });
    try {
        figures.style.validate();
        if (settings.contains("export/formats")) {
            figures.formats.clear();
            for (const QString& format : settings.value("export/formats").toStringList())
                figures.formats.push_back(formatFromName(format.toStdString()));
        }
    } catch (const Error&) {
        return usual; // settings that were edited by hand
    }
    return figures;
}

void saveFigures(const FigureSettings& figures)
{
    QSettings settings;
    settings.beginGroup("export");
    forEachField(figures.style, [&](const char* name, const auto& value) { settings.setValue(name, value); });
    QStringList formats;
    for (const FigureFormat format : figures.formats)
        formats.append(QString::fromUtf8(name(format).data()));
    settings.setValue("formats", formats);
}

FigureStyle savedStyle()
{
    return savedFigures().style;
}

void copyFigure(const Figure& figure, const FigureStyle& style)
{
    auto* data = new QMimeData;
    data->setImageData(pageImage(figure, style));
    data->setData("image/svg+xml", fileContents(figure, style, FigureFormat::Svg));
    QApplication::clipboard()->setMimeData(data);
}

} // namespace faultline
