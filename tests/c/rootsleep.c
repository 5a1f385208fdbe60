/* A program that its caller may start and not signal, as what sudo runs: set-user-ID root. */
#define _GNU_SOURCE
#include <unistd.h>

int main(void)
{
    if (setresuid(0, 0, 0) != 0)
        return 1;
    sleep(60);
    return 0;
}
