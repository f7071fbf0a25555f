#include "formats/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include <Eigen/Core>
#include <zlib.h>

#include "common/error.h"

namespace faultline
{

namespace
{

constexpr std::string_view npyMagic = "\x93NUMPY";

[[noreturn]] void refuse(const std::string& place, const std::string& found, const std::string& expected)
{
    throw Error((place.empty() ? "" : place + ": ") + "found " + found + ", expected " + expected);
}

void requireRoom(const std::string& place, std::size_t bytes, std::size_t room)
{
    constexpr double mebibyte = 1 << 20;
    const auto inMiB = [](std::size_t size) {
        return std::to_string(std::lround(std::ceil(static_cast<double>(size) / mebibyte))) + " MiB";
    };
    if (bytes > room)
        refuse(place, "an array that takes " + inMiB(bytes) + " in memory",
               "no more than " + inMiB(room) + " after those before it; split the file by dies");
}

/// `length` bytes as a number; `swap` for those that start with the highest.
template <class T>
T number(const char* bytes, bool swap = false)
{
    std::array<char, sizeof(T)> copy;
    std::memcpy(copy.data(), bytes, sizeof(T));
    if (swap)
        std::reverse(copy.begin(), copy.end());
    return std::bit_cast<T>(copy);
}

template <class T>
std::vector<double> numbers(std::string_view bytes, std::size_t count, bool swap)
{
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i)
        values[i] = static_cast<double>(number<T>(bytes.data() + i * sizeof(T), swap));
    return values;
}

struct Kind {
    std::string_view code; // as in NumPy, without the byte order
    std::size_t size;
    std::vector<double> (*read)(std::string_view bytes, std::size_t count, bool swap);
};

constexpr std::array kinds{
    Kind{"f8", 8, numbers<double>},        Kind{"f4", 4, numbers<float>},
    Kind{"f2", 2, numbers<Eigen::half>},   Kind{"i1", 1, numbers<std::int8_t>},
    Kind{"i2", 2, numbers<std::int16_t>},  Kind{"i4", 4, numbers<std::int32_t>},
    Kind{"i8", 8, numbers<std::int64_t>},  Kind{"u1", 1, numbers<std::uint8_t>},
    Kind{"u2", 2, numbers<std::uint16_t>}, Kind{"u4", 4, numbers<std::uint32_t>},
    Kind{"u8", 8, numbers<std::uint64_t>},
};

/// What stands behind a key of the header, which is a Python dictionary.
std::string_view entry(std::string_view header, std::string_view key)
{
    const auto at = header.find(key);
    const auto colon = at == header.npos ? at : header.find(':', at + key.size());
    if (colon == header.npos)
        refuse("header", "no key " + std::string(key), "one of a NumPy file");
    const auto first = header.find_first_not_of(' ', colon + 1);
    return first == header.npos ? std::string_view() : header.substr(first);
}

/// The code of a kind, without its byte order; of a structured array all that describes its fields.
std::string_view codeOf(std::string_view header)
{
    const std::string_view described = entry(header, "'descr'");
    if (described.starts_with('\''))
        return described.substr(1, described.find('\'', 1) - 1);
    return described.substr(0, described.starts_with('[') ? described.find(']') + 1 : 20);
}

/// What values are that are no real numbers, and what to save in their place.
std::pair<std::string, std::string> inWords(std::string_view code)
{
    if (code.starts_with('[')) {
        std::string fields;
        for (auto at = code.find("('"); at != code.npos; at = code.find("('", at + 1)) {
            const auto end = code.find('\'', at + 2);
            fields += (fields.empty() ? "" : ", ") + std::string(code.substr(at + 2, end - at - 2));
        }
        return {"structured values with the fields " + fields,
                "an array for each field: np.savez(file, name=a['name'], ...)"};
    }
    const char kind = code.size() > 1 ? code[1] : ' ';
    switch (kind) {
    case 'b':
        return {"booleans, as masks have", "the measured values"};
    case 'c':
        return {"complex numbers", "real ones: np.save(file, a.real) or np.save(file, abs(a))"};
    case 'O':
        return {"Python objects", "numbers: np.save(file, a.astype(float))"};
    case 'f':
        return {"numbers longer than a double", "doubles: np.save(file, a.astype(float))"};
    case 'U':
    case 'S':
        return {"texts", "numbers: np.save(file, a.astype(float))"};
    case 'M':
    case 'm':
        return {"dates or times", "the measured values"};
    default:
        return {"no numbers", "real numbers: np.save(file, a.astype(float))"};
    }
}

const Kind* kindOf(std::string_view code)
{
    const auto kind =
        std::ranges::find(kinds, code.substr(std::min<std::size_t>(1, code.size())), &Kind::code);
    return kind == kinds.end() ? nullptr : &*kind;
}

std::vector<std::size_t> shapeIn(std::string_view tuple)
{
    std::vector<std::size_t> shape;
    const auto end = tuple.find(')');
    if (!tuple.starts_with('(') || end == tuple.npos)
        refuse("header", "a shape that is no tuple", "one like (100, 200)");
    const char* at = tuple.data() + 1;
    const char* const last = tuple.data() + end;
    while (at != last) {
        if (*at == ' ' || *at == ',') {
            ++at;
            continue;
        }
        std::size_t length = 0;
        const auto read = std::from_chars(at, last, length);
        if (read.ec != std::errc())
            refuse("header", "a shape that holds no whole number", "one like (100, 200)");
        shape.push_back(length);
        at = read.ptr;
    }
    return shape;
}

/// Number of values; nothing when there are more than memory has addresses.
std::optional<std::size_t> product(const std::vector<std::size_t>& shape)
{
    std::size_t count = 1;
    for (const std::size_t length : shape) {
        if (length != 0 && count > std::numeric_limits<std::size_t>::max() / 16 / length)
            return std::nullopt;
        count *= length;
    }
    return count;
}

/// From Fortran's order, where the first index runs fastest, to C's.
std::vector<double> rowMajor(const std::vector<double>& values, const std::vector<std::size_t>& shape)
{
    std::vector<double> result(values.size());
    std::vector<std::size_t> index(shape.size(), 0);
    for (const double value : values) {
        std::size_t to = 0;
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            to = to * shape[axis] + index[axis];
        result[to] = value;
        for (std::size_t axis = 0; axis < shape.size() && ++index[axis] == shape[axis]; ++axis)
            index[axis] = 0;
    }
    return result;
}

// ZIP
// -------------------------------------------------------------------------------------------------------

constexpr std::string_view endMark{"PK\5\6", 4}, entryMark{"PK\1\2", 4}, memberMark{"PK\3\4", 4};
constexpr std::size_t endSize = 22, entrySize = 46, memberSize = 30;

/// The part of the archive, which must be inside it.
std::string_view part(std::string_view bytes, std::size_t from, std::size_t length)
{
    if (from > bytes.size() || length > bytes.size() - from)
        refuse("byte " + std::to_string(from), "the end of the file", "a whole ZIP archive");
    return bytes.substr(from, length);
}

std::string inflated(std::string_view packed, std::size_t size, const std::string& place)
{
    std::string bytes(size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // ZIP's members have no zlib header
        throw Error("not enough memory to unpack " + place);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    const int result = inflate(&stream, Z_FINISH);
    const std::size_t made = stream.total_out;
    inflateEnd(&stream);
    if (result != Z_STREAM_END || made != size)
        refuse(place, "damaged data", std::to_string(size) + " bytes as its directory says");
    return bytes;
}

struct Header {
    std::string_view text, data;
};

Header headerOf(std::string_view bytes)
{
    if (!bytes.starts_with(npyMagic) || bytes.size() < 12)
        refuse("", "no NumPy header", "a .npy file");
    const bool isLong = bytes[6] != 1; // the header's length has four bytes since version 2
    const std::size_t start = isLong ? 12 : 10;
    const std::size_t length = isLong ? number<std::uint32_t>(&bytes[8]) : number<std::uint16_t>(&bytes[8]);
    if (bytes.size() < start + length)
        refuse("header", "the end of the file", std::to_string(length) + " bytes");
    return {bytes.substr(start, length), bytes.substr(start + length)};
}

/// Says what values are that cannot be read.
NumberArray readNpyOrSay(std::string_view bytes, std::size_t largest)
{
    const Header header = headerOf(bytes);
    const std::string_view code = codeOf(header.text);
    NumberArray array;
    array.shape = shapeIn(entry(header.text, "'shape'"));
    const Kind* const kind = kindOf(code);
    if (!kind) {
        array.unreadable = inWords(code).first;
        return array;
    }
    const auto count = product(array.shape);
    if (!count || header.data.size() / kind->size < *count)
        refuse("", std::to_string(header.data.size()) + " bytes of numbers",
               "those of " + describeShape(array.shape));
    requireRoom("", *count * sizeof(double), largest); // product() leaves room for the factor
    array.values = kind->read(header.data, *count, code.front() == '>');
    if (entry(header.text, "'fortran_order'").starts_with("True"))
        array.values = rowMajor(array.values, array.shape);
    return array;
}

template <class T>
std::string bytesOf(std::span<const T> values, std::span<const std::size_t> shape, const char* code)
{
    std::string tuple;
    for (const std::size_t length : shape)
        tuple += std::to_string(length) + ", ";
    std::string header =
        std::string("{'descr': '") + code + "', 'fortran_order': False, 'shape': (" + tuple + "), }";
    constexpr std::size_t before = 10, alignment = 64;
    header.append(alignment - (before + header.size() + 1) % alignment, ' ');
    header += '\n';
    std::string bytes(npyMagic);
    bytes += {'\1', '\0', static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
    bytes += header;
    static_assert(std::endian::native == std::endian::little);
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return bytes;
}

} // namespace

NumberArray readNpy(std::string_view bytes, std::size_t largest)
{
    NumberArray array = readNpyOrSay(bytes, largest);
    if (array.unreadable.empty())
        return array;
    const std::string_view code = codeOf(headerOf(bytes).text);
    refuse("header", "values of the kind " + std::string(code) + ": " + array.unreadable,
           inWords(code).second);
}

std::vector<NumberArray> readNpz(std::string_view bytes, std::size_t largest)
{
    const auto end = bytes.rfind(endMark);
    if (end == bytes.npos || bytes.size() - end < endSize)
        refuse("", "no directory at the end", "a ZIP archive of .npy files");
    const auto entries = number<std::uint16_t>(&bytes[end + 10]);
    std::size_t at = number<std::uint32_t>(&bytes[end + 16]);
    std::vector<NumberArray> arrays;
    std::size_t room = largest;
    for (int i = 0; i < entries; ++i) {
        const std::string_view item = part(bytes, at, entrySize);
        if (!item.starts_with(entryMark))
            refuse("byte " + std::to_string(at), "something else", "an entry of the ZIP directory");
        const auto method = number<std::uint16_t>(&item[10]);
        const auto checksum = number<std::uint32_t>(&item[16]);
        const std::size_t packedSize = number<std::uint32_t>(&item[20]);
        const std::size_t size = number<std::uint32_t>(&item[24]);
        const std::size_t nameLength = number<std::uint16_t>(&item[28]);
        const std::size_t offset = number<std::uint32_t>(&item[42]);
        std::string name(part(bytes, at + entrySize, nameLength));
        at += entrySize + nameLength + number<std::uint16_t>(&item[30]) + number<std::uint16_t>(&item[32]);
        if (!name.ends_with(".npy"))
            continue;
        name.resize(name.size() - 4);
        requireRoom(name, size, room);

        const std::string_view member = part(bytes, offset, memberSize);
        if (!member.starts_with(memberMark))
            refuse(name, "no member where the directory says", "a whole ZIP archive");
        const std::string_view packed = part(bytes,
                                             offset + memberSize + number<std::uint16_t>(&member[26]) +
                                                 number<std::uint16_t>(&member[28]),
                                             packedSize);
        if (method != 0 && method != Z_DEFLATED)
            refuse(name, "packing method " + std::to_string(method), "a stored or deflated member");
        if (method == 0 && packedSize != size)
            refuse(name, std::to_string(packedSize) + " bytes stored",
                   std::to_string(size) + " as its directory says");
        const std::string unpacked = method == 0 ? std::string(packed) : inflated(packed, size, name);
        if (crc32_z(0, reinterpret_cast<const Bytef*>(unpacked.data()), unpacked.size()) != checksum)
            refuse(name, "data that its checksum does not match", "a whole member");
        try {
            arrays.push_back(readNpyOrSay(unpacked, room));
        } catch (const Error& error) {
            throw Error(name + ": " + error.what());
        }
        arrays.back().name = name;
        room -= std::max(size, arrays.back().values.size() * sizeof(double));
    }
    if (arrays.empty())
        refuse("", "a ZIP archive without .npy members",
               "a NumPy archive, or the files that are packed in it");
    return arrays;
}

std::string npy(std::span<const float> values, std::span<const std::size_t> shape)
{
    return bytesOf(values, shape, "<f4");
}

std::string npy(std::span<const std::int8_t> values, std::span<const std::size_t> shape)
{
    return bytesOf(values, shape, "|i1");
}

} // namespace faultline
