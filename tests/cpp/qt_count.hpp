/*
 * What the tests of the Qt adapter's requests share: the template `example/count`, whose
 * actions take 10 ms a step, where it is, and what it is asked.
 */
#ifndef TESTS_CPP_QT_COUNT_HPP
#define TESTS_CPP_QT_COUNT_HPP

#include "check.hpp"
#include "class_modules.h"

#include <QCoreApplication>
#include <QElapsedTimer>

#include <chrono>
#include <thread>

/* The folder of modules, and the one for copies. */
inline QString folder, copies;

inline QJsonObject count(int to)
{
    return QJsonObject{{"action", "count"}, {"to", to}};
}

inline const QJsonObject calls{{"action", "calls"}};

inline QString code(const QJsonObject &answer)
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

inline ClassModules::Limits limits(int threads, int waiting)
{
    ClassModules::Limits limits;
    limits.threads = threads;
    limits.waiting = waiting;
    return limits;
}

/* The classes themselves change, while requests run: in `qt_changes.cpp`. */
void classesChange();

#endif
