#include <filesystem>
#include <fstream>
#include <optional>

#include <QAbstractButton>
#include <QMessageBox>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include "common/error.h"
#include "document/project_document.h"
#include "project/project_file.h"
#include "ui_bench.h"
#include "window/main_window.h"

using namespace faultline;
namespace fs = std::filesystem;

/// What the window keeps when it is killed: copies of its journal stand for what a crash leaves.
class TestSafekeeping : public QObject
{
    Q_OBJECT

    std::optional<QTemporaryDir> folder_;
    fs::path file_;

    Project project() const { return tinyProject(3, folder_->filePath("tiny")); }
    fs::path stateFolder() const { return folder_->filePath("state").toStdString(); }

    /// What is on the disk now, as a process that is killed now leaves it.
    static void crash(const fs::path& from, const fs::path& to)
    {
        fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    }

    /// Beside the file, as of a program that has crashed.
    void leaveEdits() const
    {
        Journal journal(journalOf(file_));
        Project edited = project();
        edited.name = "edited";
        journal.keep(edited);
    }

private slots:
    void init()
    {
        folder_.emplace();
        qputenv("XDG_STATE_HOME", folder_->filePath("state").toUtf8());
        prepareApplication(folder_->path(), Appearance::Light);
        writeTinyDataset(folder_->filePath("tiny"));
        file_ = folder_->filePath("study.faultline").toStdString();
        saveProject(project(), file_);
    }

    void trainingSurvives()
    {
        const fs::path killed = folder_->filePath("killed.faultline").toStdString();
        StudyResult whole;
        {
            ProjectDocument document(project());
            document.open(file_);
            StudyPlan plan = document.project().plan;
            plan.training.epochs = 300;
            plan.statisticsAware.epochs = 3000;
            document.queue().add("Study 1", plan);
            const auto& state = document.queue().states()[0];
            QTRY_VERIFY_WITH_TIMEOUT(state.finishedRuns() >= 2, 150'000);
            QTest::qWait(2500); // two seconds for the edits
            document.queue().pause(0);
            QVERIFY(!state.runs.empty());
            fs::copy(file_, killed);
            crash(journalOf(file_), journalOf(killed));
            document.queue().resume(0);
            QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 120'000);
            whole = document.project().studies[0].result;
        }
        QVERIFY(!fs::exists(journalOf(file_))); // an orderly end

        MainWindow window(project());
        QString asked;
        window.dialogs().showError = [](const QString& words) { QFAIL(qPrintable(words)); };
        window.dialogs().recover = [&asked](const QString& words) {
            asked = words;
            return Dialogs::Recover::Now;
        };
        window.openFile(QString::fromStdString(killed.string()));
        QVERIFY2(asked.contains("finished training runs"), qPrintable(asked));
        ProjectDocument& document = window.document();
        QVERIFY(document.isModified());
        QVERIFY(document.project().studies[0].result.runs.size() >= 2);
        document.queue().resume(0);
        QTRY_VERIFY_WITH_TIMEOUT(document.queue().isIdle(), 120'000);
        const StudyResult& result = document.project().studies[0].result;
        QVERIFY(result.complete);
        QCOMPARE(result.runs.size(), whole.runs.size());
        for (std::size_t k = 0; k < whole.runs.size(); ++k) {
            QCOMPARE(result.runs[k].dieErrors, whole.runs[k].dieErrors);
            QCOMPARE(result.runs[k].curve.size(), whole.runs[k].curve.size());
            QVERIFY(result.runs[k].network.layers[0].latent == whole.runs[k].network.layers[0].latent);
        }
        document.save(killed);
        QTRY_VERIFY(!fs::exists(journalOf(killed)));
    }

    void deletedWorkIsNotOfferedAgain()
    {
        leaveEdits();
        MainWindow window(project());
        int asked = 0;
        window.dialogs().recover = [&asked](const QString&) {
            ++asked;
            return Dialogs::Recover::Never;
        };
        window.openFile(QString::fromStdString(file_.string()));
        QTRY_VERIFY(!fs::exists(journalOf(file_)));
        QVERIFY(!window.document().isModified());
        QCOMPARE(window.document().project().name, std::string("Tiny"));
        window.openFile(QString::fromStdString(file_.string()));
        QCOMPARE(asked, 1);
    }

    /// The journal outlives a window that leaves it for later, edits meanwhile and ends in an orderly way.
    void laterKeepsEverything()
    {
        leaveEdits();
        const fs::path kept = journalOf(file_) / "project.faultline";
        const fs::file_time_type written = fs::last_write_time(kept);
        {
            MainWindow window(project());
            window.dialogs().recover = [](const QString&) { return Dialogs::Recover::Later; };
            window.openFile(QString::fromStdString(file_.string()));
            ProjectDocument& document = window.document();
            QCOMPARE(document.project().name, std::string("Tiny"));
            QVERIFY(!document.isModified());
            QVERIFY(window.windowTitle().contains("(read-only)"));
            QVERIFY2(document.readOnly().find("kept for the next start") != std::string::npos,
                     document.readOnly().c_str());
            QVERIFY(LockFile(file_).isHeld()); // nobody has it
            document.setDataset("meanwhile");
            QVERIFY_EXCEPTION_THROWN(document.save(file_), Error);
            const auto journalled = [&] { // of the window's own, in the state folder
                for (const auto& entry :
                     fs::recursive_directory_iterator(stateFolder() / "faultline/unsaved"))
                    if (entry.path().filename() == "project.faultline")
                        return true;
                return false;
            };
            QTRY_VERIFY_WITH_TIMEOUT(journalled(), 30'000);
        }
        QCOMPARE(fs::last_write_time(kept), written);
        QVERIFY(Safekeeping::unsavedProjects().empty());
        MainWindow next(project());
        next.dialogs().recover = [](const QString&) { return Dialogs::Recover::Now; };
        next.offerCrashed(); // without being told the file
        QCOMPARE(next.document().file(), file_);
        QCOMPARE(next.document().project().name, std::string("edited"));
        QVERIFY(next.document().readOnly().empty());
    }

    void laterKeepsWhatWasNeverSaved()
    {
        const fs::path name = stateFolder() / "faultline/unsaved/host-1-1.faultline";
        {
            Journal journal(journalOf(name));
            journal.keep(project());
        }
        MainWindow window(project());
        QStringList asked;
        window.dialogs().recover = [&asked](const QString& words) {
            asked << words;
            return Dialogs::Recover::Later;
        };
        window.offerCrashed();
        window.offerCrashed(); // as the next start does
        QCOMPARE(asked.size(), 2);
        QVERIFY2(asked[0].contains("never saved"), qPrintable(asked[0]));
        QCOMPARE(Safekeeping::unsavedProjects(), std::vector{name});
    }

    void recoveryDialogNamesTheFile_data()
    {
        QTest::addColumn<QString>("button");
        QTest::addColumn<QString>("project");
        QTest::addColumn<bool>("kept");
        QTest::newRow("recover") << "&Recover"
                                 << "edited" << true;
        QTest::newRow("later") << "&Later"
                               << "Tiny" << true;
        QTest::newRow("delete") << "&Delete it"
                                << "Tiny" << false;
        QTest::newRow("Esc") << ""
                             << "Tiny" << true;
    }

    void recoveryDialogNamesTheFile()
    {
        QFETCH(const QString, button);
        QFETCH(const QString, project);
        QFETCH(const bool, kept);
        leaveEdits();
        MainWindow window(this->project());
        window.show();
        QString words;
        QTimer answer;
        connect(&answer, &QTimer::timeout, [&] {
            auto* question = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            if (question == nullptr)
                return;
            answer.stop();
            words = question->text();
            const QString pictures = qEnvironmentVariable("FAULTLINE_SCREENSHOTS"); // for a person to look at
            if (!pictures.isEmpty())
                question->grab().save(pictures + "/recovery.png");
            for (QAbstractButton* one : question->buttons())
                if (one->text() == button)
                    return QTest::mouseClick(one, Qt::LeftButton);
            QTest::keyClick(question, Qt::Key_Escape);
        });
        answer.start(20);
        window.openFile(QString::fromStdString(file_.string()));
        QVERIFY2(words.contains(QString::fromStdString(file_.string())), qPrintable(words));
        QCOMPARE(window.document().project().name, project.toStdString());
        QTRY_COMPARE(fs::exists(journalOf(file_)), kept);
    }

    void unsavedProjectSurvives()
    {
        const fs::path unsaved = stateFolder() / "faultline/unsaved";
        const fs::path name = unsaved / "host-1-1.faultline";
        {
            ProjectDocument document(project());
            document.setDataset("elsewhere");
            QTRY_VERIFY_WITH_TIMEOUT(!fs::is_empty(unsaved), 5000);
            fs::path journal;
            const auto written = [&] {
                for (const auto& entry : fs::directory_iterator(unsaved))
                    if (entry.path().extension() == ".journal")
                        journal = entry.path();
                return !journal.empty() && fs::exists(journal / "project.faultline");
            };
            QTRY_VERIFY_WITH_TIMEOUT(written(), 10'000);
            QVERIFY(Safekeeping::unsavedProjects().empty()); // somebody works on it
            crash(journal, journalOf(name));
        }
        QCOMPARE(Safekeeping::unsavedProjects(), std::vector{name});
        MainWindow window(project());
        window.dialogs().recover = [](const QString&) { return Dialogs::Recover::Now; };
        window.offerCrashed();
        QCOMPARE(window.document().project().dataset, std::string("elsewhere"));
        QVERIFY(window.document().isModified());
        QVERIFY(window.document().file().empty());
        window.document().save(file_);
        QTRY_VERIFY(!fs::exists(journalOf(name)));
        QVERIFY(Safekeeping::unsavedProjects().empty());
    }

    void secondWindowIsReadOnly()
    {
        MainWindow first(project()), second(project());
        first.openFile(QString::fromStdString(file_.string()));
        QVERIFY(first.document().readOnly().empty());
        QStringList told;
        const QString other = folder_->filePath("other.faultline");
        second.dialogs().showError = [&told](const QString& words) { told << words; };
        second.dialogs().saveFile = [&](const QString&) { return other; };
        second.openFile(QString::fromStdString(file_.string()));
        QCOMPARE(told.size(), 1);
        QVERIFY2(told[0].contains(QString("(process %1) since").arg(QCoreApplication::applicationPid())),
                 qPrintable(told[0]));
        QVERIFY(second.windowTitle().contains("(read-only)"));
        QVERIFY_EXCEPTION_THROWN(second.document().save(file_), Error);

        second.document().setDataset("changed in the second");
        second.findChild<QAction*>("actionSave")->trigger(); // says why, and saves under another name
        QCOMPARE(told.size(), 2);
        QVERIFY(!second.windowTitle().contains("(read-only)"));
        QCOMPARE(loadProject(other.toStdString()).dataset, std::string("changed in the second"));
        QVERIFY(loadProject(file_).dataset != "changed in the second");
        QVERIFY_EXCEPTION_THROWN(first.document().save(other.toStdString()), Error);
        first.document().save(file_);
    }

    void crashedProjectIsOfferedAtAPlainStart()
    {
        const fs::path open = stateFolder() / "faultline/open";
        {
            ProjectDocument document(project());
            document.open(file_);
            QVERIFY(Safekeeping::crashedProjects().empty()); // somebody works on it
            crash(open, stateFolder() / "left");
        }
        QVERIFY(fs::is_empty(open)); // an orderly end
        fs::remove_all(open);
        fs::rename(stateFolder() / "left", open);
        leaveEdits();
        MainWindow window(project());
        window.dialogs().recover = [](const QString&) { return Dialogs::Recover::Now; };
        window.offerCrashed();
        QCOMPARE(window.document().file(), file_);
        QCOMPARE(window.document().project().name, std::string("edited"));
        QVERIFY(window.document().isModified());
    }

    void failedSaveKeepsTheWork()
    {
        MainWindow window(project());
        QStringList told;
        const QString other = folder_->filePath("other.faultline");
        window.dialogs().showError = [&told](const QString& words) { told << words; };
        window.dialogs().saveFile = [&](const QString&) { return other; };
        window.openFile(QString::fromStdString(file_.string()));
        window.document().setDataset("changed");
        fs::remove(file_);
        fs::create_directory(file_); // in the way
        window.findChild<QAction*>("actionSave")->trigger();
        QCOMPARE(told.size(), 1);
        QVERIFY2(told[0].startsWith(QString::fromStdString(file_.string()) + ": cannot write"),
                 qPrintable(told[0]));
        QVERIFY(window.document().isModified());
        QCOMPARE(window.document().project().dataset, std::string("changed"));

        window.findChild<QAction*>("actionSaveAs")->trigger();
        QCOMPARE(told.size(), 1);
        QVERIFY(!window.document().isModified());
        QCOMPARE(loadProject(other.toStdString()).dataset, std::string("changed"));
    }

    void recoveryOfAnotherContentIsAsked()
    {
        leaveEdits();
        Project restored = project();
        restored.name = "restored";
        saveProject(restored, file_);
        MainWindow window(project());
        QString asked;
        window.dialogs().recover = [&asked](const QString& words) {
            asked = words;
            return Dialogs::Recover::Now;
        };
        window.openFile(QString::fromStdString(file_.string()));
        QVERIFY2(asked.contains("another content"), qPrintable(asked));
        QCOMPARE(window.document().project().name, std::string("edited"));
        QCOMPARE(loadProject(file_).name, std::string("restored")); // until it is saved
    }

    void unreadableJournalIsToldOfOnce()
    {
        const fs::path journal = stateFolder() / "faultline/unsaved/host-1-1.faultline.journal";
        fs::create_directories(journal);
        std::ofstream(journal / "project.faultline") << "no HDF5";
        MainWindow window(project());
        QStringList told;
        window.dialogs().showError = [&told](const QString& words) { told << words; };
        window.offerCrashed();
        window.offerCrashed();
        QCOMPARE(told.size(), 1);
        QVERIFY(fs::exists(journal.string() + ".unreadable/project.faultline"));
    }

    void journalThatCannotBeWrittenIsTold()
    {
        ProjectDocument document(project());
        document.open(file_);
        QSignalSpy failed(&document, &ProjectDocument::journalFailed);
        std::ofstream(journalOf(file_)) << "in the way";
        document.setDataset("elsewhere");
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, 10'000);
        QVERIFY(failed[0][0].toString().contains("study.faultline.journal"));
    }
};

QTEST_MAIN(TestSafekeeping)
#include "test_safekeeping.moc"
