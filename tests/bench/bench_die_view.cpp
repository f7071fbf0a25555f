#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <QApplication>
#include <QElapsedTimer>
#include <QImage>

#include "views/heat_map_view.h"

using namespace faultline;

// Prints how long a frame takes while a large die is panned, zoomed and drawn on:
// QT_QPA_PLATFORM=offscreen bench_die_view [SIDE] (1024), in a view of 1280 x 800. The processor time
// is what a frame takes when nothing else runs.

namespace
{

template <class Step>
void measure(const char* what, HeatMapView& view, const Step& step)
{
    constexpr int frames = 200;
    QImage screen(view.size() * view.devicePixelRatio(), QImage::Format_RGB32);
    screen.setDevicePixelRatio(view.devicePixelRatio());
    std::vector<double> milliseconds;
    const std::clock_t start = std::clock();
    for (int frame = 0; frame < frames; ++frame) {
        QElapsedTimer timer;
        timer.start();
        step(frame);
        view.render(&screen);
        milliseconds.push_back(1e-6 * static_cast<double>(timer.nsecsElapsed()));
    }
    const double processor = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / frames;
    std::ranges::sort(milliseconds);
    std::printf("%-28s median %6.2f ms   99th percentile %6.2f ms   processor time %6.2f ms\n", what,
                milliseconds[frames / 2], milliseconds[frames * 99 / 100], processor);
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const int side = argc > 1 ? std::atoi(argv[1]) : 1024;
    const DieGeometry geometry{side, side, 1, 1};
    Die die("D", geometry, {});
    RandomStream random(1, RandomUse::Test);
    for (float& siemens : die.conductance[P].reshaped<Eigen::RowMajor>())
        siemens *= static_cast<float>(0.9 + 0.2 * random.uniform());
    for (int k = 0; k < side * side / 500; ++k)
        die.setDefect(static_cast<int>(random.below(static_cast<std::uint32_t>(side))),
                      static_cast<int>(random.below(static_cast<std::uint32_t>(side))),
                      allDefects[random.below(4)], 1e-3F);
    HeatMapView view;
    view.resize(1280, 800);
    view.setOverlay(DieLayer::Defects, {1.8e-4, 2.2e-4}, ColourMap::Viridis);
    view.showDie(&die, {side, side, side / 32, side / 32});
    view.show();

    const QPointF middle = view.mapArea().center();
    const auto pan = [&](int frame) {
        view.panBy({frame % 100 < 50 ? 3.0 : -3.0, frame % 60 < 30 ? 2.0 : -2.0});
    };
    view.zoomAt(middle, 1.3);
    measure("pan, all in sight", view, pan);
    view.zoomAt(middle, 4.0);
    measure("pan, about 4 pixels a cell", view, pan);
    view.zoomAt(middle, 1e6);
    measure("pan, values in cells", view, pan);
    view.fit();
    measure("zoom in and out", view,
            [&](int frame) { view.zoomAt(middle, frame % 40 < 20 ? 1.25 : 1 / 1.25); });
    view.fit();
    measure("brush preview", view, [&](int frame) {
        view.setPreview({{{frame, frame}, {Defect::Short, {}}}});
    });
    view.setPreview({});
    measure("cells changed", view, [&](int frame) {
        die.setDefect(frame, 3, Defect::Open, 0.0F);
        view.refresh();
    });
    view.setLit([](const CellState& cell) { return cell.conductance[P] > 2e-4F; });
    view.zoomAt(middle, 1.3);
    measure("pan, a range marked", view, pan);
}
