#pragma once

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/error.h"
#include "common/text.h"

namespace faultline
{

/// Parses a file. Throws Error, with the line; `what` says what the file should have been.
nlohmann::json readJson(const std::filesystem::path& file, const std::string& what);

/// One object of a JSON file: hands out its values and throws an Error that says where a bad one stands.
class JsonSection
{
public:
    /// Refuses an object that has others than these keys.
    JsonSection(std::string file, std::string path, const nlohmann::json& object,
                const std::vector<std::string>& keys)
        : file_(std::move(file)),
          path_(std::move(path)),
          object_(object)
    {
        if (!object.is_object())
            throw Error(file_, path_, quoted(object), "an object { ... }");
        for (const auto& item : object.items())
            if (std::ranges::find(keys, item.key()) == keys.end())
                throw Error(file_, place(item.key()), "a key that is not known here",
                            oneOf(keys, item.key()));
    }

    bool has(const std::string& key) const { return object_.contains(key); }

    JsonSection section(const std::string& key, const std::vector<std::string>& keys) const
    {
        return {file_, place(key), value(key, "an object { ... }"), keys};
    }

    std::string text(const std::string& key) const
    {
        const nlohmann::json& found = value(key, "a text in quotes");
        if (!found.is_string())
            throw Error(file_, place(key), quoted(found), "a text in quotes");
        return found.get<std::string>();
    }

    double number(const std::string& key) const
    {
        const nlohmann::json& found = value(key, "a number");
        if (!found.is_number())
            throw Error(file_, place(key), quoted(found), "a number");
        return found.get<double>();
    }

    /// Of texts, or of whole numbers from 0 on.
    template <class Value>
    std::vector<Value> list(const std::string& key, const std::string& expected) const
    {
        const nlohmann::json& found = value(key, expected);
        const auto isOne = [](const nlohmann::json& element) {
            if constexpr (std::is_integral_v<Value>)
                return isWholeNumber<Value>(element);
            else
                return element.is_string();
        };
        if (!found.is_array() || !std::all_of(found.begin(), found.end(), isOne))
            throw Error(file_, place(key), quoted(found), expected);
        return found.get<std::vector<Value>>();
    }

    double number(const std::string& key, double otherwise) const
    {
        return has(key) ? number(key) : otherwise;
    }

    template <class T>
    T wholeNumber(const std::string& key) const
    {
        const std::string expected =
            "a whole number from 0 to " + std::to_string(std::numeric_limits<T>::max());
        const nlohmann::json& found = value(key, expected);
        if (!isWholeNumber<T>(found))
            throw Error(file_, place(key), quoted(found), expected);
        return found.get<T>();
    }

    template <class T>
    T wholeNumber(const std::string& key, T otherwise) const
    {
        return has(key) ? wholeNumber<T>(key) : otherwise;
    }

    /// Adds this section's place to what `check` has to say.
    template <class Check>
    void check(const Check& check) const
    {
        try {
            check();
        } catch (const Error& error) {
            throw Error(file_ + ": " + (path_.empty() ? "" : path_ + ": ") + error.what());
        }
    }

    /// Adds this section's place to what a validate() has to say.
    template <class Settings>
    void validate(const Settings& settings) const
    {
        check([&] { settings.validate(); });
    }

private:
    template <class T>
    static bool isWholeNumber(const nlohmann::json& found)
    {
        const bool isOne =
            found.is_number_unsigned() || (found.is_number_integer() && found.get<std::int64_t>() >= 0);
        return isOne &&
               found.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    }

    std::string place(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

    static std::string quoted(const nlohmann::json& found)
    {
        constexpr std::size_t longest = 40;
        const std::string text = found.dump(-1, ' ', true);
        return text.size() <= longest ? text : text.substr(0, longest) + "...";
    }

    const nlohmann::json& value(const std::string& key, const std::string& expected) const
    {
        const auto found = object_.find(key);
        if (found == object_.end())
            throw Error(file_, place(key), "no such key", expected);
        return *found;
    }

    std::string file_;
    std::string path_; ///< "defects.short"; empty for the outermost object
    const nlohmann::json& object_;
};

} // namespace faultline
