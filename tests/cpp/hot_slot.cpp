/*
 * HotSlot over tests/c/probe.c: generations replaced under four busy threads, and
 * replacements that must not happen.
 *
 *   hot_slot PROBE OTHER_CLASS FOLDER
 */
#include "sysadm_class.hpp"

#include "check.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace sysadm::modules;

namespace {

constexpr int generations = 200;

Request request(std::string_view args, std::uint64_t id)
{
    Request one;
    one.args = args;
    one.id = id;
    return one;
}

/* The number in {"config":"N",...}. */
int number(const Response &response)
{
    return std::atoi(std::string(response.args().substr(sizeof R"({"config":)")).c_str());
}

/*
 * A request that began when N was published is answered by N or a later one, and
 * none gets lost. Each generation is a copy of the library of its own.
 */
void swaps_under_four_threads(const std::string &path, const std::string &folder)
{
    std::atomic<int> published{0};
    std::atomic<bool> done{false};
    std::atomic<long> asked{0};
    {
        HotSlot slot(*Module::load_copy(path, folder)->create(Host{}, "0"));
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int last = 0; !done;) {
                    const int before = published;
                    const auto response = slot.dispatch(request("x", 1));
                    const int after = published + 1; /* published, but not yet counted */
                    CHECK(response && response->status() == Status::ok);
                    const int answered = number(*response);
                    CHECK(before <= answered && answered <= after && last <= answered);
                    last = answered;
                    ++asked;
                }
            });
        for (int generation = 1; generation <= generations; ++generation) {
            slot.publish(*Module::load_copy(path, folder)->create(Host{}, std::to_string(generation)));
            published = generation;
            for (const long until = asked + 8; asked < until;)
                std::this_thread::yield();
        }
        done = true;
        for (auto &thread : threads)
            thread.join();
        CHECK(slot.drain(std::chrono::seconds(10)) && slot.draining() == 0);
        CHECK(number(*slot.dispatch(request("x", 1))) == generations);
    }
    CHECK(is_mapped(".sysadm-module-", !SYSADM_CLASS_UNMAPS) == !SYSADM_CLASS_UNMAPS);
    std::printf("%d generations, %ld requests\n", generations, asked.load());
}

/* A request keeps its generation for as long as it takes, and is still reached. */
void a_request_ends_with_the_generation_that_it_began_with(const Module &module)
{
    HotSlot slot(*module.create(Host{}, "1"));
    const auto held = slot.current();
    std::atomic<int> answered{0};
    std::thread waiting([&] { answered = number(*slot.dispatch(request("wait", 7))); });
    /* The thread holds the first, we hold it, and the slot does. */
    while (held.use_count() < 3)
        std::this_thread::yield();
    CHECK(slot.replace(module, Host{}, "2"));
    CHECK(slot.draining() == 1 && !slot.drain(std::chrono::milliseconds(20)) && answered == 0);
    CHECK(number(*slot.dispatch(request("x", 8))) == 2);
    CHECK(number(*held->dispatch(request("x", 9))) == 1);
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (answered == 0) {
        CHECK(std::chrono::steady_clock::now() < limit);
        slot.cancel(7);
        std::this_thread::yield();
    }
    waiting.join();
    CHECK(answered == 1 && slot.draining() == 1);
}

int instances(const Module &module)
{
    struct Counts {
        int (*count)(int);
    };
    return static_cast<const Counts *>(module.extension("test.counts/1"))->count(0);
}

/* Drained means closed, also when another thread was the last user. Whoever waits for ever is
 * kept waiting: it is held for a while yet when that begins. */
void drained_is_closed(const Module &module)
{
    HotSlot slot(*module.create(Host{}, "slow"));
    std::atomic<bool> holds{false}, ends{false};
    std::thread last([&] {
        const auto held = slot.current();
        holds = true;
        while (!ends)
            std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    });
    while (!holds)
        std::this_thread::yield();
    slot.publish(*module.create(Host{}, "next"));
    CHECK(instances(module) == 2 && !slot.drain(std::chrono::milliseconds::min()));
    ends = true;
    CHECK(slot.drain(std::chrono::milliseconds::max()) && instances(module) == 1);
    last.join();
}

void what_cannot_take_over_leaves_the_old_one(const Module &module, const Module &other)
{
    HotSlot slot(*module.create(Host{}, "4"));
    const auto before = slot.current();
    const std::pair<const char *, const char *> refused[] = {
        {"refuse", R"(no instance: the class refused to start: {"error":"refused"})"},
        {"forgetful", R"(the state of its predecessor: {"error":"not understood"})"},
        {"sick", R"(its health: {"error":"not well"})"},
    };
    for (const auto &[config, why] : refused) {
        const auto replaced = slot.replace(module, Host{}, config);
        CHECK(!replaced && replaced.error().fault == Fault::not_replaced);
        CHECK(replaced.error().text == module.path() + " does not take over: " + why);
        CHECK(slot.current() == before && slot.draining() == 0);
    }
    CHECK(slot.replace(other, Host{}, "").error().text.find("it is another class") != std::string::npos);
    CHECK(slot.current() == before);
    /* And one that can is given what the old one knew. */
    CHECK(slot.replace(module, Host{}, "heir"));
    CHECK(slot.dispatch(request("x", 1))->args().find("heir of 4") != std::string_view::npos);
}

/* What a generation heard: how often of progress, and of which request, and of its event. */
struct Heard {
    std::atomic<int> steps{0}, others{0}, events{0};

    Host listening(std::uint64_t expected)
    {
        Host host;
        host.progress = [this, expected](std::uint64_t id, std::string_view json) {
            ++(id == expected && json == "{}" ? steps : others);
        };
        host.emit_event = [this](std::string_view name, std::string_view) { events += name == "told"; };
        return host;
    }
};

/* Who listens to a generation does so until its last request has ended, and is told of that one. */
void progress_comes_from_who_began(const Module &module)
{
    Heard old, fresh;
    HotSlot slot(*module.create(old.listening(7), "old"));
    std::thread first([&] { CHECK(slot.dispatch(request("tell", 7))); });
    while (old.steps < 3)
        std::this_thread::yield();
    CHECK(slot.replace(module, fresh.listening(8), "fresh"));
    std::thread second([&] { CHECK(slot.dispatch(request("tell", 8))); });
    const int before = old.steps;
    while (old.steps < before + 3 || fresh.steps < 3)
        std::this_thread::yield();
    CHECK(slot.draining() == 1 && old.events == 0);
    slot.cancel(7);
    first.join();
    const int last = old.steps;
    CHECK(slot.drain(std::chrono::seconds(60)) && old.events == 1 && fresh.events == 0);
    slot.cancel(8);
    second.join();
    CHECK(old.steps == last && fresh.events == 1 && old.others + fresh.others == 0);
}

/* A generation that somebody holds outlives the slot. */
void a_generation_may_outlive_the_slot(const Module &module)
{
    HotSlot::Generation held;
    {
        HotSlot slot(*module.create(Host{}, "6"));
        held = slot.current();
    }
    CHECK(number(*held->dispatch(request("x", 1))) == 6);
}

} // namespace

int main(int argc, char **argv)
{
    CHECK(argc == 4);
    swaps_under_four_threads(argv[1], argv[3]);
    const auto module = *Module::load(argv[1]);
    a_request_ends_with_the_generation_that_it_began_with(module);
    drained_is_closed(module);
    what_cannot_take_over_leaves_the_old_one(module, *Module::load(argv[2]));
    progress_comes_from_who_began(module);
    a_generation_may_outlive_the_slot(module);
    CHECK(instances(module) == 0);
    std::puts("well");
}
