/*
 * sysadm_class_probe.h - a module tried in a process of its own before a server in C or
 * C++ maps it. Header-only, over sysadm_class_host.h; a class needs nothing of it.
 *
 *   if (sysadm_host_look(path, path, 0, why, sizeof why) != SYSADM_HOST_GOOD) fail(why);
 *   copy = ...                         the module's file, copied only after that look
 *   sysadm_probe_t probe;
 *   memset(&probe, 0, sizeof probe);
 *   probe.program = "/usr/local/libexec/sysadm/plugin-check";
 *   probe.module = copy;               the very file that will be mapped
 *   probe.shown = path;                what sentences call it
 *   probe.config = config;             what the new instance will get
 *   probe.name_space = class_->name_space, probe.name = class_->name;  of what serves,
 *   probe.state = state;               and what its export_state said
 *   if (sysadm_host_probe(&probe, why, sizeof why) != SYSADM_HOST_GOOD) fail(why);
 *   library = sysadm_host_map(copy, path, 0, NULL, why, sizeof why);
 *
 * A copy is mapped where the loader knows the path already. It is the host's own, and
 * what looks at it alone, as the probe and sysadm_host_map do, finds it root's whoever
 * wrote the original: without the look at `path` before, a stranger's file is loaded.
 *
 * Why: one flipped bit in a file that is whole by its headers can end the process that
 * maps it, at once or when an instance is made, and nothing in that process can keep it
 * from that. So the steps of a swap are taken before by another program: load, describe,
 * create, import_state, health, the requests that are named (with LIMITED access, so
 * that a class only reads for them), close, unmap. What it finds, and that it died of
 * it, is the sentence in `why`. What a later request would do, it cannot tell: against
 * that a digest helps.
 *
 * THE PROGRAM is `plugin-check`, which include/install puts under libexec/sysadm; called
 * as `plugin-check --probe` it reads from its standard input one JSON object with
 *   "module", "shown", "door" ("c", "rust"), "allow_unsafe" (a boolean), "config" (a
 *   text), "limit_ms", and "work", which may be null: "namespace", "name", "state" (a
 *   text), "forgiving" (a boolean), "health_ms", "requests" (an array of texts),
 * and prints as its last line `taken` (exit status 0), or a code, a blank and a sentence
 * (exit status 1). In a process of root's it has to be root's alone, as modules have,
 * and no script: root would start what interprets it, which is not looked at here.
 * It is started by posix_spawn, never by a fork that goes on; it has the environment and
 * the folder of the host, and is killed with its group when the time is over.
 *
 * [any-thread, concurrent]; blocks for as long as `limit_ms` and two seconds. The host
 * must not reap children that are not its own meanwhile: where it does, or ignores
 * SIGCHLD, what the program printed is all that is believed. Uses 40 KiB of stack.
 */
#ifndef SYSADM_CLASS_PROBE_H
#define SYSADM_CLASS_PROBE_H

#include "sysadm_class_host.h"

#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

/* It was not tried, did not pass, or took down the process in which it was tried. */
#define SYSADM_HOST_NOT_PROBED 5

/* What is to be tried. All zeros is a good beginning. */
typedef struct sysadm_probe {
    const char *program;     /* absolute */
    const char *module;      /* the file that will be mapped */
    const char *shown;       /* what sentences call it, the original; null: `module` */
    sysadm_str_t config;     /* what the instance is created with */
    sysadm_str_t name_space; /* of the class that serves; both empty: none does, and */
    sysadm_str_t name;       /* nothing is asked of the instance that is made */
    sysadm_str_t state;      /* what that one's export_state said; empty: it said none,
                              * and it does not matter whether it is taken over */
    const char *const *requests; /* args, up to a null pointer; may be null */
    uint64_t health_ms;      /* for its health; 0: 30 seconds */
    uint64_t limit_ms;       /* for all of it; 0: 60 seconds */
    int allow_unsafe;        /* as root also what others can replace */
} sysadm_probe_t;

#ifdef __cplusplus
#define SYSADM_PROBE_AS(type, value) static_cast<type>(value)
#define SYSADM_PROBE_NULL nullptr
extern "C" {
extern char **environ;
#else
#define SYSADM_PROBE_AS(type, value) ((type)(value))
#define SYSADM_PROBE_NULL NULL
extern char **environ;
#endif

/* A text as JSON. What is not UTF-8 makes it none, and the probe is refused. */
static inline void sysadm_probe_text(FILE *to, const char *text, size_t length)
{
    size_t i;
    fputc('"', to);
    for (i = 0; i < length; i++) {
        const unsigned byte = SYSADM_PROBE_AS(unsigned char, text[i]);
        if (byte < 0x20)
            fprintf(to, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            fprintf(to, "\\%c", SYSADM_PROBE_AS(int, byte));
        else
            fputc(SYSADM_PROBE_AS(int, byte), to);
    }
    fputc('"', to);
}

static inline void sysadm_probe_str(FILE *to, const char *key, sysadm_str_t text)
{
    fprintf(to, ",\"%s\":", key);
    sysadm_probe_text(to, text.ptr, text.ptr == SYSADM_PROBE_NULL ? 0 : text.len);
}

static inline void sysadm_probe_write(FILE *to, const sysadm_probe_t *probe)
{
    const char *shown = probe->shown == SYSADM_PROBE_NULL ? probe->module : probe->shown;
    const char *const *request;
    const uint64_t limit = probe->limit_ms == 0 ? 60000 : probe->limit_ms;
    const uint64_t health = probe->health_ms == 0 ? 30000 : probe->health_ms;

    fprintf(to, "{\"door\":\"c\",\"allow_unsafe\":%s,\"limit_ms\":%llu,\"module\":",
            probe->allow_unsafe ? "true" : "false", SYSADM_PROBE_AS(unsigned long long, limit));
    sysadm_probe_text(to, probe->module, strlen(probe->module));
    fprintf(to, ",\"shown\":");
    sysadm_probe_text(to, shown, strlen(shown));
    sysadm_probe_str(to, "config", probe->config);
    if (probe->name.len > 0) {
        fprintf(to, ",\"work\":{\"health_ms\":%llu,\"forgiving\":%s",
                SYSADM_PROBE_AS(unsigned long long, health), probe->state.len == 0 ? "true" : "false");
        sysadm_probe_str(to, "namespace", probe->name_space);
        sysadm_probe_str(to, "name", probe->name);
        sysadm_probe_str(to, "state", probe->state);
        fprintf(to, ",\"requests\":[");
        for (request = probe->requests; request != SYSADM_PROBE_NULL && *request != SYSADM_PROBE_NULL; request++) {
            if (request != probe->requests)
                fputc(',', to);
            sysadm_probe_text(to, *request, strlen(*request));
        }
        fprintf(to, "]}");
    }
    fputc('}', to);
}

/* The same descriptor, beyond the three that are to be others in the child, and not
 * inherited but for that; -1 if there is none. Closes the old one. */
static inline int sysadm_probe_beyond(int file)
{
    const int beyond = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 3);
    if (file >= 0)
        close(file);
    return beyond;
}

/* Start the program with this standard input; both others go to `out`. An errno. */
static inline int sysadm_probe_start(const char *program, int in, int out, pid_t *pid)
{
    char name[SYSADM_HOST_PATH], word[] = "--probe";
    char *words[3];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t all, none;
    int fault;

    if (!sysadm_host_join(name, program, "", ""))
        return ENAMETOOLONG;
    words[0] = name, words[1] = word, words[2] = SYSADM_PROBE_NULL;
    sigfillset(&all);
    sigemptyset(&none);
    if ((fault = posix_spawn_file_actions_init(&actions)) != 0)
        return fault;
    if ((fault = posix_spawnattr_init(&how)) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return fault;
    }
    if ((fault = posix_spawn_file_actions_adddup2(&actions, in, 0)) == 0 &&
        (fault = posix_spawn_file_actions_adddup2(&actions, out, 1)) == 0 &&
        (fault = posix_spawn_file_actions_adddup2(&actions, out, 2)) == 0 &&
        (fault = posix_spawnattr_setpgroup(&how, 0)) == 0 &&
        (fault = posix_spawnattr_setsigdefault(&how, &all)) == 0 &&
        (fault = posix_spawnattr_setsigmask(&how, &none)) == 0 &&
        (fault = posix_spawnattr_setflags(
             &how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)) == 0)
        fault = posix_spawn(pid, program, &actions, &how, words, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&actions);
    return fault;
}

/* Wait for its end: 1, and in *status how it ended, or -1 if nobody knows; 0 if it had
 * to be killed. */
static inline int sysadm_probe_wait(pid_t pid, uint64_t limit_ms, int *status)
{
    const struct timespec moment = {0, 2 * 1000 * 1000};
    struct timespec begin, now;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (;;) {
        const pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid)
            return 1;
        if (ended < 0 && errno != EINTR) {
            *status = -1;
            return 1;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (SYSADM_PROBE_AS(uint64_t, (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000) >=
            limit_ms) {
            kill(-pid, SIGKILL);
            while (waitpid(pid, status, 0) < 0 && errno == EINTR) {
            }
            return 0;
        }
        nanosleep(&moment, SYSADM_PROBE_NULL);
    }
}

/* The last line that is there to be read, in `line`. */
static inline void sysadm_probe_last(int from, char *line, size_t size)
{
    ssize_t got;
    size_t length = 0, at;

    while (length < size - 1 && ((got = read(from, line + length, size - 1 - length)) > 0 || (got < 0 && errno == EINTR)))
        length += got > 0 ? SYSADM_PROBE_AS(size_t, got) : 0;
    while (length > 0 && line[length - 1] == '\n')
        length--;
    line[length] = '\0';
    for (at = length; at > 0 && line[at - 1] != '\n'; at--) {
    }
    memmove(line, line + at, length - at + 1);
}

/* What came of it: `line` is the last that it said. */
static inline int sysadm_probe_judge(const char *shown, const char *program, int status, const char *line, char *why,
                                     size_t size)
{
    const char *sentence = strchr(line, ' ');
    const int fault = SYSADM_HOST_NOT_PROBED, known = status != -1;

    if ((!known || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) && strcmp(line, "taken") == 0)
        return SYSADM_HOST_GOOD;
    if ((!known || (WIFEXITED(status) && WEXITSTATUS(status) == 1)) && sentence != SYSADM_PROBE_NULL)
        return sysadm_host_say(fault, why, size, "%s", sentence + 1);
    if (known && WIFSIGNALED(status))
        return sysadm_host_say(fault, why, size,
                               "%s cannot be used: it was to be tried by %s, which was ended by signal %d", shown,
                               program, WTERMSIG(status));
    return sysadm_host_say(fault, why, size,
                           "%s cannot be used: it was to be tried by %s, which ended with exit status %d%s%s", shown,
                           program, known ? WEXITSTATUS(status) : -1, line[0] == '\0' ? "" : ": ", line);
}

/* May root start it? SYSADM_HOST_UNSAFE and a sentence if not. */
static inline int sysadm_probe_trust(const char *program, char *why, size_t size)
{
    char start[2];
    int file, fault = sysadm_host_trust(program, why, size);
    ssize_t got;

    if (fault != SYSADM_HOST_GOOD)
        return fault;
    /* It cannot be exchanged any more; but opening a pipe would wait for its other end. */
    file = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    got = file < 0 ? -1 : read(file, start, sizeof start);
    if (got < 0)
        fault = sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s cannot be looked at: %s", program, strerror(errno));
    else if (got == 2 && memcmp(start, "#!", 2) == 0)
        fault = sysadm_host_say(SYSADM_HOST_UNSAFE, why, size,
                                "%s is a script, and what interprets it is not looked at", program);
    if (file >= 0)
        close(file);
    return fault;
}

/* Have a module tried. SYSADM_HOST_GOOD, or SYSADM_HOST_NOT_PROBED and a sentence. */
static inline int sysadm_host_probe(const sysadm_probe_t *probe, char *why, size_t size)
{
    static const char to_be[] = "%s cannot be used: it was to be tried by %s, which %s%s";
    const char *program = probe->program == SYSADM_PROBE_NULL ? "" : probe->program;
    const char *shown = probe->shown == SYSADM_PROBE_NULL ? probe->module : probe->shown;
    const uint64_t limit = sysadm_host_sum(probe->limit_ms == 0 ? 60000 : probe->limit_ms, 2000);
    char reason[SYSADM_HOST_PATH + 256];
    int ends[2] = {-1, -1}, in = -1, status = -1, error = 0, ended = 1;
    FILE *job;
    pid_t pid = 0;

    if (program[0] != '/')
        return sysadm_host_say(SYSADM_HOST_NOT_PROBED, why, size, to_be, shown, program, "is no absolute path", "");
    if (!probe->allow_unsafe && geteuid() == 0 &&
        sysadm_probe_trust(program, reason, sizeof reason) != SYSADM_HOST_GOOD)
        return sysadm_host_say(SYSADM_HOST_NOT_PROBED, why, size, to_be, shown, program,
                               "is not started as root: ", reason);
    /* A file without a name: what is written to it needs nobody who reads, so that no
     * signal and no full pipe can stop us. */
    job = tmpfile();
    if (job != SYSADM_PROBE_NULL) {
        sysadm_probe_write(job, probe);
        if (fflush(job) == 0 && !ferror(job))
            in = sysadm_probe_beyond(dup(fileno(job)));
        fclose(job);
    }
    if (in < 0 || lseek(in, 0, SEEK_SET) != 0 || pipe(ends) != 0)
        error = errno == 0 ? EIO : errno;
    ends[0] = sysadm_probe_beyond(ends[0]);
    ends[1] = sysadm_probe_beyond(ends[1]);
    if (error == 0 && (ends[0] < 0 || ends[1] < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0))
        error = errno;
    if (error == 0)
        error = sysadm_probe_start(program, in, ends[1], &pid);
    if (in >= 0)
        close(in);
    if (ends[1] >= 0)
        close(ends[1]);
    reason[0] = '\0';
    if (error == 0) {
        ended = sysadm_probe_wait(pid, limit, &status);
        sysadm_probe_last(ends[0], reason, sizeof reason);
    }
    if (ends[0] >= 0)
        close(ends[0]);
    if (error != 0)
        return sysadm_host_say(SYSADM_HOST_NOT_PROBED, why, size, to_be, shown, program,
                               "cannot be started: ", strerror(error));
    if (!ended)
        return sysadm_host_say(SYSADM_HOST_NOT_PROBED, why, size, to_be, shown, program,
                               "did not end in time and was killed", "");
    return sysadm_probe_judge(shown, program, status, reason, why, size);
}

#ifdef __cplusplus
}
#endif

#undef SYSADM_PROBE_AS
#undef SYSADM_PROBE_NULL

#endif /* SYSADM_CLASS_PROBE_H */
