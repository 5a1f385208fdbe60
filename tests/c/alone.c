/*
 * The header before anything else, twice, and in both units of one program:
 * compiled once as it is and once with -DSECOND.
 */
#include "sysadm_class.h"
#include "sysadm_class.h"

uint32_t second(const sysadm_class_t *table);

#ifdef SECOND
uint32_t second(const sysadm_class_t *table)
{
    return SYSADM_HAS_FIELD(sysadm_class_t, table, get_extension) ? 0u : 1u;
}
#else
int main(void)
{
    static sysadm_class_t table;
    table.struct_size = sizeof table;
    return (int)second(&table);
}
#endif
