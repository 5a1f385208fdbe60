/*
 * A host in C whose functions try to close the instance that calls them: that can only
 * wait for itself, and is refused; the request is answered, and the instance works on.
 *
 *   inside MODULE CONFIG REQUEST
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>

#include "sysadm_class_host.h"

static const sysadm_class_t *class_;
static sysadm_instance_t *instance;
static unsigned tried[3];

static void fail(const char *what)
{
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static sysadm_response_t empty(void)
{
    sysadm_response_t response;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;
    return response;
}

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static void try_to_close(unsigned where)
{
    sysadm_response_t response = empty();
    if (instance == NULL) /* create has not returned */
        return;
    tried[where]++;
    if (class_->close(instance, 60000, &response) != SYSADM_E_INSIDE)
        fail("close from inside was done");
    if (response.status != 0 || response.owner != NULL || response.args.len != 0)
        fail("close from inside filled the response in");
}

static int32_t log_enabled(void *user, uint32_t level, sysadm_str_t target)
{
    (void)user, (void)level, (void)target;
    try_to_close(0);
    return 1;
}

static void on_log(void *user, uint32_t level, sysadm_str_t target, sysadm_str_t message, uint64_t id)
{
    (void)user, (void)level, (void)target, (void)message, (void)id;
    try_to_close(1);
}

static int32_t is_cancelled(void *user, uint64_t id)
{
    (void)user, (void)id;
    try_to_close(2);
    return 0;
}

int main(int argc, char **argv)
{
    char why[SYSADM_HOST_WHY];
    sysadm_class_entry_fn entry;
    sysadm_host_t host;
    sysadm_request_t request;
    sysadm_response_t response = empty();
    int again;
    void *library = argc == 4 ? sysadm_host_map(argv[1], argv[1], 1, NULL, why, sizeof why) : NULL;

    if (library == NULL)
        fail("no module");
    *(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY);
    class_ = entry();
    memset(&host, 0, sizeof host);
    host.struct_size = sizeof host;
    host.abi_major = SYSADM_CLASS_ABI_MAJOR;
    host.abi_minor = SYSADM_CLASS_ABI_MINOR;
    host.log_enabled = log_enabled;
    host.log = on_log;
    host.is_cancelled = is_cancelled;
    if (class_->create(&host, str(argv[2]), &instance, &response) != SYSADM_OK || instance == NULL)
        fail("no instance");
    class_->release(&response);
    memset(&request, 0, sizeof request);
    request.struct_size = sizeof request;
    request.access = SYSADM_ACCESS_FULL;
    request.name_space = class_->name_space;
    request.name = class_->name;
    request.args = str(argv[3]);
    request.request_id = 7;
    for (again = 0; again < 2; again++) {
        response = empty();
        if (class_->dispatch(instance, &request, &response) != SYSADM_OK || response.status != SYSADM_STATUS_OK)
            fail("a request from which close was tried");
        printf("%.*s\n", (int)response.args.len, response.args.ptr);
        class_->release(&response);
    }
    response = empty();
    if (class_->close(instance, 0, &response) != SYSADM_OK || response.status != SYSADM_STATUS_OK)
        fail("close from outside");
    class_->release(&response);
    if (tried[0] == 0 || tried[1] == 0 || tried[2] == 0)
        fail("not each of the host's functions was called");
    puts("well");
    return 0;
}
