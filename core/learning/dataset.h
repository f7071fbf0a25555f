#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <Eigen/SparseCore>

namespace faultline
{

/// Grey images with a class each.
struct Dataset {
    int width = 0, height = 0; ///< pixels
    /// (width * height) x images, 0 to 1; a column is an image, row by row. Compressed: most of a handwritten
    /// digit's image is empty, so that less is stored, read and multiplied.
    Eigen::SparseMatrix<float> images;
    std::vector<std::uint8_t> labels; ///< 0 to 9, one per image
    /// CRC-32 (RFC 1952) of the bytes of the images' file and then of the labels' file, unpacked; tells other
    /// images under the same names. Smaller images keep that of their origin. 0 for images of no file.
    std::uint32_t checksum = 0;

    int size() const { return static_cast<int>(labels.size()); }
};

/// Training and test images of one origin.
struct DatasetPair {
    std::string name; ///< the folder's name
    Dataset train, test;
};

/// What a study keeps of the images that it was made with.
struct ImageChecksums {
    std::uint32_t train = 0, test = 0; ///< Dataset::checksum
    bool operator==(const ImageChecksums&) const = default;
};
ImageChecksums checksums(const DatasetPair& data);

inline constexpr int classCount = 10;

/// Reads images and labels in IDX form (Y. LeCun, C. Cortes, C. Burges, "The MNIST database"), plain or gzip.
/// Throws Error for a file that is missing, truncated, longer than its header says, of another kind, with
/// another number of labels than images, or with a label above 9.
Dataset readIdx(const std::filesystem::path& images, const std::filesystem::path& labels);

/// Reads train-images-idx3-ubyte[.gz] and its three companions from a folder.
DatasetPair readIdxFolder(const std::filesystem::path& folder);

/// The test images of such a folder alone.
Dataset readIdxTestImages(const std::filesystem::path& folder);

/// The first so many of the images; all when there are fewer.
Dataset firstImages(const Dataset& dataset, int most);

/// Throws Error for a side under 1 or above the images' own.
void expectSide(const Dataset& dataset, int side);

/// Averages over areas down to side x side pixels; the side need not divide the image's (expectSide).
Dataset downsample(const Dataset& dataset, int side);

} // namespace faultline
