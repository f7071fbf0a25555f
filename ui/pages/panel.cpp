#include "pages/panel.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollArea>
#include <QTableWidget>
#include <QVBoxLayout>

namespace faultline
{

Panel::Panel(const QString& title, QWidget* content)
    : title_(boldLabel(title)),
      titleRow_(new QHBoxLayout),
      body_(new QVBoxLayout(this))
{
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    body_->setContentsMargins(10, 8, 10, 8);
    body_->setSpacing(6);
    titleRow_->addWidget(title_, 1);
    body_->addLayout(titleRow_);
    if (content)
        body_->addWidget(content, 1);
}

void Panel::setTitle(const QString& title)
{
    title_->setText(title);
}

void Panel::addToTitle(QWidget* widget)
{
    titleRow_->addWidget(widget);
}

QLabel* boldLabel(const QString& text)
{
    auto* label = new QLabel(text);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

QLabel* quietLabel(const QString& text)
{
    auto* result = new QLabel(text);
    result->setWordWrap(true);
    result->setForegroundRole(QPalette::PlaceholderText);
    return result;
}

QScrollArea* scrolled(QWidget* fields)
{
    auto* scroll = new QScrollArea;
    scroll->setWidget(fields);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return scroll;
}

void addSection(QFormLayout& form, const QString& title)
{
    if (form.rowCount() > 0)
        form.addItem(new QSpacerItem(1, 6));
    form.addRow(boldLabel(title));
}

QTableWidget* resultTable(const QStringList& columns)
{
    auto* table = new QTableWidget(0, static_cast<int>(columns.size()));
    table->setHorizontalHeaderLabels(columns);
    table->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::NoSelection);
    table->setFocusPolicy(Qt::NoFocus);
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    makeQuiet(*table);
    return table;
}

void nameEntries(QComboBox& box, const QStringList& names)
{
    for (int k = 0; k < static_cast<int>(names.size()); ++k)
        box.setItemData(k, names[k]);
}

std::string chosenName(const QComboBox& box)
{
    return box.currentData().toString().toStdString();
}

void chooseName(QComboBox& box, const std::string& name)
{
    if (const int entry = box.findData(QString::fromStdString(name)); entry >= 0)
        box.setCurrentIndex(entry);
}

void makeQuiet(QTableView& table)
{
    table.setAlternatingRowColors(true);
    table.setShowGrid(false);
    table.setFrameShape(QFrame::NoFrame);
    table.setTabKeyNavigation(false); // Tab leaves it
    table.verticalHeader()->hide();
    table.verticalHeader()->setDefaultSectionSize(QFontMetrics(table.font()).height() + 8);
    table.horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table.horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    table.horizontalHeader()->setHighlightSections(false);
    table.horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

QTableWidgetItem* numberItem(const QString& text)
{
    auto* item = new QTableWidgetItem(text);
    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    return item;
}

void fitToRows(QTableView& table)
{
    int height = table.horizontalHeader()->isHidden() ? 0 : table.horizontalHeader()->sizeHint().height() + 2;
    for (int row = 0; row < table.model()->rowCount(); ++row)
        height += table.rowHeight(row);
    table.setFixedHeight(height);
}

} // namespace faultline
