#include <atomic>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <QTest>

#include "common/rehearsal.h"
#include "support/errors.h"

using namespace faultline;
using namespace std::chrono_literals;

class TestRehearsal : public QObject
{
    Q_OBJECT

private slots:
    void nothingOfItIsKept();
    void errorsAreThrownHere();
    void otherExceptionsAreLeftForLater();
    void crashesAreErrors_data();
    void crashesAreErrors();
    void memoryIsLimited();
    void timeIsLimited();
    void waitsForOthersInTheLibrary();

private:
    std::string refusal(const std::function<void()>& work)
    {
        return messageOf([&] { rehearse(work, {std::size_t{1} << 30, 20s}, library_); });
    }

    std::mutex library_;
};

void TestRehearsal::nothingOfItIsKept()
{
    int value = 1;
    const pid_t here = ::getpid();
    QCOMPARE(refusal([&] {
                 value = 2;
                 if (::getpid() == here)
                     throw Error("not in a copy");
             }),
             "");
    QCOMPARE(value, 1);
}

void TestRehearsal::errorsAreThrownHere()
{
    QCOMPARE(refusal([] { throw Error("die.h5", "G", "3 rows", "4"); }),
             "die.h5: G: found 3 rows, expected 4");
    const std::string longText(100'000, 'x'); // more than a pipe holds at once
    QCOMPARE(refusal([&] { throw Error(longText); }), longText);
}

void TestRehearsal::otherExceptionsAreLeftForLater()
{
    QCOMPARE(refusal([] { throw std::logic_error("a mistake"); }), "");
}

void TestRehearsal::crashesAreErrors_data()
{
    QTest::addColumn<int>("signal");
    QTest::addColumn<QString>("name");
    QTest::newRow("segment") << SIGSEGV << "Segmentation fault";
    QTest::newRow("abort") << SIGABRT << "Aborted";
    QTest::newRow("division") << SIGFPE << "Floating point exception";
}

void TestRehearsal::crashesAreErrors()
{
    QFETCH(int, signal);
    QFETCH(QString, name);
    VERIFY_CONTAINS(refusal([&] { std::raise(signal); }), "damaged in a way that crashes what reads it");
    VERIFY_CONTAINS(refusal([&] { std::raise(signal); }), name.toStdString());
    VERIFY_CONTAINS(refusal([] { ::_exit(1); }), "damaged in a way that ends what reads it");
}

void TestRehearsal::memoryIsLimited()
{
    const auto take = [](std::size_t bytes) {
        return [bytes] { std::vector<char>(bytes).at(bytes / 2) = 1; };
    };
    QCOMPARE(refusal(take(std::size_t{1} << 29)), "");
    QVERIFY(!refusal(take(std::size_t{1} << 31)).empty());
}

void TestRehearsal::timeIsLimited()
{
    const auto forEver = [] { std::this_thread::sleep_for(1h); };
    QCOMPARE(messageOf([&] {
                 rehearse(forEver, {std::size_t{1} << 30, 1s}, library_);
             }),
             "reading it takes longer than 1 seconds");
}

void TestRehearsal::waitsForOthersInTheLibrary()
{
    std::atomic<bool> isInside = false, left = false;
    std::jthread other([&] {
        const std::lock_guard inside(library_);
        isInside = true;
        std::this_thread::sleep_for(200ms);
        left = true;
    });
    while (!isInside)
        std::this_thread::yield();
    QCOMPARE(refusal([&] {
                 if (!left || !library_.try_lock())
                     throw Error("copied while another thread was inside");
             }),
             "");
}

QTEST_APPLESS_MAIN(TestRehearsal)
#include "test_rehearsal.moc"
