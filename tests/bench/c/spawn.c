/* What the class is measured against: start a program, read what it prints, wait
 * for it. Nothing is looked at, nothing bounded, nothing watched. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The number of bytes that a program prints which is started with these words, or -1. */
static long run(char *const argv[])
{
    posix_spawn_file_actions_t actions;
    size_t size = 0, room = 64 << 10;
    char *text = malloc(room);
    int ends[2], status;
    ssize_t got = -1;
    pid_t pid;

    if (text == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0)
        return -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    while (text != NULL && (got = read(ends[0], text + size, room - size)) > 0) {
        size += (size_t)got;
        if (size == room)
            text = realloc(text, room *= 2);
    }
    close(ends[0]);
    free(text);
    if (waitpid(pid, &status, 0) != pid || status != 0 || got != 0)
        return -1;
    return (long)size;
}

/* The number of bytes that `program list` prints, or -1. */
long spawn_and_read(const char *program)
{
    char *argv[] = {(char *)program, "list", NULL};

    return run(argv);
}

/* How much these programs print, one after the other, and these files hold, or -1. `words` are all of
 * their words, with a NULL behind those of each program and one more behind the last; `files` end so, too. */
long spawn_all_and_read(char *const words[], const char *const files[])
{
    long all = 0;

    while (*words != NULL) {
        long size = run(words);
        if (size < 0)
            return -1;
        all += size;
        while (*words++ != NULL)
            ;
    }
    for (; *files != NULL; files++) {
        struct stat about;
        int file = open(*files, O_RDONLY | O_CLOEXEC);
        char *text;
        ssize_t got;
        if (file < 0 || fstat(file, &about) != 0 || (text = malloc((size_t)about.st_size + 1)) == NULL)
            return -1;
        while ((got = read(file, text, (size_t)about.st_size + 1)) > 0)
            all += got;
        free(text);
        close(file);
        if (got < 0)
            return -1;
    }
    return all;
}
