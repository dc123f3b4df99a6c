/* recent.c - a hash table in chains, and a list of its entries by when they were last asked for. */
#include "query/answer/recent.h"

#include <stdlib.h>

enum {
    BYTES_A_CHAIN = 1024, /* of bytes_max: there are about as many chains as entries of that size */
    CHAIN_MAX = 8,        /* whoever makes keys that collide loses what he had before */
    ENTRY_SHARE_MAX = 16  /* no entry takes more than this part of the whole */
};

typedef struct entry entry;
struct entry {
    entry *next; /* of its chain */
    entry *newer, *older;
    uint64_t hash;
    size_t key_bytes, value_bytes;
    char bytes[]; /* the key, then the value */
};

struct fhi_recent {
    size_t bytes_max, bytes;
    entry *newest, *oldest;
    entry **chains; /* mask + 1 of them */
    size_t mask;
};

fh_status fhi_recent_create(size_t bytes_max, fhi_recent **out)
{
    size_t chains = 1;
    fhi_recent *recent = calloc(1, sizeof *recent);
    *out = NULL;
    if (!recent) return FH_E_NOMEM;
    while (chains < bytes_max / BYTES_A_CHAIN)
        chains *= 2;
    recent->bytes_max = bytes_max;
    recent->mask = chains - 1;
    recent->chains = calloc(chains, sizeof(entry *));
    if (!recent->chains) {
        free(recent);
        return FH_E_NOMEM;
    }
    *out = recent;
    return FH_OK;
}

void fhi_recent_destroy(fhi_recent *recent)
{
    if (!recent) return;
    fhi_recent_clear(recent);
    free(recent->chains);
    free(recent);
}

size_t fhi_recent_bytes(const fhi_recent *recent)
{
    return recent->bytes;
}

/* ---- the list -------------------------------------------------------------------------------------------- */

static void unlink_entry(fhi_recent *r, entry *e)
{
    *(e->newer ? &e->newer->older : &r->newest) = e->older;
    *(e->older ? &e->older->newer : &r->oldest) = e->newer;
}

static void link_newest(fhi_recent *r, entry *e)
{
    e->newer = NULL;
    e->older = r->newest;
    *(e->older ? &e->older->newer : &r->oldest) = e;
    r->newest = e;
}

/* ---- the table ------------------------------------------------------------------------------------------- */

static entry **chain_of(const fhi_recent *r, uint64_t hash)
{
    return &r->chains[hash & r->mask];
}

static size_t bytes_of(const entry *e)
{
    return sizeof *e + e->key_bytes + e->value_bytes;
}

static void drop(fhi_recent *r, entry *e)
{
    entry **at = chain_of(r, e->hash);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    unlink_entry(r, e);
    r->bytes -= bytes_of(e);
    free(e);
}

static entry *find(const fhi_recent *r, uint64_t hash, fh_str key)
{
    entry *e = *chain_of(r, hash);
    while (e && (e->hash != hash || !fhi_str_equal((fh_str){e->bytes, e->key_bytes}, key)))
        e = e->next;
    return e;
}

fh_str fhi_recent_find(fhi_recent *recent, fh_str key)
{
    entry *e = find(recent, fhi_hash64(key.ptr, key.len), key);
    if (!e) return (fh_str){NULL, 0};
    unlink_entry(recent, e);
    link_newest(recent, e);
    return (fh_str){e->bytes + e->key_bytes, e->value_bytes};
}

/* The entry of a full chain that came first, or NULL. */
static entry *one_too_many(const fhi_recent *r, uint64_t hash)
{
    entry *e = *chain_of(r, hash);
    for (int i = 1; e && i < CHAIN_MAX; i++)
        e = e->next;
    return e;
}

static void make_room(fhi_recent *r, size_t bytes)
{
    for (entry *e = r->oldest, *newer; e && r->bytes + bytes > r->bytes_max; e = newer) {
        newer = e->newer;
        drop(r, e);
    }
}

void fhi_recent_keep(fhi_recent *recent, fh_str key, fh_str value)
{
    const size_t bytes = sizeof(entry) + key.len + value.len;
    const uint64_t hash = fhi_hash64(key.ptr, key.len);
    if (bytes > recent->bytes_max / ENTRY_SHARE_MAX || find(recent, hash, key)) return;
    entry *e = malloc(bytes);
    if (!e) return;
    *e = (entry){.hash = hash, .key_bytes = key.len, .value_bytes = value.len};
    if (key.len) memcpy(e->bytes, key.ptr, key.len);
    if (value.len) memcpy(e->bytes + key.len, value.ptr, value.len);
    entry *crowd = one_too_many(recent, hash);
    if (crowd) drop(recent, crowd);
    make_room(recent, bytes);
    e->next = *chain_of(recent, hash);
    *chain_of(recent, hash) = e;
    link_newest(recent, e);
    recent->bytes += bytes;
}

void fhi_recent_clear(fhi_recent *recent)
{
    for (entry *e = recent->newest, *older; e; e = older) {
        older = e->older;
        free(e);
    }
    recent->newest = recent->oldest = NULL;
    recent->bytes = 0;
    memset(recent->chains, 0, (recent->mask + 1) * sizeof *recent->chains);
}
