/*
 * host.cpp - the host of c/host.c in C++, with a module that can be replaced while
 * it runs. It needs sysadm_class.hpp.
 *
 *   c++ -std=c++17 -I include -o host host-example/cpp/host.cpp -pthread -ldl
 *   ./host [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-d SECONDS] [-f FILE] MODULE CONFIG [REQUEST...]
 *
 * The arguments are those of c/host.c. On SIGHUP the module's file is loaded anew
 * and takes over, if it is well, and with -p was well in another process before; requests in flight end with the old one, which is
 * then unmapped. SIGINT and SIGTERM end it as they end that one, by ending.hpp beside this.
 */
#include "ears.hpp"
#include "ending.hpp"

#include "sysadm_class.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
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
    std::chrono::seconds drain{10};
    std::string caller;
    std::string file;
    std::string module;
    std::string config;
    char **requests = nullptr;
};

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
    for (const int signal : {SIGHUP, SIGUSR1})
        sigaddset(&signals, signal);
    for (const int signal : {SIGINT, SIGTERM})
        if (!is_ignored(signal))
            sigaddset(&signals, signal);
    return signals;
}

class Program {
public:
    Program(const Options &options, Instance instance)
        : options_(options), slot_(std::move(instance)), ending_(options.drain)
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

    /* All requests; the exit status, which is 0 if every answer had the status 200. */
    int run()
    {
        for (char **request = options_.requests; *request != nullptr; ++request)
            ask(*request);
        if (options_.file == "-")
            ask_lines(STDIN_FILENO);
        else if (!options_.file.empty()) {
            const int file = ::open(options_.file.c_str(), O_RDONLY | O_CLOEXEC);
            if (file < 0) {
                std::cerr << "cannot read " << options_.file << "\n";
                good_ = false;
            } else {
                ask_lines(file);
                ::close(file);
            }
        }
        return ending_.exit_status(good_ ? 0 : 1);
    }

private:
    void ask_lines(int file)
    {
        Lines lines(file, ending_);
        while (const auto line = std::cout ? lines.next() : std::nullopt)
            if (!line->empty())
                ask(*line);
    }

    void ask(std::string_view args)
    {
        Request request;
        request.args = args;
        request.id = ++last_id_;
        request.access = options_.access;
        request.timeout = options_.timeout;
        request.caller = options_.caller;
        in_flight_ = request.id;
        /* Who reads this may be gone; then there is nobody to ask for. */
        if (ending_.has_begun() || !std::cout) {
            in_flight_ = 0;
            good_ = false;
            return;
        }
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
        std::thread replacing; /* so that a module that takes its time keeps no signal out */
        bool is_over = false;
        for (;;) {
            const bool is_ending = ending_.has_begun();
            siginfo_t from = {};
            const int signal = is_ending || is_over ? ::sigtimedwait(&signals, &from, &moment)
                                                    : ::sigwaitinfo(&signals, &from);
            /* Anybody may send one; ours is from this process. */
            is_over = is_over || (signal == SIGUSR1 && from.si_pid == ::getpid());
            if (is_over && !is_replacing_) {
                if (replacing.joinable())
                    replacing.join();
                return;
            }
            if (signal == SIGUSR1)
                continue;
            if (signal == SIGHUP && !is_ending && !is_replacing_.exchange(true)) {
                if (replacing.joinable())
                    replacing.join();
                replacing = std::thread([this] {
                    replace();
                    is_replacing_ = false;
                });
            }
            else if (signal > 0 && signal != SIGHUP && !is_ending)
                ending_.begin(signal);
            else if (signal > 0 && signal != SIGHUP)
                ending_.cancel_now();
            if (ending_.is_cancelling())
                slot_.cancel(in_flight_);
            if (signal > 0 && signal != SIGHUP && is_ending)
                ending_.end_hard("a second signal");
            if (ending_.is_late())
                ending_.end_hard("it took too long");
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
    Ending ending_;
    std::uint64_t last_id_ = 0;
    bool good_ = true;
    std::atomic<std::uint64_t> in_flight_{0};
    std::atomic<bool> is_replacing_{false};
    std::thread waiting_; /* the last: it uses the others */
};

bool parse(int argc, char **argv, Options &options)
{
    for (int option; (option = ::getopt(argc, argv, "+vrup:c:t:d:f:")) != -1;)
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
        case 'd': options.drain = std::chrono::seconds(std::strtoll(optarg, nullptr, 10)); break;
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
        std::cerr << "usage: " << argv[0] << " [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-d SECONDS] [-f FILE] MODULE CONFIG [REQUEST...]\n"
                     "SIGINT, SIGTERM: what runs is cancelled, by SIGTERM after SECONDS (10), and waited for, 30 s at the most;\n"
                     "a second one ends at once. The exit status is 128 and the signal then.\n";
        return 2;
    }
    /* Who reads what this writes may go in the middle of a change: that must not end it there. */
    ::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = our_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto instance = start(options);
    if (!instance) {
        std::cerr << instance.error().text << "\n";
        return 1;
    }
    return Program(options, *std::move(instance)).run();
}
