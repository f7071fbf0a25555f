#include <set>
#include <vector>

#include <QTest>
#include <Random123/philox.h>

#include "common/random.h"
#include "support/goodness_of_fit.h"
#include "support/instruction_sets.h"

using namespace faultline;

class TestRandomStream : public QObject
{
    Q_OBJECT

private slots:
    void philoxGivesKnownAnswers_data();
    void philoxGivesKnownAnswers();
    void firstBlockIsAKnownAnswer();
    void countsBlocksInTheFirstWord_data() { addInstructionSets(); }
    void countsBlocksInTheFirstWord();
    void fillsWithTheSameWords_data() { addInstructionSets(); }
    void fillsWithTheSameWords();
    void everyPartOfTheKeyMatters();
    void uniformIsUniform();
    void belowIsUniform_data();
    void belowIsUniform();
};

using Words = std::vector<std::uint32_t>;

/// The lines "philox4x32 10" of Random123's tests/kat_vectors: counter, key, answer.
void TestRandomStream::philoxGivesKnownAnswers_data()
{
    QTest::addColumn<Words>("counter");
    QTest::addColumn<Words>("key");
    QTest::addColumn<Words>("answer");

    QTest::newRow("zeros") << Words{0, 0, 0, 0} << Words{0, 0}
                           << Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    QTest::newRow("ones") << Words(4, 0xffffffff) << Words(2, 0xffffffff)
                          << Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    QTest::newRow("pi") << Words{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}
                        << Words{0xa4093822, 0x299f31d0}
                        << Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
}

void TestRandomStream::philoxGivesKnownAnswers()
{
    QFETCH(const Words, counter);
    QFETCH(const Words, key);
    QFETCH(const Words, answer);

    const auto block =
        r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
    QCOMPARE(Words(block.begin(), block.end()), answer);
}

void TestRandomStream::firstBlockIsAKnownAnswer()
{
    RandomStream random(0, RandomUse{0});
    for (std::uint32_t word : {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u})
        QCOMPARE(random(), word);
}

/// Saved projects depend on this layout of the key and the counter.
void TestRandomStream::countsBlocksInTheFirstWord()
{
    const WithInstructionSet here;
    RandomStream random(0x0123456789abcdef, RandomUse::Shuffle, 7, 11);
    for (std::uint32_t count = 0; count < 35; ++count) {
        for (std::uint32_t word : r123::Philox4x32()({{count, 3, 7, 11}}, {{0x89abcdef, 0x01234567}}))
            QCOMPARE(random(), word);
    }
}

void TestRandomStream::fillsWithTheSameWords()
{
    const WithInstructionSet here;
    RandomStream singly(1, RandomUse::Test), filled = singly;
    for (const std::size_t count : {1u, 0u, 30u, 32u, 5u, 200u, 31u, 64u}) {
        Words words(count), expected(count);
        filled.fill(words);
        for (std::uint32_t& word : expected)
            word = singly();
        QCOMPARE(words, expected);
    }
}

void TestRandomStream::everyPartOfTheKeyMatters()
{
    std::set<std::uint32_t> firstWords;
    for (RandomStream random :
         {RandomStream(1, RandomUse::Test), RandomStream(2, RandomUse::Test),
          RandomStream(1ull << 32, RandomUse::Test), RandomStream(1, RandomUse::Shuffle),
          RandomStream(1, RandomUse::Test, 1), RandomStream(1, RandomUse::Test, 0, 1)})
        firstWords.insert(random());
    QCOMPARE(firstWords.size(), 6u);
}

void TestRandomStream::uniformIsUniform()
{
    RandomStream random(1, RandomUse::Test);
    std::vector<double> sample;
    for (int k = 0; k < 100000; ++k)
        sample.push_back(random.uniform());
    QVERIFY(*std::min_element(sample.begin(), sample.end()) >= 0.0);
    QVERIFY(*std::max_element(sample.begin(), sample.end()) < 1.0);
    QVERIFY(kolmogorovSmirnovProbability(sample, [](double x) { return x; }) > unlikely);
}

/// Values are counted by remainder. Of the large bounds a plain multiplication or remainder would reach some
/// values twice as often as others.
void TestRandomStream::belowIsUniform_data()
{
    QTest::addColumn<std::uint32_t>("bound");
    QTest::addColumn<std::uint32_t>("bins");

    QTest::newRow("1") << 1u << 1u;
    QTest::newRow("2") << 2u << 2u;
    QTest::newRow("7") << 7u << 7u;
    QTest::newRow("20000") << 20000u << 1000u;
    QTest::newRow("3/4 of all") << (3u << 30) << 3u;
    QTest::newRow("5/8 of all") << (5u << 29) << 5u;
}

void TestRandomStream::belowIsUniform()
{
    QFETCH(const std::uint32_t, bound);
    QFETCH(const std::uint32_t, bins);

    constexpr int draws = 100000;
    RandomStream random(2, RandomUse::Test, bound);
    std::vector<double> counts(bins), halves(2);
    for (int k = 0; k < draws; ++k) {
        const std::uint32_t value = random.below(bound);
        QVERIFY(value < bound);
        ++counts[value % bins];
        ++halves[value < bound / 2 ? 0 : 1];
    }
    if (bound == 1)
        return;
    QVERIFY(chiSquareProbability(counts, std::vector<double>(bins, double{draws} / bins)) > unlikely);
    const double lowShare = static_cast<double>(bound / 2) / bound;
    QVERIFY(chiSquareProbability(halves, std::vector{draws * lowShare, draws * (1.0 - lowShare)}) > unlikely);
}

QTEST_APPLESS_MAIN(TestRandomStream)
#include "test_random_stream.moc"
