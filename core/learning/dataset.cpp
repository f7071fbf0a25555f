#include "learning/dataset.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <future>
#include <memory>
#include <span>
#include <utility>

#include <zlib.h>

#include "common/require.h"

namespace faultline
{

namespace
{

/// Far above any set of small images, far below what would exhaust a machine: 4 GiB as floats.
constexpr std::uint64_t mostPixels = std::uint64_t{1} << 30;

/// A file of one IDX array of unsigned bytes, plain or gzip: a magic number, the sizes as big-endian 32-bit
/// words, the bytes.
class IdxFile
{
public:
    explicit IdxFile(const std::filesystem::path& path, std::uint32_t magic, const std::string& kind)
        : name_(path.string()),
          kind_(kind)
    {
        if (std::error_code missing; std::filesystem::is_regular_file(path, missing))
            file_.reset(gzopen(name_.c_str(), "rb"));
        if (!file_)
            throw Error(name_, "", "no file that can be read", kind_ + " in IDX form");
        gzbuffer(file_.get(), 1 << 17);
        const std::uint32_t found = word();
        if (found != magic)
            throw Error(name_, "byte 0", "magic number " + std::to_string(found),
                        std::to_string(magic) + ", that of " + kind_);
    }

    std::uint32_t word()
    {
        std::vector<std::uint8_t> bytes;
        read(4, "a header", bytes);
        return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
               std::uint32_t{bytes[3]};
    }

    /// The rest of the file, which must be `count` times `size` bytes long, in parts of whole multiples of
    /// `size` that fit in some megabytes; take(bytes) is called for each, one after the other.
    template <class Take>
    void rest(std::uint64_t count, std::uint64_t size, const Take& take)
    {
        const std::string what = std::to_string(count * size) + " bytes of " + kind_;
        const std::uint64_t most = std::max<std::uint64_t>(1, chunk / size);
        std::array<std::vector<std::uint8_t>, 2> buffers;
        std::future<void> taking; // one part, while the next is unpacked
        for (std::uint64_t done = 0; done < count; done += most) {
            std::vector<std::uint8_t>& bytes = buffers[done / most % 2];
            read(std::min(most, count - done) * size, what, bytes);
            if (taking.valid())
                taking.get();
            taking = std::async(std::launch::async, [&take, &bytes] { take(std::as_const(bytes)); });
        }
        taking.get();
        std::uint8_t beyond;
        if (readSome({&beyond, 1}) > 0)
            throw Error(name_, place(), "more data", "the end of the file, as its header says");
    }

    /// CRC-32 of what was read, followed by what was read of `next`.
    std::uint32_t checksumWith(const IdxFile& next) const
    {
        return static_cast<std::uint32_t>(
            crc32_combine(checksum_, next.checksum_, static_cast<z_off_t>(next.position_)));
    }

private:
    std::string place() const { return "byte " + std::to_string(position_); }

    std::size_t readSome(std::span<std::uint8_t> to)
    {
        const int got = gzread(file_.get(), to.data(), static_cast<unsigned>(to.size()));
        int status = Z_OK;
        std::string message = gzerror(file_.get(), &status);
        if (status != Z_OK && status != Z_STREAM_END) {
            if (message.starts_with(name_ + ": "))
                message.erase(0, name_.size() + 2);
            throw Error(name_, place(), "unreadable data (" + message + ")", "an undamaged file");
        }
        checksum_ = crc32(checksum_, to.data(), static_cast<unsigned>(got));
        return static_cast<std::size_t>(got);
    }

    void read(std::size_t count, const std::string& what, std::vector<std::uint8_t>& bytes)
    {
        // Memory grows with what the file holds, not with what its header claims.
        for (std::size_t had = 0; had < count; had = bytes.size()) {
            bytes.resize(std::min(count, had + chunk));
            const std::size_t got = readSome(std::span(bytes).subspan(had));
            position_ += got;
            if (got < bytes.size() - had)
                throw Error(name_, place(), "the end of the file", what);
        }
    }

    static constexpr std::size_t chunk = 1 << 22; // bytes

    struct Close {
        void operator()(gzFile file) const { gzclose(file); }
    };

    std::string name_;
    std::string kind_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::size_t position_ = 0;
    uLong checksum_ = 0;
};

/// The first byte above zero, or end: by eights, as most are zero.
const std::uint8_t* firstAbove(const std::uint8_t* at, const std::uint8_t* end)
{
    for (std::uint64_t eight = 0; end - at >= 8; at += 8) {
        std::memcpy(&eight, at, 8);
        if (eight != 0)
            break;
    }
    return std::find_if(at, end, [](std::uint8_t byte) { return byte != 0; });
}

/// How many of `pixels` may be above zero, from the first of them, and some more: memory that is never
/// touched costs nothing. What a header claims takes no more than 128 MiB.
Eigen::Index expectedPixels(const std::vector<std::uint8_t>& first, std::uint64_t pixels)
{
    constexpr double spare = 1.2, most = 1 << 24;
    const auto above = static_cast<double>(first.size()) - static_cast<double>(std::ranges::count(first, 0));
    return static_cast<Eigen::Index>(
        std::min(most, spare * above / static_cast<double>(first.size()) * static_cast<double>(pixels)));
}

std::filesystem::path plainOrGzip(const std::filesystem::path& file)
{
    std::filesystem::path compressed = file;
    compressed += ".gz";
    if (std::filesystem::exists(file))
        return file;
    if (std::filesystem::exists(compressed))
        return compressed;
    throw Error(file.string(), "", "no such file, nor one that ends in .gz", "a file in IDX form");
}

/// Share of each source pixel in each target pixel along one side: pairs with a share above zero.
struct Overlap {
    int target, source;
    double share;
};

std::vector<Overlap> overlaps(int targets, int sources)
{
    // In units of 1 / targets of a source pixel all edges are whole numbers: source j spans
    // [j targets, (j + 1) targets), target i spans [i sources, (i + 1) sources).
    std::vector<Overlap> result;
    for (int i = 0; i < targets; ++i) {
        for (int j = i * sources / targets; j < sources && j * targets < (i + 1) * sources; ++j) {
            const int length =
                std::min((i + 1) * sources, (j + 1) * targets) - std::max(i * sources, j * targets);
            result.push_back({i, j, static_cast<double>(length) / sources});
        }
    }
    return result;
}

Dataset readPart(const std::filesystem::path& folder, const std::string& part)
{
    const auto images = plainOrGzip(folder / (part + "-images-idx3-ubyte"));
    const auto labels = plainOrGzip(folder / (part + "-labels-idx1-ubyte"));
    return readIdx(images, labels);
}

} // namespace

Dataset readIdx(const std::filesystem::path& images, const std::filesystem::path& labels)
{
    IdxFile imageFile(images, 0x803, "grey images");
    const std::uint64_t count = imageFile.word();
    const std::uint64_t height = imageFile.word();
    const std::uint64_t width = imageFile.word();
    // A division, since the product of three words can overflow.
    if (count == 0 || width == 0 || height == 0 || count > mostPixels / (width * height)) {
        throw Error(images.string(), "header",
                    std::to_string(count) + " images of " + std::to_string(width) + " x " +
                        std::to_string(height) + " pixels",
                    "at least 1 image and pixel, and at most " + std::to_string(mostPixels) +
                        " pixels in all");
    }

    IdxFile labelFile(labels, 0x801, "labels");
    const std::uint32_t labelCount = labelFile.word();
    if (labelCount != count)
        throw Error(labels.string(), "header", std::to_string(labelCount) + " labels",
                    std::to_string(count) + ", as many as images in " + images.string());

    Dataset dataset;
    dataset.width = static_cast<int>(width);
    dataset.height = static_cast<int>(height);
    labelFile.rest(count, 1, [&](const std::vector<std::uint8_t>& bytes) {
        dataset.labels.insert(dataset.labels.end(), bytes.begin(), bytes.end());
    });
    const auto bad = std::find_if(dataset.labels.begin(), dataset.labels.end(),
                                  [](std::uint8_t label) { return label >= classCount; });
    if (bad != dataset.labels.end())
        throw Error(labels.string(), "label " + std::to_string(bad - dataset.labels.begin()),
                    std::to_string(*bad), "0 to " + std::to_string(classCount - 1));

    const auto size = static_cast<Eigen::Index>(width * height);
    dataset.images.resize(size, static_cast<Eigen::Index>(count));
    Eigen::Index image = 0;
    imageFile.rest(count, width * height, [&](const std::vector<std::uint8_t>& bytes) {
        if (image == 0) // as if all were like the first, so that what is there is seldom moved
            dataset.images.reserve(expectedPixels(bytes, count * width * height));
        for (const std::uint8_t* first = bytes.data(); first != bytes.data() + bytes.size(); first += size) {
            dataset.images.startVec(image);
            for (auto at = firstAbove(first, first + size); at != first + size;
                 at = firstAbove(at + 1, first + size))
                dataset.images.insertBack(at - first, image) = static_cast<float>(*at) / 255.0f;
            ++image;
        }
    });
    dataset.images.finalize();
    dataset.checksum = imageFile.checksumWith(labelFile);
    return dataset;
}

Dataset readIdxTestImages(const std::filesystem::path& folder)
{
    return readPart(folder, "t10k");
}

DatasetPair readIdxFolder(const std::filesystem::path& folder)
{
    auto test = std::async(std::launch::async, [&folder] { return readIdxTestImages(folder); });
    DatasetPair pair{"", readPart(folder, "train"), {}};
    pair.test = test.get();
    pair.name = std::filesystem::canonical(folder).filename().string();
    const auto size = [](const Dataset& dataset) {
        return std::to_string(dataset.width) + " x " + std::to_string(dataset.height) + " pixels";
    };
    if (size(pair.test) != size(pair.train))
        throw Error(folder.string(), "t10k-images-idx3-ubyte", "images of " + size(pair.test),
                    size(pair.train) + ", as in train-images-idx3-ubyte");
    return pair;
}

Dataset firstImages(const Dataset& dataset, int most)
{
    Dataset part = dataset;
    if (most < dataset.size()) {
        part.images = dataset.images.leftCols(most);
        part.labels.resize(static_cast<std::size_t>(most));
    }
    return part;
}

ImageChecksums checksums(const DatasetPair& data)
{
    return {data.train.checksum, data.test.checksum};
}

void expectSide(const Dataset& dataset, int side)
{
    const int largest = std::min(dataset.width, dataset.height);
    require(side >= 1 && side <= largest, "side of the smaller images", side,
            "from 1 to " + std::to_string(largest) + " pixels, the side of the images");
}

Dataset downsample(const Dataset& dataset, int side)
{
    expectSide(dataset, side);
    std::vector<Eigen::Triplet<float>> shares;
    for (const Overlap& row : overlaps(side, dataset.height)) {
        for (const Overlap& column : overlaps(side, dataset.width)) {
            shares.emplace_back(row.target * side + column.target, row.source * dataset.width + column.source,
                                static_cast<float>(row.share * column.share));
        }
    }
    Eigen::SparseMatrix<float> areas(Eigen::Index{side} * side, dataset.images.rows());
    areas.setFromTriplets(shares.begin(), shares.end());
    Dataset smaller{side, side, {}, dataset.labels, dataset.checksum};
    smaller.images.resize(areas.rows(), dataset.images.cols());
    smaller.images.reserve(dataset.images.nonZeros()); // more than enough; what is not touched costs nothing
    std::vector<float> averages(static_cast<std::size_t>(areas.rows()));
    for (Eigen::Index image = 0; image < dataset.images.cols(); ++image) {
        for (Eigen::SparseMatrix<float>::InnerIterator pixel(dataset.images, image); pixel; ++pixel)
            for (Eigen::SparseMatrix<float>::InnerIterator share(areas, pixel.index()); share; ++share)
                averages[static_cast<std::size_t>(share.index())] += share.value() * pixel.value();
        smaller.images.startVec(image);
        for (Eigen::Index k = 0; k < areas.rows(); ++k) {
            float& average = averages[static_cast<std::size_t>(k)];
            if (average != 0.0f)
                smaller.images.insertBack(k, image) = std::exchange(average, 0.0f);
        }
    }
    smaller.images.finalize();
    return smaller;
}

} // namespace faultline
