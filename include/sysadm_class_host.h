/*
 * sysadm_class_host.h - what a host in C or C++ asks before it maps a module's file,
 * and whether it unmaps it. Header-only, over sysadm_class.h and POSIX; also what
 * sysadm_class.hpp stands on. A class needs nothing of it.
 *
 *   #define _POSIX_C_SOURCE 200809L     with -std=c11, before the first #include
 *   char why[SYSADM_HOST_WHY];
 *   void *library = sysadm_host_map(path, path, 0, NULL, why, sizeof why);
 *   if (library == NULL) fail(why);
 *   ...
 *   if (sysadm_host_may_unmap(class_->flags)) dlclose(library);
 *
 * Before dlopen the file is looked at, as by the Rust host and in its words:
 *
 * WHOLE. The system's loader maps what the program headers say without asking how
 * long the file is; the first touch of a page beyond its end is SIGBUS, and the host
 * is gone. A copy that is still being written, or a full disk, is enough for that.
 * (A file that shrinks later still crashes: replace a module by a rename.)
 *
 * ROOT'S ALONE, in a process of root's. Who can write to a module, or put another in
 * its place, is root as well. So each folder on the way, each link and the file must
 * belong to root and be writable by nobody else; but in a folder with the sticky bit,
 * like /tmp, what is root's is safe. It fails closed: what cannot be looked at is not
 * trusted. What a module links against is not looked at, nor are access lists. Looking
 * and then mapping by name is no race: each name is looked up in a folder that was found
 * to be root's alone before. WHO MAPS A COPY has to call sysadm_host_look for the
 * original before it is copied: the copy is root's, whoever the original belonged to.
 *
 * All functions are [any-thread, concurrent] and block for as long as the file system
 * does. They use 40 KiB of stack.
 */
#ifndef SYSADM_CLASS_HOST_H
#define SYSADM_CLASS_HOST_H

#include "sysadm_class.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef O_CLOEXEC
#error "sysadm_class_host.h needs POSIX 2008: define _POSIX_C_SOURCE as 200809L before the first #include, or compile with -std=gnu11"
#endif

/*
 * Does a host unmap a module that is UNLOAD_SAFE when nobody uses it any more? Not on
 * FreeBSD: there what a thread leaves to be destroyed at its end is called whether it
 * is still mapped or not, so that one careless line in a module is a crash, where
 * other systems keep the library; and no module has been tried. What is not unmapped
 * costs the module's size with each replacement. All hosts follow this one rule; the
 * Rust ones have it as sysadm_class::host::UNMAPS. Define it to try.
 */
#ifndef SYSADM_CLASS_UNMAPS
#ifdef __FreeBSD__
#define SYSADM_CLASS_UNMAPS 0
#else
#define SYSADM_CLASS_UNMAPS 1
#endif
#endif

/* What is wrong with a file. */
#define SYSADM_HOST_GOOD          0
#define SYSADM_HOST_UNREADABLE    1 /* no such file, or not to be read */
#define SYSADM_HOST_NOT_A_LIBRARY 2 /* something else, or cut short */
#define SYSADM_HOST_UNSAFE        3 /* we are root, and others can replace it */
#define SYSADM_HOST_REFUSED       4 /* by the system's loader */

/* The longest path that is followed, and room for a sentence with two of them. */
#define SYSADM_HOST_PATH 4096
#define SYSADM_HOST_WHY  (2 * SYSADM_HOST_PATH + 256)

#ifdef __cplusplus
#define SYSADM_HOST_AS(type, value) static_cast<type>(value)
extern "C" {
#else
#define SYSADM_HOST_AS(type, value) ((type)(value))
#endif

/* May the library of a class with these flags be unmapped, once it is done with? */
static inline int sysadm_host_may_unmap(uint32_t flags)
{
    return SYSADM_CLASS_UNMAPS != 0 && (flags & SYSADM_CLASS_UNLOAD_SAFE) != 0;
}

static inline int sysadm_host_say(int fault, char *why, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, size, format, arguments);
    va_end(arguments);
    return fault;
}

/* a, separator and b in `out`, which has room for a path; 0 if that is too long. */
static inline int sysadm_host_join(char *out, const char *a, const char *separator, const char *b)
{
    const size_t length = strlen(a), middle = strlen(separator), end = strlen(b);
    if (length + middle + end >= SYSADM_HOST_PATH)
        return 0;
    memmove(out, a, length);
    memcpy(out + length, separator, middle);
    memcpy(out + length + middle, b, end + 1);
    return 1;
}

/* One thing on the way, in a folder that may be a sticky one (01000). */
static inline int sysadm_host_judge(const char *path, const struct stat *found, int in_sticky, char *why,
                                    size_t size)
{
    const unsigned mode = SYSADM_HOST_AS(unsigned, found->st_mode) & 07777u;
    const int is_link = S_ISLNK(found->st_mode);
    /* A link cannot be changed, only replaced, and that the folder decides. */
    if (found->st_uid != 0 && (!is_link || in_sticky))
        return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s belongs to user %lu (mode %04o)", path,
                               SYSADM_HOST_AS(unsigned long, found->st_uid), mode);
    if ((mode & 022u) != 0 && !is_link && !(S_ISDIR(found->st_mode) && (mode & 01000u) != 0))
        return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size,
                               "others than its owner can write to %s (mode %04o)", path, mode);
    return SYSADM_HOST_GOOD;
}

static inline int sysadm_host_lstat(const char *path, struct stat *found, char *why, size_t size)
{
    if (lstat(path, found) == 0)
        return SYSADM_HOST_GOOD;
    if (errno == ENOENT || errno == ENOTDIR)
        return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s does not exist", path);
    return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s cannot be looked at: %s", path, strerror(errno));
}

/* Can nobody but root change the file at `path`? SYSADM_HOST_UNSAFE and a sentence
 * if somebody can, or if that cannot be told. */
static inline int sysadm_host_trust(const char *path, char *why, size_t size)
{
    static const char long_[] = "its path is too long to be followed";
    char at[SYSADM_HOST_PATH] = "", next[SYSADM_HOST_PATH], todo[SYSADM_HOST_PATH], target[SYSADM_HOST_PATH];
    struct stat here, found;
    const char *word = todo;
    int links = 0;

    if (path[0] != '/' && getcwd(next, sizeof next) == NULL)
        return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "the working folder cannot be told: %s",
                               strerror(errno));
    if (!sysadm_host_join(todo, path[0] == '/' ? "" : next, "/", path))
        return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s", long_);
    if (sysadm_host_lstat("/", &here, why, size) || sysadm_host_judge("/", &here, 0, why, size))
        return SYSADM_HOST_UNSAFE;
    for (;;) {
        size_t length;
        word += strspn(word, "/");
        length = strcspn(word, "/");
        if (length == 0)
            return SYSADM_HOST_GOOD;
        if (length == 1 && word[0] == '.') {
            word++;
            continue;
        }
        memcpy(target, word, length);
        target[length] = '\0';
        word += length;
        if (!sysadm_host_join(next, at, "/", target))
            return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s", long_);
        if (!S_ISDIR(here.st_mode))
            return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s does not exist", next);
        if (strcmp(target, "..") == 0) {
            /* Without links in it, the name says which folder that is; it was judged. */
            char *last = strrchr(at, '/');
            if (last != NULL)
                *last = '\0';
            if (sysadm_host_lstat(at[0] == '\0' ? "/" : at, &here, why, size))
                return SYSADM_HOST_UNSAFE;
            continue;
        }
        if (sysadm_host_lstat(next, &found, why, size) ||
            sysadm_host_judge(next, &found, (here.st_mode & 01000u) != 0, why, size))
            return SYSADM_HOST_UNSAFE;
        if (S_ISLNK(found.st_mode)) {
            ssize_t got;
            if (++links > 40) /* as many as Linux follows */
                return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size,
                                       "more than 40 links are on the way to %s", path);
            got = readlink(next, target, sizeof target - 1);
            if (got < 0)
                return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s cannot be looked at: %s", next,
                                       strerror(errno));
            target[got] = '\0';
            if (!sysadm_host_join(next, target, "/", word))
                return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s", long_);
            memcpy(todo, next, strlen(next) + 1);
            word = todo;
            if (target[0] == '/') {
                at[0] = '\0';
                if (sysadm_host_lstat("/", &here, why, size))
                    return SYSADM_HOST_UNSAFE;
            }
        } else {
            memcpy(at, next, strlen(next) + 1);
            here = found;
        }
    }
}

/* Numbers of an ELF file, of our own kind: of two bytes, and as wide as a pointer. */
static inline unsigned sysadm_host_half(const unsigned char *at)
{
    uint16_t half;
    memcpy(&half, at, sizeof half);
    return half;
}

static inline uint64_t sysadm_host_word(const unsigned char *at)
{
    uintptr_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t sysadm_host_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* e_machine of what this is compiled for; 0 is left to the loader. */
#if defined(__i386__)
#define SYSADM_HOST_MACHINE 3u
#elif defined(__powerpc64__)
#define SYSADM_HOST_MACHINE 21u
#elif defined(__powerpc__)
#define SYSADM_HOST_MACHINE 20u
#elif defined(__s390x__)
#define SYSADM_HOST_MACHINE 22u
#elif defined(__arm__)
#define SYSADM_HOST_MACHINE 40u
#elif defined(__x86_64__)
#define SYSADM_HOST_MACHINE 62u
#elif defined(__aarch64__)
#define SYSADM_HOST_MACHINE 183u
#elif defined(__riscv) && __riscv_xlen == 64
#define SYSADM_HOST_MACHINE 243u
#elif defined(__loongarch64)
#define SYSADM_HOST_MACHINE 258u
#else
#define SYSADM_HOST_MACHINE 0u
#endif

static inline const char *sysadm_host_machine(unsigned code)
{
    static const struct {
        unsigned code;
        const char *name;
    } names[] = {{3, "x86"},      {20, "powerpc"},  {21, "powerpc64"}, {22, "s390x"},       {40, "arm"},
                 {62, "x86_64"}, {183, "aarch64"}, {243, "riscv64"},  {258, "loongarch64"}};
    size_t i;
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == code)
            return names[i].name;
    return "another machine";
}

/* Of a segment: where it is in the file and in memory, and how long it is there. */
struct sysadm_host_segment {
    uint64_t offset, address, in_memory;
};

#define SYSADM_HOST_SEGMENTS 32u

/* Is this address one of a segment's? Where in the file, then. */
static inline int sysadm_host_home(const struct sysadm_host_segment *segments, unsigned count, uint64_t address,
                                   uint64_t *offset)
{
    unsigned i;
    for (i = 0; i < count; i++)
        if (address >= segments[i].address && address - segments[i].address < segments[i].in_memory) {
            *offset = sysadm_host_sum(segments[i].offset, address - segments[i].address);
            return 1;
        }
    return 0;
}

/* Do the relocations write to a place that the file has not? Behind a library lies
 * whatever this process has there, so that a trial in another one does not tell. The
 * `count` program headers begin at `start`. Packed relocations are left to the loader,
 * and so is a file that has more segments than any module. */
static inline int sysadm_host_stray(int file, uint64_t start, unsigned count, uint64_t *at)
{
    const int wide = sizeof(void *) == 8;
    const size_t word = sizeof(void *), program_size = wide ? 56 : 32;
    /* The tags of place and size of each table, and the words of an entry. */
    uint64_t tables[3][3] = {{7, 8, 3}, {17, 18, 2}, {23, 2, 2}};
    uint64_t values[24] = {0}, dynamic = 0, length = 0, offset, done;
    struct sysadm_host_segment segments[SYSADM_HOST_SEGMENTS];
    unsigned char bytes[96 * sizeof(void *)];
    unsigned i, used = 0;
    uint32_t kind;

    for (i = 0; i < count; i++) {
        if (pread(file, bytes, program_size, SYSADM_HOST_AS(off_t, start + program_size * i)) !=
            SYSADM_HOST_AS(ssize_t, program_size))
            return 0;
        memcpy(&kind, bytes, sizeof kind);
        offset = sysadm_host_word(bytes + (wide ? 8 : 4));
        if (kind == 2 && length == 0) {
            dynamic = offset;
            length = sysadm_host_word(bytes + (wide ? 32 : 16));
        } else if (kind == 1) {
            if (used == SYSADM_HOST_SEGMENTS)
                return 0;
            segments[used].offset = offset;
            segments[used].address = sysadm_host_word(bytes + (wide ? 16 : 8));
            segments[used++].in_memory = sysadm_host_word(bytes + (wide ? 40 : 20));
        }
    }
    for (done = 0; done + 2 * word <= length; done += 2 * word) {
        uint64_t tag;
        if (pread(file, bytes, 2 * word, SYSADM_HOST_AS(off_t, sysadm_host_sum(dynamic, done))) !=
            SYSADM_HOST_AS(ssize_t, 2 * word))
            break;
        tag = sysadm_host_word(bytes);
        if (tag == 0)
            break;
        if (tag < sizeof values / sizeof values[0] && values[tag] == 0)
            values[tag] = sysadm_host_word(bytes + word);
    }
    /* Of which of both kinds those of the functions are. */
    tables[2][2] = values[20] == 7 ? 3 : 2;
    for (i = 0; i < 3; i++) {
        const size_t entry = SYSADM_HOST_AS(size_t, tables[i][2]) * word, most = sizeof bytes / entry * entry;
        length = values[tables[i][1]];
        if (values[tables[i][0]] == 0 || !sysadm_host_home(segments, used, values[tables[i][0]], &offset))
            continue;
        for (done = 0; done + entry <= length; done += most) {
            const uint64_t left = (length - done) / entry * entry;
            const size_t wanted = left < most ? SYSADM_HOST_AS(size_t, left) : most;
            const ssize_t got = pread(file, bytes, wanted, SYSADM_HOST_AS(off_t, sysadm_host_sum(offset, done)));
            size_t next;
            for (next = 0; got > 0 && next + entry <= SYSADM_HOST_AS(size_t, got); next += entry) {
                uint64_t unused;
                *at = sysadm_host_word(bytes + next);
                if (!sysadm_host_home(segments, used, *at, &unused))
                    return 1;
            }
            if (got < SYSADM_HOST_AS(ssize_t, wanted))
                break;
        }
    }
    return 0;
}

/* Is the open file an ELF shared object that is whole and meant for this machine?
 * Positions are those of the ELF specification, for the host's width of addresses;
 * only the host's own byte order is read. */
static inline int sysadm_host_elf(int file, uint64_t length, char *why, size_t size)
{
    const int wide = sizeof(void *) == 8, bad = SYSADM_HOST_NOT_A_LIBRARY;
    const size_t header_size = wide ? 64 : 52, program_size = wide ? 56 : 32;
    const unsigned char *counts;
    unsigned char header[64], program[56];
    const uint16_t one = 1;
    unsigned class_ = wide ? 2 : 1, order, kind, found, i, count;
    uint64_t start, end, programs;
    ssize_t got = pread(file, header, header_size, 0);

    memcpy(program, &one, sizeof one);
    order = program[0] == 1 ? 1 : 2;
    if (got < 0)
        return sysadm_host_say(SYSADM_HOST_UNREADABLE, why, size, "%s", strerror(errno));
    if (got < 4 || memcmp(header, "\177ELF", 4) != 0)
        return sysadm_host_say(bad, why, size, "it is not an ELF file");
    if (SYSADM_HOST_AS(size_t, got) < header_size)
        return sysadm_host_say(bad, why, size, "it is cut short: %lu bytes long, expected at least %lu",
                               SYSADM_HOST_AS(unsigned long, got), SYSADM_HOST_AS(unsigned long, header_size));
    if (header[4] != class_)
        return sysadm_host_say(bad, why, size, "its address width has the ELF code %u, expected %u",
                               SYSADM_HOST_AS(unsigned, header[4]), class_);
    if (header[5] != order)
        return sysadm_host_say(bad, why, size, "its byte order has the ELF code %u, expected %u",
                               SYSADM_HOST_AS(unsigned, header[5]), order);
    kind = sysadm_host_half(header + 16);
    if (kind != 3)
        return sysadm_host_say(bad, why, size, "it is an ELF file of kind %u, expected 3 (shared object)", kind);
    found = sysadm_host_half(header + 18);
    if (SYSADM_HOST_MACHINE != 0 && found != SYSADM_HOST_MACHINE)
        return sysadm_host_say(bad, why, size, "it is for %s (ELF code %u), expected %s (%u)",
                               sysadm_host_machine(found), found, sysadm_host_machine(SYSADM_HOST_MACHINE),
                               SYSADM_HOST_MACHINE);
    /* Size and count of the program headers, then of the section headers. */
    counts = header + (wide ? 54 : 42);
    if (sysadm_host_half(counts) != program_size)
        return sysadm_host_say(bad, why, size, "its program headers have %u bytes each, expected %lu",
                               sysadm_host_half(counts), SYSADM_HOST_AS(unsigned long, program_size));
    count = sysadm_host_half(counts + 2);
    programs = start = sysadm_host_word(header + (wide ? 32 : 28));
    end = sysadm_host_sum(start, program_size * count);
    /* Where the headers themselves are not there, their own end tells. */
    for (i = 0; i < count && start <= length; i++) {
        uint64_t last;
        got = pread(file, program, program_size, SYSADM_HOST_AS(off_t, start + program_size * i));
        if (got < 0)
            return sysadm_host_say(SYSADM_HOST_UNREADABLE, why, size, "%s", strerror(errno));
        if (SYSADM_HOST_AS(size_t, got) < program_size)
            break;
        last = sysadm_host_sum(sysadm_host_word(program + (wide ? 8 : 4)),
                               sysadm_host_word(program + (wide ? 32 : 16)));
        end = last > end ? last : end;
    }
    /* The loader needs no section headers, but linkers put them last: with them every
     * cut is seen, also one behind all that is mapped. */
    start = sysadm_host_sum(sysadm_host_word(header + (wide ? 40 : 32)),
                            SYSADM_HOST_AS(uint64_t, sysadm_host_half(counts + 4)) * sysadm_host_half(counts + 6));
    end = start > end ? start : end;
    if (end > length)
        return sysadm_host_say(bad, why, size, "it is cut short: %llu bytes long, expected at least %llu",
                               SYSADM_HOST_AS(unsigned long long, length),
                               SYSADM_HOST_AS(unsigned long long, end));
    if (sysadm_host_stray(file, programs, count, &end))
        return sysadm_host_say(bad, why, size, "it is damaged: a relocation writes to 0x%llx, where it has nothing",
                               SYSADM_HOST_AS(unsigned long long, end));
    return SYSADM_HOST_GOOD;
}

/* May the file at `path` be handed to the system's loader? What is wrong with it, and
 * in `why` a sentence, in which the file is called `shown`: of a copy its original.
 * `allow_unsafe`: as root also if others can replace it? */
static inline int sysadm_host_look(const char *path, const char *shown, int allow_unsafe, char *why, size_t size)
{
    char reason[SYSADM_HOST_PATH + 256];
    struct stat found;
    int file, fault;

    if (stat(path, &found) != 0)
        return errno == ENOENT
                   ? sysadm_host_say(SYSADM_HOST_UNREADABLE, why, size, "no such file: %s", shown)
                   : sysadm_host_say(SYSADM_HOST_UNREADABLE, why, size, "cannot read %s: %s", shown,
                                     strerror(errno));
    /* Asked before it is opened: opening a pipe waits for its other end. */
    if (!S_ISREG(found.st_mode))
        return sysadm_host_say(SYSADM_HOST_NOT_A_LIBRARY, why, size,
                               "%s is not a shared library for this host: it is not a regular file", shown);
    /* What was found until here tells which sentence is said, not whether it is safe. */
    if (!allow_unsafe && geteuid() == 0 && sysadm_host_trust(path, reason, sizeof reason) != SYSADM_HOST_GOOD)
        return sysadm_host_say(SYSADM_HOST_UNSAFE, why, size, "%s is not loaded as root: %s", shown, reason);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &found) != 0)
        fault = sysadm_host_say(SYSADM_HOST_UNREADABLE, reason, sizeof reason, "%s", strerror(errno));
    else
        fault = sysadm_host_elf(file, SYSADM_HOST_AS(uint64_t, found.st_size), reason, sizeof reason);
    if (file >= 0)
        close(file);
    if (fault == SYSADM_HOST_UNREADABLE)
        sysadm_host_say(fault, why, size, "cannot read %s: %s", shown, reason);
    else if (fault != SYSADM_HOST_GOOD)
        sysadm_host_say(fault, why, size, "%s is not a shared library for this host: %s", shown, reason);
    return fault;
}

/* Look at a module's file and map it. Null and a sentence if it is not to be mapped;
 * in *fault, if that is not null, what is wrong. A path that the loader has seen
 * before may give the library that it already has, whatever the file holds now. */
static inline void *sysadm_host_map(const char *path, const char *shown, int allow_unsafe, int *fault, char *why,
                                    size_t size)
{
    char slashed[SYSADM_HOST_PATH];
    void *library = NULL;
    int found = sysadm_host_look(path, shown, allow_unsafe, why, size);

    if (found == SYSADM_HOST_GOOD) {
        /* A name without a slash would be looked for in the system's folders. */
        if (strchr(path, '/') == NULL && sysadm_host_join(slashed, ".", "/", path))
            path = slashed;
        library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            const char *said = dlerror();
            found = sysadm_host_say(SYSADM_HOST_REFUSED, why, size, "%s cannot be loaded: %s", shown,
                                    said == NULL ? "no reason given" : said);
        }
    }
    if (fault != NULL)
        *fault = found;
    return library;
}

#ifdef __cplusplus
}
#endif

#undef SYSADM_HOST_AS
#undef SYSADM_HOST_MACHINE

#endif /* SYSADM_CLASS_HOST_H */
