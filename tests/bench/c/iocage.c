/* A stand-in for iocage that costs next to nothing: it prints the file beside it,
 * whatever it is asked, but for its version. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char buffer[64 << 10];

int main(int argc, char **argv)
{
    char path[4096];
    size_t length = strlen(argv[0]);
    ssize_t got;
    int file;

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        static const char version[] = "iocage DEVELOP (2016-02-10)\n";
        return write(1, version, sizeof version - 1) == (ssize_t)(sizeof version - 1) ? 0 : 1;
    }
    if (length + sizeof ".out" > sizeof path)
        return 1;
    memcpy(path, argv[0], length);
    memcpy(path + length, ".out", sizeof ".out");
    file = open(path, O_RDONLY);
    if (file < 0)
        return 1;
    while ((got = read(file, buffer, sizeof buffer)) > 0) {
        ssize_t put = 0;
        while (put < got) {
            ssize_t wrote = write(1, buffer + put, (size_t)(got - put));
            if (wrote < 0)
                return 1;
            put += wrote;
        }
    }
    return got < 0;
}
