#include <QApplication>
#include <QCommandLineParser>
#include <QMessageBox>
#include <QSettings>

#include "common/error.h"
#include "common/version.h"
#include "project/project_file.h"
#include "window/appearance.h"
#include "window/main_window.h"

using namespace faultline;

int main(int argc, char* argv[])
{
    QApplication application(argc, argv);
    QApplication::setStyle("Fusion"); // looks and behaves the same everywhere, and follows the palette
    QApplication::setOrganizationName("Faultline");
    QApplication::setApplicationName("faultline");
    QApplication::setApplicationDisplayName("Faultline");
    QApplication::setApplicationVersion(version());
    QApplication::setDesktopFileName(FAULTLINE_ID);
    QApplication::setWindowIcon(QIcon(":/faultline/icons/faultline.svg"));
    QApplication::setPalette(paletteOf(static_cast<Appearance>(QSettings().value("appearance", 0).toInt())));

    QCommandLineParser arguments;
    arguments.setApplicationDescription(
        "Explore crossbar dies, and train networks that survive their defects.");
    arguments.addHelpOption();
    arguments.addVersionOption();
    arguments.addPositionalArgument("project", "A .faultline file; without one the demo project opens.",
                                    "[project]");
    arguments.process(application);

    try {
        MainWindow window(demoProject());
        window.show();
        if (!arguments.positionalArguments().isEmpty())
            window.openFile(arguments.positionalArguments().constFirst());
        return QApplication::exec();
    } catch (const Error& error) {
        QMessageBox::critical(nullptr, "Faultline", QString::fromUtf8(error.what()));
        return 1;
    }
}
