#include "pages/option_fields.h"

#include <cmath>

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>

#include "pages/panel.h"

namespace faultline
{

namespace
{

/// What is typed for a value; nothing for an infinite one.
QString textOf(double value, const Says& says)
{
    constexpr int digits = 12;
    return std::isinf(value) ? QString() : QString::number(says.unit.perUnit * value, 'g', digits);
}

/// A value below the range that is allowed besides has the place just below it, under a word of its own.
bool hasLowerValue(const Says& says)
{
    return says.allowed.also < says.allowed.low;
}

} // namespace

QWidget* OptionFields::field(const std::string& key) const
{
    return rows_.at(key)->itemAt(0)->widget();
}

void OptionFields::addHeading(QFormLayout& form, const std::string& group)
{
    if (!group.empty())
        addSection(form, tr(group.c_str()));
}

void OptionFields::addRow(QFormLayout& form, const char* key, QWidget* field, const Says& says)
{
    constexpr int spacing = 6, unitWidth = 34;
    field->setObjectName(QString::fromStdString(section_.empty() ? key : section_ + '.' + key));
    field->setToolTip(tr(says.help));
    field->setAccessibleName(tr(says.label));
    auto* row = new QHBoxLayout;
    row->setSpacing(spacing);
    row->addWidget(field, 1);
    if (qobject_cast<QLineEdit*>(field)) {
        auto* unit = new QLabel(QString::fromUtf8(says.unit.shown));
        unit->setFixedWidth(unitWidth);
        row->addWidget(unit);
    }
    form.addRow(tr(says.label), row);
    rows_[key] = row;
}

QWidget* OptionFields::makeField(double, const Says& says)
{
    auto* line = new QLineEdit;
    line->setAlignment(Qt::AlignRight);
    if (says.allowed.high > Range::largest)
        line->setPlaceholderText("∞");
    connect(line, &QLineEdit::textChanged, this, [this] {
        if (!showing_)
            emit edited();
    });
    return line;
}

/// Takes any number, so that a wrong one is refused with the reason and not changed in silence.
QWidget* OptionFields::makeField(int, const Says& says)
{
    constexpr int high = 9999999;
    auto* box = new QSpinBox;
    if (hasLowerValue(says)) {
        box->setRange(static_cast<int>(says.allowed.low) - 1, static_cast<int>(says.allowed.high));
        box->setSpecialValueText(QString::fromStdString(optionText(says.allowed.also)));
    } else {
        box->setRange(0, high);
    }
    if (const QString unit = QString::fromUtf8(says.unit.shown); !unit.isEmpty())
        box->setSuffix(" " + unit);
    connect(box, &QSpinBox::valueChanged, this, [this] {
        if (!showing_)
            emit edited();
    });
    return box;
}

QWidget* OptionFields::makeChoice(const QStringList& names)
{
    auto* box = new QComboBox;
    box->addItems(names);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    connect(box, &QComboBox::currentIndexChanged, this, [this] {
        if (!showing_)
            emit edited();
    });
    return box;
}

void OptionFields::showValue(QWidget* field, double value, const Says& says)
{
    static_cast<QLineEdit*>(field)->setText(textOf(value, says));
}

void OptionFields::showValue(QWidget* field, int value, const Says& says)
{
    auto* box = static_cast<QSpinBox*>(field);
    box->setValue(hasLowerValue(says) && value < box->minimum() ? box->minimum() : value);
}

bool OptionFields::readValue(const QWidget* field, double& value, const Says& says)
{
    const QString text = static_cast<const QLineEdit*>(field)->text().trimmed();
    if (text == textOf(value, says)) // a value with more digits than are shown stays
        return true;
    bool isNumber = false;
    const double typed = QString(text).replace(',', '.').toDouble(&isNumber);
    if (isNumber)
        value = typed / says.unit.perUnit; // a power of ten: the double of the number in SI units
    else if (text.isEmpty() && says.allowed.high > Range::largest)
        value = says.allowed.high;
    else
        return false;
    return true;
}

bool OptionFields::readValue(const QWidget* field, int& value, const Says& says)
{
    const auto* box = static_cast<const QSpinBox*>(field);
    value = hasLowerValue(says) && box->value() == box->minimum() ? static_cast<int>(says.allowed.also)
                                                                  : box->value();
    return true;
}

void OptionFields::refuse(const char* key, const Says& says) const
{
    const std::string unit = says.unit.shown;
    const OptionError error(key, says.label,
                            '"' + static_cast<QLineEdit*>(field(key))->text().trimmed().toStdString() + '"',
                            "a number" + (unit.empty() ? "" : " in " + unit));
    throw section_.empty() ? error : error.within(section_);
}

} // namespace faultline
