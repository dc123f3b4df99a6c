/* manager.c - see manager.h. */
#include "query/server/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_DESCRIPTOR = 3, DESCRIPTORS_MAX = 16, LOOKUP_BYTES = 16384 };

/* A number of the environment; -1 when it is not there, or is none. */
static long environment_number(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (!text || *text < '0' || *text > '9') return -1;
    errno = 0;
    const long value = strtol(text, &end, 10);
    return *end || errno ? -1 : value;
}

static int socket_option(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static fh_status take(fhi_inherited *out, int fd, fh_err *err)
{
    const int domain = socket_option(fd, SO_DOMAIN);
    int *place = domain == AF_UNIX ? &out->lines : domain == AF_INET || domain == AF_INET6 ? &out->http : NULL;
    if (!place || socket_option(fd, SO_TYPE) != SOCK_STREAM || socket_option(fd, SO_ACCEPTCONN) != 1)
        return fhi_fail(err, FH_E_INVALID, "descriptor %d, handed over, is no listening TCP or Unix stream socket", fd);
    if (*place >= 0)
        return fhi_fail(err, FH_E_INVALID, "two %s sockets were handed over; one is served",
                        domain == AF_UNIX ? "Unix" : "TCP");
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return fhi_fail(err, FH_E_INVALID, "descriptor %d, handed over: %s", fd, fhi_errno_text(errno));
    *place = fd;
    return FH_OK;
}

fh_status fhi_manager_sockets(fhi_inherited *out, fh_err *err)
{
    *out = (fhi_inherited){.http = -1, .lines = -1};
    if (environment_number("LISTEN_PID") != (long)getpid()) return FH_OK;
    const long count = environment_number("LISTEN_FDS");
    if (count > DESCRIPTORS_MAX) return fhi_fail(err, FH_E_INVALID, "LISTEN_FDS: %ld sockets are too many", count);
    for (int i = 0; i < count; i++)
        FH_TRY(take(out, FIRST_DESCRIPTOR + i, err));
    return FH_OK;
}

void fhi_manager_tell(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') address.sun_path[0] = '\0'; /* the abstract namespace */
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    (void)close(fd);
}

fh_status fhi_become_user(const char *name, const char *own, fh_err *err)
{
    char buffer[LOOKUP_BYTES];
    struct passwd entry, *user = NULL;
    char *end;
    const unsigned long number = strtoul(name, &end, 10);
    const bool numeric = *name >= '0' && *name <= '9' && !*end && number < UINT32_MAX;
    if (numeric ? getpwuid_r((uid_t)number, &entry, buffer, sizeof buffer, &user) != 0
                : getpwnam_r(name, &entry, buffer, sizeof buffer, &user) != 0)
        user = NULL;
    if (!user) return fhi_fail(err, FH_E_INVALID, "there is no user `%s`", name);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (geteuid() == user->pw_uid) return FH_OK;
    if (*own && chown(own, user->pw_uid, user->pw_gid) != 0)
        return fhi_fail(err, FH_E_IO, "%s: cannot give it to user `%s`: %s", own, name, fhi_errno_text(errno));
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return fhi_fail(err, FH_E_IO, "cannot become user `%s`: %s", name, fhi_errno_text(errno));
    if (user->pw_uid != 0 && setuid(0) == 0) return fhi_fail(err, FH_E_IO, "user `%s` could become root again", name);
    return FH_OK;
}
