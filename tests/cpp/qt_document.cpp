/*
 * The Qt adapter, asked by a test: each line of standard input is an object with
 * `config` and `request`, and perhaps `namespace`, `name` and `limited`. Prints for
 * each a line with the status and the args of the answer, as Qt has read them; with
 * `answer` in the line, it also says whether that is the same to QJsonObject.
 *
 *   qt_document FOLDER_OF_MODULES
 */
#include "class_modules.h"

#include <QJsonDocument>
#include <QTextStream>

#include <cstdio>

int main(int, char **argv)
{
    QTextStream in(stdin), out(stdout);
    for (QString line; in.readLineInto(&line);) {
        const QJsonObject asked = QJsonDocument::fromJson(line.toUtf8()).object();
        ClassModules modules;
        const QString folder = QString::fromLocal8Bit(argv[1]);
        const QStringList problems = modules.load(folder, QJsonObject{{"sysadm/iocage", asked.value("config")}});
        QJsonObject subsystems, args;
        modules.list(!asked.value("limited").toBool(), &subsystems);
        const QString namesp = asked.value("namespace").toString("sysadm");
        const QString name = asked.value("name").toString("iocage");
        const int status = modules.evaluate(namesp, name, asked.value("request"),
                                            !asked.value("limited").toBool(), &args);
        const QJsonObject told{
            {"args", args},
            {"has", modules.has(namesp, name)},
            {"problems", QJsonValue(problems.join("\n"))},
            {"replaced", modules.replace("sysadm/iocage", asked.value("config").toObject(), folder)},
            {"same", asked.value("answer").toObject() == args},
            {"status", status},
            {"subsystems", subsystems},
        };
        out << QJsonDocument(told).toJson(QJsonDocument::Compact) << Qt::endl;
    }
    return 0;
}
