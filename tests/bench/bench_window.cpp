#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <QApplication>
#include <QElapsedTimer>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QWindow>

#include "pages/die_page.h"
#include "views/heat_map_view.h"
#include "window/main_window.h"

using namespace faultline;

// Prints how fast the window starts and opens a project, what memory it takes, and how long a frame of the
// Die page takes while a die of 1024 x 1024 is panned and all cores train: QT_QPA_PLATFORM=offscreen
// bench_window

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
    std::vector<double> milliseconds;
    for (int frame = 0; frame < frames; ++frame) {
        QElapsedTimer timer;
        timer.start();
        view.panBy({frame % 100 < 50 ? 3.0 : -3.0, frame % 60 < 30 ? 2.0 : -2.0});
        view.repaint();
        QApplication::processEvents(); // news of the training runs among them
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

    Project large = document.project();
    large.studies.clear();
    large.wafer.geometry = {1024, 1024, 32, 32};
    Die die("large", large.wafer.geometry, large.wafer.device);
    RandomStream random(1, RandomUse::Test);
    for (float& siemens : die.conductance[P].reshaped<Eigen::RowMajor>())
        siemens *= static_cast<float>(0.9 + 0.2 * random.uniform());
    large.wafer.dies = {die};
    document.replaceProject(large);
    auto* pages = window.findChild<QStackedWidget*>("pages");
    const QWidget* diePage = window.findChild<DiePage*>();
    for (int page = 0; page < pages->count(); ++page) { // all of them have been looked at
        pages->setCurrentIndex(page);
        QApplication::processEvents();
    }
    pages->setCurrentIndex(1);
    auto& view = *diePage->findChild<HeatMapView*>("dieMap");
    QApplication::processEvents();
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
