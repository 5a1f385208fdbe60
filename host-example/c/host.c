/*
 * host.c - a complete host in C: load a class module, configure it, send requests,
 * print the answers, listen to its log, and cancel what takes too long from
 * another thread. It needs sysadm_class.h, sysadm_class_host.h, sysadm_class_probe.h
 * and POSIX.
 *
 *   cc -std=c11 -I include -o host host-example/c/host.c -pthread -ldl
 *   ./host [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-f FILE] MODULE CONFIG [REQUEST...]
 *
 * CONFIG is the class's configuration, a JSON object, or "". Each REQUEST is an
 * args object, such as '{"action":"listjails"}'; -f reads more of them from FILE,
 * one a line ("-": standard input). They are answered in order by one instance.
 * -v shows more of the log, each time; -r asks with limited access; -u loads as root
 * also a module that others can replace; -p has it tried first by that plugin-check, in
 * a process of its own, which may end by it; -c says who asks, for the log; -t gives each request so many milliseconds. SIGINT and SIGTERM cancel the request in flight
 * and leave out those that follow; while a line is awaited, that line. The exit status is 0 if every answer had the
 * status 200.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysadm_class_probe.h"

/* The host. Shared with the thread that waits for signals; `lock` guards what
 * changes while that runs. */
struct host {
    const sysadm_class_t *class_;
    sysadm_instance_t *instance;
    uint32_t log_level;
    uint32_t access;
    uint64_t timeout_ms;
    const char *caller;
    int good;
    pthread_mutex_t lock;
    uint64_t in_flight; /* a request's id, or 0 */
    int stopped;
};

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

/* The two below are called by the class, on the thread that is inside dispatch. */
static int32_t log_enabled(void *user, uint32_t level, sysadm_str_t target)
{
    (void)target;
    return level <= ((const struct host *)user)->log_level;
}

static void on_log(void *user, uint32_t level, sysadm_str_t target, sysadm_str_t message, uint64_t id)
{
    static const char *const words[] = {"off", "error", "warn", "info", "debug", "trace"};
    if (log_enabled(user, level, target))
        fprintf(stderr, "%s %.*s [%llu]: %.*s\n", words[level <= SYSADM_LOG_TRACE ? level : SYSADM_LOG_TRACE],
                (int)target.len, target.ptr, (unsigned long long)id, (int)message.len, message.ptr);
}

/* An empty response, to be filled by the class. */
static sysadm_response_t empty(void)
{
    sysadm_response_t response;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;
    return response;
}

/* The handshake: is this a table that we can use? Text on failure, or null. */
static const char *refuse(const sysadm_class_t *class_)
{
    if (class_ == NULL)
        return "the entry function returned no table";
    if (class_->struct_size < 8 || class_->abi_major != SYSADM_CLASS_ABI_MAJOR)
        return "ABI of another major";
    if (!SYSADM_HAS_FIELD(sysadm_class_t, class_, get_extension)) /* the last of 1.0 */
        return "the class table is too short";
    if (!class_->create || !class_->dispatch || !class_->cancel || !class_->health ||
        !class_->export_state || !class_->import_state || !class_->set_log_level || !class_->close ||
        !class_->release || !class_->get_extension)
        return "the class table lacks a function";
    if (class_->name_space.len == 0 || class_->name.len == 0 || class_->version.len == 0)
        return "the class does not say which it is";
    return NULL;
}

/* Print an answer, give it back, and note whether it was a good one. */
static void finish(struct host *host, sysadm_result_t result, sysadm_response_t *response)
{
    host->good &= result == SYSADM_OK && response->status == SYSADM_STATUS_OK;
    if (result != SYSADM_OK)
        fprintf(stderr, "the class broke the contract: %d\n", (int)result);
    else if (response->args.len > 0) {
        printf("%u ", (unsigned)response->status);
        fwrite(response->args.ptr, 1, response->args.len, stdout);
        putchar('\n');
        fflush(stdout);
    }
    host->class_->release(response);
}

/* Note the request in flight, or 0; answers whether it is wanted at all. */
static int set_in_flight(struct host *host, uint64_t id)
{
    int wanted;
    pthread_mutex_lock(&host->lock);
    wanted = !host->stopped;
    host->in_flight = wanted ? id : 0;
    pthread_mutex_unlock(&host->lock);
    return wanted;
}

static void ask(struct host *host, uint64_t id, const char *args)
{
    sysadm_request_t request;
    sysadm_response_t response = empty();
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.access = host->access;
    request.name_space = host->class_->name_space;
    request.name = host->class_->name;
    request.args = str(args);
    request.request_id = id;
    request.timeout_ms = host->timeout_ms;
    request.caller = str(host->caller);
    if (!set_in_flight(host, id)) {
        host->good = 0;
        return;
    }
    finish(host, host->class_->dispatch(host->instance, &request, &response), &response);
    set_in_flight(host, 0);
}

/* Everything that ends the program arrives here: on a thread of its own, for in a
 * signal handler no function of a class may be called. SIGUSR1 ends the thread.
 * cancel may come before dispatch has begun with the request, which it then does
 * not reach, so it is repeated while the request is in flight. */
static void *wait_for_signals(void *argument)
{
    struct host *host = argument;
    const struct timespec moment = {0, 50 * 1000 * 1000};
    sigset_t signals;
    int signal_, again = 0;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    for (;;) {
        signal_ = again ? sigtimedwait(&signals, NULL, &moment) : sigwaitinfo(&signals, NULL);
        if (signal_ == SIGUSR1)
            return NULL;
        pthread_mutex_lock(&host->lock);
        if (signal_ > 0)
            host->stopped = 1;
        again = host->stopped && host->in_flight != 0;
        if (again)
            host->class_->cancel(host->instance, host->in_flight);
        pthread_mutex_unlock(&host->lock);
    }
}

/* The requests of a file, one a line. */
static void ask_file(struct host *host, uint64_t *id, const char *name)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    if (file == NULL) {
        perror(name);
        host->good = 0;
        return;
    }
    while ((length = getline(&line, &room, file)) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
            ask(host, ++*id, line);
    }
    free(line);
    if (file != stdin)
        fclose(file);
}

/* One instance, from create to close. `file` may be null. */
static void run(struct host *host, const char *config, const char *file, char **requests)
{
    sysadm_host_t table;
    sysadm_response_t response = empty();
    sigset_t signals;
    pthread_t waiting;
    uint64_t id = 0;

    memset(&table, 0, sizeof table);
    table.struct_size = sizeof table;
    table.abi_major = SYSADM_CLASS_ABI_MAJOR;
    table.abi_minor = SYSADM_CLASS_ABI_MINOR;
    table.user = host;
    table.log_enabled = log_enabled;
    table.log = on_log;
    finish(host, host->class_->create(&table, str(config), &host->instance, &response), &response);
    if (host->instance == NULL) {
        host->good = 0;
        return;
    }

    /* Blocked in every thread, so that only the one that waits for them sees them. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&waiting, NULL, wait_for_signals, host) != 0) {
        fprintf(stderr, "no thread to wait for signals\n");
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
    finish(host, host->class_->close(host->instance, 0, &response), &response);
}

static int usage(const char *program)
{
    fprintf(stderr, "usage: %s [-v] [-r] [-u] [-p PROBE] [-c NAME] [-t MS] [-f FILE] MODULE CONFIG [REQUEST...]\n", program);
    return 2;
}

int main(int argc, char **argv)
{
    struct host host;
    char unfit[SYSADM_HOST_WHY];
    const char *file = NULL, *why;
    sysadm_probe_t probe;
    void *library;
    sysadm_class_entry_fn entry;
    int option, allow_unsafe = 0;

    memset(&host, 0, sizeof host);
    memset(&probe, 0, sizeof probe);
    pthread_mutex_init(&host.lock, NULL);
    host.log_level = SYSADM_LOG_WARN;
    host.access = SYSADM_ACCESS_FULL;
    host.caller = "";
    host.good = 1;
    while ((option = getopt(argc, argv, "+vrup:c:t:f:")) != -1)
        switch (option) {
        case 'v': host.log_level++; break;
        case 'r': host.access = SYSADM_ACCESS_LIMITED; break;
        case 'u': allow_unsafe = 1; break;
        case 'p': probe.program = optarg; break;
        case 'c': host.caller = optarg; break;
        case 't': host.timeout_ms = strtoull(optarg, NULL, 10); break;
        case 'f': file = optarg; break;
        default: return usage(argv[0]);
        }
    if (argc - optind < 2 || (argc - optind < 3 && file == NULL))
        return usage(argv[0]);
    probe.module = argv[optind];
    probe.config = str(argv[optind + 1]);
    probe.allow_unsafe = allow_unsafe;
    library = NULL;
    if (probe.program == NULL || sysadm_host_probe(&probe, unfit, sizeof unfit) == SYSADM_HOST_GOOD)
        library = sysadm_host_map(probe.module, probe.module, allow_unsafe, NULL, unfit, sizeof unfit);
    if (library == NULL) {
        fprintf(stderr, "%s\n", unfit);
        return 1;
    }
    /* ISO C has no cast from an object pointer to a function; POSIX means this. */
    *(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY);
    host.class_ = entry ? entry() : NULL;
    why = entry ? refuse(host.class_) : "no entry symbol";
    if (why != NULL) {
        fprintf(stderr, "%s: %s\n", argv[optind], why);
        if (sysadm_host_may_unmap(SYSADM_CLASS_UNLOAD_SAFE))
            dlclose(library);
        return 1;
    }
    run(&host, argv[optind + 1], file, argv + optind + 2);
    if (sysadm_host_may_unmap(host.class_->flags))
        dlclose(library);
    pthread_mutex_destroy(&host.lock);
    return host.good ? 0 : 1;
}
