#include "project/project_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <sstream>
#include <type_traits>
#include <utility>

#include "common/error.h"
#include "common/files.h"
#include "common/text.h"
#include "common/version.h"
#include "formats/hdf5_options.h"

// The schema that this file writes and reads is described in SCHEMA.md. Save and load of each part stand
// together.

namespace faultline
{

namespace
{

using hdf5::Group;

constexpr const char* formatName = "faultline-project";
constexpr const char* partFormatName = "faultline-study-part";
constexpr std::int32_t formatVersion = 3;
/// Without studies behind circuits, all is as it was in this version: so older programs read it.
constexpr std::int32_t versionWithoutCircuits = 2;

std::string member(std::size_t index)
{
    const std::string digits = std::to_string(index);
    return std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

/// A count or an index that must lie in [low, high].
int bounded(const Group& group, const char* name, int low, int high)
{
    const int value = group.get<std::int32_t>(name);
    if (value < low || value > high)
        throw Error(group.placeOf(name), "", std::to_string(value),
                    std::to_string(low) + " to " + std::to_string(high));
    return value;
}

std::string words(double value)
{
    std::ostringstream text;
    text << value;
    return text.str();
}

double finite(const Group& group, const char* name, double low)
{
    const auto value = group.get<double>(name);
    if (!std::isfinite(value) || value < low)
        throw Error(group.placeOf(name), "", words(value),
                    low < 0.0 ? "a finite number" : "a finite number, 0 or more");
    return value;
}

/// `name`: where the value stands.
double percent(const Group& group, const char* name, double value)
{
    if (!(value >= 0.0 && value <= 100.0))
        throw Error(group.placeOf(name), "", words(value), "0 to 100 percent");
    return value;
}

double percent(const Group& group, const char* name)
{
    return percent(group, name, group.get<double>(name));
}

/// `name`: where the id stands.
int dieId(const Group& group, const char* name, int id)
{
    if (id < 0 || id > Die::maximumId)
        throw Error(group.placeOf(name), "", "die " + std::to_string(id),
                    "0 to " + std::to_string(Die::maximumId));
    return id;
}

std::vector<int> dieIds(const Group& group, const char* name)
{
    auto ids = group.list<std::int32_t>(name);
    for (const int id : ids)
        dieId(group, name, id);
    return ids;
}

/// A number of 32 bits, which a file keeps in 64.
std::uint32_t word(const Group& group, const char* name)
{
    const auto value = group.get<std::uint64_t>(name);
    if (value > std::numeric_limits<std::uint32_t>::max())
        throw Error(group.placeOf(name), "", std::to_string(value), "a number of 32 bits");
    return static_cast<std::uint32_t>(value);
}

std::vector<std::int32_t> integers(const std::vector<int>& values)
{
    return {values.begin(), values.end()};
}

hdf5::Type defectType()
{
    std::array<std::string_view, allDefects.size() + 1> names{name(Defect::None)};
    for (const Defect defect : allDefects)
        names[static_cast<std::size_t>(defect)] = name(defect);
    return hdf5::enumeration(names);
}

hdf5::Shape shapeOf(Eigen::Index rows, Eigen::Index columns)
{
    return {static_cast<hsize_t>(rows), static_cast<hsize_t>(columns)};
}

// Wafer
// ---------------------------------------------------------------------------------------------------------

const char* levelMember(int level)
{
    return level == P ? "conductance_P" : "conductance_AP";
}

void saveAcquisition(Group group, const Acquisition& acquisition, int columns)
{
    const TesterAxes& axes = acquisition.axes;
    group.set("transposed", axes.transposed);
    group.set("rows_flipped", axes.rowsFlipped);
    group.set("columns_flipped", axes.columnsFlipped);
    group.set("first_index", axes.firstIndex);
    group.set("placed", acquisition.placed);
    if (acquisition.assumed)
        group.set("assumed_level", std::string(name(*acquisition.assumed)));
    std::vector<std::int32_t> cells;
    for (const int cell : acquisition.missing) {
        cells.push_back(cell / columns);
        cells.push_back(cell % columns);
    }
    group.set("missing_cells", static_cast<std::int32_t>(acquisition.missing.size()));
    group.write("missing", shapeOf(static_cast<Eigen::Index>(acquisition.missing.size()), 2), cells.data(),
                {"Row and column of each cell without a value in some state", "1"});
}

Acquisition loadAcquisition(const Group& group, const Die& die)
{
    Acquisition acquisition;
    acquisition.axes = {group.get<bool>("transposed"), group.get<bool>("rows_flipped"),
                        group.get<bool>("columns_flipped"), bounded(group, "first_index", 0, 1)};
    acquisition.placed = group.get<bool>("placed");
    if (group.has("assumed_level"))
        acquisition.assumed = at(group.placeOf("assumed_level"),
                                 [&] { return valueIn(namesOf(Level()), group.text("assumed_level")); });
    const int cells = bounded(group, "missing_cells", 0, static_cast<int>(die.defect.size()));
    const auto places = group.read<std::int32_t>("missing", shapeOf(cells, 2));
    for (std::size_t i = 0; i < places.size(); i += 2) {
        if (!die.contains({places[i], places[i + 1]}))
            throw Error(group.placeOf("missing"), "",
                        "row " + std::to_string(places[i]) + ", column " + std::to_string(places[i + 1]),
                        "a cell of the die");
        acquisition.missing.push_back(places[i] * die.columns() + places[i + 1]);
    }
    std::ranges::sort(acquisition.missing);
    acquisition.missing.erase(std::unique(acquisition.missing.begin(), acquisition.missing.end()),
                              acquisition.missing.end());
    return acquisition;
}

void saveDie(Group group, const Die& die)
{
    group.set("id", die.id);
    group.set("name", die.name);
    group.set("included", die.included);
    group.set("wafer_row", die.position.row);
    group.set("wafer_column", die.position.column);
    group.set("rows", die.rows());
    group.set("columns", die.columns());
    if (die.conductance.size() != levelCount)
        throw Error(group.place(), "", std::to_string(die.conductance.size()) + " levels",
                    std::to_string(levelCount));
    for (const auto& grid : die.conductance)
        if (grid.rows() != die.rows() || grid.cols() != die.columns())
            throw Error(group.place(), "", "conductances of another size", "that of the defects");
    const hdf5::Shape shape = shapeOf(die.rows(), die.columns());
    group.write("defect", shape, die.defect.data(), {"What is wrong with each cell", "1"}, defectType());
    for (int level = 0; level < levelCount; ++level)
        group.write(levelMember(level), shape, die.conductance[static_cast<std::size_t>(level)].data(),
                    {level == P ? "Conductance of each cell when written parallel"
                                : "Conductance of each cell when written antiparallel",
                     "S"});
    if (die.acquisition != Acquisition{})
        saveAcquisition(group.create("acquisition", "How the die was measured"), die.acquisition,
                        die.columns());
}

/// `index`: its place on the wafer, which was its id up to version 1.
Die loadDie(const Group& group, int index, int fileVersion)
{
    Die die;
    die.id = fileVersion == 1 ? index : group.get<std::int32_t>("id");
    die.name = group.text("name");
    die.included = fileVersion == 1 || group.get<bool>("included");
    die.position = {group.get<std::int32_t>("wafer_row"), group.get<std::int32_t>("wafer_column")};
    const DieGeometry size{group.get<std::int32_t>("rows"), group.get<std::int32_t>("columns"), 1, 1};
    at(group.place(), [&] { size.validate(); });
    const hdf5::Shape shape = shapeOf(size.rows, size.columns);
    const auto labels = group.read<Defect>("defect", shape, defectType());
    die.defect = Eigen::Map<const CellGrid<Defect>>(labels.data(), size.rows, size.columns);
    for (const Defect label : labels)
        if (label > allDefects.back())
            throw Error(group.placeOf("defect"), "", "label " + std::to_string(static_cast<int>(label)),
                        "0 to " + std::to_string(static_cast<int>(allDefects.back())));
    for (int level = 0; level < levelCount; ++level) {
        const auto values = group.read<float>(levelMember(level), shape);
        for (const float value : values)
            if (!std::isfinite(value))
                throw Error(group.placeOf(levelMember(level)), "", words(value), "finite conductances");
        die.conductance.emplace_back(
            Eigen::Map<const CellGrid<float>>(values.data(), size.rows, size.columns));
    }
    if (group.hasMember("acquisition"))
        die.acquisition = loadAcquisition(group.open("acquisition"), die);
    return die;
}

void saveWafer(Group group, const Wafer& wafer)
{
    group.set("name", wafer.name);
    group.set("origin", wafer.description);
    group.set("rows", wafer.geometry.rows);
    group.set("columns", wafer.geometry.columns);
    group.set("kernel_rows", wafer.geometry.kernelRows);
    group.set("kernel_columns", wafer.geometry.kernelColumns);
    group.set("parallel_resistance_ohm", wafer.device.parallelResistance);
    group.set("tmr", wafer.device.tmr);
    group.set("dies", static_cast<std::int32_t>(wafer.dies.size()));
    for (std::size_t i = 0; i < wafer.dies.size(); ++i)
        saveDie(group.create("die-" + member(i), "One die"), wafer.dies[i]);
}

Wafer loadWafer(const Group& group, int fileVersion)
{
    Wafer wafer;
    wafer.name = group.text("name");
    wafer.description = group.text("origin");
    wafer.geometry = {group.get<std::int32_t>("rows"), group.get<std::int32_t>("columns"),
                      group.get<std::int32_t>("kernel_rows"), group.get<std::int32_t>("kernel_columns")};
    wafer.device = {group.get<double>("parallel_resistance_ohm"), group.get<double>("tmr")};
    const auto dies = group.get<std::int32_t>("dies");
    for (int i = 0; i < dies; ++i)
        wafer.dies.push_back(
            loadDie(group.open("die-" + member(static_cast<std::size_t>(i))), i, fileVersion));
    at(group.place(), [&] { wafer.validate(); });
    return wafer;
}

// Statistics
// ----------------------------------------------------------------------------------------------------

void save(Group group, const LognormalConductance& distribution)
{
    group.set("median_siemens", distribution.median);
    group.set("sigma", distribution.sigma);
}

LognormalConductance loadConductance(const Group& group)
{
    return {group.get<double>("median_siemens"), group.get<double>("sigma")};
}

void saveStatistics(Group group, const DefectStatistics& statistics)
{
    save(group.create("conductance_AP", "Healthy cells, antiparallel: lognormal"), statistics.level[AP]);
    save(group.create("conductance_P", "Healthy cells, parallel: lognormal"), statistics.level[P]);
    save(group.create("conductance_short", "Shorted cells: lognormal"), statistics.shortConductance);
    group.set("level_correlation", statistics.levelCorrelation);
    group.set("short_limit_siemens", statistics.shortLimit);
    group.set("open_conductance_siemens", statistics.openConductance);
    for (const Defect defect : allDefects) {
        Group rate = group.create(
            std::string(name(defect)),
            "Cells of a die with this defect: negative binomial; an infinite dispersion is Poisson");
        rate.set("rate", statistics.rate(defect).rate);
        rate.set("dispersion", statistics.rate(defect).dispersion);
    }
    group.set("shorted_rows", statistics.rows.shorts);
    group.set("open_rows", statistics.rows.opens);
    group.set("shorted_columns", statistics.columns.shorts);
    group.set("open_columns", statistics.columns.opens);
    group.set("cluster_size", statistics.clusters.size);
    group.set("cluster_radius_cells", statistics.clusters.radius);
}

DefectStatistics loadStatistics(const Group& group)
{
    DefectStatistics statistics;
    statistics.level[AP] = loadConductance(group.open("conductance_AP"));
    statistics.level[P] = loadConductance(group.open("conductance_P"));
    statistics.shortConductance = loadConductance(group.open("conductance_short"));
    statistics.levelCorrelation =
        group.has("level_correlation") ? group.get<double>("level_correlation") : 0.0;
    statistics.shortLimit = group.get<double>("short_limit_siemens");
    statistics.openConductance = group.get<double>("open_conductance_siemens");
    for (const Defect defect : allDefects) {
        const Group rate = group.open(std::string(name(defect)));
        statistics.rate(defect) = {rate.get<double>("rate"), rate.get<double>("dispersion")};
    }
    if (group.has("cluster_size")) { // files before knew neither clusters nor failed lines
        statistics.rows = {group.get<double>("shorted_rows"), group.get<double>("open_rows")};
        statistics.columns = {group.get<double>("shorted_columns"), group.get<double>("open_columns")};
        statistics.clusters = {group.get<double>("cluster_size"), group.get<double>("cluster_radius_cells")};
    }
    if (statistics != DefectStatistics()) // of a study that has not begun
        at(group.place(), [&] { statistics.validate(); });
    return statistics;
}

// Circuit
// -------------------------------------------------------------------------------------------------------

void saveCircuit(Group group, const CircuitOptions& circuit)
{
    group.create("dac", "Converter on each column");
    group.create("adc", "Converter on each row");
    saveOptions(std::move(group), circuit);
}

CircuitOptions loadCircuit(const Group& group)
{
    const CircuitOptions circuit = loadOptions(group, CircuitOptions());
    at(group.place(), [&] { circuit.validate(); });
    return circuit;
}

// Plan
// ----------------------------------------------------------------------------------------------------------

void saveShape(Group& group, const NetworkShape& shape)
{
    group.set("layers", std::vector<std::int32_t>(shape.layers.begin(), shape.layers.end()));
    group.set("activation", std::string(name(shape.hidden)));
}

NetworkShape loadShape(const Group& group)
{
    NetworkShape shape;
    shape.layers = group.list<std::int32_t>("layers");
    at(group.placeOf("layers"), [&] { shape.validate(); });
    shape.hidden =
        at(group.placeOf("activation"), [&] { return activationFromName(group.text("activation")); });
    return shape;
}

Spare loadSpare(const Group& group)
{
    return at(group.placeOf("spare_cells"), [&] { return spareFromName(group.text("spare_cells")); });
}

TrainingMode loadMode(const Group& group, const char* attribute, const std::string& text)
{
    return at(group.placeOf(attribute), [&] { return modeFromName(text); });
}

void savePlan(Group group, const StudyPlan& plan)
{
    saveShape(group, plan.network);
    group.set("image_side_pixels", plan.side);
    group.set("spare_cells", std::string(name(plan.spare)));
    std::vector<std::string> modes;
    for (const TrainingMode mode : plan.modes)
        modes.emplace_back(name(mode));
    group.set("modes", modes);
    group.set("dies", integers(plan.dies));
    group.set("repeats", plan.repeats);
    group.set("seed", plan.seed);
    saveOptions(group.create("training", "Options of standard and hardware-aware training"), plan.training);
    saveOptions(group.create("statistics_aware_training", "Options of statistics-aware training"),
                plan.statisticsAware);
    group.set("own_statistics", plan.statistics.has_value());
    if (!plan.fittedDies.empty())
        group.set("fitted_dies", integers(plan.fittedDies));
    if (plan.statistics)
        saveStatistics(group.create("statistics", "What statistics-aware training is to draw from"),
                       *plan.statistics);
    if (plan.circuit)
        saveCircuit(group.create("circuit", "What the dies are read through"), *plan.circuit);
}

StudyPlan loadPlan(const Group& group, int fileVersion)
{
    StudyPlan plan;
    plan.network = loadShape(group);
    plan.side = group.get<std::int32_t>("image_side_pixels");
    plan.spare = loadSpare(group);
    plan.modes.clear();
    for (const std::string& mode : group.texts("modes"))
        plan.modes.push_back(loadMode(group, "modes", mode));
    plan.dies = dieIds(group, "dies");
    plan.repeats = group.get<std::int32_t>("repeats");
    plan.seed = group.get<std::uint64_t>("seed");
    plan.training = loadOptions(group.open("training"), plan.training);
    plan.statisticsAware = loadOptions(group.open("statistics_aware_training"), plan.statisticsAware);
    if (fileVersion > 1 && group.get<bool>("own_statistics"))
        plan.statistics = loadStatistics(group.open("statistics"));
    if (group.has("fitted_dies"))
        plan.fittedDies = dieIds(group, "fitted_dies");
    if (group.hasMember("circuit"))
        plan.circuit = loadCircuit(group.open("circuit"));
    at(group.place(), [&] { plan.validate(); });
    return plan;
}

// Runs
// ----------------------------------------------------------------------------------------------------------

/// A row of the dataset "curve".
struct CurveRow {
    std::int32_t epoch;
    double loss, trainError, testError, seconds;
};

hdf5::Type curveType()
{
    const std::array columns{
        hdf5::Column{"epoch", offsetof(CurveRow, epoch), hdf5::typeOf<std::int32_t>(), "1"},
        hdf5::Column{"loss_nat", offsetof(CurveRow, loss), hdf5::typeOf<double>(), "nat"},
        hdf5::Column{"train_error_percent", offsetof(CurveRow, trainError), hdf5::typeOf<double>(), "%"},
        hdf5::Column{"test_error_percent", offsetof(CurveRow, testError), hdf5::typeOf<double>(), "%"},
        hdf5::Column{"seconds", offsetof(CurveRow, seconds), hdf5::typeOf<double>(), "s"}};
    return hdf5::table(columns, sizeof(CurveRow));
}

/// A row of the dataset "die_errors".
struct DieErrorRow {
    std::int32_t die;
    double percent;
};

hdf5::Type dieErrorType()
{
    const std::array columns{
        hdf5::Column{"die_id", offsetof(DieErrorRow, die), hdf5::typeOf<std::int32_t>(), "1"},
        hdf5::Column{"error_percent", offsetof(DieErrorRow, percent), hdf5::typeOf<double>(), "%"}};
    return hdf5::table(columns, sizeof(DieErrorRow));
}

using LatentRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void saveLayer(Group group, const Network::Layer& layer)
{
    const LatentRows latent = layer.latent;
    group.write("latent", shapeOf(latent.rows(), latent.cols()), latent.data(),
                {"Latent weights, outputs x inputs; the binary weight is +1 where >= 0, else -1", "1"});
    const hdf5::Shape outputs{static_cast<hsize_t>(latent.rows())};
    group.write("gain", outputs, layer.gain.data(), {"Digital gain of each output", "1"});
    group.write("bias", outputs, layer.bias.data(), {"Digital bias of each output", "1"});
}

Network::Layer loadLayer(const Group& group, int outputs, int inputs)
{
    const auto latent = group.read<float>("latent", shapeOf(outputs, inputs));
    const hdf5::Shape shape{static_cast<hsize_t>(outputs)};
    const auto gain = group.read<float>("gain", shape), bias = group.read<float>("bias", shape);
    return {Eigen::Map<const LatentRows>(latent.data(), outputs, inputs),
            Eigen::Map<const Eigen::VectorXf>(gain.data(), outputs),
            Eigen::Map<const Eigen::VectorXf>(bias.data(), outputs)};
}

void saveNetwork(Group& group, const Network& network, const RunSettings& settings)
{
    if (network.shape != settings.network)
        throw Error(group.place(), "", "a network of another shape", "that of the run's settings");
    for (std::size_t i = 0; i < network.layers.size(); ++i)
        saveLayer(group.create("layer-" + member(i), "One layer of weights"), network.layers[i]);
}

Network loadNetwork(const Group& group, const NetworkShape& shape)
{
    Network network{shape, {}};
    for (std::size_t i = 0; i + 1 < shape.layers.size(); ++i)
        network.layers.push_back(
            loadLayer(group.open("layer-" + member(i)), shape.layers[i + 1], shape.layers[i]));
    return network;
}

void saveSettings(Group& group, const RunSettings& settings)
{
    group.set("mode", std::string(name(settings.mode)));
    group.set("die", settings.die);
    if (!settings.furtherDies.empty())
        group.set("further_dies", integers(settings.furtherDies));
    group.set("repeat", settings.repeat);
    saveShape(group, settings.network);
    group.set("image_side_pixels", settings.side);
    group.set("spare_cells", std::string(name(settings.spare)));
    group.set("seed", settings.seed);
    group.set("random_stream",
              std::uint64_t{settings.stream()}); // follows from the above; for other programs
    saveOptions(group.create("training", "Options of this run"), settings.training);
    if (settings.circuit)
        saveCircuit(group.create("circuit", "What the dies were read through"), *settings.circuit);
}

RunSettings loadSettings(const Group& group)
{
    RunSettings settings;
    settings.mode = loadMode(group, "mode", group.text("mode"));
    settings.die = bounded(group, "die", -1, Die::maximumId);
    if (group.has("further_dies"))
        settings.furtherDies = group.list<std::int32_t>("further_dies");
    settings.repeat = group.get<std::int32_t>("repeat");
    settings.network = loadShape(group);
    settings.side = group.get<std::int32_t>("image_side_pixels");
    settings.spare = loadSpare(group);
    settings.seed = group.get<std::uint64_t>("seed");
    settings.training = loadOptions(group.open("training"), settings.mode == TrainingMode::StatisticsAware
                                                                ? TrainingOptions::statisticsAware()
                                                                : TrainingOptions());
    if (group.hasMember("circuit"))
        settings.circuit = loadCircuit(group.open("circuit"));
    at(group.place(), [&] { settings.validate(); });
    return settings;
}

void saveCurve(Group& group, const std::vector<EpochRecord>& curve)
{
    std::vector<CurveRow> rows;
    for (const EpochRecord& record : curve)
        rows.push_back({record.summary.epoch, record.summary.loss, record.summary.trainError,
                        record.testError, record.summary.seconds});
    group.set("epochs", static_cast<std::int32_t>(rows.size()));
    group.write("curve", {rows.size()}, rows.data(),
                {"One row for each finished epoch", "as each column says"}, curveType());
}

std::vector<EpochRecord> loadCurve(const Group& group, const RunSettings& settings)
{
    const auto epochs = static_cast<hsize_t>(bounded(group, "epochs", 0, settings.training.epochs));
    std::vector<EpochRecord> curve;
    for (const CurveRow& row : group.read<CurveRow>("curve", {epochs}, curveType())) {
        const int epoch = static_cast<int>(curve.size()) + 1;
        if (row.epoch != epoch)
            throw Error(group.placeOf("curve"), "row " + std::to_string(epoch),
                        "epoch " + std::to_string(row.epoch), std::to_string(epoch));
        // A loss that is no number any more is one of a network that diverged.
        curve.push_back({{epoch, row.loss, percent(group, "curve", row.trainError), row.seconds},
                         percent(group, "curve", row.testError)});
    }
    return curve;
}

void saveRun(Group group, const Run& run)
{
    saveSettings(group, run.settings);
    saveCurve(group, run.curve);
    saveNetwork(group, run.network, run.settings);
    group.set("perfect_die_error_percent", run.perfectDieError);
    std::vector<DieErrorRow> errors;
    for (const auto& [die, percent] : run.dieErrors)
        errors.push_back({die, percent});
    group.set("dies", static_cast<std::int32_t>(errors.size()));
    group.write("die_errors", {errors.size()}, errors.data(),
                {"Test images misclassified on each die that it was evaluated on", "as each column says"},
                dieErrorType());
    group.set("train_seconds", run.trainSeconds);
    group.set("evaluate_seconds", run.evaluateSeconds);
}

std::map<int, double> loadDieErrors(const Group& group, int fileVersion)
{
    constexpr int mostDies = 1 << 20;
    const auto dies = static_cast<hsize_t>(bounded(group, "dies", 0, mostDies));
    std::map<int, double> errors;
    if (fileVersion == 1) { // one number per die of the wafer, NaN where not evaluated
        int die = 0;
        for (const double error : group.read<double>("die_errors", {dies})) {
            if (!std::isnan(error))
                errors[die] = percent(group, "die_errors", error);
            ++die;
        }
    } else {
        for (const DieErrorRow& row : group.read<DieErrorRow>("die_errors", {dies}, dieErrorType()))
            errors[dieId(group, "die_errors", row.die)] = percent(group, "die_errors", row.percent);
    }
    return errors;
}

Run loadRun(const Group& group, int fileVersion)
{
    const RunSettings settings = loadSettings(group);
    return {.settings = settings,
            .curve = loadCurve(group, settings),
            .network = loadNetwork(group, settings.network),
            .perfectDieError = percent(group, "perfect_die_error_percent"),
            .dieErrors = loadDieErrors(group, fileVersion),
            .trainSeconds = finite(group, "train_seconds", 0.0),
            .evaluateSeconds = finite(group, "evaluate_seconds", 0.0)};
}

/// Moments have the form of the layers that they belong to.
Network::Layer asLayer(const DenseLayer<float>& moment)
{
    return {moment.weights, moment.gain, moment.bias};
}

DenseLayer<float> asMoment(const Network::Layer& layer)
{
    return {layer.latent, layer.gain, layer.bias};
}

void saveCheckpoint(Group group, const RunCheckpoint& checkpoint)
{
    saveSettings(group, checkpoint.settings);
    saveCurve(group, checkpoint.curve);
    const TrainerState& trainer = checkpoint.trainer;
    saveNetwork(group, trainer.network, checkpoint.settings);
    Network first{trainer.network.shape, {}}, second = first;
    for (const TrainerState::Moments& moments : trainer.moments) {
        first.layers.push_back(asLayer(moments.first));
        second.layers.push_back(asLayer(moments.second));
    }
    Group firstGroup = group.create("first_moment", "Adam's mean of the gradient");
    saveNetwork(firstGroup, first, checkpoint.settings);
    Group secondGroup = group.create("second_moment", "Adam's mean of the squared gradient");
    saveNetwork(secondGroup, second, checkpoint.settings);
    group.set("adam_steps", trainer.steps);
    group.set("die_draws", static_cast<std::uint64_t>(trainer.dieDraws));
    group.set("train_seconds", checkpoint.trainSeconds);
}

RunCheckpoint loadCheckpoint(const Group& group)
{
    RunCheckpoint checkpoint;
    checkpoint.settings = loadSettings(group);
    checkpoint.curve = loadCurve(group, checkpoint.settings);
    const NetworkShape& shape = checkpoint.settings.network;
    TrainerState& trainer = checkpoint.trainer;
    trainer.network = loadNetwork(group, shape);
    const Network first = loadNetwork(group.open("first_moment"), shape);
    const Network second = loadNetwork(group.open("second_moment"), shape);
    for (std::size_t i = 0; i < first.layers.size(); ++i)
        trainer.moments.push_back({asMoment(first.layers[i]), asMoment(second.layers[i])});
    trainer.epoch = static_cast<int>(checkpoint.curve.size());
    trainer.steps = bounded(group, "adam_steps", 0, std::numeric_limits<int>::max());
    if (trainer.epoch == 0 || trainer.steps == 0 || trainer.steps % trainer.epoch != 0)
        throw Error(group.placeOf("adam_steps"), "", std::to_string(trainer.steps),
                    "as many in each of the " + std::to_string(trainer.epoch) + " epochs");
    trainer.dieDraws = word(group, "die_draws");
    checkpoint.trainSeconds = finite(group, "train_seconds", 0.0);
    return checkpoint;
}

void saveChecksums(Group& group, const std::optional<ImageChecksums>& images)
{
    if (!images)
        return;
    group.set("train_images_crc32", std::uint64_t{images->train});
    group.set("test_images_crc32", std::uint64_t{images->test});
}

std::optional<ImageChecksums> loadChecksums(const Group& group)
{
    if (!group.has("train_images_crc32")) // files before did not keep them
        return {};
    return ImageChecksums{word(group, "train_images_crc32"), word(group, "test_images_crc32")};
}

void saveRuns(Group group, const StudyResult& result)
{
    group.set("complete", result.complete);
    saveChecksums(group, result.images);
    group.set("train_seconds", result.trainSeconds);
    group.set("evaluate_seconds", result.evaluateSeconds);
    group.set("runs", static_cast<std::int32_t>(result.runs.size()));
    for (std::size_t i = 0; i < result.runs.size(); ++i)
        saveRun(group.create("run-" + member(i), "One trained network and its errors"), result.runs[i]);
    if (result.begun.empty())
        return;
    group.set("begun", static_cast<std::int32_t>(result.begun.size()));
    for (std::size_t i = 0; i < result.begun.size(); ++i)
        saveCheckpoint(group.create("begun-" + member(i), "One training run at the end of its last epoch"),
                       result.begun[i]);
}

void loadRuns(const Group& group, int fileVersion, StudyResult& result)
{
    result.complete = group.get<bool>("complete");
    result.images = loadChecksums(group);
    result.trainSeconds = finite(group, "train_seconds", 0.0);
    result.evaluateSeconds = finite(group, "evaluate_seconds", 0.0);
    const auto runs = group.get<std::int32_t>("runs");
    for (int i = 0; i < runs; ++i)
        result.runs.push_back(loadRun(group.open("run-" + member(static_cast<std::size_t>(i))), fileVersion));
    const auto begun = group.has("begun") ? group.get<std::int32_t>("begun") : 0;
    for (int i = 0; i < begun; ++i)
        result.begun.push_back(loadCheckpoint(group.open("begun-" + member(static_cast<std::size_t>(i)))));
}

// Studies
// ------------------------------------------------------------------------------------------------------

void saveStudy(Group group, const Study& study)
{
    group.set("name", study.name);
    savePlan(group.create("plan", "What was asked for"), study.plan);
    saveStatistics(group.create("statistics", "What statistics-aware training drew from"),
                   study.result.statistics);
    saveRuns(group.create("runs", "The finished training runs, in the plan's order"), study.result);
}

Study loadStudy(const Group& group, int fileVersion)
{
    Study study;
    study.name = group.text("name");
    study.plan = loadPlan(group.open("plan"), fileVersion);
    study.result.statistics = loadStatistics(group.open("statistics"));
    loadRuns(group.open("runs"), fileVersion, study.result);
    return study;
}

/// Up to version 1 a project had one plan and one result.
std::vector<Study> loadOnlyStudy(const Group& root, const StudyPlan& plan)
{
    Study study{"Study 1", plan, {}};
    study.result.statistics = loadStatistics(root.open("statistics"));
    loadRuns(root.open("runs"), 1, study.result);
    if (study.result.runs.empty())
        return {};
    return {std::move(study)};
}

// Results of circuits
// -----------------------------------------------------------------------------------------

/// Name and unit of a column of real numbers.
using RealColumn = std::pair<const char*, const char*>;

/// The table whose rows are structs of doubles alone, in this order.
template <class Row, std::size_t count>
hdf5::Type realTable(const RealColumn (&named)[count])
{
    static_assert(std::is_standard_layout_v<Row> && sizeof(Row) == count * sizeof(double));
    std::vector<hdf5::Column> columns;
    for (const auto& [name, unit] : named)
        columns.push_back({name, columns.size() * sizeof(double), hdf5::typeOf<double>(), unit});
    return hdf5::table(columns, sizeof(Row));
}

hdf5::Type readType()
{
    return realTable<ReadNumbers>({{"error_percent", "%"},
                                   {"ideal_error_percent", "%"},
                                   {"energy_joule", "J"},
                                   {"power_watt", "W"},
                                   {"worst_row_loss", "1"},
                                   {"worst_column_loss", "1"}});
}

/// A row of the dataset "steps".
struct StepRow {
    double error, spread, cost, costAlone;
};

hdf5::Type stepType()
{
    return realTable<StepRow>(
        {{"error_percent", "%"}, {"spread_percent", "%"}, {"cost_points", "%"}, {"cost_alone_points", "%"}});
}

/// A row of the dataset "points".
struct PointRow {
    std::int32_t count;
    double mean, spread;
};

hdf5::Type pointType()
{
    const std::array columns{
        hdf5::Column{"count", offsetof(PointRow, count), hdf5::typeOf<std::int32_t>(), "1"},
        hdf5::Column{"mean_error_percent", offsetof(PointRow, mean), hdf5::typeOf<double>(), "%"},
        hdf5::Column{"spread_percent", offsetof(PointRow, spread), hdf5::typeOf<double>(), "%"}};
    return hdf5::table(columns, sizeof(PointRow));
}

void saveReading(Group& group, const CircuitReading& reading)
{
    group.set("networks", reading.networks);
    group.set("dies", integers(reading.dies));
    group.set("other_dies", reading.otherDies);
    group.set("reads", reading.reads);
    group.set("images", reading.images);
    group.set("seed", reading.seed);
    group.set("current", reading.current);
    saveCircuit(group.create("circuit", "What the dies were read with"), reading.circuit);
}

constexpr int mostReads = 1 << 24;

CircuitReading loadReading(const Group& group)
{
    return {.networks = group.text("networks"),
            .dies = dieIds(group, "dies"),
            .otherDies = group.get<bool>("other_dies"),
            .reads = bounded(group, "reads", 0, mostReads),
            .images = bounded(group, "images", 0, std::numeric_limits<int>::max()),
            .seed = group.get<std::uint64_t>("seed"),
            .circuit = loadCircuit(group.open("circuit")),
            .current = group.get<bool>("current")};
}

void saveWaterfall(Group group, const CircuitResults::Waterfall& result)
{
    saveReading(group, result.reading);
    if (result.reads.size() != static_cast<std::size_t>(result.reading.reads))
        throw Error(group.place(), "", std::to_string(result.reads.size()) + " reads",
                    std::to_string(result.reading.reads));
    group.write("read_numbers", {result.reads.size()}, result.reads.data(),
                {"Each network on each die, behind the whole circuit", "as each column says"}, readType());
    group.set("ideal_error_percent", result.waterfall.ideal);
    group.set("ideal_spread_percent", result.waterfall.idealSpread);
    group.set("pairings", result.waterfall.pairings);
    std::vector<std::string> effects;
    std::vector<StepRow> rows;
    for (const Waterfall::Step& step : result.waterfall.steps) {
        effects.emplace_back(name(step.effect));
        rows.push_back({step.error, step.spread, step.cost, step.costAlone});
    }
    group.set("effects", effects);
    group.write("steps", {rows.size()}, rows.data(),
                {"One row for each of the effects, added to those before it", "as each column says"},
                stepType());
}

CircuitResults::Waterfall loadWaterfall(const Group& group)
{
    CircuitResults::Waterfall result;
    result.reading = loadReading(group);
    result.reads =
        group.read<ReadNumbers>("read_numbers", {static_cast<hsize_t>(result.reading.reads)}, readType());
    for (const ReadNumbers& read : result.reads) {
        percent(group, "read_numbers", read.error);
        percent(group, "read_numbers", read.idealError);
    }
    result.waterfall.ideal = percent(group, "ideal_error_percent");
    result.waterfall.idealSpread = group.get<double>("ideal_spread_percent");
    result.waterfall.pairings = bounded(group, "pairings", 0, mostReads);
    const std::vector<std::string> effects = group.texts("effects");
    const auto rows = group.read<StepRow>("steps", {effects.size()}, stepType());
    for (std::size_t k = 0; k < rows.size(); ++k) {
        const auto effect = std::ranges::find(allEffects, effects[k], [](Effect one) { return name(one); });
        if (effect == allEffects.end())
            throw Error(group.placeOf("effects"), "", effects[k], "an effect of a circuit");
        result.waterfall.steps.push_back({*effect, percent(group, "steps", rows[k].error), rows[k].spread,
                                          rows[k].cost, rows[k].costAlone});
    }
    return result;
}

/// What a title says in brackets.
std::string unitOf(const SweepParameter& parameter)
{
    const std::string& words = parameter.title();
    const auto open = words.rfind('('), close = words.rfind(')');
    return open == std::string::npos || close < open ? "1" : words.substr(open + 1, close - open - 1);
}

std::string valuesMember(std::size_t axis)
{
    return axis == 0 ? "first_values" : "second_values";
}

void saveSweep(Group group, const CircuitResults::Sweep& result)
{
    saveReading(group, result.reading);
    std::vector<std::string> parameters;
    std::vector<std::int32_t> steps;
    for (std::size_t k = 0; k < result.plan.axes.size(); ++k) {
        const SweepAxis& axis = result.plan.axes[k];
        parameters.push_back(axis.parameter.name());
        steps.push_back(static_cast<std::int32_t>(axis.values.size()));
        const std::string unit = unitOf(axis.parameter);
        group.write(valuesMember(k).c_str(), {axis.values.size()}, axis.values.data(),
                    {axis.parameter.title().c_str(), unit.c_str()});
    }
    group.set("parameters", parameters);
    group.set("steps", steps);
    group.set("repeats", result.plan.repeats);
    std::vector<PointRow> rows;
    for (const SweepPoint& point : result.points)
        rows.push_back({point.count, point.mean, point.spread});
    group.write("points", {rows.size()}, rows.data(),
                {"One row for each first value and, within it, each second one", "as each column says"},
                pointType());
}

SweepPlan loadSweepPlan(const Group& group, const CircuitOptions& circuit)
{
    const std::vector<std::string> parameters = group.texts("parameters");
    const auto steps = group.list<std::int32_t>("steps");
    if (parameters.empty() || parameters.size() > 2 || parameters.size() != steps.size())
        throw Error(group.placeOf("parameters"), "", std::to_string(parameters.size()), "1 or 2, as steps");
    SweepPlan plan{.axes = {}, .circuit = circuit, .repeats = group.get<std::int32_t>("repeats")};
    constexpr int mostSteps = 1000;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        if (steps[k] < 1 || steps[k] > mostSteps)
            throw Error(group.placeOf("steps"), "", std::to_string(steps[k]), "1 to 1000");
        plan.axes.push_back({at(group.placeOf("parameters"), [&] { return SweepParameter(parameters[k]); }),
                             group.read<double>(valuesMember(k).c_str(), {static_cast<hsize_t>(steps[k])})});
    }
    at(group.place(), [&] { plan.validate(); });
    return plan;
}

CircuitResults::Sweep loadSweep(const Group& group)
{
    CircuitResults::Sweep result;
    result.reading = loadReading(group);
    result.plan = loadSweepPlan(group, result.reading.circuit);
    for (const double first : result.plan.axes.front().values) {
        if (result.plan.axes.size() == 1)
            result.points.push_back({.values = {first}});
        else
            for (const double second : result.plan.axes.back().values)
                result.points.push_back({.values = {first, second}});
    }
    const auto rows = group.read<PointRow>("points", {result.points.size()}, pointType());
    for (std::size_t k = 0; k < rows.size(); ++k) {
        if (rows[k].count < 1)
            throw Error(group.placeOf("points"), "", "a mean of " + std::to_string(rows[k].count) + " errors",
                        "1 or more");
        result.points[k].count = rows[k].count;
        result.points[k].mean = percent(group, "points", rows[k].mean);
        result.points[k].spread = rows[k].spread;
    }
    return result;
}

void saveCircuitResults(Group group, const CircuitResults& results)
{
    if (results.waterfall)
        saveWaterfall(group.create("waterfall", "What each effect of the circuit costs"), *results.waterfall);
    if (results.sweep)
        saveSweep(group.create("sweep", "Errors against parameters of the circuit or of the dies"),
                  *results.sweep);
}

CircuitResults loadCircuitResults(const Group& group)
{
    CircuitResults results;
    if (group.hasMember("waterfall"))
        results.waterfall = loadWaterfall(group.open("waterfall"));
    if (group.hasMember("sweep"))
        results.sweep = loadSweep(group.open("sweep"));
    return results;
}

// Views and figures
// --------------------------------------------------------------------------------------------

void saveDieView(Group group, const ViewState::Die& view)
{
    group.set("die", view.die);
    group.set("overlay", view.overlay);
    group.set("network", view.network);
    group.set("colours", view.colours);
    group.set("range", std::string(view.rangeByHand ? "by-hand" : "percentiles"));
    group.set("range_low", view.rangeLow);
    group.set("range_high", view.rangeHigh);
    group.set("range_log", view.rangeLog);
    group.set("seen_row", view.seen.row);
    group.set("seen_column", view.seen.column);
    group.set("seen_rows", view.seen.rows);
    group.set("seen_columns", view.seen.columns);
}

ViewState::Die loadDieView(const Group& group)
{
    const double anywhere = std::numeric_limits<double>::lowest();
    return {.die = group.get<std::int32_t>("die"),
            .overlay = group.text("overlay"),
            .network = group.text("network"),
            .colours = group.text("colours"),
            .rangeByHand = group.text("range") == "by-hand",
            .rangeLow = finite(group, "range_low", anywhere),
            .rangeHigh = finite(group, "range_high", anywhere),
            .rangeLog = group.get<bool>("range_log"),
            .seen = {finite(group, "seen_row", anywhere), finite(group, "seen_column", anywhere),
                     finite(group, "seen_rows", 0.0), finite(group, "seen_columns", 0.0)}};
}

constexpr std::array sweepAxes{"first_parameter", "second_parameter"};

void saveCircuitView(Group group, const ViewState::Circuit& view)
{
    group.set("networks", view.networks);
    group.set("dies", view.dies);
    group.set("other_dies", view.otherDies);
    group.set("images", view.images);
    group.set("repeats", view.repeats);
    for (std::size_t k = 0; k < view.axes.size(); ++k) {
        const ViewState::Circuit::Axis& axis = view.axes[k];
        Group saved = group.create(sweepAxes[k], "What the sweep varies; from, to: as typed");
        saved.set("parameter", axis.parameter);
        saved.set("from", axis.from);
        saved.set("to", axis.to);
        saved.set("steps", axis.steps);
        saved.set("log", axis.log);
    }
}

ViewState::Circuit loadCircuitView(const Group& group)
{
    ViewState::Circuit view{.networks = group.text("networks"),
                            .dies = group.text("dies"),
                            .otherDies = group.get<bool>("other_dies"),
                            .images = group.get<std::int32_t>("images"),
                            .repeats = group.get<std::int32_t>("repeats"),
                            .axes = {}};
    for (std::size_t k = 0; k < view.axes.size(); ++k) {
        const Group axis = group.open(sweepAxes[k]);
        view.axes[k] = {.parameter = axis.text("parameter"),
                        .from = axis.text("from"),
                        .to = axis.text("to"),
                        .steps = axis.get<std::int32_t>("steps"),
                        .log = axis.get<bool>("log")};
    }
    return view;
}

void saveView(Group group, const ViewState& view)
{
    group.set("page", view.page);
    group.set("study", view.study);
    Group wafer = group.create("wafer", "The Wafer page");
    wafer.set("colour_by", view.wafer.colourBy);
    wafer.set("network", view.wafer.network);
    wafer.set("overlay", view.wafer.overlay);
    saveDieView(group.create("die", "The Die page; seen: the part of the die in sight, cells; 0 x 0: all"),
                view.die);
    Group compare = group.create("compare", "The Compare page");
    compare.set("hidden_modes", view.compare.hiddenModes);
    compare.set("networks", view.compare.networks);
    compare.set("order", view.compare.order);
    compare.set("chart", view.compare.chart);
    compare.set("selected_dies", integers(view.compare.selected));
    group.create("statistics", "The Statistics page").set("counted_defect", view.countedDefect);
    if (view.circuit)
        saveCircuitView(group.create("circuit", "The Circuit page: what is read, what a sweep varies"),
                        *view.circuit);
}

ViewState loadView(const Group& group)
{
    ViewState view;
    view.page = group.text("page");
    view.study = group.get<std::int32_t>("study");
    const Group wafer = group.open("wafer");
    view.wafer = {wafer.text("colour_by"), wafer.text("network"), wafer.text("overlay")};
    view.die = loadDieView(group.open("die"));
    const Group compare = group.open("compare");
    view.compare = {.hiddenModes = compare.texts("hidden_modes"),
                    .networks = compare.texts("networks"),
                    .order = compare.text("order"),
                    .chart = compare.text("chart"),
                    .selected = compare.list<std::int32_t>("selected_dies")};
    if (group.hasMember("statistics")) // absent in older files, as the next
        view.countedDefect = group.open("statistics").text("counted_defect");
    if (group.hasMember("circuit"))
        view.circuit = loadCircuitView(group.open("circuit"));
    return view;
}

void saveFigures(Group group, const FigureSettings& figures)
{
    forEachField(figures.style, [&](const char* name, const auto& value) { group.set(name, value); });
    std::vector<std::string> formats;
    for (const FigureFormat format : figures.formats)
        formats.emplace_back(name(format));
    group.set("formats", formats);
}

FigureSettings loadFigures(const Group& group)
{
    FigureSettings figures;
    forEachField(figures.style, [&](const char* name, auto& value) {
        value = group.get<std::remove_reference_t<decltype(value)>>(name);
    });
    at(group.place(), [&] { figures.style.validate(); });
    figures.formats.clear();
    for (const std::string& format : group.texts("formats"))
        figures.formats.push_back(at(group.placeOf("formats"), [&] { return formatFromName(format); }));
    return figures;
}

// The whole
// -----------------------------------------------------------------------------------------------------

void setFormat(Group& root, const char* format, bool hasCircuits)
{
    root.set("format", std::string(format));
    root.set("version", hasCircuits ? formatVersion : versionWithoutCircuits);
    root.set("writer", std::string("Faultline ") + version());
    root.set("created", timestamp());
}

void save(Group root, const Project& project, const std::string& journal)
{
    const bool hasCircuits =
        project.plan.circuit || std::ranges::any_of(project.studies, [](const Study& study) {
            return study.plan.circuit.has_value();
        });
    setFormat(root, formatName, hasCircuits);
    if (!journal.empty())
        root.set("journal", journal);
    root.set("name", project.name);
    root.set("dataset", project.dataset);
    saveChecksums(root, project.images);
    saveWafer(root.create("wafer", "Dies that were made together"), project.wafer);
    savePlan(root.create("plan", "What to train next and on which dies"), project.plan);
    saveCircuit(root.create("circuit", "What the dies are read with"), project.circuit);
    Group studies = root.create("studies", "Plans and what has become of them");
    studies.set("studies", static_cast<std::int32_t>(project.studies.size()));
    for (std::size_t i = 0; i < project.studies.size(); ++i)
        saveStudy(studies.create("study-" + member(i), "One study"), project.studies[i]);
    saveCircuitResults(root.create("circuit_results", "What reading through the circuit has given"),
                       project.circuitResults);
    if (project.view)
        saveView(root.create("view", "What the window's pages show"), *project.view);
    if (project.figures)
        saveFigures(root.create("figures", "How figures go to paper"), *project.figures);
}

/// The version of a file in this format; throws Error when this program cannot read it.
int checkFormat(const Group& root, const std::string& expected)
{
    std::string format = "none";
    try {
        format = root.text("format");
    } catch (const Error&) {
        // Another program's file: it is refused below.
    }
    if (format != expected)
        throw Error("not a Faultline project: found format \"" + format + "\", expected \"" + expected +
                    "\"");
    const auto found = root.get<std::int32_t>("version");
    if (found > formatVersion)
        throw Error("found project version " + std::to_string(found) + ", written by " + root.text("writer") +
                    "; this is Faultline " + version() + ", which reads versions up to " +
                    std::to_string(formatVersion));
    if (found < 1)
        throw Error("version", "", std::to_string(found), "1 to " + std::to_string(formatVersion));
    return found;
}

Project load(const Group& root)
{
    const int fileVersion = checkFormat(root, formatName);
    Project project;
    project.name = root.text("name");
    project.dataset = root.text("dataset");
    project.images = loadChecksums(root);
    project.wafer = loadWafer(root.open("wafer"), fileVersion);
    project.plan = loadPlan(root.open("plan"), fileVersion);
    if (root.hasMember("circuit")) // files before knew only ideal ones
        project.circuit = loadCircuit(root.open("circuit"));
    if (root.hasMember("circuit_results"))
        project.circuitResults = loadCircuitResults(root.open("circuit_results"));
    if (root.hasMember("view"))
        project.view = loadView(root.open("view"));
    if (root.hasMember("figures"))
        project.figures = loadFigures(root.open("figures"));
    if (fileVersion == 1) {
        project.studies = loadOnlyStudy(root, project.plan);
        return project;
    }
    const Group studies = root.open("studies");
    const auto count = studies.get<std::int32_t>("studies");
    for (int i = 0; i < count; ++i)
        project.studies.push_back(
            loadStudy(studies.open("study-" + member(static_cast<std::size_t>(i))), fileVersion));
    return project;
}

} // namespace

void saveProject(const Project& project, const std::filesystem::path& file, const std::string& journal)
{
    const std::string bytes = at(file.string(), [&] {
        return hdf5::build([&](Group root) { save(std::move(root), project, journal); });
    });
    writeFileAtomically(file, bytes, [&](const std::filesystem::path& temporary) {
        at(file.string() + ": the new file does not read back",
           [&] { load(hdf5::Image(readWholeFile(temporary)).root()); });
    });
}

Project loadProject(const std::filesystem::path& file)
{
    const std::string bytes = readWholeFile(file);
    return at(file.string(), [&] { return hdf5::readForeign(bytes, load); });
}

std::string journalIn(const std::filesystem::path& file)
{
    const std::string bytes = readWholeFile(file);
    return at(file.string(), [&] {
        return hdf5::readForeign(bytes, [](const Group& root) {
            return root.has("journal") ? root.text("journal") : std::string();
        });
    });
}

void saveStudyPart(const Study& part, const std::filesystem::path& file)
{
    writeFileAtomically(file, at(file.string(), [&] {
                            return hdf5::build([&](Group root) {
                                setFormat(root, partFormatName, part.plan.circuit.has_value());
                                saveStudy(root.create("study", "Runs of one study"), part);
                            });
                        }));
}

Study loadStudyPart(const std::filesystem::path& file)
{
    const std::string bytes = readWholeFile(file);
    return at(file.string(), [&] {
        return hdf5::readForeign(bytes, [](const Group& root) {
            const int fileVersion = checkFormat(root, partFormatName);
            return loadStudy(root.open("study"), fileVersion);
        });
    });
}

} // namespace faultline
