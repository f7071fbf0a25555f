#include "cli/figures.h"

#include "cli/folders.h"
#include "common/error.h"
#include "common/files.h"

#ifdef FAULTLINE_FIGURES

#include <algorithm>
#include <iostream>
#include <iterator>
#include <vector>

#include <QGuiApplication>

#include "figures/circuit_figures.h"
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

/// What drawing needs for as long as it lives.
class Drawing
{
public:
    explicit Drawing(const FigureOptions& options)
    {
        for (const std::string& format : options.formats)
            formats_.push_back(formatFromName(format));
    }
    std::span<const FigureFormat> formats() const { return formats_; }

private:
    static bool prepare()
    {
        qInstallMessageHandler(silence);
        return qputenv("QT_QPA_PLATFORM", "offscreen"); // fonts without a screen
    }

    std::vector<FigureFormat> formats_;
    bool prepared_ = prepare(); // before the application
    int argc_ = 1;
    char name_[14] = "faultline-cli";
    char* argv_[2] = {name_, nullptr};
    QGuiApplication application_{argc_, argv_};
};

} // namespace

void drawFigure(const Waterfall& waterfall, const std::filesystem::path& folder, const FigureOptions& options)
{
    const Drawing drawing(options);
    writeFiles(exportFigures(std::vector<std::shared_ptr<const Figure>>{waterfallFigure(waterfall)},
                             options.style, drawing.formats(), folder));
}

void drawFigure(const SweepPlan& plan, std::span<const SweepPoint> points,
                const std::filesystem::path& folder, const FigureOptions& options)
{
    const Drawing drawing(options);
    writeFiles(exportFigures(std::vector<std::shared_ptr<const Figure>>{sweepFigure(plan, points)},
                             options.style, drawing.formats(), folder));
}

void drawFigures(const Project& project, const std::filesystem::path& folder, const FigureOptions& options,
                 bool force)
{
    const Drawing drawing(options);
    options.style.validate();
    std::vector<OutputFile> files;
    const auto add = [&](const Study& study, const std::filesystem::path& to) {
        std::ranges::move(
            exportFigures(studyFigures(project.wafer, study), options.style, drawing.formats(), to),
            std::back_inserter(files));
    };
    std::vector<std::string> names;
    for (const Study& study : project.studies)
        names.push_back("study " + study.name);
    names = fileNames(names);
    if (names.empty())
        add({}, folder);
    for (std::size_t k = 0; k < names.size(); ++k) // a folder of this folder for each of several
        add(project.studies[k], names.size() == 1 ? folder : folder / names[k]);
    expectNew(pathsOf(files), force);
    writeFiles(files);
}

} // namespace faultline::cli

#else

namespace faultline::cli
{
namespace
{

[[noreturn]] void refuse()
{
    throw Error("This program was built without Qt: it draws no figures.");
}

} // namespace

void drawFigures(const Project&, const std::filesystem::path&, const FigureOptions&, bool)
{
    refuse();
}

void drawFigure(const Waterfall&, const std::filesystem::path&, const FigureOptions&)
{
    refuse();
}

void drawFigure(const SweepPlan&, std::span<const SweepPoint>, const std::filesystem::path&,
                const FigureOptions&)
{
    refuse();
}

} // namespace faultline::cli

#endif

namespace faultline::cli
{

std::vector<std::filesystem::path> figureFiles(const std::string& name, const std::filesystem::path& folder,
                                               const FigureOptions& options)
{
    std::vector<std::filesystem::path> files;
    for (const std::string& format : options.formats)
        files.push_back((folder / name).concat(".").concat(format));
    return files;
}

} // namespace faultline::cli
