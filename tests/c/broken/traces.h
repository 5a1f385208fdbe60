/*
 * What a request of spoiled.c leaves behind in its process, for the faults that
 * leave something: a child, a thread, a handler, a destructor and the like. Not a
 * header for anybody else.
 */
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

static void *sleep_long(void *unused)
{
    nap(600000);
    return unused;
}

static void on_signal(int signal)
{
    (void)signal;
}

static void at_thread_end(void *unused)
{
    (void)unused;
}

/* What C++'s thread_local comes down to with glibc; weak, as others have another. */
extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *) __attribute__((weak));
extern void *__dso_handle;

/* What a request leaves in the process, for the faults that leave something. */
static void leave_traces(void)
{
    static const struct itimerval hour = {{0, 0}, {3600, 0}};
    static pthread_key_t key;
    static int has_key;
    pthread_t thread;
    sigset_t set;

    if (fault == PRINTS)
        printf("so much to say"); /* without a line's end: written when the process ends */
    if (fault == LEAVES_A_CHILD && fork() == 0) {
        nap(600000);
        _exit(0);
    }
    if (fault == LEAVES_A_DAEMON || fault == HANGS_WITH_CHILDREN) {
        pid_t child = fork();
        if (child == 0) {
            setsid();
            if (fork() == 0)
                nap(600000);
            _exit(0);
        }
        /* Waited for, so that a look at the process's own children finds nothing. */
        siginfo_t info;
        waitid(P_PID, (id_t)child, &info, WEXITED);
    }
    if (fault == LEAVES_A_THREAD)
        pthread_create(&thread, NULL, sleep_long, NULL);
    if (fault == LEAVES_A_DESCRIPTOR)
        (void)!open("/dev/null", O_RDONLY);
    if (fault == LEAVES_A_TIMER)
        setitimer(ITIMER_VIRTUAL, &hour, NULL);
    if (fault == HANDLES_A_SIGNAL)
        signal(SIGUSR1, on_signal);
    if (fault == BLOCKS_A_SIGNAL) {
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
    }
    if (fault == CHANGES_FOLDER)
        (void)!chdir("/");
    if (fault == CHANGES_ENVIRONMENT)
        setenv("SPOILED", "yes", 1);
    if (fault == CHANGES_UMASK)
        umask(0177);
    if (fault == CHANGES_LOCALE)
        setlocale(LC_ALL, "C.UTF-8");
    if (fault == LEAVES_A_DESTRUCTOR) {
        if (!has_key)
            has_key = pthread_key_create(&key, at_thread_end) == 0;
        pthread_setspecific(key, &key);
    }
    if (fault == IS_PINNED_BY_ITS_THREAD && __cxa_thread_atexit_impl != NULL)
        __cxa_thread_atexit_impl(at_thread_end, NULL, &__dso_handle);
    if (fault == EXITS)
        exit(0);
}
