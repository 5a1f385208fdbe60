/*
 * The requests of the Qt adapter: how they are answered, to whom, cancelled and bounded.
 * What becomes of them when their class changes is in `qt_changes.cpp`.
 *
 *   qt_requests FOLDER_OF_MODULES FOLDER_FOR_COPIES
 */
#include "qt_count.hpp"

#include <QThread>

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {

/* At which of the allocations of another thread than the main one that one pauses: it is counted down. */
std::atomic<int> pausesAfter{-1};
std::atomic<bool> isPausing{false}, isDeleted{false};
const auto mainThread = std::this_thread::get_id();

/* Until the object of its answer is deleted, and not for ever: who deletes it may have to wait for this thread. */
void mayPause()
{
    if (pausesAfter < 0 || std::this_thread::get_id() == mainThread || pausesAfter-- != 0)
        return;
    isPausing = true;
    for (int i = 0; i < 20 && !isDeleted; ++i)
        std::this_thread::sleep_for(std::chrono::microseconds(100));
}

} // namespace

/* Of Qt's, too: what it does on the thread that gives an answer is held up amid it. */
void *operator new(std::size_t size)
{
    mayPause();
    if (void *const place = std::malloc(size == 0 ? 1 : size))
        return place;
    throw std::bad_alloc();
}

void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    mayPause();
    return std::malloc(size == 0 ? 1 : size);
}

void operator delete(void *place) noexcept
{
    std::free(place);
}

void operator delete(void *place, std::size_t) noexcept
{
    std::free(place);
}

namespace {

void listenersAreTold()
{
    std::atomic<int> lines{0}, steps{0}, events{0}, answers{0};
    ClassModules modules(true);
    modules.onLog([&](QtMsgType type, const QString &line) {
        lines += type == QtInfoMsg && line == "example/count [7]: count done at 3 of 3";
    });
    modules.onProgress([&](quint64 id, const QJsonObject &what) { steps += id == 7 && what.contains("percent"); });
    modules.onEvent([&](const QString &subsystem, const QString &name, const QJsonObject &what) {
        events += subsystem == "example/count" && name == "count" && what.value("to") == 3;
    });
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    const auto here = QThread::currentThread();
    const quint64 id = modules.run("example", "COUNT", count(3), true, 7, [&](int status, const QJsonObject &answer) {
        CHECK(status == 200 && answer.value("count").toObject().value("counted") == 3);
        CHECK(QThread::currentThread() != here);
        ++answers;
    });
    CHECK(id == 7 && soon([&] { return answers == 1; }));
    CHECK(lines == 1 && steps == 3 && events == 1);
    CHECK(modules.run("example", "count", count(1), false, 0,
                      [&](int status, const QJsonObject &answer) {
                          CHECK(status == 403 && code(answer) == "access-denied");
                          ++answers;
                      }) > 7);
    CHECK(soon([&] { return answers == 2; }));
}

/* Two hang in two threads, and two wait; the fifth is told. All can be cancelled. */
void hangingOnesAreBoundedAndCancelled()
{
    ClassModules modules(true, limits(2, 2));
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    std::atomic<int> cancelled{0};
    const auto done = [&](int status, const QJsonObject &answer) {
        CHECK(status == 200 || status == 503);
        cancelled += code(answer) == "cancelled";
    };
    std::vector<quint64> ids;
    for (int i = 0; i < 4; ++i)
        ids.push_back(modules.run("example", "count", count(1000), true, 0, done));
    QString refused;
    modules.run("example", "count", calls, true, 0,
                [&](int status, const QJsonObject &answer) { refused = QString::number(status) + code(answer); });
    CHECK(refused == "503busy");
    modules.run("nobody", "count", calls, true, 0,
                [&](int status, const QJsonObject &answer) { refused = QString::number(status) + code(answer); });
    CHECK(refused == "404unknown-class");
    modules.run("example", "count", QJsonValue(7), true, 0,
                [&](int status, const QJsonObject &answer) { refused = QString::number(status) + code(answer); });
    CHECK(refused == "400bad-request");
    /* Nobody else is kept waiting. */
    QJsonObject answer;
    CHECK(modules.evaluate("example", "count", calls, false, &answer) == 200);
    modules.cancel(ids[3]);
    CHECK(cancelled == 1);
    modules.cancel(ids[0]);
    modules.cancel(ids[1]);
    modules.cancel(ids[2]);
    CHECK(soon([&] { return cancelled == 4; }));
    CHECK(modules.stop(60000));
}

/* One hangs in the only thread, one waits; whoever cancels that one has its place at once,
 * a thousand times, whether by its id or by the object that its answer was for. */
void whatIsCancelledWhileItWaitsGivesItsPlaceBack()
{
    ClassModules modules(true, limits(1, 1));
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    std::atomic<int> served{0};
    const quint64 hanging = modules.run("example", "count", count(1000), true, 0,
                                        [&](int, const QJsonObject &answer) { served += code(answer) == "cancelled"; });
    for (int i = 0; i < 1000; ++i) {
        QString told;
        const auto note = [&](int status, const QJsonObject &answer) { told = QString::number(status) + code(answer); };
        const quint64 id = modules.run("example", "count", calls, true, 0, note);
        CHECK(told.isEmpty());
        modules.run("example", "count", calls, true, 0, note);
        CHECK(told == "503busy");
        modules.cancel(id);
        CHECK(told == "503cancelled");
        auto *one = new QObject;
        int lost = 0;
        modules.run("example", "count", calls, true, 0, one, [&](int, const QJsonObject &) { ++lost; });
        delete one;
        CHECK(lost == 0);
    }
    modules.run("example", "count", calls, true, 0, [&](int status, const QJsonObject &) { served += status == 200; });
    CHECK(served == 0);
    modules.cancel(hanging);
    CHECK(soon([&] { return served == 2; }));
    CHECK(modules.stop(60000));
}

/* An answer for nobody: a null object, an empty Done. */
void nobodyIsTold()
{
    std::atomic<int> lines{0}, answers{0};
    {
        ClassModules modules(true, limits(1, 100));
        modules.onLog([&](QtMsgType type, const QString &line) {
            lines += type == QtWarningMsg && line == "example/count [7]: not begun, for its answer is for no object";
        });
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        const ClassModules::Done note = [&](int, const QJsonObject &) { ++answers; }, none;
        QObject *const gone = nullptr;
        QObject here;
        CHECK(modules.run("example", "count", calls, true, 7, gone, note) == 7);
        CHECK(modules.run("example", "count", calls, true, 0, gone, none) != 0);
        CHECK(modules.run("example", "count", calls, true, 0, none) != 0);
        CHECK(modules.run("nobody", "count", calls, true, 0, none) != 0);
        CHECK(modules.run("example", "count", calls, true, 0, &here, none) != 0);
        CHECK(modules.run("nobody", "count", calls, true, 0, &here, none) != 0);
        const quint64 hanging = modules.run("example", "count", count(1000), true, 0, none);
        const quint64 waiting = modules.run("example", "count", calls, true, 0, none);
        modules.cancel(waiting);
        modules.cancel(hanging);
        CHECK(modules.stop(60000));
    }
    CHECK(lines == 1 && answers == 0);
}

/* What a Done holds goes when it has answered, and may call then what a Done may. */
void whatADoneHoldsMayCall()
{
    struct Calling {
        ClassModules &modules;
        std::atomic<int> &gone;

        ~Calling()
        {
            modules.cancel(5); /* none, and all are looked at */
            QJsonObject subsystems;
            modules.list(true, &subsystems);
            modules.run("example", "count", calls, true, 0, ClassModules::Done());
            gone += modules.has("example", "count") && subsystems.size() == 1;
        }
    };
    std::atomic<int> gone{0};
    ClassModules modules(true, limits(1, 10));
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    const auto holding = [&] {
        return [held = std::shared_ptr<Calling>(new Calling{modules, gone})](int, const QJsonObject &) {};
    };
    modules.run("example", "count", calls, true, 7, holding());
    CHECK(soon([&] { return gone == 1; }));
    /* So it is with one that waits and is cancelled, and with one that is not begun. */
    modules.run("example", "count", count(1000), true, 7, holding());
    modules.run("example", "count", calls, true, 8, holding());
    modules.cancel(8);
    CHECK(gone == 2);
    modules.cancel(7);
    modules.run("nobody", "count", calls, true, 9, holding());
    CHECK(soon([&] { return gone == 4; }));
    CHECK(modules.stop(60000));
}

/* An answer comes to the object's thread, and to none that is gone. */
void answersComeHome()
{
    ClassModules modules(true, limits(2, 100));
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    int answers = 0, lost = 0;
    QObject home;
    auto *gone = new QObject;
    const auto here = QThread::currentThread();
    for (int i = 0; i < 2; ++i)
        modules.run("example", "count", count(1000), true, 0, gone, [&](int, const QJsonObject &) { ++lost; });
    for (int i = 0; i < 20; ++i)
        modules.run("example", "count", calls, false, 0, &home, [&](int status, const QJsonObject &) {
            CHECK(status == 200 && QThread::currentThread() == here);
            ++answers;
        });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(answers == 0); /* both threads are taken */
    delete gone;
    CHECK(soon([&] { return answers == 20; }));
    /* Objects that go while their answers come. */
    for (int i = 0; i < 300; ++i) {
        auto *one = new QObject;
        modules.run("example", "count", calls, false, 0, one, [&](int, const QJsonObject &) {});
        if (i % 3 != 0)
            std::this_thread::yield();
        delete one;
    }
    CHECK(modules.stop(60000) && lost == 0);
}

/* An object that is deleted at any moment of its answer's: nothing of that is left. */
void nothingIsLeftOfAnAnswer()
{
    const auto kept = std::make_shared<int>(0);
    {
        ClassModules modules(true, limits(1, 10));
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        bool isOver = false;
        for (int i = 0; !isOver; ++i) {
            std::atomic<bool> isAnswered{false};
            QObject here;
            auto *one = new QObject;
            isPausing = isDeleted = false;
            pausesAfter = i;
            modules.run("example", "count", calls, false, 0, one, [kept](int, const QJsonObject &) {});
            /* The next one is answered after it, by the same thread. */
            modules.run("example", "count", calls, false, 0, [&](int, const QJsonObject &) { isAnswered = true; });
            while (!isPausing && !isAnswered)
                std::this_thread::yield();
            isOver = !isPausing;
            delete one;
            isDeleted = true;
            while (!isAnswered)
                std::this_thread::yield();
            CHECK(isOver || i < 10000);
        }
        pausesAfter = -1;
        CHECK(modules.stop(60000));
    }
    CHECK(kept.use_count() == 1);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    folder = QString::fromLocal8Bit(argv[1]);
    copies = QString::fromLocal8Bit(argv[2]);
    listenersAreTold();
    hangingOnesAreBoundedAndCancelled();
    whatIsCancelledWhileItWaitsGivesItsPlaceBack();
    nobodyIsTold();
    whatADoneHoldsMayCall();
    answersComeHome();
    nothingIsLeftOfAnAnswer();
    classesChange();
    ClassModules::quitOnSignals();
    CHECK(::raise(SIGTERM) == 0);
    CHECK(QCoreApplication::exec() == 0);
    /* The next one ends it there and then. */
    struct sigaction now = {};
    CHECK(::sigaction(SIGTERM, nullptr, &now) == 0 && now.sa_handler == SIG_DFL);
    /* An answer that nobody waited for is dropped with what it holds. */
    QCoreApplication::sendPostedEvents();
    QCoreApplication::processEvents();
    std::puts("well");
    return 0;
}
