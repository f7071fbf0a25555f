#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include <Random123/philox.h>

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
        : key_{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}},
          counter_{{0, static_cast<std::uint32_t>(use), index, step}}
    {
    }

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    result_type operator()()
    {
        if (next_ == 4)
            refill();
        return block_.v[next_++];
    }

    /// Uniform in [0, 1) on a grid of 2^-32.
    double uniform() { return (*this)() * 0x1p-32; }

    /// Uniform in [0, bound) without bias (D. Lemire, ACM TOMACS 29, 3 (2019)). bound > 0.
    std::uint32_t below(std::uint32_t bound);

private:
    void refill()
    {
        block_ = r123::Philox4x32()(counter_, key_);
        ++counter_.v[0];
        next_ = 0;
    }

    r123::Philox4x32::key_type key_;
    r123::Philox4x32::ctr_type counter_;
    r123::Philox4x32::ctr_type block_{};
    int next_ = 4;
};

} // namespace faultline
