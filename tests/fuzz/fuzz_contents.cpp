#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <optional>

#include <hdf5.h>
#include <zlib.h>

#include "common/files.h"
#include "figures/network_figures.h"
#include "fuzz.h"
#include "project/project_file.h"
#include "study/evaluation.h"
#include "study/report.h"
#include "support/temporary_folder.h"

// HDF5's checksums keep a fuzzer of bytes away from the numbers. This one changes the values of a whole
// project through HDF5 itself, loads it, and does with it what the window does. An input is a list of
// changes, each
//   u32  the place: the CRC-32 of its name ("plan/repeats"), or what is next above
//   u8   what is done there: 0, a value; 1, another length of a list; 2, another shape of a run's network
//   u8   the value, one of the tables below; from 128 on it follows, in 8 bytes
//   u16  which value of a list, a grid or a table; of a list's length and a network's neurons, how many
// with the low byte first (contents.py writes such).

namespace faultline
{
namespace
{

constexpr std::array<std::int64_t, 20> integers{0,
                                                1,
                                                -1,
                                                2,
                                                3,
                                                4,
                                                9,
                                                10,
                                                12,
                                                16,
                                                25,
                                                64,
                                                65,
                                                255,
                                                256,
                                                1000,
                                                65535,
                                                65536,
                                                std::numeric_limits<std::int32_t>::max(),
                                                std::numeric_limits<std::int32_t>::min()};
constexpr std::array reals{0.0,
                           -0.0,
                           1.0,
                           -1.0,
                           0.5,
                           100.0,
                           100.5,
                           4096.0,
                           1e-300,
                           1e-45,
                           1e17,
                           1e38,
                           1e300,
                           -1e300,
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()};

/// The rest of an input, value by value; zeros after its end.
class Input
{
public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    bool empty() const { return bytes_.empty(); }

    template <class T>
    T next()
    {
        T value{};
        const std::size_t count = std::min(sizeof value, bytes_.size());
        std::memcpy(&value, bytes_.data(), count);
        bytes_ = bytes_.subspan(count);
        return value;
    }

private:
    std::span<const std::uint8_t> bytes_;
};

/// An integer and a real number, for whichever the place holds.
struct Value {
    std::int64_t integer;
    double real;
};

Value nextValue(Input& input)
{
    constexpr std::uint8_t raw = 128;
    const auto kind = input.next<std::uint8_t>();
    if (kind < raw)
        return {integers[kind % integers.size()], reals[kind % reals.size()]};
    const auto bits = input.next<std::int64_t>();
    return {bits, std::bit_cast<double>(bits)};
}

/// Two dies, one of them behind defects; a study on single dies behind a circuit and one on pairs of dies.
Project smallProject()
{
    Project project;
    DefectStatistics statistics;
    for (const Level level : {AP, P})
        statistics.level[level] = {project.wafer.device.conductance(level), 0.05};
    statistics.shorts = {0.02, 4.0};
    statistics.opens = {0.02, 4.0};
    statistics.shortConductance = {8e-4, 0.2};
    statistics.clusters = {2.0, 1.5};
    project.wafer.geometry = {24, 12, 24, 12};
    for (const char* name : {"D01", "D02"}) {
        Die die = drawDie(
            statistics, project.wafer.geometry,
            RandomStream(1, RandomUse::WaferDraw, static_cast<std::uint32_t>(project.wafer.dies.size())));
        die.name = name;
        die.acquisition.missing = {3, 30};
        project.wafer.add(std::move(die));
    }
    project.circuit.wires = {1.0, 1.0, 10.0, 10.0};
    project.circuit.adc.bits = 6;
    project.circuit.dac.bits = 6;
    project.circuit.relativeNoise = 0.01;

    StudyPlan& plan = project.plan;
    plan.network = {{4, 3, 10}, Activation::Tanh};
    plan.side = 2;
    plan.repeats = 1;
    plan.training = plan.statisticsAware = {.epochs = 2, .batch = 4, .draws = 2, .perfectDraws = 1};
    plan.statistics = statistics;
    const auto addStudy = [&](const char* name) {
        Study study{name, project.plan.pinned(project.wafer), {}};
        study.result.statistics = statistics;
        for (const RunSettings& settings : runsOf(study.plan, project.wafer)) {
            Network network =
                initialNetwork(settings.network, RandomStream(1, RandomUse::Initialise, settings.stream()));
            const EpochRecord epoch{{1, 2.0, 80.0, 0.1}, 85.0};
            if (settings.mode == TrainingMode::StatisticsAware) {
                RunCheckpoint checkpoint{settings, {epoch}, {std::move(network), {}, 1, 2, 4}, 1.0};
                for (const Network::Layer& layer : checkpoint.trainer.network.layers)
                    checkpoint.trainer.moments.push_back({{layer.latent, layer.gain, layer.bias},
                                                          {layer.latent.cwiseAbs(), layer.gain, layer.bias}});
                study.result.begun.push_back(std::move(checkpoint));
            } else {
                study.result.runs.push_back({settings,
                                             {epoch},
                                             std::move(network),
                                             50.0,
                                             {{settings.die < 0 ? 0 : settings.die, 60.0}}});
            }
        }
        project.studies.push_back(std::move(study));
    };
    plan.circuit = project.circuit;
    addStudy("Study 1");
    plan.circuit.reset();
    plan.network.layers = {16, 8, 10};
    plan.side = 4;
    addStudy("Study 2");

    const CircuitReading reading{
        .networks = "all", .dies = {0, 1}, .reads = 1, .images = 10, .circuit = project.circuit};
    project.circuitResults.waterfall = CircuitResults::Waterfall{
        reading, {{50.0, 40.0, 1e-9, 1e-3, 0.1, 0.1}}, {40.0, 1.0, 1, {{Effect::Die, 45.0, 1.0, 5.0, 5.0}}}};
    project.circuitResults.sweep =
        CircuitResults::Sweep{reading,
                              {{{SweepParameter("sense-ohm"), {1.0, 2.0}}}, project.circuit, 1},
                              {{{1.0}, 2, 50.0, 1.0}, {{2.0}, 2, 51.0, 1.0}}};
    project.view = ViewState();
    project.view->circuit = ViewState::Circuit();
    project.figures = FigureSettings();
    return project;
}

/// An attribute, or without its name a dataset.
struct Place {
    std::string object, attribute;
};

void add(std::map<std::uint32_t, Place>& places, Place place)
{
    const std::string name = place.object + (place.attribute.empty() ? "" : "/") + place.attribute;
    places[static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(name.data()),
                                            static_cast<uInt>(name.size())))] = std::move(place);
}

herr_t addObject(hid_t file, const char* name, const H5O_info_t* info, void* found)
{
    struct Found {
        std::map<std::uint32_t, Place>& places;
        std::string object;
    } of{*static_cast<std::map<std::uint32_t, Place>*>(found), name};
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    const auto addAttribute = [](hid_t, const char* attribute, const H5A_info_t*, void* to) -> herr_t {
        const auto* group = static_cast<Found*>(to);
        add(group->places, {group->object, attribute});
        return 0;
    };
    H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, addAttribute, &of);
    H5Oclose(object);
    if (info->type == H5O_TYPE_DATASET)
        add(of.places, {name, ""});
    return 0;
}

/// A file with a project whose values can be changed. (HDF5 opens none in memory by a name.)
class Specimen
{
public:
    Specimen()
    {
        saveProject(smallProject(), path_);
        whole_ = readWholeFile(path_);
        open();
        H5Ovisit2(file_, H5_INDEX_NAME, H5_ITER_INC, addObject, &places_, H5O_INFO_BASIC);
        H5Fclose(file_);
    }

    std::filesystem::path change(Input input)
    {
        open();
        for (int count = 0; count < mostChanges && !input.empty(); ++count) {
            auto at = places_.lower_bound(input.next<std::uint32_t>());
            const Place& place = (at == places_.end() ? places_.begin() : at)->second;
            const auto what = input.next<std::uint8_t>();
            const Value value = nextValue(input);
            const auto index = input.next<std::uint16_t>();
            if (what % 3 == 2)
                reshape(place, index, value);
            else if (what % 3 == 1 && !place.attribute.empty())
                lengthen(place, index % 80, value);
            else
                set(place, index, value);
        }
        H5Fclose(file_);
        return path_;
    }

private:
    void open()
    {
        folder_.write(path_.filename(), whole_);
        file_ = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        if (file_ < 0)
            throw std::runtime_error("cannot open the project");
    }

    /// Reads all values of a place, has one changed and writes them back.
    void set(const Place& place, std::size_t index, const Value& value)
    {
        const bool isDataset = place.attribute.empty();
        const hid_t object = H5Oopen(file_, place.object.c_str(), H5P_DEFAULT);
        const hid_t attribute = isDataset ? -1 : H5Aopen(object, place.attribute.c_str(), H5P_DEFAULT);
        if (isDataset ? object >= 0 : attribute >= 0) { // no other change has removed it
            const hid_t type = isDataset ? H5Dget_type(object) : H5Aget_type(attribute);
            const hid_t space = isDataset ? H5Dget_space(object) : H5Aget_space(attribute);
            const std::size_t size = H5Tget_size(type);
            const auto count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
            std::vector<char> bytes(size * count);
            if (count > 0 && isDataset)
                H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
            else if (count > 0)
                H5Aread(attribute, type, bytes.data());
            if (count > 0)
                change(type, bytes.data() + index % count * size, index / count, value);
            if (count > 0 && isDataset)
                H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
            else if (count > 0)
                H5Awrite(attribute, type, bytes.data());
            H5Sclose(space);
            H5Tclose(type);
        }
        if (attribute >= 0)
            H5Aclose(attribute);
        if (object >= 0)
            H5Oclose(object);
    }

    static void change(hid_t type, char* bytes, std::size_t within, const Value& value)
    {
        const std::size_t size = H5Tget_size(type);
        const float single = static_cast<float>(value.real);
        switch (H5Tget_class(type)) {
        case H5T_COMPOUND: {
            const auto member =
                static_cast<unsigned>(within % static_cast<std::size_t>(H5Tget_nmembers(type)));
            const hid_t column = H5Tget_member_type(type, member);
            change(column, bytes + H5Tget_member_offset(type, member), 0, value);
            H5Tclose(column);
            break;
        }
        case H5T_FLOAT:
            if (size == sizeof single)
                std::memcpy(bytes, &single, size);
            else
                std::memcpy(bytes, &value.real, std::min(size, sizeof value.real));
            break;
        case H5T_STRING:
            bytes[within % size] = static_cast<char>(value.integer);
            break;
        default:
            std::memcpy(bytes, &value.integer, std::min(size, sizeof value.integer));
        }
    }

    void setList(const std::string& object, const std::string& attribute,
                 const std::vector<std::int32_t>& values)
    {
        H5Adelete_by_name(file_, object.c_str(), attribute.c_str(), H5P_DEFAULT);
        const hsize_t length = values.size();
        const hid_t space = H5Screate_simple(1, &length, nullptr);
        const hid_t id = H5Acreate_by_name(file_, object.c_str(), attribute.c_str(), H5T_STD_I32LE, space,
                                           H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (length > 0)
            H5Awrite(id, H5T_NATIVE_INT32, values.data());
        H5Aclose(id);
        H5Sclose(space);
    }

    void lengthen(const Place& place, std::size_t length, const Value& value)
    {
        setList(place.object, place.attribute, std::vector(length, static_cast<std::int32_t>(value.integer)));
    }

    /// Inputs, hidden neurons and classes of all layers of what the place belongs to, and its image's side.
    void reshape(const Place& place, std::uint16_t index, const Value& value)
    {
        const std::string& name = place.object;
        const std::size_t run = std::min(name.find("/run-"), name.find("/begun-"));
        if (run == std::string::npos)
            return;
        const std::string object = name.substr(0, name.find('/', run + 1));
        const int side = 1 + index % 8, classes = static_cast<int>(value.integer & 15) + 1;
        const std::vector<std::int32_t> layers{side * side, 1 + index / 8 % 16, classes};
        setList(object, "layers", layers);
        if (index % 2048 >= 1024)
            set({object, "image_side_pixels"}, 0, {side, 0.0});
        for (const char* part : {"", "/first_moment", "/second_moment"})
            for (int layer = 0; layer < 2; ++layer) {
                const std::string group = object + part + "/layer-000" + std::to_string(layer);
                const auto outputs = static_cast<hsize_t>(layers[static_cast<std::size_t>(layer) + 1]);
                const auto inputs = static_cast<hsize_t>(layers[static_cast<std::size_t>(layer)]);
                makeDataset(group + "/latent", {outputs, inputs});
                makeDataset(group + "/gain", {outputs});
                makeDataset(group + "/bias", {outputs});
            }
    }

    void makeDataset(const std::string& name, const std::vector<hsize_t>& shape)
    {
        if (H5Lexists(file_, name.substr(0, name.find("/layer-")).c_str(), H5P_DEFAULT) <= 0 ||
            H5Ldelete(file_, name.c_str(), H5P_DEFAULT) < 0)
            return;
        std::size_t size = 1;
        for (const hsize_t length : shape)
            size *= length;
        const std::vector<float> ones(size, 1.0F);
        const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
        const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_layout(properties, H5D_COMPACT);
        const hid_t id =
            H5Dcreate2(file_, name.c_str(), H5T_IEEE_F32LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
        H5Dwrite(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, ones.data());
        H5Dclose(id);
        H5Pclose(properties);
        H5Sclose(space);
    }

    static constexpr int mostChanges = 16;
    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_.path() / "contents.faultline";
    std::string whole_;
    hid_t file_ = -1;
    std::map<std::uint32_t, Place> places_;
};

/// Images of 8 x 8 pixels.
DatasetPair someImages()
{
    constexpr int side = 8, count = 8;
    Dataset images{.width = side, .height = side, .images = {}, .labels = {}};
    images.images.resize(side * side, count);
    for (int image = 0; image < count; ++image) {
        images.labels.push_back(static_cast<std::uint8_t>(image));
        for (int pixel = image; pixel < side * side; pixel += 3)
            images.images.insert(pixel, image) = 0.75F;
    }
    images.images.makeCompressed();
    return {"some", images, images};
}

/// As the evaluator and the page of networks do.
void evaluate(const Run& run, const std::vector<DieGroup>& places, const Wafer& wafer,
              const DatasetPair& data)
{
    const int side = run.settings.side;
    const Dataset images = downsample(data.test, side);
    std::vector<std::optional<Die>> dies{std::nullopt};
    for (const DieGroup& place : places)
        dies.emplace_back(place.joined());
    for (const std::optional<Die>& die : dies)
        readOrRefuse([&] {
            const std::vector<std::uint8_t> given =
                classify(run, die ? &*die : nullptr, wafer, images, images);
            static_cast<void>(confusion(images.labels, given));
            const CellMap map(run.settings.network.layers, wafer.geometry, run.settings.spare);
            const AnalogWeights weights = die ? analogWeights(*die, map, wafer.device) : nominalWeights(map);
            const Eigen::MatrixXf first = onDie(run.network, weights).front().weights;
            for (Eigen::Index neuron = 0; neuron < first.rows(); ++neuron)
                weightImage(first.row(neuron), side, 1.5F);
        });
}

/// As the Circuit page does.
void read(const Study& study, const Project& project, const DatasetPair& data)
{
    std::vector<const Run*> runs;
    for (const Run& run : study.result.runs)
        runs.push_back(&run);
    std::vector<const Die*> dies;
    for (const Die& die : project.wafer.dies)
        dies.push_back(&die);
    if (runs.empty())
        return;
    const Dataset images = downsample(data.test, runs.front()->settings.side);
    readThroughCircuit(pairings(runs, dies, true), project.circuit,
                       {.wafer = project.wafer,
                        .test = images,
                        .calibration = images,
                        .threads = 1,
                        .stop = {},
                        .progress = {}});
}

/// One more epoch of all runs that have not finished.
void train(const Study& study, const Wafer& wafer, const DatasetPair& data)
{
    std::stop_source stop;
    const RunObserver observer = [&stop](const RunUpdate& update) {
        if (update.state == RunUpdate::State::Epoch)
            stop.request_stop();
    };
    runStudy(study.plan, wafer, data, 1, stop.get_token(), observer, study.result);
}

void use(const Project& project)
{
    static const DatasetPair data = someImages();
    readOrRefuse([&] { project.plan.validate(project.wafer); });
    for (const Study& study : project.studies) {
        readOrRefuse([&] {
            studyJson(study.plan, project.wafer, study.result);
            diesCsv(study.plan, project.wafer, study.result.runs);
        });
        readOrRefuse([&] {
            for (const Run& run : study.result.runs)
                evaluate(run, study.plan.placesOn(project.wafer), project.wafer, data);
        });
        readOrRefuse([&] { read(study, project, data); });
        readOrRefuse([&] { train(study, project.wafer, data); });
        readOrRefuse([&] {
            StudyResult joined = study.result;
            merge(joined, study.result, study.plan, project.wafer);
        });
    }
    if (project.circuitResults.waterfall)
        csv(project.circuitResults.waterfall->waterfall);
    if (project.circuitResults.sweep)
        csv(project.circuitResults.sweep->plan, project.circuitResults.sweep->points);
    static_cast<void>(project.freeDieId());
}

} // namespace
} // namespace faultline

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace faultline;
    static Specimen specimen;
    return readOrRefuse([&] { use(loadProject(specimen.change(Input({data, size})))); });
}
