#include "project/project_file.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>

#include <sys/mount.h>
#include <unistd.h>

#include <hdf5.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "common/error.h"
#include "common/files.h"
#include "common/random.h"
#include "support/limits.h"

/// HDF5 1.10 loses a few hundred bytes whenever it refuses a damaged file. That we lose none of its objects
/// is checked after every test.
extern "C" const char* __lsan_default_suppressions()
{
    return "leak:libhdf5";
}

using namespace faultline;
namespace fs = std::filesystem;

namespace
{

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

class Random
{
public:
    explicit Random(std::uint32_t index) : stream_(42, RandomUse::Test, index) {}
    int below(int bound) { return static_cast<int>(stream_.below(static_cast<std::uint32_t>(bound))); }
    double real() { return (stream_.uniform() - 0.5) * std::pow(10.0, below(12) - 6); }
    double positive() { return 1e-12 + std::abs(real()); }
    double share() { return stream_.uniform(); }
    double percent() { return 100.0 * share(); }
    float single() { return static_cast<float>(real()); }
    std::uint64_t seed() { return std::uint64_t{stream_()} << 32 | stream_(); }

private:
    RandomStream stream_;
};

Die randomDie(const std::string& name, const DieGeometry& geometry, Random& random)
{
    Die die(name, geometry, Device{});
    die.position = {random.below(9) - 4, random.below(9)};
    for (auto& grid : die.conductance)
        for (float& siemens : grid.reshaped())
            siemens = random.single();
    for (Defect& label : die.defect.reshaped())
        label = static_cast<Defect>(random.below(5));
    if (random.below(2) == 1)
        die.acquisition = {{random.below(2) == 1, random.below(2) == 1, random.below(2) == 1, 1},
                           random.below(2) == 1 ? P : AP,
                           random.below(2) == 1,
                           {0, 3, geometry.cells() - 1}};
    return die;
}

DefectStatistics randomStatistics(Random& random)
{
    DefectStatistics statistics;
    for (LognormalConductance& level : statistics.level)
        level = {random.positive(), random.share()};
    for (const Defect defect : allDefects)
        statistics.rate(defect) = {random.share() / 4.0, 1.0 + random.positive()};
    statistics.opens.dispersion = infinity;
    statistics.shortConductance = {random.positive(), random.share()};
    statistics.shortLimit = infinity;
    statistics.openConductance = random.positive();
    statistics.rows = {random.share() / 2.0, random.share() / 2.0};
    statistics.columns = {random.share() / 2.0, random.share() / 2.0};
    statistics.clusters = {random.percent(), random.percent()};
    statistics.levelCorrelation = random.share() - 0.5;
    return statistics;
}

TrainingOptions randomOptions(Random& random)
{
    const int draws = 1 + random.below(9);
    return {.epochs = 20 + random.below(99),
            .batch = 10 + random.below(99),
            .learningRate = 1e-6 + random.share() / 2.0,
            .draws = draws,
            .perfectDraws = random.below(draws),
            .lossBound = random.share()};
}

/// Another value in every field than an ideal circuit has.
CircuitOptions randomCircuit(Random& random)
{
    const auto positive = [&] { return random.positive(); };
    CircuitOptions circuit;
    circuit.wires = {positive(), positive(), positive(), positive(), LineEnds::Both, LineEnds::Both};
    circuit.series = positive();
    circuit.readVoltage = positive();
    circuit.readTime = positive();
    circuit.dac = {2 + random.below(14), ConverterRange::PerLine, positive()};
    circuit.adc = {2 + random.below(14), ConverterRange::Fixed, positive()};
    circuit.relativeNoise = positive();
    circuit.absoluteNoise = positive();
    circuit.biasHalfVoltage = positive();
    circuit.temperature = 301 + random.below(99);
    circuit.spinWaveCoefficient = 1e-5 / (2 + random.below(9));
    circuit.unused = P;
    return circuit;
}

StudyPlan randomPlan(Random& random)
{
    StudyPlan plan;
    plan.network = {{9, 4, 7, 10}, Activation::Sign};
    plan.side = 3;
    plan.spare = Spare::Unused;
    plan.modes = {TrainingMode::StatisticsAware, TrainingMode::Standard};
    plan.dies = {4, 0, 2};
    plan.repeats = 5;
    plan.seed = random.seed() | std::uint64_t{1} << 63;
    plan.training = randomOptions(random);
    plan.statisticsAware = randomOptions(random);
    return plan;
}

Run randomRun(const Project& project, int index, Random& random)
{
    Run run;
    run.settings.mode = allModes[static_cast<std::size_t>(index) % allModes.size()];
    run.settings.die = run.settings.mode == TrainingMode::HardwareAware
                           ? project.wafer.dies[static_cast<std::size_t>(random.below(3))].id
                           : -1;
    if (run.settings.mode == TrainingMode::HardwareAware && random.below(2) > 0)
        run.settings.furtherDies = {7, 2};
    run.settings.repeat = random.below(5);
    run.settings.network = {{9, 1 + random.below(60), 10}, static_cast<Activation>(random.below(4))};
    run.settings.side = 3;
    run.settings.spare = static_cast<Spare>(random.below(2));
    run.settings.training = randomOptions(random);
    run.settings.seed = random.seed();
    if (index % 2 == 0)
        run.settings.circuit = randomCircuit(random);
    for (int epoch = 1; epoch <= index; ++epoch)
        run.curve.push_back({{epoch, random.real(), random.percent(), random.real()}, random.percent()});
    run.network.shape = run.settings.network;
    for (int i = 0; i < run.network.shape.weightLayers(); ++i) {
        const int inputs = run.network.shape.layers[static_cast<std::size_t>(i)];
        const int outputs = run.network.shape.layers[static_cast<std::size_t>(i) + 1];
        Network::Layer layer{Eigen::MatrixXf(outputs, inputs), Eigen::VectorXf(outputs),
                             Eigen::VectorXf(outputs)};
        for (float& value : layer.latent.reshaped())
            value = random.single();
        for (float& value : layer.gain)
            value = random.single();
        for (float& value : layer.bias)
            value = random.single();
        run.network.layers.push_back(layer);
    }
    run.perfectDieError = random.percent();
    for (const Die& die : project.wafer.dies)
        if (random.below(4) > 0)
            run.dieErrors[die.id] = random.percent();
    run.trainSeconds = random.positive();
    run.evaluateSeconds = random.positive();
    return run;
}

RunCheckpoint randomCheckpoint(const Project& project, int epochs, Random& random)
{
    Run run = randomRun(project, epochs, random);
    RunCheckpoint checkpoint{run.settings, run.curve, {}, run.trainSeconds};
    TrainerState& trainer = checkpoint.trainer;
    trainer.network = run.network;
    for (const Network::Layer& layer : run.network.layers)
        trainer.moments.push_back(
            {{layer.latent, layer.gain, layer.bias}, {layer.latent, layer.bias, layer.gain}});
    trainer.epoch = epochs;
    trainer.steps = 30 * epochs;
    trainer.dieDraws = 4'000'000'000u;
    return checkpoint;
}

/// Another value in every field than a window begins with.
ViewState randomView(Random& random)
{
    ViewState view;
    view.page = "die";
    view.study = 1;
    view.wafer = {"yield", "Study 1: Ä", "tmr"};
    view.die = {.die = random.below(99),
                .overlay = "conductance-P",
                .network = "Ö, \"2\"",
                .colours = "cividis",
                .rangeByHand = true,
                .rangeLow = random.real(),
                .rangeHigh = random.real(),
                .rangeLog = true,
                .seen = {random.real(), random.real(), std::abs(random.real()), std::abs(random.real())}};
    view.compare = {.hiddenModes = {"standard", "hardware-aware"},
                    .networks = {},
                    .order = "defects",
                    .chart = "yield",
                    .selected = {random.below(9), 7}};
    view.countedDefect = "stuck-P";
    view.circuit = {.networks = "statistics-aware",
                    .dies = "D01, D05..D12",
                    .otherDies = true,
                    .images = random.below(9999),
                    .repeats = random.below(99),
                    .axes = {{{"adc-bits", "4", "10", 7, false}, {"", "0,1", "", 1, true}}}};
    return view;
}

CircuitReading randomReading(Random& random)
{
    return {.networks = "all 2 standard, Ä",
            .dies = {3, random.below(99)},
            .otherDies = true,
            .reads = 1 + random.below(9),
            .images = random.below(10000),
            .seed = random.seed(),
            .circuit = randomCircuit(random),
            .current = false};
}

CircuitResults randomCircuitResults(Random& random)
{
    CircuitResults results;
    auto& waterfall = results.waterfall.emplace();
    waterfall.reading = randomReading(random);
    for (int read = 0; read < waterfall.reading.reads; ++read)
        waterfall.reads.push_back(
            {random.percent(), random.percent(), random.real(), random.real(), random.real(), random.real()});
    waterfall.waterfall = {random.percent(), random.real(), 1 + random.below(9), {}};
    for (const Effect effect : {Effect::Die, Effect::Wires, Effect::Adc})
        waterfall.waterfall.steps.push_back(
            {effect, random.percent(), random.real(), random.real(), random.real()});
    auto& sweep = results.sweep.emplace();
    sweep.reading = randomReading(random);
    sweep.plan = {.axes = {{SweepParameter("sense-ohm"), {0.1, 1.0 / 3.0, 1e6}},
                           {SweepParameter("adc-bits"), {3.0, 8.0}}},
                  .circuit = sweep.reading.circuit,
                  .repeats = 1 + random.below(99)};
    for (const double ohm : sweep.plan.axes[0].values)
        for (const double bits : sweep.plan.axes[1].values)
            sweep.points.push_back({{ohm, bits}, 1 + random.below(99), random.percent(), random.real()});
    return results;
}

/// Every field filled, one die of odd size, numbers of all magnitudes.
Project randomProject(std::uint32_t index)
{
    Random random(index);
    Project project;
    project.name = "Prüfung µ/\"Ω\"";
    project.dataset = "/a folder/ü";
    project.images = {0xfedcba98, 1};
    Wafer& wafer = project.wafer;
    wafer.name = "W-7";
    wafer.description = std::string(70'000, 'x') + "Ende";
    wafer.geometry = {123, 97, 41, 97};
    wafer.device = {1234.5678901234567, 1.0 / 3.0};
    for (const char* name : {"D01", "", "a/b, \"c\"", "Ö"})
        wafer.dies.push_back(randomDie(name, wafer.geometry, random));
    for (Die& die : wafer.dies) {
        die.id = static_cast<int>(wafer.dies.data() + wafer.dies.size() - &die) * 7;
        die.included = random.below(2) == 0;
    }
    project.plan = randomPlan(random);
    project.plan.statistics = randomStatistics(random);
    project.plan.fittedDies = {7, 21};
    project.circuit = randomCircuit(random);
    for (const char* name : {"first", "Ä/\"2\""}) {
        Study study{name, randomPlan(random), {}};
        if (project.studies.empty())
            study.plan.circuit = randomCircuit(random);
        study.result.statistics = randomStatistics(random);
        for (int run = 0; run < 5; ++run)
            study.result.runs.push_back(randomRun(project, run, random));
        study.result.complete = project.studies.empty();
        if (study.result.complete)
            study.result.images = {0x12345678, 0xffffffff};
        else
            study.result.begun.push_back(randomCheckpoint(project, 3, random));
        study.result.trainSeconds = random.positive();
        study.result.evaluateSeconds = random.positive();
        project.studies.push_back(std::move(study));
    }
    project.circuitResults = randomCircuitResults(random);
    project.view = randomView(random);
    project.figures = {{86.0, 44.5, 8.5, true, false, false, 450}, {FigureFormat::Png, FigureFormat::Csv}};
    return project;
}

bool same(double a, double b)
{
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

template <class A, class B>
bool same(const Eigen::DenseBase<A>& a, const Eigen::DenseBase<B>& b)
{
    return a.rows() == b.rows() && a.cols() == b.cols() && (a.derived().array() == b.derived().array()).all();
}

bool same(const Die& a, const Die& b)
{
    return a.id == b.id && a.name == b.name && a.included == b.included && a.position == b.position &&
           a.acquisition == b.acquisition && same(a.defect, b.defect) &&
           std::ranges::equal(a.conductance, b.conductance, [](auto& x, auto& y) { return same(x, y); });
}

bool same(const Run& a, const Run& b)
{
    return a.settings == b.settings &&
           std::ranges::equal(a.curve, b.curve,
                              [](const EpochRecord& x, const EpochRecord& y) {
                                  return x.summary.epoch == y.summary.epoch &&
                                         same(x.summary.loss, y.summary.loss) &&
                                         same(x.summary.trainError, y.summary.trainError) &&
                                         same(x.summary.seconds, y.summary.seconds) &&
                                         same(x.testError, y.testError);
                              }) &&
           a.network.shape == b.network.shape &&
           std::ranges::equal(a.network.layers, b.network.layers,
                              [](const Network::Layer& x, const Network::Layer& y) {
                                  return same(x.latent, y.latent) && same(x.gain, y.gain) &&
                                         same(x.bias, y.bias);
                              }) &&
           same(a.perfectDieError, b.perfectDieError) && a.dieErrors == b.dieErrors &&
           same(a.trainSeconds, b.trainSeconds) && same(a.evaluateSeconds, b.evaluateSeconds);
}

bool same(const RunCheckpoint& a, const RunCheckpoint& b)
{
    const auto asRun = [](const RunCheckpoint& begun) {
        return Run{begun.settings, begun.curve, begun.trainer.network, 0.0, {}, begun.trainSeconds, 0.0};
    };
    const auto sameMoment = [](const DenseLayer<float>& x, const DenseLayer<float>& y) {
        return same(x.weights, y.weights) && same(x.gain, y.gain) && same(x.bias, y.bias);
    };
    return same(asRun(a), asRun(b)) && a.trainer.epoch == b.trainer.epoch &&
           a.trainer.steps == b.trainer.steps && a.trainer.dieDraws == b.trainer.dieDraws &&
           std::ranges::equal(a.trainer.moments, b.trainer.moments, [&](const auto& x, const auto& y) {
               return sameMoment(x.first, y.first) && sameMoment(x.second, y.second);
           });
}

bool same(const ReadNumbers& a, const ReadNumbers& b)
{
    return same(a.error, b.error) && same(a.idealError, b.idealError) && same(a.energy, b.energy) &&
           same(a.power, b.power) && same(a.worstRowLoss, b.worstRowLoss) &&
           same(a.worstColumnLoss, b.worstColumnLoss);
}

bool same(const Waterfall& a, const Waterfall& b)
{
    return same(a.ideal, b.ideal) && same(a.idealSpread, b.idealSpread) && a.pairings == b.pairings &&
           std::ranges::equal(a.steps, b.steps, [](const Waterfall::Step& x, const Waterfall::Step& y) {
               return x.effect == y.effect && same(x.error, y.error) && same(x.spread, y.spread) &&
                      same(x.cost, y.cost) && same(x.costAlone, y.costAlone);
           });
}

void compare(const CircuitResults& a, const CircuitResults& b)
{
    QCOMPARE(a.waterfall.has_value(), b.waterfall.has_value());
    if (a.waterfall) {
        QVERIFY(a.waterfall->reading == b.waterfall->reading);
        QVERIFY(std::ranges::equal(a.waterfall->reads, b.waterfall->reads,
                                   [](const ReadNumbers& x, const ReadNumbers& y) { return same(x, y); }));
        QVERIFY(same(a.waterfall->waterfall, b.waterfall->waterfall));
    }
    QCOMPARE(a.sweep.has_value(), b.sweep.has_value());
    if (!a.sweep)
        return;
    QVERIFY(a.sweep->reading == b.sweep->reading);
    QVERIFY(a.sweep->plan.circuit == b.sweep->plan.circuit);
    QCOMPARE(a.sweep->plan.repeats, b.sweep->plan.repeats);
    QVERIFY(std::ranges::equal(a.sweep->plan.axes, b.sweep->plan.axes,
                               [](const SweepAxis& x, const SweepAxis& y) {
                                   return x.parameter == y.parameter && x.values == y.values;
                               }));
    QVERIFY(
        std::ranges::equal(a.sweep->points, b.sweep->points, [](const SweepPoint& x, const SweepPoint& y) {
            return x.values == y.values && x.count == y.count && same(x.mean, y.mean) &&
                   same(x.spread, y.spread);
        }));
}

void compare(const Project& a, const Project& b)
{
    QCOMPARE(a.name, b.name);
    QCOMPARE(a.dataset, b.dataset);
    QVERIFY(a.images == b.images);
    QCOMPARE(a.wafer.name, b.wafer.name);
    QCOMPARE(a.wafer.description, b.wafer.description);
    QVERIFY(a.wafer.geometry == b.wafer.geometry);
    QVERIFY(a.wafer.device == b.wafer.device);
    QCOMPARE(a.wafer.dies.size(), b.wafer.dies.size());
    for (std::size_t i = 0; i < a.wafer.dies.size(); ++i)
        QVERIFY(same(a.wafer.dies[i], b.wafer.dies[i]));
    QVERIFY(a.plan == b.plan);
    QCOMPARE(a.plan.fittedDies, b.plan.fittedDies);
    QVERIFY(a.circuit == b.circuit);
    QCOMPARE(a.studies.size(), b.studies.size());
    for (std::size_t k = 0; k < a.studies.size(); ++k) {
        QCOMPARE(a.studies[k].name, b.studies[k].name);
        QVERIFY(a.studies[k].plan == b.studies[k].plan);
        const StudyResult &x = a.studies[k].result, &y = b.studies[k].result;
        QVERIFY(x.statistics == y.statistics);
        QVERIFY(x.images == y.images);
        QCOMPARE(x.runs.size(), y.runs.size());
        for (std::size_t i = 0; i < x.runs.size(); ++i)
            QVERIFY(same(x.runs[i], y.runs[i]));
        QVERIFY(
            std::ranges::equal(x.begun, y.begun, [](auto& one, auto& other) { return same(one, other); }));
        QCOMPARE(x.complete, y.complete);
        QVERIFY(same(x.trainSeconds, y.trainSeconds));
        QVERIFY(same(x.evaluateSeconds, y.evaluateSeconds));
    }
    compare(a.circuitResults, b.circuitResults);
    QVERIFY(a.view == b.view);
    QVERIFY(a.figures == b.figures);
}

/// What the Error says; empty if there was none.
std::string messageOf(const std::function<void()>& act)
{
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

#define VERIFY_CONTAINS(text, part)                                                                          \
    QVERIFY2(QString::fromStdString(text).contains(part), ("found \"" + (text) + "\"").c_str())

/// Edits a project file as another program might, on the disk and through HDF5's own functions.
void edit(const fs::path& file, const std::function<void(hid_t)>& change)
{
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    QVERIFY(id >= 0);
    change(id);
    QVERIFY(H5Fclose(id) >= 0);
}

int versionOf(const fs::path& file)
{
    int version = 0;
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(id, "version", H5P_DEFAULT);
    H5Aread(attribute, H5T_NATIVE_INT, &version);
    H5Aclose(attribute);
    H5Fclose(id);
    return version;
}

void setAttribute(hid_t file, const char* object, const char* name, hid_t type, const void* value)
{
    const hid_t id = H5Oopen(file, object, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(id, name, H5P_DEFAULT);
    QVERIFY(H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Oclose(id);
}

void setNumber(hid_t file, const char* object, const char* name, int value)
{
    setAttribute(file, object, name, H5T_NATIVE_INT, &value);
}

void setReal(hid_t file, const char* object, const char* name, double value)
{
    setAttribute(file, object, name, H5T_NATIVE_DOUBLE, &value);
}

void setList(hid_t file, const char* object, const char* name, const std::vector<int>& values)
{
    if (H5Aexists_by_name(file, object, name, H5P_DEFAULT) > 0)
        QVERIFY(H5Adelete_by_name(file, object, name, H5P_DEFAULT) >= 0);
    const hsize_t length = values.size();
    const hid_t space = H5Screate_simple(1, &length, nullptr);
    const hid_t attribute =
        H5Acreate_by_name(file, object, name, H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    QVERIFY(H5Awrite(attribute, H5T_NATIVE_INT, values.data()) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

/// Sets a value of a dataset; `column` names that of a table.
template <class T>
void setValue(hid_t file, const char* name, std::size_t row, const char* column, T value)
{
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    QVERIFY(dataset >= 0);
    const hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const std::size_t size = H5Tget_size(type);
    const std::size_t offset =
        column ? H5Tget_member_offset(type, static_cast<unsigned>(H5Tget_member_index(type, column))) : 0;
    std::vector<char> rows(size * static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    QVERIFY(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()) >= 0);
    QVERIFY(row * size + offset + sizeof value <= rows.size());
    std::memcpy(rows.data() + row * size + offset, &value, sizeof value);
    QVERIFY(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()) >= 0);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
}

void replaceAttribute(hid_t file, const char* group, const char* name, const char* text)
{
    QVERIFY(H5Adelete_by_name(file, group, name, H5P_DEFAULT) >= 0);
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, std::strlen(text));
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const hid_t attribute =
        H5Acreate_by_name(file, group, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    QVERIFY(H5Awrite(attribute, type, text) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/// Replaces a dataset by one without values; chunked, so that it takes no place on the disk.
void replaceDataset(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& shape)
{
    const hid_t old = H5Dopen2(file, name, H5P_DEFAULT);
    QVERIFY(old >= 0);
    const hid_t copy = type == H5I_INVALID_HID ? H5Dget_type(old) : H5Tcopy(type);
    H5Dclose(old);
    QVERIFY(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const std::vector<hsize_t> chunk(shape.size(), 1);
    H5Pset_chunk(properties, static_cast<int>(shape.size()), chunk.data());
    const hid_t created = H5Dcreate2(file, name, copy, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    QVERIFY(created >= 0);
    H5Dclose(created);
    H5Pclose(properties);
    H5Sclose(space);
    H5Tclose(copy);
}

/// A disk of one megabyte; only root gets one.
class SmallDisk
{
public:
    explicit SmallDisk(fs::path folder) : folder_(std::move(folder))
    {
        fs::create_directory(folder_);
        mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=1m") == 0;
    }
    ~SmallDisk()
    {
        if (mounted_)
            ::umount(folder_.c_str());
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool mounted() const { return mounted_; }
    const fs::path& folder() const { return folder_; }
    void makeReadOnly()
    {
        QVERIFY(::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m") == 0);
    }

private:
    fs::path folder_;
    bool mounted_ = false;
};

} // namespace

class ProjectFileTest : public QObject
{
    Q_OBJECT

    std::optional<QTemporaryDir> folder_; // a new one for each test
    fs::path file_;

    std::string loadMessage() const
    {
        return messageOf([this] { loadProject(file_); });
    }

    /// The folder holds this many files: no temporary ones were left.
    void expectFiles(int count) const
    {
        QCOMPARE(std::distance(fs::directory_iterator(file_.parent_path()), fs::directory_iterator()), count);
    }

private slots:
    void init()
    {
        folder_.emplace();
        QVERIFY(folder_->isValid());
        file_ = folder_->filePath("study.faultline").toStdString();
    }

    void cleanup() { QCOMPARE(H5Fget_obj_count(hid_t{H5F_OBJ_ALL}, H5F_OBJ_ALL), 0); }

    void roundTrip()
    {
        for (std::uint32_t index = 0; index < 5; ++index) {
            const Project project = randomProject(index);
            saveProject(project, file_);
            compare(loadProject(file_), project);
        }
        expectFiles(1);
    }

    void roundTripOfNothing()
    {
        const Project nothing;
        saveProject(nothing, file_);
        compare(loadProject(file_), nothing);
    }

    void equalProjectsGiveEqualFiles()
    {
        const Project project = randomProject(1);
        saveProject(project, file_);
        const std::string first = readWholeFile(file_);
        saveProject(project, file_);
        const std::string second = readWholeFile(file_);
        QCOMPARE(first.size(), second.size());
        std::size_t differing = 0;
        for (std::size_t i = 0; i < first.size(); ++i)
            differing += first[i] != second[i];
        constexpr std::size_t timeAndChecksum = 14 + 4; // of saving: digits, and what guards their header
        QVERIFY2(differing <= timeAndChecksum, qPrintable(QString::number(differing)));
    }

    void roundTripOfWholeStudy()
    {
        Random random(7);
        Project project;
        for (int i = 0; i < 36; ++i)
            project.wafer.add(randomDie("D" + std::to_string(i), project.wafer.geometry, random));
        Study study;
        for (int i = 0; i < 42; ++i) {
            Run run = randomRun(project, 20, random);
            run.settings.network = run.network.shape = {};
            run.settings.side = 14;
            run.network.layers = {
                {Eigen::MatrixXf::Random(40, 196), Eigen::VectorXf::Random(40), Eigen::VectorXf::Random(40)},
                {Eigen::MatrixXf::Random(10, 40), Eigen::VectorXf::Random(10), Eigen::VectorXf::Random(10)}};
            study.result.runs.push_back(run);
        }
        project.studies.push_back(std::move(study));
        saveProject(project, file_);
        compare(loadProject(file_), project);
    }

    void missingFile()
    {
        VERIFY_CONTAINS(loadMessage(), "study.faultline: cannot read: No such file");
        VERIFY_CONTAINS(messageOf([this] { loadProject(file_.parent_path()); }), "not a regular file");
    }

    void otherFiles()
    {
        for (const std::string text :
             {"", "x", "Not HDF5 at all, but long enough to hold a superblock of one."}) {
            std::ofstream(file_) << text;
            VERIFY_CONTAINS(loadMessage(), "study.faultline: cannot open it as HDF5");
        }
        fs::remove(file_);
        const hid_t other = H5Fcreate(file_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        QVERIFY(H5Fclose(other) >= 0);
        VERIFY_CONTAINS(loadMessage(), "study.faultline: not a Faultline project: found format \"none\"");
    }

    void truncation()
    {
        saveProject(randomProject(2), file_);
        const std::string whole = readWholeFile(file_);
        const auto length = static_cast<std::size_t>(whole.size());
        for (std::size_t keep = 0; keep < length; keep = keep * 5 / 4 + 7) {
            std::ofstream(file_, std::ios::trunc | std::ios::binary)
                .write(whole.data(), static_cast<long>(keep));
            VERIFY_CONTAINS(loadMessage(), "study.faultline: ");
        }
        std::ofstream(file_, std::ios::trunc | std::ios::binary)
            .write(whole.data(), static_cast<long>(length - 1));
        VERIFY_CONTAINS(loadMessage(), "study.faultline: ");
    }

    /// Every flipped bit either is noticed, by a checksum or a check of ours, or stood where nothing is.
    void flipping()
    {
        Project project = randomProject(3);
        project.wafer.description.resize(1000); // HDF5 has no checksum for an attribute above 64 KiB
        saveProject(project, file_);
        const std::string whole = readWholeFile(file_);
        Random random(11);
        int noticed = 0, tried = 0;
        for (; tried < 400; ++tried) {
            std::string flipped = whole;
            // Every other flip in the first kilobytes, where the file's own structure stands.
            const int range =
                static_cast<int>(tried % 2 ? whole.size() : std::min<std::size_t>(whole.size(), 8192));
            char& byte = flipped[static_cast<std::size_t>(random.below(range))];
            byte = static_cast<char>(byte ^ (1 << random.below(8)));
            std::ofstream(file_, std::ios::trunc | std::ios::binary) << flipped;
            Project loaded;
            const std::string message = messageOf([&] { loaded = loadProject(file_); });
            if (message.empty())
                compare(loaded, project);
            else
                ++noticed;
        }
        qInfo("%d of %d flipped bits noticed, the others without effect", noticed, tried);
        QVERIFY(noticed > 0);
    }

    void newerVersion()
    {
        saveProject(randomProject(4), file_);
        edit(file_, [](hid_t file) { setNumber(file, "/", "version", 4); });
        VERIFY_CONTAINS(loadMessage(), "study.faultline: found project version 4, written by Faultline");
        edit(file_, [](hid_t file) { setNumber(file, "/", "version", 0); });
        VERIFY_CONTAINS(loadMessage(), "study.faultline: version: found 0");
    }

    void badContents_data()
    {
        QTest::addColumn<std::function<void(hid_t)>>("change");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* tag, const std::function<void(hid_t)>& change, const char* message) {
            QTest::newRow(tag) << change << QString(message);
        };
        row(
            "wrong shape",
            [](hid_t file) {
                replaceDataset(file, "wafer/die-0002/conductance_P", H5I_INVALID_HID, {40, 20});
            },
            "wafer/die-0002/conductance_P: found shape 40 x 20, expected shape 123 x 97");
        row(
            "wrong rank",
            [](hid_t file) {
                replaceDataset(file, "studies/study-0000/runs/run-0003/layer-0000/gain", H5I_INVALID_HID,
                               {5, 1});
            },
            "studies/study-0000/runs/run-0003/layer-0000/gain: found shape 5 x 1, expected shape");
        row(
            "wrong type",
            [](hid_t file) {
                replaceDataset(file, "wafer/die-0000/conductance_P", H5T_IEEE_F64LE, {123, 97});
            },
            "wafer/die-0000/conductance_P: found 64-bit floating-point numbers, expected 32-bit "
            "floating-point numbers");
        row(
            "not a table",
            [](hid_t file) {
                replaceDataset(file, "studies/study-0000/runs/run-0003/curve", H5T_STD_I32LE, {3});
            },
            "studies/study-0000/runs/run-0003/curve: found 32-bit integers, expected a table of 5 columns");
        row(
            "missing values",
            [](hid_t file) {
                setNumber(file, "wafer/die-0000", "rows", 4096);
                setNumber(file, "wafer/die-0000", "columns", 4096);
                replaceDataset(file, "wafer/die-0000/defect", H5I_INVALID_HID, {4096, 4096});
            },
            "wafer/die-0000/defect: found 0 bytes");
        row(
            "huge die", [](hid_t file) { setNumber(file, "wafer/die-0000", "rows", 2'000'000'000); },
            "wafer/die-0000: number of rows is 2000000000");
        row(
            "negative die", [](hid_t file) { setNumber(file, "wafer/die-0000", "rows", -20); },
            "wafer/die-0000: number of rows is -20");
        row(
            "more dies than there are", [](hid_t file) { setNumber(file, "wafer", "dies", 2'000'000'000); },
            "wafer/die-0004: cannot open the group");
        row(
            "two dies of one id", [](hid_t file) { setNumber(file, "wafer/die-0000", "id", 7); },
            "wafer: Two dies have the number 7");
        row(
            "endless studies", [](hid_t file) { setNumber(file, "studies", "studies", 2'000'000'000); },
            "studies/study-0002: cannot open the group");
        row(
            "missing dataset",
            [](hid_t file) {
                H5Ldelete(file, "studies/study-0000/runs/run-0001/layer-0000/gain", H5P_DEFAULT);
            },
            "studies/study-0000/runs/run-0001/layer-0000/gain: cannot open the dataset");
        row(
            "missing attribute", [](hid_t file) { H5Adelete_by_name(file, "plan", "seed", H5P_DEFAULT); },
            "plan/seed: cannot open the attribute");
        row(
            "unknown mode",
            [](hid_t file) {
                replaceAttribute(file, "studies/study-0000/runs/run-0002", "mode", "careless");
            },
            "studies/study-0000/runs/run-0002/mode: There is no training mode \"careless\"");
        row(
            "unknown activation", [](hid_t file) { replaceAttribute(file, "plan", "activation", "sigmoid"); },
            "plan/activation: ");
        row(
            "impossible device",
            [](hid_t file) {
                const double negative = -1.0;
                setAttribute(file, "wafer", "parallel_resistance_ohm", H5T_NATIVE_DOUBLE, &negative);
            },
            "wafer: resistance R_P is -1");
        row(
            "text for a number", [](hid_t file) { replaceAttribute(file, "plan", "repeats", "three"); },
            "plan/repeats: found texts of fixed length, expected 32-bit integers");
        row(
            "die of a run",
            [](hid_t file) { setNumber(file, "studies/study-0000/runs/run-0001", "die", -2); },
            "studies/study-0000/runs/run-0001/die: found -2, expected -1 to 262142");
        row(
            "impossible circuit",
            [](hid_t file) {
                const double negative = -1.0;
                setAttribute(file, "circuit", "sense_ohm", H5T_NATIVE_DOUBLE, &negative);
            },
            "circuit: Sense resistance (sense_ohm) is -1");
        row(
            "unknown ends", [](hid_t file) { replaceAttribute(file, "circuit", "read_ends", "three"); },
            "circuit/read_ends: \"three\" is not known here; choose one of one, both.");
        row(
            "text of figures", [](hid_t file) { setReal(file, "figures", "text_points", 0.0); },
            "figures: The text of a figure has from 4 to 36 points.");
        row(
            "part in sight", [](hid_t file) { setReal(file, "view/die", "seen_rows", notANumber); },
            "view/die/seen_rows: found nan, expected a finite number");
        row(
            "reads of a waterfall",
            [](hid_t file) { setNumber(file, "circuit_results/waterfall", "reads", 1'000'000); },
            "circuit_results/waterfall/read_numbers: found shape");
        row(
            "values of a sweep",
            [](hid_t file) {
                H5Ldelete(file, "circuit_results/sweep/second_values", H5P_DEFAULT);
                H5Lcreate_hard(file, "circuit_results/sweep/first_values", file,
                               "circuit_results/sweep/second_values", H5P_DEFAULT, H5P_DEFAULT);
            },
            "circuit_results/sweep/second_values: found shape 3, expected shape 2");
        row(
            "recursion",
            [](hid_t file) {
                H5Ldelete(file, "wafer/die-0000", H5P_DEFAULT);
                H5Lcreate_hard(file, "wafer", file, "wafer/die-0000", H5P_DEFAULT, H5P_DEFAULT);
            },
            "wafer/die-0000/");
        row(
            "another file",
            [](hid_t file) {
                H5Ldelete(file, "wafer", H5P_DEFAULT);
                H5Lcreate_external("/etc/passwd", "/", file, "wafer", H5P_DEFAULT, H5P_DEFAULT);
            },
            "wafer: found a link to another place, expected the thing itself");
        row(
            "values in another file",
            [](hid_t file) {
                const char* const gain = "studies/study-0000/runs/run-0001/layer-0000/gain";
                const hid_t before = H5Dopen2(file, gain, H5P_DEFAULT);
                const hid_t space = H5Dget_space(before), form = H5Pcreate(H5P_DATASET_CREATE);
                H5Dclose(before);
                H5Ldelete(file, gain, H5P_DEFAULT);
                H5Pset_external(form, "/dev/zero", 0, H5F_UNLIMITED);
                H5Dclose(H5Dcreate2(file, gain, H5T_IEEE_F32LE, space, H5P_DEFAULT, form, H5P_DEFAULT));
                H5Pclose(form);
                H5Sclose(space);
            },
            "studies/study-0000/runs/run-0001/layer-0000/gain: found values in other files");
        row(
            "a chunk that unpacks to less than its size",
            [](hid_t file) {
                const hid_t dataset = H5Dopen2(file, "wafer/die-0001/conductance_P", H5P_DEFAULT);
                const hsize_t corner[] = {0, 0};
                const std::uint32_t withoutFletcher = 1u << 2;
                const QByteArray few = qCompress(QByteArray(100, 'x'), 0).mid(4); // after Qt's length
                H5Dwrite_chunk(dataset, H5P_DEFAULT, withoutFletcher, corner,
                               static_cast<std::size_t>(few.size()), few.data());
                H5Dclose(dataset);
            },
            "wafer/die-0001/conductance_P: found a damaged chunk, expected one of 47724 bytes");
    }

    /// Each value has the right type and shape, but does not go with the others: once, these were read beyond
    /// their ends, or never came to one.
    void contradictions_data()
    {
        QTest::addColumn<std::function<void(hid_t)>>("change");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* tag, const std::function<void(hid_t)>& change, const char* message) {
            QTest::newRow(tag) << change << QString(message);
        };
        // Runs 0 and 3 are standard, 1 and 4 hardware-aware.
        static constexpr const char *first = "studies/study-0000/runs/run-0000",
                                    *second = "studies/study-0000/runs/run-0001",
                                    *begun = "studies/study-0001/runs/begun-0000";
        row(
            "images of another side", [](hid_t file) { setNumber(file, second, "image_side_pixels", 14); },
            "studies/study-0000/runs/run-0001: The network has 9 inputs, but images of 14 x 14 pixels need "
            "196.");
        row(
            "side without a square",
            [](hid_t file) { setNumber(file, second, "image_side_pixels", 100'000); },
            "studies/study-0000/runs/run-0001: The side of the images is 100000, must be 1 to 256 pixels");
        row(
            "negative side", [](hid_t file) { setNumber(file, first, "image_side_pixels", -3); },
            "studies/study-0000/runs/run-0000: The side of the images is -3, must be 1 to 256 pixels");
        row(
            "more outputs than classes",
            [](hid_t file) {
                setList(file, second, "layers", {9, 5, 12});
            },
            "studies/study-0000/runs/run-0001: The network has 12 outputs, but there are 10 classes.");
        row(
            "fewer outputs than classes",
            [](hid_t file) {
                setList(file, begun, "layers", {9, 5, 2});
            },
            "studies/study-0001/runs/begun-0000: The network has 2 outputs, but there are 10 classes.");
        row(
            "weights of another shape",
            [](hid_t file) {
                setList(file, second, "layers", {9, 61, 10});
            },
            "studies/study-0000/runs/run-0001/layer-0000/latent: found shape");
        row(
            "layers without end",
            [](hid_t file) { setList(file, second, "layers", std::vector<int>(60'000, 10)); },
            "studies/study-0000/runs/run-0001/layers: A network of 60000 layers is too deep; it has 64 at "
            "most.");
        row(
            "options of a run",
            [](hid_t file) { setNumber(file, "studies/study-0000/runs/run-0001/training", "batch", 0); },
            "studies/study-0000/runs/run-0001: training: Batch (batch) is 0, must be from 1 to 100000 "
            "images");
        row(
            "repeat of a run", [](hid_t file) { setNumber(file, first, "repeat", 1000); },
            "studies/study-0000/runs/run-0000: The repeat is 1000, must be 0 to 999");
        row(
            "die of a standard run", [](hid_t file) { setNumber(file, first, "die", 7); },
            "studies/study-0000/runs/run-0000: A standard run names die 7");
        row(
            "a group of one die",
            [](hid_t file) {
                setNumber(file, second, "die", 7);
                setList(file, second, "further_dies", {7});
            },
            "studies/study-0000/runs/run-0001: Die number 7 is named twice.");
        row(
            "number of a die", [](hid_t file) { setNumber(file, "wafer/die-0000", "id", 2'147'483'647); },
            "wafer: Number of die D01 is 2147483647, must be from 0 to 262142");
        row(
            "negative number of a die", [](hid_t file) { setNumber(file, "wafer/die-0000", "id", -1); },
            "wafer: Number of die D01 is -1, must be from 0 to 262142");
        row(
            "conductance",
            [](hid_t file) {
                setValue(file, "wafer/die-0001/conductance_P", 5, nullptr, static_cast<float>(notANumber));
            },
            "wafer/die-0001/conductance_P: found nan, expected finite conductances");
        row(
            "clusters", [](hid_t file) { setReal(file, "plan/statistics", "cluster_radius_cells", 1e300); },
            "plan/statistics: radius of clusters is 1e+300, must be more than 0 cells, at most 4096");
        row(
            "rate of defects",
            [](hid_t file) { setReal(file, "studies/study-0000/statistics/short", "rate", notANumber); },
            "studies/study-0000/statistics: share of short cells is nan, must be from 0 to 1");
        row(
            "dispersion",
            [](hid_t file) { setReal(file, "studies/study-0001/statistics/stuck-P", "dispersion", 1e-300); },
            "studies/study-0001/statistics: dispersion of stuck-P cells is 1e-300, must be 1e-6 or more");
        row(
            "median",
            [](hid_t file) { setReal(file, "plan/statistics/conductance_AP", "median_siemens", -1.0); },
            "plan/statistics: median conductance of healthy cells at AP is -1");
        row(
            "repeats of a plan", [](hid_t file) { setNumber(file, "plan", "repeats", 0); },
            "plan: The number of repeats is 0, must be 1 to 1000");
        row(
            "negative side of a plan", [](hid_t file) { setNumber(file, "plan", "image_side_pixels", -3); },
            "plan: The side of the images is -3, must be 1 to 256 pixels");
        row(
            "epochs of a plan",
            [](hid_t file) { setNumber(file, "studies/study-0001/plan/training", "epochs", 2'000'000'000); },
            "studies/study-0001/plan: training: Epochs (epochs) is 2000000000, must be from 1 to 100000");
        row(
            "one die twice",
            [](hid_t file) {
                setList(file, "studies/study-0000/plan", "dies", {7, 14, 7});
            },
            "studies/study-0000/plan: Die number 7 is named twice.");
        row(
            "negative die of a plan",
            [](hid_t file) {
                setList(file, "plan", "dies", {7, -7});
            },
            "plan/dies: found die -7, expected 0 to 262142");
        row(
            "dies fitted to without end",
            [](hid_t file) { setList(file, "plan", "fitted_dies", {2147483647}); },
            "plan/fitted_dies: found die 2147483647, expected 0 to 262142");
        row(
            "epochs of a curve",
            [](hid_t file) { setValue(file, "studies/study-0000/runs/run-0003/curve", 2, "epoch", -2); },
            "studies/study-0000/runs/run-0003/curve: row 3: found epoch -2, expected 3");
        row(
            "errors of a curve",
            [](hid_t file) {
                setValue(file, "studies/study-0000/runs/run-0003/curve", 0, "test_error_percent", 1e17);
            },
            "studies/study-0000/runs/run-0003/curve: found 1e+17, expected 0 to 100 percent");
        row(
            "more epochs than were asked for",
            [](hid_t file) { setNumber(file, "studies/study-0000/runs/run-0003/training", "epochs", 2); },
            "studies/study-0000/runs/run-0003/epochs: found 3, expected 0 to 2");
        row(
            "error on a perfect die",
            [](hid_t file) { setReal(file, second, "perfect_die_error_percent", infinity); },
            "studies/study-0000/runs/run-0001/perfect_die_error_percent: found inf, expected 0 to 100 "
            "percent");
        row(
            "error on a die",
            [](hid_t file) {
                setValue(file, "studies/study-0000/runs/run-0001/die_errors", 0, "error_percent", -0.5);
            },
            "studies/study-0000/runs/run-0001/die_errors: found -0.5, expected 0 to 100 percent");
        row(
            "die of an error",
            [](hid_t file) {
                setValue(file, "studies/study-0000/runs/run-0001/die_errors", 0, "die_id", 2'147'483'647);
            },
            "studies/study-0000/runs/run-0001/die_errors: found die 2147483647, expected 0 to 262142");
        row(
            "time of training", [](hid_t file) { setReal(file, second, "train_seconds", notANumber); },
            "studies/study-0000/runs/run-0001/train_seconds: found nan, expected a finite number, 0 or more");
        row(
            "steps of a begun run", [](hid_t file) { setNumber(file, begun, "adam_steps", 2'147'483'647); },
            "studies/study-0001/runs/begun-0000/adam_steps: found 2147483647, expected as many in each of "
            "the 3 "
            "epochs");
        row(
            "dies of a waterfall",
            [](hid_t file) { setList(file, "circuit_results/waterfall", "dies", {2'147'483'647}); },
            "circuit_results/waterfall/dies: found die 2147483647, expected 0 to 262142");
        row(
            "errors of a waterfall",
            [](hid_t file) {
                setValue(file, "circuit_results/waterfall/steps", 1, "error_percent", notANumber);
            },
            "circuit_results/waterfall/steps: found nan, expected 0 to 100 percent");
        row(
            "reads of a waterfall",
            [](hid_t file) {
                setValue(file, "circuit_results/waterfall/read_numbers", 0, "ideal_error_percent", 101.0);
            },
            "circuit_results/waterfall/read_numbers: found 101, expected 0 to 100 percent");
        row(
            "count of a sweep",
            [](hid_t file) { setValue(file, "circuit_results/sweep/points", 3, "count", -1); },
            "circuit_results/sweep/points: found a mean of -1 errors, expected 1 or more");
        row(
            "neither true nor false",
            [](hid_t file) {
                const hid_t attribute =
                    H5Aopen_by_name(file, "view/die", "range_log", H5P_DEFAULT, H5P_DEFAULT);
                const hid_t type = H5Aget_type(attribute);
                setAttribute(file, "view/die", "range_log", type, "\7");
                H5Tclose(type);
                H5Aclose(attribute);
            },
            "view/die/range_log: found 7, expected 0 (FALSE) or 1 (TRUE)");
    }

    void contradictions() { badContents(); }

    /// Training that diverged leaves such numbers; they are errors on dies, not faults of the file.
    void networksThatDivergedAreKept()
    {
        Project project = randomProject(18);
        Run& run = project.studies[0].result.runs[0];
        run.network.layers[0].gain[0] = static_cast<float>(notANumber);
        run.network.layers[0].latent(0, 0) = static_cast<float>(infinity);
        run.curve.push_back({{1, notANumber, 90.0, 1.0}, 90.2});
        saveProject(project, file_);
        const Run loaded = loadProject(file_).studies[0].result.runs[0];
        QVERIFY(std::isnan(loaded.network.layers[0].gain[0]));
        QVERIFY(std::isinf(loaded.network.layers[0].latent(0, 0)));
        QVERIFY(std::isnan(loaded.curve[0].summary.loss));
    }

    void badContents()
    {
        QFETCH(const std::function<void(hid_t)>, change);
        QFETCH(const QString, message);
        saveProject(randomProject(5), file_);
        edit(file_, change);
        VERIFY_CONTAINS(loadMessage(), "study.faultline: " + message);
    }

    /// Links to one die make a small file give more values than it holds.
    void manyLinksToOneDie()
    {
        Project project;
        project.wafer.geometry = {1000, 1000, 1, 1};
        project.wafer.dies.emplace_back("D01", project.wafer.geometry, project.wafer.device);
        saveProject(project, file_);
        edit(file_, [](hid_t file) {
            constexpr int dies = 300;
            for (int die = 1; die < dies; ++die)
                H5Lcreate_hard(file, "wafer/die-0000", file,
                               qPrintable(QString("wafer/die-%1").arg(die, 4, 10, QChar('0'))), H5P_DEFAULT,
                               H5P_DEFAULT);
            setNumber(file, "wafer", "dies", dies);
        });
        VERIFY_CONTAINS(loadMessage(), "values that the file gives more than once");
    }

    /// A file without blocks on the disk claims any size.
    void moreThanMemory()
    {
        std::ofstream(file_).close();
        fs::resize_file(file_, std::uintmax_t{1} << 43);
        VERIFY_CONTAINS(loadMessage(), "found 8388608 MiB, expected at most ");
    }

    void labelOutsideTheLegend()
    {
        saveProject(randomProject(6), file_);
        edit(file_, [](hid_t file) {
            const hid_t dataset = H5Dopen2(file, "wafer/die-0001/defect", H5P_DEFAULT);
            const hid_t type = H5Dget_type(dataset);
            const hid_t space = H5Dget_space(dataset);
            const std::vector<char> labels(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)), 9);
            QVERIFY(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels.data()) >= 0);
            H5Sclose(space);
            H5Tclose(type);
            H5Dclose(dataset);
        });
        VERIFY_CONTAINS(loadMessage(), "wafer/die-0001/defect: found label 9, expected 0 to 4");
    }

    void impossibleProjectIsNotSaved()
    {
        const Project good = randomProject(7);
        saveProject(good, file_);
        Project bad = good;
        bad.wafer.dies[0].conductance[1].resize(3, 3);
        VERIFY_CONTAINS(messageOf([&] { saveProject(bad, file_); }),
                        "study.faultline: wafer/die-0000: found conductances of another size");
        bad = good;
        bad.wafer.device.tmr = -1.0;
        VERIFY_CONTAINS(messageOf([&] { saveProject(bad, file_); }),
                        "study.faultline: the new file does not read");
        bad = good;
        bad.wafer.dies[1].id = bad.wafer.dies[2].id;
        VERIFY_CONTAINS(messageOf([&] { saveProject(bad, file_); }), "wafer: Two dies have the number");
        compare(loadProject(file_), good);
        expectFiles(1);
    }

    void saveWhereNothingCanBeSaved()
    {
        const Project project = randomProject(8);
        const auto message = [&](const fs::path& file) {
            return messageOf([&] { saveProject(project, file); });
        };
        const fs::path nowhere = file_.parent_path() / "missing" / "study.faultline";
        VERIFY_CONTAINS(message(nowhere), "missing/study.faultline: cannot write: No such file");
        VERIFY_CONTAINS(message("/dev/full"), "/dev/full: cannot write: not a regular file");
        VERIFY_CONTAINS(message(file_.parent_path()), "not a regular file");
        VERIFY_CONTAINS(message("/proc/study.faultline"), "/proc/study.faultline: cannot write");
        expectFiles(0);
    }

    void readOnlyFolder()
    {
        if (::geteuid() == 0)
            QSKIP("no folder is read-only for root");
        const Project project = randomProject(9);
        saveProject(project, file_);
        fs::permissions(file_.parent_path(), fs::perms::owner_read | fs::perms::owner_exec);
        const std::string message = messageOf([&] { saveProject(randomProject(10), file_); });
        fs::permissions(file_.parent_path(), fs::perms::owner_all);
        VERIFY_CONTAINS(message, "study.faultline: cannot write: Permission denied");
        compare(loadProject(file_), project);
    }

    void fullDisk()
    {
        const SmallDisk disk(file_.parent_path() / "disk");
        if (!disk.mounted())
            QSKIP("only root mounts a disk");
        const fs::path file = disk.folder() / "study.faultline";
        const Project project = randomProject(11);
        saveProject(project, file);
        Project large = project;
        large.studies.clear();
        large.wafer.dies.clear();
        large.wafer.geometry = {100, 200, 25, 25};
        Random random(12);
        for (int i = 0; i < 10; ++i)
            large.wafer.add(randomDie("D" + std::to_string(i), large.wafer.geometry, random));
        VERIFY_CONTAINS(messageOf([&] { saveProject(large, file); }),
                        "disk/study.faultline: cannot write: No space left on device");
        compare(loadProject(file), project);
        QCOMPARE(std::distance(fs::directory_iterator(disk.folder()), fs::directory_iterator()), 1);
    }

    void readOnlyDisk()
    {
        SmallDisk disk(file_.parent_path() / "disk");
        if (!disk.mounted())
            QSKIP("only root mounts a disk");
        const fs::path file = disk.folder() / "study.faultline";
        const Project project = randomProject(9);
        saveProject(project, file);
        disk.makeReadOnly();
        VERIFY_CONTAINS(messageOf([&] { saveProject(randomProject(10), file); }),
                        "disk/study.faultline: cannot write: Read-only file system");
        compare(loadProject(file), project);
    }

    void linkAndPermissionsAreKept()
    {
        saveProject(randomProject(13), file_);
        fs::permissions(file_, fs::perms::owner_read | fs::perms::owner_write);
        const fs::path link = file_.parent_path() / "link.faultline";
        fs::create_symlink(file_, link);
        const Project project = randomProject(14);
        saveProject(project, link);
        QVERIFY(fs::is_symlink(link));
        fs::remove(link);
        compare(loadProject(file_), project);
        QVERIFY(fs::status(file_).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    }

    void noIdIsGivenAgain()
    {
        Project project;
        QCOMPARE(project.freeDieId(), 0);
        project.studies.emplace_back().plan.dies = {3, 1};
        QCOMPARE(project.freeDieId(), 4);
        project.studies[0].result.runs.emplace_back().dieErrors = {{7, 5.0}, {6, 5.0}};
        QCOMPARE(project.freeDieId(), 8);
        project.circuitResults.sweep.emplace().reading.dies = {11, 2};
        QCOMPARE(project.freeDieId(), 12);
        project.circuitResults.waterfall.emplace().reading.dies = {15};
        QCOMPARE(project.freeDieId(), 16);
        project.wafer.dies.emplace_back().id = 20;
        QCOMPARE(project.freeDieId(), 21);
        project.plan.dies = {22};
        QCOMPARE(project.freeDieId(), 23);
        project.studies[0].result.runs[0].settings.furtherDies = {24};
        QCOMPARE(project.freeDieId(), 25);
        project.studies[0].result.begun.emplace_back().settings.die = 26;
        QCOMPARE(project.freeDieId(), 27);
        project.studies[0].plan.fittedDies = {28};
        QCOMPARE(project.freeDieId(), 29);
        project.studies[0].plan.fittedDies = {Die::maximumId};
        VERIFY_CONTAINS(messageOf([&] { project.freeDieId(); }), "no more numbers for dies");
    }

    void whatFollowsAChangeOfDies()
    {
        Project project;
        for (const char* name : {"A", "B", "C", "D", "E"})
            project.wafer.add(Die(name, project.wafer.geometry, project.wafer.device));
        project.wafer.dies[4].included = false;
        project.circuitResults.sweep.emplace();
        const std::map<int, double> errors{{0, 5.0}, {1, 5.0}, {2, 5.0}, {9, 5.0}}; // 9 has been removed
        for (const std::vector<int>& layers : {std::vector<int>{196, 10}, {196, 80, 10}}) { // one die, two
            Study& study = project.studies.emplace_back();
            study.plan.network.layers = layers;
            study.result.runs.emplace_back().dieErrors = errors;
        }
        const std::vector<int> changed{1};
        project.diesChanged(changed);
        const auto& alone = project.studies[0].result.runs[0].dieErrors;
        const auto& group = project.studies[1].result.runs[0].dieErrors; // of 0 and 1 under 0, of 2 and 3
        QVERIFY(alone == (std::map<int, double>{{0, 5.0}, {2, 5.0}, {9, 5.0}}));
        QVERIFY(group == (std::map<int, double>{{1, 5.0}, {2, 5.0}, {9, 5.0}}));
        QVERIFY(!project.circuitResults.sweep->reading.current);

        project.circuitResults.sweep->reading.current = true;
        project.addDies({Die("F", project.wafer.geometry, project.wafer.device),
                         Die("G", project.wafer.geometry, project.wafer.device)});
        QCOMPARE(project.wafer.dies[5].id, 10);
        QCOMPARE(project.wafer.dies[6].id, 11);
        QVERIFY(!project.circuitResults.sweep->reading.current);
        QCOMPARE(project.studies[0].plan.dies, std::vector({0, 1, 2, 3})); // as they were made with
    }

    void olderVersionsAreUpgraded()
    {
        // Written by Faultline 0.1.0 when it had version 1; the numbers are those of its study.json.
        const Project project = loadProject(fs::path(GOLDEN) / "version-1.faultline");
        QCOMPARE(project.name, std::string("Golden wafer"));
        QCOMPARE(project.wafer.dies[2].id, 2);
        QVERIFY(project.wafer.dies[2].included);
        QCOMPARE(project.wafer.dies[2].defectCount(), 20);
        QCOMPARE(project.studies.size(), std::size_t{1});
        const Study& study = project.studies[0];
        QVERIFY(study.plan == project.plan);
        QVERIFY(study.plan.dies == std::vector({0, 2}));
        QVERIFY(study.result.complete);
        QCOMPARE(study.result.statistics.shorts.rate, 0.008);
        QCOMPARE(study.result.runs.size(), std::size_t{4});
        QCOMPARE(study.result.runs[0].perfectDieError, 74.57);
        const std::map<int, double> errors{{0, 76.51}, {2, 74.0}};
        QVERIFY(study.result.runs[0].dieErrors == errors);
        QCOMPARE(study.result.runs[2].settings.die, 2);
        QVERIFY(!project.view && !project.figures);
        saveProject(project, file_);
        compare(loadProject(file_), project);
        QCOMPARE(versionOf(file_), 2);
    }

    void studyBehindACircuit()
    {
        // Written by Faultline 0.1.0 when it had version 3; the numbers are those of its study.json and
        // dies.csv.
        const Project project = loadProject(fs::path(GOLDEN) / "version-3.faultline");
        QCOMPARE(project.wafer.dies[2].defectCount(), 20);
        QCOMPARE(project.studies.size(), std::size_t{1});
        const Study& study = project.studies[0];
        QVERIFY(study.plan.circuit.has_value());
        QCOMPARE(study.plan.circuit->adc.bits, 6);
        QCOMPARE(study.plan.circuit->relativeNoise, 0.02);
        QCOMPARE(study.result.runs.size(), std::size_t{4});
        const Run& hardwareAware = study.result.runs[1];
        QCOMPARE(hardwareAware.settings.die, 0);
        QVERIFY(hardwareAware.settings.circuit == study.plan.circuit);
        const std::map<int, double> errors{{0, 21.87}, {2, 42.17}};
        for (const auto& [die, error] : errors)
            VERIFY_BELOW(std::abs(hardwareAware.dieErrors.at(die) - error), 1e-9);
        saveProject(project, file_);
        compare(loadProject(file_), project);
    }

    void onlyStudiesBehindCircuitsNeedANewProgram()
    {
        // Views, settings of figures and results of circuits are what an older program can ignore.
        Project project = loadProject(fs::path(GOLDEN) / "version-2-points.faultline");
        const Project full = randomProject(16);
        project.view = full.view;
        project.figures = full.figures;
        project.circuitResults = full.circuitResults;
        project.circuit = full.circuit;
        saveProject(project, file_);
        QCOMPARE(versionOf(file_), 2);
        project.studies.at(0).plan.circuit = project.circuit;
        saveProject(project, file_);
        QCOMPARE(versionOf(file_), 3);
    }

    void statisticsOfPointsAloneAreRead()
    {
        // Written by version 2 before it knew of failed lines and clusters.
        const Project project = loadProject(fs::path(GOLDEN) / "version-2-points.faultline");
        const DefectStatistics& statistics = project.studies.at(0).result.statistics;
        QVERIFY(statistics.stuckP.rate > 0.0);
        QCOMPARE(statistics.rows, LineRates{});
        QCOMPARE(statistics.columns, LineRates{});
        QCOMPARE(statistics.clusters, DefectClusters{});
        QVERIFY(project.circuit == CircuitOptions()); // nor of circuits
        saveProject(project, file_);
        compare(loadProject(file_), project);
    }

    void otherProgramsReadIt()
    {
#ifdef H5DUMP
        saveProject(randomProject(15), file_);
        QProcess dump;
        dump.start(H5DUMP, {"-H", QString::fromStdString(file_.string())});
        QVERIFY(dump.waitForFinished());
        QCOMPARE(dump.exitCode(), 0);
        const QByteArray text = dump.readAllStandardOutput();
        for (const char* part : {"\"stuck-AP\"", "\"unit\"", "\"loss_nat\"", "\"learning_rate\""})
            QVERIFY2(text.contains(part), part);
#else
        QSKIP("h5dump is not installed");
#endif
    }

    /// Captions, units, the schema's own examples, and a network drawn again from its stream.
    void pythonReadsWhatTheSchemaSays()
    {
#ifdef FAULTLINE_PYTHON
        Project project = randomProject(17);
        Run& run = project.studies[0].result.runs[0];
        run.network =
            initialNetwork(run.settings.network,
                           RandomStream(run.settings.seed, RandomUse::Initialise, run.settings.stream()));
        saveProject(project, file_);
        QProcess python;
        python.start(FAULTLINE_PYTHON, {READ_PROJECT, QString::fromStdString(file_.string()), SCHEMA});
        QVERIFY(python.waitForFinished());
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError());
#else
        QSKIP("no Python with numpy and h5py");
#endif
    }
};

QTEST_GUILESS_MAIN(ProjectFileTest)
#include "test_project_file.moc"
