/*
 * host.cpp - the host of c/host.c in C++, with a module that can be replaced while
 * it runs. It needs sysadm_class.hpp.
 *
 *   c++ -std=c++17 -I include -o host host-example/cpp/host.cpp -pthread -ldl
 *   ./host [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-f FILE] MODULE CONFIG [REQUEST...]
 *
 * The arguments are those of c/host.c. On SIGHUP the module's file is loaded anew
 * and takes over, if it is well, and with -p was well in another process before; requests in flight end with the old one, which is
 * then unmapped. SIGINT and SIGTERM cancel the request in flight and leave out
 * those that follow.
 */
#include "sysadm_class.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

using namespace sysadm::modules;

namespace {

struct Options {
    Level log_level = Level::warn;
    Access access = Access::full;
    Trust trust = Trust::root;
    Probe probe;
    std::optional<std::chrono::milliseconds> timeout;
    std::string caller;
    std::string file;
    std::string module;
    std::string config;
    char **requests = nullptr;
};

/* The log of every generation; called from the threads that are inside a class. */
Host listening(Level wanted)
{
    Host host;
    host.log_enabled = [wanted](Level level, std::string_view) { return level <= wanted; };
    host.log = [wanted](Level level, std::string_view target, std::string_view message, std::uint64_t id) {
        static const char *const words[] = {"off", "error", "warn", "info", "debug", "trace"};
        if (level > wanted)
            return;
        std::string line = words[static_cast<std::size_t>(level)];
        line.append(" ").append(target).append(" [").append(std::to_string(id)).append("]: ");
        std::cerr << line.append(message).append("\n");
    };
    return host;
}

std::string folder_for_copies()
{
    const char *folder = std::getenv("TMPDIR");
    return folder == nullptr ? "/tmp" : folder;
}

/* The first generation. Nobody keeps its module: it goes with its last user. */
Result<Instance> start(const Options &options)
{
    const auto module = options.probe.program.empty()
                            ? Module::load(options.module, options.trust)
                            : Module::load_copy(options.module, folder_for_copies(), options.probe,
                                                options.config, options.trust);
    if (!module)
        return module.error();
    return module->create(listening(options.log_level), options.config);
}

/* The signals of this program. Blocked in every thread: only one waits for them,
 * for in a signal handler no function of a class may be called. */
sigset_t our_signals()
{
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGUSR1})
        sigaddset(&signals, signal);
    return signals;
}

class Program {
public:
    Program(const Options &options, Instance instance) : options_(options), slot_(std::move(instance))
    {
        waiting_ = std::thread([this] { wait_for_signals(); });
    }
    Program(const Program &) = delete;
    Program &operator=(const Program &) = delete;
    ~Program()
    {
        ::pthread_kill(waiting_.native_handle(), SIGUSR1);
        waiting_.join();
    }

    /* All requests; true if every answer had the status 200. */
    bool run()
    {
        for (char **request = options_.requests; *request != nullptr; ++request)
            ask(*request);
        if (!options_.file.empty()) {
            std::ifstream file;
            if (options_.file != "-")
                file.open(options_.file);
            std::istream &lines = options_.file == "-" ? std::cin : file;
            if (!lines) {
                std::cerr << "cannot read " << options_.file << "\n";
                return false;
            }
            for (std::string line; std::getline(lines, line);)
                if (!line.empty())
                    ask(line);
        }
        return good_;
    }

private:
    void ask(std::string_view args)
    {
        Request request;
        request.args = args;
        request.id = ++last_id_;
        request.access = options_.access;
        request.timeout = options_.timeout;
        request.caller = options_.caller;
        if (stopped_) {
            good_ = false;
            return;
        }
        in_flight_ = request.id;
        const auto response = slot_.dispatch(request);
        in_flight_ = 0;
        if (response)
            std::cout << static_cast<unsigned>(response->status()) << ' ' << response->args() << std::endl;
        else
            std::cerr << response.error().text << "\n";
        good_ = good_ && response && response->status() == Status::ok;
    }

    /* cancel may come before dispatch has begun with the request, which it then
     * does not reach, so it is repeated while the request is in flight. */
    void wait_for_signals()
    {
        const sigset_t signals = our_signals();
        const timespec moment{0, 50'000'000};
        for (;;) {
            const bool again = stopped_ && in_flight_ != 0;
            const int signal = again ? ::sigtimedwait(&signals, nullptr, &moment) : ::sigwaitinfo(&signals, nullptr);
            if (signal == SIGUSR1)
                return;
            if (signal == SIGHUP)
                replace();
            else if (signal > 0)
                stopped_ = true;
            if (stopped_)
                slot_.cancel(in_flight_);
        }
    }

    /* Whatever is wrong with the new file, the old generation goes on. */
    void replace()
    {
        const auto replaced = slot_.replace(options_.module, folder_for_copies(), options_.probe,
                                            listening(options_.log_level), options_.config, std::nullopt,
                                            options_.trust);
        if (replaced)
            std::cerr << "replaced by " << slot_.current()->module().version() << "\n";
        else
            std::cerr << "not replaced: " << replaced.error().text << "\n";
    }

    const Options &options_;
    HotSlot slot_;
    std::thread waiting_;
    std::uint64_t last_id_ = 0;
    bool good_ = true;
    std::atomic<std::uint64_t> in_flight_{0};
    std::atomic<bool> stopped_{false};
};

bool parse(int argc, char **argv, Options &options)
{
    for (int option; (option = ::getopt(argc, argv, "+vrup:c:t:f:")) != -1;)
        switch (option) {
        case 'v':
            if (options.log_level < Level::trace)
                options.log_level = static_cast<Level>(static_cast<std::uint32_t>(options.log_level) + 1);
            break;
        case 'r': options.access = Access::limited; break;
        case 'u': options.trust = Trust::anybody; break;
        case 'p': options.probe.program = optarg; break;
        case 'c': options.caller = optarg; break;
        case 't':
            if (const auto limit = std::chrono::milliseconds(std::strtoll(optarg, nullptr, 10)); limit.count() > 0)
                options.timeout = limit; // 0: none, as in C
            break;
        case 'f': options.file = optarg; break;
        default: return false;
        }
    const int left = argc - optind;
    if (left < 2 || (left < 3 && options.file.empty()))
        return false;
    options.module = argv[optind];
    options.config = argv[optind + 1];
    options.requests = argv + optind + 2;
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    Options options;
    if (!parse(argc, argv, options)) {
        std::cerr << "usage: " << argv[0] << " [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-f FILE] MODULE CONFIG [REQUEST...]\n";
        return 2;
    }
    const sigset_t signals = our_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto instance = start(options);
    if (!instance) {
        std::cerr << instance.error().text << "\n";
        return 1;
    }
    return Program(options, *std::move(instance)).run() ? 0 : 1;
}
