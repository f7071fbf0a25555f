#include "window/hint_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace faultline
{

HintBar::HintBar(QWidget* parent) : QFrame(parent)
{
    setObjectName("hintBar");
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::ToolTipBase);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    for (const QString& hint :
         {tr("<b>1</b>&nbsp; Double click a die to see its cells large, and to draw defects on it."),
          tr("<b>2</b>&nbsp; On the Train page, press Start: networks of all three modes, on every die."),
          tr("<b>3</b>&nbsp; On the Compare page, select dies in one chart to find them in all; a right "
             "click "
             "exports a figure.")}) {
        auto* label = new QLabel(hint);
        label->setForegroundRole(QPalette::ToolTipText);
        words->addWidget(label);
    }
    auto* close = new QPushButton(tr("Got it"));
    close->setObjectName("closeHints");
    connect(close, &QPushButton::clicked, this, &HintBar::closed);
    auto* layout = new QHBoxLayout(this);
    layout->addLayout(words, 1);
    layout->addWidget(close, 0, Qt::AlignVCenter);
}

} // namespace faultline
