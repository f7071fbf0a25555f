#include "cli/figures.h"

#include "common/error.h"

#ifdef FAULTLINE_FIGURES

#include <algorithm>
#include <iostream>
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
    exportFigures(std::vector<std::shared_ptr<const Figure>>{waterfallFigure(waterfall)}, options.style,
                  drawing.formats(), folder);
}

void drawFigure(const SweepPlan& plan, std::span<const SweepPoint> points,
                const std::filesystem::path& folder, const FigureOptions& options)
{
    const Drawing drawing(options);
    exportFigures(std::vector<std::shared_ptr<const Figure>>{sweepFigure(plan, points)}, options.style,
                  drawing.formats(), folder);
}

void drawFigures(const Project& project, const std::filesystem::path& folder, const FigureOptions& options)
{
    const Drawing drawing(options);
    const Study none;
    if (project.studies.empty())
        exportFigures(studyFigures(project.wafer, none), options.style, drawing.formats(), folder);
    for (const Study& study : project.studies) {
        std::string name = study.name; // a folder of this folder, whatever a person has called the study
        std::ranges::replace(name, '/', '-');
        exportFigures(studyFigures(project.wafer, study), options.style, drawing.formats(),
                      project.studies.size() == 1 ? folder : folder / ("study " + name));
    }
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

void drawFigures(const Project&, const std::filesystem::path&, const FigureOptions&)
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
