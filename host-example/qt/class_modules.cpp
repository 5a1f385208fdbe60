/* The classes of ClassModules: loading, replacing and unloading them, and what they
 * call. Requests are in class_requests.cpp. */
#include "class_modules_p.h"

#include <QDebug>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonValue>

#include <cctype>
#include <optional>

using namespace sysadm::modules;
using namespace class_modules;

namespace {

/* An object or an array in which a text is read: the keys that were there, and the last. */
struct Depth {
    bool isObject;
    QStringList keys;
};

/* The end of the string that begins here: behind its quote. */
int endOfString(const QByteArray &text, int at)
{
    for (++at; at < text.size() && text[at] != '"'; ++at)
        at += text[at] == '\\';
    return at + 1;
}

/* A key that an object of this text holds twice, behind those that lead to it, if there is one.
 * Of the two Qt keeps the last in silence, and what the first denies would be lost. (Qt 5
 * leaks the value of the first, so this is asked before Qt is: the text may be no JSON.)
 * Strings are read by Qt, so that two keys are the same if they are to it. */
std::optional<QString> twice(const QByteArray &text)
{
    std::vector<Depth> depths;
    bool isKey = false;
    for (int at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '{' || c == '[')
            depths.push_back({c == '{', {}});
        else if ((c == '}' || c == ']') && !depths.empty())
            depths.pop_back();
        if (c != '"') {
            if (!std::isspace(static_cast<unsigned char>(c)))
                isKey = !depths.empty() && depths.back().isObject && (c == '{' || c == ',');
            continue;
        }
        const int end = endOfString(text, at);
        if (isKey) {
            const QByteArray alone = '[' + text.mid(at, end - at) + ']';
            const QJsonArray read = QJsonDocument::fromJson(alone).array();
            if (read.isEmpty())
                return std::nullopt; /* no string: Qt says of the whole why */
            const QString key = read.at(0).toString();
            const bool isTwice = depths.back().keys.contains(key);
            depths.back().keys << key;
            if (isTwice) {
                QStringList way;
                for (const Depth &depth : depths)
                    if (!depth.keys.isEmpty())
                        way << depth.keys.last();
                return way.join('.');
            }
        }
        isKey = false;
        at = end - 1;
    }
    return std::nullopt;
}

/* An object of JSON in which no key is twice, at any depth; or what is wrong with the text. */
QString inText(const QByteArray &text, QJsonObject *out)
{
    if (const auto key = twice(text))
        return QStringLiteral("the key \"%1\" is there twice").arg(key->left(200));
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError)
        return QStringLiteral("%1, at byte %2").arg(error.errorString()).arg(error.offset);
    if (!document.isObject())
        return QStringLiteral("it is no JSON object");
    *out = document.object();
    return QString();
}

/* The configurations of a file, by "namespace/name"; or why it cannot be used. */
QString inFile(const QString &file, QJsonObject *out)
{
    QFile opened(file);
    const QString why = opened.open(QIODevice::ReadOnly) ? inText(opened.readAll(), out) : opened.errorString();
    return why.isEmpty() ? why : QStringLiteral("%1 cannot be used: %2").arg(file, why);
}

} // namespace

ClassModules::ClassModules(bool allowUnsafeModules) : ClassModules(allowUnsafeModules, Limits())
{
}

ClassModules::ClassModules(bool allowUnsafeModules, Limits limits) : shared_(std::make_shared<Shared>())
{
    shared_->trust = allowUnsafeModules ? Trust::anybody : Trust::root;
    shared_->limits = limits;
    shared_->pool.setMaxThreadCount(limits.threads < 1 ? 1 : limits.threads);
}

void ClassModules::onLog(OnLog listener)
{
    shared_->onLog = std::move(listener);
}

void ClassModules::onProgress(OnProgress listener)
{
    shared_->onProgress = std::move(listener);
}

void ClassModules::onEvent(OnEvent listener)
{
    shared_->onEvent = std::move(listener);
}

void ClassModules::Shared::log(QtMsgType level, const QString &line) const
{
    if (onLog)
        onLog(level, line);
    else if (level == QtCriticalMsg)
        qCritical().noquote() << line;
    else if (level == QtWarningMsg)
        qWarning().noquote() << line;
    else
        qInfo().noquote() << line;
}

Host ClassModules::Shared::listening(const QString &subsystem, const std::shared_ptr<std::atomic<bool>> &ending)
{
    Host host;
    host.log_enabled = [](Level level, std::string_view) { return level <= Level::info; };
    host.log = [this, subsystem](Level level, std::string_view, std::string_view message, std::uint64_t id) {
        const QtMsgType type = level == Level::error  ? QtCriticalMsg
                               : level == Level::warn ? QtWarningMsg
                                                      : QtInfoMsg;
        if (level <= Level::info)
            log(type, QStringLiteral("%1 [%2]: %3").arg(subsystem, QString::number(id), text(message)));
    };
    host.is_cancelled = [this, ending](std::uint64_t id) { return *ending || isCancelled(id); };
    if (onProgress)
        host.progress = [this](std::uint64_t id, std::string_view what) { onProgress(id, object(what)); };
    if (onEvent)
        host.emit_event = [this, subsystem](std::string_view name, std::string_view what) {
            onEvent(subsystem, text(name), object(what));
        };
    return host;
}

std::shared_ptr<Served> ClassModules::Shared::enter(const QString &subsystem)
{
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = classes.find(subsystem);
    if (found == classes.end())
        return nullptr;
    ++found->second->inside;
    return found->second;
}

All ClassModules::Shared::enterAll()
{
    const std::lock_guard<std::mutex> lock(mutex);
    All all;
    for (const auto &one : classes) {
        ++one.second->inside;
        all.push_back(one.second);
    }
    return all;
}

/* Who waits for the count holds the class, too, and closes it when all have left. If
 * nobody waits any more, it is closed here, and then not under the lock. */
void ClassModules::Shared::leave(std::shared_ptr<Served> &&served)
{
    {
        const std::lock_guard<std::mutex> lock(mutex);
        --served->inside;
        if (served.use_count() > 1)
            served.reset();
    }
    left.notify_all();
    served.reset();
}

QStringList ClassModules::load(const QString &folder, const QString &file)
{
    QJsonObject configurations;
    const QString wrong = QFile::exists(file) ? inFile(file, &configurations) : QString();
    if (wrong.isEmpty())
        return load(folder, configurations);
    const QString why = QStringLiteral("no class is loaded: %1").arg(wrong);
    shared_->log(QtCriticalMsg, why);
    return {why};
}

QStringList ClassModules::load(const QString &folder, const QJsonObject &given)
{
    QStringList problems;
    /* By the name that classes are called by; what is for none would be lost in silence, and with it what it
     * denies. Which of two is meant nobody knows. */
    QJsonObject configurations;
    QStringList doubtful;
    for (auto entry = given.begin(); entry != given.end(); ++entry) {
        const QString subsystem = entry.key().toLower();
        if (configurations.contains(subsystem) && !doubtful.contains(subsystem)) {
            problems << QStringLiteral("%1 is not loaded: there are two configurations of it").arg(subsystem);
            doubtful << subsystem;
        }
        configurations.insert(subsystem, entry.value());
    }
    struct Found {
        QString path, subsystem;
        Module module;
    };
    std::vector<Found> found;
    QStringList strays = configurations.keys();
    const auto files = QDir(folder).entryInfoList({QStringLiteral("*.so")}, QDir::Files, QDir::Name);
    for (const QFileInfo &file : files) {
        const QString path = file.absoluteFilePath();
        auto module = Module::load(path.toStdString(), shared_->trust);
        if (!module) {
            problems << text(module.error());
            continue;
        }
        const QString subsystem = key(text(module->name_space()), text(module->name()));
        strays.removeAll(subsystem);
        found.push_back({path, subsystem, *std::move(module)});
    }
    for (const QString &stray : strays)
        problems << QStringLiteral("the configuration of %1 is for no class in %2").arg(stray, folder);
    for (const auto &[path, subsystem, module] : found) {
        const QString twice = QStringLiteral("%1: %2 is there already").arg(path, subsystem);
        if (has(text(module.name_space()), text(module.name()))) {
            problems << twice;
            continue;
        }
        if (doubtful.contains(subsystem))
            continue;
        /* It may be the one that was meant. */
        if (!strays.isEmpty() && !configurations.contains(subsystem)) {
            problems << QStringLiteral("%1: %2 has no configuration, and that of %3 is for no class: is it this one's? An "
                                       "empty object under its name loads it with its defaults")
                            .arg(path, subsystem, strays.first());
            continue;
        }
        const QJsonValue configuration = configurations.value(subsystem);
        if (!configuration.isUndefined() && !configuration.isObject()) {
            problems << QStringLiteral("%1: the configuration of %2 is no JSON object").arg(path, subsystem);
            continue;
        }
        auto ending = std::make_shared<std::atomic<bool>>(false);
        auto instance = module.create(shared_->listening(subsystem, ending), view(json(configuration.toObject())));
        if (!instance) {
            problems << QStringLiteral("%1: %2").arg(path, text(instance.error()));
            continue;
        }
        /* If it is not taken, it is closed when this goes, without the lock. */
        const auto served = std::make_shared<Served>(*std::move(instance), std::move(ending));
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        if (shared_->isStopping)
            problems << QStringLiteral("%1: the server is stopping").arg(path);
        else if (!shared_->classes.emplace(subsystem, served).second)
            problems << twice;
    }
    for (const QString &problem : problems)
        shared_->log(QtWarningMsg, problem);
    return problems;
}

QString ClassModules::replace(const QString &subsystem, const QByteArray &configuration, const QString &copies,
                              const QString &check)
{
    auto served = shared_->enter(subsystem.toLower());
    if (!served)
        return QStringLiteral("there is no class %1").arg(subsystem);
    QJsonObject read;
    QString why = inText(configuration, &read);
    if (why.isEmpty()) {
        const std::string path = served->slot.current()->module().path();
        Probe probe;
        probe.program = check.toStdString();
        const auto replaced =
            served->slot.replace(path, copies.toStdString(), probe,
                                 shared_->listening(subsystem.toLower(), served->ending), view(configuration),
                                 std::nullopt, shared_->trust);
        why = replaced ? QString() : text(replaced.error());
    } else {
        why = QStringLiteral("%1 is not replaced: its configuration cannot be used: %2").arg(subsystem, why);
    }
    shared_->leave(std::move(served));
    if (!why.isEmpty())
        shared_->log(QtWarningMsg, why);
    return why;
}

QString ClassModules::replace(const QString &subsystem, const QJsonObject &configuration, const QString &copies,
                              const QString &check)
{
    return replace(subsystem, json(configuration), copies, check);
}

QString ClassModules::replaceFrom(const QString &subsystem, const QString &file, const QString &copies,
                                  const QString &check)
{
    QJsonObject configurations;
    QJsonValue configuration(QJsonValue::Undefined);
    QString why = inFile(file, &configurations);
    for (auto entry = configurations.begin(); entry != configurations.end(); ++entry) {
        if (entry.key().compare(subsystem, Qt::CaseInsensitive) != 0)
            continue;
        if (configuration.isUndefined())
            configuration = entry.value();
        else
            why = QStringLiteral("%1 has two configurations of it").arg(file);
    }
    if (why.isEmpty() && !configuration.isObject())
        why = QStringLiteral("%1 has no JSON object for it").arg(file);
    if (why.isEmpty())
        return replace(subsystem, configuration.toObject(), copies, check);
    why = QStringLiteral("%1 is not replaced: %2").arg(subsystem, why);
    shared_->log(QtWarningMsg, why);
    return why;
}

QString ClassModules::unload(const QString &subsystem, int drainMs)
{
    std::shared_ptr<Served> served;
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        const auto found = shared_->classes.find(subsystem.toLower());
        if (found == shared_->classes.end())
            return QStringLiteral("there is no class %1").arg(subsystem);
        served = found->second;
        shared_->classes.erase(found);
    }
    const auto isLeft = [&] { return served->inside == 0; };
    if (shared_->waitUntil(drainMs, isLeft))
        return QString();
    shared_->end(*served);
    return shared_->waitUntil(cancelledMs, isLeft)
               ? QString()
               : QStringLiteral("%1 still has requests; it is closed when they end").arg(subsystem);
}

/* Health is not asked: sysadm's server wants this list before every request. A
 * class that cannot work answers its requests with the reason. */
void ClassModules::list(bool fullAccess, QJsonObject *out) const
{
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    for (const auto &one : shared_->classes)
        out->insert(one.first, fullAccess ? QStringLiteral("read/write") : QStringLiteral("read"));
}

bool ClassModules::has(const QString &namesp, const QString &name) const
{
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    return shared_->classes.count(key(namesp, name)) != 0;
}
