#include "cli/figures.h"

#include "common/error.h"

#ifdef FAULTLINE_FIGURES

#include <algorithm>
#include <iostream>
#include <vector>

#include <QGuiApplication>

#include "figures/figure_export.h"
#include "figures/study_figures.h"

namespace faultline::cli
{
namespace
{

/// Qt remarks on a machine without a session; a person who asked for figures has no use for that.
void silence(QtMsgType type, const QMessageLogContext&, const QString& message)
{
    if (type == QtCriticalMsg || type == QtFatalMsg)
        std::cerr << message.toStdString() << '\n';
}

} // namespace

void drawFigures(const Project& project, const std::filesystem::path& folder,
                 std::span<const std::string> formats, const FigureStyle& style)
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
    const Study none;
    if (project.studies.empty())
        exportFigures(studyFigures(project.wafer, none), style, chosen, folder);
    for (const Study& study : project.studies) {
        std::string name = study.name; // a folder of this folder, whatever a person has called the study
        std::ranges::replace(name, '/', '-');
        exportFigures(studyFigures(project.wafer, study), style, chosen,
                      project.studies.size() == 1 ? folder : folder / ("study " + name));
    }
}

} // namespace faultline::cli

#else

namespace faultline::cli
{

void drawFigures(const Project&, const std::filesystem::path&, std::span<const std::string>,
                 const FigureStyle&)
{
    throw Error("This program was built without Qt: it draws no figures.");
}

} // namespace faultline::cli

#endif
