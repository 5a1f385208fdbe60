/*
 * A class that watches its host: `test/probe`. It counts its instances and its
 * unreleased answers, ends the process when a call meets a closed instance or a
 * close meets a call, and does what the args name:
 *
 *   callbacks  call every function of the host, answer what they answered
 *   wait       tell the host of progress, and wait until this request is cancelled
 *   tell       wait, and tell of progress over and over, and at the end of an event
 *   broken     answer that it was no call
 *   odd        a status that the contract does not know
 *   else       answer the configuration, which so marks a generation
 *
 * With the configuration `refuse` there is no instance, with `sick` no health,
 * `forgetful` does not understand its predecessor, `slow` takes its time to close, and
 * `patient` ends the requests that wait when it is closed, and waits for them.
 */
#define _POSIX_C_SOURCE 200809L
#include "sysadm_class.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STR(literal) {literal, sizeof(literal) - 1}

enum { ALIVE = 0x600d, DEAD = 0xdead };

struct sysadm_instance {
    atomic_int state, running, ending;
    atomic_ullong cancelled;
    sysadm_host_t host;
    char config[64];
};

static atomic_int instances, answers;

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static void must(int is_so, const char *what)
{
    if (!is_so) {
        fprintf(stderr, "probe: %s\n", what);
        abort();
    }
}

static sysadm_result_t answer(sysadm_response_t *response, uint32_t status, const char *text)
{
    must(response->struct_size >= sizeof *response && response->owner == NULL, "a response that is not empty");
    response->status = status;
    response->owner = strcpy(malloc(strlen(text) + 1), text);
    response->args = str(response->owner);
    atomic_fetch_add(&answers, 1);
    return SYSADM_OK;
}

static int says(sysadm_str_t text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static void enter(sysadm_instance_t *instance)
{
    must(atomic_load(&instance->state) == ALIVE, "a call on a closed instance");
    atomic_fetch_add(&instance->running, 1);
}

static void leave(sysadm_instance_t *instance)
{
    atomic_fetch_sub(&instance->running, 1);
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response)
{
    *instance = NULL;
    if (says(config, "refuse"))
        return answer(response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"refused\"}");
    *instance = calloc(1, sizeof **instance);
    (*instance)->host = *host;
    snprintf((*instance)->config, sizeof (*instance)->config, "%.*s", (int)config.len, config.ptr);
    atomic_store(&(*instance)->state, ALIVE);
    atomic_fetch_add(&instances, 1);
    return answer(response, SYSADM_STATUS_OK, "");
}

static void call_back(const sysadm_host_t *host, uint64_t id, char *text, size_t room)
{
    int enabled = -1, cancelled = -1;
    if (host->log_enabled)
        enabled = host->log_enabled(host->user, SYSADM_LOG_INFO, str("probe"));
    if (host->log)
        host->log(host->user, 77, str("probe"), str("a message"), id);
    if (host->is_cancelled)
        cancelled = host->is_cancelled(host->user, id);
    if (host->progress)
        host->progress(host->user, id, str("{\"done\":1}"));
    if (host->emit_event)
        host->emit_event(host->user, str("event"), str("{\"what\":2}"));
    snprintf(text, room, "{\"log_enabled\":%d,\"is_cancelled\":%d}", enabled, cancelled);
}

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    char text[128];
    sysadm_result_t code;
    uint32_t status = SYSADM_STATUS_OK;
    if (instance == NULL)
        return SYSADM_E_NULL;
    enter(instance);
    snprintf(text, sizeof text, "{\"config\":\"%s\",\"access\":%u,\"timeout\":%llu}", instance->config,
             (unsigned)request->access, (unsigned long long)request->timeout_ms);
    if (says(request->args, "callbacks"))
        call_back(&instance->host, request->request_id, text, sizeof text);
    if (says(request->args, "wait") && instance->host.progress)
        instance->host.progress(instance->host.user, request->request_id, str("{}"));
    while (says(request->args, "wait") && atomic_load(&instance->cancelled) != request->request_id &&
           !atomic_load(&instance->ending))
        sched_yield();
    while (says(request->args, "tell") && atomic_load(&instance->cancelled) != request->request_id) {
        nanosleep(&(struct timespec){0, 1000 * 1000}, NULL);
        instance->host.progress(instance->host.user, request->request_id, str("{}"));
    }
    if (says(request->args, "tell"))
        instance->host.emit_event(instance->host.user, str("told"), str("{}"));
    if (says(request->args, "odd"))
        status = 299;
    if (!says(request->name, "probe") || !says(request->name_space, "test"))
        status = SYSADM_STATUS_NOT_FOUND;
    code = says(request->args, "broken") ? SYSADM_E_CLOSED : answer(response, status, text);
    leave(instance);
    return code;
}

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t request_id)
{
    enter(instance);
    atomic_store(&instance->cancelled, request_id);
    leave(instance);
    return SYSADM_OK;
}

static sysadm_result_t health(sysadm_instance_t *instance, uint64_t timeout_ms, sysadm_response_t *response)
{
    (void)timeout_ms;
    return says(str(instance->config), "sick")
               ? answer(response, SYSADM_STATUS_UNAVAILABLE, "{\"error\":\"not well\"}")
               : answer(response, SYSADM_STATUS_OK, "{}");
}

static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{
    return answer(response, SYSADM_STATUS_OK, instance->config);
}

/* Takes the predecessor's configuration for its own, with a mark. */
static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state,
                                    sysadm_response_t *response)
{
    if (says(str(instance->config), "forgetful"))
        return answer(response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"not understood\"}");
    if (says(str(instance->config), "heir"))
        snprintf(instance->config, sizeof instance->config, "heir of %.*s", (int)state.len, state.ptr);
    return answer(response, SYSADM_STATUS_OK, "");
}

static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{
    snprintf(instance->config, sizeof instance->config, "level %u", (unsigned)level);
    return SYSADM_OK;
}

static sysadm_result_t close_instance(sysadm_instance_t *instance, uint64_t drain_ms,
                                      sysadm_response_t *response)
{
    (void)drain_ms;
    if (instance == NULL)
        return SYSADM_E_NULL;
    must(atomic_exchange(&instance->state, DEAD) == ALIVE, "an instance closed twice");
    if (says(str(instance->config), "patient")) {
        atomic_store(&instance->ending, 1);
        while (atomic_load(&instance->running) != 0)
            sched_yield();
    }
    must(atomic_load(&instance->running) == 0, "an instance closed under a call");
    if (says(str(instance->config), "slow"))
        nanosleep(&(struct timespec){0, 100 * 1000 * 1000}, NULL);
    atomic_fetch_sub(&instances, 1);
    free(instance); /* its state stays DEAD there long enough, and sanitizers watch */
    return answer(response, SYSADM_STATUS_OK, "{\"closed\":true}");
}

static void release(sysadm_response_t *response)
{
    if (response->owner != NULL)
        atomic_fetch_sub(&answers, 1);
    free(response->owner);
    response->owner = NULL;
    response->args = str("");
}

/* The extension `test.counts/1`: int counts(int which), 0 instances, 1 answers. */
static int count(int which)
{
    return atomic_load(which == 0 ? &instances : &answers);
}

static const struct { int (*count)(int); } counts = {count};

static const void *get_extension(sysadm_str_t id)
{
    return says(id, "test.counts/1") ? &counts : NULL;
}

static const sysadm_class_t table = {
    sizeof(sysadm_class_t), SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR, SYSADM_CLASS_UNLOAD_SAFE,
    STR("test"), STR("probe"), STR("0.0.1"), STR("A class that watches its host"),
    create, dispatch, cancel, health, export_state, import_state, set_log_level, close_instance,
    release, get_extension,
};

SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void)
{
    return &table;
}
