/*
 * The C++ wrapper in the callbacks of its own instance: it is not closed there, and one
 * that is destroyed there leaves behind what its class still uses.
 *
 *   inside MODULE CONFIG REQUEST
 */
#include "sysadm_class.hpp"

#include "check.hpp"

#include <memory>
#include <optional>

using namespace sysadm::modules;

namespace {

Result<Response> ask(const Instance &instance, std::string_view args)
{
    Request request;
    request.args = args;
    request.access = Access::full;
    request.id = 7;
    return instance.dispatch(request);
}

void a_close_in_a_callback_is_refused(const Module &module, std::string_view config, std::string_view args)
{
    std::optional<Instance> instance;
    int refused = 0;
    Host host;
    host.log = [&](Level, std::string_view, std::string_view, std::uint64_t) {
        if (!instance)
            return;
        const auto closed = std::move(*instance).close(std::chrono::minutes(1));
        CHECK(!closed && closed.error().fault == Fault::inside);
        ++refused;
    };
    instance.emplace(*module.create(host, config));
    CHECK(ask(*instance, args)->status() == Status::ok && refused > 0);
    CHECK(ask(*instance, args)->status() == Status::ok);
    CHECK(std::move(*instance).close(std::chrono::seconds(1))->status() == Status::ok);
    CHECK(ask(*instance, args).error().fault == Fault::broken);
}

void one_that_is_destroyed_in_a_callback_is_left(const Module &module, std::string_view config,
                                                 std::string_view args)
{
    std::unique_ptr<Instance> instance;
    bool destroyed = false;
    Host host;
    host.log = [&](Level, std::string_view, std::string_view, std::uint64_t) {
        destroyed = destroyed || instance != nullptr;
        instance.reset();
    };
    instance = std::make_unique<Instance>(*module.create(host, config));
    CHECK(ask(*instance, args)->status() == Status::ok);
    CHECK(destroyed && !instance);
}

/* A slot holds its generation for the request: it is closed when that is over. */
void a_slot_is_given_another_in_a_callback(const Module &module, std::string_view config, std::string_view args)
{
    HotSlot *slot = nullptr;
    bool published = false;
    Host host;
    host.log = [&](Level, std::string_view, std::string_view, std::uint64_t) {
        if (slot != nullptr && !published) {
            published = true;
            slot->publish(*module.create(Host{}, config));
        }
    };
    HotSlot here(*module.create(host, config));
    slot = &here;
    Request request;
    request.args = args;
    request.access = Access::full;
    CHECK(here.dispatch(request)->status() == Status::ok && published && here.draining() == 0);
}

} // namespace

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    const auto module = *Module::load(argv[1], Trust::anybody);
    a_close_in_a_callback_is_refused(module, argv[2], argv[3]);
    one_that_is_destroyed_in_a_callback_is_left(module, argv[2], argv[3]);
    a_slot_is_given_another_in_a_callback(module, argv[2], argv[3]);
    std::puts("well");
}
