#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "document/background.h"
#include "document/image_store.h"
#include "project/project.h"

namespace faultline
{

class StudyQueue;

/// Evaluates trained networks in the background: keeps their errors on the wafer's dies complete while dies
/// are drawn, edited and added, and tells what a network makes of every single image.
class Evaluator : public QObject
{
    Q_OBJECT

public:
    /// Keeps references to project and queue.
    Evaluator(const Project& project, StudyQueue& queue, std::shared_ptr<ImageStore> images,
              QObject* parent = nullptr);

    /// Evaluates what is missing: finished runs on included dies.
    void complete();
    /// The errors on this die are no longer true; evaluates them anew.
    void dieChanged(int dieId);
    bool isBusy() const { return busy_; }
    /// Why errors on dies that are missing stay so, as when the images have moved; empty while nothing
    /// failed.
    const QString& failure() const { return failure_; }

    /// What a network makes of the test images on a die.
    struct Answers {
        std::shared_ptr<const Dataset> images; ///< full size; null when they cannot be read
        std::vector<std::uint8_t> given;       ///< class, one per image
        QString failure;
    };
    /// Calls `finish` later with the answers of a study's run on a die (null: a perfect one), unless it is
    /// asked something else meanwhile.
    void answer(const Study& study, const Run& run, const Die* die,
                std::function<void(const Answers&)> finish);

signals:
    void completed(); ///< nothing is missing any more
    void failureChanged();

private:
    void tellFailure(const QString& reason);

    const Project& project_;
    StudyQueue& queue_;
    std::shared_ptr<ImageStore> images_;
    /// Checksum of the test images of a folder. Studies of other images get no further errors.
    std::optional<std::pair<std::string, std::uint32_t>> read_;
    bool busy_ = false;
    QString failure_;
    Background completing_, answering_;
};

} // namespace faultline
