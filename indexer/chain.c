/* chain.c - slices of growing size in blocks of 1 MiB. Users: memory.c (appends), flush.c (reads). */
#include "indexer/chain.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    UNIT_BYTES = 8,
    BLOCK_BYTES = 2 * 1024 * 1024, /* a large page */
    BLOCK_UNITS = BLOCK_BYTES / UNIT_BYTES,
    LINK_BYTES = sizeof(uint32_t),
    SLICE_BYTES_MIN = 16,
    LEVEL_MAX = 7,             /* slices of 2 KiB */
    BLOCKS_MAX = 16 * 1024 - 1 /* references have 32 bits */
};

void fhi_chains_fini(fhi_chains *chains)
{
    for (uint32_t i = 0; i < chains->block_count; i++)
        free(chains->blocks[i]);
    free(chains->blocks);
    *chains = (fhi_chains){0};
}

size_t fhi_chains_heap_bytes(const fhi_chains *chains)
{
    return (size_t)chains->block_count * BLOCK_BYTES + chains->block_capacity * sizeof *chains->blocks;
}

static uint8_t *slice_at(const fhi_chains *chains, uint32_t reference)
{
    return chains->blocks[reference / BLOCK_UNITS] + (size_t)(reference % BLOCK_UNITS) * UNIT_BYTES;
}

static size_t slice_bytes(unsigned level)
{
    return (size_t)SLICE_BYTES_MIN << level;
}

static fh_status add_block(fhi_chains *chains)
{
    if (chains->block_count == BLOCKS_MAX) return FH_E_NOMEM;
    if (chains->block_count == chains->block_capacity) {
        const uint32_t capacity = chains->block_capacity ? chains->block_capacity * 2 : 64;
        uint8_t **blocks = realloc(chains->blocks, capacity * sizeof *blocks);
        if (!blocks) return FH_E_NOMEM;
        chains->blocks = blocks;
        chains->block_capacity = capacity;
    }
    uint8_t *block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
    if (!block) return FH_E_NOMEM;
#ifdef MADV_HUGEPAGE
    (void)madvise(block, BLOCK_BYTES,
                  MADV_HUGEPAGE); /* its bytes are written here and there: fewer faults and misses */
#endif
    chains->next_unit = chains->block_count == 0 ? 1 : 0; /* reference 0 means none */
    chains->blocks[chains->block_count++] = block;
    return FH_OK;
}

static fh_status new_slice(fhi_chains *chains, unsigned level, uint32_t *reference)
{
    const uint32_t units = (uint32_t)(slice_bytes(level) / UNIT_BYTES);
    *reference = 0;
    if (chains->block_count == 0 || chains->next_unit + units > BLOCK_UNITS) FH_TRY(add_block(chains));
    *reference = (chains->block_count - 1) * BLOCK_UNITS + chains->next_unit;
    chains->next_unit += units;
    return FH_OK;
}

static fh_status grow(fhi_chains *chains, fhi_chain *chain)
{
    const unsigned level = chain->head == 0 ? 0 : chain->level < LEVEL_MAX ? chain->level + 1u : LEVEL_MAX;
    uint32_t reference;
    FH_TRY(new_slice(chains, level, &reference));
    if (chain->head == 0)
        chain->head = reference;
    else
        fhi_store32(slice_at(chains, chain->tail), reference);
    chain->tail = reference;
    chain->level = (uint16_t)level;
    chain->used = LINK_BYTES;
    return FH_OK;
}

fh_status fhi_chain_put(fhi_chains *chains, fhi_chain *chain, const uint8_t *data, size_t len)
{
    while (len > 0) {
        size_t room = chain->head == 0 ? 0 : slice_bytes(chain->level) - chain->used;
        if (room == 0) {
            FH_TRY(grow(chains, chain));
            room = slice_bytes(chain->level) - chain->used;
        }
        const size_t count = len < room ? len : room;
        memcpy(slice_at(chains, chain->tail) + chain->used, data, count);
        chain->used = (uint16_t)(chain->used + count);
        data += count;
        len -= count;
    }
    return FH_OK;
}

void fhi_chain_prefetch(const fhi_chains *chains, const fhi_chain *chain)
{
    if (chain->head != 0) __builtin_prefetch(slice_at(chains, chain->tail) + chain->used, 1);
}

void fhi_chain_read(const fhi_chains *chains, const fhi_chain *chain, fhi_buf *out)
{
    unsigned level = 0;
    for (uint32_t at = chain->head; at != 0; level += level < LEVEL_MAX) {
        const uint8_t *slice = slice_at(chains, at);
        const bool last = at == chain->tail;
        fhi_buf_put(out, slice + LINK_BYTES, (last ? chain->used : slice_bytes(level)) - LINK_BYTES);
        at = last ? 0 : fhi_load32(slice);
    }
}
