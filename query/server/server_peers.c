/* server_peers.c - SO_PEERCRED: what the kernel says of who connected, which no client can make up. */
#include "query/server/server_peers.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { NAME_BYTES_MAX = 64, LOOKUP_BYTES = 16384, PEER_GROUPS_MAX = 1024 };

/* A plain decimal number other than (uid_t)-1, which means nobody. */
static bool parse_number(const char *name, unsigned *out)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(name, &end, 10);
    if (*name < '0' || *name > '9' || *end || errno || value >= UINT32_MAX) return false;
    *out = (unsigned)value;
    return true;
}

static bool find_user(const char *name, uid_t *out)
{
    char buffer[LOOKUP_BYTES];
    struct passwd entry, *found = NULL;
    if (parse_number(name, out)) return true;
    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || !found) return false;
    *out = found->pw_uid;
    return true;
}

static bool find_group(const char *name, gid_t *out)
{
    char buffer[LOOKUP_BYTES];
    struct group entry, *found = NULL;
    if (parse_number(name, out)) return true;
    if (getgrnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || !found) return false;
    *out = found->gr_gid;
    return true;
}

static fh_status add(fhi_peers *peers, const char *name, fh_err *err)
{
    if (peers->user_count == FHI_PEERS_MAX || peers->group_count == FHI_PEERS_MAX)
        return fhi_fail(err, FH_E_LIMIT, "at most %d users and as many groups", FHI_PEERS_MAX);
    if (name[0] == '@') {
        if (!find_group(name + 1, &peers->groups[peers->group_count]))
            return fhi_fail(err, FH_E_INVALID, "there is no group `%s`", name + 1);
        peers->group_count++;
        return FH_OK;
    }
    if (!find_user(name, &peers->users[peers->user_count]))
        return fhi_fail(err, FH_E_INVALID, "there is no user `%s`", name);
    peers->user_count++;
    return FH_OK;
}

fh_status fhi_peers_parse(const char *text, fhi_peers *out, fh_err *err)
{
    char name[NAME_BYTES_MAX];
    *out = (fhi_peers){0};
    for (;;) {
        const size_t len = strcspn(text, ",");
        if (len == 0 || len >= sizeof name)
            return fhi_fail(err, FH_E_INVALID, "want users and @groups with commas between");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, text);
        FH_TRY(add(out, name, err));
        if (!text[len]) return FH_OK;
        text += len + 1;
    }
}

static bool has_user(const fhi_peers *peers, uid_t user)
{
    for (size_t i = 0; i < peers->user_count; i++)
        if (peers->users[i] == user) return true;
    return false;
}

static bool has_group(const fhi_peers *peers, gid_t group)
{
    for (size_t i = 0; i < peers->group_count; i++)
        if (peers->groups[i] == group) return true;
    return false;
}

bool fhi_peers_allow(const fhi_peers *peers, int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (peers->user_count + peers->group_count == 0) return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) return false;
    if (has_user(peers, peer.uid) || has_group(peers, peer.gid)) return true;
    gid_t groups[PEER_GROUPS_MAX];
    len = sizeof groups;
    if (peers->group_count == 0 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0) return false;
    for (size_t i = 0; i < len / sizeof groups[0]; i++)
        if (has_group(peers, groups[i])) return true;
    return false;
}
