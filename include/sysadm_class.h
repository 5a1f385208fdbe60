/*
 * sysadm_class.h - the contract between a host and a class module, ABI 1.1.
 *
 * A sysadm-style host answers requests by handing them to classes: a request
 * names a class by namespace and name ("sysadm", "iocage"), and carries a JSON
 * object of arguments. A class module is a shared library that holds one such
 * class. The host loads it, creates an instance, dispatches requests to it and
 * closes it again. This header is all that the two need to know of each other.
 *
 * It is plain C99 and has no dependency beside <stddef.h> and <stdint.h>. For
 * C++17 there is sysadm_class.hpp over it; template/ holds the smallest complete
 * modules.
 *
 *
 * A HOST, which hands one request to a module: host MODULE CONFIG ARGS
 *
 *   #include <dlfcn.h>
 *   #include <stdio.h>
 *   #include <string.h>
 *   #include <sysadm_class.h>
 *   int main(int argc, char **argv) {
 *       void *library = argc == 4 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
 *       sysadm_class_entry_fn entry = NULL;
 *       if (library == NULL || (*(void **)&entry = dlsym(library, SYSADM_CLASS_ENTRY)) == NULL)
 *           return fprintf(stderr, "%s\n", argc == 4 ? dlerror() : "host MODULE CONFIG ARGS"), 2;
 *       const sysadm_class_t *it = entry();
 *       if (it->abi_major != SYSADM_CLASS_ABI_MAJOR || !SYSADM_HAS_FIELD(sysadm_class_t, it, get_extension)) return 2;
 *       sysadm_response_t answer = {.struct_size = sizeof answer}, closed = answer;
 *       sysadm_instance_t *instance = NULL;
 *       it->create(NULL, (sysadm_str_t){argv[2], strlen(argv[2])}, &instance, &answer);
 *       sysadm_request_t request = {sizeof request, SYSADM_ACCESS_FULL, it->name_space, it->name,
 *                                   {argv[3], strlen(argv[3])}, .request_id = 1};
 *       if (instance != NULL) it->release(&answer), it->dispatch(instance, &request, &answer);
 *       if (instance != NULL) it->close(instance, 0, &closed), it->release(&closed);
 *       printf("%u %.*s\n", (unsigned)answer.status, (int)answer.args.len, answer.args.ptr);
 *       it->release(&answer); }
 *
 *   A real one looks at the file before it maps it (sysadm_class_host.h), has a log,
 *   time limits and many threads; host-example/c/host.c is such a one.
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
 *   `abi_major` and `abi_minor`, filled in by whoever made the table. Every
 *   other structure that crosses the border begins with `struct_size`.
 *
 *   1. Another major is another contract: refuse it, and of such a table read
 *      nothing but struct_size and abi_major, which stay where they are in
 *      every major.
 *   2. The same major is compatible in both directions, whatever the minors.
 *      A host built for 1.4 loads a module of 1.0, and the other way round.
 *   3. A field exists only if it ends at or before `struct_size` of the
 *      structure that holds it (SYSADM_HAS_FIELD); one that does not exist is
 *      treated as null or 0. So a host must not compare struct_size with its
 *      own sizeof, which grows, but ask for the fields that it needs.
 *   4. A released entity is never changed in place: no field is moved, removed,
 *      or given another type or meaning, no code another number. New fields go
 *      to the end of a structure and raise the minor.
 *   5. Anything larger is an extension: a table of its own, found by a string
 *      `name/REV` through get_extension. A released extension follows rule 4;
 *      what does not fit is `name/REV+1`, and a side may offer both.
 *   6. Bits of `flags` and codes that one side does not know are ignored, or
 *      taken as the field's comment says. Unknown bits are never set.
 *   7. Structures hold integer codes of fixed width, never C enums, whose size
 *      a compiler may choose, and no padding.
 *   8. What a class answers as JSON may gain keys in any release.
 *
 *   Rationale: size and version say different things. The size lets either
 *   side read an older or a newer table safely without a table of versions;
 *   the version is for people and for refusing what cannot work.
 *
 *   History
 *     ABI   what it brought
 *     1.0   first release: sysadm_class_t, sysadm_host_t, sysadm_request_t,
 *           sysadm_response_t; the extension sysadm.describe/1
 *     1.1   sysadm_request_t has `caller`, sysadm_describe_t `describe_here`; close
 *           answers SYSADM_E_INSIDE where it would have waited for itself
 *
 *
 * TEXT
 *
 *   Text is UTF-8 as {pointer, length}, never terminated by a zero, and may
 *   hold zeros. A null pointer is allowed only with length 0 and means the
 *   empty text. A sysadm_str_t is always borrowed: it is valid until the call
 *   it was passed to returns, unless the field says otherwise. A receiver does
 *   not trust the other side to have written UTF-8 where that would be a danger.
 *   What a class tells as JSON (answers, progress, events, its description) has from
 *   1.1 on no key twice in an object: of two, readers take now this one, now that.
 *
 *
 * THREADS
 *
 *   Each function carries one of these tags:
 *     [any-thread, concurrent]  any thread, also several at once
 *     [any-thread, exclusive]   any thread, but no other call on that instance
 *                               may be running or begin before it returns
 *     [any-thread, last]        any thread; calls on that instance may be
 *                               running, but none may begin, now or later
 *
 *   A call is known to be running once it has called one of the host's functions
 *   from inside. Until then nobody can tell it from one that is about to begin,
 *   which may find the instance gone. A host that does not want to know counts
 *   its calls and closes when none is left.
 *
 *   A thread is inside a call until that returns, also while a function of the host's
 *   runs that the call has called (log, log_enabled, is_cancelled, progress,
 *   emit_event). It must not close that instance: it would wait for its own end. A
 *   class of 1.1 answers SYSADM_E_INSIDE then and does nothing; one of 1.0 hangs.
 *
 *   Rationale: an instance is a pointer and not the number of a row in a table. A table
 *   could tell a call after close from others, for as long as no number is used again;
 *   but it would be state of the process, with a lock or a count that all calls of all
 *   instances share, to guard against a defect of the host alone: who begins a call
 *   after close has lost count of its calls, and loses more by that. Hosts whose types
 *   keep count (Rust's, sysadm_class.hpp's) cannot make the mistake.
 *
 *   Each function also says how long it may block: "does not block" means no
 *   longer than a lock that is held for a few instructions, and no program is
 *   started.
 *
 *   A class runs its work on the thread that calls it, starts no threads,
 *   installs no signal handlers, and leaves nothing behind on a thread.
 *
 *   Rationale: what a module leaves behind in a process (a thread-local
 *   destructor, a signal handler, a thread) crashes the host when the module
 *   is unloaded.
 *
 *
 * THE PROCESS
 *
 *   A class runs in the host's process and changes nothing of it. The programs
 *   that it starts have an environment, a directory, descriptors, signals and a
 *   process group of the class's making, and the rest from the host: its user
 *   and groups, its umask, its resource limits, its nice value and scheduling,
 *   its jail and cpuset, and on FreeBSD its session. So these are the host's to
 *   have right before the first dispatch, as a daemon should anyway: a umask of
 *   022 (one of 077 makes jails whose users cannot read their own files, one of
 *   0 such that anybody can write), no low limit of file size, memory, processes
 *   or open files (a limit is inherited by every jail that is started, for as
 *   long as that runs), nice 0, and no controlling terminal (setsid).
 *
 *   Rationale: to set these for a child alone takes code between fork and exec,
 *   which is not safe in a process with threads.
 *
 *
 * MEMORY
 *
 *   Whoever allocates frees. What a class answers stays the class's until it
 *   is given back with `release` of the same table, and must be given back
 *   before the library is unloaded.
 *
 *   A call gets by with 512 KiB of stack, whatever it is asked and whatever the
 *   programs that it starts have printed; a thread that calls has as much left.
 *
 *   Where no memory is left, a class cannot answer that: an allocation that
 *   fails ends the process, as one does in most programs, and a system that
 *   promises more than it has ends it later. So a host leaves room for the
 *   requests that it has answered at once. One takes at most twice its args and
 *   1 MiB until it runs something, and then at most four times what the programs
 *   have printed and 3 MiB, its answer included; a class bounds what it keeps of
 *   that, and how many requests have programs running (of sysadm/iocage these
 *   are `max_output`, for each of two streams, and `at_once`).
 *
 *
 * ERRORS
 *
 *   A call can fail in two ways, and they are kept apart. That it was no call at
 *   all (a null pointer, a structure that is too short) is the function's
 *   sysadm_result_t; then the response is as the host made it, and releasing it
 *   does nothing. How the request fared is the response's status; then the
 *   response is filled in and has to be released, whatever the status.
 *   Every function that answers sysadm_result_t answers SYSADM_E_NULL if one of
 *   its pointers is null, unless it says that it may be, and SYSADM_E_SIZE if a
 *   request or a response is too short for 1.0.
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
#define SYSADM_CLASS_ABI_MINOR 1u

/* Is this header at least of that version, of the same major? Also for #if. */
#define SYSADM_CLASS_ABI_AT_LEAST(major, minor) \
    (SYSADM_CLASS_ABI_MAJOR == (major) && SYSADM_CLASS_ABI_MINOR >= (minor))

/* The macro proved against itself: what it is derived from is easily mistyped. */
#if !SYSADM_CLASS_ABI_AT_LEAST(SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR) || \
    SYSADM_CLASS_ABI_AT_LEAST(SYSADM_CLASS_ABI_MAJOR, SYSADM_CLASS_ABI_MINOR + 1u) || \
    SYSADM_CLASS_ABI_AT_LEAST(SYSADM_CLASS_ABI_MAJOR + 1u, 0u) || \
    SYSADM_CLASS_ABI_AT_LEAST(SYSADM_CLASS_ABI_MAJOR - 1u, SYSADM_CLASS_ABI_MINOR)
#error "SYSADM_CLASS_ABI_AT_LEAST does not say what the version is"
#endif

/* The name of the one symbol a module exports, of type sysadm_class_entry_fn. */
#define SYSADM_CLASS_ENTRY "sysadm_class_entry"

/*
 * Is `field` there in *ptr, a structure of `type` that begins with struct_size?
 * `ptr` must not be null. See COMPATIBILITY, rule 3.
 */
#define SYSADM_HAS_FIELD(type, ptr, field) \
    (offsetof(type, field) + sizeof((ptr)->field) <= (ptr)->struct_size)

/*
 * For module authors: exports the entry function, and nothing else has to be
 * exported. Build with -fvisibility=hidden, so that nothing else is: symbols of
 * two modules, or of a module and its host, must not meet.
 */
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
#define SYSADM_E_NULL   (-1) /* a pointer that must not be null was null */
#define SYSADM_E_SIZE   (-2) /* a structure's struct_size is too small for 1.0 */
#define SYSADM_E_CLOSED (-3) /* the instance has been closed; from a class that can
                              * tell, for the pointer is dead after close */
#define SYSADM_E_INSIDE (-4) /* 1.1: close, by a thread that is inside a call on this
                              * instance; nothing was done, and it works on */

/* The statuses of a response, as the sysadm envelope knows them. A host takes
 * any other number for INTERNAL: whoever sent it is at fault. */
#define SYSADM_STATUS_OK           200u /* run or refused: the args tell which */
#define SYSADM_STATUS_BAD_REQUEST  400u /* not an object, no or unknown action */
#define SYSADM_STATUS_UNAUTHORIZED 401u /* the caller is not known; hosts say that */
#define SYSADM_STATUS_FORBIDDEN    403u /* the action needs SYSADM_ACCESS_FULL */
#define SYSADM_STATUS_NOT_FOUND    404u /* not this class's namespace and name */
#define SYSADM_STATUS_INTERNAL     500u /* a defect in the class; the host lives */
#define SYSADM_STATUS_UNAVAILABLE  503u /* closing, or the class cannot work now */

/* What the caller may do. LIMITED may read; changing or running needs FULL. Where a
 * class drives the host, FULL is root on the host: a jail's properties hold what the
 * host runs, mounts and gives away for it. And LIMITED reads whatever the class tells,
 * what others have written into settings included. Who has which, the host alone
 * decides, and the class believes it. */
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

/* Flags of a class. UNLOAD_SAFE: when every call has returned, every instance is
 * closed and every answer released, the library may be unmapped (dlclose) while
 * the host goes on. Without it, keep it mapped; and on FreeBSD with it, too, until
 * that was tried there: sysadm_class_host.h. */
#define SYSADM_CLASS_UNLOAD_SAFE 0x1u


/* ---- Text and answers ---------------------------------------------------- */

/* Borrowed UTF-8; see TEXT above. */
typedef struct sysadm_str {
    const char *ptr;
    size_t len;
} sysadm_str_t;

/* One request. Made by the host, borrowed by the class for the call. A class takes
 * it if it has the fields of 1.0, of which timeout_ms is the last, and asks for each
 * later one with SYSADM_HAS_FIELD. */
typedef struct sysadm_request {
    uint32_t struct_size; /* sizeof(sysadm_request_t) as the host knows it */
    uint32_t access;      /* SYSADM_ACCESS_*; an unknown value is LIMITED */
    sysadm_str_t name_space; /* compared without regard to ASCII case */
    sysadm_str_t name;       /* likewise */
    sysadm_str_t args;       /* a JSON object that holds "action" */
    uint64_t request_id;     /* for logs and cancel; should be unique among the
                              * requests in flight on this instance, else cancel
                              * ends them all; 0: no identity */
    uint64_t timeout_ms;     /* from the call, in milliseconds; 0: none. Only
                              * ever shortens the class's own time limits */
    sysadm_str_t caller;     /* 1.1: who asks, as the host knows them, for the log:
                              * a class names it in the line of each change, cut
                              * and with control characters visible. No right
                              * hangs on it. Empty: it is not said */
} sysadm_request_t;

/* One answer. The structure is the host's; what `args` points to is the
 * class's until release. The host sets struct_size before the call and leaves
 * the rest zero; the class writes it. Do not use one for a second call before it
 * was released. It may be copied; release one of the copies and forget the others. */
typedef struct sysadm_response {
    uint32_t struct_size; /* sizeof(sysadm_response_t) as the host knows it */
    uint32_t status;      /* SYSADM_STATUS_* */
    sysadm_str_t args;    /* JSON, an object; empty where there is none to give */
    void *owner;          /* the class's own; hands off */
} sysadm_response_t;


/* ---- What the host offers ------------------------------------------------ */

/*
 * The host's table, given to create. It and what `user` points to stay the
 * host's and must live, unchanged, until close has returned; the class may copy
 * the table. Every function may be null.
 *
 * All are [any-thread, concurrent]: they are called on the threads that are
 * inside this instance's functions, so a request waits while they run: they
 * should not block. They must not call that instance in turn, with the
 * exception of cancel; close is refused there, see THREADS. They close no instance of
 * any class: two that close each other from callbacks wait for each other for ever.
 * Texts are borrowed for the call. None can fail: what goes wrong in there is the
 * host's to handle, and no exception may leave them.
 */
typedef struct sysadm_host {
    uint32_t struct_size; /* sizeof(sysadm_host_t) as the host knows it */
    uint32_t abi_major;   /* SYSADM_CLASS_ABI_MAJOR */
    uint32_t abi_minor;   /* SYSADM_CLASS_ABI_MINOR */
    uint32_t flags;       /* none yet: 0 */

    /* Passed back as the first argument of every function below. May be null. */
    void *user;

    /* Would a message of this level and target be kept? Not 0: yes. Asked
     * before a message is made up, so it should be cheap. Null: every message
     * is wanted. */
    int32_t (*log_enabled)(void *user, uint32_t level, sysadm_str_t target);

    /* Take a message, a line without its end. `level` is SYSADM_LOG_ERROR to
     * SYSADM_LOG_TRACE, `target` a module path, `request_id` the request in
     * whose course it arose, or 0. Neither text holds a control character but
     * tabs, nor U+2028 or U+2029: a class that quotes others (a caller, args, a
     * program) makes these visible. Null: there is no log. */
    void (*log)(void *user, uint32_t level, sysadm_str_t target,
                sysadm_str_t message, uint64_t request_id);

    /* Has the host lost interest in this request? Not 0: yes, and the request
     * ends as by cancel. Asked now and then while a request waits, every few
     * milliseconds, so it should be cheap. `request_id` is 0 for a request that
     * has none, and while health is at work. Null: never. */
    int32_t (*is_cancelled)(void *user, uint64_t request_id);

    /* A long request tells how far it is, as a JSON object; what its members mean
     * is a convention, see "Progress and events" below. Called on the thread of the
     * request and never after its answer. A slow one delays its own request. Null: not
     * wanted, and then a class should spend nothing on it. */
    void (*progress)(void *user, uint64_t request_id, sysadm_str_t json);

    /* Something happened that is no answer to a request: the event's name and
     * a JSON object. Null: not wanted. */
    void (*emit_event)(void *user, sysadm_str_t name, sysadm_str_t json);

    /* A further table of the host's by its id `name/REV`; null: unknown. What
     * it returns is the host's, begins with its struct_size and lives as long
     * as this table. Null: the host has no extensions. */
    const void *(*get_extension)(void *user, sysadm_str_t id);
} sysadm_host_t;

/*
 * Progress and events
 *
 *   So that a host can show how any class's work goes on without knowing the class,
 *   progress has these members. All but `state`, `action` and `since_ms` may be
 *   missing, a host takes others for granted, and trusts no text: it is what programs
 *   printed. include/schema/progress.json is the same as a JSON Schema.
 *
 *     state     "waiting" for somebody else, or "running"
 *     action    the request's
 *     since_ms  how long the request has taken so far, in ms
 *     jail      what it is about, as the request calls it (a class of other things
 *               has a member of its own)
 *     program   the program that is run and its words, an array of texts. Who may not
 *               know the words, or must not have them logged, gets the first alone
 *     step      the how manieth program of this request that is, from 1
 *     exit, signal   it has ended, with this status or by this signal. An object with
 *               neither may be the last one of a program, too
 *     output    what it has printed since the last object, whole lines as they stand on
 *               a screen, bounded; what was left out is said in a line of its own
 *     item      what of it is at hand, such as a file that is downloaded
 *     percent   how much of the item is done, 0 to 100; it does not fall while the item
 *               stays the same
 *     for       with "waiting": an object that says for whom or what
 *
 *   A class tells the beginning and the end of each program, in between at most twice and
 *   about once a second, and of a wait at once and then at most twice a second.
 *
 *   An event belongs to no request; every client that may ask the class anything, with
 *   whatever access, may see it. By convention its name is the class's, by which a host's
 *   clients ask for it, and its members are `action` and `request`, as the request was
 *   numbered by the host, `outcome` ("done", "failed", or "ended" for what was stopped on
 *   the way), then what it is about and `state`, where that is known.
 *   include/schema/event.json.
 */


/* ---- What the class offers ----------------------------------------------- */

/* One instance of a class; what it is, only the class knows. Made by create,
 * owned by the host until it gives it to close. */
typedef struct sysadm_instance sysadm_instance_t;

/*
 * The class's table: the class's, constant, and alive as long as the library is
 * mapped. All functions of 1.0 are there, none is null; a host refuses a table
 * in which one is, or in which a text of the identity is not UTF-8 or, but for
 * the description, empty.
 *
 * A function that has something to say fills a sysadm_response_t, which must not
 * be null and which the host gives back with release, whatever its status. None
 * lets a panic or an exception out: a defect inside is an answer with status
 * 500, and the next call works.
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
     * host:     may be null, then nothing is logged and nothing cancelled. What
     *           a shorter table of the same major lacks is null.
     * config:   a JSON object, or empty for the defaults; borrowed for the call.
     * instance: where the instance is written; set to null on every failure.
     * Does not block, and starts no program: whether the class can work is
     * asked by health.
     * 200: *instance is set, to be given to close. 400: the configuration or
     * the host's table is refused and args say why.
     */
    sysadm_result_t (*create)(const sysadm_host_t *host, sysadm_str_t config,
                              sysadm_instance_t **instance, sysadm_response_t *response);

    /*
     * Answer a request. [any-thread, concurrent]
     * The request and its texts are borrowed for the call.
     * Blocks for as long as the work takes, on the calling thread. Each
     * program that is started, and there may be several, is held to a
     * configured time limit, and all of them to the request's own deadline;
     * one that does not end by itself then has some seconds until it is killed,
     * and a few more may go into finding out what it has left.
     * 200, 400, 403, 404, 500 or 503; see SYSADM_STATUS_*.
     */
    sysadm_result_t (*dispatch)(sysadm_instance_t *instance, const sysadm_request_t *request,
                                sysadm_response_t *response);

    /*
     * End the requests in flight with this id early; they answer that they
     * were cancelled, or how they fared if they were just done. Unknown ids,
     * and 0, are ignored. Does not wait for that, and does not block.
     * [any-thread, concurrent]
     */
    sysadm_result_t (*cancel)(sysadm_instance_t *instance, uint64_t request_id);

    /*
     * Can the class do its work? 200 or 503, args tell what was found.
     * May start a program that reads, and blocks within its time limit;
     * timeout_ms as in a request. [any-thread, concurrent]
     */
    sysadm_result_t (*health)(sysadm_instance_t *instance, uint64_t timeout_ms,
                              sysadm_response_t *response);

    /*
     * What another version of this class should know when it takes over, as a
     * JSON object with "id" and "version". 200, or 503 when closing. Does not
     * block. [any-thread, concurrent]
     */
    sysadm_result_t (*export_state)(sysadm_instance_t *instance, sysadm_response_t *response);

    /*
     * Take over what export_state of another version said; borrowed for the
     * call. 200, or 400: not understood, and nothing was changed. To be called
     * before the first dispatch. Does not block. [any-thread, exclusive]
     */
    sysadm_result_t (*import_state)(sysadm_instance_t *instance, sysadm_str_t state,
                                    sysadm_response_t *response);

    /*
     * Keep messages above this level (SYSADM_LOG_*) from the host's log;
     * SYSADM_LOG_OFF keeps all. An unknown level is TRACE, which is also what
     * an instance begins with. Does not block. [any-thread, concurrent]
     */
    sysadm_result_t (*set_log_level)(sysadm_instance_t *instance, uint32_t level);

    /*
     * End an instance. From now on dispatch answers 503. Waits for requests in
     * flight up to drain_ms milliseconds, then cancels them and waits for that,
     * which is a matter of seconds.
     * Frees the instance, unless it answers SYSADM_E_NULL, SYSADM_E_SIZE or
     * SYSADM_E_INSIDE: the pointer is dead when this returns. A call that was running has ended its
     * work then and calls the host no more, but may still be on its way back.
     * 200: nothing had to be cancelled; 503: args tell what was. Answers stay
     * valid until released. [any-thread, last]
     */
    sysadm_result_t (*close)(sysadm_instance_t *instance, uint64_t drain_ms,
                             sysadm_response_t *response);

    /*
     * Give an answer back, of whichever instance of this class, also after its
     * close. The structure is cleared but for its size, so a second release does
     * nothing; so does null, and a response that no call has filled.
     * Does not block. [any-thread, concurrent]
     */
    void (*release)(sysadm_response_t *response);

    /*
     * A further table of the class's by its id `name/REV`; null: unknown. What
     * it returns is the class's, begins with its struct_size and lives as long
     * as the library is mapped. The id is borrowed for the call. Needs no
     * instance, does not block. [any-thread, concurrent]
     */
    const void *(*get_extension)(sysadm_str_t id);
} sysadm_class_t;

/* The type of the entry symbol. Takes nothing, returns the class's table, always
 * the same and never null; does not block. [any-thread, concurrent] */
typedef const sysadm_class_t *(*sysadm_class_entry_fn)(void);

/* What a module defines. Hosts do not link against it, they look it up. */
SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void);


/* ---- Extensions ---------------------------------------------------------- */

/*
 * "sysadm.describe/1": a class tells of itself without an instance, for help
 * texts and for building forms: a JSON object with "namespace", "name",
 * "version", "description" and "actions", an array of objects with "action",
 * "summary", "access" and "keys" (each with "key", "type", "required" and
 * "summary"). What it says dispatch holds to: without a required key, or with a
 * value of another type, a request is refused, by 400 or by an object under the
 * action's name with "error", or "code" and "key" ("missing-key", "wrong-type").
 * null is of another type than the rest. From 1.1 on a key that is there twice is
 * refused so, too: who looks at a request before the class may take the other one.
 */
#define SYSADM_EXT_DESCRIBE "sysadm.describe/1"

/* The table of that extension; the class's, as get_extension says. */
typedef struct sysadm_describe {
    uint32_t struct_size; /* sizeof(sysadm_describe_t) as the class knows it */
    uint32_t flags;       /* none yet: 0 */

    /* Fill the response with the description, status 200; it is released like
     * any other. Never null. Does not block. [any-thread, concurrent] */
    sysadm_result_t (*describe)(sysadm_response_t *response);

    /* 1.1: the same of one instance: where its configuration denies something to
     * everybody, "denied" tells what, an object whose form is the class's. Status
     * 200, or 503 when closing. May be null: then it is as describe tells.
     * Does not block. [any-thread, concurrent] */
    sysadm_result_t (*describe_here)(sysadm_instance_t *instance, sysadm_response_t *response);
} sysadm_describe_t;


/* ---- The layout, proved where it is used ---------------------------------- */

/*
 * A compiler, or a packing option, that lays these out in another way is refused
 * here and not at run time. The sizes are those of 1.1, by their parts; no
 * structure has padding. (An array's size instead of _Static_assert, which is
 * not C99.)
 */
#define SYSADM_LAYOUT(name, is_so) typedef char sysadm_layout_##name[(is_so) ? 1 : -1]

SYSADM_LAYOUT(str, sizeof(sysadm_str_t) == sizeof(char *) + sizeof(size_t));
SYSADM_LAYOUT(request, sizeof(sysadm_request_t) == 2 * 4 + 4 * sizeof(sysadm_str_t) + 2 * 8);
SYSADM_LAYOUT(response, sizeof(sysadm_response_t) == 2 * 4 + sizeof(sysadm_str_t) + sizeof(void *));
SYSADM_LAYOUT(host, sizeof(sysadm_host_t) == 4 * 4 + 7 * sizeof(void *));
SYSADM_LAYOUT(class, sizeof(sysadm_class_t) == 4 * 4 + 4 * sizeof(sysadm_str_t) + 10 * sizeof(void *));
SYSADM_LAYOUT(describe, sizeof(sysadm_describe_t) == 2 * 4 + 2 * sizeof(void *));

#ifdef __cplusplus
}
#endif

#endif /* SYSADM_CLASS_H */
