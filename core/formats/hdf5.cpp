#include "formats/hdf5.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>

#include <zlib.h>

#include "common/error.h"
#include "common/rehearsal.h"

namespace faultline::hdf5
{

namespace
{

constexpr const char* descriptionName = "description"; // of the attribute that people read
/// A larger dataset is compressed in one chunk; HDF5 keeps up to 64 KiB inside the header.
constexpr std::size_t compactBytes = std::size_t{32} * 1024;
/// Deflate shrinks at most to 1/1032, so a dataset can't hold more than this times its place in the file.
constexpr std::size_t largestRatio = 1040;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif
constexpr std::size_t longestText = std::size_t{1} << 24;
constexpr hsize_t longestList = hsize_t{1} << 16;

/// Owned by the one who is inside HDF5, which lets in no more anyway.
std::mutex& library()
{
    static std::mutex mutex;
    return mutex;
}

/// The innermost message of HDF5's error stack: what went wrong rather than who noticed.
std::string reason()
{
    std::string text;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
            if (depth == 0 && error->desc)
                *static_cast<std::string*>(out) = error->desc;
            return 0;
        },
        &text);
    return text.empty() ? "HDF5 gives no reason" : text;
}

[[noreturn]] void fail(const std::string& place, const char* toDo)
{
    throw Error((place.empty() ? "" : place + ": ") + std::string("cannot ") + toDo + ": " + reason());
}

void check(herr_t result, const std::string& place, const char* toDo)
{
    if (result < 0)
        fail(place, toDo);
}

[[noreturn]] void refuse(const std::string& place, const std::string& found, const std::string& expected)
{
    throw Error(place, "", found, expected);
}

/// For ids of HDF5's own making, which fail only when memory runs out.
Id own(hid_t id)
{
    return Id(id, "", "make an HDF5 object");
}

Type numeric(hid_t file, hid_t memory)
{
    return {own(H5Tcopy(file)), own(H5Tcopy(memory))};
}

Type fixedText(std::size_t length)
{
    Id type = own(H5Tcopy(H5T_C_S1));
    check(H5Tset_size(type, std::max<std::size_t>(length, 1)), "", "make a text type");
    check(H5Tset_strpad(type, H5T_STR_NULLPAD), "", "make a text type");
    check(H5Tset_cset(type, H5T_CSET_UTF8), "", "make a text type");
    Id memory = own(H5Tcopy(type));
    return {std::move(type), std::move(memory)};
}

Id space(const Shape& shape)
{
    return own(shape.empty() ? H5Screate(H5S_SCALAR)
                             : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
}

Shape shapeOf(hid_t space)
{
    const int rank = H5Sget_simple_extent_ndims(space);
    Shape shape(static_cast<std::size_t>(std::max(rank, 0)));
    if (H5Sget_simple_extent_dims(space, shape.data(), nullptr) < 0)
        shape.clear();
    return shape;
}

std::string describe(const Shape& shape)
{
    if (shape.empty())
        return "a single value";
    std::string text = "shape";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? " x " : " ") + std::to_string(shape[i]);
    return text;
}

std::string describeType(hid_t type)
{
    const std::string bits = std::to_string(8 * H5Tget_size(type)) + "-bit ";
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return bits + (H5Tget_sign(type) == H5T_SGN_NONE ? "unsigned integers" : "integers");
    case H5T_FLOAT:
        return bits + "floating-point numbers";
    case H5T_STRING:
        return H5Tis_variable_str(type) > 0 ? "texts of variable length" : "texts of fixed length";
    case H5T_ENUM:
        return "names of a set of " + std::to_string(H5Tget_nmembers(type));
    case H5T_COMPOUND:
        return "a table of " + std::to_string(H5Tget_nmembers(type)) + " columns";
    default:
        return "values of another kind";
    }
}

/// "float32", "uint8": as NumPy calls numbers.
std::string numpyType(hid_t type)
{
    const char* const kind = H5Tget_class(type) == H5T_FLOAT     ? "float"
                             : H5Tget_sign(type) == H5T_SGN_NONE ? "uint"
                                                                 : "int";
    return kind + std::to_string(8 * H5Tget_size(type));
}

/// Refuses a link to another place, which may be one in another file.
void expectNoLink(hid_t group, const std::string& name, const std::string& place)
{
    H5L_info_t link;
    if (H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT) >= 0 && link.type != H5L_TYPE_HARD)
        refuse(place, "a link to another place", "the thing itself");
}

/// What values of this shape take, if that is not more than `most` bytes.
std::optional<std::size_t> bytesOf(const Shape& shape, std::size_t each, std::size_t most)
{
    std::size_t bytes = each;
    for (const hsize_t length : shape) {
        if (length > 0 && bytes > most / length)
            return std::nullopt;
        bytes *= length;
    }
    return bytes <= most ? std::optional(bytes) : std::nullopt;
}

/// The filters of a dataset's chunks, in the order in which they were applied; only such as unpacksTo()
/// knows.
std::vector<H5Z_filter_t> filtersOf(hid_t creation, const std::string& place)
{
    std::vector<H5Z_filter_t> filters(static_cast<std::size_t>(std::max(H5Pget_nfilters(creation), 0)));
    for (std::size_t k = 0; k < filters.size(); ++k) {
        unsigned flags = 0, configuration = 0;
        std::size_t values = 0;
        filters[k] = H5Pget_filter2(creation, static_cast<unsigned>(k), &flags, &values, nullptr, 0, nullptr,
                                    &configuration);
        if (filters[k] != H5Z_FILTER_DEFLATE && filters[k] != H5Z_FILTER_SHUFFLE &&
            filters[k] != H5Z_FILTER_FLETCHER32)
            refuse(place, "chunks packed by filter " + std::to_string(filters[k]),
                   "deflate (gzip), shuffle or Fletcher-32");
    }
    return filters;
}

/// Whether a stored chunk unpacks to so many bytes. `skipped`: a bit for each filter that was not applied.
bool unpacksTo(std::size_t bytes, std::string packed, const std::vector<H5Z_filter_t>& filters,
               unsigned skipped)
{
    constexpr std::size_t checksum = 4; // Fletcher-32's, after the data
    for (std::size_t k = filters.size(); k-- > 0;) {
        if (skipped >> k & 1)
            continue;
        if (filters[k] == H5Z_FILTER_FLETCHER32)
            packed.resize(packed.size() - std::min(packed.size(), checksum));
        if (filters[k] == H5Z_FILTER_DEFLATE) {
            std::string unpacked(bytes + checksum, '\0');
            uLongf size = unpacked.size();
            if (uncompress(reinterpret_cast<Bytef*>(unpacked.data()), &size,
                           reinterpret_cast<const Bytef*>(packed.data()), packed.size()) != Z_OK)
                return false;
            unpacked.resize(size);
            packed = std::move(unpacked);
        }
    }
    return packed.size() == bytes;
}

/// HDF5 1.10 takes for granted that a chunk unpacks to its full size, and reads beyond its memory when one
/// does not. `stored`: bytes of all chunks as they are.
void expectWholeChunks(hid_t dataset, hid_t creation, const Shape& shape, std::size_t each,
                       std::size_t stored, const std::string& place)
{
    const std::vector<H5Z_filter_t> filters = filtersOf(creation, place);
    Shape chunk(shape.size()), grid(shape.size()), corner(shape.size());
    check(H5Pget_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), place,
          "read the chunks' size");
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        chunk[axis] = std::max<hsize_t>(chunk[axis], 1);
        grid[axis] = (shape[axis] - 1) / chunk[axis] + 1;
    }
    const auto bytes = bytesOf(chunk, each, filters.empty() ? stored : stored * largestRatio);
    if (!bytes || !bytesOf(grid, 1, stored))
        refuse(place, std::to_string(stored) + " bytes", "enough of them for chunks of " + describe(chunk));
    for (std::size_t axis = filters.empty() ? 0 : shape.size(); axis > 0;) {
        unsigned skipped = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t size = 0;
        check(H5Dget_chunk_info_by_coord(dataset, corner.data(), &skipped, &address, &size), place,
              "find a chunk");
        if (address != HADDR_UNDEF) { // else it was never written
            std::string packed(std::min<std::size_t>(size, stored), '\0');
            if (packed.size() == size)
                check(H5Dread_chunk(dataset, H5P_DEFAULT, corner.data(), &skipped, packed.data()), place,
                      "read a chunk");
            if (!unpacksTo(*bytes, std::move(packed), filters, skipped))
                refuse(place, "a damaged chunk", "one of " + std::to_string(*bytes) + " bytes");
        }
        for (axis = shape.size(); axis > 0; --axis) { // the next one, along the last axis first
            corner[axis - 1] += chunk[axis - 1];
            if (corner[axis - 1] < shape[axis - 1])
                break;
            corner[axis - 1] = 0;
        }
    }
}

/// Refuses a dataset with values in other files, or with fewer of them than its shape says.
void expectAllValues(hid_t dataset, const std::string& place)
{
    const Id creation(H5Dget_create_plist(dataset), place, "read its form");
    const H5D_layout_t layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
        refuse(place, "values in other files", "all of them in this one");
    const Shape shape = shapeOf(Id(H5Dget_space(dataset), place, "read the shape"));
    const std::size_t each = H5Tget_size(Id(H5Dget_type(dataset), place, "read the type"));
    hsize_t fileSize = 0;
    check(H5Fget_filesize(Id(H5Iget_file_id(dataset), place, "find its file"), &fileSize), place,
          "find the file's size");
    const hsize_t stored = std::min(H5Dget_storage_size(dataset), fileSize); // the former may be a lie
    if (!bytesOf(shape, each, layout == H5D_CHUNKED ? stored * largestRatio : stored))
        refuse(place, std::to_string(stored) + " bytes", "enough of them for " + describe(shape));
    if (layout == H5D_CHUNKED && size(shape) > 0)
        expectWholeChunks(dataset, creation, shape, each, stored, place);
}

void expectType(hid_t found, const Type& expected, const std::string& place)
{
    if (H5Tequal(found, expected.file) > 0)
        return;
    std::string is = describeType(found), shall = describeType(expected.file);
    if (is == shall)
        is = "other " + is;
    refuse(place, is, shall);
}

void expectShape(hid_t space, const Shape& expected, const std::string& place)
{
    const bool known = H5Sget_simple_extent_type(space) == (expected.empty() ? H5S_SCALAR : H5S_SIMPLE);
    const Shape found = shapeOf(space);
    if (!known || found != expected)
        refuse(place, describe(found), describe(expected));
}

/// Text attributes of any length: the type of the one that is there.
Type textType(const Id& attribute, const std::string& place)
{
    const Id type(H5Aget_type(attribute), place, "read the type");
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0)
        refuse(place, describeType(type), "texts of fixed length");
    const std::size_t length = H5Tget_size(type);
    if (length > longestText)
        refuse(place, "a text of " + std::to_string(length) + " bytes", "a shorter one");
    return fixedText(length);
}

std::string withoutPadding(const char* text, std::size_t length)
{
    return std::string(text, std::find(text, text + length, '\0'));
}

/// A text that any program may have written; empty for what is no single text.
std::string anyText(const Id& attribute, const std::string& place)
{
    const Id type(H5Aget_type(attribute), place, "read the type");
    const Id space(H5Aget_space(attribute), place, "read the shape");
    if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
        return {};
    if (H5Tis_variable_str(type) > 0) {
        char* text = nullptr;
        check(H5Aread(attribute, type, &text), place, "read the attribute");
        std::string copy = text ? text : "";
        H5free_memory(text);
        return copy;
    }
    if (H5Tget_size(type) > longestText)
        return {};
    std::string text(H5Tget_size(type), '\0');
    check(H5Aread(attribute, type, text.data()), place, "read the attribute");
    return withoutPadding(text.data(), text.size());
}

/// Every group and dataset without time stamps, so that equal projects give equal files, and with its
/// attributes inside its header.
template <class Properties>
void setCommon(const Properties& properties)
{
    check(H5Pset_obj_track_times(properties, false), "", "set up an object");
    check(H5Pset_attr_phase_change(properties, 64, 32), "", "set up an object");
}

Id memoryAccess()
{
    // HDF5 prints its errors by default; ours carry them. The setting belongs to the thread.
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    Id access = own(H5Pcreate(H5P_FILE_ACCESS));
    check(H5Pset_fapl_core(access, std::size_t{1} << 20, false), "", "set up a file");
    return access;
}

/// Where a new file's bytes are once HDF5 has closed it. (H5Fget_file_image copies them while it is open, but
/// then clears the mark of an open file without mending the checksum over it.)
class ClosedFile
{
public:
    explicit ClosedFile(const Id& access)
    {
        H5FD_file_image_callbacks_t callbacks{};
        callbacks.image_malloc = [](std::size_t bytes, H5FD_file_image_op_t, void*) {
            return std::malloc(bytes);
        };
        callbacks.image_memcpy = [](void* to, const void* from, std::size_t bytes, H5FD_file_image_op_t,
                                    void*) { return std::memcpy(to, from, bytes); };
        callbacks.image_realloc = [](void* old, std::size_t bytes, H5FD_file_image_op_t, void*) {
            return std::realloc(old, bytes);
        };
        callbacks.image_free = [](void* bytes, H5FD_file_image_op_t when, void* self) -> herr_t {
            if (when == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
                static_cast<ClosedFile*>(self)->bytes_.reset(static_cast<char*>(bytes));
            else
                std::free(bytes);
            return 0;
        };
        callbacks.udata_copy = [](void* self) { return self; };
        callbacks.udata_free = [](void*) -> herr_t { return 0; };
        callbacks.udata = this;
        check(H5Pset_file_image_callbacks(access, &callbacks), "", "set up a file");
    }
    ClosedFile(const ClosedFile&) = delete;
    ClosedFile& operator=(const ClosedFile&) = delete;

    const char* bytes() const { return bytes_.get(); }

private:
    struct Free {
        void operator()(char* bytes) const { std::free(bytes); }
    };
    std::unique_ptr<char, Free> bytes_;
};

Group rootOf(const Id& file, std::shared_ptr<std::size_t> room = {})
{
    return Group(Id(H5Gopen2(file, "/", H5P_DEFAULT), "", "open the root group"), "", std::move(room));
}

/// HDF5 takes two files of one name for the same file.
std::string uniqueName()
{
    static std::atomic<unsigned> count = 0;
    return "faultline-" + std::to_string(++count);
}

} // namespace

Id::Id(hid_t id, const std::string& place, const char* toDo) : id_(id)
{
    if (id < 0)
        fail(place, toDo);
}

Id::~Id()
{
    if (id_ >= 0)
        H5Idec_ref(id_);
}

template <>
Type typeOf<float>()
{
    return numeric(H5T_IEEE_F32LE, H5T_NATIVE_FLOAT);
}

template <>
Type typeOf<double>()
{
    return numeric(H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE);
}

template <>
Type typeOf<std::int32_t>()
{
    return numeric(H5T_STD_I32LE, H5T_NATIVE_INT32);
}

template <>
Type typeOf<std::uint64_t>()
{
    return numeric(H5T_STD_U64LE, H5T_NATIVE_UINT64);
}

template <>
Type typeOf<bool>()
{
    static_assert(sizeof(bool) == 1);
    return enumeration(std::array<std::string_view, 2>{"FALSE", "TRUE"});
}

Type enumeration(std::span<const std::string_view> names)
{
    Id type = own(H5Tenum_create(H5T_STD_I8LE));
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto value = static_cast<std::int8_t>(i);
        check(H5Tenum_insert(type, std::string(names[i]).c_str(), &value), "", "make a set of names");
    }
    Id memory = own(H5Tcopy(type));
    return {std::move(type), std::move(memory)};
}

Type table(std::span<const Column> columns, std::size_t size)
{
    Id memory = own(H5Tcreate(H5T_COMPOUND, size));
    std::size_t fileSize = 0;
    for (const Column& column : columns) {
        check(H5Tinsert(memory, column.name, column.offset, column.type.memory), "", "make a table");
        fileSize += H5Tget_size(column.type.file);
    }
    Id file = own(H5Tcreate(H5T_COMPOUND, fileSize));
    std::size_t offset = 0;
    std::vector<std::string> units;
    for (const Column& column : columns) {
        units.emplace_back(column.unit);
        check(H5Tinsert(file, column.name, offset, column.type.file), "", "make a table");
        offset += H5Tget_size(column.type.file);
    }
    return {std::move(file), std::move(memory), std::move(units)};
}

std::size_t size(const Shape& shape)
{
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::string Group::placeOf(const char* name) const
{
    return place_.empty() ? name : place_ + "/" + name;
}

Group Group::create(const std::string& name, const char* description)
{
    const std::string place = placeOf(name.c_str());
    const Id properties = own(H5Pcreate(H5P_GROUP_CREATE));
    setCommon(properties);
    Group group(
        Id(H5Gcreate2(id_, name.c_str(), H5P_DEFAULT, properties, H5P_DEFAULT), place, "create the group"),
        place);
    group.set(descriptionName, std::string(description));
    return group;
}

Group Group::open(const std::string& name) const
{
    const std::string place = placeOf(name.c_str());
    expectNoLink(id_, name, place);
    return Group(Id(H5Gopen2(id_, name.c_str(), H5P_DEFAULT), place, "open the group"), place, room_);
}

void Group::set(const char* name, const std::string& value)
{
    // The text's own zero byte stands for the one that HDF5 wants of an empty text.
    setAttribute(name, fixedText(value.size()), {}, value.c_str());
}

void Group::set(const char* name, const std::vector<std::string>& values)
{
    std::size_t longest = 1;
    for (const std::string& value : values)
        longest = std::max(longest, value.size());
    std::string packed;
    for (const std::string& value : values)
        packed += value + std::string(longest - value.size(), '\0');
    setAttribute(name, fixedText(longest), {values.size()}, packed.data());
}

bool Group::has(const char* name) const
{
    return H5Aexists(id_, name) > 0;
}

std::vector<std::string> Group::attributes() const
{
    std::vector<std::string> names;
    const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* found) -> herr_t {
        if (std::string_view(name) != descriptionName)
            static_cast<std::vector<std::string>*>(found)->emplace_back(name);
        return 0;
    };
    check(H5Aiterate2(id_, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names), place_,
          "list its attributes");
    return names;
}

bool Group::hasMember(const std::string& name) const
{
    return H5Lexists(id_, name.c_str(), H5P_DEFAULT) > 0;
}

template <>
bool Group::get<bool>(const char* name) const
{
    std::uint8_t byte = 0;
    getAttribute(name, typeOf<bool>(), {}, &byte);
    if (byte > 1)
        refuse(placeOf(name), std::to_string(byte), "0 (FALSE) or 1 (TRUE)");
    return byte == 1;
}

std::string Group::text(const char* name) const
{
    const std::string place = placeOf(name);
    const Id attribute(H5Aopen(id_, name, H5P_DEFAULT), place, "open the attribute");
    const Type type = textType(attribute, place);
    takeRoom(H5Tget_size(type.memory), place);
    std::string padded(H5Tget_size(type.memory), '\0');
    getAttribute(name, type, {}, padded.data());
    return withoutPadding(padded.data(), padded.size());
}

std::vector<std::string> Group::texts(const char* name) const
{
    const std::string place = placeOf(name);
    const Id attribute(H5Aopen(id_, name, H5P_DEFAULT), place, "open the attribute");
    const Type type = textType(attribute, place);
    const std::size_t length = H5Tget_size(type.memory), count = attributeLength(name);
    if (count * length > longestText)
        refuse(place, std::to_string(count) + " texts of " + std::to_string(length) + " bytes", "fewer");
    takeRoom(count * length, place);
    std::string packed(count * length, '\0');
    getAttribute(name, type, {count}, packed.data());
    std::vector<std::string> values;
    for (std::size_t i = 0; i < count; ++i)
        values.push_back(withoutPadding(packed.data() + i * length, length));
    return values;
}

void Group::setAttribute(const char* name, const Type& type, const Shape& shape, const void* values)
{
    const std::string place = placeOf(name);
    const Id attribute(H5Acreate2(id_, name, type.file, space(shape), H5P_DEFAULT, H5P_DEFAULT), place,
                       "create the attribute");
    if (size(shape) > 0)
        check(H5Awrite(attribute, type.memory, values), place, "write the attribute");
}

void Group::getAttribute(const char* name, const Type& type, const Shape& shape, void* values) const
{
    const std::string place = placeOf(name);
    const Id attribute(H5Aopen(id_, name, H5P_DEFAULT), place, "open the attribute");
    expectType(Id(H5Aget_type(attribute), place, "read the type"), type, place);
    expectShape(Id(H5Aget_space(attribute), place, "read the shape"), shape, place);
    if (size(shape) > 0)
        check(H5Aread(attribute, type.memory, values), place, "read the attribute");
}

std::size_t Group::attributeLength(const char* name) const
{
    const std::string place = placeOf(name);
    const Id attribute(H5Aopen(id_, name, H5P_DEFAULT), place, "open the attribute");
    const Shape shape = shapeOf(Id(H5Aget_space(attribute), place, "read the shape"));
    if (shape.size() != 1 || shape[0] > longestList)
        refuse(place, describe(shape), "a list of at most " + std::to_string(longestList));
    return shape[0];
}

void Group::writeDataset(const char* name, const Type& type, const Shape& shape, const void* values,
                         const Caption& caption)
{
    const std::string place = placeOf(name);
    const Id properties = own(H5Pcreate(H5P_DATASET_CREATE));
    setCommon(properties);
    if (size(shape) * H5Tget_size(type.file) <= compactBytes) {
        check(H5Pset_layout(properties, H5D_COMPACT), place, "set up the dataset");
    } else {
        check(H5Pset_chunk(properties, static_cast<int>(shape.size()), shape.data()), place,
              "set up the dataset");
        check(H5Pset_shuffle(properties), place, "set up the dataset");
        check(H5Pset_deflate(properties, 1), place, "set up the dataset");
        check(H5Pset_fletcher32(properties), place, "set up the dataset");
    }
    Id id(H5Dcreate2(id_, name, type.file, space(shape), H5P_DEFAULT, properties, H5P_DEFAULT), place,
          "create the dataset");
    if (size(shape) > 0)
        check(H5Dwrite(id, type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), place, "write the dataset");
    Group attributes(std::move(id), place); // HDF5 sets attributes of groups and datasets alike
    attributes.set(descriptionName, std::string(caption.description));
    attributes.set("unit", std::string(caption.unit));
    if (!type.columnUnits.empty())
        attributes.set("column_units", type.columnUnits);
}

void Group::takeRoom(std::size_t bytes, const std::string& place) const
{
    if (!room_)
        return;
    if (bytes > *room_)
        refuse(place, "values that the file gives more than once", "a file that holds all that it gives");
    *room_ -= bytes;
}

Id Group::openDataset(const char* name, const Type& type, const Shape& shape) const
{
    const std::string place = placeOf(name);
    expectNoLink(id_, name, place);
    Id dataset(H5Dopen2(id_, name, H5P_DEFAULT), place, "open the dataset");
    expectType(Id(H5Dget_type(dataset), place, "read the type"), type, place);
    expectShape(Id(H5Dget_space(dataset), place, "read the shape"), shape, place);
    expectAllValues(dataset, place);
    takeRoom(size(shape) * H5Tget_size(type.file), place);
    return dataset;
}

void Group::readDataset(const char* name, const Id& dataset, const Type& type, void* values) const
{
    if (values)
        check(H5Dread(dataset, type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), placeOf(name),
              "read the dataset");
}

std::vector<DatasetInfo> Group::datasets() const
{
    std::vector<std::string> paths;
    const auto visit = [](hid_t, const char* name, const H5O_info_t* info, void* found) -> herr_t {
        if (info->type == H5O_TYPE_DATASET)
            static_cast<std::vector<std::string>*>(found)->emplace_back(name);
        return 0;
    };
    check(H5Ovisit2(id_, H5_INDEX_NAME, H5_ITER_INC, visit, &paths, H5O_INFO_BASIC), place_, "list it");
    std::vector<DatasetInfo> result;
    for (const std::string& path : paths) {
        const std::string place = placeOf(path.c_str());
        const Id dataset(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), place, "open the dataset");
        const Id numbers(H5Dget_type(dataset), place, "read the type");
        const H5T_class_t kind = H5Tget_class(numbers);
        if (kind != H5T_INTEGER && kind != H5T_FLOAT)
            continue;
        const Shape shape = shapeOf(Id(H5Dget_space(dataset), place, "read the shape"));
        DatasetInfo info{path,
                         {shape.begin(), shape.end()},
                         numpyType(numbers),
                         "",
                         H5Aexists(dataset, "MATLAB_class") > 0};
        for (const char* name : {"unit", "units"})
            if (info.unit.empty() && H5Aexists(dataset, name) > 0)
                info.unit =
                    anyText(Id(H5Aopen(dataset, name, H5P_DEFAULT), place, "open the attribute"), place);
        result.push_back(std::move(info));
    }
    return result;
}

NumberArray Group::numbers(const std::string& path, std::size_t largest) const
{
    const std::string place = placeOf(path.c_str());
    const Id dataset(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), place, "open the dataset");
    const Id type(H5Dget_type(dataset), place, "read the type");
    if (const auto kind = H5Tget_class(type); kind != H5T_INTEGER && kind != H5T_FLOAT)
        refuse(place, describeType(type), "numbers");
    const Shape shape = shapeOf(Id(H5Dget_space(dataset), place, "read the shape"));
    std::size_t room = largest / sizeof(double);
    for (const hsize_t length : shape) {
        if (length > room)
            refuse(place, describe(shape), "at most " + std::to_string(largest >> 20) + " MiB of numbers");
        room /= std::max<hsize_t>(length, 1);
    }
    expectAllValues(dataset, place);
    NumberArray array{path, {shape.begin(), shape.end()}, std::vector<double>(size(shape))};
    if (!array.values.empty())
        check(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()), place,
              "read the dataset");
    return array;
}

std::string build(const std::function<void(Group root)>& fill)
{
    const std::lock_guard inside(library());
    const Id access = memoryAccess();
    // In the form of HDF5 1.10, whose headers and chunk indices all have checksums.
    check(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), "", "set up a file");
    // Without blocks set aside for later, which would stay at the end of the file.
    check(H5Pset_meta_block_size(access, 0), "", "set up a file");
    check(H5Pset_small_data_block_size(access, 0), "", "set up a file");
    ClosedFile closed(access);
    const Id creation = own(H5Pcreate(H5P_FILE_CREATE));
    setCommon(creation);
    ssize_t length = 0;
    {
        const Id file(H5Fcreate(uniqueName().c_str(), H5F_ACC_TRUNC, creation, access), "", "make a file");
        fill(rootOf(file));
        check(H5Fflush(file, H5F_SCOPE_GLOBAL), "", "finish the file");
        length = H5Fget_file_image(file, nullptr, 0);
    }
    if (length < 0 || !closed.bytes())
        fail("", "finish the file");
    return {closed.bytes(), static_cast<std::size_t>(length)};
}

void rehearse(std::size_t bytes, const std::function<void()>& work)
{
    constexpr std::size_t forHdf5 = std::size_t{1} << 30;
    const auto time = std::chrono::seconds(60 + bytes / (std::size_t{1} << 20)); // many times what it takes
    if (!sanitized)
        faultline::rehearse(work, {forHdf5 + bytes * largestRatio, time}, library());
}

Image::Image(std::string_view bytes) : inside_(library()), bytes_(bytes.size())
{
    if (bytes.empty())
        throw Error("cannot open it as HDF5: it is empty");
    const Id access = memoryAccess();
    // HDF5 copies the bytes and only asks for a pointer that is not const.
    check(H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size()), "", "open it");
    file_ = Id(H5Fopen(uniqueName().c_str(), H5F_ACC_RDONLY, access), "", "open it as HDF5");
}

Group Image::root() const
{
    return rootOf(file_, std::make_shared<std::size_t>(bytes_ * largestRatio));
}

} // namespace faultline::hdf5
