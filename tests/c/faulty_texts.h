/*
 * faulty_texts.h - what iocage prints when all is well; a part of faulty.c, whose
 * `stopped`, `destroyed`, `created`, `cloned`, `snapped`, `renamed`, `fetched`, `removed`, `templated` and
 * `cleans` it asks.
 */
#define JAIL "0bf985de-ca0f-11e5-8d45-d05099728dbf"
#define NEW "89e78032-cfba-11e5-8209-d05099728dbf"
#define CLONE "5e1fe97e-cfba-11e5-8209-d05099728dbf"
#define RELEASES "tank/iocage/releases"
#define DF_HEAD "UUID                                  CRT    RES    QTA    USE    AVA    TAG\n"
#define LIST_HEAD "JID   UUID                                  BOOT  STATE  TAG   TYPE      IP4\n"
#define PYTHON_IDLE "None\tidle\toff\tdown\tjail\t10.2-RELEASE\t-\t-\t-\tno\n"
#define PYTHON_UP "1\ttest\toff\tup\tjail\t10.2-RELEASE\t-\t-\t-\tno\n"
/* Jails dead0000-...: for a plan that fails for some of the jails only. */
#define CROWD 65
/* The last of them, `stuck64`, does not run. */
#define STOPPED "dead0000-0000-4000-8000-000000000064"

/* What the kernel and ZFS print when they are asked what runs and what there is;
 * NULL if they are not. While something is cleaned nothing runs. */
static const char *good_machine(int argc, char **argv)
{
    static char text[2048];

    if (is_called("jls")) {
        const char *name = argc > 2 && strcmp(argv[1], "-j") == 0 ? argv[2] : "";
        if (stopped || cleans || (strcmp(name, "ioc-" JAIL) != 0 && strcmp(name, "ioc-test") != 0 &&
                                  strncmp(name, "ioc-dead0000-", 13) != 0) || strcmp(name, "ioc-" STOPPED) == 0)
            return "";
        snprintf(text, sizeof text, "jid=1 name=%s path=/iocage/jails/%s/root\n", name, name + 4);
        return text;
    }
    if (is_zfs() && argc > 5 && strcmp(argv[5], "filesystem,volume,snapshot") == 0) {
        static const char *const below[] = {"", "/root"};
        const char *own = argv[argc - 1];
        size_t length = 0, i;
        for (i = 0; i < 2; i++) {
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s\t1\t2\t3\t-\n", own, below[i]);
            if (!removed)
                length += (size_t)snprintf(text + length, sizeof text - length, "%s%s@old\t4\t5\t6\t\n", own, below[i]);
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s@base\t5\t5\t6\t\n", own, below[i]);
            if (snapped)
                length += (size_t)snprintf(text + length, sizeof text - length, "%s%s@snap\t6\t5\t6\t\n", own, below[i]);
        }
        return text;
    }
    if (is_zfs() && argc > 5 && strcmp(argv[5], "mountpoint") == 0)
        return "/nonexistent/iocage\n";
    if (is_zfs() && argc > 7 && strcmp(argv[7], "name,mounted,mountpoint") == 0) {
        snprintf(text, sizeof text, "%s\tyes\t/nonexistent/%s\n", argv[argc - 1], argv[argc - 1]);
        return text;
    }
    if (is_called("ps"))
        return "  0   120  0.0   0:00.02\n  1  2048  1.5   0:12.34\n";
    if (is_called("zpool"))
        return strcmp(argv[argc - 1], "name,comment") == 0 ? "tank\tiocage\n" : "tank\tONLINE\t9\t8\n";
    if (is_zfs() && argc > 4 && strcmp(argv[argc - 1], "tank/iocage/releases") == 0) {
        snprintf(text, sizeof text, RELEASES "\t9\n" RELEASES "/10.2-RELEASE\t8\n" RELEASES "/10.2-RELEASE/root\t7\n%s",
                 fetched ? RELEASES "/10.3-RELEASE\t6\n" RELEASES "/10.3-RELEASE/root\t5\n" : "");
        return text;
    }
    if (is_zfs() && argc > 4 && strcmp(argv[4], "filesystem,volume") == 0)
        return "tank\t-\n";
    return NULL;
}

/* What the shell iocage prints. */
static const char *good(int argc, char **argv)
{
    static char text[1 << 14];
    const char *command = argc > 1 ? argv[1] : "";
    const char *jail = argc > 2 ? argv[argc - 1] : "";
    size_t length = 0;
    int i;

#define IS(word) (strcmp(command, word) == 0)
    if (IS("df")) {
        length += (size_t)snprintf(text, sizeof text, DF_HEAD "%s%s%s",
                                   destroyed ? "" : renamed ? JAIL "  1.15x  none   none   88.1M  83.4G  moved\n"
                                                      : JAIL "  1.15x  none   none   88.1M  83.4G  test\n",
                                   created ? NEW "  1.00x  none   none   96K    83.4G  new\n" : "",
                                   cloned ? CLONE "  1.00x  none   none   96K    83.4G  copy\n" : "");
        for (i = 0; i < CROWD - templated; i++)
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       "dead0000-0000-4000-8000-0000000000%02d"
                                       "  1.00x  none   none   96K    83.4G  stuck%d\n", i, i);
        return text;
    }
    if (IS("list") && argc > 2)
        return templated ? LIST_HEAD "-     " STOPPED "  off   down   stuck64  template  -\n" : LIST_HEAD;
    if (IS("list"))
        return stopped ? LIST_HEAD "-     " JAIL "  off   down   test  basejail  -\n"
                       : LIST_HEAD "1     " JAIL "  off   up     test  basejail  -\n";
    if (IS("get"))
        return "boot:off\nnotes:none\nrelease:10.2-RELEASE\ntag:test\ntype:jail\n";
    if (IS("--version"))
        return "iocage DEVELOP (2016-02-10)\n";
    if (IS("defaults"))
        return "boot=off\nnotes=none\n";
    if (IS("activate"))
        return argc > 2 ? "" : "pool: tank\n";
    if (IS("start") || IS("stop")) {
        snprintf(text, sizeof text, "* %s %s (test)\n  + Good and well   OK\n",
                 IS("start") ? "Starting" : "Stopping", jail);
        return text;
    }
    if (IS("cap"))
        return "  + Applying resource limits OK\n";
    if (IS("create"))
        return "  Successfully created: " NEW " (new)\n";
    if (IS("clone"))
        return "  Successfully created: " CLONE " (copy)\n";
    if (IS("destroy"))
        return "\n  WARNING: this will destroy jail " JAIL "\n  Are you sure ? y[N]:  Destroying: " JAIL "\n";
    if (IS("clean"))
        return "  INFO: destroying tank/iocage:  - done!\n";
    if (IS("exec"))
        return "one\ntwo: 2\n";
    if (IS("fetch"))
        return "Extracting: base.txz\n* Updating base jail template.\n";
    if (IS("update"))
        return "* Updating jail..\nInstalling updates... done.\n";
    return "";
#undef IS
}

/* What the Python iocage, or zfs, prints for these arguments when all is well. */
static const char *good_python(int argc, char **argv)
{
    static char text[1 << 14];
    const char *command = argc > 1 ? argv[1] : "", *next = argc > 2 ? argv[2] : "";

#define IS(word) (strcmp(command, word) == 0)
#define WITH(word) (strcmp(next, word) == 0)
    if (is_zfs())
        return IS("destroy") || IS("rollback") ? "" : IS("get") ? "no\n"
               : IS("list") && strcmp(argv[4], "snapshot") != 0
                   ? "tank/iocage\ntank/iocage/jails/test\ntank/iocage/jails/test/root\n"
                   : "";
    if (IS("df")) {
        snprintf(text, sizeof text, "%s%s%s%s",
                 destroyed ? "" : "test\t1.15x\tnone\tnone\t88.1M\t83.4G\n",
                 created ? "new\t1.00x\tnone\tnone\t96K\t83.4G\n" : "",
                 cloned ? "copy\t1.00x\tnone\tnone\t96K\t83.4G\n" : "",
                 destroyed_idle ? "" : renamed ? "moved\t1.00x\tnone\tnone\t96K\t83.4G\n"
                                             : "idle\t1.00x\tnone\tnone\t96K\t83.4G\n");
        return text;
    }
    if (IS("list") && WITH("-rh"))
        return "10.2-RELEASE\n";
    if (IS("list") && WITH("-tlh"))
        return templated ? "None\tidle\toff\tdown\ttemplate\t10.2-RELEASE\t-\t-\t-\tno\n" : "";
    if (IS("list"))
        return !WITH("-lh") ? ""
               : destroyed_idle ? PYTHON_UP
               : renamed    ? PYTHON_UP "None\tmoved\toff\tdown\tjail\t10.2-RELEASE\t-\t-\t-\tno\n"
               : destroyed  ? PYTHON_IDLE
               : stopped    ? "None\ttest\toff\tdown\tjail\t10.2-RELEASE\t-\t-\t-\tno\n" PYTHON_IDLE
                            : PYTHON_UP PYTHON_IDLE;
    if (IS("get") && WITH("-p"))
        return "tank\n";
    if (IS("get"))
        return strcmp(argv[argc - 1], "default") == 0 ? "boot:off\nnotes:none\n"
                                                      : "boot:off\nmemoryuse:deny=1G\nnotes:none\nrelease:10.2-RELEASE\ntype:jail\n";
    if (IS("activate"))
        return "ZFS pool 'tank' successfully activated.\n";
    if (IS("start"))
        return "* Starting test\n  + Started OK\n";
    if (IS("stop"))
        return "* Stopping test\n  + Removing jail process OK\n";
    if (IS("rename"))
        return "Jail: idle renamed to moved\n";
    if (IS("set"))
        return "Successfully set RCTL rule for memoryuse to deny=1G\n";
    if (IS("create"))
        return "new successfully created!\n";
    if (IS("clone"))
        return "copy successfully cloned!\n";
    if (IS("destroy")) {
        snprintf(text, sizeof text, "Destroying %s\n", next);
        return text;
    }
    if (IS("clean"))
        return "All iocage datasets have been destroyed.\n";
    if (IS("snapshot"))
        return "Snapshot: tank/iocage/jails/test@snap created.\n";
    if (IS("fetch"))
        return "Fetching: 10.3-RELEASE\n\nExtracting: base.txz... \n";
    if (IS("update"))
        return "Installing updates... done.\nUpdated jail successfully.\n";
    return IS("exec") ? "one\ntwo: 2\n" : "";
#undef IS
#undef WITH
}
