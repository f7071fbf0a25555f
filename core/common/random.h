#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace faultline
{

/// What a stream of random numbers is for. Its value is part of the stream's key, and so of every result and
/// every saved project: append new uses, never renumber.
enum class RandomUse : std::uint32_t {
    WaferDraw = 1,   ///< a synthetic die; index: the die
    Initialise = 2,  ///< a network's first weights; index: the run
    Shuffle = 3,     ///< the order of the images; index: the run, step: the epoch
    TrainingDie = 4, ///< the die of one training step; index: the run, step: the batch since the start
    Test = 5,        ///< for tests only
    Scatter = 6,     ///< defects drawn at random places by hand; index: the stroke, step: the cell
    Permutation = 7, ///< tests of clusters and trends; index: what is tested
    HoldOut = 8,     ///< which dies are kept for evaluation
};

/// A counter-based stream: Philox4x32-10 of J. K. Salmon et al., SC11 (2011), doi:10.1145/2063384.2063405.
/// Equal keys give equal numbers, whatever thread asks and in whatever order; different keys give independent
/// streams. Satisfies UniformRandomBitGenerator, so Boost.Random's distributions draw from it (those of the
/// standard library differ between vendors).
class RandomStream
{
public:
    using result_type = std::uint32_t;

    RandomStream(std::uint64_t seed, RandomUse use, std::uint32_t index = 0, std::uint32_t step = 0)
        : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
          counter_{0, static_cast<std::uint32_t>(use), index, step}
    {
    }

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    result_type operator()()
    {
        if (next_ == words_.size())
            refill();
        return words_[next_++];
    }

    /// Fills with what as many calls would give.
    void fill(std::span<result_type> words);

    /// Uniform in [0, 1) on a grid of 2^-32.
    double uniform() { return (*this)() * 0x1p-32; }

    /// Uniform in [0, bound) without bias (D. Lemire, ACM TOMACS 29, 3 (2019)). bound > 0.
    std::uint32_t below(std::uint32_t bound);

private:
    static constexpr std::uint32_t blocks = 8; // computed together: as fast as one, with vector registers

    void refill();

    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4 * blocks> words_{}; // NOLINT(*-widening-*)
    std::size_t next_ = words_.size();
};

} // namespace faultline
