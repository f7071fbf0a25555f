// Kills programs with SIGKILL at random moments and counts what is lost.
//   crash_harness FOLDER KILLS SEED    a fifth of them each while training, saving, importing, saving on a
//   full disk,
//                                      and while the window (crash_window) edits, trains and saves
// Prints kills and losses; fails on any loss. The seed decides when the kills come, the machine what they
// hit.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "common/lock_file.h"
#include "common/random.h"
#include "project/journal.h"
#include "project/project_file.h"
#include "support/idx_files.h"

using namespace faultline;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace
{

/// A finished run is on the disk this long after the program has said so.
constexpr double journalSeconds = 2.0;

int kills = 0, losses = 0;

void lost(const std::string& what)
{
    ++losses;
    std::printf("LOST: %s\n", what.c_str());
}

/// A program and the lines that it prints, with the time of each.
class Child
{
public:
    explicit Child(const std::vector<std::string>& call)
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            std::abort();
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            std::vector<char*> words;
            for (const std::string& word : call)
                words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            ::execv(words[0], words.data());
            std::_Exit(127);
        }
        ::close(ends[1]);
        output_ = ends[0];
        ::fcntl(output_, F_SETFL, O_NONBLOCK);
    }
    ~Child() { ::close(output_); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Reads along until the moment comes, then kills it; its exit code if it has ended before.
    std::optional<int> killAfter(double seconds)
    {
        const auto start = Clock::now();
        int status = 0;
        while (std::chrono::duration<double>(Clock::now() - start).count() < seconds) {
            readLines();
            if (::waitpid(process_, &status, WNOHANG) == process_) {
                readLines();
                return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        ::kill(process_, SIGKILL);
        killed_ = Clock::now();
        ::waitpid(process_, &status, 0);
        readLines();
        ++kills;
        return std::nullopt;
    }

    struct Line {
        std::string text;
        Clock::time_point time;
    };
    const std::vector<Line>& lines() const { return lines_; }
    Clock::time_point killed() const { return killed_; }

private:
    void readLines()
    {
        char bytes[4096];
        for (ssize_t got = 0; (got = ::read(output_, bytes, sizeof bytes)) > 0;)
            for (const char c : std::string(bytes, static_cast<std::size_t>(got))) {
                if (c == '\n')
                    lines_.push_back({std::exchange(line_, {}), Clock::now()});
                else
                    line_ += c;
            }
    }

    pid_t process_ = -1;
    int output_ = -1;
    Clock::time_point killed_;
    std::string line_;
    std::vector<Line> lines_;
};

/// What stands on the disk after a kill: nothing before the first journal.
std::optional<Project> onDisk(const fs::path& file)
{
    try {
        if (auto recovery = recover(journalOf(file), file))
            return std::move(recovery->project);
        if (fs::exists(file))
            return loadProject(file);
    } catch (const Error& error) {
        lost(std::string("cannot be opened: ") + error.what());
    }
    return std::nullopt;
}

bool sameRuns(const Project& a, const Project& b)
{
    return std::ranges::equal(a.studies.front().result.runs, b.studies.front().result.runs,
                              [](const Run& x, const Run& y) {
                                  return x.settings == y.settings && x.dieErrors == y.dieErrors &&
                                         x.perfectDieError == y.perfectDieError &&
                                         x.network.layers[0].latent == y.network.layers[0].latent;
                              });
}

std::size_t epochs(const Project& project)
{
    std::size_t sum = 0;
    for (const Study& study : project.studies) {
        for (const Run& run : study.result.runs)
            sum += run.curve.size();
        for (const RunCheckpoint& run : study.result.begun)
            sum += run.curve.size();
    }
    return sum;
}

/// Trains one study again and again from where a kill has left it.
void killTraining(const fs::path& folder, int count, RandomStream& random)
{
    writeNoisyImages(folder, "train", 3000);
    writeNoisyImages(folder, "t10k", 200);
    const auto study = [&](const fs::path& out) {
        return std::vector<std::string>{FAULTLINE_CLI,
                                        "study",
                                        "--demo",
                                        "--data",
                                        folder.string(),
                                        "--out",
                                        out.string(),
                                        "--dies",
                                        "D01,D02",
                                        "--hidden",
                                        "12",
                                        "--batch",
                                        "20",
                                        "--epochs",
                                        "30",
                                        "--repeats",
                                        "2",
                                        "--statistics-epochs",
                                        "60",
                                        "--downsample",
                                        "8",
                                        "--threads",
                                        "2"};
    };
    const fs::path reference = folder / "reference";
    if (Child(study(reference)).killAfter(600.0) != 0)
        return lost("the reference study fails");
    const Project whole = loadProject(reference / "study.faultline");

    const int end = kills + count;
    for (int round = 0; kills < end; ++round) {
        const fs::path out = folder / ("out-" + std::to_string(round));
        const fs::path file = out / "study.faultline";
        std::size_t epochsBefore = 0, runsBefore = 0;
        for (bool finished = false; !finished && kills < end;) {
            Child child(study(out));
            const auto exitCode = child.killAfter(2.0 * random.uniform());
            finished = exitCode.has_value();
            if (finished && *exitCode != 0)
                lost("the study fails with exit code " + std::to_string(*exitCode));
            const std::optional<Project> now = onDisk(file);
            std::size_t said = 0; // finished, long enough before the kill
            for (const Child::Line& line : child.lines())
                if (line.text.find(", finished") != line.text.npos &&
                    (finished ||
                     std::chrono::duration<double>(child.killed() - line.time).count() > journalSeconds))
                    ++said;
            const std::size_t runs = now ? now->studies.front().result.runs.size() : 0;
            if (runs < runsBefore + said)
                lost(std::to_string(runs) + " runs, but " + std::to_string(runsBefore) + " before and " +
                     std::to_string(said) + " more were finished");
            if ((now ? epochs(*now) : 0) < epochsBefore)
                lost("epochs that were journalled");
            runsBefore = runs;
            epochsBefore = now ? epochs(*now) : 0;
        }
        if (const auto now = onDisk(file);
            now && now->studies.front().result.complete && !sameRuns(*now, whole))
            lost("a study that was killed and went on has other numbers");
        fs::remove_all(out);
    }
}

/// Saves one project after the other under one name, and says the number of each that is saved.
int save(const fs::path& file)
{
    Project project = demoProject();
    project.wafer.dies.resize(3);
    const LockFile lock(file);
    for (int number = 0;; ++number) {
        project.name = std::to_string(number);
        // Some are larger than what is left of a small disk.
        project.wafer.description = std::string(number % 4 == 3 ? 12'000'000 : 100, 'x');
        try {
            saveProject(project, file);
            std::printf("%d\n", number);
            std::fflush(stdout);
        } catch (const Error&) {
            // A full disk: the file before is still there.
        }
    }
}

void killSaving(const fs::path& folder, int count, RandomStream& random)
{
    const fs::path file = folder / "saved.faultline";
    for (const int end = kills + count; kills < end;) {
        fs::remove(file);
        Child child({fs::read_symlink("/proc/self/exe").string(), "--save", file.string()});
        child.killAfter(1.5 * random.uniform());
        { // as the next start does it
            const LockFile lock(file);
            if (!lock.isHeld())
                lost("the lock of a killed program holds");
        }
        int said = -1;
        for (const Child::Line& line : child.lines())
            said = std::atoi(line.text.c_str());
        if (said < 0 && !fs::exists(file))
            continue;
        try {
            if (std::atoi(loadProject(file).name.c_str()) < said)
                lost("project " + std::to_string(said) + " that was saved");
        } catch (const Error& error) {
            lost(std::string("cannot be opened: ") + error.what());
        }
        for (const auto& entry : fs::directory_iterator(folder))
            if (entry.path() != file)
                lost("room on the disk, to " + entry.path().string());
    }
}

/// Imports a wafer of measured dies over a smaller one: afterwards the file holds the one or the other.
void killImporting(const fs::path& folder, int count, RandomStream& random)
{
    constexpr std::size_t few = 2, all = 36;
    const fs::path tables = folder / "tables", before = folder / "before.faultline",
                   drawn = folder / "drawn.faultline";
    if (Child({FAULTLINE_CLI, "wafer", "generate", "--out", drawn.string()}).killAfter(60.0) != 0 ||
        Child({FAULTLINE_CLI, "die", "export", drawn.string(), "--out", tables.string()}).killAfter(60.0) !=
            0)
        return lost("there is nothing to import");
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(tables))
        if (entry.path().stem().string().ends_with("P")) // conductances at P and at AP
            files.push_back(entry.path().string());
    std::ranges::sort(files);
    const auto import = [&](std::size_t dies, const fs::path& out) {
        std::vector<std::string> call{FAULTLINE_CLI, "die", "import", "--force", "--out", out.string()};
        call.insert(call.end(), files.begin(), files.begin() + static_cast<std::ptrdiff_t>(2 * dies));
        return call;
    };
    if (files.size() != 2 * all || Child(import(few, before)).killAfter(60.0) != 0)
        return lost("the first import fails");
    const fs::path out = folder / "imported.faultline";
    for (const int end = kills + count; kills < end;) {
        fs::copy_file(before, out, fs::copy_options::overwrite_existing);
        const auto exitCode = Child(import(all, out)).killAfter(1.0 * random.uniform());
        try {
            const std::size_t dies = loadProject(out).wafer.dies.size();
            if (dies != all && (dies != few || exitCode == 0))
                lost("an import with " + std::to_string(dies) + " dies");
        } catch (const Error& error) {
            lost(std::string("cannot be opened: ") + error.what());
        }
    }
}

/// Opens one project in the window again and again, each time as the last kill has left it.
void killWindow(const fs::path& folder, int count, RandomStream& random)
{
    constexpr double editSeconds = 2.0; // the window journals edits so long after the first of them
    const fs::path file = folder / "window.faultline";
    Project project = demoProject();
    project.wafer.dies.resize(2);
    project.dataset = folder.string();
    project.plan.side = 8;
    project.plan.network.layers = {64, 12, 10};
    project.plan.training.epochs = project.plan.statisticsAware.epochs = 30;
    project.plan.training.batch = project.plan.statisticsAware.batch = 20;
    writeNoisyImages(folder, "train", 1000);
    writeNoisyImages(folder, "t10k", 200);
    struct State {
        std::uint64_t seed = 0; // raised by each edit
        std::size_t runs = 0;
    };
    const auto state = [&file] {
        State now;
        if (const auto project = onDisk(file)) {
            now.seed = project->plan.seed;
            for (const Study& study : project->studies)
                now.runs += study.result.runs.size();
        }
        return now;
    };
    constexpr int killsOfAProject = 8; // its studies make it larger each time
    for (const int end = kills + count; kills < end;) {
        if ((end - kills) % killsOfAProject == 0 || !fs::exists(file)) {
            fs::remove_all(journalOf(file));
            saveProject(project, file);
        }
        const State before = state();
        Child child({CRASH_WINDOW, file.string()});
        if (const auto exitCode = child.killAfter(0.5 + 7.0 * random.uniform()))
            return lost("the window ends with exit code " + std::to_string(*exitCode));
        State atLeast = before;
        for (const Child::Line& line : child.lines()) {
            std::array<char, 16> what{};
            unsigned long long seed = 0;
            State said;
            if (std::sscanf(line.text.c_str(), "%15s %llu %zu", what.data(), &seed, &said.runs) != 3)
                continue;
            said.seed = seed;
            const std::string_view word(what.data());
            if (word == "opened" && (said.seed != before.seed || said.runs != before.runs))
                lost("the window opens something else than the disk has");
            const double age = std::chrono::duration<double>(child.killed() - line.time).count();
            // A run may be of a study that is itself an edit.
            if (word == "saved" || age > editSeconds + journalSeconds)
                atLeast = said;
        }
        const State after = state();
        if (after.seed < atLeast.seed)
            lost("edits: " + std::to_string(after.seed) + " of " + std::to_string(atLeast.seed));
        if (after.runs < atLeast.runs)
            lost("runs: " + std::to_string(after.runs) + " of " + std::to_string(atLeast.runs));
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 3 && std::string(argv[1]) == "--save")
        return save(argv[2]);
    if (argc != 4) {
        std::fprintf(stderr, "Usage: crash_harness FOLDER KILLS SEED\n");
        return 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const fs::path folder = argv[1];
    const int count = (std::atoi(argv[2]) + 4) / 5; // of each kind
    RandomStream random(std::strtoull(argv[3], nullptr, 10), RandomUse::Test);
    fs::remove_all(folder);
    for (const char* part : {"training", "saving", "importing", "window", "full"})
        fs::create_directories(folder / part);

    killTraining(folder / "training", count, random);
    std::printf("training: %d kills, %d losses\n", kills, losses);
    killSaving(folder / "saving", count, random);
    std::printf("saving, too: %d kills, %d losses\n", kills, losses);
    killImporting(folder / "importing", count, random);
    std::printf("importing, too: %d kills, %d losses\n", kills, losses);
    killWindow(folder / "window", count, random);
    std::printf("in the window, too: %d kills, %d losses\n", kills, losses);
    if (::mount("tmpfs", (folder / "full").c_str(), "tmpfs", 0, "size=3m") == 0) {
        killSaving(folder / "full", count, random);
        ::umount((folder / "full").c_str());
        std::printf("on a full disk, too: %d kills, %d losses\n", kills, losses);
    } else {
        std::printf("no full disk: only root mounts one\n");
    }
    fs::remove_all(folder);
    return losses == 0 && kills > 0 ? 0 : 1;
}
