/*
 * What the two halves of ClassModules share; nothing in here is for a server.
 *
 * A class has a slot, in which a module can be replaced, and a count of the calls that
 * are inside. Requests are known by a list of who is in flight: by that, and not by
 * asking the modules alone, cancel reaches one that is still waiting for a thread, or on
 * its way into the class. Those that wait stand in that list and not in the pool's queue,
 * out of which nothing can be taken. No lock is held while a module or a listener is called.
 */
#ifndef CLASS_MODULES_P_H
#define CLASS_MODULES_P_H

#include "class_modules.h"

#include "sysadm_class.hpp"

#include <QJsonDocument>
#include <QThreadPool>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <vector>

namespace class_modules {

/* How long what was cancelled is waited for: longer than a class gives its programs. */
constexpr int cancelledMs = 30000;
/* Ids that are found begin beyond those that a server counts up. */
constexpr quint64 firstId = 1ull << 48;

inline QString text(std::string_view utf8)
{
    return QString::fromUtf8(utf8.data(), static_cast<int>(utf8.size()));
}

inline QString text(const sysadm::modules::Error &error)
{
    return text(error.text);
}

inline std::string_view view(const QByteArray &bytes)
{
    return std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

inline QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

inline QJsonObject object(std::string_view json)
{
    return QJsonDocument::fromJson(QByteArray(json.data(), static_cast<int>(json.size()))).object();
}

inline QString key(const QString &namesp, const QString &name)
{
    return (namesp + QLatin1Char('/') + name).toLower();
}

/* One class that is served. */
struct Served {
    Served(sysadm::modules::Instance first, std::shared_ptr<std::atomic<bool>> ending_)
        : slot(std::move(first)), ending(std::move(ending_))
    {
    }
    sysadm::modules::HotSlot slot;
    std::shared_ptr<std::atomic<bool>> ending; /* whatever is inside is to end, ids or not */
    int inside = 0;                            /* guarded as the list of classes */
};
using All = std::vector<std::shared_ptr<Served>>;

/* A request from its taking until its answer. The first four are guarded as the list. */
struct Flight {
    quint64 id;
    bool isCancelled = false;
    bool isWaiting = false; /* for a thread */
    bool hasPlace = false;  /* of those that `run` bounds */
    std::function<int(QJsonObject *answer)> work;
    ClassModules::Done done;

    explicit Flight(quint64 id_) : id(id_) {}
};

} // namespace class_modules

/* Outlives whatever calls it: the destructor of ClassModules waits for that, or leaves
 * this behind. */
struct ClassModules::Shared {
    using Served = class_modules::Served;
    using Flights = std::list<class_modules::Flight>;

    sysadm::modules::Trust trust = sysadm::modules::Trust::root;
    Limits limits;
    OnLog onLog;
    OnProgress onProgress;
    OnEvent onEvent;
    QThreadPool pool;

    std::mutex mutex; /* guards what follows */
    std::condition_variable left;
    std::map<QString, std::shared_ptr<Served>> classes; /* by "namespace/name" */
    Flights flights;
    int places = 0;  /* that are taken: requests of `run`, at work or waiting */
    int workers = 0; /* threads of the pool that look for requests */
    quint64 lastId = class_modules::firstId;
    bool isStopping = false;

    void log(QtMsgType level, const QString &line) const;

    /* What a class calls. */
    sysadm::modules::Host listening(const QString &subsystem, const std::shared_ptr<std::atomic<bool>> &ending);
    bool isCancelled(quint64 id);
    void cancel(quint64 id);

    /* Cancel these; those that wait are answered here and now. */
    void cancelAll(const std::function<bool(const class_modules::Flight &)> &isMeant);
    /* Work on what waits, until nothing does. */
    void work();
    void land(Flights::iterator flight, int status, const QJsonObject &answer);

    /* The class of this name, or all, not closed before they are left again. */
    std::shared_ptr<Served> enter(const QString &subsystem);
    class_modules::All enterAll();
    void leave(std::shared_ptr<Served> &&served);

    /* Wait so long until it is so; false if it still is not. */
    template <class IsSo> bool waitUntil(int ms, IsSo isSo)
    {
        std::unique_lock<std::mutex> lock(mutex);
        return left.wait_for(lock, std::chrono::milliseconds(ms < 0 ? 0 : ms), isSo);
    }
    bool waitAndAnswer(int ms, const std::function<bool()> &isSo);

    std::vector<quint64> ids();
    void end(Served &served);

    int ask(const QString &subsystem, const QJsonObject &args, bool fullAccess, quint64 id, const QString &caller,
            QJsonObject *out);
};

#endif
