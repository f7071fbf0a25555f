#include "measurement/units.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "common/text.h"

namespace faultline::measured
{

namespace
{

struct Token {
    std::string_view text;
    bool alone = false; ///< in brackets, or all that there is
};

/// Runs of letters, to which all bytes beyond ASCII belong.
std::vector<Token> tokensOf(std::string_view words, bool letters)
{
    const auto isLetter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    };
    std::vector<Token> tokens;
    for (std::size_t begin = 0; begin < words.size();) {
        if (!isLetter(words[begin])) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < words.size() && isLetter(words[end]))
            ++end;
        const char before = begin > 0 ? words[begin - 1] : '[', after = end < words.size() ? words[end] : ']';
        const bool bracketed =
            (before == '[' || before == '(' || (letters && before == '_')) && (after == ']' || after == ')');
        tokens.push_back({words.substr(begin, end - begin), bracketed});
        begin = end;
    }
    return tokens;
}

/// The power of ten that a prefix stands for; empty for none, nothing for other words.
std::optional<int> powerOf(std::string_view prefix)
{
    constexpr std::array<std::pair<std::string_view, int>, 25> prefixes{
        {{"", 0},      {"f", -15},    {"femto", -15}, {"p", -12},       {"pico", -12},
         {"n", -9},    {"nano", -9},  {"u", -6},      {"\xC2\xB5", -6}, {"\xCE\xBC", -6},
         {"\xB5", -6}, {"micro", -6}, {"m", -3},      {"milli", -3},    {"k", 3},
         {"K", 3},     {"kilo", 3},   {"M", 6},       {"mega", 6},      {"Mega", 6},
         {"meg", 6},   {"G", 9},      {"giga", 9},    {"Giga", 9},      {"Kilo", 3}}};
    for (const auto& [text, power] : prefixes)
        if (text == prefix)
            return power;
    return std::nullopt;
}

std::optional<Quantity> quantityWith(Kind kind, int power)
{
    for (const Quantity quantity : allQuantities) {
        const Kind of = isResistance(quantity) ? Kind::Resistance
                        : isCurrent(quantity)  ? Kind::Current
                                               : Kind::Conductance;
        if (of == kind && std::lround(std::log10(unitOf(quantity))) == power)
            return quantity;
    }
    return std::nullopt;
}

/// The unit that a word is, after what may be a prefix in a word of its own.
std::optional<Quantity> unitNamed(const Token& token, std::string_view before)
{
    struct Ending {
        std::string_view text;
        Kind kind;
        bool letter; ///< upper case alone, and not without a prefix or brackets
    };
    constexpr std::array<Ending, 12> endings{{{"ohms", Kind::Resistance, false},
                                              {"ohm", Kind::Resistance, false},
                                              {"\xCE\xA9", Kind::Resistance, false},
                                              {"\xE2\x84\xA6", Kind::Resistance, false},
                                              {"siemens", Kind::Conductance, false},
                                              {"mho", Kind::Conductance, false},
                                              {"amperes", Kind::Current, false},
                                              {"ampere", Kind::Current, false},
                                              {"amps", Kind::Current, false},
                                              {"amp", Kind::Current, false},
                                              {"S", Kind::Conductance, true},
                                              {"A", Kind::Current, true}}};
    for (const auto& [text, kind, letter] : endings) {
        if (token.text.size() < text.size())
            continue;
        const std::string_view prefix = token.text.substr(0, token.text.size() - text.size());
        const std::string_view end = token.text.substr(prefix.size());
        if (letter ? end != text || (prefix.empty() && !token.alone) : lower(end) != lower(text))
            continue;
        const auto power = powerOf(prefix);
        if (!power)
            continue;
        const bool apart = prefix.empty() && before.size() > 2 && powerOf(before); // "kilo-ohm"
        return quantityWith(kind, apart ? *powerOf(before) : *power);
    }
    return std::nullopt;
}

std::optional<Kind> kindNamed(std::string_view word, bool letters)
{
    const auto begins = [&](std::string_view with) { return word.starts_with(with); };
    const auto isLetter = [&](char letter) { return letters && word.size() == 1 && word[0] == letter; };
    if (begins("resist") || begins("widerstand") || isLetter('r'))
        return Kind::Resistance;
    if (begins("conduct") || begins("leitwert") || isLetter('g'))
        return Kind::Conductance;
    if (begins("current") || begins("strom") || isLetter('i'))
        return Kind::Current;
    return std::nullopt;
}

} // namespace

Named namedUnit(std::string_view words, bool letters)
{
    Named named;
    std::string_view before;
    const std::vector<Token> tokens = tokensOf(words, letters);
    for (const Token& token : tokens) {
        if (!named.quantity)
            named.quantity = unitNamed(token, before);
        if (!named.kind)
            named.kind = kindNamed(lower(token.text), letters);
        before = token.text;
    }
    if (named.quantity)
        named.kind = isResistance(*named.quantity) ? Kind::Resistance
                     : isCurrent(*named.quantity)  ? Kind::Current
                                                   : Kind::Conductance;
    return named;
}

Quantity quantityOf(double typicalValue, std::optional<Kind> kind)
{
    if (!kind)
        kind = typicalValue < 0.1 ? Kind::Conductance : Kind::Resistance;
    if (kind == Kind::Resistance)
        return typicalValue < 100.0 ? Quantity::KiloOhm : Quantity::Ohm;
    if (kind == Kind::Conductance)
        return typicalValue >= 0.1 ? Quantity::MicroSiemens : Quantity::Siemens;
    return typicalValue >= 0.01 ? Quantity::MicroAmpere : Quantity::Ampere;
}

bool isPlausible(double typicalValue, Quantity quantity, double readVoltage)
{
    const double value =
        std::abs(typicalValue * unitOf(quantity) / (isCurrent(quantity) ? readVoltage : 1.0));
    const double ohm = isResistance(quantity) ? value : 1.0 / value;
    return ohm >= 10.0 && ohm <= 1e9;
}

} // namespace faultline::measured
