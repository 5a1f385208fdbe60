/* What the class is measured against: start a program, read what it prints, wait
 * for it. Nothing is looked at, nothing bounded, nothing watched. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The number of bytes that `program list` prints, or -1. */
long spawn_and_read(const char *program)
{
    posix_spawn_file_actions_t actions;
    char *argv[] = {(char *)program, "list", NULL};
    size_t size = 0, room = 64 << 10;
    char *text = malloc(room);
    int ends[2], status;
    ssize_t got = -1;
    pid_t pid;

    if (text == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (posix_spawn(&pid, program, &actions, NULL, argv, environ) != 0)
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
