/* chain.h - many byte strings that grow by appending, packed into few large blocks.
 *
 * A chain is a list of slices, each twice as large as the one before it (16 to 2048 bytes): a rare term costs
 * 16 bytes, a frequent one few links. A slice starts with the reference of the next one. References count in
 * units of 8 bytes over all blocks; 0 is none.
 */
#ifndef FHI_CHAIN_H
#define FHI_CHAIN_H

#include "engine/base/base.h"

typedef struct fhi_chain {
    uint32_t head;  /* reference of the first slice; 0: empty */
    uint32_t tail;  /* of the slice that grows */
    uint16_t used;  /* bytes used in the tail, its link included */
    uint16_t level; /* size class of the tail */
} fhi_chain;

typedef struct fhi_chains {
    uint8_t **blocks; /* owned */
    uint32_t block_count;
    uint32_t block_capacity;
    uint32_t next_unit; /* first free unit of the last block */
} fhi_chains;

void fhi_chains_fini(fhi_chains *chains); /* zero-initialised is empty */
fh_status fhi_chain_put(fhi_chains *chains, fhi_chain *chain, const uint8_t *data, size_t len);
void fhi_chain_prefetch(const fhi_chains *chains, const fhi_chain *chain);           /* where the next put goes */
void fhi_chain_read(const fhi_chains *chains, const fhi_chain *chain, fhi_buf *out); /* appends all of it */
size_t fhi_chains_heap_bytes(const fhi_chains *chains);

#endif
