#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <QTemporaryDir>

/// A folder that lives as long as this object, for files that a test writes.
class TemporaryFolder
{
public:
    std::filesystem::path path() const { return folder_.path().toStdString(); }

    std::filesystem::path write(const std::string& name, std::string_view bytes) const
    {
        const auto file = path() / name;
        std::ofstream stream(file, std::ios::binary);
        stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        stream.close();
        if (!stream)
            throw std::runtime_error("cannot write " + file.string());
        return file;
    }

private:
    QTemporaryDir folder_;
};
