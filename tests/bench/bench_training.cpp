// Processor seconds per epoch of each training mode, and of evaluating one network on all dies of the demo
// wafer, beside the time that dense matrix products alone take at the rate measured in the same run, and
// beside PyTorch where it is installed (torch_training.py), on one thread; then the full demo study on one
// and on two threads. What one thread does is told in its processor seconds, which others on the machine
// change less.
//   bench_training [EPOCHS]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "own_process.h"
#include "project/project.h"
#include "timing.h"

using namespace faultline;

namespace
{

double median(std::vector<double> values)
{
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

/// Floating-point operations per second of Eigen's product of the first layer with a batch.
double productRate(const NetworkShape& shape, int batch)
{
    const int outputs = shape.layers[1], inputs = shape.layers[0];
    const Eigen::MatrixXf weights = Eigen::MatrixXf::Random(outputs, inputs);
    const Eigen::MatrixXf images = Eigen::MatrixXf::Random(inputs, batch);
    Eigen::MatrixXf sums(outputs, batch);
    constexpr int products = 2000;
    std::vector<double> seconds;
    for (int repeat = 0; repeat < 15; ++repeat)
        seconds.push_back(processorSecondsOf([&] {
            for (int k = 0; k < products; ++k)
                sums.noalias() = weights * images;
        }));
    return 2.0 * outputs * inputs * batch * products / median(seconds);
}

/// Operations of an epoch: forward and weight gradient of every layer, and the way back through all but the
/// first.
double operationsPerImage(const NetworkShape& shape, bool training)
{
    double operations = 0.0;
    for (std::size_t l = 0; l + 1 < shape.layers.size(); ++l)
        operations += 2.0 * shape.layers[l] * shape.layers[l + 1] * (training ? (l == 0 ? 2 : 3) : 1);
    return operations;
}

/// Seconds of one epoch of torch_training.py; nothing where there is no PyTorch.
std::optional<double> torchEpoch()
{
    struct Close {
        void operator()(std::FILE* pipe) const { pclose(pipe); }
    };
    const std::unique_ptr<std::FILE, Close> output(
        popen("/usr/bin/python3 " FAULTLINE_BENCH_SOURCE "/torch_training.py 1 2>/dev/null", "r"));
    double seconds = 0.0;
    if (!output || std::fscanf(output.get(), "%lf", &seconds) != 1)
        return std::nullopt;
    return seconds;
}

/// The demo's study as a person starts it, from reading the images to the last evaluation. The processor time
/// of two threads over that of one, and what is done before the first run, on one thread, say how far the
/// speed-up can come on an idle machine.
void printStudies(const Project& project)
{
    std::printf("%-24s %12s %12s %12s %16s %8s\n", "full demo study", "seconds", "speed-up", "processor",
                "before training", "MB");
    double alone = 0.0;
    for (const int threads : {1, 2}) {
        const Cost cost = costOf([&] { // prints its line itself, as only it knows when training began
            double before = 0.0;
            const RunObserver observe = [&](const RunUpdate& update) {
                if (before == 0.0 && update.state == RunUpdate::State::Started)
                    before = processorSeconds();
            };
            const double seconds = secondsOf([&] {
                runStudy(project.plan, project.wafer, loadDataset(project.dataset), threads, {}, observe);
            });
            std::printf("%d %-22s %12.1f %12.2f %12.1f %16.2f %8.0f\n", threads,
                        threads == 1 ? "thread" : "threads", seconds, threads == 1 ? 1.0 : alone / seconds,
                        processorSeconds(), before, peakMemory());
            std::fflush(stdout);
            return seconds;
        });
        alone = threads == 1 ? cost.seconds : alone;
    }
    std::printf("\n");
}

void run(int epochs)
{
    const Project project = demoProject();
    printStudies(project); // first: a child begins with its parent's memory
    const DatasetPair data = loadDataset(project.dataset);
    const StudyPlan& plan = project.plan;
    const Dataset train = downsample(data.train, plan.side), test = downsample(data.test, plan.side);
    const CellMap map(plan.network.layers, project.wafer.geometry, plan.spare);
    const DefectStatistics statistics = fitStatistics(project.wafer);
    const double rate = productRate(plan.network, plan.training.batch);
    std::printf("matrix product of the first layer: %.1f GFLOP/s\n\n", rate / 1e9);

    NominalDie nominal(map);
    FixedDie fixed(analogWeights(project.wafer.dies.front(), map, project.wafer.device));
    RandomDie random(statistics, map, project.wafer.device, plan.seed, 0);
    struct Course {
        const char* name;
        TrainingOptions options;
        DieSource& source;
    };
    const Course courses[] = {{"standard", plan.training, nominal},
                              {"hardware-aware", plan.training, fixed},
                              {"a random die per batch", plan.training, random},
                              {"statistics-aware", plan.statisticsAware, random}};
    std::vector<std::vector<double>> seconds(std::size(courses));
    std::vector<double> torch;
    std::vector<Trainer> trainers;
    for (const Course& course : courses)
        trainers.emplace_back(plan.network, course.options, train, course.source, plan.seed, 0u);
    for (int epoch = 0; epoch < epochs; ++epoch) { // in turn, so that a noisy moment meets all
        for (std::size_t k = 0; k < trainers.size(); ++k)
            seconds[k].push_back(processorSecondsOf([&] { trainers[k].runEpoch(); }));
        if (const auto epochSeconds = torchEpoch())
            torch.push_back(*epochSeconds);
    }

    const double products = operationsPerImage(plan.network, true) * train.size() / rate;
    std::printf("%-24s %12s %22s %14s\n", "epoch", "seconds", "of the products alone", "of standard");
    // The median of the ratios within a turn: what slows the machine for a while slows both.
    const auto print = [&](const char* name, const std::vector<double>& taken) {
        std::vector<double> ratios;
        for (std::size_t turn = 0; turn < taken.size(); ++turn)
            ratios.push_back(taken[turn] / seconds[0][turn]);
        std::printf("%-24s %12.4f %22.2f %14.2f\n", name, median(taken), median(taken) / products,
                    median(ratios));
    };
    for (std::size_t k = 0; k < trainers.size(); ++k)
        print(courses[k].name, seconds[k]);
    if (torch.empty())
        std::printf("PyTorch is not installed (Debian: python3-torch), so there is no comparison with it.\n");
    else
        print("standard in PyTorch", torch);

    std::vector<AnalogWeights> dies;
    for (const Die& die : project.wafer.dies)
        dies.push_back(analogWeights(die, map, project.wafer.device));
    std::vector<double> evaluations;
    for (int repeat = 0; repeat < 5; ++repeat)
        evaluations.push_back(processorSecondsOf([&] {
            for (const AnalogWeights& die : dies)
                errorPercent(onDie(trainers[0].network(), die), plan.network, test);
        }));
    const double evaluation =
        operationsPerImage(plan.network, false) * test.size() * static_cast<double>(dies.size()) / rate;
    std::printf("\none network on %zu dies, %d images: %.3f s, %.2f of the products alone\n", dies.size(),
                test.size(), median(evaluations), median(evaluations) / evaluation);
}

} // namespace

int main(int argc, char** argv)
try {
    run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 5);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
