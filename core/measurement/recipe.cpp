#include "measurement/recipe.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include <re2/re2.h>

#include "common/files.h"
#include "common/json_section.h"
#include "common/require.h"
#include "common/text.h"

namespace faultline
{

namespace fs = std::filesystem;

namespace
{

template <class Choice, std::size_t count>
Choice chosen(const JsonSection& section, const char* key, const std::array<Choice, count>& all)
{
    const std::string word = section.text(key);
    std::string names;
    for (const Choice choice : all) {
        if (name(choice) == word)
            return choice;
        names += (names.empty() ? "" : ", ") + std::string(name(choice));
    }
    section.check([&] { require(false, key, word, "one of " + names); });
    throw Error(word); // not reached
}

const std::map<std::string, char> separators{
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"blank", ' '}};
const std::map<std::string, char> decimals{{"point", '.'}, {"comma", ','}};

char character(const JsonSection& section, const char* key, const std::map<std::string, char>& words)
{
    const std::string word = section.text(key);
    const auto found = words.find(word);
    std::string names;
    for (const auto& [other, sign] : words)
        names += (names.empty() ? "" : ", ") + other;
    section.check([&] { require(found != words.end(), key, word, "one of " + names); });
    return found->second;
}

std::string wordFor(char sign, const std::map<std::string, char>& words)
{
    return std::ranges::find(words, sign, [](const auto& item) { return item.second; })->first;
}

bool truth(const JsonSection& section, const char* key)
{
    return section.has(key) && section.wholeNumber<std::uint8_t>(key) != 0;
}

struct Unit {
    std::string_view name, symbol;
    double size;
};

const Unit& unit(Quantity quantity)
{
    static constexpr std::array<Unit, allQuantities.size()> units{{{"milliohm", "mΩ", 1e-3},
                                                                   {"ohm", "Ω", 1.0},
                                                                   {"kiloohm", "kΩ", 1e3},
                                                                   {"megaohm", "MΩ", 1e6},
                                                                   {"gigaohm", "GΩ", 1e9},
                                                                   {"siemens", "S", 1.0},
                                                                   {"millisiemens", "mS", 1e-3},
                                                                   {"microsiemens", "µS", 1e-6},
                                                                   {"nanosiemens", "nS", 1e-9},
                                                                   {"picosiemens", "pS", 1e-12},
                                                                   {"ampere", "A", 1.0},
                                                                   {"milliampere", "mA", 1e-3},
                                                                   {"microampere", "µA", 1e-6},
                                                                   {"nanoampere", "nA", 1e-9},
                                                                   {"picoampere", "pA", 1e-12},
                                                                   {"femtoampere", "fA", 1e-15}}};
    return units[static_cast<std::size_t>(quantity)];
}

fs::path fileOf(const std::string& recipe)
{
    return recipesFolder() / (recipe + ".json");
}

} // namespace

std::string_view name(Quantity quantity)
{
    return unit(quantity).name;
}

std::string symbol(Quantity quantity)
{
    return std::string(unit(quantity).symbol);
}

bool isResistance(Quantity quantity)
{
    return quantity <= Quantity::GigaOhm;
}

bool isCurrent(Quantity quantity)
{
    return quantity >= Quantity::Ampere;
}

double unitOf(Quantity quantity)
{
    return unit(quantity).size;
}

std::string_view name(TextLayout layout)
{
    return layout == TextLayout::Matrix ? "matrix" : "table";
}

std::string_view name(Repeated repeated)
{
    constexpr std::array<std::string_view, allRepeated.size()> names{"none", "first", "last", "median",
                                                                     "worst"};
    return names[static_cast<std::size_t>(repeated)];
}

std::optional<Level> stateNamed(std::string_view word)
{
    static const std::map<std::string, Level> states{
        {"p", P},   {"parallel", P},      {"lrs", P},  {"low", P},   {"1", P},
        {"ap", AP}, {"antiparallel", AP}, {"hrs", AP}, {"high", AP}, {"0", AP}};
    const auto found = states.find(lower(word));
    return found == states.end() ? std::nullopt : std::optional(found->second);
}

void ImportRecipe::validate() const
{
    text.validate();
    if (layout == TextLayout::Table) {
        for (const auto& [key, column] : tableColumns)
            require(columns.*column >= 0, std::string("column of ") + key, columns.*column,
                    "1 or more, or 0 for none");
        require(columns.row > 0, "column of row", columns.row, "1 or more");
        require(columns.column > 0, "column of column", columns.column, "1 or more");
        const bool both = columns.parallel > 0 || columns.antiparallel > 0;
        require(both != (columns.value > 0), "column of value", columns.value,
                "1 or more, or else the columns of value_p and value_ap");
    }
    require(firstIndex == 0 || firstIndex == 1, "first index", firstIndex, "0 or 1");
    require(std::isfinite(readVoltage) && readVoltage != 0.0, "read voltage", readVoltage,
            "a number of volts other than 0");
    require(states.size() == 1 || (states.size() == 2 && states[0] != states[1]), "number of states",
            states.size(), "P, AP or both");
    constexpr std::size_t longestPattern = 256;
    require(dieName.size() <= longestPattern, "length of the pattern of die names", dieName.size(),
            "at most " + std::to_string(longestPattern) + " characters");
    const RE2 expression(dieName, RE2::Quiet); // takes time in proportion to the name, whatever the pattern
    require(expression.ok(), "pattern of die names", dieName, "a regular expression");
    require(dieName.empty() || expression.NumberOfCapturingGroups() > 0, "pattern of die names", dieName,
            "one with a group ( ) around the name");
    require(name.find_first_of("/\\") == name.npos && !name.starts_with('.'), "name of the recipe", name,
            "without slashes and a leading point");
}

fs::path recipesFolder()
{
    const char* chosen = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    const fs::path config = chosen && *chosen ? fs::path(chosen) : fs::path(home ? home : "/") / ".config";
    return config / "faultline" / "recipes";
}

std::vector<std::string> recipeNames()
{
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(recipesFolder(), missing))
        if (entry.path().extension() == ".json")
            names.push_back(entry.path().stem().string());
    std::ranges::sort(names);
    return names;
}

ImportRecipe loadRecipe(const std::string& nameOrFile)
{
    const bool isFile = nameOrFile.find('/') != nameOrFile.npos || nameOrFile.ends_with(".json");
    const fs::path file = isFile ? fs::path(nameOrFile) : fileOf(nameOrFile);
    const nlohmann::json document = readJson(file, "a recipe, as the import of dies saves it");
    const JsonSection root(file.string(), "", document,
                           {"text", "layout", "columns", "first_index", "datasets", "quantity",
                            "read_voltage_volt", "repeated", "states", "transpose", "flip_rows",
                            "flip_columns", "wafer_y_up", "wafer_x_left", "die_name"});
    ImportRecipe recipe;
    recipe.name = file.stem().string();
    const JsonSection text = root.section("text", {"separator", "decimal", "header_lines", "label_columns"});
    recipe.text = {character(text, "separator", separators), character(text, "decimal", decimals),
                   text.wholeNumber<int>("header_lines"), text.wholeNumber<int>("label_columns")};
    recipe.layout = chosen(root, "layout", std::array{TextLayout::Matrix, TextLayout::Table});
    if (root.has("columns")) {
        const JsonSection columns =
            root.section("columns", {"die", "row", "column", "state", "value", "value_p", "value_ap",
                                     "wafer_row", "wafer_column"});
        for (const auto& [key, column] : tableColumns)
            recipe.columns.*column = columns.wholeNumber(key, 0);
    }
    recipe.firstIndex = root.wholeNumber("first_index", recipe.firstIndex);
    if (root.has("repeated"))
        recipe.repeated = chosen(root, "repeated", allRepeated);
    if (root.has("datasets"))
        recipe.datasets = root.list<std::string>("datasets", "a list of paths");
    recipe.quantity = chosen(root, "quantity", allQuantities);
    recipe.readVoltage = root.number("read_voltage_volt", recipe.readVoltage);
    recipe.states.clear();
    for (const std::string& word : root.list<std::string>("states", R"(["AP", "P"] or one of them)")) {
        const auto state = stateNamed(word);
        root.check([&] { require(state.has_value(), "state", word, "P or AP"); });
        recipe.states.push_back(*state);
    }
    recipe.transpose = truth(root, "transpose");
    recipe.flipRows = truth(root, "flip_rows");
    recipe.flipColumns = truth(root, "flip_columns");
    recipe.waferYUp = truth(root, "wafer_y_up");
    recipe.waferXLeft = truth(root, "wafer_x_left");
    if (root.has("die_name"))
        recipe.dieName = root.text("die_name");
    root.validate(recipe);
    return recipe;
}

void saveRecipe(const ImportRecipe& recipe)
{
    recipe.validate();
    require(!recipe.name.empty(), "name of the recipe", "empty", "a word or more");
    nlohmann::ordered_json document{
        {"layout", name(recipe.layout)},
        {"text",
         {{"separator", wordFor(recipe.text.separator, separators)},
          {"decimal", wordFor(recipe.text.decimal, decimals)},
          {"header_lines", recipe.text.headerLines},
          {"label_columns", recipe.text.labelColumns}}},
        {"quantity", name(recipe.quantity)},
        {"read_voltage_volt", recipe.readVoltage},
        {"transpose", recipe.transpose ? 1 : 0},
        {"flip_rows", recipe.flipRows ? 1 : 0},
        {"flip_columns", recipe.flipColumns ? 1 : 0},
        {"wafer_y_up", recipe.waferYUp ? 1 : 0},
        {"wafer_x_left", recipe.waferXLeft ? 1 : 0},
        {"die_name", recipe.dieName},
        {"datasets", recipe.datasets},
        {"first_index", recipe.firstIndex},
        {"repeated", name(recipe.repeated)},
    };
    for (const Level state : recipe.states)
        document["states"].push_back(std::string(faultline::name(state)));
    for (const auto& [key, column] : tableColumns)
        if (recipe.columns.*column > 0)
            document["columns"][key] = recipe.columns.*column;
    std::error_code failure;
    fs::create_directories(recipesFolder(), failure); // the write tells of a failure
    writeFileAtomically(fileOf(recipe.name), document.dump(2) + "\n");
}

} // namespace faultline
