#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include <zlib.h>

/// A ZIP archive with stored members, whose directory may say another size than they have.
inline std::string zipped(std::initializer_list<std::pair<std::string, std::string>> members,
                          std::optional<std::uint32_t> claimed = {})
{
    const auto bytesOf = [](std::initializer_list<std::pair<std::uint32_t, int>> numbers) {
        std::string bytes;
        for (const auto& [number, length] : numbers)
            for (int i = 0; i < length; ++i)
                bytes += static_cast<char>(number >> 8 * i);
        return bytes;
    };
    std::string file, directory;
    for (const auto& [name, content] : members) {
        const auto crc = static_cast<std::uint32_t>(
            crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
        const auto size = static_cast<std::uint32_t>(content.size());
        const auto length = static_cast<std::uint32_t>(name.size());
        const std::string about = bytesOf(
            {{20, 2}, {0, 2}, {0, 2}, {0, 4}, {crc, 4}, {size, 4}, {claimed.value_or(size), 4}, {length, 2}});
        directory += "PK\1\2" + bytesOf({{20, 2}}) + about +
                     bytesOf({{0, 2}, {0, 2}, {0, 2}, {0, 2}, {0, 4}}) +
                     bytesOf({{static_cast<std::uint32_t>(file.size()), 4}}) + name;
        file += "PK\3\4" + about + bytesOf({{0, 2}}) + name + content;
    }
    const auto count = static_cast<std::uint32_t>(members.size());
    return file + directory + "PK\5\6" +
           bytesOf({{0, 4},
                    {count, 2},
                    {count, 2},
                    {static_cast<std::uint32_t>(directory.size()), 4},
                    {static_cast<std::uint32_t>(file.size()), 4},
                    {0, 2}});
}
