#include "window/application.h"

#include <clocale>
#include <new>

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QLineEdit>
#include <QLocale>
#include <QSpinBox>
#include <QValidator>

#include "common/log.h"

namespace faultline
{

namespace
{

/// What a number field takes. A spin box alone would drop commas as marks between thousands: 0,05 became 5.
class NumberValidator : public QValidator
{
public:
    NumberValidator(QLineEdit& line, bool whole) : QValidator(&line), usual_(*line.validator()), whole_(whole)
    {
    }

    State validate(QString& text, int& position) const override
    {
        if (whole_ && text.contains(','))
            return Invalid;
        return usual_.validate(text.replace(',', '.'), position);
    }

    void fixup(QString& text) const override { usual_.fixup(text); }

private:
    const QValidator& usual_; ///< the spin box's own
    bool whole_;
};

} // namespace

Application::Application(int& argc, char** argv) : QApplication(argc, argv)
{
    std::setlocale(LC_NUMERIC, "C"); // Qt has put the system's in place
    QLocale numbers = QLocale::c();
    numbers.setNumberOptions(QLocale::DefaultNumberOptions); // with thousands as in 16,480
    QLocale::setDefault(numbers);
    installEventFilter(this);
}

bool Application::notify(QObject* receiver, QEvent* event)
{
    try {
        return QApplication::notify(receiver, event);
    } catch (const std::exception& error) {
        emit failed(reasonOf(error));
    }
    return false;
}

bool Application::eventFilter(QObject* receiver, QEvent* event)
{
    if (event->type() != QEvent::Polish && event->type() != QEvent::Wheel)
        return false;
    auto* spinBox = qobject_cast<QAbstractSpinBox*>(receiver);
    auto* field = spinBox ? static_cast<QWidget*>(spinBox) : qobject_cast<QComboBox*>(receiver);
    if (!field)
        return false;
    if (event->type() == QEvent::Wheel) {
        if (field->hasFocus())
            return false;
        event->ignore(); // and so it goes on to the page
        return true;
    }
    if (field->focusPolicy() == Qt::WheelFocus)
        field->setFocusPolicy(Qt::StrongFocus);
    auto* line = spinBox ? spinBox->findChild<QLineEdit*>() : nullptr;
    if (line && !dynamic_cast<const NumberValidator*>(line->validator()))
        line->setValidator(new NumberValidator(*line, qobject_cast<QSpinBox*>(spinBox)));
    return false;
}

QString reasonOf(const std::exception& error)
{
    if (dynamic_cast<const std::bad_alloc*>(&error)) {
        log::error("out of memory");
        return Application::tr("There is not enough memory for this.");
    }
    log::error(error.what()); // an Error, or what the system says
    return QString::fromUtf8(error.what());
}

} // namespace faultline
