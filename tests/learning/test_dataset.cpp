#include <algorithm>
#include <array>
#include <vector>

#include <QTest>
#include <sys/resource.h>
#include <zlib.h>

#include "learning/dataset.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

using namespace faultline;

namespace
{

std::string words(const std::vector<std::uint32_t>& values)
{
    std::string bytes;
    for (std::uint32_t value : values) {
        for (int shift : {24, 16, 8, 0})
            bytes.push_back(static_cast<char>(value >> shift));
    }
    return bytes;
}

constexpr std::uint32_t imageMagic = 0x00000803, labelMagic = 0x00000801;

/// Three images, 3 wide and 2 high, and their labels.
const std::string threeImages = words({imageMagic, 3, 2, 3}) + std::string("\x00\x33\x66\x99\xcc\xff"
                                                                           "\x01\x02\x03\x04\x05\x06"
                                                                           "\xff\x00\xff\x00\xff\x00",
                                                                           18);
const std::string threeLabels = words({labelMagic, 3}) + std::string("\x07\x00\x09", 3);

std::string gzip(const std::string& bytes)
{
    std::string packed(bytes.size() + 100, '\0');
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

Dataset readBytes(const std::string& images, const std::string& labels)
{
    const TemporaryFolder folder;
    const auto imageFile = folder.write("some images", images);
    return readIdx(imageFile, folder.write("some labels", labels));
}

/// Grey values without a pattern, each image another.
Dataset noise(int width, int height, int count)
{
    std::srand(1); // what Eigen's Random() draws from
    const Eigen::MatrixXf pixels = Eigen::MatrixXf::Random(width * height, count).cwiseMax(0.0f);
    Dataset dataset{width, height, pixels.sparseView(), {}}; // half of all pixels are zero
    for (int k = 0; k < count; ++k)
        dataset.labels.push_back(static_cast<std::uint8_t>(k % classCount));
    return dataset;
}

/// Each pixel cut into so many that the smaller ones hold whole numbers of them, then plain averages.
Eigen::MatrixXd averageOfPieces(const Dataset& dataset, int side)
{
    Eigen::MatrixXd result(side * side, dataset.size());
    for (int k = 0; k < dataset.size(); ++k) {
        for (int row = 0; row < side; ++row) {
            for (int column = 0; column < side; ++column) {
                double sum = 0.0;
                for (int y = row * dataset.height; y < (row + 1) * dataset.height; ++y) {
                    for (int x = column * dataset.width; x < (column + 1) * dataset.width; ++x)
                        sum +=
                            static_cast<double>(dataset.images.coeff(y / side * dataset.width + x / side, k));
                }
                result(row * side + column, k) = sum / (dataset.width * dataset.height);
            }
        }
    }
    return result;
}

} // namespace

class TestDataset : public QObject
{
    Q_OBJECT

private slots:
    void memoryGrowsWithTheFileNotItsHeader(); // first: it looks at the program's largest size
    void readsPlainAndGzip_data();
    void readsPlainAndGzip();
    void refusesBadFiles_data();
    void refusesBadFiles();
    void everyPrefixIsRefused();
    void everyDamagedBytePairIsNoticed();
    void namesMissingFiles();
    void foldersHoldPlainOrGzip();
    void foldersNeedImagesOfOneSize();
    void mnistIsMnist();

    void downsampleAveragesAreas_data();
    void downsampleAveragesAreas();
    void downsampleRefusesOtherSides();
};

void TestDataset::memoryGrowsWithTheFileNotItsHeader()
{
    const auto largestKilobytes = [] {
        rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    const auto before = largestKilobytes();
    const std::string million = words({imageMagic, 1'000'000, 28, 28});
    const std::string labels = words({labelMagic, 1'000'000}) + std::string(1'000'000, '\1');
    VERIFY_CONTAINS(
        messageOf([&] { readBytes(million + "few pixels", labels); }),
        "some images: byte 26: found the end of the file, expected 784000000 bytes of grey images");
    QVERIFY(largestKilobytes() - before < 100'000);
}

void TestDataset::readsPlainAndGzip_data()
{
    QTest::addColumn<std::string>("images");
    QTest::addColumn<std::string>("labels");
    QTest::newRow("plain") << threeImages << threeLabels;
    QTest::newRow("gzip") << gzip(threeImages) << gzip(threeLabels);
    QTest::newRow("one of each") << threeImages << gzip(threeLabels);
}

void TestDataset::readsPlainAndGzip()
{
    QFETCH(const std::string, images);
    QFETCH(const std::string, labels);

    const Dataset dataset = readBytes(images, labels);
    QCOMPARE(dataset.width, 3);
    QCOMPARE(dataset.height, 2);
    QCOMPARE(dataset.size(), 3);
    QCOMPARE(dataset.labels, (std::vector<std::uint8_t>{7, 0, 9}));
    QCOMPARE(dataset.checksum, std::uint32_t{0x747d9609}); // Python's zlib.crc32(images + labels)
    QCOMPARE(downsample(dataset, 1).checksum, dataset.checksum);
    QCOMPARE(dataset.images.rows(), 6);
    QCOMPARE(dataset.images.cols(), 3);
    const std::array bytes{0x00, 0x33, 0x66, 0x99, 0xcc, 0xff};
    for (int k = 0; k < 6; ++k) {
        QCOMPARE(dataset.images.coeff(k, 0), static_cast<float>(bytes[static_cast<std::size_t>(k)]) / 255.0f);
        QCOMPARE(dataset.images.coeff(k, 1), static_cast<float>(k + 1) / 255.0f);
        QCOMPARE(dataset.images.coeff(k, 2), k % 2 == 0 ? 1.0f : 0.0f);
    }
}

void TestDataset::refusesBadFiles_data()
{
    QTest::addColumn<std::string>("images");
    QTest::addColumn<std::string>("labels");
    QTest::addColumn<std::string>("message");
    const auto images = [](const char* name, const std::string& bytes, const std::string& message) {
        QTest::newRow(name) << bytes << threeLabels << "some images: " + message;
    };
    const auto labels = [](const char* name, const std::string& bytes, const std::string& message) {
        QTest::newRow(name) << threeImages << bytes << "some labels: " + message;
    };
    const std::string pixels = threeImages.substr(16);

    images("empty", "", "byte 0: found the end of the file, expected a header");
    images("empty gzip", gzip(""), "byte 0: found the end of the file, expected a header");
    images("half a header", threeImages.substr(0, 10),
           "byte 10: found the end of the file, expected a header");
    images("truncated", threeImages.substr(0, 30),
           "byte 30: found the end of the file, expected 18 bytes of grey images");
    images("oversized", threeImages + "x", "byte 34: found more data, expected the end of the file");
    images("oversized gzip", gzip(threeImages + "x"),
           "byte 34: found more data, expected the end of the file");
    images("truncated gzip", gzip(threeImages).substr(0, 30),
           "byte 0: found unreadable data (unexpected end of file), expected an undamaged file");
    images("gzip without its checksum", gzip(threeImages).substr(0, gzip(threeImages).size() - 8),
           "byte 0: found unreadable data (unexpected end of file)");
    images("labels for images", threeLabels,
           "byte 0: found magic number 2049, expected 2051, that of grey images");
    images("another kind", words({0x00000d03, 3, 2, 3}) + pixels, "byte 0: found magic number 3331");
    images("little-endian", std::string("\x03\x08\x00\x00", 4) + threeImages.substr(4),
           "byte 0: found magic number 50855936");
    images("text", "label,pixel1,pixel2\n", "byte 0: found magic number");
    images("no images", words({imageMagic, 0, 2, 3}),
           "header: found 0 images of 3 x 2 pixels, expected at least 1");
    images("no pixels", words({imageMagic, 3, 2, 0}),
           "header: found 3 images of 0 x 2 pixels, expected at least 1");
    images(
        "four billion images", words({imageMagic, 0xffffffff, 2, 3}) + pixels,
        "header: found 4294967295 images of 3 x 2 pixels, expected at least 1 image and pixel, and at most");
    images("wide images", words({imageMagic, 3, 0xffffffff, 0xffffffff}) + pixels,
           "header: found 3 images of 4294967295 x 4294967295 pixels");
    // 2^32 x 2^31 x 2 wraps around to 0 in 64 bits, which any limit would allow.
    images("sizes that overflow", words({imageMagic, 0x80000000, 0x80000000, 4}) + pixels,
           "header: found 2147483648 images of 4 x 2147483648 pixels");

    labels("no labels", "", "byte 0: found the end of the file, expected a header");
    labels("images for labels", threeImages,
           "byte 0: found magic number 2051, expected 2049, that of labels");
    labels("label missing", words({labelMagic, 2}) + "\1\2",
           "header: found 2 labels, expected 3, as many as images in ");
    labels("four billion labels", words({labelMagic, 0xffffffff}) + "\1\2\3",
           "header: found 4294967295 labels");
    labels("truncated labels", threeLabels.substr(0, 10),
           "byte 10: found the end of the file, expected 3 bytes of labels");
    labels("oversized labels", threeLabels + "\1", "byte 11: found more data");
    labels("label 10", words({labelMagic, 3}) + "\1\x0a\3", "label 1: found 10, expected 0 to 9");
    labels("label 255", words({labelMagic, 3}) + "\1\2\xff", "label 2: found 255, expected 0 to 9");
}

void TestDataset::refusesBadFiles()
{
    QFETCH(const std::string, images);
    QFETCH(const std::string, labels);
    QFETCH(const std::string, message);
    VERIFY_CONTAINS(messageOf([&] { readBytes(images, labels); }), message);
}

void TestDataset::everyPrefixIsRefused()
{
    for (const std::string& images : {threeImages, gzip(threeImages)}) {
        for (std::size_t size = 0; size < images.size(); ++size)
            VERIFY_CONTAINS(messageOf([&] { readBytes(images.substr(0, size), threeLabels); }),
                            "some images: ");
    }
}

/// Compressed data carry a checksum: none of their damage may pass for another image.
void TestDataset::everyDamagedBytePairIsNoticed()
{
    constexpr std::size_t header = 10; // holds a time stamp and the like, which do not matter
    const std::string images = gzip(threeImages);
    for (std::size_t at = header; at + 1 < images.size(); ++at) {
        std::string damaged = images;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
        damaged[at + 1] = static_cast<char>(damaged[at + 1] ^ 0xa8);
        VERIFY_CONTAINS(messageOf([&] { readBytes(damaged, threeLabels); }), "some images: ");
    }
}

void TestDataset::namesMissingFiles()
{
    const TemporaryFolder folder;
    const auto images = folder.write("images", threeImages);
    const auto labels = folder.write("labels", threeLabels);
    VERIFY_CONTAINS(messageOf([&] { readIdx(folder.path() / "none", labels); }),
                    "none: found no file that can be read, expected grey images in IDX form");
    VERIFY_CONTAINS(messageOf([&] { readIdx(images, folder.path() / "none"); }),
                    "none: found no file that can be read, expected labels in IDX form");
    VERIFY_CONTAINS(messageOf([&] { readIdx(folder.path(), labels); }),
                    "found no file that can be read, expected grey images in IDX form");
    VERIFY_CONTAINS(messageOf([&] { readIdxFolder(folder.path() / "nowhere"); }),
                    "nowhere/train-images-idx3-ubyte: found no such file, nor one that ends in .gz");
}

void TestDataset::foldersHoldPlainOrGzip()
{
    const TemporaryFolder parent;
    const auto folder = parent.path() / "digits";
    std::filesystem::create_directory(folder);
    parent.write("digits/train-images-idx3-ubyte", threeImages);
    parent.write("digits/train-labels-idx1-ubyte.gz", gzip(threeLabels));
    parent.write("digits/t10k-images-idx3-ubyte.gz", gzip(words({imageMagic, 1, 2, 3}) + "123456"));
    VERIFY_CONTAINS(messageOf([&] { readIdxFolder(folder); }),
                    "digits/t10k-labels-idx1-ubyte: found no such file");
    parent.write("digits/t10k-labels-idx1-ubyte", words({labelMagic, 1}) + "\5");

    const DatasetPair pair = readIdxFolder(folder);
    QCOMPARE(pair.name, std::string("digits"));
    QCOMPARE(pair.train.size(), 3);
    QCOMPARE(pair.test.size(), 1);
    QCOMPARE(pair.test.labels[0], std::uint8_t{5});
    QCOMPARE(readIdxFolder(folder / "").name, std::string("digits"));
}

void TestDataset::foldersNeedImagesOfOneSize()
{
    const TemporaryFolder folder;
    for (const char* part : {"train", "t10k"})
        folder.write(std::string(part) + "-labels-idx1-ubyte", threeLabels);
    folder.write("train-images-idx3-ubyte", threeImages);
    folder.write("t10k-images-idx3-ubyte", words({imageMagic, 3, 3, 2}) + threeImages.substr(16));
    VERIFY_CONTAINS(messageOf([&] { readIdxFolder(folder.path()); }),
                    "found images of 2 x 3 pixels, expected 3 x 2 pixels");
}

/// Class counts and first labels as published for MNIST.
void TestDataset::mnistIsMnist()
{
    const DatasetPair mnist = readIdxFolder(std::filesystem::path(FAULTLINE_SOURCE_DATASETS) / "mnist");
    QCOMPARE(mnist.name, std::string("mnist"));
    QCOMPARE(mnist.train.size(), 60000);
    QCOMPARE(mnist.test.size(), 10000);
    for (const Dataset* dataset : {&mnist.train, &mnist.test}) {
        QCOMPARE(dataset->width, 28);
        QCOMPARE(dataset->height, 28);
        QCOMPARE(dataset->images.rows(), 784);
        QCOMPARE(dataset->images.cols(), dataset->size());
        QCOMPARE(dataset->images.coeffs().minCoeff(), 1.0f / 255.0f); // zeros are not stored
        QCOMPARE(dataset->images.coeffs().maxCoeff(), 1.0f);
    }
    const auto classes = [](const Dataset& dataset) {
        std::array<int, classCount> counts{};
        for (std::uint8_t label : dataset.labels)
            ++counts[label];
        return counts;
    };
    QCOMPARE(classes(mnist.train), (std::array{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
    QCOMPARE(classes(mnist.test), (std::array{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
    QCOMPARE(std::vector(mnist.train.labels.begin(), mnist.train.labels.begin() + 5),
             (std::vector<std::uint8_t>{5, 0, 4, 1, 9}));
    // The well-known mean of the training pixels, 0.1307.
    QVERIFY(std::abs(mnist.train.images.cast<double>().sum() / (784 * 60000) - 0.1307) < 0.0001);
}

void TestDataset::downsampleAveragesAreas_data()
{
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("side");
    QTest::newRow("28 to 14") << 28 << 28 << 14;
    QTest::newRow("28 to 9") << 28 << 28 << 9;
    QTest::newRow("28 to 27") << 28 << 28 << 27;
    QTest::newRow("28 to 1") << 28 << 28 << 1;
    QTest::newRow("28 to 28") << 28 << 28 << 28;
    QTest::newRow("wide") << 11 << 7 << 5;
    QTest::newRow("high") << 3 << 8 << 3;
}

void TestDataset::downsampleAveragesAreas()
{
    QFETCH(const int, width);
    QFETCH(const int, height);
    QFETCH(const int, side);

    const Dataset dataset = noise(width, height, 4);
    const Dataset smaller = downsample(dataset, side);
    QCOMPARE(smaller.width, side);
    QCOMPARE(smaller.height, side);
    QCOMPARE(smaller.labels, dataset.labels);
    QCOMPARE(smaller.images.rows(), side * side);
    QCOMPARE(smaller.images.cols(), 4);
    const double error = (Eigen::MatrixXd(smaller.images.cast<double>()) - averageOfPieces(dataset, side))
                             .cwiseAbs()
                             .maxCoeff();
    QVERIFY(error < 1e-6);
}

void TestDataset::downsampleRefusesOtherSides()
{
    const Dataset dataset = noise(6, 4, 1);
    for (int side : {-1, 0, 5, 6})
        VERIFY_CONTAINS(messageOf([&] { downsample(dataset, side); }), "side of the smaller images is " +
                                                                           std::to_string(side) +
                                                                           ", must be from 1 to 4 pixels");
}

QTEST_APPLESS_MAIN(TestDataset)
#include "test_dataset.moc"
