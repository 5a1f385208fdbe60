/*
 * module.h - a class module's file and its table, for host.c: is it one that we can use,
 * how is it mapped, and how let go? Here is what a host in C does once for each file; the
 * requests, threads and signals are host.c's. A header, so that host.c is one file to compile.
 */
#ifndef MODULE_H
#define MODULE_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysadm_class_probe.h"

/* A module that is loaded, and its instance. */
struct module {
    void *library;
    const sysadm_class_t *class_;
    sysadm_instance_t *instance;
};

static sysadm_str_t str(const char *text)
{
    sysadm_str_t s;
    s.ptr = text;
    s.len = strlen(text);
    return s;
}

/* An empty response, to be filled by the class. */
static sysadm_response_t empty(void)
{
    sysadm_response_t response;
    memset(&response, 0, sizeof response);
    response.struct_size = sizeof response;
    return response;
}

/* The handshake: is this a table that we can use? Text on failure, or null. */
static const char *refuse(const sysadm_class_t *class_)
{
    if (class_ == NULL)
        return "the entry function returned no table";
    if (class_->struct_size < 8 || class_->abi_major != SYSADM_CLASS_ABI_MAJOR)
        return "ABI of another major";
    if (!SYSADM_HAS_FIELD(sysadm_class_t, class_, get_extension)) /* the last of 1.0 */
        return "the class table is too short";
    if (!class_->create || !class_->dispatch || !class_->cancel || !class_->health ||
        !class_->export_state || !class_->import_state || !class_->set_log_level || !class_->close ||
        !class_->release || !class_->get_extension)
        return "the class table lacks a function";
    if (class_->name_space.len == 0 || class_->name.len == 0 || class_->version.len == 0)
        return "the class does not say which it is";
    return NULL;
}

/* Map a file, which messages call probe->shown, and shake hands with it; where the probe
 * has a program, only if that was well in a process of its own before. Tells why not. */
static int load(sysadm_probe_t *probe, const char *file, struct module *module)
{
    char unfit[SYSADM_HOST_WHY];
    sysadm_class_entry_fn entry;
    const char *why;

    module->instance = NULL;
    module->library = NULL;
    probe->module = file;
    if (probe->program == NULL || sysadm_host_probe(probe, unfit, sizeof unfit) == SYSADM_HOST_GOOD)
        module->library = sysadm_host_map(file, probe->shown, probe->allow_unsafe, NULL, unfit, sizeof unfit);
    if (module->library == NULL) {
        fprintf(stderr, "%s\n", unfit);
        return 0;
    }
    /* ISO C has no cast from an object pointer to a function; POSIX means this. */
    *(void **)&entry = dlsym(module->library, SYSADM_CLASS_ENTRY);
    module->class_ = entry ? entry() : NULL;
    why = entry ? refuse(module->class_) : "no entry symbol";
    if (why == NULL)
        return 1;
    fprintf(stderr, "%s: %s\n", probe->shown, why);
    if (sysadm_host_may_unmap(SYSADM_CLASS_UNLOAD_SAFE))
        dlclose(module->library);
    module->library = NULL;
    return 0;
}

/* Close an instance, if there is one, and let the module go. */
static void end(struct module *module)
{
    sysadm_response_t response = empty();
    if (module->instance != NULL && module->class_->close(module->instance, 0, &response) == SYSADM_OK)
        module->class_->release(&response);
    if (sysadm_host_may_unmap(module->class_->flags))
        dlclose(module->library);
}

/* A private copy of a file, as the loader knows the old path; its name, or null. */
static const char *copy(const char *path)
{
    static char name[SYSADM_HOST_PATH], bytes[65536];
    const char *folder = getenv("TMPDIR");
    FILE *from = fopen(path, "rb");
    int to = -1;
    size_t got;

    if (from != NULL && sysadm_host_join(name, folder == NULL ? "/tmp" : folder, "/", ".sysadm-module-XXXXXX"))
        to = mkstemp(name);
    while (to >= 0 && (got = fread(bytes, 1, sizeof bytes, from)) > 0)
        if (write(to, bytes, got) != (ssize_t)got)
            break;
    got = to >= 0 && feof(from) && !ferror(from);
    if (from != NULL)
        fclose(from);
    if (to >= 0)
        close(to);
    if (to >= 0 && !got)
        unlink(name);
    return got ? name : NULL;
}

#endif
