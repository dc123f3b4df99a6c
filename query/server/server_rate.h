/* server_rate.h - how often one address may ask: a token bucket each, in a table of a fixed size.
 *
 * An IPv6 client is its /64, which is what one customer has. When the table is full, the address of its group that has
 * been silent longest is forgotten and would begin with a full bucket: whoever has that many addresses to ask from can
 * ask that much more, and no memory.
 */
#ifndef FHI_SERVER_RATE_H
#define FHI_SERVER_RATE_H

#include "query/server/server_log.h"

enum { FHI_RATE_ADDRESSES_MAX = 16384 };

typedef struct fhi_rate fhi_rate;

/* per_second 0: no bound, and *out is NULL. seed: unknown to clients, so that they cannot choose whom to push out.
 * Codes: FH_E_NOMEM. */
fh_status fhi_rate_create(uint32_t per_second, uint32_t burst, uint64_t seed, fhi_rate **out, fh_err *err);
void fhi_rate_destroy(fhi_rate *rate);

/* Takes one request of the client at the time now_ms, which never goes back. False when there are none left; then it
 * may try again in a second. NULL allows everything. */
bool fhi_rate_take(fhi_rate *rate, const fhi_client *client, uint64_t now_ms);

#endif
