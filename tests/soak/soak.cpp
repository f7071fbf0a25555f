// Starts and stops a study, draws on a die, removes the study and a die, and undoes, redoes and undoes all of
// it, again and again; then trains a study of many short runs, all in one process; prints resident memory and
// open files along the way, and fails when they grow.
//   soak CYCLES RUNS

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

#include <QElapsedTimer>
#include <QGuiApplication>
#include <QTemporaryDir>

#include "document/project_document.h"
#include "document/wafer_edits.h"
#include "ui_bench.h"

using namespace faultline;

namespace
{

struct Usage {
    double megabytes = 0.0; ///< resident, after free memory has been handed back
    long files = 0;
};

/// Lets events come in until `done` is true or the time is over.
template <class Done>
void wait(int milliseconds, const Done& done)
{
    QElapsedTimer timer;
    timer.start();
    while (!done() && timer.elapsed() < milliseconds)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 5);
}

Usage usage(const char* when)
{
    wait(3000, [] { return false; }); // until the journal has written, too
    ::malloc_trim(0);
    long pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    const std::filesystem::directory_iterator open("/proc/self/fd");
    const Usage now{static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6,
                    std::distance(begin(open), end(open))};
    std::printf("%-28s %7.1f MB, %ld open files\n", when, now.megabytes, now.files);
    std::fflush(stdout);
    return now;
}

bool grew(const Usage& before, const Usage& after)
{
    constexpr double slack = 8.0; // megabytes: arenas of threads come and go
    return after.megabytes > before.megabytes + slack || after.files > before.files;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "Usage: soak CYCLES RUNS\n");
        return 2;
    }
    const int cycles = std::atoi(argv[1]), runs = std::atoi(argv[2]);
    const QGuiApplication application(argc, argv);
    const QTemporaryDir folder;
    qputenv("XDG_STATE_HOME", folder.path().toUtf8());
    writeTinyDataset(folder.filePath("tiny"));
    ProjectDocument document(tinyProject(3, folder.filePath("tiny")));
    StudyQueue& queue = document.queue();

    StudyPlan plan = document.project().plan;
    plan.training.epochs = plan.statisticsAware.epochs = 100'000;
    const auto cycle = [&](int number) {
        const int study = queue.add("Study", plan);
        const auto trains = [&] {
            return !queue.states()[static_cast<std::size_t>(study)].runs[0].curve.empty();
        };
        wait(1 + number % 40, trains); // from "not begun" to "some epochs"
        queue.stop(study);
        wait(5000, [&] { return queue.isIdle(); });
        const CellEdit shorted{{number % 20, number % 40}, {Defect::Short, {1e-3F, 1e-3F}}};
        drawCells(document, 0, {&shorted, 1}, "draw");
        document.removeStudy(study);
        duplicateDies(document, {1});
        removeDies(document, {2});
        for (int k = 0; k < 4; ++k)
            document.undoStack().undo();
        for (int k = 0; k < 4; ++k)
            document.undoStack().redo();
        for (int k = 0; k < 4; ++k)
            document.undoStack().undo();
        queue.take(study); // for good: the next cycle's first step drops what could be redone
    };
    for (int k = 0; k < cycles / 10; ++k) // arenas, caches and Qt's own tables
        cycle(k);
    const Usage first = usage("warm");
    for (int k = 0; k < cycles; ++k) {
        cycle(k);
        if ((k + 1) % ((cycles + 3) / 4) == 0)
            usage(qPrintable(QString("%1 starts, stops and undos").arg(k + 1)));
    }
    const Usage stopped = usage("all of these");

    plan.modes = {TrainingMode::Standard};
    plan.training.epochs = 1;
    plan.repeats = runs;
    const auto train = [&] {
        const int study = queue.add("Study", plan);
        wait(600'000, [&] { return queue.isIdle(); });
        const std::size_t finished =
            document.project().studies[static_cast<std::size_t>(study)].result.runs.size();
        queue.take(study);
        return static_cast<int>(finished);
    };
    const int finished = train();
    const Usage trained = usage(qPrintable(QString("%1 runs").arg(finished)));
    train();
    const Usage again = usage("the same once more");
    return finished == runs && !grew(first, stopped) && !grew(trained, again) ? 0 : 1;
}
