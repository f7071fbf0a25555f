#pragma once

#include <span>

namespace faultline
{

// Counts of one kind of defect, one for each of a wafer's dies: negative binomial with a mean and a
// dispersion k, variance mean + mean^2 / k, of which Poisson's distribution is the limit of infinite k (C. H.
// Stapper, IBM J. Res. Dev. 27, 549 (1983)).

/// Natural logarithm of the counts' likelihood. The mean is more than 0; dispersion may be infinite.
double logLikelihood(std::span<const double> counts, double mean, double dispersion);

/// The dispersion of largest likelihood for counts with the given mean. It is finite exactly when they
/// scatter more than Poisson's (B. Levin and J. Reeds, Ann. Stat. 5, 79 (1977)), where the mean is theirs.
double fitDispersion(std::span<const double> counts, double mean);

struct Interval {
    double low = 0.0;
    double high = 0.0;
};

/// Confidence interval of the mean count: all means whose likelihood is within q / 2 of the largest. Where
/// the counts scatter more than Poisson's by a likelihood ratio (OverdispersionTest) of 1/4 or more, it is
/// the profile likelihood, the dispersion fitted to each mean, and q the square of Student's t for that many
/// dies, since their spread is estimated too; else Poisson's likelihood, and q chi-square's quantile. (To fit
/// a dispersion to any smaller scatter would make intervals of Poisson counts hold too often.) So it allows
/// for dies that differ, which the binomial interval of all cells together would not; tests/bench has its
/// coverage. One die tells nothing of its likes: its interval is Poisson's. Counts that are all 0 give 0 to
/// Poisson's one-sided limit. Needs at least one count; confidence in (0, 1).
Interval meanInterval(std::span<const double> counts, double confidence = 0.95);

/// Exact interval of a share of which `found` of `all` were found, each for itself: C. J. Clopper and E. S.
/// Pearson, Biometrika 26, 404 (1934). all > 0.
Interval shareInterval(long found, long all, double confidence = 0.95);

/// Do the dies differ more than Poisson allows? Twice the logarithm of the likelihood ratio of negative
/// binomial to Poisson, and the probability of one as large if they do not: half of chi-square's with one
/// degree of freedom, since infinite dispersion is the edge of what is possible (S. G. Self and K.-Y. Liang,
/// J. Am. Stat. Assoc. 82, 605 (1987)).
struct OverdispersionTest {
    double likelihoodRatio = 0.0;
    double probability = 1.0;
};
OverdispersionTest testOverdispersion(std::span<const double> counts);

} // namespace faultline
