/*
 * A small class that keeps the contract in everything, and then one thing
 * spoiled: FAULT, given on the command line, is one of the names below. Each is a
 * mistake that a class could really make, and tests/it/check.rs says which test
 * of plugin-check has to see it. Without FAULT the class passes all of them.
 *
 * (table.c beside this file is for hosts that refuse a module or drop it; it
 * keeps the contract only as far as that takes.)
 */
#define _GNU_SOURCE /* pthread, setenv, nanosleep, and everything else that spoils */

#include "sysadm_class.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define TEXT(literal) {literal, sizeof(literal) - 1}
#define SPACE "test"
#define NAME "spoiled"

#ifndef FAULT
#define FAULT NOTHING
#endif

enum fault {
    NOTHING,
    ALLOWS_ONE_INSTANCE,
    REFUSES_BUT_MAKES,
    NEEDS_A_HOST,
    DIES_WITH_ANOTHER,
    IGNORES_NULL,
    IGNORES_SIZE,
    WANTS_ITS_SIZE,
    WANTS_A_ZERO,
    MINDS_CASE,
    SERVES_ANYBODY,
    TRUSTS_ANY_ACCESS,
    RELEASES_HALF,
    HAS_ONE_BUFFER,
    HANGS_ON_EMPTY,
    HANGS_WITH_CHILDREN,
    DIES_OF_SIZE,
    DIES_OF_GARBAGE,
    ECHOES_BYTES,
    RECURSES,
    IS_NOT_REENTRANT,
    CLOSES_AT_ONCE,
    WAITS_FOR_ITSELF,
    FREES_FIRST,
    MINDS_UNKNOWN_IDS,
    IGNORES_CANCEL,
    IGNORES_ITS_TIME,
    DRAINS_FOR_EVER,
    IS_ODDLY_WELL,
    FORGETS_STATE,
    TAKES_ANY_STATE,
    LOGS_LINE_ENDS,
    LOGS_TWO_LINES,
    LOGS_A_CONTROL,
    LOGS_A_SEPARATOR,
    LOGS_TO_TWO_TARGETS,
    LOGS_ITS_CALLER,
    LOGS_ITS_ARGS,
    PROGRESSES_IN_WORDS,
    PROGRESSES_BEYOND_ALL,
    PROGRESSES_ELSEWHERE,
    PROGRESSES_LATE,
    PROGRESSES_WITHOUT_STATE,
    PROGRESSES_BACKWARDS,
    PROGRESSES_TWICE,
    EMITS_A_LIST,
    EMITS_NO_REQUEST,
    EMITS_A_KEY_TWICE,
    EMITS_UNDER_NO_TEXT,
    FORGETS_AN_ACTION,
    OPENS_TO_ALL,
    FORBIDS_READERS,
    NEEDS_NO_KEY,
    CHANGES_WITHOUT_KEY,
    NAMES_ANOTHER_CODE,
    NAMES_ANOTHER_KEY,
    TAKES_ANY_TEXT,
    TAKES_ANY_FLAG,
    CHANGES_BY_ANY_TYPE,
    CHANGES_BY_TRUE,
    TAKES_NULL_FOR_NOTHING,
    WANTS_A_SECRET_KEY,
    TAKES_A_KEY_TWICE,
    TAKES_ACTION_TWICE,
    REFUSES_A_POINT,
    REFUSES_AN_EXPONENT,
    ROUNDS_A_LARGE_NUMBER,
    TAKES_A_NUMBER_ONCE,
    HAS_A_SECRET_ACTION,
    TAKES_ANY_ACTION,
    LOGS_AT_ANY_LEVEL,
    HAS_EVERY_EXTENSION,
    DESCRIBES_ANOTHER_VERSION,
    DESCRIBES_TWICE,
    DESCRIBES_KEYS_AS_TEXTS,
    DESCRIBES_NOBODY_HERE,
    DESCRIBES_OTHERS_HERE,
    PRINTS,
    LEAVES_A_CHILD,
    LEAVES_A_DAEMON,
    LEAVES_A_THREAD,
    LEAVES_A_DESCRIPTOR,
    LEAVES_A_TIMER,
    HANDLES_A_SIGNAL,
    BLOCKS_A_SIGNAL,
    CHANGES_FOLDER,
    CHANGES_ENVIRONMENT,
    CHANGES_UMASK,
    CHANGES_LOCALE,
    LEAVES_A_DESTRUCTOR,
    IS_PINNED_BY_ITS_THREAD,
    LEAKS,
    LEAKS_ANSWERS,
    LEAKS_INSTANCES,
    LEAKS_REQUESTS,
    LEAKS_WHILE_MAPPED,
    EXITS,
    ANSWERS_299,
    ANSWERS_500,
    ANSWERS_TEXT,
    ANSWERS_A_LIST,
    ANSWERS_A_KEY_TWICE,
    /* No faults: `what` has a grammar, which refuses before `deep` is looked at. */
    HAS_A_BOUND,
    HAS_A_GRAMMAR,
    HAS_A_SECRET_GRAMMAR,
    HAS_A_GRAMMAR_ALONE,
    ANSWERS_WITH_SPACE, /* nor are these faults */
    KEEPS_THE_LAST
};
static const enum fault fault = FAULT;
#define HAS_ANY_GRAMMAR (fault >= HAS_A_BOUND && fault <= HAS_A_GRAMMAR_ALONE)

struct sysadm_instance {
    sysadm_host_t host; /* zeroed where the host has less, or is null */
    atomic_uint level;
    atomic_int inside;
    atomic_int closing, cancelled; /* what waits is to end */
    int taken; /* the state, where it is a fault that there is one */
};

/* For the faults that reach beyond an instance. */
static atomic_int instances, closed_one, inside_any, asked_many;
static char one_buffer[64];

/* The instance that this thread is inside of; it has no destructor, so it is nothing
 * that is left behind. */
static _Thread_local const struct sysadm_instance *entered;

static void nap(int ms)
{
    struct timespec time = {0, 0};
    time.tv_sec = ms / 1000;
    time.tv_nsec = ms % 1000 * 1000000L;
    nanosleep(&time, NULL);
}

#include "traces.h"

/* An answer in memory of its own; the checks come first. */
static sysadm_result_t answer(const void *pointer, sysadm_response_t *response, uint32_t status,
                              const char *text, size_t length)
{
    if (fault != IGNORES_NULL && pointer == NULL)
        return SYSADM_E_NULL;
    if (response == NULL)
        return SYSADM_E_NULL;
    if (fault != IGNORES_SIZE && response->struct_size < sizeof *response)
        return SYSADM_E_SIZE;
    if (fault == WANTS_ITS_SIZE && response->struct_size != sizeof *response)
        return SYSADM_E_SIZE;
    if (fault == HAS_ONE_BUFFER) {
        snprintf(one_buffer, sizeof one_buffer, "%.*s", (int)length, text);
        text = one_buffer;
        response->owner = NULL;
    } else {
        response->owner = malloc(length + 1);
        if (response->owner == NULL)
            return SYSADM_E_NULL;
        memcpy(response->owner, text, length);
        text = response->owner;
    }
    response->status = status;
    response->args.ptr = text;
    response->args.len = length;
    return SYSADM_OK;
}

static sysadm_result_t say(const void *pointer, sysadm_response_t *response, uint32_t status, const char *text)
{
    return answer(pointer, response, status, text, strlen(text));
}

static int may_fill(const sysadm_response_t *response)
{
    return response != NULL && response->struct_size >= sizeof *response;
}

static sysadm_result_t create(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response)
{
    struct sysadm_instance *made;
    int refused = config.len > 0 && (config.len < 2 || config.ptr[0] != '{' || config.ptr[1] != '}');

    if (instance == NULL)
        return SYSADM_E_NULL;
    *instance = NULL;
    if (!may_fill(response))
        return say(instance, response, 0, "");
    if (fault == ALLOWS_ONE_INSTANCE && atomic_load(&instances) > 0)
        return say(instance, response, SYSADM_STATUS_UNAVAILABLE, "{\"error\":\"one is enough\"}");
    if (refused && fault != REFUSES_BUT_MAKES)
        return say(instance, response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"there is nothing to configure\"}");
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return say(instance, response, SYSADM_STATUS_UNAVAILABLE, "");
    if (host != NULL || fault == NEEDS_A_HOST)
        memcpy(&made->host, host, host->struct_size < sizeof *host ? host->struct_size : sizeof *host);
    made->level = SYSADM_LOG_TRACE;
    atomic_fetch_add(&instances, 1);
    if (fault == LEAKS) {
        void *leaked = malloc(1 << 16);
        if (leaked != NULL)
            memset(leaked, 1, 1 << 16);
    }
    *instance = made;
    return say(instance, response, refused ? SYSADM_STATUS_BAD_REQUEST : SYSADM_STATUS_OK, "");
}

static int is(sysadm_str_t text, const char *wanted)
{
    if (fault == MINDS_CASE)
        return text.len == strlen(wanted) && memcmp(text.ptr, wanted, text.len) == 0;
    return text.len == strlen(wanted) && strncasecmp(text.ptr, wanted, text.len) == 0;
}

struct telling {
    const struct sysadm_instance *instance;
    uint64_t id;
};

static void *tell(void *of)
{
    static const char text[] = "{\"action\":\"a\",\"percent\":101,\"since_ms\":1,\"state\":\"running\"}";
    const struct telling *telling = of;
    sysadm_str_t beyond = TEXT("");

    beyond.ptr = text;
    beyond.len = sizeof text - 1;
    if (fault == PROGRESSES_LATE)
        usleep(50000);
    telling->instance->host.progress(telling->instance->host.user, telling->id, beyond);
    return NULL;
}

static void log_request(const struct sysadm_instance *instance, const sysadm_request_t *request)
{
    static const char line[] = "a request\n", lines[] = "a\nrequest\n";
    const sysadm_str_t control = TEXT("a \x1b[2Jrequest"), separator = TEXT("a\xe2\x80\xa8request");
    sysadm_str_t target = TEXT("spoiled"), message, words = TEXT("half"), list = TEXT("[]");
    sysadm_str_t stateless = TEXT("{\"percent\":7}"), half = TEXT("{\"action\":\"a\",\"outcome\":\"done\"}");
    const sysadm_str_t targets = TEXT("spo\niled"), no_text = TEXT("\xff"), object = TEXT("{}");
    const sysadm_str_t twofold = TEXT("{\"a\":1,\"a\":2}");
    uint64_t id = request->request_id;
    char said[80];

    message.ptr = fault == LOGS_TWO_LINES ? lines : line;
    message.len = sizeof line - (fault == LOGS_LINE_ENDS ? 1 : 2);
    if (fault == LOGS_A_CONTROL || fault == LOGS_A_SEPARATOR)
        message = fault == LOGS_A_CONTROL ? control : separator;
    if (fault == LOGS_TO_TWO_TARGETS)
        target = targets;
    if (fault == LOGS_ITS_CALLER || fault == LOGS_ITS_ARGS) {
        sysadm_str_t quoted = request->args;
        if (fault == LOGS_ITS_CALLER) {
            quoted.ptr = NULL, quoted.len = 0;
            if (SYSADM_HAS_FIELD(sysadm_request_t, request, caller))
                quoted = request->caller;
        }
        /* What is no UTF-8, and what is long, it does not quote. */
        if (quoted.ptr == NULL || quoted.len > 60 || memchr(quoted.ptr, 0xff, quoted.len) != NULL)
            quoted.ptr = "somebody", quoted.len = 8;
        message.len = (size_t)snprintf(said, sizeof said, "asked: %.*s", (int)quoted.len, quoted.ptr);
        message.ptr = said;
    }
    if (fault == PROGRESSES_IN_WORDS && instance->host.progress != NULL)
        instance->host.progress(instance->host.user, id, words);
    if (fault == PROGRESSES_BEYOND_ALL && instance->host.progress != NULL) {
        struct telling telling = {instance, id};
        tell(&telling);
    }
    if ((fault == PROGRESSES_ELSEWHERE || fault == PROGRESSES_LATE) && instance->host.progress != NULL) {
        static struct telling telling;
        pthread_t thread;
        telling.instance = instance;
        telling.id = id;
        if (pthread_create(&thread, NULL, tell, &telling) == 0)
            fault == PROGRESSES_LATE ? pthread_detach(thread) : pthread_join(thread, NULL);
    }
    if (fault == PROGRESSES_WITHOUT_STATE && instance->host.progress != NULL)
        instance->host.progress(instance->host.user, id, stateless);
    if (fault == EMITS_NO_REQUEST && instance->host.emit_event != NULL)
        instance->host.emit_event(instance->host.user, target, half);
    if (fault == PROGRESSES_BACKWARDS && instance->host.progress != NULL) {
        const sysadm_str_t more = TEXT("{\"action\":\"a\",\"item\":\"i\",\"percent\":60,\"since_ms\":1,\"state\":\"running\"}");
        const sysadm_str_t less = TEXT("{\"action\":\"a\",\"item\":\"i\",\"percent\":40,\"since_ms\":2,\"state\":\"running\"}");
        instance->host.progress(instance->host.user, id, more);
        instance->host.progress(instance->host.user, id, less);
    }
    if (fault == PROGRESSES_TWICE && instance->host.progress != NULL)
        instance->host.progress(instance->host.user, id, twofold);
    if (fault == EMITS_A_KEY_TWICE && instance->host.emit_event != NULL)
        instance->host.emit_event(instance->host.user, target, twofold);
    if (fault == EMITS_UNDER_NO_TEXT && instance->host.emit_event != NULL)
        instance->host.emit_event(instance->host.user, no_text, object);
    if (fault == EMITS_A_LIST && instance->host.emit_event != NULL)
        instance->host.emit_event(instance->host.user, target, list);
    if (instance->host.log != NULL && (instance->level >= SYSADM_LOG_INFO || fault == LOGS_AT_ANY_LEVEL))
        instance->host.log(instance->host.user, SYSADM_LOG_INFO, target, message, id);
}

/* Keep this in memory that lives as long as the library: of a class that is never
 * unmapped, the last requests may be there for ever. */
static void keep(sysadm_str_t args)
{
    static char *last[700];
    static atomic_uint times;
    unsigned at = atomic_fetch_add(&times, 1) % (sizeof last / sizeof *last);

    if (fault == KEEPS_THE_LAST)
        free(last[at]);
    last[at] = args.ptr == NULL || args.len > 100 ? NULL : strndup(args.ptr, args.len);
}

/* As a parser would go down that has no limit. */
static size_t descend(const char *text, size_t length)
{
    volatile char frame[512];
    frame[0] = *text;
    if (length <= 1)
        return 1;
    return 1 + descend(text + 1, length - 1) + (size_t)(frame[0] == 0);
}

/* The first byte of what stands after this text; 0 if it does not stand there. Enough for
 * what plugin-check sends. */
static char after(sysadm_str_t args, const char *text)
{
    const char *at = args.ptr == NULL ? NULL : memmem(args.ptr, args.len, text, strlen(text));
    return at == NULL || at + strlen(text) == args.ptr + args.len ? 0 : at[strlen(text)];
}

/* What the grammar of `what` has against it: a bound that the schema tells, and one that nobody
 * can know. Null: nothing. */
static const char *grammar(sysadm_str_t args, int what)
{
    static const char start[] = "\"what\":\"";
    const char *at = args.ptr == NULL ? NULL : memmem(args.ptr, args.len, start, sizeof start - 1);
    const char *end;

    if (!HAS_ANY_GRAMMAR || what != '"' || at == NULL)
        return NULL;
    at += sizeof start - 1;
    end = memchr(at, '"', (size_t)(args.ptr + args.len - at));
    if (end == NULL || end - at > 10)
        return "{\"look\":{\"error\":\"\",\"code\":\"too-long\",\"key\":\"what\"}}";
    if (fault == HAS_A_SECRET_GRAMMAR)
        return "{\"look\":{\"error\":\"\",\"code\":\"unguessed\"}}";
    for (; fault != HAS_A_BOUND && at < end; at++)
        if (*at >= 'a' && *at <= 'z')
            return "{\"look\":{\"error\":\"\",\"code\":\"not-loud\",\"key\":\"what\"}}";
    return NULL;
}

/* Does this text stand there twice? */
static int twice(sysadm_str_t args, const char *text)
{
    const char *at = args.ptr == NULL ? NULL : memmem(args.ptr, args.len, text, strlen(text));
    sysadm_str_t rest;

    if (at == NULL)
        return 0;
    rest.ptr = at + 1;
    rest.len = (size_t)(args.ptr + args.len - rest.ptr);
    return memmem(rest.ptr, rest.len, text, strlen(text)) != NULL;
}

/* Is the value of `many` written with this? */
static int many_has(sysadm_str_t args, char mark)
{
    static const char start[] = "\"many\":";
    const char *at = memmem(args.ptr, args.len, start, sizeof start - 1), *end;

    for (end = at + sizeof start - 1; end < args.ptr + args.len && *end != ',' && *end != '}'; end++)
        if (*end == mark)
            return 1;
    return 0;
}

/* The two actions of the description below: 0 if it is neither. */
static sysadm_result_t act(sysadm_instance_t *instance, sysadm_str_t args, int full,
                           sysadm_response_t *response, int *is_it)
{
    char what = after(args, "\"what\":"), deep = after(args, "\"deep\":"), to = after(args, "\"to\":");
    char many = after(args, "\"many\":");
    *is_it = 1;
    if ((fault != TAKES_A_KEY_TWICE && (twice(args, "\"what\":") || twice(args, "\"deep\":") || twice(args, "\"many\":"))) ||
        (fault != TAKES_ACTION_TWICE && twice(args, "\"action\":")))
        return say(instance, response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"which of the two?\"}");
    if (fault == HAS_A_SECRET_ACTION && after(args, "\"action\":\"hide\""))
        return say(instance, response, SYSADM_STATUS_OK, "{\"hide\":{}}");
    if (fault == TAKES_NULL_FOR_NOTHING && deep == 'n')
        deep = 0;
    if (fault == WANTS_A_SECRET_KEY && after(args, "\"action\":\"look\"") && !after(args, "\"secret\":"))
        return say(instance, response, SYSADM_STATUS_OK,
                   "{\"look\":{\"error\":\"\",\"code\":\"missing-key\",\"key\":\"secret\"}}");
    if (after(args, "\"action\":\"look\"") && fault != FORGETS_AN_ACTION) {
        if (fault == FORBIDS_READERS && !full)
            return say(instance, response, SYSADM_STATUS_FORBIDDEN, "{\"error\":\"not for you\"}");
        if (what == 0 && fault == NAMES_ANOTHER_CODE)
            return say(instance, response, SYSADM_STATUS_OK, "{\"look\":{\"error\":\"\",\"code\":\"odd\"}}");
        if (what == 0 && fault == NAMES_ANOTHER_KEY)
            return say(instance, response, SYSADM_STATUS_OK,
                       "{\"look\":{\"error\":\"\",\"code\":\"missing-key\",\"key\":\"deep\"}}");
        if (what == 0 && fault != NEEDS_NO_KEY)
            return say(instance, response, SYSADM_STATUS_OK,
                       "{\"look\":{\"error\":\"\",\"code\":\"missing-key\",\"key\":\"what\"}}");
        if (what != '"' && what != 0 && fault != TAKES_ANY_TEXT)
            return say(instance, response, SYSADM_STATUS_OK,
                       "{\"look\":{\"error\":\"\",\"code\":\"wrong-type\",\"key\":\"what\"}}");
        if (grammar(args, what) != NULL)
            return say(instance, response, SYSADM_STATUS_OK, grammar(args, what));
        if (deep != 0 && deep != 't' && deep != 'f' && fault != TAKES_ANY_FLAG && fault != HAS_A_GRAMMAR_ALONE)
            return say(instance, response, SYSADM_STATUS_OK,
                       "{\"look\":{\"error\":\"\",\"code\":\"wrong-type\",\"key\":\"deep\"}}");
        if (many != 0 && (many < '0' || many > '9'))
            return say(instance, response, SYSADM_STATUS_OK,
                       "{\"look\":{\"error\":\"\",\"code\":\"wrong-type\",\"key\":\"many\"}}");
        if (many != 0 && ((fault == REFUSES_A_POINT && many_has(args, '.')) ||
                          (fault == REFUSES_AN_EXPONENT && many_has(args, 'e')) ||
                          (fault == ROUNDS_A_LARGE_NUMBER && many_has(args, '9')) ||
                          (fault == TAKES_A_NUMBER_ONCE && atomic_fetch_add(&asked_many, 1) > 0)))
            return say(instance, response, SYSADM_STATUS_OK,
                       "{\"look\":{\"error\":\"\",\"code\":\"illegal-value\",\"key\":\"many\"}}");
        return say(instance, response, SYSADM_STATUS_OK, "{\"look\":{}}");
    }
    if (after(args, "\"action\":\"change\"")) {
        if (!full && fault != OPENS_TO_ALL)
            return say(instance, response, SYSADM_STATUS_FORBIDDEN, "{\"error\":\"not for you\"}");
        if (to == 0 && fault != CHANGES_WITHOUT_KEY)
            return say(instance, response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"how far?\"}");
        if (to != 0 && (to < '0' || to > '9') && fault != CHANGES_BY_ANY_TYPE &&
            !(fault == CHANGES_BY_TRUE && to == 't'))
            return say(instance, response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"how far?\"}");
        return say(instance, response, SYSADM_STATUS_OK, "{\"change\":{}}");
    }
    if (after(args, "\"action\":\"plugin-check-nobody\"") && fault == TAKES_ANY_ACTION)
        return say(instance, response, SYSADM_STATUS_OK, "{}");
    *is_it = 0;
    return SYSADM_OK;
}

/* Waits until somebody ends it, for half a minute at the most. */
static sysadm_result_t wait_long(sysadm_instance_t *instance, const sysadm_request_t *request, int full,
                                 sysadm_response_t *response)
{
    struct timespec begun, now;
    int ms = 0;

    if (!full)
        return say(instance, response, SYSADM_STATUS_FORBIDDEN, "{\"error\":\"not for you\"}");
    clock_gettime(CLOCK_MONOTONIC, &begun);
    atomic_store(&instance->cancelled, 0);
    while (ms < 30000 && !instance->cancelled && !instance->closing) {
        nap(5);
        clock_gettime(CLOCK_MONOTONIC, &now);
        ms = (int)((now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000);
        if (request->timeout_ms != 0 && (uint64_t)ms >= request->timeout_ms && fault != IGNORES_ITS_TIME)
            break;
    }
    return say(instance, response, SYSADM_STATUS_OK,
               ms < 30000 ? "{\"wait\":{\"error\":\"it was ended\",\"code\":\"ended\"}}" : "{\"wait\":{}}");
}

static sysadm_result_t serve(sysadm_instance_t *instance, const sysadm_request_t *request,
                             sysadm_response_t *response)
{
    sysadm_str_t args = request->args;
    int served = args.len == 2 && memcmp(args.ptr, "{}", 2) == 0;
    int full = fault == TRUSTS_ANY_ACCESS ? request->access != SYSADM_ACCESS_LIMITED
                                          : request->access == SYSADM_ACCESS_FULL;
    char text[64];
    int is_action = 0;
    sysadm_result_t code;

    if (fault == IS_NOT_REENTRANT) {
        int others = atomic_fetch_add(&inside_any, 1);
        nap(1);
        atomic_fetch_sub(&inside_any, 1);
        if (others > 0)
            return say(instance, response, SYSADM_STATUS_INTERNAL, "{\"error\":\"two at once\"}");
    }
    if (fault == DIES_WITH_ANOTHER && atomic_load(&closed_one))
        return say(instance, response, SYSADM_STATUS_INTERNAL, "{\"error\":\"all is gone\"}");
    if (fault == HANGS_ON_EMPTY && args.len == 0)
        nap(600000);
    if (fault == HANGS_WITH_CHILDREN)
        nap(600000);
    if (fault == WANTS_A_ZERO)
        served = args.ptr != NULL && strcmp(args.ptr, "{}") == 0;
    if (fault == DIES_OF_SIZE && args.len > 1 << 20)
        abort();
    if (fault == DIES_OF_GARBAGE && args.len > 0 && args.ptr[0] != '{')
        raise(SIGSEGV);
    if (fault == RECURSES && args.len > 0)
        descend(args.ptr, args.len);
    if (fault == ECHOES_BYTES && args.len > 0 && args.len < 20 && memchr(args.ptr, 0xff, args.len)) {
        int length = snprintf(text, sizeof text, "{\"odd\":\"%.*s\"}", (int)args.len, args.ptr);
        return answer(instance, response, SYSADM_STATUS_BAD_REQUEST, text, (size_t)length);
    }
    if (after(args, "\"action\":\"wait\"") && !twice(args, "\"action\":"))
        return wait_long(instance, request, full, response);
    code = act(instance, args, full, response, &is_action);
    if (is_action)
        return code;
    if (!served)
        return say(instance, response, SYSADM_STATUS_BAD_REQUEST, "{\"error\":\"not an empty object\"}");
    if (!full)
        return say(instance, response, SYSADM_STATUS_FORBIDDEN, "{\"error\":\"not for you\"}");
    if (fault == ANSWERS_299)
        return say(instance, response, 299, "{}");
    if (fault == ANSWERS_500)
        return say(instance, response, SYSADM_STATUS_INTERNAL, "{}");
    if (fault == ANSWERS_TEXT)
        return say(instance, response, SYSADM_STATUS_OK, "done");
    if (fault == ANSWERS_A_LIST)
        return say(instance, response, SYSADM_STATUS_OK, "[]");
    if (fault == LEAKS_REQUESTS) {
        volatile char *kept = malloc(100);
        if (kept != NULL)
            kept[0] = 1;
    }
    if (fault == ANSWERS_A_KEY_TWICE)
        return say(instance, response, SYSADM_STATUS_OK, "{\"of\":{\"id\":1,\"id\":2}}");
    snprintf(text, sizeof text, "%s{\"id\":%llu}", fault == ANSWERS_WITH_SPACE ? " \t\r\n" : "",
             (unsigned long long)request->request_id);
    return say(instance, response, SYSADM_STATUS_OK, text);
}

static sysadm_result_t dispatch(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response)
{
    sysadm_result_t code;

    if (instance == NULL && fault == IGNORES_NULL)
        return say("", response, SYSADM_STATUS_OK, "");
    if (instance == NULL || request == NULL)
        return SYSADM_E_NULL;
    if (fault != IGNORES_SIZE && !SYSADM_HAS_FIELD(sysadm_request_t, request, timeout_ms))
        return SYSADM_E_SIZE;
    if (fault != IGNORES_SIZE && !may_fill(response))
        return say(instance, response, 0, "");
    if (fault != SERVES_ANYBODY && (!is(request->name_space, SPACE) || !is(request->name, NAME)))
        return say(instance, response, SYSADM_STATUS_NOT_FOUND, "");
    atomic_fetch_add(&instance->inside, 1);
    entered = instance;
    leave_traces();
    log_request(instance, request);
    if (fault == LEAKS_WHILE_MAPPED || fault == KEEPS_THE_LAST)
        keep(request->args);
    code = serve(instance, request, response);
    entered = NULL;
    atomic_fetch_sub(&instance->inside, 1);
    return code;
}

static sysadm_result_t cancel(sysadm_instance_t *instance, uint64_t request_id)
{
    if (fault == MINDS_UNKNOWN_IDS && request_id != 0)
        return SYSADM_E_CLOSED;
    if (instance != NULL && request_id != 0 && fault != IGNORES_CANCEL)
        atomic_store(&instance->cancelled, 1);
    return instance == NULL ? SYSADM_E_NULL : SYSADM_OK;
}

static sysadm_result_t set_log_level(sysadm_instance_t *instance, uint32_t level)
{
    if (instance == NULL)
        return SYSADM_E_NULL;
    instance->level = level;
    return SYSADM_OK;
}

static sysadm_result_t health(sysadm_instance_t *instance, uint64_t ms, sysadm_response_t *response)
{
    (void)ms;
    return say(instance, response, fault == IS_ODDLY_WELL ? SYSADM_STATUS_NOT_FOUND : SYSADM_STATUS_OK, "{}");
}

static sysadm_result_t export_state(sysadm_instance_t *instance, sysadm_response_t *response)
{
    static atomic_int times;
    char text[64];
    int taken = instance == NULL ? 0 : instance->taken;
    if (fault == FORGETS_STATE)
        taken = atomic_fetch_add(&times, 1);
    snprintf(text, sizeof text, "{\"id\":\"" SPACE "/" NAME "\",\"version\":1,\"taken\":%d}", taken);
    return say(instance, response, SYSADM_STATUS_OK, text);
}

static sysadm_result_t import_state(sysadm_instance_t *instance, sysadm_str_t state,
                                    sysadm_response_t *response)
{
    static const char start[] = "{\"id\":\"" SPACE "/" NAME "\",\"version\":1,";
    int ours = state.len > sizeof start - 1 && memcmp(state.ptr, start, sizeof start - 1) == 0;
    if (instance != NULL && fault == TAKES_ANY_STATE && !ours)
        instance->taken++;
    return say(instance, response, ours ? SYSADM_STATUS_OK : SYSADM_STATUS_BAD_REQUEST, "");
}

static sysadm_result_t close_(sysadm_instance_t *instance, uint64_t ms, sysadm_response_t *response)
{
    uint64_t waited;
    int cancelled;

    if (fault == FREES_FIRST && instance != NULL) {
        free(instance);
        return say("", response, SYSADM_STATUS_OK, "");
    }
    if (instance == NULL || !may_fill(response))
        return say(instance, response, 0, "");
    if (fault != CLOSES_AT_ONCE && fault != WAITS_FOR_ITSELF && entered == instance)
        return SYSADM_E_INSIDE;
    for (waited = 0; fault != CLOSES_AT_ONCE && atomic_load(&instance->inside) > 0; waited++) {
        if (waited >= ms && fault != DRAINS_FOR_EVER)
            atomic_store(&instance->closing, 1);
        nap(1);
    }
    cancelled = fault != CLOSES_AT_ONCE && atomic_load(&instance->closing);
    if (fault != CLOSES_AT_ONCE && fault != LEAKS_INSTANCES)
        free(instance);
    atomic_fetch_sub(&instances, 1);
    atomic_store(&closed_one, 1);
    return say("", response, cancelled ? SYSADM_STATUS_UNAVAILABLE : SYSADM_STATUS_OK, "");
}

static void release(sysadm_response_t *response)
{
    if (!may_fill(response))
        return;
    if (fault == RELEASES_HALF) {
        free(response->owner);
        response->owner = NULL;
        return;
    }
    if (fault != LEAKS_ANSWERS)
        free(response->owner);
    response->status = 0;
    response->args.ptr = NULL;
    response->args.len = 0;
    response->owner = NULL;
}

#define DESCRIBED(version, actions) \
    "{\"namespace\":\"" SPACE "\",\"name\":\"" NAME "\",\"version\":\"" version "\",\"description\":\"\",\"actions\":[" actions "]}"

static sysadm_result_t describe(sysadm_response_t *response)
{
    if (fault == DESCRIBES_ANOTHER_VERSION)
        return say("", response, SYSADM_STATUS_OK, DESCRIBED("0.0.2", ""));
    if (fault == DESCRIBES_TWICE)
        return say("", response, SYSADM_STATUS_OK,
                   DESCRIBED("0.0.1", "{\"action\":\"look\",\"summary\":\"\",\"access\":\"limited\",\"keys\":[]},"
                                      "{\"action\":\"look\",\"summary\":\"\",\"access\":\"full\",\"keys\":[]}"));
    if (fault == DESCRIBES_KEYS_AS_TEXTS)
        return say("", response, SYSADM_STATUS_OK,
                   DESCRIBED("0.0.1", "{\"action\":\"look\",\"summary\":\"\",\"access\":\"limited\",\"keys\":[\"what\"]}"));
    if (HAS_ANY_GRAMMAR)
        return say("", response, SYSADM_STATUS_OK,
                   "{\"namespace\":\"" SPACE "\",\"name\":\"" NAME "\",\"version\":\"0.0.1\",\"description\":\"\",\"actions\":["
                   "{\"action\":\"look\",\"summary\":\"\",\"access\":\"limited\",\"keys\":["
                   "{\"key\":\"what\",\"type\":\"string\",\"required\":true,\"summary\":\"\"},"
                   "{\"key\":\"deep\",\"type\":\"boolean\",\"required\":false,\"summary\":\"\"}],"
                   "\"schema\":{\"properties\":{\"what\":{\"type\":\"string\",\"maxLength\":10}}}}]}");
    return say("", response, SYSADM_STATUS_OK,
               "{\"namespace\":\"" SPACE "\",\"name\":\"" NAME "\",\"version\":\"0.0.1\",\"description\":\"\",\"actions\":["
               "{\"action\":\"look\",\"summary\":\"\",\"access\":\"limited\",\"keys\":["
               "{\"key\":\"what\",\"type\":\"string\",\"required\":true,\"summary\":\"\"},"
               "{\"key\":\"deep\",\"type\":\"boolean\",\"required\":false,\"summary\":\"\"},"
               "{\"key\":\"many\",\"type\":\"number\",\"required\":false,\"summary\":\"\"}],"
               "\"schema\":{\"properties\":{\"many\":{\"type\":\"integer\",\"minimum\":0}}}},"
               "{\"action\":\"change\",\"summary\":\"\",\"access\":\"full\",\"keys\":["
               "{\"key\":\"to\",\"type\":\"number\",\"required\":true,\"summary\":\"\"}]},"
               "{\"action\":\"wait\",\"summary\":\"\",\"access\":\"full\",\"long\":true,\"keys\":[]}]}");
}

static sysadm_result_t describe_here(sysadm_instance_t *instance, sysadm_response_t *response)
{
    if (instance == NULL)
        return SYSADM_E_NULL;
    if (fault == DESCRIBES_NOBODY_HERE)
        return say(instance, response, SYSADM_STATUS_OK, DESCRIBED("0.0.1", "7"));
    if (fault == DESCRIBES_OTHERS_HERE)
        return say(instance, response, SYSADM_STATUS_OK,
                   DESCRIBED("0.0.1", "{\"action\":\"dig\",\"summary\":\"\",\"access\":\"limited\",\"keys\":[]}"));
    return describe(response);
}

static const void *get_extension(sysadm_str_t id)
{
    static const sysadm_describe_t table = {sizeof table, 0, describe, describe_here};
    if (fault == HAS_EVERY_EXTENSION || (id.len == strlen(SYSADM_EXT_DESCRIBE) &&
                                         memcmp(id.ptr, SYSADM_EXT_DESCRIBE, id.len) == 0))
        return &table;
    return NULL;
}

#ifdef RUST_DOOR
/* A symbol of the name that abi_stable looks for, over something else. */
static const char nothing_stable[512] = "no header of abi_stable";
SYSADM_CLASS_EXPORT const void *const RUST_DOOR = nothing_stable;
#endif

SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void)
{
    static const sysadm_class_t table = {
        sizeof table, SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR,
        FAULT == LEAKS_WHILE_MAPPED || FAULT == KEEPS_THE_LAST ? 0 : SYSADM_CLASS_UNLOAD_SAFE,
        TEXT(SPACE), TEXT(NAME), TEXT("0.0.1"), TEXT("A class that keeps the contract, or nearly"),
        create, dispatch, cancel, health, export_state, import_state, set_log_level, close_,
        release, get_extension,
    };
    return &table;
}
