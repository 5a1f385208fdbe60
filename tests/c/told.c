/*
 * A class that tells of progress what it is compiled with (TELLS), and of an event that
 * is no JSON at all and holds what a terminal obeys: ESC, CR, a control character of C1 and one
 * that turns the direction of writing. Whatever it is asked, it answers an empty object.
 */
#include "sysadm_class.h"

#include <stdlib.h>
#include <string.h>

#define STR(literal) {literal, sizeof(literal) - 1}

struct sysadm_instance {
    sysadm_host_t host;
};

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

static sysadm_result_t answer(sysadm_response_t *response)
{
    response->status = SYSADM_STATUS_OK;
    return SYSADM_OK;
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config, sysadm_instance_t **instance,
                              sysadm_response_t *response)
{
    (void)config;
    *instance = calloc(1, sizeof **instance);
    (*instance)->host = *host;
    return answer(response);
}

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    if (instance->host.progress != NULL)
        instance->host.progress(instance->host.user, request->request_id, str(TELLS));
    if (instance->host.emit_event != NULL)
        instance->host.emit_event(instance->host.user, str("x\033c"),
                                  str("{\033\r\xc2\x9b\xe2\x80\xae\xc3\xa9}"));
    response->args = str("{}");
    return answer(response);
}

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t id)
{
    (void)instance;
    (void)id;
    return SYSADM_OK;
}

static sysadm_result_t health(sysadm_instance_t *instance, uint64_t timeout_ms, sysadm_response_t *response)
{
    (void)instance;
    (void)timeout_ms;
    return answer(response);
}

static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{
    (void)instance;
    return answer(response);
}

static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state, sysadm_response_t *response)
{
    (void)instance;
    (void)state;
    return answer(response);
}

static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{
    (void)instance;
    (void)level;
    return SYSADM_OK;
}

static sysadm_result_t close_(sysadm_instance_t *instance, uint64_t drain_ms, sysadm_response_t *response)
{
    (void)drain_ms;
    free(instance);
    return answer(response);
}

static void release(sysadm_response_t *response)
{
    response->status = 0;
    response->args.ptr = NULL;
    response->args.len = 0;
}

static const void *get_extension(sysadm_str_t id)
{
    (void)id;
    return NULL;
}

SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void)
{
    static const sysadm_class_t table = {
        sizeof table, SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR, SYSADM_CLASS_UNLOAD_SAFE,
        STR("test"), STR("told"), STR("1.0.0"), STR("tells"),
        create, dispatch, cancel, health, export_state, import_state, set_log_level, close_, release, get_extension,
    };
    return &table;
}
