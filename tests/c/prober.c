/*
 * Has MODULE tried by PROBER within LIMIT milliseconds, and prints `taken`, or the
 * sentence with which it is refused.
 */
#define _POSIX_C_SOURCE 200809L
#include "sysadm_class_probe.h"

int main(int argc, char **argv)
{
    sysadm_probe_t probe;
    char why[SYSADM_HOST_WHY];

    if (argc != 4)
        return 2;
    memset(&probe, 0, sizeof probe);
    probe.program = argv[1];
    probe.module = argv[2];
    probe.limit_ms = strtoull(argv[3], NULL, 10);
    puts(sysadm_host_probe(&probe, why, sizeof why) == SYSADM_HOST_GOOD ? "taken" : why);
    return 0;
}
