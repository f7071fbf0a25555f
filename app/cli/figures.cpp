#include "cli/figures.h"

#include "common/error.h"

#ifdef FAULTLINE_FIGURES

#include <iostream>
#include <vector>

#include <QGuiApplication>

#include "figures/study_figures.h"

namespace faultline::cli
{
namespace
{

FigureFormat formatFromName(const std::string& name)
{
    if (name == "svg")
        return FigureFormat::Svg;
    if (name == "pdf")
        return FigureFormat::Pdf;
    if (name == "png")
        return FigureFormat::Png;
    throw Error("There is no figure format \"" + name + "\"; choose svg, pdf or png.");
}

/// Qt remarks on a machine without a session; a person who asked for figures has no use for that.
void silence(QtMsgType type, const QMessageLogContext&, const QString& message)
{
    if (type == QtCriticalMsg || type == QtFatalMsg)
        std::cerr << message.toStdString() << '\n';
}

} // namespace

void drawFigures(const Project& project, const std::filesystem::path& folder,
                 std::span<const std::string> formats)
{
    std::vector<FigureFormat> chosen;
    for (const std::string& format : formats)
        chosen.push_back(formatFromName(format));
    qInstallMessageHandler(silence);
    qputenv("QT_QPA_PLATFORM", "offscreen"); // fonts without a screen
    int argc = 1;
    char name[] = "faultline-cli";
    char* argv[] = {name, nullptr};
    const QGuiApplication application(argc, argv);
    exportFigures(project, folder, chosen);
}

} // namespace faultline::cli

#else

namespace faultline::cli
{

void drawFigures(const Project&, const std::filesystem::path&, std::span<const std::string>)
{
    throw Error("This program was built without Qt: it draws no figures.");
}

} // namespace faultline::cli

#endif
