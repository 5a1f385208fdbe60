/*
 * sysadm_class/types.hpp - what a C++ host says and is told: the codes of the
 * contract as enums, results without exceptions, the host's callbacks, a request.
 * Part of sysadm_class.hpp, which is what to include.
 */
#ifndef SYSADM_CLASS_TYPES_HPP
#define SYSADM_CLASS_TYPES_HPP

#include "../sysadm_class.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sysadm::modules {

/* ---- Codes ----------------------------------------------------------------- */

/* How a request fared; see SYSADM_STATUS_*. */
enum class Status : std::uint32_t {
    ok = SYSADM_STATUS_OK,
    bad_request = SYSADM_STATUS_BAD_REQUEST,
    unauthorized = SYSADM_STATUS_UNAUTHORIZED,
    forbidden = SYSADM_STATUS_FORBIDDEN,
    not_found = SYSADM_STATUS_NOT_FOUND,
    internal = SYSADM_STATUS_INTERNAL,
    unavailable = SYSADM_STATUS_UNAVAILABLE,
};

/* What the caller of a request may do. */
enum class Access : std::uint32_t { limited = SYSADM_ACCESS_LIMITED, full = SYSADM_ACCESS_FULL };

/* The level of a log message; greater is more talkative. */
enum class Level : std::uint32_t {
    off = SYSADM_LOG_OFF,
    error = SYSADM_LOG_ERROR,
    warn = SYSADM_LOG_WARN,
    info = SYSADM_LOG_INFO,
    debug = SYSADM_LOG_DEBUG,
    trace = SYSADM_LOG_TRACE,
};


/* In a process of root's: whose modules are loaded? See sysadm_class_host.h. */
enum class Trust {
    root,    /* what root alone can replace */
    anybody, /* whatever it is, as a developer does */
};

/* By which program a module is tried before it is mapped; see sysadm_class_probe.h. */
struct Probe {
    std::string program;               /* plugin-check, absolute; empty: it is not tried */
    std::vector<std::string> requests; /* args that it has to answer there; they should only read */
    std::chrono::milliseconds limit{60000};
};


/* ---- Results --------------------------------------------------------------- */

/* What went wrong, for programs; Error::text says it to people. */
enum class Fault {
    unreadable,     /* no such file, or not to be read */
    not_a_library,  /* something else, or cut short */
    unsafe,         /* this process is root's, and others can replace the file */
    refused,        /* the system's loader refused it */
    no_entry,       /* the entry symbol is missing */
    null_table,     /* the entry function returned null */
    short_table,    /* the table lacks a field of 1.0 */
    other_major,    /* another major of the contract */
    null_function,  /* a function of 1.0 is null */
    bad_identity,   /* a text of the identity is not UTF-8, or empty where it must not be */
    not_created,    /* the class refused the configuration */
    broken,         /* the class broke the contract */
    no_extension,   /* the class has no such extension */
    not_replaced,   /* HotSlot: the new generation was not taken */
    inside,         /* close in a callback: nothing was done */
    not_probed,     /* it did not pass the process in which it was tried, or took it down */
};

/* A fault and a sentence, which names the file and what was expected and found. */
struct Error {
    Fault fault;
    std::string text;
};

/* A T, or why there is none. To ask for the one that is not there ends the
 * process: without exceptions there is nothing else that could not be missed. */
template <class T> class [[nodiscard]] Result {
public:
    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return held_.index() == 0; }
    T &value() & { return *there(std::get_if<0>(&held_)); }
    const T &value() const & { return *there(std::get_if<0>(&held_)); }
    T value() && { return std::move(*there(std::get_if<0>(&held_))); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T operator*() && { return std::move(*this).value(); }
    T *operator->() { return there(std::get_if<0>(&held_)); }
    const T *operator->() const { return there(std::get_if<0>(&held_)); }
    const Error &error() const { return *there(std::get_if<1>(&held_)); }

private:
    template <class P> static P there(P pointer)
    {
        if (pointer == nullptr)
            std::abort();
        return pointer;
    }
    std::variant<T, Error> held_;
};

/* Nothing, or why not. */
template <> class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    explicit operator bool() const noexcept { return !error_; }
    const Error &error() const
    {
        if (!error_)
            std::abort();
        return *error_;
    }

private:
    std::optional<Error> error_;
};


/* ---- The host's side ------------------------------------------------------- */

/*
 * What the host offers; each may be empty. Called on the threads that are inside
 * the instance's functions, from several at once, so they guard what they share.
 * They should not block, and must not call the instance, but for cancel; and they close
 * no instance of any class: two that close each other so wait for each other for ever.
 * An exception in one ends there and counts as no answer.
 */
struct Host {
    std::function<bool(Level level, std::string_view target)> log_enabled;
    std::function<void(Level level, std::string_view target, std::string_view message,
                       std::uint64_t request_id)>
        log;
    std::function<bool(std::uint64_t request_id)> is_cancelled;
    std::function<void(std::uint64_t request_id, std::string_view json)> progress;
    std::function<void(std::string_view name, std::string_view json)> emit_event;
};

/* One request. All texts are borrowed for the call. */
struct Request {
    std::string_view args;       /* a JSON object that holds "action" */
    std::string_view name_space; /* empty, with an empty name: the class's own */
    std::string_view name;
    std::uint64_t id = 0; /* for logs and cancel; 0: none */
    Access access = Access::limited;
    /* How long the caller waits. Nothing: as long as the class does. A time that
     * is already over, 0 or less, is the shortest and not "for ever". */
    std::optional<std::chrono::milliseconds> timeout;
    std::string_view caller; /* who asks, for the class's log; empty: not said */
};

} // namespace sysadm::modules

#endif /* SYSADM_CLASS_TYPES_HPP */
