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

#include <algorithm>
#include <cerrno>
#include <utility>

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

/* What is not here, or not any more: a class that a stop has taken away is not unknown. */
int absent(bool isStopping, const QString &subsystem, QJsonObject *why)
{
    if (isStopping) {
        *why = refusal("stopping", QStringLiteral("the server is stopping"));
        return SYSADM_STATUS_UNAVAILABLE;
    }
    *why = refusal("unknown-class", QStringLiteral("there is no class \"%1\"").arg(subsystem));
    return SYSADM_STATUS_NOT_FOUND;
}

/* An object that an answer is for, as long as it is there. */
struct Home {
    std::mutex mutex;
    QObject *context;
    QMetaObject::Connection watch;

    explicit Home(QObject *context_) : context(context_) {}

    /* Have it called on the object's thread. By an object that goes, since the events
     * of Qt before 5.10 know no functions; what is under way when the object goes, Qt
     * drops. Only when that one has gone is the object watched no more, which until then
     * cannot go further than to where it waits for the lock: amid this Qt would lose the
     * call with what it holds. */
    void deliver(const std::function<void()> &call)
    {
        const std::lock_guard<std::mutex> lock(mutex);
        if (context == nullptr)
            return;
        {
            QObject gone;
            QObject::connect(&gone, &QObject::destroyed, context, call, Qt::QueuedConnection);
        }
        QObject::disconnect(watch);
    }
};

/* `Shared` lives until it is done: see the destructor. */
template <class Shared> struct Worker : QRunnable {
    Shared &shared;

    explicit Worker(Shared &shared_) : shared(shared_) {}
    void run() override { shared.work(); }
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
        const std::lock_guard<std::mutex> lock(mutex);
        return absent(isStopping, subsystem, out);
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
    bool isWorkerMissing = false;
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        if (id == 0)
            id = ++shared_->lastId;
        if (shared_->isStopping || shared_->classes.count(key(namesp, name)) == 0) {
            status = absent(shared_->isStopping, key(namesp, name), &why);
        } else if (!args.isObject()) {
            status = SYSADM_STATUS_BAD_REQUEST;
            why = refusal("bad-request", QStringLiteral("the args are no JSON object"));
        } else if (shared_->places >= shared_->limits.most()) {
            status = SYSADM_STATUS_UNAVAILABLE;
            why = refusal("busy", QStringLiteral("%1 requests are at work or wait already").arg(shared_->places));
        } else {
            Flight flight(id);
            flight.isWaiting = flight.hasPlace = true;
            flight.done = std::move(done);
            flight.work = [shared = shared_.get(), subsystem = key(namesp, name), asked = args.toObject(), fullAccess,
                           id, caller](QJsonObject *answer) {
                return shared->ask(subsystem, asked, fullAccess, id, caller, answer);
            };
            shared_->flights.push_back(std::move(flight));
            ++shared_->places;
            isWorkerMissing = shared_->workers < shared_->pool.maxThreadCount();
            shared_->workers += isWorkerMissing;
        }
    }
    if (status != 0 && done)
        done(status, why);
    if (isWorkerMissing)
        shared_->pool.start(new Worker<Shared>(*shared_));
    return id;
}

void ClassModules::Shared::work()
{
    for (;;) {
        Flights::iterator next;
        {
            const std::lock_guard<std::mutex> lock(mutex);
            next = std::find_if(flights.begin(), flights.end(), [](const Flight &one) { return one.isWaiting; });
            if (next == flights.end()) {
                --workers;
                return;
            }
            next->isWaiting = false;
        }
        QJsonObject answer;
        const int status = next->work(&answer);
        land(next, status, answer);
    }
}

/* It is there until its answer was given, for who stops waits for that, and until what its
 * Done holds has gone: that may call us, and goes before the lock is taken. */
void ClassModules::Shared::land(Flights::iterator flight, int status, const QJsonObject &answer)
{
    if (Done done = std::exchange(flight->done, nullptr))
        done(status, answer);
    const std::lock_guard<std::mutex> lock(mutex);
    places -= flight->hasPlace;
    flights.erase(flight);
    left.notify_all();
}

quint64 ClassModules::run(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                          quint64 id, QObject *context, Done done, const QString &caller)
{
    if (id == 0) {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        id = ++shared_->lastId;
    }
    if (context == nullptr) {
        shared_->log(QtWarningMsg,
                     QStringLiteral("%1 [%2]: not begun, for its answer is for no object").arg(key(namesp, name)).arg(id));
        return id;
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
            home->deliver([done, status, answer] {
                if (done)
                    done(status, answer);
            });
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
        flight = shared_->flights.insert(shared_->flights.end(), Flight(id));
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

void ClassModules::Shared::cancelAll(const std::function<bool(const Flight &)> &isMeant)
{
    std::vector<Flights::iterator> waiting;
    {
        const std::lock_guard<std::mutex> lock(mutex);
        for (auto one = flights.begin(); one != flights.end(); ++one) {
            if (!isMeant(*one))
                continue;
            one->isCancelled = true;
            if (!one->isWaiting)
                continue;
            one->isWaiting = one->hasPlace = false;
            --places;
            waiting.push_back(one);
        }
    }
    for (const auto one : waiting)
        land(one, SYSADM_STATUS_UNAVAILABLE,
             refusal("cancelled", QStringLiteral("the request was cancelled before it was begun")));
}

void ClassModules::Shared::cancel(quint64 id)
{
    cancelAll([id](const Flight &flight) { return flight.id == id && id != 0; });
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
    /* First: a request that no thread has taken yet is not to find its class gone. */
    shared_->cancelAll([](const Flight &) { return true; });
    std::map<QString, std::shared_ptr<Served>> classes;
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        classes.swap(shared_->classes);
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
    /* Once: the next one of the kind does what it does by default. */
    action.sa_flags = SA_RESTART | SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGTERM, SIGINT}) {
        struct sigaction now = {};
        /* What was ignored when the server was started stays so. */
        if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
            ::sigaction(signal, &action, nullptr);
    }
}
