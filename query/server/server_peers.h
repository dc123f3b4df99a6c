/* server_peers.h - which users may speak on the Unix socket, beyond what the mode of its file says. */
#ifndef FHI_SERVER_PEERS_H
#define FHI_SERVER_PEERS_H

#include "engine/base/base.h"

#include <sys/types.h>

enum { FHI_PEERS_MAX = 32 };

/* Nobody listed: everybody the file lets in. */
typedef struct fhi_peers {
    size_t user_count;
    size_t group_count;
    uid_t users[FHI_PEERS_MAX];
    gid_t groups[FHI_PEERS_MAX];
} fhi_peers;

/* `www-data,1000,@newsroom`: users by name or number, groups behind @, commas between. Codes: FH_E_INVALID, FH_E_LIMIT.
 */
fh_status fhi_peers_parse(const char *text, fhi_peers *out, fh_err *err);

/* Whether the process at the other end of a connected Unix socket may ask, by the credentials it connected with.
 * False when they cannot be had. */
bool fhi_peers_allow(const fhi_peers *peers, int fd);

#endif
