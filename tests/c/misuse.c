/*
 * What a host may do wrong without harm, done to the class `example/echo` of each
 * module that is named: null pointers and structures that are too short are
 * answered with a code, nothing is written where there is no room, and a response
 * may be released as often as one likes.
 */
#define _POSIX_C_SOURCE 200809L
#include "sysadm_class.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int failures;

#define EXPECT(is_so) \
    ((is_so) ? (void)0 : (void)(failures++, fprintf(stderr, "%s:%d: not so: %s\n", path, __LINE__, #is_so)))

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static void misuse(const char *path, const sysadm_class_t *class_)
{
    sysadm_instance_t *instance = NULL;
    sysadm_response_t response, brief;
    sysadm_request_t request;
    sysadm_str_t none = {NULL, 0};

    memset(&response, 0, sizeof response);
    memset(&brief, 0, sizeof brief);
    memset(&request, 0, sizeof request);
    response.struct_size = sizeof response;
    brief.struct_size = offsetof(sysadm_response_t, owner);
    request.struct_size = sizeof request;
    request.name_space = str("example");
    request.name = str("echo");
    request.args = str("{\"action\":\"echo\",\"text\":\"x\"}");

    EXPECT(class_->create(NULL, none, NULL, &response) == SYSADM_E_NULL);
    EXPECT(class_->create(NULL, none, &instance, NULL) == SYSADM_E_NULL && instance == NULL);
    EXPECT(class_->create(NULL, none, &instance, &brief) == SYSADM_E_SIZE && instance == NULL);
    EXPECT(class_->create(NULL, none, &instance, &response) == SYSADM_OK && instance != NULL);
    class_->release(&response);

    EXPECT(class_->dispatch(NULL, &request, &response) == SYSADM_E_NULL);
    EXPECT(class_->dispatch(instance, NULL, &response) == SYSADM_E_NULL);
    EXPECT(class_->dispatch(instance, &request, NULL) == SYSADM_E_NULL);
    EXPECT(class_->dispatch(instance, &request, &brief) == SYSADM_E_SIZE);
    request.struct_size = offsetof(sysadm_request_t, timeout_ms);
    EXPECT(class_->dispatch(instance, &request, &response) == SYSADM_E_SIZE);
    request.struct_size = sizeof request;
    EXPECT(class_->cancel(NULL, 1) == SYSADM_E_NULL);
    EXPECT(class_->set_log_level(NULL, 1) == SYSADM_E_NULL);
    EXPECT(class_->health(NULL, 0, &response) == SYSADM_E_NULL);
    EXPECT(class_->health(instance, 0, NULL) == SYSADM_E_NULL);
    EXPECT(class_->export_state(NULL, &response) == SYSADM_E_NULL);
    EXPECT(class_->export_state(instance, &brief) == SYSADM_E_SIZE);
    EXPECT(class_->import_state(NULL, str("{}"), &response) == SYSADM_E_NULL);
    EXPECT(class_->get_extension(str("nosuch/1")) == NULL);
    EXPECT(brief.status == 0 && brief.owner == NULL && response.owner == NULL);

    EXPECT(class_->dispatch(instance, &request, &response) == SYSADM_OK);
    EXPECT(response.status == SYSADM_STATUS_OK && response.owner != NULL && response.args.len > 0);
    class_->release(&response);
    EXPECT(response.owner == NULL && response.args.len == 0 && response.struct_size == sizeof response);
    EXPECT(response.status == 0);
    class_->release(&response);
    class_->release(&brief);
    class_->release(NULL);

    EXPECT(class_->close(NULL, 0, &response) == SYSADM_E_NULL);
    EXPECT(class_->close(instance, 0, &brief) == SYSADM_E_SIZE);
    EXPECT(class_->close(instance, 0, NULL) == SYSADM_E_NULL);
    EXPECT(class_->close(instance, 0, &response) == SYSADM_OK);
    class_->release(&response);
}

int main(int argc, char **argv)
{
    int i;
    for (i = 1; i < argc; i++) {
        const char *path = argv[i];
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        sysadm_class_entry_fn entry;
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        *(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY);
        EXPECT(entry != NULL && entry() == entry());
        misuse(path, entry());
        dlclose(library);
    }
    return failures == 0 ? 0 : 1;
}
