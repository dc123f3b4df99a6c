/* server_rate.c - the table: groups of a few entries, found by a hash of the address. */
#include "query/server/server_rate.h"

#include <stdlib.h>

enum {
    GROUP_ENTRIES = 8,
    GROUPS = FHI_RATE_ADDRESSES_MAX / GROUP_ENTRIES,
    KEY_BYTES = 9 /* family, then 4 bytes of IPv4 or 8 of IPv6 */
};

typedef struct rate_entry {
    uint8_t key[KEY_BYTES]; /* first byte 0: free */
    uint64_t seen_ms;
    uint64_t left; /* thousandths of a request */
} rate_entry;

struct fhi_rate {
    uint64_t seed;
    uint64_t per_second;
    uint64_t most; /* thousandths */
    rate_entry groups[GROUPS][GROUP_ENTRIES];
};

fh_status fhi_rate_create(uint32_t per_second, uint32_t burst, uint64_t seed, fhi_rate **out, fh_err *err)
{
    *out = NULL;
    if (per_second == 0) return FH_OK;
    fhi_rate *rate = calloc(1, sizeof *rate);
    if (!rate) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    rate->seed = seed;
    rate->per_second = per_second;
    rate->most = (uint64_t)burst * 1000;
    *out = rate;
    return FH_OK;
}

void fhi_rate_destroy(fhi_rate *rate)
{
    free(rate);
}

static void make_key(const fhi_client *client, uint8_t key[KEY_BYTES])
{
    memset(key, 0, KEY_BYTES);
    key[0] = 4;
    if (client->any.sa_family == AF_INET) memcpy(key + 1, &client->four.sin_addr, 4);
    if (client->any.sa_family != AF_INET6) return;
    if (IN6_IS_ADDR_V4MAPPED(&client->six.sin6_addr)) {
        memcpy(key + 1, client->six.sin6_addr.s6_addr + 12, 4);
        return;
    }
    key[0] = 6;
    memcpy(key + 1, &client->six.sin6_addr, 8);
}

/* The entry of the key; a free one or the one silent longest is made it. */
static rate_entry *find(fhi_rate *rate, const uint8_t key[KEY_BYTES], uint64_t now_ms)
{
    uint8_t keyed[sizeof rate->seed + KEY_BYTES];
    memcpy(keyed, &rate->seed, sizeof rate->seed);
    memcpy(keyed + sizeof rate->seed, key, KEY_BYTES);
    rate_entry *group = rate->groups[fhi_hash64(keyed, sizeof keyed) % GROUPS], *oldest = group;
    for (int i = 0; i < GROUP_ENTRIES; i++) {
        if (memcmp(group[i].key, key, KEY_BYTES) == 0) return &group[i];
        if (group[i].seen_ms < oldest->seen_ms || !group[i].key[0]) oldest = &group[i];
        if (!group[i].key[0]) break;
    }
    memcpy(oldest->key, key, KEY_BYTES);
    oldest->seen_ms = now_ms;
    oldest->left = rate->most;
    return oldest;
}

bool fhi_rate_take(fhi_rate *rate, const fhi_client *client, uint64_t now_ms)
{
    uint8_t key[KEY_BYTES];
    if (!rate) return true;
    make_key(client, key);
    rate_entry *entry = find(rate, key, now_ms);
    const uint64_t passed_ms = now_ms - entry->seen_ms;
    const uint64_t more = passed_ms < rate->most ? passed_ms * rate->per_second : rate->most;
    entry->left = entry->left + more < rate->most ? entry->left + more : rate->most;
    entry->seen_ms = now_ms;
    if (entry->left < 1000) return false;
    entry->left -= 1000;
    return true;
}
