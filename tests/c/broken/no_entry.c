/*
 * A good shared library that is no class module: the entry symbol is missing.
 */
int sysadm_class_entrance(void);

int sysadm_class_entrance(void)
{
    return 0;
}
