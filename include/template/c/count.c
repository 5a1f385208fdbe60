/*
 * count.c - a class module in C with all that a real one needs: an instance with a
 * configuration, an action that takes long and tells how far it is, can be cancelled and
 * keeps to its deadline, rights, a line in the log, an event, a description, and calls
 * that are counted, so that close can wait for them; args.h beside it reads the args.
 * `example/count` counts slowly:
 *
 *   {"action":"count","to":3}    {"count":{"counted":3}}, a step each 10 ms; needs full access
 *   {"action":"calls"}           {"calls":{"answered":1}}, those before this one
 *
 *   cc -std=c11 -shared -fPIC -fvisibility=hidden -pthread -I include -o count.so include/template/c/count.c
 */
#define _POSIX_C_SOURCE 200809L
#include "args.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define STR(literal) {literal, sizeof(literal) - 1}
static const sysadm_class_t class_table;

/* A call inside the instance; lives on the stack of the thread that makes it, which must
 * not close it from there: it would wait for itself. */
struct call {
    uint64_t id;
    int cancelled;
    pthread_t thread;
    uint64_t begun;
    struct call *next;
};

/* In ms, of a clock that nobody sets. */
static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

struct sysadm_instance {
    sysadm_host_t host; /* a copy; zero where the host's is shorter */
    long limit;         /* how far is counted, by the configuration */
    pthread_mutex_t mutex;
    pthread_cond_t left;
    struct call *calls; /* those that are inside; this and what follows is guarded */
    int closing;
    uint32_t level;
    unsigned long answered;
};

/* ---- Answers: memory of their own, which release frees ---------------------- */

static sysadm_result_t answer(sysadm_response_t *response, uint32_t status, const char *text)
{
    if (response == NULL)
        return SYSADM_E_NULL;
    if (response->struct_size < sizeof *response)
        return SYSADM_E_SIZE;
    char *own = malloc(strlen(text) + 1); /* where there is no memory, the status alone says it */
    response->status = own == NULL ? SYSADM_STATUS_UNAVAILABLE : status;
    response->owner = own;
    response->args.ptr = own == NULL ? NULL : strcpy(own, text);
    response->args.len = own == NULL ? 0 : strlen(own);
    return SYSADM_OK;
}

static void release(sysadm_response_t *response)
{
    if (response == NULL || response->struct_size < sizeof *response)
        return;
    free(response->owner);
    *response = (sysadm_response_t){.struct_size = response->struct_size};
}

/* ---- The calls that are inside ----------------------------------------------- */

/* Not 0 if it is closing; then nothing was entered. */
static int enter(sysadm_instance_t *instance, struct call *call)
{
    pthread_mutex_lock(&instance->mutex);
    int closing = instance->closing;
    if (!closing) {
        call->next = instance->calls;
        instance->calls = call;
    }
    pthread_mutex_unlock(&instance->mutex);
    return closing;
}

static void leave(sysadm_instance_t *instance, struct call *call)
{
    pthread_mutex_lock(&instance->mutex);
    struct call **at = &instance->calls;
    while (*at != call) at = &(*at)->next;
    *at = call->next;
    instance->answered++;
    pthread_cond_broadcast(&instance->left);
    pthread_mutex_unlock(&instance->mutex);
}

/* Has everybody lost interest in it? */
static int is_cancelled(sysadm_instance_t *instance, struct call *call)
{
    pthread_mutex_lock(&instance->mutex);
    int cancelled = call->cancelled;
    pthread_mutex_unlock(&instance->mutex);
    return cancelled || (instance->host.is_cancelled != NULL &&
                         instance->host.is_cancelled(instance->host.user, call->id));
}

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t id)
{
    if (instance == NULL)
        return SYSADM_E_NULL;
    pthread_mutex_lock(&instance->mutex);
    for (struct call *call = instance->calls; call != NULL; call = call->next)
        call->cancelled |= call->id == id && id != 0;
    pthread_mutex_unlock(&instance->mutex);
    return SYSADM_OK;
}

static sysadm_str_t str(const char *text)
{ return (sysadm_str_t){text, strlen(text)}; }

/* A line, without its end; what a caller is called may hold one, so it is not in here. */
static void log_line(sysadm_instance_t *instance, uint32_t level, const char *line, uint64_t id)
{
    pthread_mutex_lock(&instance->mutex);
    int wanted = level <= instance->level || instance->level > SYSADM_LOG_TRACE;
    pthread_mutex_unlock(&instance->mutex);
    const sysadm_host_t *host = &instance->host;
    if (host->log_enabled != NULL)
        wanted = wanted && host->log_enabled(host->user, level, str("count"));
    if (wanted && host->log != NULL)
        host->log(host->user, level, str("count"), str(line), id);
}

/* ---- The actions -------------------------------------------------------------- */

/* Each 10 ms a step, until it is there, cancelled or out of time. */
static sysadm_result_t count(sysadm_instance_t *instance, const sysadm_request_t *request, struct call *call,
                             const struct value *to, sysadm_response_t *response)
{
    char text[160];
    const char *ended = NULL;
    if (to->type == ABSENT)
        return answer(response, SYSADM_STATUS_OK, "{\"count\":{\"code\":\"missing-key\","
                      "\"error\":\"Missing required keys: `to`\",\"key\":\"to\"}}");
    if (to->type != NUMBER)
        return answer(response, SYSADM_STATUS_OK, "{\"count\":{\"code\":\"wrong-type\","
                      "\"error\":\"`to` is not a number\",\"key\":\"to\"}}");
    if (to->number < 1 || to->number > instance->limit) {
        snprintf(text, sizeof text, "{\"count\":{\"code\":\"illegal-value\","
                 "\"error\":\"`to` is not from 1 to %ld\",\"key\":\"to\"}}", instance->limit);
        return answer(response, SYSADM_STATUS_OK, text);
    }
    long n = 0;
    while (n < to->number && ended == NULL) {
        if (is_cancelled(instance, call))
            ended = "cancelled";
        else if (request->timeout_ms != 0 && now() - call->begun >= request->timeout_ms)
            ended = "timed-out";
        else {
            nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
            n++;
            snprintf(text, sizeof text, "{\"action\":\"count\",\"percent\":%ld,\"since_ms\":%llu,"
                     "\"state\":\"running\"}", n * 100 / to->number, (unsigned long long)(now() - call->begun));
            if (instance->host.progress != NULL)
                instance->host.progress(instance->host.user, call->id, str(text));
        }
    }
    snprintf(text, sizeof text, "count %s at %ld of %ld", ended == NULL ? "done" : ended, n, to->number);
    log_line(instance, SYSADM_LOG_INFO, text, call->id);
    if (ended != NULL) {
        snprintf(text, sizeof text, "{\"count\":{\"code\":\"%s\",\"error\":\"it was ended at %ld\"}}", ended, n);
        return answer(response, SYSADM_STATUS_OK, text);
    }
    snprintf(text, sizeof text, "{\"action\":\"count\",\"outcome\":\"done\",\"request\":%llu,\"to\":%ld}",
             (unsigned long long)call->id, n);
    if (instance->host.emit_event != NULL)
        instance->host.emit_event(instance->host.user, str("count"), str(text));
    snprintf(text, sizeof text, "{\"count\":{\"counted\":%ld}}", n);
    return answer(response, SYSADM_STATUS_OK, text);
}

static sysadm_result_t calls(sysadm_instance_t *instance, sysadm_response_t *response)
{
    char text[64];
    pthread_mutex_lock(&instance->mutex);
    snprintf(text, sizeof text, "{\"calls\":{\"answered\":%lu}}", instance->answered);
    pthread_mutex_unlock(&instance->mutex);
    return answer(response, SYSADM_STATUS_OK, text);
}

/* That it is no request of this class, or no configuration, with the key at fault or "". */
static sysadm_result_t refused(sysadm_response_t *response, const char *why, const char *key)
{
    char text[160];
    snprintf(text, sizeof text, "{\"code\":\"bad-request\",\"error\":\"%s%s%s%s\"}", why,
             key[0] ? " `" : "", key, key[0] ? "`" : "");
    return answer(response, SYSADM_STATUS_BAD_REQUEST, text);
}

static sysadm_result_t serve(sysadm_instance_t *instance, const sysadm_request_t *request, struct call *call,
                             sysadm_response_t *response)
{
    struct value values[] = {{"action", ABSENT, "", 0}, {"to", ABSENT, "", 0}};
    char wrong[32];
    const char *why = parse(request->args, values, 2, wrong);
    const int is_calls = strcmp(values[0].text, "calls") == 0;
    if (why == NULL && (values[0].type != STRING || (!is_calls && strcmp(values[0].text, "count") != 0)))
        why = "the action is not `count` or `calls`";
    if (why != NULL)
        return refused(response, why, wrong);
    if (is_calls)
        return calls(instance, response);
    if (request->access != SYSADM_ACCESS_FULL) /* what is not known is limited */
        return answer(response, SYSADM_STATUS_FORBIDDEN,
                      "{\"code\":\"access-denied\",\"error\":\"`count` needs full access\"}");
    return count(instance, request, call, &values[1], response);
}

/* ---- The table ----------------------------------------------------------------- */

static int is(sysadm_str_t text, sysadm_str_t wanted)
{ return text.len == wanted.len && strncasecmp(text.ptr, wanted.ptr, text.len) == 0; }

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    if (instance == NULL || request == NULL || response == NULL)
        return SYSADM_E_NULL;
    if (!SYSADM_HAS_FIELD(sysadm_request_t, request, timeout_ms) || response->struct_size < sizeof *response)
        return SYSADM_E_SIZE;
    if (!is(request->name_space, class_table.name_space) || !is(request->name, class_table.name))
        return answer(response, SYSADM_STATUS_NOT_FOUND, "");
    struct call call = {request->request_id, 0, pthread_self(), now(), NULL};
    if (enter(instance, &call) != 0)
        return answer(response, SYSADM_STATUS_UNAVAILABLE, "");
    sysadm_result_t code = serve(instance, request, &call, response);
    leave(instance, &call);
    return code;
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response)
{
    struct value limit = {"limit", ABSENT, "", 1000};
    char wrong[32];
    if (instance != NULL)
        *instance = NULL;
    if (instance == NULL || response == NULL)
        return SYSADM_E_NULL;
    if (response->struct_size < sizeof *response)
        return SYSADM_E_SIZE;
    const char *why = config.len > 0 ? parse(config, &limit, 1, wrong) : NULL;
    if (why != NULL)
        return refused(response, why, wrong);
    if (limit.type != ABSENT && (limit.type != NUMBER || limit.number < 1))
        return refused(response, "`limit` is not a number from 1", "");
    sysadm_instance_t *made = calloc(1, sizeof *made);
    if (made == NULL)
        return answer(response, SYSADM_STATUS_UNAVAILABLE, "");
/* A field that ends beyond the host's structure is not there, also if it begins within. */
#define TAKE(field) \
    if (SYSADM_HAS_FIELD(sysadm_host_t, host, field)) made->host.field = host->field
    if (host != NULL) {
        TAKE(user);
        TAKE(log_enabled);
        TAKE(log);
        TAKE(is_cancelled);
        TAKE(progress);
        TAKE(emit_event);
    }
    made->limit = limit.number;
    made->level = SYSADM_LOG_TRACE;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&made->left, &clock);
    pthread_condattr_destroy(&clock);
    *instance = made;
    return answer(response, SYSADM_STATUS_OK, "");
}

/* Waits for the calls inside, so long; then for those that are cancelled by that. */
static sysadm_result_t close_it(sysadm_instance_t *instance, uint64_t drain_ms, sysadm_response_t *response)
{
    struct timespec until;
    if (instance == NULL || response == NULL)
        return SYSADM_E_NULL;
    if (response->struct_size < sizeof *response)
        return SYSADM_E_SIZE;
    const uint64_t wait = drain_ms < 86400000 ? drain_ms : 86400000;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(wait % 1000) * 1000000;
    until.tv_sec += (time_t)(wait / 1000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&instance->mutex);
    for (struct call *call = instance->calls; call != NULL; call = call->next)
        if (pthread_equal(call->thread, pthread_self()))
            return pthread_mutex_unlock(&instance->mutex), SYSADM_E_INSIDE;
    instance->closing = 1;
    while (instance->calls != NULL && drain_ms != 0)
        if (pthread_cond_timedwait(&instance->left, &instance->mutex, &until) != 0)
            break;
    int cancelled = instance->calls != NULL;
    for (struct call *call = instance->calls; call != NULL; call = call->next)
        call->cancelled = 1;
    while (instance->calls != NULL)
        pthread_cond_wait(&instance->left, &instance->mutex);
    pthread_mutex_unlock(&instance->mutex);
    pthread_cond_destroy(&instance->left);
    pthread_mutex_destroy(&instance->mutex);
    free(instance);
    return answer(response, cancelled ? SYSADM_STATUS_UNAVAILABLE : SYSADM_STATUS_OK,
                  cancelled ? "{\"error\":\"requests had to be cancelled\"}" : "{}");
}

static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{
    if (instance == NULL)
        return SYSADM_E_NULL;
    pthread_mutex_lock(&instance->mutex);
    instance->level = level;
    pthread_mutex_unlock(&instance->mutex);
    return SYSADM_OK;
}

static sysadm_result_t health(sysadm_instance_t *instance, uint64_t ms, sysadm_response_t *response)
{ return (void)ms, instance == NULL ? SYSADM_E_NULL : answer(response, SYSADM_STATUS_OK, "{}"); }
static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{
    return instance == NULL ? SYSADM_E_NULL
                            : answer(response, SYSADM_STATUS_OK, "{\"id\":\"count\",\"version\":1}");
}
static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state, sysadm_response_t *response)
{ return (void)state, instance == NULL ? SYSADM_E_NULL : answer(response, SYSADM_STATUS_OK, ""); }

static sysadm_result_t describe(sysadm_response_t *response)
{
    return answer(response, SYSADM_STATUS_OK,
        "{\"namespace\":\"example\",\"name\":\"count\",\"version\":\"1.0.0\",\"description\":\"Counts slowly\","
        "\"actions\":[{\"action\":\"calls\",\"summary\":\"how many calls were answered\",\"access\":\"limited\","
        "\"keys\":[]},{\"action\":\"count\",\"summary\":\"counts, a step each 10 ms\",\"access\":\"full\","
        "\"long\":true,\"keys\":[{\"key\":\"to\",\"type\":\"number\",\"required\":true,\"summary\":\"how far, from 1\"}]}]}");
}

static const void *get_extension(sysadm_str_t id)
{
    static const sysadm_describe_t description = {sizeof description, 0, describe, NULL};
    sysadm_str_t known = str(SYSADM_EXT_DESCRIBE);
    return id.len == known.len && memcmp(id.ptr, known.ptr, id.len) == 0 ? &description : NULL;
}

static const sysadm_class_t class_table = {
    sizeof(sysadm_class_t), SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR, SYSADM_CLASS_UNLOAD_SAFE,
    STR("example"), STR("count"), STR("1.0.0"), STR("Counts slowly"),
    create, dispatch, cancel, health, export_state, import_state, set_log_level, close_it, release, get_extension,
};
SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void) { return &class_table; }
