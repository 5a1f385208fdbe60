/*
 * The classes of the Qt adapter: configured, replaced, unloaded and stopped, while
 * requests run. A part of the program `qt_requests`.
 */
#include "qt_count.hpp"

#include <QFile>

#include <atomic>
#include <cstdio>
#include <vector>

namespace {

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

void classesChange()
{
    listenersAreToldOfReplacedOnes();
    classesChangeUnderLoad();
    endsAreWaitedFor();
    whatIsTakenIsNotUnknown();
    configurationsAreNotLost();
    configurationsComeFromAFile();
    aReplacementLosesNothingOfItsConfiguration();
}
