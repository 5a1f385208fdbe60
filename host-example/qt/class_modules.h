/*
 * class_modules.h - class modules in a Qt server: QJsonObject in, QJsonObject out.
 * For a server like sysadm's, whose request evaluation asks three things of it:
 *
 *   // once, in main.cpp, into a global
 *   for (const QString &problem : modules.load(SYSADM_MODULEDIR, settings))
 *       LogManager::log(LogManager::HOST, problem);
 *
 *   // at the end of WebSocket::AvailableSubsystems(allaccess, out), instead of the
 *   // lines that look for iocage
 *   modules.list(allaccess, out);
 *
 *   // in WebSocket::EvaluateBackendRequest(IN, out), before the chain of names, in
 *   // which sysadm/iocage is deleted together with its library class
 *   if (modules.has(IN.namesp, IN.name))
 *       return exitCode(modules.evaluate(IN.namesp, IN.name, IN.args, IN.fullaccess, out));
 *
 * where exitCode maps 200, 403 and 404 to the server's OK, FORBIDDEN and NOTFOUND
 * and the rest to BADREQUEST, for it has no code for a failure of its own.
 *
 * evaluate blocks for as long as the class works: call it on a worker thread, as
 * sysadm's server does, of which there should be more than there are cores.
 * load comes first, alone; everything else may be called from any threads at once.
 */
#ifndef CLASS_MODULES_H
#define CLASS_MODULES_H

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <map>
#include <memory>

namespace sysadm::modules {
class HotSlot;
}

class ClassModules {
public:
    /* What a class sends without being asked, for the server's event clients.
     * Called on the threads that are inside evaluate. */
    using OnEvent = std::function<void(const QString &subsystem, const QString &name, const QJsonObject &what)>;

    /* A server that is root loads only modules that root alone can replace, unless
     * allowUnsafeModules says otherwise. */
    explicit ClassModules(OnEvent onEvent = {}, bool allowUnsafeModules = false);
    ~ClassModules();

    /* Load every *.so of a folder. `configurations` has a class's configuration
     * under "namespace/name". Answers a line for each file that is not used. */
    QStringList load(const QString &folder, const QJsonObject &configurations);

    /* Load a class's file anew while requests run. An empty text, or why not. */
    QString replace(const QString &subsystem, const QJsonObject &configuration, const QString &copies);

    /* Add "namespace/name" to the subsystems, with what the caller may do there. */
    void list(bool fullAccess, QJsonObject *out) const;

    /* Is there a module for it? Names are compared without regard to case. */
    bool has(const QString &namesp, const QString &name) const;

    /* Answer a request: the status, and the response's args in *out. `id` is for
     * cancel, unique among the requests in flight; `caller` says who asks, for the
     * class's log, a user's name perhaps. */
    int evaluate(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                 QJsonObject *out, quint64 id = 0, const QString &caller = QString()) const;

    /* End a request early, when its client is gone. */
    void cancel(quint64 id) const;

private:
    ClassModules(const ClassModules &) = delete;
    ClassModules &operator=(const ClassModules &) = delete;

    OnEvent onEvent_;
    bool allowUnsafeModules_;
    std::map<QString, std::unique_ptr<sysadm::modules::HotSlot>> slots_; /* by "namespace/name" */
};

#endif
