#include "class_modules.h"

#include "sysadm_class.hpp"

#include <QDebug>
#include <QDir>
#include <QJsonDocument>
#include <QJsonValue>

using namespace sysadm::modules;

namespace {

QString text(std::string_view utf8)
{
    return QString::fromUtf8(utf8.data(), static_cast<int>(utf8.size()));
}

QString text(const Error &error)
{
    return text(error.text);
}

std::string_view view(const QByteArray &bytes)
{
    return std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size()));
}

QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QJsonObject object(std::string_view json)
{
    return QJsonDocument::fromJson(QByteArray(json.data(), static_cast<int>(json.size()))).object();
}

QString key(const QString &namesp, const QString &name)
{
    return (namesp + QLatin1Char('/') + name).toLower();
}

Trust trust(bool allowUnsafeModules)
{
    return allowUnsafeModules ? Trust::anybody : Trust::root;
}

/* The server's log and events, for one class. */
Host listening(const QString &subsystem, const ClassModules::OnEvent &onEvent)
{
    Host host;
    host.log_enabled = [](Level level, std::string_view) { return level <= Level::info; };
    host.log = [subsystem](Level level, std::string_view, std::string_view message, std::uint64_t id) {
        const QString line = QStringLiteral("%1 [%2]: %3").arg(subsystem).arg(id).arg(text(message));
        if (level <= Level::warn)
            qWarning().noquote() << line;
        else if (level == Level::info)
            qInfo().noquote() << line;
    };
    if (onEvent)
        host.emit_event = [subsystem, onEvent](std::string_view name, std::string_view what) {
            onEvent(subsystem, text(name), object(what));
        };
    return host;
}

} // namespace

ClassModules::ClassModules(OnEvent onEvent, bool allowUnsafeModules)
    : onEvent_(std::move(onEvent)), allowUnsafeModules_(allowUnsafeModules)
{
}
ClassModules::~ClassModules() = default;

QStringList ClassModules::load(const QString &folder, const QJsonObject &configurations)
{
    QStringList problems;
    const auto files = QDir(folder).entryInfoList({QStringLiteral("*.so")}, QDir::Files, QDir::Name);
    for (const QFileInfo &file : files) {
        const auto module = Module::load(file.absoluteFilePath().toStdString(), trust(allowUnsafeModules_));
        if (!module) {
            problems << text(module.error());
            continue;
        }
        const QString subsystem = key(text(module->name_space()), text(module->name()));
        if (slots_.count(subsystem) != 0) {
            problems << QStringLiteral("%1: %2 is there already").arg(file.absoluteFilePath(), subsystem);
            continue;
        }
        auto instance = module->create(listening(subsystem, onEvent_),
                                       view(json(configurations.value(subsystem).toObject())));
        if (instance)
            slots_.emplace(subsystem, std::make_unique<HotSlot>(*std::move(instance)));
        else
            problems << QStringLiteral("%1: %2").arg(file.absoluteFilePath(), text(instance.error()));
    }
    return problems;
}

QString ClassModules::replace(const QString &subsystem, const QJsonObject &configuration, const QString &copies)
{
    const auto slot = slots_.find(subsystem.toLower());
    if (slot == slots_.end())
        return QStringLiteral("there is no class %1").arg(subsystem);
    const std::string path = slot->second->current()->module().path();
    const auto module = Module::load_copy(path, copies.toStdString(), trust(allowUnsafeModules_));
    if (!module)
        return text(module.error());
    const auto replaced = slot->second->replace(*module, listening(slot->first, onEvent_), view(json(configuration)));
    return replaced ? QString() : text(replaced.error());
}

/* Health is not asked: sysadm's server wants this list before every request. A
 * class that cannot work answers its requests with the reason. */
void ClassModules::list(bool fullAccess, QJsonObject *out) const
{
    for (const auto &slot : slots_)
        out->insert(slot.first, fullAccess ? QStringLiteral("read/write") : QStringLiteral("read"));
}

bool ClassModules::has(const QString &namesp, const QString &name) const
{
    return slots_.count(key(namesp, name)) != 0;
}

int ClassModules::evaluate(const QString &namesp, const QString &name, const QJsonValue &args, bool fullAccess,
                           QJsonObject *out, quint64 id, const QString &caller) const
{
    const auto slot = slots_.find(key(namesp, name));
    if (slot == slots_.end())
        return SYSADM_STATUS_NOT_FOUND;
    if (!args.isObject())
        return SYSADM_STATUS_BAD_REQUEST;
    const QByteArray bytes = json(args.toObject()), asks = caller.toUtf8();
    Request request;
    request.args = view(bytes);
    request.id = id;
    request.access = fullAccess ? Access::full : Access::limited;
    request.caller = view(asks);
    const auto response = slot->second->dispatch(request);
    if (!response) {
        qWarning().noquote() << slot->first + QStringLiteral(": ") + text(response.error());
        return SYSADM_STATUS_INTERNAL;
    }
    const QJsonObject answered = object(response->args());
    for (auto entry = answered.begin(); entry != answered.end(); ++entry)
        out->insert(entry.key(), entry.value());
    return static_cast<int>(response->status());
}

void ClassModules::cancel(quint64 id) const
{
    for (const auto &slot : slots_)
        slot.second->cancel(id);
}
