/* manager.h - the one who started the process: sockets it hands over, what it wants to be told, whom to run as.
 *
 * The protocols are those of sd_listen_fds(3) and sd_notify(3): three variables of the environment and one datagram, so
 * no library is needed for them.
 */
#ifndef FHI_MANAGER_H
#define FHI_MANAGER_H

#include "engine/base/base.h"

/* Descriptors of listening sockets, or -1. */
typedef struct fhi_inherited {
    int http;  /* TCP */
    int lines; /* Unix */
} fhi_inherited;

/* What was handed over to this process; they are closed in programs it starts. FH_E_INVALID: two of one kind, or
 * something else than a listening stream socket. */
fh_status fhi_manager_sockets(fhi_inherited *out, fh_err *err);

/* `READY=1`, `STOPPING=1`. Says nothing where nobody asked, and fails silently. */
void fhi_manager_tell(const char *state);

/* Becomes this user (by name or number) with its groups, for good, and gives it the file `own`, unless "". Nothing to
 * do for who is it already. FH_E_INVALID: there is none; FH_E_IO: not allowed, or root could be had back. */
fh_status fhi_become_user(const char *name, const char *own, fh_err *err);

#endif
