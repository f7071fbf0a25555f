#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <QObject>
#include <QString>
#include <QTimer>

#include "common/lock_file.h"
#include "project/journal.h"

namespace faultline
{

/// Keeps the open project from harm: holds the lock of its file, and journals what happens to it until it is
/// saved, on a thread that the window never waits for. A project that was never saved, or that somebody else
/// has open, is journalled in the person's state folder.
class Safekeeping : public QObject
{
    Q_OBJECT

public:
    /// Keeps a reference.
    explicit Safekeeping(const Project& project, QObject* parent = nullptr);
    ~Safekeeping() override; ///< an orderly end: what was not saved is not wanted

    /// The project is now that of this file (empty: of none). What was journalled before is dropped.
    void moveTo(const std::filesystem::path& file);
    /// Leaves what recoverable() has found for the next start, which crashedProjects() tells of it: until
    /// then the file is read-only and its lock is given back.
    void postpone(const std::filesystem::path& file);
    /// Goes on with the journal of a program that has crashed; see unsavedProjects().
    void adopt(const std::filesystem::path& unsaved);
    /// Takes the lock of another file, to save there. Throws Error when somebody else has it.
    void reserve(const std::filesystem::path& file);
    void saved(const std::filesystem::path& file); ///< the one reserved, or the one at hand

    /// Why the file must not be written, as a sentence; empty when it may.
    const std::string& readOnly() const { return readOnly_; }
    /// What a crashed program has left of this file's project.
    std::optional<Recovery> recoverable(const std::filesystem::path& file) const;
    /// What a file is saved with that has all edits so far; see Journal::id().
    const std::string& journal() const { return journal_->id(); }
    void discardJournal() { journal_->clear(); }

    void edited(); ///< journals the whole project within two seconds
    void finished(const Study& study, const Run& run) { journal_->keep(study, run); }
    void trained(const Study& study, const RunCheckpoint& checkpoint) { journal_->keep(study, checkpoint); }

    /// Names under which crashed programs have journalled projects that were never saved; for adopt() and,
    /// with journalOf(), for recover().
    static std::vector<std::filesystem::path> unsavedProjects();
    /// Project files beside which crashed programs have left journals, as far as this person's programs go.
    static std::vector<std::filesystem::path> crashedProjects();

signals:
    void failed(const QString& reason); ///< the journal cannot be written

private:
    void take(const std::filesystem::path& file); ///< its lock
    void keepAt(const std::filesystem::path& place);
    void unlink();

    const Project& project_;
    QTimer timer_;
    LockFile lock_, reserved_;
    std::string readOnly_;
    std::filesystem::path link_; ///< to the file, for crashedProjects()
    std::unique_ptr<Journal> journal_;
};

} // namespace faultline
