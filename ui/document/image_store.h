#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "learning/dataset.h"

namespace faultline
{

/// The images of the open project, read when they are first asked for, by any thread. Both throw Error.
class ImageStore
{
public:
    /// `folder`: as in Project::dataset.
    std::shared_ptr<const Dataset> test(const std::string& folder);
    /// What converters take their ranges from (CircuitBench).
    std::shared_ptr<const Dataset> calibration(const std::string& folder);

private:
    void choose(const std::string& folder);

    std::mutex mutex_; // guards all below
    std::string folder_;
    std::shared_ptr<const Dataset> test_, calibration_;
};

} // namespace faultline
