/*
 * sysadm_class.hpp - class modules from a C++17 host, over sysadm_class.h.
 *
 *   using namespace sysadm::modules;
 *   auto module = Module::load("/usr/local/lib/sysadm/modules/sysadm_iocage.so");
 *   if (!module) return fail(module.error().text);
 *   auto instance = module->create(Host{}, R"({"iocage":"/usr/local/bin/iocage"})");
 *   if (!instance) return fail(instance.error().text);
 *   Request request;
 *   request.args = R"({"action":"listjails"})";
 *   auto response = instance->dispatch(request);
 *   if (response) use(response->status(), response->args());
 *
 * Header-only; needs the standard library and POSIX (dlopen). Works without
 * exceptions and without RTTI: what can fail returns a Result. The rules of the
 * contract (threads, blocking, ownership) are those of sysadm_class.h and are
 * not said again; what the types do is keep them.
 *
 * A Module is a handle, cheap to copy. An Instance and a Response own what they
 * stand for: they move, and give it back when destroyed. Each of the three keeps
 * the library mapped; the last one unmaps it, if the class is UNLOAD_SAFE and this is
 * not FreeBSD: SYSADM_CLASS_UNMAPS in sysadm_class_host.h says why.
 *
 * What is where: Module, Instance and Response here; Result, Error, Host, Request
 * and the codes in sysadm_class/types.hpp; HotSlot, which replaces a module while
 * requests run, in sysadm_class/hot_slot.hpp. This header includes all.
 *
 * Everything is in sysadm::modules and not in sysadm, which a sysadm server has
 * a namespace of its own under.
 */
#ifndef SYSADM_CLASS_HPP
#define SYSADM_CLASS_HPP

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "sysadm_class.hpp needs C++17"
#endif

#include "sysadm_class/library.hpp"
#include "sysadm_class/types.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace sysadm::modules {

class HotSlot;

/* An answer. Goes back to its class when destroyed, which stays mapped until then. */
class [[nodiscard]] Response {
public:
    Response(Response &&other) noexcept
        : library_(std::move(other.library_)), raw_(std::exchange(other.raw_, sysadm_response_t{}))
    {
    }
    Response &operator=(Response &&other) noexcept
    {
        Response(std::move(other)).swap(*this);
        return *this;
    }
    ~Response()
    {
        if (library_)
            library_->table->release(&raw_);
    }

    /* How the request fared. An unknown number is Status::internal. */
    Status status() const noexcept
    {
        switch (static_cast<Status>(raw_.status)) {
        case Status::ok:
        case Status::bad_request:
        case Status::unauthorized:
        case Status::forbidden:
        case Status::not_found:
        case Status::internal:
        case Status::unavailable: return static_cast<Status>(raw_.status);
        }
        return Status::internal;
    }

    /* The response args, a JSON object, or empty; as long as this lives. */
    std::string_view args() const noexcept { return detail::view(raw_.args); }

private:
    friend class Instance;
    friend class Module;
    Response(detail::Shared library, sysadm_response_t raw) : library_(std::move(library)), raw_(raw) {}
    void swap(Response &other) noexcept
    {
        std::swap(library_, other.library_);
        std::swap(raw_, other.raw_);
    }

    /* Call with an empty response, and own what comes back. The library is held
     * by value: whoever the call was made on may be closed before it returns. */
    template <class F> static Result<Response> of(detail::Shared library, F &&call)
    {
        sysadm_response_t raw{};
        raw.struct_size = sizeof raw;
        const sysadm_result_t code = call(&raw);
        if (code != SYSADM_OK)
            return Error{Fault::broken,
                         "the class broke the contract: a call answered " + std::to_string(code)};
        return Response(std::move(library), raw);
    }

    detail::Shared library_;
    sysadm_response_t raw_;
};

class Instance;

/* A loaded module: a handle. One that was moved from may only be assigned to. */
class Module {
public:
    /*
     * Load the class module at `path`. A path that the system's loader has seen
     * before may give the library that it already has, whatever the file holds
     * now. Replace a module's file by a rename: one that is written over, or cut
     * short, while it is mapped ends the process with SIGBUS. One that is cut short
     * before that, or that a process of root's must not trust, is not mapped.
     */
    static Result<Module> load(const std::string &path, Trust trust = Trust::root)
    {
        return of(detail::open(path, path, trust));
    }

    /*
     * Load what the file holds now, also while an older one of the same path is
     * in use: by a private copy in `folder`, removed again at once. The folder
     * must allow programs to be mapped from it, and be as safe as the file.
     * FreeBSD's mac_veriexec(4), where it is enforced, lets no copy be mapped: use load.
     */
    static Result<Module> load_copy(const std::string &path, const std::string &folder,
                                    Trust trust = Trust::root)
    {
        return load_copy(path, folder, trust, Probe{}, {}, nullptr);
    }

    /*
     * The same, but the copy is tried first by another process, which may end by it:
     * loaded, and an instance made of this configuration. To replace one that answers
     * there is HotSlot::replace.
     */
    static Result<Module> load_copy(const std::string &path, const std::string &folder, const Probe &probe,
                                    std::string_view config, Trust trust = Trust::root)
    {
        return load_copy(path, folder, trust, probe, config, nullptr);
    }

    /* Who it is; valid as long as a handle on this module lives. */
    std::string_view name_space() const noexcept { return detail::view(table().name_space); }
    std::string_view name() const noexcept { return detail::view(table().name); }
    std::string_view version() const noexcept { return detail::view(table().version); }
    std::string_view description() const noexcept { return detail::view(table().description); }
    const std::string &path() const noexcept { return library_->path; }
    bool is_unload_safe() const noexcept { return (table().flags & SYSADM_CLASS_UNLOAD_SAFE) != 0; }

    /* The table itself, for what these types do not offer. Never null. */
    const sysadm_class_t &table() const noexcept { return *library_->table; }

    /* Make an instance. `config` is a JSON object, or empty for the defaults. */
    Result<Instance> create(Host host, std::string_view config) const;

    /* A table by its id `name/REV`, or null; valid as long as a handle lives. */
    const void *extension(std::string_view id) const { return table().get_extension(detail::str(id)); }

    /* What the class says of itself, by the extension sysadm.describe/1. */
    Result<Response> describe() const
    {
        const auto *extension_ = static_cast<const sysadm_describe_t *>(extension(SYSADM_EXT_DESCRIBE));
        if (extension_ == nullptr || !SYSADM_HAS_FIELD(sysadm_describe_t, extension_, describe) ||
            extension_->describe == nullptr)
            return Error{Fault::no_extension, path() + " has no extension " + SYSADM_EXT_DESCRIBE};
        return Response::of(library_, extension_->describe);
    }

private:
    friend class Instance;
    friend class HotSlot;
    explicit Module(detail::Shared library) : library_(std::move(library)) {}
    static Result<Module> of(Result<detail::Shared> library)
    {
        return library ? Result<Module>(Module(std::move(library).value())) : library.error();
    }

    static Result<Module> load_copy(const std::string &path, const std::string &folder, Trust trust,
                                    const Probe &probe, std::string_view config,
                                    const detail::Successor *successor)
    {
        if (auto error = detail::look_at(path, trust))
            return std::move(*error);
        const auto failed = [&](const std::string &what) {
            const int why = errno;
            return Error{Fault::unreadable, "cannot " + what + ": " + std::generic_category().message(why)};
        };
        const int from = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (from < 0)
            return failed("read " + path);
        std::string file = folder + "/.sysadm-module-XXXXXX";
        const int to = ::mkostemp(file.data(), O_CLOEXEC);
        if (to < 0) {
            Error error = failed("make a copy of " + path + " in " + folder);
            ::close(from);
            return error;
        }
        std::optional<Error> error;
        if (!detail::copy(from, to))
            error = failed("copy " + path + " to " + folder);
        ::close(from);
        if (::close(to) != 0 && !error)
            error = failed("copy " + path + " to " + folder);
        if (!error)
            error = detail::probe(probe, file, path, config, successor, trust);
        Result<Module> module = error ? Result<Module>(std::move(*error)) : of(detail::open(file, path, trust));
        ::unlink(file.c_str());
        return module;
    }

    detail::Shared library_;
};

/*
 * An instance. Everything const may be called from any number of threads at
 * once. One that was moved from or closed keeps nothing, not even the library,
 * and answers Fault::broken. Destroyed without having been closed, it is closed without waiting:
 * requests can only be in flight then by a defect of the host. Destroyed in one of its
 * own callbacks, it is leaked.
 */
class [[nodiscard]] Instance {
public:
    Instance(Instance &&other) noexcept
        : module_(std::move(other.module_)), host_(std::move(other.host_)),
          raw_(std::exchange(other.raw_, nullptr))
    {
    }
    Instance &operator=(Instance &&other) noexcept
    {
        Instance(std::move(other)).swap(*this);
        return *this;
    }
    ~Instance()
    {
        if (raw_ == nullptr)
            return;
        static_cast<void>(std::move(*this).close(std::chrono::milliseconds(0)));
        /* From inside, in a callback, it lives on: what it uses does, too, for ever. */
        if (raw_ != nullptr) {
            static_cast<void>(host_.release());
            static_cast<void>(new (std::nothrow) Module(std::move(module_)));
        }
    }

    /* The module that it is of. Not of one that was moved from or closed. */
    const Module &module() const noexcept { return module_; }

    /* Answer a request, on this thread. */
    Result<Response> dispatch(const Request &request) const
    {
        if (raw_ == nullptr)
            return gone();
        const bool own = request.name_space.empty() && request.name.empty();
        sysadm_request_t raw{};
        raw.struct_size = sizeof raw;
        raw.access = static_cast<std::uint32_t>(request.access);
        raw.name_space = own ? table().name_space : detail::str(request.name_space);
        raw.name = own ? table().name : detail::str(request.name);
        raw.args = detail::str(request.args);
        raw.request_id = request.id;
        raw.timeout_ms = detail::milliseconds(request.timeout);
        raw.caller = detail::str(request.caller);
        return respond([&](sysadm_response_t *response) { return table().dispatch(raw_, &raw, response); });
    }

    /* End the requests in flight with this id early. Does not wait. */
    Result<void> cancel(std::uint64_t id) const
    {
        return raw_ == nullptr ? Result<void>(gone()) : done(table().cancel(raw_, id));
    }

    /* Keep messages above this level from the host's log. */
    Result<void> set_log_level(Level level) const
    {
        return raw_ == nullptr ? Result<void>(gone())
                               : done(table().set_log_level(raw_, static_cast<std::uint32_t>(level)));
    }

    /* Can the class do its work? */
    Result<Response> health(std::optional<std::chrono::milliseconds> timeout = std::nullopt) const
    {
        const std::uint64_t ms = detail::milliseconds(timeout);
        return respond([&](sysadm_response_t *response) { return table().health(raw_, ms, response); });
    }

    /* What the class says of itself under this instance's configuration; of a class
     * that knows no difference what Module::describe tells. */
    Result<Response> describe() const
    {
        if (raw_ == nullptr)
            return gone();
        const auto *extension = static_cast<const sysadm_describe_t *>(module_.extension(SYSADM_EXT_DESCRIBE));
        if (extension == nullptr || !SYSADM_HAS_FIELD(sysadm_describe_t, extension, describe_here) ||
            extension->describe_here == nullptr)
            return module_.describe();
        return respond([&](sysadm_response_t *response) { return extension->describe_here(raw_, response); });
    }

    /* What another version should know when it takes over. */
    Result<Response> export_state() const
    {
        return respond([&](sysadm_response_t *response) { return table().export_state(raw_, response); });
    }

    /* Take over what another version said. Before the first dispatch, alone. */
    Result<Response> import_state(std::string_view state)
    {
        return respond([&](sysadm_response_t *response) {
            return table().import_state(raw_, detail::str(state), response);
        });
    }

    /* Close it and see how that went. Calls that are known to be inside the class
     * may still be running, none may begin; they do not look at this again. By who is
     * inside one, in a callback, it is Fault::inside, and nothing was done. */
    Result<Response> close(std::chrono::milliseconds drain) &&
    {
        const std::uint64_t ms = drain.count() < 0 ? 0 : static_cast<std::uint64_t>(drain.count());
        if (raw_ == nullptr)
            return gone();
        sysadm_result_t code = SYSADM_OK;
        auto closed = Response::of(module_.library_, [&](sysadm_response_t *response) {
            return code = table().close(raw_, ms, response);
        });
        if (code == SYSADM_E_INSIDE)
            return Error{Fault::inside, "the instance cannot be closed from inside one of its calls"};
        raw_ = nullptr;
        host_.reset();
        const Module last = std::move(module_);
        return closed;
    }

private:
    friend class Module;
    Instance(Module module, std::unique_ptr<detail::HostTable> host, sysadm_instance_t *raw)
        : module_(std::move(module)), host_(std::move(host)), raw_(raw)
    {
    }
    void swap(Instance &other) noexcept
    {
        std::swap(module_, other.module_);
        std::swap(host_, other.host_);
        std::swap(raw_, other.raw_);
    }
    const sysadm_class_t &table() const noexcept { return module_.table(); }
    static Error gone() { return Error{Fault::broken, "the instance was moved away or closed"}; }
    template <class F> Result<Response> respond(F &&call) const
    {
        if (raw_ == nullptr)
            return gone();
        return Response::of(module_.library_, std::forward<F>(call));
    }
    static Result<void> done(sysadm_result_t code)
    {
        if (code == SYSADM_OK)
            return {};
        return Error{Fault::broken, "the class broke the contract: a call answered " + std::to_string(code)};
    }

    /* Destroyed from the last to the first: the library outlives all. */
    Module module_;
    std::unique_ptr<detail::HostTable> host_;
    sysadm_instance_t *raw_;
};

inline Result<Instance> Module::create(Host host, std::string_view config) const
{
    auto host_table = std::make_unique<detail::HostTable>(std::move(host));
    sysadm_instance_t *raw = nullptr;
    auto response = Response::of(library_, [&](sysadm_response_t *response_) {
        return table().create(&host_table->table, detail::str(config), &raw, response_);
    });
    if (!response)
        return response.error();
    if (response->status() != Status::ok)
        return Error{Fault::not_created, "the class refused to start: " + std::string(response->args())};
    if (raw == nullptr)
        return Error{Fault::broken, "the class broke the contract: create succeeded without an instance"};
    return Instance(*this, std::move(host_table), raw);
}

} // namespace sysadm::modules

#include "sysadm_class/hot_slot.hpp"

#endif /* SYSADM_CLASS_HPP */
