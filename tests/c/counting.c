/*
 * What the class `example/count` of include/template/c/count.c does in time, and with the
 * table of a host: counting.c MODULE. A table that ends inside a field has not that field; a
 * deadline is of time and not of steps, however long the host keeps a step; and close waits
 * as long as it was told, to the millisecond, before it cancels.
 */
#define _POSIX_C_SOURCE 200809L
#include "sysadm_class.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int failures;
static atomic_int steps, step_ms;
static const sysadm_class_t *it;

#define EXPECT(is_so) \
    ((is_so) ? (void)0 : (void)(failures++, fprintf(stderr, "%d: not so: %s\n", __LINE__, #is_so)))

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void nap(long ms)
{
    struct timespec time;
    time.tv_sec = ms / 1000;
    time.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&time, NULL);
}

static void progress(void *user, uint64_t id, sysadm_str_t json)
{
    (void)user, (void)id, (void)json;
    atomic_fetch_add(&steps, 1);
    nap(atomic_load(&step_ms));
}

static sysadm_instance_t *create(const sysadm_host_t *host)
{
    sysadm_response_t response = {sizeof response, 0, {NULL, 0}, NULL};
    sysadm_str_t none = {NULL, 0};
    sysadm_instance_t *instance = NULL;
    it->create(host, none, &instance, &response);
    it->release(&response);
    return instance;
}

static void count(sysadm_instance_t *instance, const char *args, uint64_t timeout, char said[80])
{
    sysadm_response_t response = {sizeof response, 0, {NULL, 0}, NULL};
    sysadm_request_t request;
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.access = SYSADM_ACCESS_FULL;
    request.name_space = it->name_space;
    request.name = it->name;
    request.args.ptr = args;
    request.args.len = strlen(args);
    request.request_id = 1;
    request.timeout_ms = timeout;
    EXPECT(it->dispatch(instance, &request, &response) == SYSADM_OK);
    snprintf(said, 80, "%.*s", (int)response.args.len, response.args.ptr);
    it->release(&response);
}

static unsigned close_it(sysadm_instance_t *instance, uint64_t drain)
{
    sysadm_response_t response = {sizeof response, 0, {NULL, 0}, NULL};
    unsigned status;
    EXPECT(it->close(instance, drain, &response) == SYSADM_OK);
    status = response.status;
    it->release(&response);
    return status;
}

static void *long_one(void *instance)
{
    static char said[80];
    count(instance, "{\"action\":\"count\",\"to\":900}", 0, said);
    return said;
}

int main(int argc, char **argv)
{
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL, *ended = NULL;
    sysadm_class_entry_fn entry = NULL;
    sysadm_instance_t *instance;
    sysadm_host_t host;
    pthread_t thread;
    char said[80];
    long begun, took;

    if (library == NULL || (*(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY)) == NULL)
        return 2;
    it = entry();
    memset(&host, 0, sizeof host);
    host.abi_major = SYSADM_CLASS_ABI_MAJOR;
    host.progress = progress;

    host.struct_size = offsetof(sysadm_host_t, progress) + sizeof host.progress / 2;
    instance = create(&host);
    count(instance, "{\"action\":\"count\",\"to\":1}", 0, said);
    EXPECT(strstr(said, "\"counted\":1") != NULL && atomic_load(&steps) == 0);
    close_it(instance, 0);

    host.struct_size = sizeof host;
    instance = create(&host);
    atomic_store(&step_ms, 60);
    count(instance, "{\"action\":\"count\",\"to\":9}", 100, said);
    EXPECT(strstr(said, "timed-out") != NULL);
    atomic_store(&step_ms, 0);
    atomic_store(&steps, 0);
    EXPECT(pthread_create(&thread, NULL, long_one, instance) == 0);
    while (atomic_load(&steps) == 0)
        nap(1);
    /* Waited for to the second it would be one; what is cancelled ends within a step. */
    begun = now();
    EXPECT(close_it(instance, 20) == SYSADM_STATUS_UNAVAILABLE);
    took = now() - begun;
    pthread_join(thread, &ended);
    EXPECT(took >= 19 && took < 900);
    EXPECT(strstr(ended, "cancelled") != NULL);
    return failures;
}
