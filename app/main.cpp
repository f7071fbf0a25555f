#include <QCommandLineParser>
#include <QMessageBox>
#include <QSettings>

#include "common/log.h"
#include "common/version.h"
#include "project/project_file.h"
#include "window/appearance.h"
#include "window/application.h"
#include "window/main_window.h"

using namespace faultline;

namespace
{

QtMessageHandler previousHandler = nullptr;

/// What Qt has to say goes into the log as well.
void logMessage(QtMsgType type, const QMessageLogContext& context, const QString& words)
{
    if (type != QtDebugMsg && type != QtInfoMsg)
        log::warning("Qt: " + words.toStdString());
    previousHandler(type, context, words);
}

} // namespace

int main(int argc, char* argv[])
{
    Application application(argc, argv);
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
    const QCommandLineOption verbose("verbose",
                                     "Print to the standard error what goes into the log file too.");
    arguments.addOption(verbose);
    arguments.process(application);
    log::setVerbose(arguments.isSet(verbose));
    log::open(log::stateFolder() / "faultline.log");
    log::info(std::string("Faultline ") + version() + ", Qt " + qVersion() + ", the window");
    previousHandler = qInstallMessageHandler(logMessage);

    try {
        MainWindow window(demoProject());
        window.show();
        if (!arguments.positionalArguments().isEmpty())
            window.openFile(arguments.positionalArguments().constFirst());
        else
            window.offerCrashed();
        const int exitCode = QApplication::exec();
        log::info("the window ends");
        return exitCode;
    } catch (const std::exception& error) { // an Error, or no memory
        log::error(error.what());
        QMessageBox::critical(nullptr, "Faultline", QString::fromUtf8(error.what()));
        return 1;
    }
}
