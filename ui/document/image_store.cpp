#include "document/image_store.h"

#include "project/project.h"
#include "study/evaluation.h"

namespace faultline
{

void ImageStore::choose(const std::string& folder)
{
    if (folder_ == folder)
        return;
    folder_ = folder;
    test_.reset();
    calibration_.reset();
}

std::shared_ptr<const Dataset> ImageStore::test(const std::string& folder)
{
    const std::scoped_lock lock(mutex_);
    choose(folder);
    if (!test_)
        test_ = std::make_shared<const Dataset>(loadTestImages(folder));
    return test_;
}

std::shared_ptr<const Dataset> ImageStore::calibration(const std::string& folder)
{
    const std::scoped_lock lock(mutex_);
    choose(folder);
    if (!calibration_)
        calibration_ =
            std::make_shared<const Dataset>(firstImages(loadDataset(folder).train, calibrationImages));
    return calibration_;
}

} // namespace faultline
