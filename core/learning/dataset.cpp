#include "learning/dataset.h"

#include <algorithm>
#include <memory>
#include <span>

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
        const auto bytes = read(4, "a header");
        return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
               std::uint32_t{bytes[3]};
    }

    /// The rest of the file, which must be `count` bytes long.
    std::vector<std::uint8_t> rest(std::size_t count)
    {
        auto bytes = read(count, std::to_string(count) + " bytes of " + kind_);
        std::uint8_t beyond;
        if (readSome({&beyond, 1}) > 0)
            throw Error(name_, place(), "more data", "the end of the file, as its header says");
        return bytes;
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

    std::vector<std::uint8_t> read(std::size_t count, const std::string& what)
    {
        // Memory grows with what the file holds, not with what its header claims.
        constexpr std::size_t chunk = 1 << 22;
        std::vector<std::uint8_t> bytes;
        while (bytes.size() < count) {
            const std::size_t had = bytes.size();
            bytes.resize(std::min(count, had + chunk));
            const std::size_t got = readSome(std::span(bytes).subspan(had));
            position_ += got;
            if (got < bytes.size() - had)
                throw Error(name_, place(), "the end of the file", what);
        }
        return bytes;
    }

    struct Close {
        void operator()(gzFile file) const { gzclose(file); }
    };

    std::string name_;
    std::string kind_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::size_t position_ = 0;
    uLong checksum_ = 0;
};

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
    dataset.labels = labelFile.rest(count);
    const auto bad = std::find_if(dataset.labels.begin(), dataset.labels.end(),
                                  [](std::uint8_t label) { return label >= classCount; });
    if (bad != dataset.labels.end())
        throw Error(labels.string(), "label " + std::to_string(bad - dataset.labels.begin()),
                    std::to_string(*bad), "0 to " + std::to_string(classCount - 1));

    const auto pixels = imageFile.rest(count * width * height);
    const auto size = static_cast<Eigen::Index>(width * height);
    dataset.images.resize(size, static_cast<Eigen::Index>(count));
    dataset.images.reserve(static_cast<Eigen::Index>(pixels.size()) - std::ranges::count(pixels, 0));
    const std::uint8_t* pixel = pixels.data();
    for (Eigen::Index image = 0; image < dataset.images.cols(); ++image) {
        dataset.images.startVec(image);
        for (Eigen::Index k = 0; k < size; ++k, ++pixel)
            if (*pixel != 0)
                dataset.images.insertBack(k, image) = static_cast<float>(*pixel) / 255.0f;
    }
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
    DatasetPair pair{"", readPart(folder, "train"), readIdxTestImages(folder)};
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

Dataset downsample(const Dataset& dataset, int side)
{
    const int largest = std::min(dataset.width, dataset.height);
    require(side >= 1 && side <= largest, "side of the smaller images", side,
            "from 1 to " + std::to_string(largest) + " pixels, the side of the images");

    std::vector<Eigen::Triplet<float>> shares;
    for (const Overlap& row : overlaps(side, dataset.height)) {
        for (const Overlap& column : overlaps(side, dataset.width)) {
            shares.emplace_back(row.target * side + column.target, row.source * dataset.width + column.source,
                                static_cast<float>(row.share * column.share));
        }
    }
    Eigen::SparseMatrix<float> areas(Eigen::Index{side} * side, dataset.images.rows());
    areas.setFromTriplets(shares.begin(), shares.end());
    Dataset smaller{side, side, areas * dataset.images, dataset.labels, dataset.checksum};
    smaller.images.data().squeeze();
    return smaller;
}

} // namespace faultline
