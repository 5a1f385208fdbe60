/*
 * faulty.c - stands in the place of iocage, does well, and fails where it is
 * told to: tests/it/support/faulty.rs compiles it and says how. C, because
 * thousands of it are started and because a fault is a matter of system calls.
 *
 * The class gives its children a fixed environment and no more arguments than
 * iocage has, so it is told by files beside argv[0]. `plan` holds three words:
 *
 *   FAULT[:ARGUMENT] PLACE WHEN
 *
 * PLACE says where in its output the fault is: before, within, after. WHEN says
 * in which call: @N in the one of that number, @N+ in that and all later ones,
 * anything else in those with an argument that begins so. Each call adds the
 * line "PID ARGUMENTS" to `calls`.
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

#define JAIL "0bf985de-ca0f-11e5-8d45-d05099728dbf"
#define NEW "89e78032-cfba-11e5-8209-d05099728dbf"
#define CLONE "5e1fe97e-cfba-11e5-8209-d05099728dbf"
#define DF_HEAD "UUID                                  CRT    RES    QTA    USE    AVA    TAG\n"
#define LIST_HEAD "JID   UUID                                  BOOT  STATE  TAG   TYPE      IP4\n"
/* Jails dead0000-...: for a plan that fails for some of the jails only. */
#define CROWD 64

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

/* Whether one of the calls before this one was to destroy the jail, to make
 * another or to clone it, which it then did. */
static int destroyed, created, cloned;

/* Note this call; how many were before it. */
static long note(int argc, char **argv)
{
    static char line[1 << 16];
    const char *calls = text_of("calls");
    long number = 0;
    int i, fd;
    size_t length = (size_t)snprintf(line, sizeof line, "%ld", (long)getpid());

    destroyed = strstr(calls, " destroy ") != NULL;
    created = strstr(calls, " create ") != NULL;
    cloned = strstr(calls, " clone ") != NULL;
    for (; *calls != '\0'; calls++)
        number += *calls == '\n';
    for (i = 1; i < argc && length < sizeof line; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, " %s", argv[i]);
    line[length < sizeof line - 1 ? length++ : sizeof line - 1] = '\n';
    fd = open(beside("calls"), O_WRONLY | O_CREAT | O_APPEND, 0644);
    put(fd, line, length);
    close(fd);
    return number;
}

/* What iocage prints for these arguments when all is well. */
static const char *good(int argc, char **argv)
{
    static char text[1 << 14];
    const char *command = argc > 1 ? argv[1] : "";
    const char *jail = argc > 2 ? argv[argc - 1] : "";
    size_t length = 0;
    int i;

#define IS(word) (strcmp(command, word) == 0)
    if (IS("df")) {
        length += (size_t)snprintf(text, sizeof text, DF_HEAD "%s%s%s",
                                   destroyed ? "" : JAIL "  1.15x  none   none   88.1M  83.4G  test\n",
                                   created ? NEW "  1.00x  none   none   96K    83.4G  new\n" : "",
                                   cloned ? CLONE "  1.00x  none   none   96K    83.4G  copy\n" : "");
        for (i = 0; i < CROWD; i++)
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       "dead0000-0000-4000-8000-0000000000%02d"
                                       "  1.00x  none   none   96K    83.4G  stuck%d\n", i, i);
        return text;
    }
    if (IS("list") && argc > 2)
        return LIST_HEAD;
    if (IS("list"))
        return LIST_HEAD "1     " JAIL "  off   up     test  basejail  -\n";
    if (IS("get"))
        return "boot:off\nnotes:none\ntag:test\n";
    if (IS("defaults"))
        return "boot=off\nnotes=none\n";
    if (IS("activate"))
        return argc > 2 ? "" : "pool: tank\n";
    if (IS("start") || IS("stop")) {
        snprintf(text, sizeof text, "* %s %s (test)\n  + Good and well   OK\n",
                 IS("start") ? "Starting" : "Stopping", jail);
        return text;
    }
    if (IS("cap"))
        return "  + Applying resource limits OK\n";
    if (IS("create"))
        return "  Successfully created: " NEW " (new)\n";
    if (IS("clone"))
        return "  Successfully created: " CLONE " (copy)\n";
    if (IS("destroy"))
        return "\n  WARNING: this will destroy jail " JAIL "\n  Are you sure ? y[N]:  Destroying: " JAIL "\n";
    if (IS("clean"))
        return "  INFO: destroying tank/iocage:  - done!\n";
    if (IS("exec"))
        return "one\ntwo: 2\n";
    return "";
#undef IS
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
        /* The next call finds nothing there, or the file `substitute`. */
        unlink(self);
    } else if (IS("substitute")) {
        rename(beside("substitute"), self);
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
    text = good(argc, argv);
    length = strlen(text);
    sscanf(text_of("plan"), "%63s %15s %255s", fault, place, when);
    if (!is_meant(when, number, argc, argv)) {
        put(1, text, length);
        return 0;
    }
    argument = strchr(fault, ':');
    if (argument != NULL)
        *argument++ = '\0';
    if (strcmp(fault, "empty") == 0)
        return 0;
    if (strcmp(fault, "unended") == 0) {
        put(1, text, length > 0 ? length - 1 : 0);
        return 0;
    }
    if (strcmp(fault, "crlf") == 0) {
        for (; *text != '\0'; text++) {
            if (*text == '\n')
                put(1, "\r", 1);
            put(1, text, 1);
        }
        return 0;
    }
    first = strcmp(place, "before") == 0 ? 0 : strcmp(place, "within") == 0 ? length / 2 : length;
    put(1, text, first);
    fail(fault, argument != NULL ? argument : "");
    put(1, text + first, length - first);
    return 0;
}
