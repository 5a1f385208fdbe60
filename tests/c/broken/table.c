/*
 * A small class that works, and then one thing spoiled: the statement SPOIL,
 * given on the command line, runs before the entry function returns the table.
 * It may change the table, or set `fault` to one of the ways in which the
 * functions can misbehave. Without it the module is good, which shows that it
 * is the spoiled thing alone for which a host refuses the others.
 *
 * SPACE, NAME and VERSION may be given, too: the class it pretends to be.
 */
#define _POSIX_C_SOURCE 199309L /* nanosleep */

#include "sysadm_class.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT(literal) {literal, sizeof(literal) - 1}

#ifndef SPOIL
#define SPOIL (void)0
#endif
#ifndef SPACE
#define SPACE "test"
#endif
#ifndef NAME
#define NAME "broken"
#endif
#ifndef VERSION
#define VERSION "0.0.1"
#endif

/* What misbehaves; the numbers matter to nobody. */
enum fault {
    NOTHING,
    CREATE_BREAKS_WORD,
    CREATE_REFUSES,
    CREATE_HANGS,
    CREATE_ABORTS,
    CREATE_GIVES_NOTHING,
    EXPORT_REFUSES,
    EXPORT_HANGS,
    IMPORT_REFUSES,
    IMPORT_HANGS,
    IMPORT_ABORTS,
    HEALTH_REFUSES,
    HEALTH_HANGS,
    HEALTH_ABORTS,
    CLOSE_HANGS,
    CLOSE_ABORTS,
    DISPATCH_ABORTS,
    DISPATCH_BREAKS_WORD,
    DISPATCH_WAITS,
    CANCEL_HANGS,
    CLOSE_LEAVES,
    SICK_AND_CLOSE_HANGS,
    SAYS_MORE_THAN_A_LINE,
    DESCRIBE_HANGS,
    ANSWERS_WHAT_IT_IS_SENT,
    EMITS_WHAT_IT_IS_SENT
};
static enum fault fault = NOTHING;

static struct sysadm_instance {
    const sysadm_host_t *host;
} only;

static void wait_seconds(int seconds)
{
    struct timespec time = {0, 0};
    time.tv_sec = seconds;
    nanosleep(&time, NULL);
}

/* What a host must not take for lines of its own, nor a terminal for orders. */
static void say_more_than_a_line(const sysadm_host_t *host, uint64_t id)
{
    static const sysadm_str_t target = TEXT("tar\nget"),
                              message = TEXT("one\r\nerror modules [1]: two\033[2J\xe2\x80\xae \xff end");
    host->log(host->user, SYSADM_LOG_WARN, target, message, id);
}

/* A constant answer; nothing to release. */
static sysadm_result_t say(sysadm_response_t *response, uint32_t status, const char *text)
{
    response->status = status;
    response->args.ptr = text;
    response->args.len = strlen(text);
    response->owner = NULL;
    return SYSADM_OK;
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response)
{
    (void)config;
    only.host = host;
    *instance = NULL;
    if (fault == CREATE_BREAKS_WORD)
        return SYSADM_E_CLOSED;
    if (fault == CREATE_REFUSES)
        return say(response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"no mood to start\"}");
    if (fault == CREATE_ABORTS)
        abort();
    if (fault == CREATE_HANGS)
        wait_seconds(3600);
    if (fault != CREATE_GIVES_NOTHING)
        *instance = &only;
    return say(response, SYSADM_STATUS_OK, "");
}

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    if (fault == SAYS_MORE_THAN_A_LINE)
        say_more_than_a_line(instance->host, request->request_id);
    if (fault == DISPATCH_ABORTS)
        abort();
    if (fault == DISPATCH_BREAKS_WORD)
        return SYSADM_E_NULL;
    if (fault == DISPATCH_WAITS || fault == CANCEL_HANGS)
        wait_seconds(4);
    /* Without the two characters at its ends, which are those of an object. */
    if (fault == ANSWERS_WHAT_IT_IS_SENT || fault == EMITS_WHAT_IT_IS_SENT) {
        static char kept[4096];
        sysadm_str_t what = {kept, 0};
        if (request->args.len < 2 || request->args.len > sizeof kept)
            return say(response, SYSADM_STATUS_BAD_REQUEST, "{}");
        what.len = request->args.len - 2;
        memcpy(kept, request->args.ptr + 1, what.len);
        if (fault == EMITS_WHAT_IT_IS_SENT) {
            static const sysadm_str_t name = TEXT(NAME);
            only.host->emit_event(only.host->user, name, what);
            return say(response, SYSADM_STATUS_OK, "{}");
        }
        say(response, SYSADM_STATUS_OK, kept);
        response->args.len = what.len;
        return SYSADM_OK;
    }
    return say(response, SYSADM_STATUS_OK, "{\"version\":\"" VERSION "\"}");
}

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t request_id)
{
    (void)instance, (void)request_id;
    if (fault == CANCEL_HANGS)
        wait_seconds(3600);
    return SYSADM_OK;
}

static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{
    (void)instance, (void)level;
    return SYSADM_OK;
}

static sysadm_result_t health(sysadm_instance_t *instance, uint64_t ms, sysadm_response_t *response)
{
    (void)instance, (void)ms;
    if (fault == HEALTH_REFUSES || fault == SICK_AND_CLOSE_HANGS)
        return say(response, SYSADM_STATUS_UNAVAILABLE, "{\"error\":\"a headache\"}");
    if (fault == HEALTH_ABORTS)
        abort();
    if (fault == HEALTH_HANGS)
        wait_seconds(3600);
    return say(response, SYSADM_STATUS_OK, "{}");
}

static sysadm_result_t close_(sysadm_instance_t *instance, uint64_t ms, sysadm_response_t *response)
{
    (void)instance, (void)ms;
    if (fault == CLOSE_ABORTS)
        abort();
    if (fault == CLOSE_HANGS || fault == SICK_AND_CLOSE_HANGS)
        wait_seconds(3600);
    if (fault == CLOSE_LEAVES)
        return say(response, SYSADM_STATUS_UNAVAILABLE, "{\"error\":\"a request is left\"}");
    return say(response, SYSADM_STATUS_OK, "");
}

static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{
    (void)instance;
    if (fault == EXPORT_REFUSES)
        return say(response, SYSADM_STATUS_INTERNAL, "{\"error\":\"nothing to declare\"}");
    if (fault == EXPORT_HANGS)
        wait_seconds(3600);
    return say(response, SYSADM_STATUS_OK, "{\"id\":\"" SPACE "/" NAME "\",\"version\":1}");
}

static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state,
                                    sysadm_response_t *response)
{
    (void)instance, (void)state;
    if (fault == IMPORT_REFUSES)
        return say(response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"a strange handwriting\"}");
    if (fault == IMPORT_ABORTS)
        abort();
    if (fault == IMPORT_HANGS)
        wait_seconds(3600);
    return say(response, SYSADM_STATUS_OK, "");
}

static void release(sysadm_response_t *response)
{
    if (response != NULL)
        response->args.len = 0;
}

static sysadm_result_t describe(sysadm_response_t *response)
{
    wait_seconds(3600);
    return say(response, SYSADM_STATUS_OK, "{}");
}

static const void *get_extension(sysadm_str_t id)
{
    static const sysadm_describe_t described = {sizeof described, 0, describe, NULL};
    (void)id;
    return fault == DESCRIBE_HANGS ? &described : NULL;
}

static sysadm_class_t table = {
    sizeof(sysadm_class_t), SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR, SYSADM_CLASS_UNLOAD_SAFE,
    TEXT(SPACE), TEXT(NAME), TEXT(VERSION), TEXT("A class that says its version"),
    create, dispatch, cancel, health, export_state, import_state, set_log_level, close_,
    release, get_extension,
};

SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void)
{
    SPOIL;
    return &table;
}
