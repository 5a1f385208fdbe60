/* A host that gives an instance and its request a stack of so many bytes, tells how many
 * of them they have touched, and may close the instance while the request is answered:
 *
 *     bounded MODULE CONFIG STACK REQUEST [FILE DRAIN]
 *
 * Once there is FILE, the instance is closed with so many milliseconds to drain. What is
 * printed are the status, the length and the beginning of the answer, the bytes of the
 * stack that were touched, and the milliseconds that closing took. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sysadm_class.h"

#define PAINT 0xA5

static const sysadm_class_t *class_;
static sysadm_instance_t *instance;
static const char *args, *config;

static sysadm_str_t text(const char *string)
{
    sysadm_str_t text = {string, strlen(string)};
    return text;
}

static void *dispatch(void *unused)
{
    sysadm_request_t request = {.struct_size = sizeof request};
    sysadm_response_t response = {.struct_size = sizeof response};
    (void)unused;
    if (class_->create(NULL, text(config), &instance, &response) != SYSADM_OK)
        abort();
    if (instance == NULL) {
        printf("refused %.*s\n", (int)response.args.len, response.args.ptr);
        class_->release(&response);
        return NULL;
    }
    class_->release(&response);
    request.name_space = text("sysadm");
    request.name = text("iocage");
    request.args = text(args);
    request.access = SYSADM_ACCESS_FULL;
    request.request_id = 1;
    if (class_->dispatch(instance, &request, &response) != SYSADM_OK)
        abort();
    printf("status %d\nlength %zu\nanswer %.300s\n", (int)response.status, response.args.len, response.args.ptr);
    class_->release(&response);
    return NULL;
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    const sysadm_class_t *(*entry)(void) = NULL;
    void *library = argc < 5 ? NULL : dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    size_t stack = argc < 5 ? 0 : strtoul(argv[3], NULL, 10), untouched = 0;
    sysadm_response_t response = {.struct_size = sizeof response};
    pthread_attr_t attributes;
    pthread_t thread;
    unsigned char *base;

    if (library == NULL) {
        fprintf(stderr, "%s\n", argc < 5 ? "bounded MODULE CONFIG STACK REQUEST [FILE DRAIN]" : dlerror());
        return 2;
    }
    *(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY);
    class_ = entry();
    config = argv[2];
    args = argv[4];

    /* A page of nothing below it: what needs more ends here. */
    base = mmap(NULL, stack + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base, 4096, PROT_NONE) != 0)
        abort();
    base += 4096;
    memset(base, PAINT, stack);
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, base, stack) != 0
        || pthread_create(&thread, &attributes, dispatch, NULL) != 0)
        abort();
    if (argc > 6) {
        long begun;
        while (access(argv[5], F_OK) != 0)
            usleep(1000);
        begun = milliseconds();
        if (class_->close(instance, strtoul(argv[6], NULL, 10), &response) != SYSADM_OK)
            abort();
        printf("closed %ld\n", milliseconds() - begun);
        class_->release(&response);
    }
    pthread_join(thread, NULL);
    while (untouched < stack && base[untouched] == PAINT)
        untouched++;
    printf("stack %zu\n", stack - untouched);
    return 0;
}
