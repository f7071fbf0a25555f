#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "document/background.h"
#include "document/image_store.h"
#include "document/networks.h"
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

    /// Evaluates what is missing: finished runs on included dies. What cannot be evaluated is left out, and
    /// tried again the next time.
    void complete();
    /// The errors on this die are no longer true; evaluates them anew.
    void dieChanged(int dieId);
    bool isBusy() const { return busy_; }
    /// Why errors on dies that are missing stay so, as when the images have moved; empty while nothing
    /// failed.
    const QString& failure() const { return failure_; }
    /// Why a network has no error on a die, by its id; empty when it was not tried there.
    QString failure(const NamedRun& network, int die) const;
    /// Why, and on which die first, a network of a study, by its index, could not be evaluated; empty when it
    /// could.
    QString failure(int study, const RunSettings& run) const;

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
    void completed(); ///< nothing is missing any more but what cannot be evaluated
    void failureChanged();

private:
    /// A network that cannot be evaluated on a die, or on a group of dies by its id.
    struct Failed {
        int study;
        RunSettings run;
        int place;
        QString reason;
        bool operator==(const Failed&) const = default;
    };
    struct Gap;

    Gap firstGap(std::optional<std::uint32_t> testImages) const;
    void completeNext();
    void end(const QString& reason); ///< of complete(); `reason`: that there are no images
    QString placed(const Failed& failed) const;

    const Project& project_;
    StudyQueue& queue_;
    std::shared_ptr<ImageStore> images_;
    /// Checksum of the test images of a folder. Studies of other images get no further errors.
    std::optional<std::pair<std::string, std::uint32_t>> read_;
    bool busy_ = false;
    QString failure_;
    std::vector<Failed> failed_; // when it was last complete
    std::vector<Failed> tried_;  // since complete()
    bool hasImages_ = true;
    Background completing_, answering_;
};

} // namespace faultline
