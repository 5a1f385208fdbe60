/*
 * ending.hpp - the end of host.cpp by a signal, as c/ending.h has it: what is waited for and
 * how long, and input that ends with it. A blocking read would not hear of the signal,
 * which arrives on a thread of its own; so input is polled together with a pipe whose other
 * end is closed then.
 */
#ifndef ENDING_HPP
#define ENDING_HPP

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

/* Is it ignored, as by nohup or in the background of a shell? Then it stays so: blocked, it
 * would be waited for all the same. */
inline bool is_ignored(int signal)
{
    struct sigaction now = {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

class Ending {
public:
    explicit Ending(std::chrono::milliseconds drain) : drain_(drain)
    {
        if (::pipe(ends_.data()) == 0)
            for (const int end : ends_)
                ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    Ending(const Ending &) = delete;
    Ending &operator=(const Ending &) = delete;
    ~Ending()
    {
        ::close(ends_[0]);
        if (!has_begun())
            ::close(ends_[1]);
    }

    /* The first signal: SIGINT cancels at once, SIGTERM when the time is over. By one thread. */
    void begin(int signal)
    {
        cancel_at_ = now() + (signal == SIGINT ? 0 : drain_.count());
        signal_ = signal;
        ::close(ends_[1]);
    }

    bool has_begun() const { return signal_ != 0; }
    bool is_cancelling() const { return has_begun() && now() >= cancel_at_; }
    /* Longer than a class gives its programs between TERM and KILL. */
    bool is_late() const { return has_begun() && now() >= cancel_at_ + 30000; }
    int exit_status(int otherwise) const { return has_begun() ? 128 + signal_ : otherwise; }
    /* Readable as soon as it has begun. */
    int woken() const { return ends_[0]; }

    /* What runs is not wanted any more; a class hears of it within milliseconds, and tells its
     * programs. */
    void cancel_now() { cancel_at_ = now(); }

    /* Without waiting, for nobody who reads what we write either. The programs that the class
     * runs have been told to end, and may run on. */
    [[noreturn]] void end_hard(std::string_view why) const
    {
        pollfd told{STDERR_FILENO, POLLOUT, 0};
        const std::string text = "ended without waiting: " + std::string(why) + "; programs may still run\n";
        if (::poll(&told, 1, 0) == 1)
            static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()) == 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(250));
        ::_exit(exit_status(1));
    }

private:
    static long long now()
    {
        const auto since = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    }

    const std::chrono::milliseconds drain_;
    std::array<int, 2> ends_{-1, -1};
    std::atomic<int> signal_{0};
    std::atomic<long long> cancel_at_{0};
};

/* Lines of a descriptor, until its end or that of this host. */
class Lines {
public:
    Lines(int from, const Ending &ending) : from_(from), ending_(ending) {}

    std::optional<std::string> next()
    {
        for (;;) {
            const auto end = held_.find('\n');
            if (end != std::string::npos) {
                std::string line = held_.substr(0, end);
                held_.erase(0, end + 1);
                return line;
            }
            std::array<pollfd, 2> asked{pollfd{from_, POLLIN, 0}, pollfd{ending_.woken(), POLLIN, 0}};
            if (::poll(asked.data(), asked.size(), -1) < 0 && errno != EINTR)
                return std::nullopt;
            if (asked[1].revents != 0)
                return std::nullopt;
            if (asked[0].revents == 0)
                continue;
            std::array<char, 65536> bytes;
            const auto got = ::read(from_, bytes.data(), bytes.size());
            if (got > 0)
                held_.append(bytes.data(), static_cast<std::size_t>(got));
            else if (got == 0 && !held_.empty())
                held_ += '\n'; /* the last has none */
            else if (got == 0 || errno != EINTR)
                return std::nullopt;
        }
    }

private:
    int from_;
    const Ending &ending_;
    std::string held_;
};

#endif
