/*
 * echo.c - the smallest complete class module in C: `example/echo` answers a
 * request with its own args, as text. Copy it and put your class in its place.
 *
 *   cc -std=c11 -shared -fPIC -fvisibility=hidden -I include -o echo.so include/template/c/echo.c
 */
#include "sysadm_class.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STR(literal) {literal, sizeof(literal) - 1}
static const sysadm_class_t class_table;

/* An echo keeps nothing, so all instances are this one. A class that keeps something allocates it in
 * create and notes calls and their threads; close waits for them, or answers SYSADM_E_INSIDE to one. */
static struct sysadm_instance { char nothing; } the_instance;

/* Is this a call at all? If so, answer with a text that is constant, or `owner`'s,
 * which release frees. `pointer` is what must not be null besides the response. */
static sysadm_result_t answer(const void *pointer, sysadm_response_t *response, uint32_t status,
                              const char *text, void *owner)
{
    if (pointer == NULL || response == NULL)
        return SYSADM_E_NULL;
    if (response->struct_size < sizeof *response)
        return SYSADM_E_SIZE;
    response->status = status;
    response->args.ptr = text;
    response->args.len = strlen(text);
    response->owner = owner;
    return SYSADM_OK;
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response)
{
    (void)host, (void)config; /* a class that logs keeps a copy of *host */
    sysadm_result_t code = answer(instance, response, SYSADM_STATUS_OK, "", NULL);
    if (instance != NULL)
        *instance = code == SYSADM_OK ? &the_instance : NULL;
    return code;
}

/* {"echo":"..."} with the args as a JSON string; null if there is no memory. */
static char *echo(sysadm_str_t args)
{
    char *text = malloc(args.len * 6 + sizeof "{\"echo\":\"\"}"), *end = text;
    if (text == NULL)
        return NULL;
    end += sprintf(end, "{\"echo\":\"");
    for (size_t i = 0; i < args.len; i++) {
        int c = (unsigned char)args.ptr[i];
        end += sprintf(end, c < 0x20 ? "\\u%04x" : c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    memcpy(end, "\"}", sizeof "\"}");
    return text;
}

/* Stands in for a parser, which would also refuse what is no UTF-8: ASCII with a brace. */
static int may_be_object(sysadm_str_t args)
{
    size_t i = 0;
    while (i < args.len && (unsigned char)args.ptr[i] < 0x80) i++;
    return i > 0 && i == args.len && memchr(args.ptr, '{', i) != NULL;
}

static int is(sysadm_str_t text, sysadm_str_t wanted)
{ return text.len == wanted.len && strncasecmp(text.ptr, wanted.ptr, text.len) == 0; }

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    if (instance == NULL || request == NULL)
        return SYSADM_E_NULL;
    if (!SYSADM_HAS_FIELD(sysadm_request_t, request, timeout_ms)) /* the last field of 1.0 */
        return SYSADM_E_SIZE;
    if (!is(request->name_space, class_table.name_space) || !is(request->name, class_table.name))
        return answer(instance, response, SYSADM_STATUS_NOT_FOUND, "", NULL);
    if (!may_be_object(request->args)) /* parse here */
        return answer(instance, response, SYSADM_STATUS_BAD_REQUEST, "", NULL);
    char *text = echo(request->args); /* what takes long asks is_cancelled in between */
    sysadm_result_t code = answer(text, response, SYSADM_STATUS_OK, text ? text : "", text);
    if (code != SYSADM_OK)
        free(text);
    return text ? code : answer(instance, response, SYSADM_STATUS_UNAVAILABLE, "", NULL);
}

/* What is left has nothing to do in a class that keeps nothing. */
#define DONE(text) answer(instance, response, SYSADM_STATUS_OK, text, NULL)

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t id)
{ return (void)id, instance == NULL ? SYSADM_E_NULL : SYSADM_OK; }
static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{ return (void)level, instance == NULL ? SYSADM_E_NULL : SYSADM_OK; }
static sysadm_result_t health(sysadm_instance_t *instance, uint64_t ms, sysadm_response_t *response)
{ return (void)ms, DONE("{}"); }
static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{ return DONE("{\"id\":\"echo\",\"version\":1}"); }
static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state, sysadm_response_t *response)
{ return (void)state, DONE(""); }
static sysadm_result_t close_it(sysadm_instance_t *instance, uint64_t drain_ms, sysadm_response_t *response)
{ return (void)drain_ms, DONE(""); }
static const void *get_extension(sysadm_str_t id)
{ return (void)id, NULL; }

static void release(sysadm_response_t *response)
{
    if (response != NULL && response->struct_size >= sizeof *response)
        free(response->owner), (void)answer("", response, 0, "", NULL);
}

static const sysadm_class_t class_table = {
    sizeof(sysadm_class_t), SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR, SYSADM_CLASS_UNLOAD_SAFE,
    STR("example"), STR("echo"), STR("1.0.0"), STR("Answers a request with its own args"),
    create, dispatch, cancel, health, export_state, import_state, set_log_level, close_it, release, get_extension,
};
SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void) { return &class_table; }
