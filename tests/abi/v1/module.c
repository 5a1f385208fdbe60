/*
 * module.c - a class module written against ABI 1.0: "test/frozen". It uses
 * everything that a host offers, and answers {"config":...,"args":...} with what
 * it was given.
 *
 *   cc -std=c99 -Wall -Wextra -Wpedantic -Werror -shared -fPIC -o module.so module.c
 */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sysadm_class.h"

struct sysadm_instance {
    const sysadm_host_t *host;
    uint32_t level;
    int in_flight; /* requests; changed by atomic builtins only */
    size_t length;
    char config[1]; /* length bytes, allocated behind */
};

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static int is(sysadm_str_t text, const char *word)
{
    size_t i;

    for (i = 0; i < text.len && word[i] != '\0'; i++) {
        char c = text.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != word[i])
            return 0;
    }
    return i == text.len && word[i] == '\0';
}

/* Can it be answered at all? */
static sysadm_result_t check(const sysadm_response_t *response)
{
    if (response == NULL)
        return SYSADM_E_NULL;
    return response->struct_size < sizeof *response ? SYSADM_E_SIZE : SYSADM_OK;
}

/* Fill in an answer of these parts, in memory of our own. */
static sysadm_result_t answer(sysadm_response_t *response, uint32_t status, const sysadm_str_t *parts, int count)
{
    size_t length = 0;
    char *text, *end;
    int i;

    if (check(response) != SYSADM_OK)
        return check(response);
    for (i = 0; i < count; i++)
        length += parts[i].len;
    text = end = malloc(length + 1);
    for (i = 0; text != NULL && i < count; i++) {
        if (parts[i].len > 0)
            memcpy(end, parts[i].ptr, parts[i].len);
        end += parts[i].len;
    }
    response->status = text ? status : SYSADM_STATUS_INTERNAL;
    response->args.ptr = text;
    response->args.len = text ? length : 0;
    response->owner = text;
    return SYSADM_OK;
}

static sysadm_result_t say(sysadm_response_t *response, uint32_t status, const char *text)
{
    sysadm_str_t part = str(text);
    return answer(response, status, &part, 1);
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response)
{
    struct sysadm_instance *made;

    if (instance == NULL)
        return SYSADM_E_NULL;
    *instance = NULL;
    if (check(response) != SYSADM_OK)
        return check(response);
    if (config.len > 0 && config.ptr[0] != '{')
        return say(response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"the configuration is no object\"}");
    made = malloc(sizeof *made + config.len);
    if (made == NULL)
        return say(response, SYSADM_STATUS_INTERNAL, "");
    made->host = host;
    made->level = SYSADM_LOG_TRACE;
    made->in_flight = 0;
    made->length = config.len;
    if (config.len > 0)
        memcpy(made->config, config.ptr, config.len);
    *instance = made;
    return say(response, SYSADM_STATUS_OK, "");
}

/* Use each function of the host's that is there. */
static void use(const struct sysadm_instance *instance, uint64_t id)
{
    const sysadm_host_t *host = instance->host;
    sysadm_str_t target = str("frozen");

    if (host == NULL || host->abi_major != SYSADM_CLASS_ABI_MAJOR)
        return;
    if (SYSADM_HAS_FIELD(sysadm_host_t, host, log) && host->log && instance->level >= SYSADM_LOG_INFO &&
        (!host->log_enabled || host->log_enabled(host->user, SYSADM_LOG_INFO, target)))
        host->log(host->user, SYSADM_LOG_INFO, target, str("a request"), id);
    if (SYSADM_HAS_FIELD(sysadm_host_t, host, progress) && host->progress)
        host->progress(host->user, id, str("{\"done\":1}"));
    if (SYSADM_HAS_FIELD(sysadm_host_t, host, emit_event) && host->emit_event)
        host->emit_event(host->user, str("asked"), str("{}"));
    if (SYSADM_HAS_FIELD(sysadm_host_t, host, get_extension) && host->get_extension)
        (void)host->get_extension(host->user, str("nobody.has/1"));
}

static sysadm_result_t serve(sysadm_instance_t *instance, const sysadm_request_t *request,
                             sysadm_response_t *response)
{
    const sysadm_host_t *host;
    sysadm_str_t parts[5];

    if (!is(request->name_space, "test") || !is(request->name, "frozen"))
        return say(response, SYSADM_STATUS_NOT_FOUND, "");
    use(instance, request->request_id);
    host = instance->host;
    if (host != NULL && SYSADM_HAS_FIELD(sysadm_host_t, host, is_cancelled) && host->is_cancelled &&
        host->is_cancelled(host->user, request->request_id))
        return say(response, SYSADM_STATUS_UNAVAILABLE, "{\"error\":\"cancelled\"}");
    if (request->access != SYSADM_ACCESS_FULL)
        return say(response, SYSADM_STATUS_FORBIDDEN, "{\"error\":\"not for you\"}");
    parts[0] = str("{\"config\":");
    parts[1].ptr = instance->config;
    parts[1].len = instance->length;
    if (instance->length == 0)
        parts[1] = str("null");
    parts[2] = str(",\"args\":");
    parts[3] = request->args;
    parts[4] = str("}");
    return answer(response, SYSADM_STATUS_OK, parts, 5);
}

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    sysadm_result_t result;

    if (instance == NULL || request == NULL)
        return SYSADM_E_NULL;
    if (check(response) != SYSADM_OK)
        return check(response);
    if (request->struct_size < sizeof *request)
        return SYSADM_E_SIZE;
    __atomic_add_fetch(&instance->in_flight, 1, __ATOMIC_SEQ_CST);
    result = serve(instance, request, response);
    __atomic_sub_fetch(&instance->in_flight, 1, __ATOMIC_SEQ_CST);
    return result;
}

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t request_id)
{
    (void)request_id;
    return instance ? SYSADM_OK : SYSADM_E_NULL;
}

static sysadm_result_t health(sysadm_instance_t *instance, uint64_t timeout_ms, sysadm_response_t *response)
{
    (void)timeout_ms;
    return instance ? say(response, SYSADM_STATUS_OK, "{\"well\":true}") : SYSADM_E_NULL;
}

static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{
    if (instance == NULL)
        return SYSADM_E_NULL;
    return say(response, SYSADM_STATUS_OK, "{\"id\":\"test/frozen\",\"version\":1}");
}

static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state,
                                    sysadm_response_t *response)
{
    static const char start[] = "{\"id\":\"test/frozen\"";
    if (instance == NULL)
        return SYSADM_E_NULL;
    if (state.len < sizeof start - 1 || memcmp(state.ptr, start, sizeof start - 1) != 0)
        return say(response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"the state of another class\"}");
    return say(response, SYSADM_STATUS_OK, "");
}

static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{
    if (instance == NULL)
        return SYSADM_E_NULL;
    instance->level = level;
    return SYSADM_OK;
}

static sysadm_result_t close_(sysadm_instance_t *instance, uint64_t drain_ms, sysadm_response_t *response)
{
    const struct timespec moment = {0, 1000000};

    (void)drain_ms; /* no request takes longer than the host lets it */
    if (instance == NULL)
        return SYSADM_E_NULL;
    if (check(response) != SYSADM_OK)
        return check(response);
    while (__atomic_load_n(&instance->in_flight, __ATOMIC_SEQ_CST) > 0)
        (void)nanosleep(&moment, NULL);
    free(instance);
    return say(response, SYSADM_STATUS_OK, "");
}

static void release(sysadm_response_t *response)
{
    if (response == NULL)
        return;
    free(response->owner);
    response->owner = NULL;
    response->args.ptr = NULL;
    response->args.len = 0;
}

static sysadm_result_t describe_(sysadm_response_t *response)
{
    return say(response, SYSADM_STATUS_OK,
               "{\"actions\":[],\"description\":\"frozen\",\"name\":\"frozen\",\"namespace\":\"test\","
               "\"version\":\"1.0.0\"}");
}

static const void *get_extension(sysadm_str_t id)
{
    static const sysadm_describe_t describe = {sizeof describe, 0, describe_};
    if (id.len == sizeof SYSADM_EXT_DESCRIBE - 1 && memcmp(id.ptr, SYSADM_EXT_DESCRIBE, id.len) == 0)
        return &describe;
    return NULL;
}

#define TEXT(literal) {literal, sizeof(literal) - 1}

SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void);

const sysadm_class_t *sysadm_class_entry(void)
{
    static const sysadm_class_t table = {
        sizeof table, SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR, SYSADM_CLASS_UNLOAD_SAFE,
        TEXT("test"), TEXT("frozen"), TEXT("1.0.0"), TEXT("A class of ABI 1.0"),
        create, dispatch, cancel, health, export_state, import_state, set_log_level, close_,
        release, get_extension,
    };
    return &table;
}
