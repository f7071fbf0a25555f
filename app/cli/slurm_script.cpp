#include "cli/slurm_script.h"

#include <system_error>

namespace faultline::cli
{

namespace fs = std::filesystem;

std::string quoted(const std::string& word)
{
    std::string text = "'";
    for (const char c : word)
        text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

std::string slurmScript(const std::vector<std::string>& arguments, const fs::path& folder, int shards,
                        int threads)
{
    std::error_code unknown;
    const fs::path self = fs::read_symlink("/proc/self/exe", unknown);
    const std::string program = quoted(unknown ? "faultline-cli" : self.string());
    std::string study;
    for (const std::string& argument : arguments)
        study += " " + quoted(argument);
    study += " --threads " + (threads > 0 ? std::to_string(threads) : "\"${SLURM_CPUS_PER_TASK:-0}\"");
    const std::string count = std::to_string(shards);
    return "#!/bin/sh\n"
           "# Trains a study in " +
           count +
           " shards and merges them. With Slurm:\n"
           "#   job=$(sbatch --parsable study.slurm)\n"
           "#   sbatch --dependency=afterok:$job --array=0 study.slurm\n"
           "# Make, or any other scheduler, calls \"sh study.slurm K\" for K from 1 to " +
           count +
           ", then\n"
           "# \"sh study.slurm 0\". A shard that was interrupted goes on when it is called again.\n"
           "#SBATCH --job-name=faultline\n"
           "#SBATCH --array=1-" +
           count +
           "\n"
           "set -eu\n"
           "task=${1:-${SLURM_ARRAY_TASK_ID:?\"name a shard from 1 to " +
           count +
           ", or 0 to merge\"}}\n"
           "cd " +
           quoted(fs::current_path().string()) +
           "\n"
           "if [ \"$task\" -eq 0 ]; then\n"
           "    exec " +
           program + " merge " + quoted((folder / "shards").string()) + "/*-of-" + count +
           ".faultline --out " + quoted(folder.string()) +
           "\n"
           "fi\n"
           "exec " +
           program + " study" + study + " --shard \"$task/" + count + "\"\n";
}

} // namespace faultline::cli
