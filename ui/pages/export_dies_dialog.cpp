#include "pages/export_dies_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QToolButton>
#include <QVBoxLayout>

#include "common/error.h"
#include "document/background.h"
#include "document/networks.h"
#include "pages/panel.h"

namespace faultline
{

namespace
{

/// Entries of the dies' box before the dies themselves.
enum DieChoice { EveryDie, IncludedDies, FirstDie };

QComboBox* box(const char* name, const QStringList& items)
{
    auto* box = new QComboBox;
    box->setObjectName(name);
    box->addItems(items);
    return box;
}

} // namespace

ExportDiesDialog::ExportDiesDialog(const Project& project, QWidget* parent)
    : QDialog(parent),
      wafer_(project.wafer),
      background_(new Background(this)),
      what_(box("exported", {tr("Dies: conductances and labels"), tr("Effective weights of a network"),
                             tr("Programming map of a network")})), // as allExported
      network_(box("exportedNetwork", {})),
      dies_(box("exportedDies", {tr("all dies"), tr("the included dies")})),
      format_(box("exportedFormat", {tr("CSV (spreadsheets)"), tr("NumPy (.npy)"), tr("HDF5")})),
      folder_(new QLineEdit),
      status_(quietLabel()),
      export_(new QPushButton(tr("&Export")))
{
    setObjectName("exportDiesDialog");
    setWindowTitle(tr("Export dies and weights"));
    chooseFolder = [this](const QString& start) {
        return QFileDialog::getExistingDirectory(this, tr("Export into folder"), start);
    };
    mayReplace = askToReplace(this);
    for (const NamedRun& named : finishedNetworks(project)) {
        network_->addItem(named.name);
        networks_.push_back({named.study->plan, *named.run});
    }
    if (networks_.empty())
        network_->addItem(tr("no network is trained yet"));
    for (const Die& die : wafer_.dies)
        dies_->addItem(QString::fromStdString(die.name));

    const QSettings settings;
    format_->setCurrentIndex(settings.value("exportDies/format", 0).toInt());
    folder_->setObjectName("exportedFolder");
    folder_->setText(
        settings
            .value("exportDies/folder",
                   QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + "/faultline-export")
            .toString());
    folder_->setMinimumWidth(320);
    auto* browse = new QToolButton;
    browse->setText("…");
    browse->setToolTip(tr("Choose the folder"));
    auto* folderRow = new QHBoxLayout;
    folderRow->addWidget(folder_, 1);
    folderRow->addWidget(browse);
    status_->setObjectName("exportStatus");
    status_->setWordWrap(true);
    export_->setObjectName("exportDies");
    auto* form = new QFormLayout;
    form->addRow(tr("&What"), what_);
    form->addRow(tr("&Network"), network_);
    form->addRow(tr("&Dies"), dies_);
    form->addRow(tr("Fo&rmat"), format_);
    form->addRow(tr("Folder"), folderRow);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    buttons->addButton(export_, QDialogButtonBox::ActionRole);
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);
    export_->setDefault(true);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(status_);
    layout->addStretch(1);
    layout->addWidget(buttons);

    connect(browse, &QToolButton::clicked, this, [this] {
        const QString chosen = chooseFolder(folder_->text());
        if (!chosen.isEmpty())
            folder_->setText(chosen);
    });
    connect(what_, &QComboBox::currentIndexChanged, this, &ExportDiesDialog::showChoice);
    connect(what_, &QComboBox::currentIndexChanged, this, &ExportDiesDialog::chooseOwnDie);
    connect(network_, &QComboBox::currentIndexChanged, this, &ExportDiesDialog::chooseOwnDie);
    connect(folder_, &QLineEdit::textChanged, this, &ExportDiesDialog::showChoice);
    connect(export_, &QPushButton::clicked, this, &ExportDiesDialog::write);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    showChoice();
}

void ExportDiesDialog::showChoice()
{
    const Exported what = allExported[static_cast<std::size_t>(what_->currentIndex())];
    network_->setEnabled(what != Exported::Dies && !networks_.empty());
    export_->setEnabled((what == Exported::Dies || !networks_.empty()) && !folder_->text().isEmpty());
    status_->clear();
}

/// A network that was trained for one die is worth something there.
void ExportDiesDialog::chooseOwnDie()
{
    if (networks_.empty() || what_->currentIndex() != static_cast<int>(Exported::Weights))
        return;
    const RunSettings& settings = networks_[static_cast<std::size_t>(network_->currentIndex())].run.settings;
    const auto die = std::ranges::find(wafer_.dies, settings.die, &Die::id);
    const bool alone = die != wafer_.dies.end() && settings.furtherDies.empty();
    dies_->setCurrentIndex(!alone ? static_cast<int>(IncludedDies)
                                  : FirstDie + static_cast<int>(die - wafer_.dies.begin()));
}

Wafer ExportDiesDialog::chosenDies() const
{
    Wafer chosen = wafer_;
    if (dies_->currentIndex() == IncludedDies)
        std::erase_if(chosen.dies, [](const Die& die) { return !die.included; });
    else if (dies_->currentIndex() >= FirstDie)
        chosen.dies = {wafer_.dies[static_cast<std::size_t>(dies_->currentIndex() - FirstDie)]};
    return chosen;
}

void ExportDiesDialog::write()
{
    QSettings settings;
    settings.setValue("exportDies/format", format_->currentIndex());
    settings.setValue("exportDies/folder", folder_->text());
    struct Export {
        Wafer wafer; // which the files read
        std::vector<OutputFile> files;
    };
    const auto chosen = std::make_shared<Export>(Export{chosenDies(), {}});
    const Exported what = allExported[static_cast<std::size_t>(what_->currentIndex())];
    const TrainedNetwork* const network =
        what == Exported::Dies ? nullptr : &networks_[static_cast<std::size_t>(network_->currentIndex())];
    const ArrayFormat format = allArrayFormats[static_cast<std::size_t>(format_->currentIndex())];
    try {
        chosen->files = exportData(what, chosen->wafer, network, folder_->text().toStdString(), format);
    } catch (const Error& error) {
        status_->setText("⚠ " + QString::fromUtf8(error.what()));
        return;
    }
    if (!mayWrite(chosen->files, mayReplace))
        return;
    export_->setEnabled(false);
    status_->setText(tr("Writing…"));
    background_->start([this, chosen, folder = folder_->text()](const std::stop_token&) {
        QString words;
        try {
            writeFiles(chosen->files);
            words = (chosen->files.size() == 1 ? tr("%1 file is in %2.") : tr("%1 files are in %2."))
                        .arg(chosen->files.size())
                        .arg(folder);
        } catch (const Error& error) {
            words = "⚠ " + QString::fromUtf8(error.what());
        }
        return Background::Finish([this, words] {
            status_->setText(words);
            export_->setEnabled(true);
        });
    });
}

} // namespace faultline
