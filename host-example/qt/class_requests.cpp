/* The requests of ClassModules: on whose thread they run, who is told, and their end. */
#include "class_modules_p.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEvent>
#include <QObject>
#include <QRunnable>
#include <QSocketNotifier>
#include <QThread>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

using namespace sysadm::modules;
using namespace class_modules;

namespace {

/* How long the event loop is let run at the very end; only where there is one. */
constexpr int lastAnswersMs = 100;

/* Is this the thread of the application's event loop? */
bool isLoopOurs()
{
    const QCoreApplication *app = QCoreApplication::instance();
    return app != nullptr && QThread::currentThread() == app->thread();
}

QJsonObject refusal(const char *code, const QString &why)
{
    return QJsonObject{{QStringLiteral("error"), why}, {QStringLiteral("code"), QLatin1String(code)}};
}

/* An object that an answer is for, as long as it is there. */
struct Home {
    std::mutex mutex;
    QObject *context;
    QMetaObject::Connection watch;

    explicit Home(QObject *context_) : context(context_) {}

    /* Have it called on the object's thread. By an object that goes, since the events
     * of Qt before 5.10 know no functions; what is under way when the object goes, Qt
     * drops. */
    void deliver(const std::function<void()> &call)
    {
        const std::lock_guard<std::mutex> lock(mutex);
        if (context == nullptr)
            return;
        QObject gone;
        QObject::connect(&gone, &QObject::destroyed, context, call, Qt::QueuedConnection);
        QObject::disconnect(watch);
    }
};

struct Job : QRunnable {
    std::function<void()> work;

    explicit Job(std::function<void()> work_) : work(std::move(work_)) {}
    void run() override { work(); }
};

/* The end of a pipe into which a signal's handler writes. */
int signalled[2] = {-1, -1};

struct Signalled : QSocketNotifier {
    explicit Signalled(QObject *parent) : QSocketNotifier(signalled[0], QSocketNotifier::Read, parent) {}
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::SockAct)
            return QSocketNotifier::event(event);
        setEnabled(false);
        QCoreApplication::quit();
        return true;
    }
};

} // namespace

int ClassModules::Shared::ask(const QString &subsystem, const QJsonObject &args, bool fullAccess, quint64 id,
                              const QString &caller, QJsonObject *out)
{
    auto served = enter(subsystem);
    if (!served) {
        *out = refusal("unknown-class", QStringLiteral("there is no class \"%1\"").arg(subsystem));
        return SYSADM_STATUS_NOT_FOUND;
    }
    const QByteArray bytes = json(args), asks = caller.toUtf8();
    Request request;
    request.args = view(bytes);
    request.id = id;
    request.access = fullAccess ? Access::full : Access::limited;
    request.caller = view(asks);
    int status = SYSADM_STATUS_INTERNAL;
    {
        const auto response = served->slot.dispatch(request);
        if (response) {
            *out = object(response->args());
            status = static_cast<int>(response->status());
        } else {
            *out = refusal("broken", text(response.error()));
            log(QtCriticalMsg, QStringLiteral("%1: %2").arg(subsystem, text(response.error())));
        }
    }
    leave(std::move(served));
    return status;
}

bool ClassModules::Shared::isCancelled(quint64 id)
{
    const std::lock_guard<std::mutex> lock(mutex);
    for (const Flight &flight : flights)
        if (flight.isCancelled && flight.id == id && id != 0)
            return true;
    return false;
}

quint64 ClassModules::run(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                          quint64 id, Done done, const QString &caller)
{
    int status = 0;
    QJsonObject why;
    Shared::Flights::iterator flight;
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        if (id == 0)
            id = ++shared_->lastId;
        if (shared_->isStopping) {
            status = SYSADM_STATUS_UNAVAILABLE;
            why = refusal("stopping", QStringLiteral("the server is stopping"));
        } else if (shared_->classes.count(key(namesp, name)) == 0) {
            status = SYSADM_STATUS_NOT_FOUND;
            why = refusal("unknown-class", QStringLiteral("there is no class \"%1\"").arg(key(namesp, name)));
        } else if (!args.isObject()) {
            status = SYSADM_STATUS_BAD_REQUEST;
            why = refusal("bad-request", QStringLiteral("the args are no JSON object"));
        } else if (shared_->inPool >= shared_->limits.most()) {
            status = SYSADM_STATUS_UNAVAILABLE;
            why = refusal("busy", QStringLiteral("%1 requests are at work or wait already").arg(shared_->inPool));
        } else {
            flight = shared_->flights.insert(shared_->flights.end(), Flight{id, false});
            ++shared_->inPool;
        }
    }
    if (status != 0) {
        done(status, why);
        return id;
    }
    /* This object lives until the job is done: see the destructor. */
    Shared *const shared = shared_.get();
    const QJsonObject asked = args.toObject();
    const QString subsystem = key(namesp, name);
    shared->pool.start(new Job([=] {
        bool isCancelled = false;
        {
            const std::lock_guard<std::mutex> lock(shared->mutex);
            isCancelled = flight->isCancelled;
        }
        QJsonObject answer =
            refusal("cancelled", QStringLiteral("the request was cancelled before it was begun"));
        const int answered = isCancelled
                                 ? static_cast<int>(SYSADM_STATUS_UNAVAILABLE)
                                 : shared->ask(subsystem, asked, fullAccess, id, caller, &answer);
        done(answered, answer);
        const std::lock_guard<std::mutex> lock(shared->mutex);
        shared->flights.erase(flight);
        --shared->inPool;
        shared->left.notify_all();
    }));
    return id;
}

quint64 ClassModules::run(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                          quint64 id, QObject *context, Done done, const QString &caller)
{
    if (id == 0) {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        id = ++shared_->lastId;
    }
    const auto home = std::make_shared<Home>(context);
    const std::weak_ptr<Shared> shared = shared_;
    home->watch = QObject::connect(context, &QObject::destroyed, [home, shared, id] {
        {
            const std::lock_guard<std::mutex> lock(home->mutex);
            home->context = nullptr;
        }
        if (const auto still = shared.lock())
            still->cancel(id);
    });
    return run(
        namesp, name, args, fullAccess, id,
        [home, done](int status, const QJsonObject &answer) {
            home->deliver([done, status, answer] { done(status, answer); });
        },
        caller);
}

int ClassModules::evaluate(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                           QJsonObject *out, quint64 id, const QString &caller)
{
    if (!has(namesp, name))
        return SYSADM_STATUS_NOT_FOUND;
    if (!args.isObject())
        return SYSADM_STATUS_BAD_REQUEST;
    Shared::Flights::iterator flight;
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        if (shared_->isStopping)
            return SYSADM_STATUS_UNAVAILABLE;
        flight = shared_->flights.insert(shared_->flights.end(), Flight{id, false});
    }
    QJsonObject answered;
    const int status = shared_->ask(key(namesp, name), args.toObject(), fullAccess, id, caller, &answered);
    for (auto entry = answered.begin(); entry != answered.end(); ++entry)
        out->insert(entry.key(), entry.value());
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->flights.erase(flight);
    shared_->left.notify_all();
    return status;
}

void ClassModules::cancel(quint64 id)
{
    shared_->cancel(id);
}

void ClassModules::Shared::cancel(quint64 id)
{
    {
        const std::lock_guard<std::mutex> lock(mutex);
        for (Flight &flight : flights)
            flight.isCancelled |= flight.id == id && id != 0;
    }
    for (auto &served : enterAll()) {
        served->slot.cancel(id);
        leave(std::move(served));
    }
}

/* Answers to objects of this thread are events: they get through meanwhile. */
bool ClassModules::Shared::waitAndAnswer(int ms, const std::function<bool()> &isSo)
{
    if (!isLoopOurs())
        return waitUntil(ms, isSo);
    QElapsedTimer timer;
    timer.start();
    bool isOver = false;
    do {
        const qint64 still = ms - timer.elapsed();
        isOver = still <= 0;
        if (waitUntil(isOver ? 0 : still > 10 ? 10 : static_cast<int>(still), isSo))
            return true;
        QCoreApplication::processEvents();
    } while (!isOver);
    return false;
}

std::vector<quint64> ClassModules::Shared::ids()
{
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<quint64> all;
    for (const Flight &flight : flights)
        all.push_back(flight.id);
    return all;
}

bool ClassModules::stop(int drainMs)
{
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        shared_->isStopping = true;
    }
    const auto isQuiet = [&] { return shared_->flights.empty(); };
    const bool isDrained = shared_->waitAndAnswer(drainMs, isQuiet);
    std::map<QString, std::shared_ptr<Served>> classes;
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        classes.swap(shared_->classes);
        for (Flight &flight : shared_->flights)
            flight.isCancelled = true;
    }
    for (const auto &one : classes)
        shared_->end(*one.second);
    shared_->waitAndAnswer(cancelledMs, [&] {
        bool isInside = false;
        for (const auto &one : classes)
            isInside |= one.second->inside != 0;
        return isQuiet() && !isInside;
    });
    /* The last answers are given, and their sockets have to get rid of them. */
    if (isLoopOurs())
        shared_->waitAndAnswer(lastAnswersMs, [] { return false; });
    return isDrained;
}

/* Whatever is inside this class is to end: what asks, by that, and what has an id. */
void ClassModules::Shared::end(Served &served)
{
    *served.ending = true;
    for (const quint64 id : ids())
        served.slot.cancel(id);
}

/* A request that does not end although it was cancelled keeps what it uses. */
ClassModules::~ClassModules()
{
    stop(0);
    const auto isQuiet = [&] { return shared_->flights.empty(); };
    if (!shared_->pool.waitForDone(1000) || !shared_->waitUntil(0, isQuiet))
        static_cast<void>(new std::shared_ptr<Shared>(shared_));
}

void ClassModules::quitOnSignals()
{
    if (signalled[0] != -1 || ::pipe(signalled) != 0)
        return;
    for (const int end : signalled) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    new Signalled(QCoreApplication::instance());
    struct sigaction action = {};
    action.sa_handler = [](int) {
        const int before = errno;
        static_cast<void>(::write(signalled[1], "", 1) == 1);
        errno = before;
    };
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
}
