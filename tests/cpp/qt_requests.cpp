/*
 * The requests of the Qt adapter: run, cancel, stop, replace and unload, while others
 * run, with the template `example/count`, whose actions take 10 ms a step.
 *
 *   qt_requests FOLDER_OF_MODULES FOLDER_FOR_COPIES
 */
#include "check.hpp"
#include "class_modules.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QThread>

#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>
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

QString folder, copies;

QJsonObject count(int to)
{
    return QJsonObject{{"action", "count"}, {"to", to}};
}

const QJsonObject calls{{"action", "calls"}};

QString code(const QJsonObject &answer)
{
    return answer.value("code").toString() + answer.value("count").toObject().value("code").toString();
}

/* Wait for it, and let events through. */
template <class IsSo> bool soon(IsSo isSo)
{
    QElapsedTimer timer;
    timer.start();
    while (!isSo() && timer.elapsed() < 60000) {
        QCoreApplication::processEvents();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return isSo();
}

ClassModules::Limits limits(int threads, int waiting)
{
    ClassModules::Limits limits;
    limits.threads = threads;
    limits.waiting = waiting;
    return limits;
}

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

/* Who began with a module that was replaced meanwhile is heard of until it has ended. */
void listenersAreToldOfReplacedOnes()
{
    std::atomic<int> steps{0}, others{0}, events{0};
    ClassModules modules(true);
    modules.onProgress([&](quint64 id, const QJsonObject &) { ++(id == 7 ? steps : others); });
    modules.onEvent([&](const QString &subsystem, const QString &name, const QJsonObject &) {
        events += subsystem == "example/count" && name == "count";
    });
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    std::atomic<bool> isAnswered{false};
    modules.run("example", "count", count(200), true, 7, [&](int status, const QJsonObject &) {
        CHECK(status == 200);
        isAnswered = true;
    });
    CHECK(soon([&] { return steps > 0; }));
    CHECK(modules.replace("example/count", QJsonObject{{"limit", 300}}, copies).isEmpty());
    CHECK(steps < 200 && soon([&] { return isAnswered.load(); }));
    CHECK(steps == 200 && others == 0 && events == 1);
}

/* A configuration is found however its class is written, and told if it is for none. */
void configurationsAreNotLost()
{
    ClassModules modules(true);
    const QJsonObject two{{"limit", 2}};
    const QStringList problems = modules.load(folder, QJsonObject{{"Example/COUNT", two}, {"no/such", two}});
    CHECK(problems.size() == 1 && problems[0].contains("no/such"));
    std::atomic<int> answers{0};
    modules.run("example", "count", count(3), true, 0, [&](int status, const QJsonObject &answer) {
        CHECK(status == 200 && code(answer.value("count").toObject()) == "illegal-value");
        ++answers;
    });
    CHECK(soon([&] { return answers == 1; }));
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

/* Under load from three threads: replaced, taken away, put back. */
void classesChangeUnderLoad()
{
    ClassModules modules(true, limits(4, 100000));
    CHECK(modules.load(folder, QJsonObject()).isEmpty());
    std::atomic<int> sent{0}, answered{0}, served{0}, absent{0};
    std::atomic<bool> isOver{false};
    const auto done = [&](int status, const QJsonObject &answer) {
        CHECK((status == 200 && answer.contains("calls")) || (status == 404 && code(answer) == "unknown-class"));
        served += status == 200;
        absent += status == 404;
        ++answered;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            while (!isOver) {
                modules.run("example", "count", calls, false, 0, done);
                if (++sent % 64 == 0)
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
    for (int i = 0; i < 20; ++i) {
        const QString why = modules.replace("example/count", QJsonObject{{"limit", i + 1}}, copies);
        if (!why.isEmpty())
            std::fprintf(stderr, "%s\n", why.toUtf8().constData());
        CHECK(why.isEmpty());
        if (i % 5 == 4) {
            CHECK(modules.unload("Example/Count", 60000).isEmpty());
            CHECK(!modules.has("example", "count"));
            CHECK(modules.unload("example/count", 0) == "there is no class example/count");
            CHECK(soon([&, before = absent.load()] { return absent > before; }));
            CHECK(modules.load(folder, QJsonObject()).isEmpty());
        }
    }
    CHECK(modules.replace("example/count", QJsonObject{{"limt", 1}}, copies).contains("limt"));
    isOver = true;
    for (auto &thread : threads)
        thread.join();
    CHECK(modules.stop(60000));
    CHECK(answered == sent && served > 0);
    std::printf("%d requests, %d served\n", sent.load(), served.load());
}

/* What hangs is waited for, then cancelled, also where a class alone goes. */
void endsAreWaitedFor()
{
    std::atomic<int> cancelled{0}, counted{0};
    const auto done = [&](int, const QJsonObject &answer) {
        cancelled += code(answer) == "cancelled";
        counted += answer.value("count").toObject().contains("counted");
    };
    {
        ClassModules modules(true, limits(2, 10));
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        modules.run("example", "count", count(1000), true, 0, done);
        modules.run("example", "count", count(1000), true, 0, done);
        modules.run("example", "count", count(1000), true, 0, done); /* waits */
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        CHECK(!modules.stop(50));
        CHECK(cancelled == 3 && !modules.has("example", "count"));
        QString refused;
        modules.run("example", "count", calls, true, 0,
                    [&](int status, const QJsonObject &answer) { refused = QString::number(status) + code(answer); });
        CHECK(refused == "503stopping");
        CHECK(modules.load(folder, QJsonObject()).size() == 1);
        QJsonObject subsystems;
        modules.list(true, &subsystems);
        CHECK(subsystems.isEmpty());
    }
    {
        ClassModules modules(true);
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        modules.run("example", "count", count(1000), true, 5, done);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        CHECK(modules.unload("example/count", 50).isEmpty() && soon([&] { return cancelled == 4; }));
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        modules.run("example", "count", count(5), true, 5, done);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        CHECK(modules.unload("example/count", 60000).isEmpty());
        CHECK(soon([&] { return counted == 1; }) && cancelled == 4);
        /* Answers to objects get through while it is waited for. */
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        QObject home;
        int answers = 0;
        modules.run("example", "count", count(5), true, 0, &home, [&](int, const QJsonObject &) { ++answers; });
        CHECK(modules.stop(60000) && answers == 1);
    }
}

/* What was taken is answered that there is no time for it, and not that its class is unknown. */
void whatIsTakenIsNotUnknown()
{
    for (int i = 0; i < 20; ++i) {
        std::atomic<int> answered{0};
        ClassModules modules(true, limits(8, 2000));
        modules.onLog([](QtMsgType, const QString &) {});
        CHECK(modules.load(folder, QJsonObject()).isEmpty());
        for (int j = 0; j < 1000; ++j)
            modules.run("example", "count", calls, true, 0, [&](int status, const QJsonObject &answer) {
                const QString why = code(answer);
                CHECK(status == 200 || (status == 503 && (why == "cancelled" || why == "stopping")));
                ++answered;
            });
        modules.stop(0);
        CHECK(answered == 1000);
    }
}

/* By a file that cannot be read nothing is loaded. */
void configurationsComeFromAFile()
{
    const QString path = copies + "/modules.json";
    const auto loaded = [&](const char *text) {
        QFile file(path);
        CHECK(file.open(QIODevice::WriteOnly) && file.write(text) >= 0);
        file.close();
        ClassModules modules(true);
        modules.onLog([](QtMsgType, const QString &) {});
        const QString problems = modules.load(folder, path).join("\n");
        const bool isOfAnother = problems.startsWith("the configuration of a is for no class");
        CHECK((problems.isEmpty() || isOfAnother) == modules.has("example", "count"));
        return problems;
    };
    CHECK(loaded("{}").isEmpty());
    CHECK(loaded("{\"example/count\":{\"limit\":5}}").isEmpty());
    CHECK(loaded("{\"example/count\":{\"limit\":0}}").contains("`limit` is not"));
    CHECK(loaded("{\"example/count\":5}").contains("the configuration of example/count is no JSON object"));
    CHECK(loaded("[]").contains("it is no JSON object"));
    for (const char *text : {"{\"example/count\":",
                             "{{\"a\":1}", "{\"a\":1,\"\\ud8", "{\"a",
                             "}]{\"\\", "{\"\xff\":1,\"\xff\":2}"})
        CHECK(loaded(text).contains(", at byte "));
    for (const char *text : {"{{\"a\":1,\"a\":2}}", "[{\"a\":1,\"a\":2", "{\"a\":{},\"a\":"})
        CHECK(loaded(text).contains("the key \"a\" is there twice"));
    CHECK(loaded("{\"\":1,\"\":2}").contains("the key \"\" is there twice"));
    CHECK(loaded("{\"example/count\":{\"limit\":5},\"example/count\":{}}")
              .contains("modules.json cannot be used: the key \"example/count\" is there twice"));
    CHECK(loaded("{\"example/count\":{\"limit\":5 , \"l\\u0069mit\" : 6}}")
              .contains("the key \"example/count.limit\" is there twice"));
    CHECK(loaded("{\"example/count\":{\"x\":[1,{\"a\\\"\":1},{\"a\\\"\":1,\"b\":[\",\"],\"a\\\"\":2}]}}")
              .contains("the key \"example/count.x.a\"\" is there twice"));
    CHECK(loaded("{\"example/count\":{\"limit\":5},\"Example/Count\":{\"limit\":6}}")
              .contains("example/count is not loaded: there are two configurations of it"));
    /* The same in two objects, in an array, in a value. */
    CHECK(loaded("{\"a\":{\"limit\":[{\"b\":\"b\"},{\"b\":\"a\"},\"b\",\"b\"]},\"example/count\":{\"limit\":5}}")
              .startsWith("the configuration of a is for no class"));
    CHECK(QFile::remove(path));
    ClassModules modules(true);
    CHECK(modules.load(folder, path).isEmpty() && modules.has("example", "count"));
}

/* What is lost of a text before the class sees it, it cannot refuse. */
void aReplacementLosesNothingOfItsConfiguration()
{
    const QString path = copies + "/modules.json";
    ClassModules modules(true);
    modules.onLog([](QtMsgType, const QString &) {});
    CHECK(modules.load(folder, QJsonObject{{"example/count", QJsonObject{{"limit", 2}}}}).isEmpty());
    const auto replaced = [&](const char *text) {
        return modules.replace("Example/Count", QByteArray(text), copies);
    };
    const auto replacedFrom = [&](const char *text) {
        QFile file(path);
        CHECK(file.open(QIODevice::WriteOnly) && file.write(text) >= 0);
        file.close();
        return modules.replaceFrom("Example/Count", path, copies);
    };
    /* Does it count to that, and no further? */
    const auto limit = [&](int of) {
        QJsonObject well, refused;
        CHECK(modules.evaluate("example", "count", count(of), true, &well) == 200);
        CHECK(modules.evaluate("example", "count", count(of + 1), true, &refused) == 200);
        return code(well.value("count").toObject()).isEmpty() &&
               code(refused.value("count").toObject()) == "illegal-value";
    };
    CHECK(replaced("{\"limit\":3,\"limit\":5}").contains("the key \"limit\" is there twice") && limit(2));
    CHECK(replaced("{\"x\":[{\"a\":1,\"\\u0061\":1}]}").contains("the key \"x.a\" is there twice") && limit(2));
    for (const char *text : {"", "5", "[]", "null"})
        CHECK(replaced(text).startsWith("Example/Count is not replaced") && limit(2));
    CHECK(replaced("{\"limit\":}").contains(", at byte ") && limit(2));
    CHECK(replaced("{\"limt\":3}").contains("limt") && limit(2));
    CHECK(replaced(" {\"limit\" : 3}\n").isEmpty() && limit(3));
    CHECK(modules.replace("no/such", QByteArray("{}"), copies) == "there is no class no/such");

    CHECK(modules.replaceFrom("example/count", path, copies).contains("modules.json cannot be used: ") && limit(3));
    CHECK(replacedFrom("{\"a\":{\"b\":1,\"b\":1},\"example/count\":{\"limit\":2}}")
              .contains("the key \"a.b\" is there twice") &&
          limit(3));
    CHECK(replacedFrom("{\"example/count\":{},\"Example/COUNT\":{}}").contains("has two configurations of it"));
    CHECK(replacedFrom("{\"EXAMPLE/count\":null,\"example/count\":{}}").contains("has two configurations of it"));
    CHECK(replacedFrom("{\"example/cuont\":{}}").contains("has no JSON object for it") && limit(3));
    CHECK(replacedFrom("{\"example/count\":5}").contains("has no JSON object for it") && limit(3));
    CHECK(replacedFrom("{\"example/COUNT\":{\"limit\":4}}").isEmpty() && limit(4));
    CHECK(QFile::remove(path));
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    folder = QString::fromLocal8Bit(argv[1]);
    copies = QString::fromLocal8Bit(argv[2]);
    listenersAreTold();
    listenersAreToldOfReplacedOnes();
    configurationsAreNotLost();
    hangingOnesAreBoundedAndCancelled();
    whatIsCancelledWhileItWaitsGivesItsPlaceBack();
    nobodyIsTold();
    whatADoneHoldsMayCall();
    answersComeHome();
    nothingIsLeftOfAnAnswer();
    classesChangeUnderLoad();
    endsAreWaitedFor();
    whatIsTakenIsNotUnknown();
    configurationsComeFromAFile();
    aReplacementLosesNothingOfItsConfiguration();
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
