#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <QApplication>
#include <QElapsedTimer>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QWindow>

#include "views/heat_map_view.h"
#include "window/main_window.h"

using namespace faultline;

// Prints how fast the window starts and opens a project, what memory it takes, and how long a frame takes
// while a die of 1024 x 1024 is panned and all cores train: QT_QPA_PLATFORM=offscreen bench_window

namespace
{

double memory(const std::string& kind) ///< megabytes, "VmRSS" or "VmHWM"
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(kind + ":"))
            return std::stod(line.substr(kind.size() + 1)) / 1024.0;
    return 0.0;
}

void waitFor(const std::function<bool()>& done)
{
    while (!done())
        QApplication::processEvents(QEventLoop::AllEvents, 20);
}

void measureFrames(const char* what, HeatMapView& view)
{
    constexpr int frames = 400;
    QImage screen(view.size(), QImage::Format_RGB32);
    std::vector<double> milliseconds;
    for (int frame = 0; frame < frames; ++frame) {
        QElapsedTimer timer;
        timer.start();
        QApplication::processEvents(); // news of the training runs among them
        view.panBy({frame % 100 < 50 ? 3.0 : -3.0, frame % 60 < 30 ? 2.0 : -2.0});
        view.render(&screen);
        milliseconds.push_back(1e-6 * static_cast<double>(timer.nsecsElapsed()));
    }
    std::ranges::sort(milliseconds);
    std::printf("%-40s median %6.2f ms   99th percentile %6.2f ms\n", what, milliseconds[frames / 2],
                milliseconds[frames * 99 / 100]);
}

} // namespace

int main(int argc, char** argv)
{
    QElapsedTimer timer;
    timer.start();
    QApplication application(argc, argv);
    QStandardPaths::setTestModeEnabled(true);
    QApplication::setStyle("Fusion");
    MainWindow window(demoProject());
    window.dialogs().saveChanges = [] { return Dialogs::Answer::Discard; };
    window.show();
    waitFor([&] { return window.windowHandle() && window.windowHandle()->isExposed(); });
    window.grab();
    std::printf("start to first paint of the demo          %.2f s\n",
                1e-3 * static_cast<double>(timer.elapsed()));

    // 36 dies and 42 runs.
    QTemporaryDir folder;
    ProjectDocument& document = window.document();
    StudyPlan plan;
    plan.training.epochs = 1;
    plan.statisticsAware.epochs = 1;
    document.queue().add("bench", plan);
    waitFor([&] { return document.queue().isIdle(); });
    const std::string file = folder.filePath("bench.faultline").toStdString();
    document.save(file);
    timer.restart();
    document.open(file);
    window.grab();
    std::printf("opening %zu dies and %zu runs              %.2f s\n", document.project().wafer.dies.size(),
                document.project().studies.front().result.runs.size(),
                1e-3 * static_cast<double>(timer.elapsed()));
    std::printf("memory then, and the most it ever was     %.0f MB, %.0f MB\n", memory("VmRSS"),
                memory("VmHWM"));

    const DieGeometry geometry{1024, 1024, 32, 32};
    Die die("large", geometry, {});
    RandomStream random(1, RandomUse::Test);
    for (float& siemens : die.conductance[P].reshaped<Eigen::RowMajor>())
        siemens *= static_cast<float>(0.9 + 0.2 * random.uniform());
    HeatMapView view;
    view.resize(1280, 800);
    view.setOverlay(DieLayer::Defects, {1.8e-4, 2.2e-4}, ColourMap::Viridis);
    view.showDie(&die, geometry);
    view.show();
    view.zoomAt(view.mapArea().center(), 4.0);
    measureFrames("pan, nothing else at work", view);
    plan.training.epochs = 10000;
    document.queue().add("busy", plan);
    waitFor([&] { return !document.queue().states().back().runs.front().curve.empty(); });
    measureFrames("pan, all cores training", view);
    document.queue().stopAll();
    std::printf("memory at last, and the most it ever was  %.0f MB, %.0f MB\n", memory("VmRSS"),
                memory("VmHWM"));
}
