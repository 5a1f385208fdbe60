/*
 * sysadm_class/hot_slot.hpp - replacing a module while requests run.
 * Part of sysadm_class.hpp, which is what to include.
 */
#ifndef SYSADM_CLASS_HOT_SLOT_HPP
#define SYSADM_CLASS_HOT_SLOT_HPP

#include "../sysadm_class.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sysadm::modules {

/*
 * The generation that answers, which another may replace at any time. A request
 * ends with the generation that it began with; a generation is closed, and its
 * module unmapped if it may be (SYSADM_CLASS_UNMAPS; else each replacement costs a
 * module's size), by whoever of its users is the last, on that thread.
 * Everything is [any-thread, concurrent]. (A mutex that is held for the copy of
 * a pointer, because the atomic functions on shared_ptr are deprecated and
 * std::atomic<std::shared_ptr> is not C++17.)
 */
class HotSlot {
public:
    /* A generation, alive as long as this is held. Hold it for a request, or for
     * several that belong together; not for longer. */
    using Generation = std::shared_ptr<const Instance>;

    explicit HotSlot(Instance first) : shared_(std::make_shared<Alive>()) { publish(std::move(first)); }
    HotSlot(const HotSlot &) = delete;
    HotSlot &operator=(const HotSlot &) = delete;

    Generation current() const
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        return current_;
    }

    Result<Response> dispatch(const Request &request) const { return current()->dispatch(request); }

    /* End the requests of this id, of whichever generation. */
    void cancel(std::uint64_t id) const
    {
        std::vector<Generation> all;
        {
            const std::lock_guard<std::mutex> lock(shared_->mutex);
            for (const auto &one : shared_->all)
                if (auto generation = one.lock())
                    all.push_back(std::move(generation));
        }
        for (const auto &generation : all)
            static_cast<void>(generation->cancel(id));
    }

    /*
     * Make an instance of `module`, give it what the current one exports, ask
     * for its health, and publish it. If any of that fails, the current one stays
     * and the text says why. One replacement at a time. A current one that cannot
     * export, being broken, does not keep its successor out.
     */
    Result<void> replace(const Module &module, Host host, std::string_view config,
                         std::optional<std::chrono::milliseconds> health_timeout = std::nullopt)
    {
        const std::lock_guard<std::mutex> one_at_a_time(replacing_);
        const Generation old = current();
        const auto refused = [&](std::string_view what, std::string_view why) {
            return Error{Fault::not_replaced, module.path() + " does not take over: " + std::string(what) +
                                                  ": " + std::string(why)};
        };
        if (module.name_space() != old->module().name_space() || module.name() != old->module().name())
            return refused("it is another class", module.name());
        auto next = module.create(std::move(host), config);
        if (!next)
            return refused("no instance", next.error().text);
        const auto state = old->export_state();
        if (state && state->status() == Status::ok) {
            const auto imported = next->import_state(state->args());
            if (!imported || imported->status() != Status::ok)
                return refused("the state of its predecessor", said(imported));
        }
        const auto health = next->health(health_timeout);
        if (!health || health->status() != Status::ok)
            return refused("its health", said(health));
        publish(std::move(next).value());
        return {};
    }

    /*
     * The same with what the file at `path` holds now, by a private copy in `folder`,
     * which another process tries first: Module::load_copy, and all the steps of above,
     * and then the requests of the probe. What would have ended this process there ends
     * that one, and is Fault::not_probed.
     */
    Result<void> replace(const std::string &path, const std::string &folder, const Probe &probe, Host host,
                         std::string_view config,
                         std::optional<std::chrono::milliseconds> health_timeout = std::nullopt,
                         Trust trust = Trust::root)
    {
        std::optional<Module> module;
        {
            const std::lock_guard<std::mutex> one_at_a_time(replacing_);
            const Generation old = current();
            const auto state = old->export_state();
            const bool said_so = state && state->status() == Status::ok;
            const detail::Successor successor{old->module().name_space(), old->module().name(),
                                              said_so ? state->args() : std::string_view(), health_timeout};
            auto loaded = Module::load_copy(path, folder, trust, probe, config, &successor);
            if (!loaded)
                return loaded.error();
            module.emplace(std::move(loaded).value());
        }
        return replace(*module, std::move(host), config, health_timeout);
    }

    /* Let this instance answer from now on, without further questions. */
    void publish(Instance next)
    {
        const auto life = std::make_shared<Life>(std::move(next), shared_);
        Generation generation(life, &*life->instance);
        {
            const std::lock_guard<std::mutex> lock(shared_->mutex);
            auto &all = shared_->all;
            for (std::size_t at = all.size(); at-- > 0;)
                if (all[at].expired())
                    all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
            /* First counted: what cannot be noted is counted off again at its end. */
            ++shared_->count;
            all.push_back(generation);
            current_.swap(generation);
        }
        /* The old one goes here, outside the lock: its end takes the lock. */
    }

    /* Generations that were replaced and still answer requests. */
    std::size_t draining() const
    {
        const std::lock_guard<std::mutex> lock(shared_->mutex);
        return shared_->count - 1;
    }

    /* Wait until there is none of them; false if that takes longer. More than a year is a year. */
    [[nodiscard]] bool drain(std::chrono::milliseconds timeout) const
    {
        /* Neither the clock nor its unit, which is finer, may overflow. */
        constexpr std::chrono::milliseconds none{0}, most = std::chrono::hours(365 * 24);
        std::unique_lock<std::mutex> lock(shared_->mutex);
        return shared_->ended.wait_for(lock, timeout < none ? none : timeout < most ? timeout : most,
                                       [&] { return shared_->count == 1; });
    }

private:
    /* What the generations share with the slot, and may outlive it with. */
    struct Alive {
        std::mutex mutex;
        std::condition_variable ended;
        std::size_t count = 0;
        std::vector<std::weak_ptr<const Instance>> all;
    };

    /* Its end is counted when it is closed and its hold on the library is gone; an
     * answer that somebody keeps holds the library longer. */
    struct Life {
        std::optional<Instance> instance;
        std::shared_ptr<Alive> shared;

        Life(Instance instance_, std::shared_ptr<Alive> shared_)
            : instance(std::move(instance_)), shared(std::move(shared_))
        {
        }
        Life(const Life &) = delete;
        Life &operator=(const Life &) = delete;
        ~Life()
        {
            instance.reset();
            const std::lock_guard<std::mutex> lock(shared->mutex);
            --shared->count;
            shared->ended.notify_all();
        }
    };

    static std::string said(const Result<Response> &response)
    {
        return response ? std::string(response->args()) : response.error().text;
    }

    std::shared_ptr<Alive> shared_;
    std::mutex replacing_;
    Generation current_;
};

} // namespace sysadm::modules

#endif /* SYSADM_CLASS_HOT_SLOT_HPP */
