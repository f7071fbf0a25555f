#include "window/appearance.h"

#include <QStyle>
#include <QStyleFactory>

namespace faultline
{

namespace
{

QPalette palette(const QColor& window, const QColor& base, const QColor& button, const QColor& text,
                 const QColor& quiet, const QColor& highlight)
{
    QPalette result(text, button, button.lighter(130), button.darker(150), button.darker(120), text,
                    Qt::white, base, window);
    result.setColor(QPalette::AlternateBase,
                    QColor::fromRgbF((base.redF() + window.redF()) / 2, (base.greenF() + window.greenF()) / 2,
                                     (base.blueF() + window.blueF()) / 2));
    result.setColor(QPalette::PlaceholderText, quiet);
    result.setColor(QPalette::Highlight, highlight);
    result.setColor(QPalette::HighlightedText, Qt::white);
    result.setColor(QPalette::Link, highlight);
    result.setColor(QPalette::ToolTipBase, base);
    result.setColor(QPalette::ToolTipText, text);
    for (const QPalette::ColorRole role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText})
        result.setColor(QPalette::Disabled, role, quiet);
    result.setColor(QPalette::Disabled, QPalette::Highlight, button.darker(110));
    return result;
}

} // namespace

QPalette paletteOf(Appearance appearance)
{
    switch (appearance) {
    case Appearance::Light:
        return palette("#f3f4f6", "#ffffff", "#eceef1", "#1c1f24", "#5f6670", "#1f6fb5");
    case Appearance::Dark:
        return palette("#1d2025", "#262a30", "#343940", "#e6e8eb", "#a3abb5", "#3b8ed0");
    case Appearance::System:
        break;
    }
    return QPalette();
}

} // namespace faultline
