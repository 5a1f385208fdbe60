/*
 * sysadm_class.h - the contract between a host and a class module.
 *
 * A sysadm-style host answers requests by handing them to classes: a request
 * names a class by namespace and name ("sysadm", "iocage"), and carries a JSON
 * object of arguments. A class module is a shared library that holds one such
 * class. The host loads it, creates an instance, dispatches requests to it and
 * closes it again. This header is all that the two need to know of each other.
 *
 * It is plain C99 and has no dependency beside <stddef.h> and <stdint.h>.
 *
 *
 * THE WAY IN
 *
 *   dlopen the file, look up SYSADM_CLASS_ENTRY ("sysadm_class_entry"), call
 *   it, check the table it returns, then use the table's functions:
 *
 *     entry() -> table -> create() -> dispatch()* -> close() -> dlclose
 *
 *   The table is constant and lives as long as the library is mapped.
 *
 *
 * COMPATIBILITY
 *
 *   The host's table and the class's table begin with `struct_size`,
 *   `abi_major` and `abi_minor`, filled in by whoever made the table.
 *
 *   - Another major is another contract: refuse it.
 *   - The same major is compatible in both directions. A field exists only if
 *     it ends at or before `struct_size` of the table that holds it
 *     (SYSADM_HAS_FIELD); one that does not exist is treated as null.
 *   - A released entity is never changed in place. New fields go to the end of
 *     a structure and raise the minor; anything else is an extension, found by
 *     a string `name/REV` through get_extension.
 *   - Structures hold integer codes of fixed width, never C enums, whose size
 *     a compiler may choose.
 *
 *   Rationale: size and version say different things. The size lets either
 *   side read an older or a newer table safely without a table of versions;
 *   the version is for people and for refusing what cannot work.
 *
 *   History
 *     1.0   first release
 *
 *
 * TEXT
 *
 *   Text is UTF-8 as {pointer, length}, never terminated by a zero, and may
 *   hold zeros. A null pointer is allowed only with length 0 and means the
 *   empty text. A sysadm_str_t is always borrowed: it is valid until the call
 *   it was passed to returns, unless the field says otherwise.
 *
 *
 * THREADS
 *
 *   Each function carries one of these tags:
 *     [any-thread, concurrent]  any thread, also several at once
 *     [any-thread, exclusive]   any thread, but no other call on that instance
 *                               may be running or begin before it returns
 *
 *   A class runs its work on the thread that calls it, starts no threads,
 *   installs no signal handlers, and leaves nothing behind on a thread.
 *
 *   Rationale: what a module leaves behind in a process (a thread-local
 *   destructor, a signal handler, a thread) crashes the host when the module
 *   is unloaded.
 *
 *
 * MEMORY
 *
 *   Whoever allocates frees. What a class answers stays the class's until it
 *   is given back with `release` of the same table, and must be given back
 *   before the library is unloaded.
 */
#ifndef SYSADM_CLASS_H
#define SYSADM_CLASS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the contract that this header describes. */
#define SYSADM_CLASS_ABI_MAJOR 1u
#define SYSADM_CLASS_ABI_MINOR 0u

/* The name of the one symbol a module exports, of type sysadm_class_entry_fn. */
#define SYSADM_CLASS_ENTRY "sysadm_class_entry"

/* Is `field` there in *ptr, a structure that begins with struct_size? */
#define SYSADM_HAS_FIELD(type, ptr, field) \
    (offsetof(type, field) + sizeof((ptr)->field) <= (size_t)(ptr)->struct_size)

/* Put before the entry function in a module built with hidden visibility. */
#if defined(__GNUC__) || defined(__clang__)
#define SYSADM_CLASS_EXPORT __attribute__((visibility("default")))
#else
#define SYSADM_CLASS_EXPORT
#endif


/* ---- Codes --------------------------------------------------------------- */

/* What a call answers: was it a call at all? How the request fared stands in
 * the response's status. Codes are negative so that no status can be one. */
typedef int32_t sysadm_result_t;
#define SYSADM_OK        0 /* the response is filled in */
#define SYSADM_E_NULL   -1 /* a pointer that must not be null was null */
#define SYSADM_E_SIZE   -2 /* a structure's struct_size is too small for 1.0 */
#define SYSADM_E_CLOSED -3 /* the instance has been closed */

/* The statuses of a response, as the sysadm envelope knows them. */
#define SYSADM_STATUS_OK           200u
#define SYSADM_STATUS_BAD_REQUEST  400u /* not an object, no or unknown action */
#define SYSADM_STATUS_UNAUTHORIZED 401u
#define SYSADM_STATUS_FORBIDDEN    403u /* the action needs SYSADM_ACCESS_FULL */
#define SYSADM_STATUS_NOT_FOUND    404u /* not this class's namespace and name */
#define SYSADM_STATUS_INTERNAL     500u /* a defect in the class; the host lives */
#define SYSADM_STATUS_UNAVAILABLE  503u /* closing, or the class cannot work now */

/* What the caller may do. LIMITED may read; changing or running needs FULL. */
#define SYSADM_ACCESS_LIMITED 0u
#define SYSADM_ACCESS_FULL    1u

/* Log levels; 0 stands for "nothing" in set_log_level. DEBUG and TRACE may hold
 * secrets of requests, such as a command's words; the others do not. */
#define SYSADM_LOG_OFF   0u
#define SYSADM_LOG_ERROR 1u
#define SYSADM_LOG_WARN  2u
#define SYSADM_LOG_INFO  3u
#define SYSADM_LOG_DEBUG 4u
#define SYSADM_LOG_TRACE 5u

/* Flags of a class. UNLOAD_SAFE: after close of every instance the library may
 * be unmapped (dlclose) while the host goes on. Without it, keep it mapped. */
#define SYSADM_CLASS_UNLOAD_SAFE 0x1u


/* ---- Text and answers ---------------------------------------------------- */

/* Borrowed UTF-8; see TEXT above. */
typedef struct sysadm_str {
    const char *ptr;
    size_t len;
} sysadm_str_t;

/* One request. Made by the host, borrowed by the class for the call. */
typedef struct sysadm_request {
    uint32_t struct_size; /* sizeof(sysadm_request_t) as the host knows it */
    uint32_t access;      /* SYSADM_ACCESS_*; an unknown value is LIMITED */
    sysadm_str_t name_space; /* compared without regard to ASCII case */
    sysadm_str_t name;       /* likewise */
    sysadm_str_t args;       /* a JSON object that holds "action" */
    uint64_t request_id;     /* for logs and cancel; unique among the requests
                              * in flight on this instance; 0: no identity */
    uint64_t timeout_ms;     /* from the call, in milliseconds; 0: none. Only
                              * ever shortens the class's own time limits */
} sysadm_request_t;

/* One answer. The structure is the host's; what `args` points to is the
 * class's until release. The host sets struct_size and nothing else before the
 * call; the class writes the rest. */
typedef struct sysadm_response {
    uint32_t struct_size; /* sizeof(sysadm_response_t) as the host knows it */
    uint32_t status;      /* SYSADM_STATUS_* */
    sysadm_str_t args;    /* JSON, an object; empty where there is none to give */
    void *owner;          /* the class's own; hands off */
} sysadm_response_t;


/* ---- What the host offers ------------------------------------------------ */

/*
 * The host's table, given to create. It and what `user` points to must live
 * until close has returned. Every function may be null. All are
 * [any-thread, concurrent]: they are called on the threads that are inside
 * this instance's functions, and must not call that instance in turn, with the
 * exception of cancel. No exception may leave them.
 */
typedef struct sysadm_host {
    uint32_t struct_size; /* sizeof(sysadm_host_t) as the host knows it */
    uint32_t abi_major;   /* SYSADM_CLASS_ABI_MAJOR */
    uint32_t abi_minor;   /* SYSADM_CLASS_ABI_MINOR */
    uint32_t flags;       /* none yet: 0 */

    /* Passed back as the first argument of every function below. */
    void *user;

    /* Would a message of this level and target be kept? Not 0: yes. Asked
     * before a message is made up. Null: every message is wanted. */
    int32_t (*log_enabled)(void *user, uint32_t level, sysadm_str_t target);

    /* Take a message. `target` is a module path, `request_id` the request in
     * whose course it arose, or 0. Null: there is no log. */
    void (*log)(void *user, uint32_t level, sysadm_str_t target,
                sysadm_str_t message, uint64_t request_id);

    /* Has the host lost interest in this request? Not 0: yes. Asked now and
     * then while a request waits. Null: never. */
    int32_t (*is_cancelled)(void *user, uint64_t request_id);

    /* A long request tells how far it is, as a JSON object. Null: not wanted. */
    void (*progress)(void *user, uint64_t request_id, sysadm_str_t json);

    /* Something happened that is no answer to a request: the event's name and
     * a JSON object. Null: not wanted. */
    void (*emit_event)(void *user, sysadm_str_t name, sysadm_str_t json);

    /* A further table of the host's by its id `name/REV`; null: unknown. What
     * it returns lives as long as this table. */
    const void *(*get_extension)(void *user, sysadm_str_t id);
} sysadm_host_t;


/* ---- What the class offers ----------------------------------------------- */

/* One instance of a class; what it is, only the class knows. */
typedef struct sysadm_instance sysadm_instance_t;

/*
 * The class's table. All functions of 1.0 are there, none is null; a host
 * refuses a table in which one is.
 *
 * A function that has something to say fills a sysadm_response_t, which the
 * host gives back with release, whatever its status. None lets a panic or an
 * exception out: a defect inside is an answer with status 500, and the next
 * call works.
 */
typedef struct sysadm_class {
    uint32_t struct_size; /* sizeof(sysadm_class_t) as the class knows it */
    uint32_t abi_major;   /* SYSADM_CLASS_ABI_MAJOR */
    uint32_t abi_minor;   /* SYSADM_CLASS_ABI_MINOR */
    uint32_t flags;       /* SYSADM_CLASS_* */

    /* Who it is. These live as long as the library is mapped. */
    sysadm_str_t name_space;  /* "sysadm" */
    sysadm_str_t name;        /* "iocage" */
    sysadm_str_t version;     /* of the module, "1.2.3" */
    sysadm_str_t description; /* a sentence */

    /*
     * Make an instance. [any-thread, concurrent]
     * host: may be null, then nothing is logged and nothing cancelled.
     * config: a JSON object, or empty for the defaults. Starts no program.
     * 200: *instance is set, to be given to close. 400: the configuration is
     * refused and args say why; *instance is null.
     */
    sysadm_result_t (*create)(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response);

    /*
     * Answer a request. [any-thread, concurrent]
     * Blocks for as long as the work takes, on the calling thread, and no
     * longer than the configured time limit for that kind of action.
     */
    sysadm_result_t (*dispatch)(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response);

    /*
     * End the requests in flight with this id early; they answer that they
     * were cancelled. Unknown ids, and 0, are ignored. Does not wait.
     * [any-thread, concurrent]
     */
    sysadm_result_t (*cancel)(sysadm_instance_t *instance, uint64_t request_id);

    /*
     * Can the class do its work? 200 or 503, args tell what was found. May
     * start a program that reads, within its time limit. timeout_ms as in a
     * request. [any-thread, concurrent]
     */
    sysadm_result_t (*health)(sysadm_instance_t *instance, uint64_t timeout_ms,
                              sysadm_response_t *response);

    /*
     * What another version of this class should know when it takes over, as a
     * JSON object with "id" and "version". [any-thread, concurrent]
     */
    sysadm_result_t (*export_state)(sysadm_instance_t *instance, sysadm_response_t *response);

    /*
     * Take over what export_state of another version said. 400: not
     * understood, and nothing was changed. To be called before the first
     * dispatch. [any-thread, exclusive]
     */
    sysadm_result_t (*import_state)(sysadm_instance_t *instance, sysadm_str_t state,
                                    sysadm_response_t *response);

    /*
     * Keep messages above this level (SYSADM_LOG_*) from the host's log.
     * An unknown level is TRACE. [any-thread, concurrent]
     */
    sysadm_result_t (*set_log_level)(sysadm_instance_t *instance, uint32_t level);

    /*
     * End an instance. From now on dispatch answers 503. Waits for requests in
     * flight up to drain_ms milliseconds, then cancels them and waits for that.
     * Always frees the instance: the pointer is dead when this returns, so no
     * other call on it may be about to begin. 200: nothing had to be
     * cancelled; 503: args tell what was. Answers stay valid until released.
     * [any-thread; other calls may still be running, none may begin]
     */
    sysadm_result_t (*close)(sysadm_instance_t *instance, uint64_t drain_ms,
                             sysadm_response_t *response);

    /*
     * Give an answer back. The structure is cleared, so a second release does
     * nothing; so does null. [any-thread, concurrent]
     */
    void (*release)(sysadm_response_t *response);

    /*
     * A further table of the class's by its id `name/REV`; null: unknown. What
     * it returns lives as long as the library is mapped.
     * [any-thread, concurrent]
     */
    const void *(*get_extension)(sysadm_str_t id);
} sysadm_class_t;

/* The type of the entry symbol. Never null. [any-thread, concurrent] */
typedef const sysadm_class_t *(*sysadm_class_entry_fn)(void);


/* ---- Extensions ---------------------------------------------------------- */

/*
 * "sysadm.describe/1": a class tells of itself without an instance, for help
 * texts and for building forms: a JSON object with "namespace", "name",
 * "version", "description" and "actions", an array of objects with "action",
 * "summary", "access" and "keys" (each with "key", "type", "required" and
 * "summary").
 */
#define SYSADM_EXT_DESCRIBE "sysadm.describe/1"

typedef struct sysadm_describe {
    uint32_t struct_size;
    uint32_t flags; /* none yet: 0 */

    /* Fill the response with the description. [any-thread, concurrent] */
    sysadm_result_t (*describe)(sysadm_response_t *response);
} sysadm_describe_t;

#ifdef __cplusplus
}
#endif

#endif /* SYSADM_CLASS_H */
