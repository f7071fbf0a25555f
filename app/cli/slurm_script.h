#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace faultline::cli
{

/// A word as a shell reads it back, in single quotes.
std::string quoted(const std::string& word);

/// An array script for Slurm: job K of 1..shards trains shard K, job 0 merges all. Without Slurm,
/// "sh study.slurm K" does the same. `arguments`: those of the study command; `cores`: whether each job
/// trains on as many threads as Slurm gives it cores.
std::string slurmScript(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                        int shards, int threads);

} // namespace faultline::cli
