#include "common/random.h"

#include <algorithm>

// Compiles the part up to HWY_ONCE for every instruction set; the best that the processor has runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "common/random.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace faultline::HWY_NAMESPACE
{
namespace hn = hwy::HWY_NAMESPACE;

constexpr int rounds = 10;

#if HWY_TARGET != HWY_SCALAR
/// The blocks of `chains` vectors of counters at a time, from `block` on, as far as they fill whole vectors.
/// A round waits for the one before it, so that one chain alone would leave the multiplier idle.
template <int chains>
HWY_INLINE void philoxVectors(const std::uint32_t* counter, const std::uint32_t* key, std::size_t count,
                              std::size_t& block, std::uint32_t* words)
{
    const hn::CappedTag<std::uint64_t, 8> wide;
    const hn::Repartition<std::uint32_t, decltype(wide)> narrow;
    using Vector = hn::Vec<decltype(wide)>;
    const std::size_t lanes = hn::Lanes(wide);
    const auto multiplier0 = hn::BitCast(narrow, hn::Set(wide, 0xD2511F53));
    const auto multiplier1 = hn::BitCast(narrow, hn::Set(wide, 0xCD9E8D57));
    const auto increment0 = hn::Set(wide, 0x9E3779B9), increment1 = hn::Set(wide, 0xBB67AE85);
    const auto low = hn::Set(wide, 0xFFFFFFFF);
    for (; block + chains * lanes <= count; block += chains * lanes) {
        Vector c0[chains], c1[chains], c2[chains], c3[chains];
        for (std::size_t k = 0; k < chains; ++k) {
            c0[k] = hn::Iota(wide, counter[0] + block + k * lanes);
            c1[k] = hn::Set(wide, counter[1]);
            c2[k] = hn::Set(wide, counter[2]);
            c3[k] = hn::Set(wide, counter[3]);
        }
        auto key0 = hn::Set(wide, key[0]), key1 = hn::Set(wide, key[1]);
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t k = 0; k < chains; ++k) {
                const auto product0 = hn::MulEven(hn::BitCast(narrow, c0[k]), multiplier0);
                const auto product1 = hn::MulEven(hn::BitCast(narrow, c2[k]), multiplier1);
                c0[k] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1[k]), key0);
                c1[k] = product1;
                c2[k] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3[k]), key1);
                c3[k] = product0;
            }
            key0 = hn::Add(key0, increment0);
            key1 = hn::Add(key1, increment1);
        }
        for (std::size_t k = 0; k < chains; ++k) {
            const auto first = hn::Or(hn::And(c0[k], low), hn::ShiftLeft<32>(c1[k]));
            const auto second = hn::Or(hn::And(c2[k], low), hn::ShiftLeft<32>(c3[k]));
            hn::StoreInterleaved2(first, second, wide,
                                  reinterpret_cast<std::uint64_t*>(words + 4 * (block + k * lanes)));
        }
    }
}
#endif

/// The Philox4x32-10 blocks of `count` successive counters (a multiple of 8), four words each. A block is a
/// lane of 64 bits, and of each of its words the low half counts: that is what MulEven reads.
void philox(const std::uint32_t* counter, const std::uint32_t* key, std::size_t count, std::uint32_t* words)
{
#if HWY_TARGET == HWY_SCALAR // a vector of one lane has no halves
    for (std::uint32_t block = 0; block < count; ++block) {
        std::uint32_t c0 = counter[0] + block, c1 = counter[1], c2 = counter[2], c3 = counter[3];
        std::uint32_t key0 = key[0], key1 = key[1];
        for (int round = 0; round < rounds; ++round) {
            const std::uint64_t product0 = std::uint64_t{0xD2511F53} * c0;
            const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * c2;
            c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ key0;
            c1 = static_cast<std::uint32_t>(product1);
            c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ key1;
            c3 = static_cast<std::uint32_t>(product0);
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
        for (const std::uint32_t word : {c0, c1, c2, c3})
            *words++ = word;
    }
#else
    std::size_t block = 0;
    philoxVectors<4>(counter, key, count, block, words);
    philoxVectors<1>(counter, key, count, block, words);
#endif
}

} // namespace faultline::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace faultline
{

HWY_EXPORT(philox);

void RandomStream::refill()
{
    HWY_DYNAMIC_DISPATCH(philox)(counter_.data(), key_.data(), blocks, words_.data());
    counter_[0] += blocks;
    next_ = 0;
}

void RandomStream::fill(std::span<result_type> words)
{
    const std::size_t left = std::min(words_.size() - next_, words.size());
    std::copy_n(words_.begin() + static_cast<std::ptrdiff_t>(next_), left, words.begin());
    next_ += left;
    words = words.subspan(left);

    const std::size_t whole = words.size() / words_.size() * blocks;
    HWY_DYNAMIC_DISPATCH(philox)(counter_.data(), key_.data(), whole, words.data());
    counter_[0] += static_cast<std::uint32_t>(whole);
    for (std::uint32_t& word : words.subspan(4 * whole))
        word = (*this)();
}

std::uint32_t RandomStream::below(std::uint32_t bound)
{
    std::uint64_t product = std::uint64_t{(*this)()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
        const std::uint32_t rejected = (0u - bound) % bound;
        while (static_cast<std::uint32_t>(product) < rejected)
            product = std::uint64_t{(*this)()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
}

} // namespace faultline
#endif
