#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <QComboBox>
#include <QObject>

#include "common/options.h"

class QFormLayout;
class QHBoxLayout;
class QLineEdit;
class QSpinBox;

namespace faultline
{

/// Fields for the described options of a struct (common/options.h): a line for a number, in the unit of
/// forms, a spin box for a whole number, a combo box for a choice. A field's object name is the key.
class OptionFields : public QObject
{
    Q_OBJECT

public:
    /// A form with several sets of options names each: keys, in object names and errors, begin with
    /// "section.".
    explicit OptionFields(std::string section = {}) : section_(std::move(section)) {}

    /// Adds a row for each option for which isWanted(says) is true, under a heading for each group.
    template <class Options, class Wanted>
    void addTo(QFormLayout& form, const Options& options, const Wanted& isWanted)
    {
        std::vector<std::string> groups;
        describe(options, [&](const char*, const auto&, const Says& says) {
            if (isWanted(says) && std::ranges::find(groups, says.group) == groups.end())
                groups.emplace_back(says.group);
        });
        for (const std::string& group : groups) {
            addHeading(form, group);
            describe(options, [&](const char* key, const auto& value, const Says& says) {
                if (isWanted(says) && says.group == group)
                    addRow(form, key, makeField(value, says), says);
            });
        }
        show(options);
    }

    template <class Options>
    void show(const Options& options)
    {
        showing_ = true;
        describe(options, [&](const char* key, const auto& value, const Says& says) {
            if (rows_.contains(key))
                showValue(field(key), value, says);
        });
        showing_ = false;
    }

    /// What the fields say. What has no field, and digits that a field does not show, are as in `before`.
    /// Throws OptionError for words that are no number.
    template <class Options>
    Options shown(Options before) const
    {
        describe(before, [&](const char* key, auto& value, const Says& says) {
            if (rows_.contains(key) && !readValue(field(key), value, says))
                refuse(key, says);
        });
        return before;
    }

    QWidget* field(const std::string& key) const;
    QHBoxLayout* row(const std::string& key) const { return rows_.at(key); }

signals:
    void edited(); ///< by a person

private:
    void addHeading(QFormLayout& form, const std::string& group);
    void addRow(QFormLayout& form, const char* key, QWidget* field, const Says& says);

    QWidget* makeField(double value, const Says& says);
    QWidget* makeField(int value, const Says& says);
    template <class Choice>
    requires std::is_enum_v<Choice> QWidget* makeField(Choice value, const Says&)
    {
        QStringList names;
        for (const auto& [choice, name] : namesOf(value))
            names.append(QString::fromUtf8(name));
        return makeChoice(names);
    }
    QWidget* makeChoice(const QStringList& names);

    static void showValue(QWidget* field, double value, const Says& says);
    static void showValue(QWidget* field, int value, const Says& says);
    template <class Choice>
    requires std::is_enum_v<Choice>
    static void showValue(QWidget* field, Choice value, const Says&)
    {
        static_cast<QComboBox*>(field)->setCurrentText(QString::fromStdString(optionText(value)));
    }

    static bool readValue(const QWidget* field, double& value, const Says& says); ///< false for other words
    static bool readValue(const QWidget* field, int& value, const Says& says);
    template <class Choice>
    requires std::is_enum_v<Choice>
    static bool readValue(const QWidget* field, Choice& value, const Says&)
    {
        value = valueIn(namesOf(value), static_cast<const QComboBox*>(field)->currentText().toStdString());
        return true;
    }
    [[noreturn]] void refuse(const char* key, const Says& says) const;

    std::string section_;
    std::map<std::string, QHBoxLayout*> rows_; // of each key; the field is its first item
    bool showing_ = false;                     // fields change by themselves
};

} // namespace faultline
