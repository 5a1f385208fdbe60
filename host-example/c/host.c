/*
 * host.c - a complete host in C: load a class module, configure it, send requests,
 * print the answers, listen to its log, and cancel what takes too long from
 * another thread. How a module's file is mapped and let go is in module.h beside it, what
 * a class is offered in ears.h, how this host ends in ending.h. It needs sysadm_class.h, sysadm_class_host.h,
 * sysadm_class_probe.h and POSIX.
 *
 *   cc -std=c11 -I include -o host host-example/c/host.c -pthread -ldl
 *   ./host [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-d SECONDS] [-f FILE] MODULE CONFIG [REQUEST...]
 *
 * CONFIG is the class's configuration, a JSON object, or "". Each REQUEST is an
 * args object, such as '{"action":"listjails"}'; -f reads more of them from FILE,
 * one a line ("-": standard input). They are answered in order by one instance.
 * -v shows more of the log, each time, and how requests go on; -r asks with limited access; -u loads as root
 * also a module that others can replace; -p has it tried first by that plugin-check, in
 * a process of its own, which may end by it; -c says who asks, for the log; -t gives each
 * request so many milliseconds. After SIGHUP, before the next request, what the module's
 * file holds now takes over, if it is well. The exit status is 0 if every answer had the
 * status 200.
 *
 * SIGINT and SIGTERM end it: no further request is begun, and no line is awaited any more.
 * The one in flight is cancelled, by SIGTERM only after the seconds of -d (default: 10),
 * and its answer printed; then the class is closed, and the exit status is 128 and the number of
 * the signal. That takes 30 s after the cancelling at the most; then, and at a second signal,
 * the host ends without waiting: programs that run have been told to end and may run on.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ears.h"
#include "ending.h"
#include "module.h"

/* The host. Shared with the thread that waits for signals; `lock` guards what
 * changes while that runs. */
struct host {
    struct module now;
    sysadm_host_t table;
    const char *path;
    const char *config;
    const char *prober; /* or null */
    int allow_unsafe;
    struct ears ears;
    uint32_t access;
    uint64_t timeout_ms;
    const char *caller;
    int good;
    int is_heard;
    pthread_mutex_t lock;
    uint64_t in_flight; /* a request's id, or 0 */
    uint64_t drain_ms;
    struct ending ending;
    int wants_another;
};

/* Print an answer, give it back, and note whether it was a good one. */
static void finish(struct host *host, FILE *to, sysadm_result_t result, sysadm_response_t *response)
{
    host->good &= result == SYSADM_OK && response->status == SYSADM_STATUS_OK;
    if (result != SYSADM_OK)
        fprintf(stderr, "the class broke the contract: %d\n", (int)result);
    else if (response->args.len > 0) {
        fprintf(to, "%u ", (unsigned)response->status);
        fwrite(response->args.ptr, 1, response->args.len, to);
        putc('\n', to);
        /* Who read this may be gone; then there is nobody to ask for. */
        if (fflush(to) != 0)
            host->is_heard = host->good = 0;
    }
    host->now.class_->release(response);
}

/* Note the request in flight, or 0; answers whether it is wanted at all. */
static int set_in_flight(struct host *host, uint64_t id)
{
    int wanted;
    pthread_mutex_lock(&host->lock);
    wanted = host->ending.signal == 0 && host->is_heard;
    host->in_flight = wanted ? id : 0;
    pthread_mutex_unlock(&host->lock);
    return wanted;
}

/* Was that a call, and well? Gives the answer back. */
static int is_well(const struct module *module, const char *what, sysadm_result_t result,
                   sysadm_response_t *response)
{
    const int well = result == SYSADM_OK && response->status == SYSADM_STATUS_OK;
    if (!well)
        fprintf(stderr, "not replaced: %s: %d %.*s\n", what, (int)result, (int)response->args.len,
                response->args.ptr == NULL ? "" : response->args.ptr);
    module->class_->release(response);
    *response = empty();
    return well;
}

/* What a module of this host's is tried by and for. */
static sysadm_probe_t prober(const struct host *host)
{
    sysadm_probe_t probe;
    memset(&probe, 0, sizeof probe);
    probe.program = host->prober;
    probe.shown = host->path;
    probe.config = str(host->config);
    probe.allow_unsafe = host->allow_unsafe;
    return probe;
}

/* What the file holds now takes over. Whatever is wrong with it, the old one goes on. */
static void replace(struct host *host)
{
    struct module next = {NULL, NULL, NULL}, old = host->now;
    sysadm_response_t state = empty(), response = empty();
    sysadm_probe_t probe = prober(host);
    char unfit[SYSADM_HOST_WHY];
    /* Before it is copied: of the copy, which is ours, nobody can tell whose the file was.
     * Where this is well, nobody but root can exchange the file until it is copied. */
    const int is_fit = sysadm_host_look(host->path, host->path, host->allow_unsafe, unfit, sizeof unfit) ==
                       SYSADM_HOST_GOOD;
    const char *file = is_fit ? copy(host->path) : NULL;
    const int has_state = old.class_->export_state(old.instance, &state) == SYSADM_OK &&
                          state.status == SYSADM_STATUS_OK;

    probe.name_space = old.class_->name_space;
    probe.name = old.class_->name;
    if (has_state)
        probe.state = state.args;
    if (!is_fit)
        fprintf(stderr, "%s\n", unfit);
    else if (file == NULL)
        fprintf(stderr, "not replaced: %s cannot be copied\n", host->path);
    else if (load(&probe, file, &next)) {
        const sysadm_class_t *class_ = next.class_;
        if (class_->name.len != old.class_->name.len ||
            memcmp(class_->name.ptr, old.class_->name.ptr, class_->name.len) != 0)
            fprintf(stderr, "not replaced: it is another class\n");
        else if (is_well(&next, "no instance",
                         class_->create(&host->table, str(host->config), &next.instance, &response), &response) &&
                 (!has_state || is_well(&next, "the state of its predecessor",
                                        class_->import_state(next.instance, state.args, &response), &response)) &&
                 is_well(&next, "its health", class_->health(next.instance, 30000, &response), &response)) {
            pthread_mutex_lock(&host->lock);
            host->now = next;
            pthread_mutex_unlock(&host->lock);
            fprintf(stderr, "replaced by %.*s\n", (int)class_->version.len, class_->version.ptr);
            next = old;
        }
    }
    if (file != NULL)
        unlink(file);
    old.class_->release(&state);
    if (next.library != NULL)
        end(&next);
}

static void ask(struct host *host, uint64_t id, const char *args)
{
    sysadm_request_t request;
    sysadm_response_t response = empty();
    int again;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.access = host->access;
    request.args = str(args);
    request.request_id = id;
    request.timeout_ms = host->timeout_ms;
    request.caller = str(host->caller);
    pthread_mutex_lock(&host->lock);
    again = host->wants_another;
    host->wants_another = 0;
    pthread_mutex_unlock(&host->lock);
    if (again)
        replace(host);
    request.name_space = host->now.class_->name_space;
    request.name = host->now.class_->name;
    if (!set_in_flight(host, id)) {
        host->good = 0;
        return;
    }
    finish(host, stdout, host->now.class_->dispatch(host->now.instance, &request, &response), &response);
    set_in_flight(host, 0);
}

/* The signals of this program. */
static sigset_t our_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    add_unless_ignored(&signals, SIGINT);
    add_unless_ignored(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGHUP);
    return signals;
}

/* Everything that ends the program arrives here: on a thread of its own, for in a
 * signal handler no function of a class may be called. SIGUSR1 ends the thread.
 * cancel may come before dispatch has begun with the request, which it then does
 * not reach, so it is repeated while the request is in flight. */
static void *wait_for_signals(void *argument)
{
    struct host *host = argument;
    struct ending *ending = &host->ending;
    const struct timespec moment = {0, 50 * 1000 * 1000};
    const sigset_t signals = our_signals();
    siginfo_t from;
    int signal_, is_late;

    for (;;) {
        /* Nobody else changes it. */
        signal_ = ending->signal ? sigtimedwait(&signals, &from, &moment) : sigwaitinfo(&signals, &from);
        if (signal_ == SIGUSR1 && from.si_pid == getpid())
            return NULL;
        if (signal_ == SIGUSR1)
            continue; /* anybody may send one; ours is from this process */
        pthread_mutex_lock(&host->lock);
        if (signal_ == SIGHUP)
            host->wants_another = 1;
        else if (signal_ > 0 && ending->signal == 0)
            begin_end(ending, signal_, host->drain_ms);
        else if (signal_ > 0)
            ending->cancel_at = ending->late_at = 0;
        is_late = ending->signal != 0 && now_ms() >= ending->late_at;
        if (ending->signal != 0 && now_ms() >= ending->cancel_at && host->in_flight != 0)
            host->now.class_->cancel(host->now.instance, host->in_flight);
        pthread_mutex_unlock(&host->lock);
        if (is_late)
            end_hard(ending, signal_ > 0 ? "a second signal" : "it took too long");
    }
}

/* The requests of a file, one a line. */
static void ask_file(struct host *host, uint64_t *id, const char *name)
{
    struct lines lines = {STDIN_FILENO, malloc(65536), 0, 65536, 0};
    const char *line;

    if (strcmp(name, "-") != 0)
        lines.from = open(name, O_RDONLY | O_CLOEXEC);
    if (lines.from < 0 || lines.bytes == NULL) {
        perror(name);
        host->good = 0;
    } else {
        while ((line = next_line(&lines, &host->ending)) != NULL && host->is_heard)
            if (line[0] != '\0')
                ask(host, ++*id, line);
        if (lines.from != STDIN_FILENO)
            close(lines.from);
    }
    free(lines.bytes);
}

/* One instance, from create to close. `file` may be null. */
static void run(struct host *host, const char *file, char **requests)
{
    sysadm_response_t response = empty();
    sigset_t signals = our_signals();
    pthread_t waiting;
    uint64_t id = 0;

    host->table = offered(&host->ears);
    finish(host, stdout, host->now.class_->create(&host->table, str(host->config), &host->now.instance, &response),
           &response);
    if (host->now.instance == NULL) {
        host->good = 0;
        return;
    }

    /* Blocked in every thread, so that only the one that waits for them sees them. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (!prepare_end(&host->ending) || pthread_create(&waiting, NULL, wait_for_signals, host) != 0) {
        fprintf(stderr, "nobody can wait for signals\n");
        host->good = 0;
    } else {
        for (; *requests != NULL; requests++)
            ask(host, ++id, *requests);
        if (file != NULL)
            ask_file(host, &id, file);
        /* Nobody may call the instance once it is closed: first the thread ends. */
        pthread_kill(waiting, SIGUSR1);
        pthread_join(waiting, NULL);
    }
    response = empty();
    /* No request's answer: whoever counts those must not find it among them. */
    finish(host, stderr, host->now.class_->close(host->now.instance, 0, &response), &response);
    host->now.instance = NULL;
}

static int usage(const char *program)
{
    fprintf(stderr, "usage: %s [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-d SECONDS] [-f FILE] MODULE CONFIG [REQUEST...]\n"
                    "SIGINT, SIGTERM: what runs is cancelled, by SIGTERM after SECONDS (10), and waited for, 30 s at the most;\n"
                    "a second one ends at once. The exit status is 128 and the signal then.\n", program);
    return 2;
}

int main(int argc, char **argv)
{
    struct host host;
    sysadm_probe_t probe;
    const char *file = NULL;
    int option;

    memset(&host, 0, sizeof host);
    pthread_mutex_init(&host.lock, NULL);
    host.ears.log_level = SYSADM_LOG_WARN;
    host.access = SYSADM_ACCESS_FULL;
    host.caller = "";
    host.good = host.is_heard = 1;
    host.drain_ms = 10000;
    while ((option = getopt(argc, argv, "+vrup:c:t:d:f:")) != -1)
        switch (option) {
        case 'v': host.ears.log_level++; break;
        case 'r': host.access = SYSADM_ACCESS_LIMITED; break;
        case 'u': host.allow_unsafe = 1; break;
        case 'p': host.prober = optarg; break;
        case 'c': host.caller = optarg; break;
        case 't': host.timeout_ms = strtoull(optarg, NULL, 10); break;
        case 'd': host.drain_ms = strtoull(optarg, NULL, 10) * 1000; break;
        case 'f': file = optarg; break;
        default: return usage(argv[0]);
        }
    if (argc - optind < 2 || (argc - optind < 3 && file == NULL))
        return usage(argv[0]);
    /* Who reads what this writes may go in the middle of a change: that must not end it there. */
    signal(SIGPIPE, SIG_IGN);
    host.path = argv[optind];
    host.config = argv[optind + 1];
    probe = prober(&host);
    if (!load(&probe, host.path, &host.now))
        return 1;
    run(&host, file, argv + optind + 2);
    end(&host.now);
    pthread_mutex_destroy(&host.lock);
    if (host.ending.signal != 0)
        return 128 + host.ending.signal;
    return host.good ? 0 : 1;
}
