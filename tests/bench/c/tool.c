/* A stand-in for zpool, zfs, jls and iocage that costs next to nothing: it prints the file beside it
 * that is called by a number made of its words. Where there is a file `trace`, it tells there of being
 * asked: its own name and its words, a line each, and an empty one. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[64 << 10];

static int put(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(file, text, length);
        if (wrote < 0)
            return 1;
        text += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

static void trace(char **argv, const char *folder, int length)
{
    char text[16 << 10], path[4096];
    size_t size = 0;
    int file;

    snprintf(path, sizeof path, "%.*strace", length, folder);
    file = open(path, O_WRONLY | O_APPEND);
    if (file < 0)
        return;
    for (; *argv != NULL; argv++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%s\n", *argv);
    text[size++] = '\n';
    put(file, text, size);
    close(file);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    uint64_t number = 0xcbf29ce484222325;
    char path[4096];
    ssize_t got;
    int file, at;

    if (name == NULL)
        return 1;
    trace(argv, argv[0], (int)(name + 1 - argv[0]));
    for (at = 1; at < argc; at++) {
        const char *word = argv[at];
        do
            number = (number ^ (unsigned char)*word) * 0x100000001b3;
        while (*word++ != '\0');
    }
    snprintf(path, sizeof path, "%s.%016llx", argv[0], (unsigned long long)number);
    file = open(path, O_RDONLY);
    if (file < 0)
        return 97;
    while ((got = read(file, buffer, sizeof buffer)) > 0)
        if (put(1, buffer, (size_t)got) != 0)
            return 1;
    return got < 0;
}
