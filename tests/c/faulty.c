/*
 * faulty.c - stands in the place of iocage, does well, and fails where it is
 * told to: tests/it/support/faulty.rs compiles it and says how. C, because
 * thousands of it are started and because a fault is a matter of system calls.
 *
 * It is the shell iocage, or where the locale is set, which the class does for
 * that alone, the Python one. Called `zfs`, `zpool`, `jls` or `ps` it is that.
 *
 * The class gives its children a fixed environment and no more arguments than
 * iocage has, so it is told by files beside argv[0]. `plan` holds three words:
 *
 *   FAULT[:ARGUMENT] PLACE WHEN
 *
 * PLACE says where in its output the fault is: before, within, after. WHEN says
 * in which call: @N in the one of that number, @N+ in that and all later ones,
 * anything else in those with an argument that begins so. Each call adds the
 * line "PID ARGUMENTS", or "PID zfs ARGUMENTS" and so on, to `calls`; behind `--` are words that differ each time.
 *
 * Whatever hangs ends by SIGALRM at last, so that a test that fails leaves
 * nothing behind for long.
 */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static char here[4096];
static const char *self;

static const char *beside(const char *name)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/%s", here, name);
    return path;
}

static void put(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written <= 0)
            _exit(111);
        text += written;
        length -= (size_t)written;
    }
}

static void nap(long ms)
{
    struct timespec time;
    time.tv_sec = ms / 1000;
    time.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&time, NULL);
}

static void hang(void)
{
    alarm(120);
    for (;;)
        pause();
}

/* The text of a small file beside us; "" if there is none. */
static char *text_of(const char *name)
{
    static char text[1 << 16];
    ssize_t got = 0, length = 0;
    int fd = open(beside(name), O_RDONLY);
    while (fd >= 0 && (got = read(fd, text + length, sizeof text - 1 - (size_t)length)) > 0)
        length += got;
    if (fd >= 0)
        close(fd);
    text[length] = '\0';
    return text;
}

/* Whether one of the calls before this one was to stop or destroy the jail, to
 * make another, to clone it to make a snapshot of it or to call it anew, to fetch a release or to
 * make a template of it, which it then did. */
static int stopped, destroyed, destroyed_idle, created, cloned, snapped, renamed, fetched, removed,
    templated;
/* Whether the call before this one was of zfs: so it is before something is
 * cleaned. */
static int cleans;

static int is_called(const char *name)
{
    return strcmp(strrchr(self, '/') + 1, name) == 0;
}

static int is_zfs(void)
{
    return is_called("zfs");
}

/* Note this call; how many were before it. */
static long note(int argc, char **argv)
{
    static char line[1 << 16];
    const char *calls = text_of("calls"), *last;
    long number = 0;
    int i, fd;
    size_t length = (size_t)snprintf(line, sizeof line, "%ld%s", (long)getpid(), is_zfs() ? " zfs" : is_called("jls") ? " jls" : is_called("zpool") ? " zpool" : is_called("ps") ? " ps" : "");

    const char *stop;

    /* The last one counts. */
    last = NULL;
    for (stop = strstr(calls, " stop "); stop != NULL; stop = strstr(stop + 1, " stop "))
        last = stop;
    stopped = last != NULL && strstr(last, " start ") == NULL;
    renamed = strstr(calls, " rename ") != NULL || strstr(calls, " set tag=") != NULL;
    destroyed_idle = strstr(calls, " destroy idle") != NULL;
    destroyed = strstr(calls, " destroy test") != NULL || strstr(calls, " destroy 0bf985de") != NULL;
    created = strstr(calls, " create ") != NULL;
    cloned = strstr(calls, " clone ") != NULL;
    snapped = strstr(calls, " snapshot -n ") != NULL || strstr(calls, " snapshot -r ") != NULL;
    fetched = strstr(calls, " fetch ") != NULL;
    templated = strstr(calls, " set istemplate=yes ") != NULL || strstr(calls, " set template=1 ") != NULL;
    removed = strstr(calls, "zfs destroy -r ") != NULL;
    last = strrchr(calls, '\n');
    while (last > calls && last[-1] != '\n')
        last--;
    cleans = last != NULL && strstr(last, " zfs ") != NULL;
    for (; *calls != '\0'; calls++)
        number += *calls == '\n';
    for (i = 1; i < argc && length < sizeof line && strcmp(argv[i], "--") != 0; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, " %s", argv[i]);
    line[length < sizeof line - 1 ? length++ : sizeof line - 1] = '\n';
    fd = open(beside("calls"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    put(fd, line, length);
    close(fd);
    return number;
}

#include "faulty_texts.h"

/* What the shell that the Python iocage is told to run a command with writes at
 * its end: its mark, and the command's status. */
static void finish(int argc, char **argv)
{
    int i;
    for (i = 1; i + 5 < argc; i++)
        if (strcmp(argv[i], "--") == 0) {
            put(2, argv[i + 5], strlen(argv[i + 5]));
            put(2, "0\n", 2);
            return;
        }
}

/* A process that goes on after us and holds our streams; its number is in the
 * file `daemon`. */
static void leave_daemon(int in_session)
{
    pid_t child = fork();
    if (child == 0) {
        if (in_session)
            setsid();
        child = fork();
        if (child == 0)
            hang();
        else {
            FILE *file = fopen(beside("daemon"), "w");
            fprintf(file, "%ld\n", (long)child);
            fclose(file);
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void flood(void)
{
    static char block[1 << 16];
    size_t i;
    for (i = 0; i < sizeof block; i++)
        block[i] = i % 64 == 63 ? '\n' : 'f';
    for (i = 0; i < (1 << 30) / sizeof block; i++)
        put(1, block, sizeof block);
}

/* What a child gets: its environment, its folder, its open descriptors, and
 * the end of that. */
static void tell_surroundings(void)
{
    char folder[4096];
    FILE *file = fopen(beside("surroundings"), "a");
    char **variable;
    int fd, own = fileno(file);
    for (variable = environ; *variable != NULL; variable++)
        fprintf(file, "env %s\n", *variable);
    fprintf(file, "cwd %s\n", getcwd(folder, sizeof folder) ? folder : "?");
    for (fd = 0; fd < 4096; fd++)
        if (fd != own && fcntl(fd, F_GETFD) != -1)
            fprintf(file, "fd %d\n", fd);
    fprintf(file, "end\n");
    fclose(file);
}

static void fail(const char *fault, const char *argument)
{
    long number = strtol(argument, NULL, 10);

#define IS(word) (strcmp(fault, word) == 0)
    if (IS("signal")) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal((int)number, SIG_DFL);
        raise((int)number);
    } else if (IS("exit")) {
        _exit((int)number);
    } else if (IS("hang")) {
        hang();
    } else if (IS("crowd")) {
        /* Together with others of its group. */
        if (fork() == 0 || fork() == 0)
            hang();
        hang();
    } else if (IS("deaf")) {
        signal(SIGTERM, SIG_IGN);
        if (fork() == 0)
            hang();
        hang();
    } else if (IS("flood")) {
        flood();
    } else if (IS("drip")) {
        for (alarm(120);; nap(1000))
            put(1, "d", 1);
    } else if (IS("closed")) {
        /* Goes on without its streams, for so many milliseconds or for ever. */
        close(0);
        close(1);
        close(2);
        if (number == 0)
            hang();
        nap(number);
    } else if (IS("daemon")) {
        leave_daemon(0);
    } else if (IS("session")) {
        leave_daemon(1);
    } else if (IS("say")) {
        put(2, "odd: so to say\n", 15);
    } else if (IS("complain")) {
        put(2, "  ERROR: so to say\n", 19);
    } else if (IS("nul")) {
        put(1, "\0\0\n", 3);
    } else if (IS("bytes")) {
        put(1, "\xff\xfe \xe9 \xc3\n", 7);
    } else if (IS("long")) {
        char *line = malloc(10u << 20);
        memset(line, 'x', 10u << 20);
        line[(10u << 20) - 1] = '\n';
        put(1, line, 10u << 20);
    } else if (IS("vanish")) {
        /* The next call of that program finds nothing there, or `substitute`. */
        unlink(beside(argument));
    } else if (IS("substitute")) {
        char substitute[4200];
        snprintf(substitute, sizeof substitute, "%s/substitute", here);
        rename(substitute, beside(argument));
    } else if (IS("surroundings")) {
        tell_surroundings();
    }
#undef IS
}

/* Is it this call that the plan means? */
static int is_meant(const char *when, long number, int argc, char **argv)
{
    char *end;
    int i;
    if (*when == '@') {
        long meant = strtol(when + 1, &end, 10);
        return *end == '+' ? number >= meant : number == meant;
    }
    for (i = 1; i < argc; i++)
        if (strncmp(argv[i], when, strlen(when)) == 0)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    char fault[64] = "", place[16] = "", when[256] = "";
    char *argument;
    const char *text;
    size_t length, first;
    long number;

    self = argv[0];
    snprintf(here, sizeof here, "%s", argv[0]);
    *strrchr(here, '/') = '\0';
    number = note(argc, argv);
    text = good_machine(argc, argv);
    if (text == NULL)
        text = getenv("LC_ALL") != NULL ? good_python(argc, argv) : good(argc, argv);
    length = strlen(text);
    sscanf(text_of("plan"), "%63s %15s %255s", fault, place, when);
    if (!is_meant(when, number, argc, argv)) {
        put(1, text, length);
        finish(argc, argv);
        return 0;
    }
    argument = strchr(fault, ':');
    if (argument != NULL)
        *argument++ = '\0';
    if (strcmp(fault, "empty") == 0)
        return 0;
    if (strcmp(fault, "unended") == 0) {
        put(1, text, length > 0 ? length - 1 : 0);
        finish(argc, argv);
        return 0;
    }
    if (strcmp(fault, "crlf") == 0) {
        for (; *text != '\0'; text++) {
            if (*text == '\n')
                put(1, "\r", 1);
            put(1, text, 1);
        }
        finish(argc, argv);
        return 0;
    }
    first = strcmp(place, "before") == 0 ? 0 : strcmp(place, "within") == 0 ? length / 2 : length;
    put(1, text, first);
    fail(fault, argument != NULL ? argument : "");
    put(1, text + first, length - first);
    finish(argc, argv);
    return 0;
}
