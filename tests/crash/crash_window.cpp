// What crash_harness kills as the window: opens a project and edits, trains and saves it until then. Each
// line that it prints says what the project has by now: "opened", "edited" or "saved", its seed, which every
// edit raises, and the number of its finished runs.
//   crash_window FILE

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <QAction>
#include <QApplication>
#include <QFileInfo>
#include <QTimer>

#include "ui_bench.h"
#include "window/main_window.h"

using namespace faultline;

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "Usage: crash_window FILE\n");
        return 2;
    }
    const QApplication application(argc, argv);
    const QString file = argv[1];
    prepareApplication(QFileInfo(file).path());
    MainWindow window(Project{});
    window.dialogs().recover = [](const QString&) { return Dialogs::Recover::Now; };
    window.dialogs().showError = [](const QString& words) {
        std::fprintf(stderr, "%s\n", qPrintable(words));
        std::exit(1);
    };
    window.show();
    ProjectDocument& document = window.document();
    const auto say = [&document](const char* what) {
        std::size_t runs = 0;
        for (const Study& study : document.project().studies)
            runs += study.result.runs.size();
        std::printf("%s %llu %zu\n", what, static_cast<unsigned long long>(document.project().plan.seed),
                    runs);
        std::fflush(stdout);
    };
    window.openFile(file);
    say("opened");

    QAction* save = nullptr;
    for (QAction* action : window.findChildren<QAction*>())
        if (action->shortcut() == QKeySequence(QKeySequence::Save))
            save = action;
    int steps = 0;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &window, [&] {
        StudyPlan plan = document.project().plan;
        ++plan.seed;
        document.setPlan(plan);
        say("edited");
        StudyQueue& queue = document.queue();
        if (queue.isIdle()) {
            const auto stopped =
                std::ranges::find(queue.states(), StudyState::Phase::Stopped, &StudyState::phase);
            if (stopped != queue.states().end())
                queue.resume(static_cast<int>(stopped - queue.states().begin()));
            else
                queue.add("Study", plan);
        }
        if (++steps % 40 == 0) {
            save->trigger();
            if (!document.isModified())
                say("saved");
        }
    });
    timer.start(50);
    return QApplication::exec();
}
