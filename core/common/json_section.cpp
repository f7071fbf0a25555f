#include "common/json_section.h"

#include "common/files.h"

namespace faultline
{

nlohmann::json readJson(const std::filesystem::path& file, const std::string& what)
{
    if (std::error_code missing; !std::filesystem::is_regular_file(file, missing))
        throw Error(file.string(), "", "no file that can be read", what);
    constexpr std::size_t most = std::size_t{16} << 20; // parsed, it takes some thirty times as much
    const std::string text = readWholeFile(file, most);
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        const auto before = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
        const auto line = 1 + std::count(text.begin(), before, '\n');
        throw Error(file.string(), "line " + std::to_string(line),
                    error.byte > text.size() ? "the end of the file" : "text that is not JSON",
                    "a complete JSON object");
    } catch (const nlohmann::json::exception& error) {
        throw Error(file.string(), "", error.what(), "JSON with numbers that a computer can hold");
    }
}

} // namespace faultline
