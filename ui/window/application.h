#pragma once

#include <QApplication>

namespace faultline
{

/// The program's QApplication, with what holds in every window:
/// - Numbers have one form in every country: a point, and thousands as in 16,480 where they are read. Fields
///   show no marks between thousands and take a comma for a point.
/// - The wheel changes a spin box or combo box only where it has the focus; elsewhere it scrolls the page.
/// - An exception that leaves a slot ends nothing: it is logged, and told by failed().
class Application : public QApplication
{
    Q_OBJECT

public:
    Application(int& argc, char** argv);

    bool notify(QObject* receiver, QEvent* event) override;

signals:
    void failed(const QString& reason);

protected:
    bool eventFilter(QObject* receiver, QEvent* event) override;
};

/// Logs what went wrong, and says it to a person.
QString reasonOf(const std::exception& error);

} // namespace faultline
