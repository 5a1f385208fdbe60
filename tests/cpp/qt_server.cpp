/*
 * What of the sysadm project's server include/doc/sysadm-server.md touches, in small: classes of
 * its names, with as much in them as the lines of that page use. A line that begins with `//@` is
 * where those go that begin so there; tests/it/qt.rs puts them in, compiles this and asks it.
 *
 * Each line of standard input is a request, an object with `id`, `namespace`, `name`, `args`,
 * `full` and `web`. Prints the subsystems of both kinds of callers, and an answer for each
 * request; then it sends itself the signal that ends it.
 */
#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QObject>
#include <QStringList>
#include <QTextStream>
#include <QThread>

#include <csignal>

// LogManager.h
class LogManager {
public:
    enum LOG_FILE { HOST };
    static void log(LOG_FILE, const QString &line) { QTextStream(stderr) << line << '\n'; }
};

// RestStructs.h
struct RestInputStruct {
    QString name, namesp, id, bridgeID;
    QJsonValue args;
    bool fullaccess = false;
};

struct RestOutputStruct {
    enum ExitCode { OK, BADREQUEST, FORBIDDEN };
    RestInputStruct in_struct;
    ExitCode CODE = BADREQUEST;
    QStringList Header;
    QJsonValue out_args;
};

// globals.h
//@ #include "class_modules.h"

// main.cpp, its globals
//@ ClassModules *MODULES

static void print(const QJsonObject &line)
{
    QTextStream(stdout) << QJsonDocument(line).toJson(QJsonDocument::Compact) << '\n';
}

// WebSocket.h
class WebSocket : public QObject {
public:
    WebSocket(bool isWeb, int *unanswered) : SOCKET(isWeb ? this : nullptr), unanswered_(unanswered) {}
    void EvaluateRequest(const RestInputStruct &REQ);

private:
//@ void EvaluateModule
    QObject *SOCKET; // none over REST
    QString SockPeerIP = "192.0.2.1";
    int *unanswered_;
};

// WebBackend.cpp
static void AvailableSubsystems(bool allaccess, QJsonObject *out)
{
//@ MODULES->list
}

// WebSocket.cpp
void WebSocket::EvaluateRequest(const RestInputStruct &REQ)
{
    RestOutputStruct out;
    out.in_struct = REQ;
    if (!REQ.name.isEmpty() && !REQ.namesp.isEmpty()) {
//@ if(MODULES->has
        out.out_args = "a class that is built in";
    }
//@   Answer(out);
    //Return any information
    print({{"id", REQ.id}, {"code", int(out.CODE)}, {"args", out.out_args}, {"header", out.Header.join("")}});
    if (--*unanswered_ == 0)
        raise(SIGTERM);
}

int main(int argc, char **argv)
{
    QCoreApplication a(argc, argv);
//@ MODULES->onLog
    QThread TBACK, TBACK2;
    TBACK.start();
    TBACK2.start();
//@ ClassModules::quitOnSignals

    for (const bool full : {false, true}) {
        QJsonObject subsystems;
        AvailableSubsystems(full, &subsystems);
        print(subsystems);
    }
    QTextStream in(stdin);
    QStringList lines;
    for (QString line; in.readLineInto(&line);)
        lines << line;
    int unanswered = lines.size();
    QObject sockets;
    for (const QString &line : qAsConst(lines)) {
        const QJsonObject asked = QJsonDocument::fromJson(line.toUtf8()).object();
        RestInputStruct request;
        request.id = asked.value("id").toString();
        request.namesp = asked.value("namespace").toString();
        request.name = asked.value("name").toString();
        request.args = asked.value("args");
        request.fullaccess = asked.value("full").toBool();
        auto *socket = new WebSocket(asked.value("web").toBool(), &unanswered);
        socket->setParent(&sockets);
        socket->EvaluateRequest(request);
    }
    const int ret = a.exec();
//@ MODULES->stop
    return ret;
}
