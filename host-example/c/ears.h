/*
 * ears.h - what host.c offers a class: its log, and to hear how requests go on and what
 * has changed. All of it goes to standard error, a line each. The texts are not this host's:
 * what programs print, and what is in a jail, comes by them. So what would move the cursor
 * of a terminal, or turn the direction of writing, is written out.
 */
#ifndef EARS_H
#define EARS_H

#include <stdio.h>
#include <string.h>

#include "sysadm_class.h"

/* The longest text that is shown, in bytes. */
#define EARS_MOST 4000

struct ears {
    uint32_t log_level;
};

/* How many bytes of UTF-8, from the first of these, are no text to be seen: a control
 * character, a blank without width, or one that turns the direction. 0: it is text. */
static size_t hidden(const unsigned char *s, size_t left)
{
    if (s[0] < 0x20 || s[0] == 0x7f)
        return 1;
    if (left >= 2 && s[0] == 0xc2 && s[1] < 0xa0)
        return 2;
    if (left >= 3 && s[0] == 0xe2 && ((s[1] == 0x80 && ((s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae))) ||
                                      (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)))
        return 3;
    return 0;
}

/* Write "WORDS [ID]: TEXT" as one line, in one piece. */
static void say(const char *words, sysadm_str_t about, uint64_t id, sysadm_str_t text)
{
    static const char digits[] = "0123456789abcdef";
    char line[4 * EARS_MOST + 512];
    size_t length, at, of, part;
    const sysadm_str_t parts[2] = {about, text};
    length = (size_t)snprintf(line, 64, "%s", words);
    for (part = 0; part < 2; part++) {
        const unsigned char *s = (const unsigned char *)parts[part].ptr;
        const size_t most = part == 0 ? 64 : EARS_MOST;
        const size_t end = parts[part].len < most ? parts[part].len : most;
        if (part == 0 && end > 0)
            line[length++] = ' ';
        if (part == 1)
            length += (size_t)snprintf(line + length, 32, " [%llu]: ", (unsigned long long)id);
        for (at = 0; at < end; at++) {
            for (of = hidden(s + at, end - at); of > 1; of--, at++)
                length += (size_t)snprintf(line + length, 8, "\\x%c%c", digits[s[at] >> 4], digits[s[at] & 15]);
            if (of == 1)
                length += (size_t)snprintf(line + length, 8, "\\x%c%c", digits[s[at] >> 4], digits[s[at] & 15]);
            else
                line[length++] = (char)s[at];
        }
        if (end < parts[part].len)
            length += (size_t)snprintf(line + length, 8, "...");
    }
    line[length++] = '\n';
    fwrite(line, 1, length, stderr);
}

/* These are called by the class, on the thread that is inside dispatch. */
static int32_t log_enabled(void *user, uint32_t level, sysadm_str_t target)
{
    (void)target;
    return level <= ((const struct ears *)user)->log_level;
}

static void on_log(void *user, uint32_t level, sysadm_str_t target, sysadm_str_t message, uint64_t id)
{
    static const char *const words[] = {"off", "error", "warn", "info", "debug", "trace"};
    if (log_enabled(user, level, target))
        say(words[level <= SYSADM_LOG_TRACE ? level : SYSADM_LOG_TRACE], target, id, message);
}

static void on_progress(void *user, uint64_t id, sysadm_str_t json)
{
    const sysadm_str_t none = {NULL, 0};
    (void)user;
    say("progress", none, id, json);
}

/* An event belongs to no request; the one in whose course it came about stands in it. */
static void on_event(void *user, sysadm_str_t name, sysadm_str_t json)
{
    (void)user;
    say("event", name, 0, json);
}

/* The table of it, to be filled before create. Who logs warnings only is told of no progress
 * and no events: then a class does not even make them up. */
static sysadm_host_t offered(struct ears *ears)
{
    sysadm_host_t table;
    memset(&table, 0, sizeof table);
    table.struct_size = sizeof table;
    table.abi_major = SYSADM_CLASS_ABI_MAJOR;
    table.abi_minor = SYSADM_CLASS_ABI_MINOR;
    table.user = ears;
    table.log_enabled = log_enabled;
    table.log = on_log;
    if (ears->log_level >= SYSADM_LOG_INFO) {
        table.progress = on_progress;
        table.emit_event = on_event;
    }
    return table;
}

#endif
