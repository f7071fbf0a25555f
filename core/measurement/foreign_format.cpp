#include "measurement/foreign_format.h"

#include <algorithm>
#include <array>

#include "common/error.h"
#include "common/text.h"

namespace faultline::measured
{

namespace
{

using namespace std::string_view_literals;

constexpr std::string_view asCsv = "a table in CSV", workbook = "its sheet saved as CSV",
                           matlab73 = "MATLAB 7.3: save(file, '-v7.3')",
                           unpacked = "the file that is packed in it",
                           python = "arrays: in Python, np.savez(file, R_P=..., R_AP=...)",
                           oneLineEach = "a table in CSV with a line for each cell: die, row, column, "
                                         "state, value";

struct Format {
    std::string_view start, name, expected;
};
constexpr std::array formats{
    Format{"MATLAB 5.0 MAT-file"sv, "a MATLAB 5 file, which save writes without -v7.3", matlab73},
    Format{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an Excel 97 workbook (.xls)", workbook},
    Format{"TDSm"sv, "a LabVIEW TDMS file",
           "a text file: in LabVIEW, Write to Measurement File; in Python, npTDMS"},
    Format{"TDSh"sv, "the index of a LabVIEW TDMS file", asCsv},
    Format{"\x02\x00\x00\x0A"sv, "a tester's STDF file", oneLineEach},
    Format{"\x00\x02\x00\x0A"sv, "a tester's STDF file", oneLineEach},
    Format{"FileVersion "sv, "a KLARF file of an inspection", oneLineEach},
    Format{"Record FileRecord"sv, "a KLARF file of an inspection", oneLineEach},
    Format{"\x80\x02"sv, "a Python pickle", python},
    Format{"\x80\x03"sv, "a Python pickle", python},
    Format{"\x80\x04"sv, "a Python pickle", python},
    Format{"\x80\x05"sv, "a Python pickle", python},
    Format{"PAR1"sv, "a Parquet file", "a table in CSV: in Python, frame.to_csv(file, index=False)"},
    Format{"ARROW1"sv, "a Feather file", "a table in CSV: in Python, frame.to_csv(file, index=False)"},
    Format{"SQLite format 3"sv, "a SQLite database", asCsv},
    Format{"\x1F\x8B"sv, "a file packed by gzip", unpacked},
    Format{"BZh"sv, "a file packed by bzip2", unpacked},
    Format{"\xFD"
           "7zXZ"sv,
           "a file packed by xz", unpacked},
    Format{"\x28\xB5\x2F\xFD"sv, "a file packed by zstd", unpacked},
    Format{"7z\xBC\xAF"sv, "a 7-zip archive", unpacked},
    Format{"%PDF"sv, "a PDF document", asCsv},
    Format{"\x89PNG"sv, "a picture", asCsv},
    Format{"\xFF\xD8\xFF"sv, "a picture", asCsv}};

/// What a ZIP archive holds that is none of NumPy's, by the names in it.
constexpr std::array archives{
    Format{"xl/"sv, "an Excel workbook (.xlsx)", workbook},
    Format{"application/vnd.oasis.opendocument.spreadsheet"sv, "an OpenDocument workbook (.ods)", workbook},
    Format{"data.pkl"sv, "an archive of PyTorch", python}};

} // namespace

void refuseForeignFormat(const std::filesystem::path& file, std::string_view bytes)
{
    const auto refuse = [&](std::string_view found, std::string_view expected) {
        throw Error(file.string(), "", std::string(found), std::string(expected));
    };
    if (bytes.starts_with("PK")) {
        if (bytes.find(".npy") != bytes.npos)
            return;
        for (const Format& archive : archives)
            if (bytes.find(archive.start) != bytes.npos)
                refuse(archive.name, archive.expected);
        return;
    }
    for (const Format& format : formats)
        if (bytes.starts_with(format.start))
            refuse(format.name, format.expected);
    const std::string_view start = bytes.substr(0, 4096);
    if (lower(file.extension().string()) == ".mat" && start.find('\0') != start.npos)
        refuse("a MATLAB 4 file", matlab73);
}

bool isForeignEnding(std::string_view ending)
{
    constexpr std::array<std::string_view, 13> endings{".xlsx",    ".xlsm",  ".xls", ".ods",    ".tdms",
                                                       ".stdf",    ".std",   ".pkl", ".pickle", ".parquet",
                                                       ".feather", ".klarf", ".kla"};
    return std::ranges::find(endings, ending) != endings.end();
}

} // namespace faultline::measured
