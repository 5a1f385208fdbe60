/*
 * conditions.c - hosts as they are: a host in C that brings its process into a
 * condition, sends requests through the C table and prints the answers. The
 * process is its own, so that what it does to it hurts no test.
 *
 *   conditions MODULE CONFIG CONDITION REQUEST...
 *
 * CONDITION is one of
 *   plain     nothing
 *   ignore    SIGCHLD is ignored: the system reaps, and exit statuses are gone
 *   reap      a handler of SIGCHLD reaps whatever has ended
 *   closed    descriptors 0 to 2 are closed
 *   heap      4 GiB are mapped, and here and there touched
 *   open      descriptors are open that children would inherit
 *   threads   64 threads send the requests, `#` in them being the thread's number
 *
 * It prints a line "STATUS ARGS" for each answer, and at the end "took US", the
 * shortest time of a dispatch, and "fork US", that of an empty child by fork.
 */
#define _DEFAULT_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sysadm_class.h"

#define THREADS 64

static const sysadm_class_t *class_;
static sysadm_instance_t *instance;
static FILE *out;
static char **requests;
static int request_count;

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static void give_up(const char *why)
{
    fprintf(out ? out : stderr, "%s: %s\n", why, strerror(errno));
    exit(2);
}

static long now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000L + time.tv_nsec / 1000;
}

/* Send args, print the answer; how long it took. */
static long ask(const char *args, uint64_t id)
{
    sysadm_request_t request;
    sysadm_response_t response;
    sysadm_result_t result;
    long took = now_us();

    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.access = SYSADM_ACCESS_FULL;
    request.name_space = class_->name_space;
    request.name = class_->name;
    request.args = str(args);
    request.request_id = id;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;
    result = class_->dispatch(instance, &request, &response);
    took = now_us() - took;
    if (result != SYSADM_OK)
        fprintf(out, "broken contract: %d\n", (int)result);
    else
        fprintf(out, "%u %.*s\n", (unsigned)response.status, (int)response.args.len, response.args.ptr);
    class_->release(&response);
    return took;
}

static void *worker(void *number)
{
    int i, thread = *(int *)number;
    for (i = 0; i < request_count; i++) {
        char args[512];
        const char *mark = strchr(requests[i], '#');
        if (mark != NULL)
            snprintf(args, sizeof args, "%.*s%d%s", (int)(mark - requests[i]), requests[i], thread, mark + 1);
        else
            snprintf(args, sizeof args, "%s", requests[i]);
        ask(args, (uint64_t)thread + 1);
    }
    return NULL;
}

static void on_threads(void)
{
    static pthread_t threads[THREADS];
    static int numbers[THREADS];
    int i;
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, worker, &numbers[i]) != 0)
            give_up("pthread_create");
    }
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void reap_all(int signal)
{
    int saved = errno;
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = saved;
}

/* Touched at every eighth page, and never in huge ones: half a GiB in memory,
 * and page tables that a fork has to copy. */
static void map_heap(void)
{
    const size_t size = (size_t)4 << 30, step = 32 << 10;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    size_t at;
#ifdef MAP_NORESERVE /* FreeBSD has none: it reserves nothing by default */
    flags |= MAP_NORESERVE;
#endif
    char *heap = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (heap == MAP_FAILED)
        give_up("mmap");
#ifdef MADV_NOHUGEPAGE
    madvise(heap, size, MADV_NOHUGEPAGE);
#endif
    for (at = 0; at < size; at += step)
        heap[at] = 1;
}

static long fork_us(void)
{
    long best = -1;
    int i;
    for (i = 0; i < 10; i++) {
        long took = now_us();
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
        took = now_us() - took;
        best = best < 0 || took < best ? took : best;
    }
    return best;
}

static void bring_about(const char *condition)
{
    int fd;
    if (strcmp(condition, "ignore") == 0) {
        signal(SIGCHLD, SIG_IGN);
    } else if (strcmp(condition, "reap") == 0) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = reap_all;
        sigaction(SIGCHLD, &action, NULL);
    } else if (strcmp(condition, "closed") == 0) {
        for (fd = 0; fd < 3; fd++)
            close(fd);
    } else if (strcmp(condition, "heap") == 0) {
        map_heap();
    } else if (strcmp(condition, "open") == 0) {
        for (fd = 20; fd < 60; fd++)
            dup2(1, fd);
    }
}

int main(int argc, char **argv)
{
    sysadm_host_t host;
    sysadm_response_t response;
    sysadm_class_entry_fn entry;
    void *library;
    long best = -1;
    int i, fd;

    if (argc < 5)
        return 2;
    /* Where the answers go when nothing else is open. */
    fd = fcntl(1, F_DUPFD_CLOEXEC, 100);
    out = fdopen(fd, "w");
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (out == NULL || library == NULL)
        give_up("set-up");
    *(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY);
    class_ = entry ? entry() : NULL;
    if (class_ == NULL)
        give_up("no class");
    memset(&host, 0, sizeof host);
    host.struct_size = sizeof host;
    host.abi_major = SYSADM_CLASS_ABI_MAJOR;
    host.abi_minor = SYSADM_CLASS_ABI_MINOR;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;

    bring_about(argv[3]);
    class_->create(&host, str(argv[2]), &instance, &response);
    class_->release(&response);
    if (instance == NULL)
        give_up("no instance");
    requests = argv + 4;
    request_count = argc - 4;
    if (strcmp(argv[3], "threads") == 0)
        on_threads();
    else
        for (i = 0; i < request_count; i++) {
            long took = ask(requests[i], (uint64_t)i + 1);
            best = best < 0 || took < best ? took : best;
        }
    class_->close(instance, 0, &response);
    class_->release(&response);
    for (fd = 0; fd < 3; fd++)
        if ((fcntl(fd, F_GETFD) != -1) != (strcmp(argv[3], "closed") != 0))
            fprintf(out, "descriptor %d is not as it was\n", fd);
    fprintf(out, "took %ld\nfork %ld\n", best, fork_us());
    fflush(out);
    return 0;
}
