/*
 * ending.h - the end of host.c by a signal: what is waited for and how long, and input
 * that ends with it. A blocking read would not hear of the signal, which arrives on a thread
 * of its own; so input is polled together with a pipe whose other end is closed then. Not a
 * handler that interrupts the read: one that comes just before the read interrupts nothing.
 */
#ifndef ENDING_H
#define ENDING_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long what was cancelled is waited for, and the class's end, in milliseconds: longer
 * than a class gives its programs between TERM and KILL. */
#define CANCELLED_MS 30000u
/* From the cancelling to a hard end: a class asks its host every few milliseconds, and its
 * programs are to have heard of it before there is nobody left to tell them. */
#define LAST_WORD_MS 250u

/* Guarded by the host's lock, but for `woken`. */
struct ending {
    int signal;         /* that has begun it, or 0 */
    uint64_t cancel_at; /* of now_ms, both */
    uint64_t late_at;
    int woken, wakes; /* the two ends of the pipe */
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* Open the pipe; 0 if there is none. */
static int prepare_end(struct ending *ending)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 0;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    ending->woken = ends[0];
    ending->wakes = ends[1];
    return 1;
}

/* The first signal: SIGINT cancels at once, SIGTERM when the time is over. */
static void begin_end(struct ending *ending, int signal_, uint64_t drain_ms)
{
    ending->signal = signal_;
    ending->cancel_at = now_ms() + (signal_ == SIGINT ? 0 : drain_ms);
    ending->late_at = ending->cancel_at + CANCELLED_MS;
    close(ending->wakes);
}

/* Without waiting, for nobody who reads what we write either. The programs that the class
 * runs have been told to end, and may run on. */
static void end_hard(const struct ending *ending, const char *why)
{
    const struct timespec last_word = {0, LAST_WORD_MS * 1000 * 1000};
    struct pollfd told = {STDERR_FILENO, POLLOUT, 0};
    if (poll(&told, 1, 0) == 1)
        dprintf(STDERR_FILENO, "ended without waiting: %s; programs may still run\n", why);
    nanosleep(&last_word, NULL);
    _exit(128 + ending->signal);
}

/* Add a signal to the set, unless it was ignored when this program was started: by nohup, or
 * in the background of a shell. Blocked, an ignored one would be waited for all the same. */
static void add_unless_ignored(sigset_t *signals, int signal_)
{
    struct sigaction now;
    if (sigaction(signal_, NULL, &now) != 0 || now.sa_handler != SIG_IGN)
        sigaddset(signals, signal_);
}

/* Lines of a descriptor. */
struct lines {
    int from;
    char *bytes;
    size_t length, room, taken; /* what is held, and how much of it was handed out */
};

/* The next line, without its end, or null: at the end of input, or of this host. */
static char *next_line(struct lines *lines, const struct ending *ending)
{
    struct pollfd asked[2] = {{lines->from, POLLIN, 0}, {ending->woken, POLLIN, 0}};
    ssize_t got = 1;

    memmove(lines->bytes, lines->bytes + lines->taken, lines->length - lines->taken);
    lines->length -= lines->taken;
    lines->taken = 0;
    for (;;) {
        char *end = lines->length == 0 ? NULL : memchr(lines->bytes, '\n', lines->length);
        if (end == NULL && got == 0 && lines->length > 0)
            end = lines->bytes + lines->length; /* the last has none */
        if (end != NULL) {
            lines->taken = (size_t)(end - lines->bytes) + (got != 0);
            *end = '\0';
            lines->bytes[strcspn(lines->bytes, "\r")] = '\0';
            return lines->bytes;
        }
        if (got == 0)
            return NULL;
        if (lines->room - lines->length < 2) {
            char *more = realloc(lines->bytes, lines->room * 2);
            if (more == NULL)
                return NULL;
            lines->bytes = more;
            lines->room *= 2;
        }
        if (poll(asked, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (asked[1].revents != 0)
            return NULL;
        if (asked[0].revents == 0)
            continue;
        /* One byte is left for the zero of a last line without an end. */
        got = read(lines->from, lines->bytes + lines->length, lines->room - lines->length - 1);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            return NULL;
        else
            lines->length += (size_t)got;
    }
}

#endif
