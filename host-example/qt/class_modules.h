/*
 * class_modules.h - class modules in a Qt server: QJsonObject in, QJsonObject out.
 *
 *   ClassModules *MODULES = new ClassModules();                   // once, for the process
 *   MODULES->onLog([](QtMsgType, const QString &line) { ... });   // and first of all
 *   MODULES->load("/usr/local/lib/sysadm/modules", "/usr/local/etc/sysadm/modules.json");
 *
 *   if (MODULES->has(namesp, name))                               // for each request
 *       MODULES->run(namesp, name, args, fullAccess, 0, socket,
 *                    [=](int status, const QJsonObject &answer) { socket->reply(status, answer); });
 *
 *   MODULES->stop(10000);                                         // at the end
 *
 * A class works on the thread that calls it, for as long as the programs take that it
 * runs. `run` calls it on threads of this object's own, a bounded number, so that
 * requests that hang keep from being served only each other, and neither the event
 * loop nor who else uses QThreadPool::globalInstance(), which has a thread for each
 * core. The answer comes to the thread of `socket`; a socket that is gone gets none, and
 * its request is cancelled.
 *
 * onLog, onProgress and onEvent come first, then load; from then on everything may be
 * called from any threads at once, but for the destructor. No function may be called by
 * one of the listeners, and by a Done without a context, or by the destructor of what it
 * holds, only run, cancel, list and has.
 * include/doc/sysadm-server.md says what a server of the sysadm project makes of it.
 */
#ifndef CLASS_MODULES_H
#define CLASS_MODULES_H

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QtGlobal>

#include <functional>
#include <memory>

class QObject;

class ClassModules {
public:
    /* How many requests of `run` are worked on at once, and how many more may wait. */
    struct Limits {
        int threads = 64;
        int waiting = 1024;
        qint64 most() const { return qMax<qint64>(threads, 1) + qMax<qint64>(waiting, 0); }
    };

    /* A line of the log: who changed what (QtInfoMsg), what failed. Without one it goes
     * to qInfo, qWarning and qCritical, of which a server's message handler may drop the
     * first. */
    using OnLog = std::function<void(QtMsgType level, const QString &line)>;
    /* How far the request of this id is. */
    using OnProgress = std::function<void(quint64 id, const QJsonObject &what)>;
    /* What a class sends without being asked, for the server's event clients. */
    using OnEvent = std::function<void(const QString &subsystem, const QString &name, const QJsonObject &what)>;
    /* An answer: 200, 400, 403, 404, 500 or 503, and the response's args. */
    using Done = std::function<void(int status, const QJsonObject &answer)>;

    /* A server that is root loads only modules that root alone can replace, unless
     * allowUnsafeModules says otherwise. */
    explicit ClassModules(bool allowUnsafeModules = false);
    ClassModules(bool allowUnsafeModules, Limits limits);
    /* As stop(0). */
    ~ClassModules();

    /* Called on the threads that work; they should not block. */
    void onLog(OnLog listener);
    void onProgress(OnProgress listener);
    void onEvent(OnEvent listener);

    /* Load every *.so of a folder, as far as its class is not there already.
     * `configurations` has a class's configuration under "namespace/name"; a class that
     * has two, under names that differ in case, is not loaded. Where one is for no class
     * there, as by a slip of the pen, no class is loaded that has none of its own: it would
     * have its defaults, and what was to be denied would be lost. Answers a line for each
     * file and each configuration that is not used, which the log has got, too. */
    QStringList load(const QString &folder, const QJsonObject &configurations);

    /* The same with the configurations in a file, a JSON object. If there is no such
     * file, each class has its defaults; by one that cannot be read, or in which a key is
     * twice, at any depth, nothing is loaded, for what it denies to everybody would be lost. */
    QStringList load(const QString &folder, const QString &file);

    /* Load a class's file anew while requests run: each ends with the one it began
     * with. An empty text, or why not, and then the old one serves on. `configuration` is the
     * text of a JSON object, which the class gets as it is; `{}` is its defaults. Where it is none,
     * an empty text included, or has a key twice, at any depth, nothing is replaced. `copies` is a
     * folder for a private copy, as safe as the file; `check` is plugin-check, by which
     * the copy is tried first in a process of its own, or empty. */
    QString replace(const QString &subsystem, const QByteArray &configuration, const QString &copies,
                    const QString &check = QString());

    /* The same with an object, for who makes one. Of one that Qt has read from a text this is lost:
     * a key that was there twice, of which Qt keeps the last, so that what the first denied is open
     * to all and the class, which would refuse it, cannot see it; and what of a number no double has. */
    QString replace(const QString &subsystem, const QJsonObject &configuration, const QString &copies,
                    const QString &check = QString());

    /* The same with the configuration that `load` finds for the class in this file. By a file that is
     * not there, or by which `load` would load nothing, or that has not one object for this class, nothing
     * is replaced. */
    QString replaceFrom(const QString &subsystem, const QString &file, const QString &copies,
                        const QString &check = QString());

    /* Serve a class no more: its requests are waited for so long, then cancelled and
     * waited for. An empty text, or why not. */
    QString unload(const QString &subsystem, int drainMs);

    /* Add "namespace/name" to the subsystems, with what the caller may do there. */
    void list(bool fullAccess, QJsonObject *out) const;

    /* Is there a module for it? Names are compared without regard to case. */
    bool has(const QString &namesp, const QString &name) const;

    /*
     * Answer a request on a thread of the pool; `done` is called once, there, or may be
     * empty: then nobody is told. What is not begun (no such class, args that are no
     * object, too many waiting, stopping) is answered on this thread before run returns,
     * with why not as the answer; what is cancelled while it waits, by who cancels it.
     * `id` is for cancel, the log and onProgress, and should be unique among the
     * requests in flight; 0: one is found. Answers the id. `caller` says who asks, for
     * the class's log: a user's name, an address.
     */
    quint64 run(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess, quint64 id,
                Done done, const QString &caller = QString());

    /* The same for an answer to an object, on the thread where that lives and whose
     * event loop runs. If it is destroyed before, the request is cancelled and `done` is
     * not called. To be called while the object cannot be destroyed by another thread. A null
     * one is one that is destroyed already: nothing is begun, and the log has a line. */
    quint64 run(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess, quint64 id,
                QObject *context, Done done, const QString &caller = QString());

    /* Answer a request on this thread, however long it takes: the status, and the
     * response's args in *out. */
    int evaluate(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                 QJsonObject *out, quint64 id = 0, const QString &caller = QString());

    /* End the requests of this id early; does not wait for it. Those that still wait for a
     * thread are answered before this returns (503, `cancelled`), and their places are free. */
    void cancel(quint64 id);

    /* Take nothing new, wait so long for what is in flight, cancel what is left and wait
     * for that (30 s at most), close the classes. False: something had to be cancelled; what
     * was not begun is answered with 503 (`cancelled`, or `stopping`).
     * Afterwards there are no classes. Called on the thread of the QCoreApplication it
     * lets events through meanwhile, so that answers still reach their clients. */
    bool stop(int drainMs);

    /* For a server that has no way to its end: SIGTERM and SIGINT end the event loop of
     * the QCoreApplication, which is there already; a second one of the same kind ends
     * the process there and then. Once in a process. */
    static void quitOnSignals();

private:
    ClassModules(const ClassModules &) = delete;
    ClassModules &operator=(const ClassModules &) = delete;

    struct Shared;
    std::shared_ptr<Shared> shared_;
};

#endif
