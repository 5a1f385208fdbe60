/*
 * The C++ wrapper over tests/c/probe.c, which watches it: who owns what, what the
 * callbacks are given, and that nothing thrown in one gets out.
 *
 *   wrapper PROBE FOLDER
 */
#include "sysadm_class.hpp"

#include "check.hpp"

#include <atomic>
#include <thread>
#include <type_traits>

using namespace sysadm::modules;

static_assert(!std::is_copy_constructible_v<Instance> && !std::is_copy_assignable_v<Instance>);
static_assert(!std::is_copy_constructible_v<Response> && !std::is_copy_assignable_v<Response>);
static_assert(!std::is_copy_constructible_v<HotSlot> && !std::is_move_constructible_v<HotSlot>);
static_assert(std::is_nothrow_move_constructible_v<Instance> && std::is_nothrow_move_assignable_v<Instance>);
static_assert(std::is_nothrow_move_constructible_v<Response> && std::is_nothrow_move_assignable_v<Response>);
static_assert(std::is_copy_constructible_v<Module>);

namespace {

struct Counts {
    int (*count)(int);
};

int instances(const Module &module)
{
    return static_cast<const Counts *>(module.extension("test.counts/1"))->count(0);
}

int answers(const Module &module)
{
    return static_cast<const Counts *>(module.extension("test.counts/1"))->count(1);
}

Request request(std::string_view args)
{
    Request one;
    one.args = args;
    one.id = 5;
    return one;
}

std::string said(const Instance &instance, const Request &one)
{
    const auto response = instance.dispatch(one);
    CHECK(response);
    return std::string(response->args());
}

void what_is_owned_is_given_back_once(const Module &module)
{
    {
        auto instance = *module.create(Host{}, "one");
        CHECK(instances(module) == 1 && answers(module) == 0);
        auto moved = std::move(instance);
        CHECK(instances(module) == 1);
        CHECK(instance.dispatch(request("x")).error().fault == Fault::broken);
        moved = *module.create(Host{}, "two");
        CHECK(instances(module) == 1);

        auto first = *moved.dispatch(request("x"));
        auto second = *moved.dispatch(request("x"));
        CHECK(answers(module) == 2);
        first = std::move(second);
        CHECK(answers(module) == 1 && first.args().find("two") != std::string_view::npos);

        const auto closed = std::move(moved).close(std::chrono::seconds(1));
        CHECK(closed && closed->args() == R"({"closed":true})" && instances(module) == 0);
        CHECK(first.args().find("two") != std::string_view::npos);
        CHECK(!std::move(moved).close(std::chrono::seconds(1)));
    }
    CHECK(instances(module) == 0 && answers(module) == 0);
}

void a_request_says_what_it_is(const Module &module)
{
    const auto instance = *module.create(Host{}, "c");
    CHECK(said(instance, request("x")) == R"({"config":"c","access":0,"timeout":0})");
    auto one = request("x");
    one.access = Access::full;
    one.timeout = std::chrono::milliseconds(1500);
    CHECK(said(instance, one) == R"({"config":"c","access":1,"timeout":1500})");
    /* A time that is over must not become "no limit". */
    for (const int over : {0, -1, -5000}) {
        one.timeout = std::chrono::milliseconds(over);
        CHECK(said(instance, one) == R"({"config":"c","access":1,"timeout":1})");
    }
    one.name_space = "test";
    one.name = "other";
    CHECK(instance.dispatch(one)->status() == Status::not_found);
    one.name = "";
    CHECK(instance.dispatch(one)->status() == Status::not_found);
    CHECK(instance.dispatch(request("odd"))->status() == Status::internal);
    const auto broken = instance.dispatch(request("broken"));
    CHECK(!broken && broken.error().fault == Fault::broken);
    CHECK(broken.error().text == "the class broke the contract: a call answered -3");
    CHECK(instance.health()->status() == Status::ok && instance.export_state()->args() == "c");
    CHECK(instance.set_log_level(Level::debug));
    CHECK(said(instance, request("x")).find("level 4") != std::string::npos);
}

void a_refused_configuration_is_an_error(const Module &module)
{
    const auto instance = module.create(Host{}, "refuse");
    CHECK(!instance && instance.error().fault == Fault::not_created);
    CHECK(instance.error().text == R"(the class refused to start: {"error":"refused"})");
    CHECK(!module.describe() && module.describe().error().fault == Fault::no_extension);
    CHECK(answers(module) == 0);
}

void callbacks_are_given_what_the_class_says(const Module &module)
{
    std::string heard;
    const auto note = [&heard](std::string_view text) { heard.append(text).append(";"); };
    Host host;
    host.log_enabled = [&](Level level, std::string_view target) {
        return note(target), level == Level::info;
    };
    host.log = [&](Level level, std::string_view target, std::string_view message, std::uint64_t id) {
        note(target), note(message), note(level == Level::trace && id == 5 ? "trace 5" : "other");
    };
    host.is_cancelled = [&](std::uint64_t id) { return id == 5; };
    host.progress = [&](std::uint64_t id, std::string_view json) { note(json), note(std::to_string(id)); };
    host.emit_event = [&](std::string_view name, std::string_view json) { note(name), note(json); };
    const auto instance = *module.create(host, "");
    CHECK(said(instance, request("callbacks")) == R"({"log_enabled":1,"is_cancelled":1})");
    CHECK(heard == R"(probe;probe;a message;trace 5;{"done":1};5;event;{"what":2};)");
    /* What the host has not got is not there for the class. */
    CHECK(said(*module.create(Host{}, ""), request("callbacks")) ==
          R"({"log_enabled":-1,"is_cancelled":-1})");
}

#if defined(__cpp_exceptions)
void what_is_thrown_in_a_callback_ends_there(const Module &module)
{
    int thrown = 0;
    const auto fail = [&thrown] {
        ++thrown;
        throw thrown;
    };
    Host host;
    host.log_enabled = [&](Level, std::string_view) { return fail(), true; };
    host.log = [&](Level, std::string_view, std::string_view, std::uint64_t) { fail(); };
    host.is_cancelled = [&](std::uint64_t) { return fail(), true; };
    host.progress = [&](std::uint64_t, std::string_view) { fail(); };
    host.emit_event = [&](std::string_view, std::string_view) { fail(); };
    const auto instance = *module.create(host, "");
    CHECK(said(instance, request("callbacks")) == R"({"log_enabled":0,"is_cancelled":0})");
    CHECK(thrown == 5);
}
#endif

/* A move onto itself changes nothing. */
void what_is_moved_onto_itself_stays(const Module &module)
{
    auto instance = *module.create(Host{}, "self");
    auto response = *instance.dispatch(request("x"));
    auto &same_instance = instance;
    auto &same_response = response;
    instance = std::move(same_instance);
    response = std::move(same_response);
    CHECK(instances(module) == 1 && answers(module) == 1);
    CHECK(said(instance, request("x")) == response.args());
}

/* close ends a call that is inside the class; its answer is whole all the same, and
 * is then the last that keeps the library. */
void a_call_may_run_while_its_instance_is_closed(const std::string &path, const std::string &folder)
{
    std::atomic<bool> inside{false};
    Host host;
    host.progress = [&](std::uint64_t, std::string_view) { inside = true; };
    auto instance = *Module::load_copy(path, folder)->create(host, "patient");
    std::optional<Response> response;
    std::thread running([&] { response = *instance.dispatch(request("wait")); });
    while (!inside)
        std::this_thread::yield();
    CHECK(std::move(instance).close(std::chrono::seconds(1))->args() == R"({"closed":true})");
    running.join();
    CHECK(is_mapped(".sysadm-module-", true));
    CHECK(response->args().find(R"("config":"patient")") != std::string_view::npos);
    response.reset();
    CHECK(!is_mapped(".sysadm-module-", false));
}

/* The three owners, each alone, keep the library; the last one unmaps it. */
void each_owner_keeps_the_library(const std::string &path, const std::string &folder)
{
    const std::string copy = ".sysadm-module-";
    CHECK(!is_mapped(copy, false));
    {
        std::optional<Response> response;
        {
            std::optional<Instance> instance;
            {
                const auto module = Module::load_copy(path, folder);
                CHECK(module && module->path() == path);
                instance = *module->create(Host{}, "late");
            }
            CHECK(is_mapped(copy, true));
            response = *instance->dispatch(request("x"));
        }
        CHECK(is_mapped(copy, true) && response->args().find("late") != std::string_view::npos);
    }
    CHECK(!is_mapped(copy, false));
}

/* What was moved from or closed is nobody that could keep it. */
void what_was_moved_from_keeps_nothing(const std::string &path, const std::string &folder)
{
    auto instance = *Module::load_copy(path, folder)->create(Host{}, "");
    auto response = *instance.dispatch(request("x"));
    {
        auto other = std::move(instance);
        const auto last = std::move(response);
        CHECK(is_mapped(".sysadm-module-", true) && std::move(other).close(std::chrono::seconds(0)));
        CHECK(is_mapped(".sysadm-module-", true));
        CHECK(!other.dispatch(request("x")) && !other.health() && !other.cancel(1));
    }
    CHECK(!is_mapped(".sysadm-module-", false));
    CHECK(!instance.set_log_level(Level::info) && !instance.export_state());
    CHECK(!std::move(instance).close(std::chrono::seconds(0)));
}

/* Two copies of one file are two libraries, which load alone does not give. */
void a_copy_is_another_library(const std::string &path, const std::string &folder)
{
    const auto one = *Module::load(path), same = *Module::load(path);
    const auto other = *Module::load_copy(path, folder);
    CHECK(&one.table() == &same.table() && &one.table() != &other.table());
    const auto nowhere = Module::load_copy(path, folder + "/nowhere");
    CHECK(!nowhere && nowhere.error().text.find("/nowhere") != std::string::npos);
}

} // namespace

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    each_owner_keeps_the_library(argv[1], argv[2]);
    what_was_moved_from_keeps_nothing(argv[1], argv[2]);
    a_call_may_run_while_its_instance_is_closed(argv[1], argv[2]);
    a_copy_is_another_library(argv[1], argv[2]);
    const auto module = *Module::load(argv[1]);
    CHECK(module.name_space() == "test" && module.name() == "probe" && module.version() == "0.0.1");
    what_is_owned_is_given_back_once(module);
    what_is_moved_onto_itself_stays(module);
    a_request_says_what_it_is(module);
    a_refused_configuration_is_an_error(module);
    callbacks_are_given_what_the_class_says(module);
#if defined(__cpp_exceptions)
    what_is_thrown_in_a_callback_ends_there(module);
#endif
    CHECK(instances(module) == 0 && answers(module) == 0);
    std::puts("well");
}
