#include <set>

#include <QTest>

#include "common/json_options.h"
#include "crossbar/circuit_options.h"
#include "formats/hdf5_options.h"
#include "learning/trainer.h"
#include "support/described_options.h"
#include "support/errors.h"

using namespace faultline;

namespace
{

template <class Options>
Options fromJson(const nlohmann::json& document)
{
    Options options;
    readOptions(JsonSection("f.json", "", document, namesIn<Options>("")), options);
    return options;
}

/// The file of options, with what `change` does to it besides.
template <class Options>
std::string hdf5File(const Options& options, const std::function<void(hdf5::Group&)>& change = {})
{
    return hdf5::build([&](hdf5::Group root) {
        hdf5::Group group = root.create("options", "for this test");
        std::set<std::string> sections;
        describe(options, [&](const char* key, const auto&, const Says&) {
            if (const std::string section = OptionPlace(key).section;
                !section.empty() && sections.insert(section).second)
                group.create(section, "for this test");
        });
        if (change)
            change(group);
        saveOptions(std::move(group), options);
    });
}

template <class Options>
Options fromHdf5(const std::string& bytes)
{
    return loadOptions(hdf5::Image(bytes).root().open("options"), Options());
}

} // namespace

/// Runs over the descriptions themselves: an option is tested when it is described.
class TestDescribedOptions : public QObject
{
    Q_OBJECT

private slots:
    void training() { check<TrainingOptions>(); }
    void circuit() { check<CircuitOptions>(); }
    void saysWhatIsWrong();
    void namesTheNearestKey();

private:
    template <class Options>
    void check();
};

template <class Options>
void TestDescribedOptions::check()
{
    const Options usual, other = allOthers(usual);
    describe(other, [&](const char* key, const auto& value, const Says& says) {
        describePair(usual, usual, key, [&](const auto& before, const auto&) {
            if constexpr (std::is_same_v<decltype(before), decltype(value)>)
                QVERIFY2(before != value, key);
        });
        QVERIFY2(!std::string_view(says.label).empty() && !std::string_view(says.help).empty(), key);
    });
    QVERIFY(fromJson<Options>(optionsJson(other)) == other);
    QVERIFY(fromJson<Options>(nlohmann::json::object()) == usual);
    QVERIFY(fromHdf5<Options>(hdf5File(other)) == other);
    QVERIFY(fromHdf5<Options>(hdf5::build([](hdf5::Group root) { root.create("options", "none"); })) ==
            usual);
    forEachOutside(usual, [](const Options& bad, const std::string& key, const std::string& label) {
        try {
            bad.validate();
            QFAIL(("No error: " + key).c_str());
        } catch (const OptionError& error) {
            QCOMPARE(error.key(), key);
            VERIFY_CONTAINS(std::string(error.what()), label + " (" + key + ") is ");
        }
    });
    nlohmann::json document = optionsJson(other);
    document["unheard_of"] = 1;
    VERIFY_CONTAINS(messageOf([&] { fromJson<Options>(document); }), "f.json: unheard_of: found a key");
    VERIFY_CONTAINS(messageOf([&] {
                        fromHdf5<Options>(
                            hdf5File(other, [](hdf5::Group& group) { group.set("unheard_of", 1); }));
                    }),
                    "options/unheard_of: found an option that is not known here");
}

void TestDescribedOptions::saysWhatIsWrong()
{
    TrainingOptions options{.epochs = 0};
    QCOMPARE(messageOf([&] { options.validate(); }), "Epochs (epochs) is 0, must be from 1 to 100000");
    options = {.learningRate = 0.0};
    QCOMPARE(messageOf([&] { options.validate(); }),
             "Learning rate (learning_rate) is 0, must be above 0, at most 1");
    options = {.batch = 5, .draws = 6};
    QCOMPARE(messageOf([&] { options.validate(); }),
             "Dies per step (draws) is 6, must be at most the batch of 5");
    QCOMPARE(from(2, 16).words("bits"), "from 2 to 16 bits");
    QCOMPARE(above(0.0).words("V"), "above 0 V and finite");
    QCOMPARE(above(0.0, std::numeric_limits<double>::infinity()).words("V"), "above 0 V");
    QCOMPARE(from(0.0).words("A"), "0 A or more and finite");
    QCOMPARE((Range{.low = 2, .high = 16, .also = 0}).words(""), "from 2 to 16, or 0");
}

void TestDescribedOptions::namesTheNearestKey()
{
    const auto message = [](const char* key) {
        return messageOf([&] { fromJson<TrainingOptions>({{key, 1}}); });
    };
    VERIFY_CONTAINS(message("epoch"), "the nearest is epochs");
    VERIFY_CONTAINS(message("learningRate"), "the nearest is learning_rate");
    VERIFY_CONTAINS(message("drwas"), "the nearest is draws");
    // Sections are named once each.
    const std::string sections = messageOf([] { fromJson<CircuitOptions>({{"wirse", 1}}); });
    VERIFY_CONTAINS(sections, "the nearest is wires");
    QCOMPARE(sections.find("wires,"), sections.rfind("wires,"));
}

QTEST_APPLESS_MAIN(TestDescribedOptions)
#include "test_described_options.moc"
