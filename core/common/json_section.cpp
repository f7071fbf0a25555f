#include "common/json_section.h"

#include <fstream>

namespace faultline
{

nlohmann::json readJson(const std::filesystem::path& file, const std::string& what)
{
    std::ifstream stream(file, std::ios::binary);
    stream.peek(); // a folder can be opened, but not read
    if (!stream.is_open() || stream.bad())
        throw Error(file.string(), "", "no file that can be read", what);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
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
