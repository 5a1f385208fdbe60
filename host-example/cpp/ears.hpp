/*
 * ears.hpp - what host.cpp offers a class, as c/ears.h has it: its log, and to hear how
 * requests go on and what has changed. All of it goes to standard error, a line each. The
 * texts are not this host's: what programs print, and what is in a jail, comes by them. So
 * what would move the cursor of a terminal, or turn the direction of writing, is written out.
 */
#ifndef EARS_HPP
#define EARS_HPP

#include "sysadm_class.hpp"

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

/* How many bytes of UTF-8, at the beginning of a text that is not empty, are not to be seen: a
 * control character, a blank without width, or one that turns the direction. 0: it is text. */
inline std::size_t hidden(std::string_view text)
{
    const auto at = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    if (at(0) < 0x20 || at(0) == 0x7f)
        return 1;
    if (text.size() >= 2 && at(0) == 0xc2 && at(1) < 0xa0)
        return 2;
    if (text.size() >= 3 && at(0) == 0xe2 &&
        ((at(1) == 0x80 && ((at(2) >= 0x8b && at(2) <= 0x8f) || (at(2) >= 0xa8 && at(2) <= 0xae))) ||
         (at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9)))
        return 3;
    return 0;
}

/* As much of a text as is shown, as it stands there. */
inline std::string visible(std::string_view text)
{
    constexpr std::size_t most = 4000;
    static const char digits[] = "0123456789abcdef";
    const bool is_long = text.size() > most;
    std::string seen;
    for (text = text.substr(0, most); !text.empty();) {
        const std::size_t bytes = hidden(text);
        for (std::size_t at = 0; at < bytes; ++at) {
            const auto byte = static_cast<unsigned char>(text[at]);
            seen.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
        }
        if (bytes == 0)
            seen += text[0];
        text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    return is_long ? seen + "..." : seen;
}

/* Of every generation; called from the threads that are inside a class. Who logs warnings only
 * is told of no progress and no events: then a class does not even make them up. */
inline sysadm::modules::Host listening(sysadm::modules::Level wanted)
{
    using sysadm::modules::Level;
    const auto say = [](std::string words, std::uint64_t id, std::string_view text) {
        std::cerr << words.append(" [").append(std::to_string(id)).append("]: ").append(visible(text)).append("\n");
    };
    sysadm::modules::Host host;
    host.log_enabled = [wanted](Level level, std::string_view) { return level <= wanted; };
    host.log = [wanted, say](Level level, std::string_view target, std::string_view message, std::uint64_t id) {
        static const char *const words[] = {"off", "error", "warn", "info", "debug", "trace"};
        if (level <= wanted)
            say(std::string(words[static_cast<std::size_t>(level)]) + " " + visible(target), id, message);
    };
    if (wanted >= Level::info) {
        host.progress = [say](std::uint64_t id, std::string_view json) { say("progress", id, json); };
        /* One belongs to no request; the one in whose course it came about stands in it. */
        host.emit_event = [say](std::string_view name, std::string_view json) {
            say("event " + visible(name), 0, json);
        };
    }
    return host;
}

#endif
