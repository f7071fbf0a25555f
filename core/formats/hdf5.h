#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hdf5.h>

#include "formats/number_array.h"

/// A thin, typed layer over HDF5's C API: no raw id is seen above it. Every failure is an Error that names
/// the place in the file ("runs/run-0003/curve: ..."), with HDF5's own reason where it has one; the caller
/// adds the file's name.
///
/// Files live in memory: their bytes are built here, or opened from where they were read. So disk
/// errors are met by plain file functions instead of inside HDF5, and its file locks, which network drives
/// refuse, are never asked for.
namespace faultline::hdf5
{

/// Owns an HDF5 id of any kind.
class Id
{
public:
    Id() = default;
    /// Takes an id just returned by HDF5; a negative one throws "PLACE: cannot DO: reason".
    Id(hid_t id, const std::string& place, const char* toDo);
    Id(Id&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
    Id& operator=(Id&& other) noexcept
    {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Id();

    operator hid_t() const { return id_; }

private:
    hid_t id_ = H5I_INVALID_HID;
};

/// How values of one C++ type stand in a file (always little-endian) and in memory.
struct Type {
    Id file;
    Id memory;
    std::vector<std::string> columnUnits = {}; ///< of a table
};

/// The Type of float, double, std::int32_t, std::uint64_t and bool (an enumeration of FALSE and TRUE, as in
/// h5py).
template <class T>
Type typeOf();
template <>
Type typeOf<float>();
template <>
Type typeOf<double>();
template <>
Type typeOf<std::int32_t>();
template <>
Type typeOf<std::uint64_t>();
template <>
Type typeOf<bool>();

/// Names for the bytes 0, 1, 2, ...
Type enumeration(std::span<const std::string_view> names);

/// One named number of a row.
struct Column {
    const char* name;
    std::size_t offset; ///< in the struct that holds a row, bytes
    Type type;
    const char* unit; ///< as in Caption
};
/// Rows of a table, each a struct of `size` bytes.
Type table(std::span<const Column> columns, std::size_t size);

using Shape = std::vector<hsize_t>;
std::size_t size(const Shape& shape); ///< number of values

/// What a person reads beside a dataset in h5dump or HDFView.
struct Caption {
    const char* description;
    const char* unit; ///< "1" for plain numbers and names; a table says one for each column, too
};

/// A dataset of real numbers that any program may have written.
struct DatasetInfo {
    std::string path; ///< from the group asked, "D01/conductance_P"
    std::vector<std::size_t> shape;
    std::string type;         ///< as NumPy calls it, "float32"
    std::string unit;         ///< its attribute "unit" or "units"; empty when it has none
    bool columnMajor = false; ///< MATLAB's: its first index is the last one here
};

/// A group of a file, and the only way to read and write.
class Group
{
public:
    /// `room`: bytes that may still be read of the whole file; none for a file that is being written.
    Group(Id id, std::string place, std::shared_ptr<std::size_t> room = {})
        : id_(std::move(id)),
          place_(std::move(place)),
          room_(std::move(room))
    {
    }

    const std::string& place() const { return place_; } ///< path from the root; empty for the root itself

    Group create(const std::string& name, const char* description);
    Group open(const std::string& name) const;

    /// Attributes: settings and single numbers. T as in typeOf; strings are UTF-8 of their own length.
    void set(const char* name, const std::string& value);
    void set(const char* name, const std::vector<std::string>& values);
    template <class T>
    void set(const char* name, T value)
    {
        setAttribute(name, typeOf<T>(), {}, &value);
    }
    template <class T>
    void set(const char* name, const std::vector<T>& values)
    {
        setAttribute(name, typeOf<T>(), {values.size()}, values.data());
    }

    bool has(const char* name) const;            ///< an attribute of this name
    std::vector<std::string> attributes() const; ///< the names of all, but for the description of create()
    bool hasMember(const std::string& name) const;
    std::string text(const char* name) const;
    std::vector<std::string> texts(const char* name) const;
    template <class T>
    T get(const char* name) const
    {
        T value{};
        getAttribute(name, typeOf<T>(), {}, &value);
        return value;
    }
    template <class T>
    std::vector<T> list(const char* name) const
    {
        std::vector<T> values(attributeLength(name));
        getAttribute(name, typeOf<T>(), {values.size()}, values.data());
        return values;
    }

    /// Datasets, row-major. Small ones stand inside their header, large ones are compressed; either way the
    /// file has checksums for them.
    template <class T>
    void write(const char* name, const Shape& shape, const T* values, const Caption& caption,
               const Type& type = typeOf<T>())
    {
        writeDataset(name, type, shape, values, caption);
    }

    /// Insists on exactly this type and shape, and that the file itself holds all values, before it allocates
    /// memory for them.
    template <class T>
    std::vector<T> read(const char* name, const Shape& shape, const Type& type = typeOf<T>()) const
    {
        const Id dataset = openDataset(name, type, shape);
        std::vector<T> values(size(shape));
        readDataset(name, dataset, type, values.data());
        return values;
    }

    /// All datasets of integers or floating-point numbers in this group and those below, by their paths.
    std::vector<DatasetInfo> datasets() const;
    /// One of them in full, of any numeric type. Refuses more than `largest` bytes.
    NumberArray numbers(const std::string& path, std::size_t largest) const;

    std::string placeOf(const char* name) const; ///< path of a member or attribute, for messages

private:
    void setAttribute(const char* name, const Type& type, const Shape& shape, const void* values);
    void getAttribute(const char* name, const Type& type, const Shape& shape, void* values) const;
    std::size_t attributeLength(const char* name) const;
    void writeDataset(const char* name, const Type& type, const Shape& shape, const void* values,
                      const Caption& caption);
    Id openDataset(const char* name, const Type& type, const Shape& shape) const;
    void readDataset(const char* name, const Id& dataset, const Type& type, void* values) const;

    void takeRoom(std::size_t bytes, const std::string& place) const;

    Id id_;
    std::string place_;
    std::shared_ptr<std::size_t> room_;
};

/// Refuses a byte that is neither FALSE nor TRUE.
template <>
bool Group::get<bool>(const char* name) const;

/// The bytes of a new HDF5 file that `fill` writes, starting at its root group.
std::string build(const std::function<void(Group root)>& fill);

/// The work in a copy of this process, before it is done here (common/rehearsal.h).
void rehearse(std::size_t bytes, const std::function<void()>& work);

/// The bytes of an HDF5 file, opened to be read. Group::read() and texts refuse to give in all more than 1040
/// times these bytes, which is all that deflate can make of them: links and shared chunks make no more.
class Image
{
public:
    explicit Image(std::string_view bytes); ///< throws Error for anything that is not a whole HDF5 file
    Group root() const;

private:
    std::unique_lock<std::mutex> inside_;
    Id file_;
    std::size_t bytes_;
};

/// Has HDF5 read bytes of which nobody knows who wrote them: calls `read` on the root of their Image, first
/// in a copy of this process. What damaged bytes do to HDF5 itself, a crash or an endless loop, becomes an
/// Error so. A build with a sanitizer reads without a copy, to see such faults.
template <class Read>
auto readForeign(std::string_view bytes, const Read& read)
{
    const auto call = [&] { return read(Image(bytes).root()); };
    rehearse(bytes.size(), [&] { static_cast<void>(call()); });
    return call();
}

} // namespace faultline::hdf5
