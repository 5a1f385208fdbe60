/*
 * host.c - a host written against ABI 1.0. It calls every function of a class
 * and prints a line for each.
 *
 *   cc -std=c99 -Wall -Wextra -Wpedantic -Werror -o host host.c -ldl
 *   ./host MODULE CONFIG ARGS...
 *
 * The exit status is 0 if every call was one; what was answered is in the lines.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "sysadm_class.h"

static int broken;
static unsigned long logged;

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static void on_log(void *user, uint32_t level, sysadm_str_t target, sysadm_str_t message, uint64_t id)
{
    (void)level, (void)target, (void)message, (void)id;
    ++*(unsigned long *)user;
}

static int32_t is_cancelled(void *user, uint64_t id)
{
    (void)user, (void)id;
    return 0;
}

static sysadm_response_t empty(void)
{
    sysadm_response_t response;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;
    return response;
}

/* One call: note what it answered, and print that. */
static void told(const char *what, sysadm_result_t result, const sysadm_response_t *response)
{
    if (result != SYSADM_OK) {
        broken = 1;
        printf("%s broken %d\n", what, (int)result);
    } else if (response == NULL) {
        printf("%s\n", what);
    } else {
        printf("%s %u %.*s\n", what, (unsigned)response->status, (int)response->args.len,
               response->args.len ? response->args.ptr : "");
    }
}

static sysadm_instance_t *create(const sysadm_class_t *class_, const sysadm_host_t *host, const char *config)
{
    sysadm_instance_t *instance = NULL;
    sysadm_response_t response = empty();
    told("create", class_->create(host, str(config), &instance, &response), &response);
    class_->release(&response);
    return instance;
}

static void close_(const sysadm_class_t *class_, sysadm_instance_t *instance)
{
    sysadm_response_t response = empty();
    told("close", class_->close(instance, 1000, &response), &response);
    class_->release(&response);
}

int main(int argc, char **argv)
{
    sysadm_class_entry_fn entry = NULL;
    const sysadm_class_t *class_ = NULL;
    const sysadm_describe_t *describe;
    sysadm_instance_t *instance, *other;
    sysadm_response_t response, state;
    sysadm_host_t host;
    void *library;
    int i;

    if (argc < 3)
        return 2;
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library != NULL)
        *(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY);
    if (entry != NULL)
        class_ = entry();
    if (class_ == NULL || class_->abi_major != SYSADM_CLASS_ABI_MAJOR ||
        class_->struct_size < sizeof *class_) {
        fprintf(stderr, "%s is no class module of ABI 1\n", argv[1]);
        return 1;
    }
    printf("%.*s/%.*s unload %u\n", (int)class_->name_space.len, class_->name_space.ptr,
           (int)class_->name.len, class_->name.ptr, (unsigned)(class_->flags & SYSADM_CLASS_UNLOAD_SAFE));

    memset(&host, 0, sizeof host);
    host.struct_size = sizeof host;
    host.abi_major = SYSADM_CLASS_ABI_MAJOR;
    host.abi_minor = SYSADM_CLASS_ABI_MINOR;
    host.user = &logged;
    host.log = on_log;
    host.is_cancelled = is_cancelled;

    describe = class_->get_extension(str(SYSADM_EXT_DESCRIBE));
    if (describe != NULL && describe->struct_size >= sizeof *describe) {
        response = empty();
        if (describe->describe(&response) != SYSADM_OK)
            broken = 1;
        printf("describe %u %s\n", (unsigned)response.status, response.args.len ? "something" : "nothing");
        class_->release(&response);
        class_->release(&response);
    }
    if (class_->get_extension(str("nobody.has/1")) != NULL)
        broken = 1;

    instance = create(class_, &host, argv[2]);
    if (instance == NULL)
        return 1;
    told("cancel", class_->cancel(instance, 99), NULL);
    told("set_log_level", class_->set_log_level(instance, SYSADM_LOG_DEBUG), NULL);
    response = empty();
    told("health", class_->health(instance, 60000, &response), &response);
    class_->release(&response);

    for (i = 3; i < argc; i++) {
        sysadm_request_t request;
        memset(&request, 0, sizeof request);
        request.struct_size = sizeof request;
        request.access = SYSADM_ACCESS_FULL;
        request.name_space = class_->name_space;
        request.name = class_->name;
        request.args = str(argv[i]);
        request.request_id = (uint64_t)i;
        request.timeout_ms = 60000;
        response = empty();
        told("dispatch", class_->dispatch(instance, &request, &response), &response);
        class_->release(&response);
    }

    state = empty();
    told("export_state", class_->export_state(instance, &state), &state);
    other = create(class_, NULL, argv[2]);
    response = empty();
    told("import_state", class_->import_state(other, state.args, &response), &response);
    class_->release(&response);
    class_->release(&state);
    close_(class_, other);
    close_(class_, instance);
    printf("logged %s\n", logged ? "something" : "nothing");
    if (class_->flags & SYSADM_CLASS_UNLOAD_SAFE)
        dlclose(library);
    return broken;
}
