/*
 * sysadm_class/library.hpp - a library mapped and its table checked, and the C
 * table over a host's callbacks. Nothing in here is for use by hosts.
 * Part of sysadm_class.hpp, which is what to include.
 *
 * The checks, their order and their sentences are those of the Rust host, so that
 * a module is refused by both with the same words; a test compares them. What is
 * asked of the file, and whether a library is unmapped, is sysadm_class_host.h's.
 */
#ifndef SYSADM_CLASS_LIBRARY_HPP
#define SYSADM_CLASS_LIBRARY_HPP

#include "../sysadm_class_host.h"
#include "../sysadm_class_probe.h"
#include "types.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace sysadm::modules::detail {

/* The table of a mapped library. Whoever needs the library shares one of these. */
struct Library {
    const sysadm_class_t *table = nullptr;
    void *handle = nullptr;
    std::string path;

    Library(const sysadm_class_t *table_, void *handle_, std::string path_)
        : table(table_), handle(handle_), path(std::move(path_))
    {
    }
    Library(const Library &) = delete;
    Library &operator=(const Library &) = delete;
    ~Library()
    {
        if (sysadm_host_may_unmap(table->flags))
            ::dlclose(handle);
    }
};

using Shared = std::shared_ptr<const Library>;

inline sysadm_str_t str(std::string_view text) noexcept
{
    return sysadm_str_t{text.data(), text.size()};
}

inline std::string_view view(sysadm_str_t text) noexcept
{
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

/* Milliseconds for the contract, where 0 means none. */
inline std::uint64_t milliseconds(std::optional<std::chrono::milliseconds> time) noexcept
{
    if (!time)
        return 0;
    return time->count() < 1 ? 1 : static_cast<std::uint64_t>(time->count());
}

/* An unknown level is the most talkative, as in the contract. */
inline Level level(std::uint32_t code) noexcept
{
    return code > SYSADM_LOG_TRACE ? Level::trace : static_cast<Level>(code);
}

/* What f answers; `otherwise` if it throws. */
template <class R, class F> R shielded(R otherwise, F &&f) noexcept
{
#if defined(__cpp_exceptions)
    try {
        return f();
    } catch (...) {
        return otherwise;
    }
#else
    static_cast<void>(otherwise);
    return f();
#endif
}

/* The C table over a Host. Its address is what the class knows: never moved. */
struct HostTable {
    const Host host;
    sysadm_host_t table{};

    explicit HostTable(Host host_) : host(std::move(host_))
    {
        table.struct_size = sizeof table;
        table.abi_major = SYSADM_CLASS_ABI_MAJOR;
        table.abi_minor = SYSADM_CLASS_ABI_MINOR;
        table.user = this;
        if (host.log_enabled)
            table.log_enabled = [](void *user, std::uint32_t code, sysadm_str_t target) -> std::int32_t {
                return shielded(false, [&] { return of(user).log_enabled(level(code), view(target)); });
            };
        if (host.log)
            table.log = [](void *user, std::uint32_t code, sysadm_str_t target, sysadm_str_t message,
                           std::uint64_t id) {
                shielded(0, [&] { return of(user).log(level(code), view(target), view(message), id), 0; });
            };
        if (host.is_cancelled)
            table.is_cancelled = [](void *user, std::uint64_t id) -> std::int32_t {
                return shielded(false, [&] { return of(user).is_cancelled(id); });
            };
        if (host.progress)
            table.progress = [](void *user, std::uint64_t id, sysadm_str_t json) {
                shielded(0, [&] { return of(user).progress(id, view(json)), 0; });
            };
        if (host.emit_event)
            table.emit_event = [](void *user, sysadm_str_t name, sysadm_str_t json) {
                shielded(0, [&] { return of(user).emit_event(view(name), view(json)), 0; });
            };
    }
    HostTable(const HostTable &) = delete;
    HostTable &operator=(const HostTable &) = delete;

    static const Host &of(void *user) noexcept { return static_cast<HostTable *>(user)->host; }
};

inline bool is_utf8(std::string_view text) noexcept
{
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at++]);
        if (lead < 0x80)
            continue;
        const std::size_t more = lead >= 0xC2 && lead <= 0xDF ? 1
                                 : lead >= 0xE0 && lead <= 0xEF ? 2
                                 : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                                : 0;
        if (more == 0 || text.size() - at < more)
            return false;
        /* Overlong forms, surrogates and what is beyond the last code point
         * are told by the second byte. */
        unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        for (std::size_t end = at + more; at < end; ++at, low = 0x80, high = 0xBF) {
            const auto byte = static_cast<unsigned char>(text[at]);
            if (byte < low || byte > high)
                return false;
        }
    }
    return true;
}

/* The handshake: nothing, or why this table cannot be used. */
inline std::optional<Error> refuse(const sysadm_class_t *table, const std::string &path)
{
    const std::string file = path + " cannot be used: ";
    if (table == nullptr)
        return Error{Fault::null_table,
                     path + " is no class module: its entry function returned null, not a table"};
    if (table->struct_size >= 8 && table->abi_major != SYSADM_CLASS_ABI_MAJOR)
        return Error{Fault::other_major, file + "it has an ABI of another major: `abi_major` is " +
                                             std::to_string(table->abi_major) + ", expected " +
                                             std::to_string(SYSADM_CLASS_ABI_MAJOR)};

    struct Field {
        const char *name;
        std::size_t end;
    };
#define SYSADM_FIELD(name) Field{#name, offsetof(sysadm_class_t, name) + sizeof(sysadm_class_t::name)}
    /* Those of 1.0: what a later minor appends is asked for where it is used. */
    static constexpr Field fields[] = {
        SYSADM_FIELD(struct_size),  SYSADM_FIELD(abi_major),    SYSADM_FIELD(abi_minor),
        SYSADM_FIELD(flags),        SYSADM_FIELD(name_space),   SYSADM_FIELD(name),
        SYSADM_FIELD(version),      SYSADM_FIELD(description),  SYSADM_FIELD(create),
        SYSADM_FIELD(dispatch),     SYSADM_FIELD(cancel),       SYSADM_FIELD(health),
        SYSADM_FIELD(export_state), SYSADM_FIELD(import_state), SYSADM_FIELD(set_log_level),
        SYSADM_FIELD(close),        SYSADM_FIELD(release),      SYSADM_FIELD(get_extension),
    };
#undef SYSADM_FIELD
    constexpr std::size_t whole = fields[sizeof fields / sizeof fields[0] - 1].end;
    for (const Field &field : fields)
        if (field.end > table->struct_size)
            return Error{Fault::short_table,
                         file + "its class table is too short: `struct_size` is " +
                             std::to_string(table->struct_size) + ", expected at least " +
                             std::to_string(whole) + "; `" + field.name +
                             "` is the first field that is missing"};

    const std::pair<const char *, bool> functions[] = {
        {"create", table->create != nullptr},
        {"dispatch", table->dispatch != nullptr},
        {"cancel", table->cancel != nullptr},
        {"health", table->health != nullptr},
        {"export_state", table->export_state != nullptr},
        {"import_state", table->import_state != nullptr},
        {"set_log_level", table->set_log_level != nullptr},
        {"close", table->close != nullptr},
        {"release", table->release != nullptr},
        {"get_extension", table->get_extension != nullptr},
    };
    for (const auto &[name, is_there] : functions)
        if (!is_there)
            return Error{Fault::null_function, file + "its class table has null for the function `" + name +
                                                   "`, which ABI 1.0 requires"};

    const struct {
        const char *name;
        sysadm_str_t text;
        bool may_be_empty;
    } texts[] = {{"name_space", table->name_space, false},
                 {"name", table->name, false},
                 {"version", table->version, false},
                 {"description", table->description, true}};
    for (const auto &[name, text, may_be_empty] : texts) {
        const bool is_text = text.ptr == nullptr ? text.len == 0 : is_utf8(view(text));
        if (!is_text || (view(text).empty() && !may_be_empty))
            return Error{Fault::bad_identity,
                         file + "its class table's `" + name + "` is empty or not UTF-8"};
    }
    return std::nullopt;
}

/* What sysadm_class_host.h says of a file. */
inline Error unfit(int fault, const char *why)
{
    switch (fault) {
    case SYSADM_HOST_UNREADABLE: return Error{Fault::unreadable, why};
    case SYSADM_HOST_NOT_A_LIBRARY: return Error{Fault::not_a_library, why};
    case SYSADM_HOST_UNSAFE: return Error{Fault::unsafe, why};
    default: return Error{Fault::refused, why};
    }
}

/* May the file be mapped? */
inline std::optional<Error> look_at(const std::string &path, Trust trust)
{
    char why[SYSADM_HOST_WHY];
    const int fault = sysadm_host_look(path.c_str(), path.c_str(), trust == Trust::anybody, why, sizeof why);
    return fault == SYSADM_HOST_GOOD ? std::nullopt : std::optional<Error>(unfit(fault, why));
}

/* Map `file`, which a message calls `path`, and shake hands with it. */
inline Result<Shared> open(const std::string &file, const std::string &path, Trust trust)
{
    char why[SYSADM_HOST_WHY];
    int fault = SYSADM_HOST_GOOD;
    void *handle =
        sysadm_host_map(file.c_str(), path.c_str(), trust == Trust::anybody, &fault, why, sizeof why);
    if (handle == nullptr)
        return unfit(fault, why);
    const auto entry = reinterpret_cast<sysadm_class_entry_fn>(::dlsym(handle, SYSADM_CLASS_ENTRY));
    const sysadm_class_t *table = entry == nullptr ? nullptr : entry();
    std::optional<Error> error =
        entry == nullptr ? Error{Fault::no_entry, path + " is no class module: it has no entry symbol `" +
                                                      SYSADM_CLASS_ENTRY + "`"}
                         : refuse(table, path);
    if (error) {
        if (sysadm_host_may_unmap(SYSADM_CLASS_UNLOAD_SAFE))
            ::dlclose(handle);
        return std::move(*error);
    }
    return Shared(std::make_shared<const Library>(table, handle, path));
}

/* What a module is to do where it is tried, besides being created: it takes the place
 * of this class, whose state this is. */
struct Successor {
    std::string_view name_space;
    std::string_view name;
    std::string_view state;
    std::optional<std::chrono::milliseconds> health;
};

/* Have `file`, which a message calls `path`, tried by another process. */
inline std::optional<Error> probe(const Probe &how, const std::string &file, const std::string &path,
                                  std::string_view config, const Successor *successor, Trust trust)
{
    if (how.program.empty())
        return std::nullopt;
    std::vector<const char *> requests;
    for (const std::string &args : how.requests)
        requests.push_back(args.c_str());
    requests.push_back(nullptr);
    sysadm_probe_t raw{};
    raw.program = how.program.c_str();
    raw.module = file.c_str();
    raw.shown = path.c_str();
    raw.config = str(config);
    if (successor != nullptr) {
        raw.name_space = str(successor->name_space);
        raw.name = str(successor->name);
        raw.state = str(successor->state);
        raw.health_ms = milliseconds(successor->health);
    }
    raw.requests = requests.data();
    raw.limit_ms = milliseconds(how.limit);
    raw.allow_unsafe = trust == Trust::anybody;
    char why[SYSADM_HOST_WHY];
    if (sysadm_host_probe(&raw, why, sizeof why) == SYSADM_HOST_GOOD)
        return std::nullopt;
    return Error{Fault::not_probed, why};
}

/* Copy all that can be read from one descriptor to the other. */
inline bool copy(int from, int to) noexcept
{
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(from, buffer, sizeof buffer);
        if (got <= 0)
            return got == 0;
        for (ssize_t done = 0; done < got;) {
            const ssize_t put = ::write(to, buffer + done, static_cast<std::size_t>(got - done));
            if (put < 0)
                return false;
            done += put;
        }
    }
}

} // namespace sysadm::modules::detail

#endif /* SYSADM_CLASS_LIBRARY_HPP */
