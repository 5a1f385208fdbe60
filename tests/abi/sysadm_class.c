/*
 * Every type of sysadm_class.h, reachable from exported functions, so that
 * abidw finds it in the debug information. It is compiled and looked at, never
 * run: `check` beside it compares what is found with the stored baseline.
 */
#include "sysadm_class.h"

/* The class's table, and through its functions all that it is called with. */
SYSADM_CLASS_EXPORT const sysadm_class_t *sysadm_class_entry(void)
{
    return 0;
}

/* Extensions are handed out as void pointers, so each is named here. */
SYSADM_CLASS_EXPORT const sysadm_describe_t *extension_describe(void)
{
    return 0;
}
