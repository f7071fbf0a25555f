#include "pages/classify_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "pages/label_panel.h"

namespace faultline
{

ClassifyDialog::ClassifyDialog(const Wafer& wafer, QWidget* parent)
    : QDialog(parent),
      wafer_(wafer),
      measured_(new QComboBox),
      panel_(new LabelPanel)
{
    setObjectName("classifyDialog");
    setWindowTitle(tr("Classify cells"));
    measured_->setObjectName("measuredStates");
    measured_->setAccessibleName(tr("States that were measured"));
    measured_->addItems({tr("both states"), tr("P alone"), tr("AP alone")});
    if (const auto alone = measuredAlone(wafer))
        measured_->setCurrentIndex(alone == P ? 1 : 2);
    measured_->setToolTip(tr("One state alone tells shorts and opens only."));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    QPushButton* ok = buttons->button(QDialogButtonBox::Ok);
    ok->setText(tr("Set labels"));
    ok->setEnabled(false);

    auto* by = new QHBoxLayout;
    by->addWidget(new QLabel(tr("Measured:")));
    by->addWidget(measured_);
    by->addStretch(1);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(by);
    layout->addWidget(panel_, 1);
    layout->addWidget(buttons);
    resize(640, 620);

    connect(panel_, &LabelPanel::started, ok, [ok] { ok->setEnabled(false); });
    connect(panel_, &LabelPanel::finished, ok, [this, ok] { ok->setEnabled(panel_->classification()); });
    connect(measured_, &QComboBox::currentIndexChanged, this, &ClassifyDialog::label);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    label();
}

void ClassifyDialog::label()
{
    constexpr std::array<std::optional<Level>, 3> only{std::nullopt, P, AP};
    panel_->setWafer(wafer_, only[static_cast<std::size_t>(measured_->currentIndex())]);
}

const std::vector<CellGrid<Defect>>& ClassifyDialog::labels() const
{
    return panel_->classification()->labels;
}

} // namespace faultline
