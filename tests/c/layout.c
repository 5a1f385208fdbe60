/*
 * How a compiler lays out the contract: one line for each structure, field and
 * constant of sysadm_class.h, for a test that compares them with another
 * language's. Valid as C11 and as C++17, because both must agree.
 *
 *   struct NAME SIZE ALIGNMENT
 *   field NAME.FIELD OFFSET SIZE
 *   code NAME VALUE
 *   text NAME VALUE
 *
 * It ends with 0 if SYSADM_HAS_FIELD also does what it says.
 */
#include "sysadm_class.h"

#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
#define ALIGNMENT(type) alignof(type)
#else
#define ALIGNMENT(type) _Alignof(type)
#endif

#define STRUCT(type) printf("struct " #type " %zu %zu\n", sizeof(struct type), ALIGNMENT(struct type))
#define FIELD(type, field) \
    printf("field " #type "." #field " %zu %zu\n", offsetof(struct type, field), \
           sizeof(((struct type *)NULL)->field))
#define CODE(name) printf("code " #name " %lld\n", (long long)(name))
#define TEXT(name) printf("text " #name " %s\n", name)

static void structures(void)
{
    STRUCT(sysadm_str);
    FIELD(sysadm_str, ptr);
    FIELD(sysadm_str, len);

    STRUCT(sysadm_request);
    FIELD(sysadm_request, struct_size);
    FIELD(sysadm_request, access);
    FIELD(sysadm_request, name_space);
    FIELD(sysadm_request, name);
    FIELD(sysadm_request, args);
    FIELD(sysadm_request, request_id);
    FIELD(sysadm_request, timeout_ms);
    FIELD(sysadm_request, caller);

    STRUCT(sysadm_response);
    FIELD(sysadm_response, struct_size);
    FIELD(sysadm_response, status);
    FIELD(sysadm_response, args);
    FIELD(sysadm_response, owner);

    STRUCT(sysadm_host);
    FIELD(sysadm_host, struct_size);
    FIELD(sysadm_host, abi_major);
    FIELD(sysadm_host, abi_minor);
    FIELD(sysadm_host, flags);
    FIELD(sysadm_host, user);
    FIELD(sysadm_host, log_enabled);
    FIELD(sysadm_host, log);
    FIELD(sysadm_host, is_cancelled);
    FIELD(sysadm_host, progress);
    FIELD(sysadm_host, emit_event);
    FIELD(sysadm_host, get_extension);

    STRUCT(sysadm_class);
    FIELD(sysadm_class, struct_size);
    FIELD(sysadm_class, abi_major);
    FIELD(sysadm_class, abi_minor);
    FIELD(sysadm_class, flags);
    FIELD(sysadm_class, name_space);
    FIELD(sysadm_class, name);
    FIELD(sysadm_class, version);
    FIELD(sysadm_class, description);
    FIELD(sysadm_class, create);
    FIELD(sysadm_class, dispatch);
    FIELD(sysadm_class, cancel);
    FIELD(sysadm_class, health);
    FIELD(sysadm_class, export_state);
    FIELD(sysadm_class, import_state);
    FIELD(sysadm_class, set_log_level);
    FIELD(sysadm_class, close);
    FIELD(sysadm_class, release);
    FIELD(sysadm_class, get_extension);

    STRUCT(sysadm_describe);
    FIELD(sysadm_describe, struct_size);
    FIELD(sysadm_describe, flags);
    FIELD(sysadm_describe, describe);
    FIELD(sysadm_describe, describe_here);
}

static void constants(void)
{
    CODE(SYSADM_CLASS_ABI_MAJOR);
    CODE(SYSADM_CLASS_ABI_MINOR);
    TEXT(SYSADM_CLASS_ENTRY);

    CODE(SYSADM_OK);
    CODE(SYSADM_E_NULL);
    CODE(SYSADM_E_SIZE);
    CODE(SYSADM_E_CLOSED);
    CODE(SYSADM_E_INSIDE);

    CODE(SYSADM_STATUS_OK);
    CODE(SYSADM_STATUS_BAD_REQUEST);
    CODE(SYSADM_STATUS_UNAUTHORIZED);
    CODE(SYSADM_STATUS_FORBIDDEN);
    CODE(SYSADM_STATUS_NOT_FOUND);
    CODE(SYSADM_STATUS_INTERNAL);
    CODE(SYSADM_STATUS_UNAVAILABLE);

    CODE(SYSADM_ACCESS_LIMITED);
    CODE(SYSADM_ACCESS_FULL);

    CODE(SYSADM_LOG_OFF);
    CODE(SYSADM_LOG_ERROR);
    CODE(SYSADM_LOG_WARN);
    CODE(SYSADM_LOG_INFO);
    CODE(SYSADM_LOG_DEBUG);
    CODE(SYSADM_LOG_TRACE);

    CODE(SYSADM_CLASS_UNLOAD_SAFE);
    TEXT(SYSADM_EXT_DESCRIBE);
}

/* A field is there when its last byte is. */
static int has_field_works(void)
{
    sysadm_host_t host;
    int whole, cut;

    memset(&host, 0, sizeof host);
    host.struct_size = (uint32_t)(offsetof(sysadm_host_t, log) + sizeof host.log);
    whole = SYSADM_HAS_FIELD(sysadm_host_t, &host, log);
    host.struct_size -= 1;
    cut = SYSADM_HAS_FIELD(sysadm_host_t, &host, log);
    return whole && !cut;
}

int main(void)
{
    structures();
    constants();
    return has_field_works() ? 0 : 1;
}
