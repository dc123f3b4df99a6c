/* arena.c - bump allocation with a cap; one request, one arena, one reset. */
#include "engine/base/base.h"

#include <stdalign.h>
#include <stdlib.h>

enum { ARENA_CHUNK_BYTES = 64 * 1024, ARENA_ALIGN = 16 };

struct fhi_arena_chunk {
    fhi_arena_chunk *next;
    size_t capacity; /* of bytes[] */
    size_t used;
    alignas(ARENA_ALIGN) uint8_t bytes[];
};

void fhi_arena_init(fhi_arena *arena, size_t cap_bytes)
{
    *arena = (fhi_arena){.cap_bytes = cap_bytes};
}

static void free_chunks(fhi_arena_chunk *chunk)
{
    while (chunk) {
        fhi_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void fhi_arena_fini(fhi_arena *arena)
{
    free_chunks(arena->chunks);
    *arena = (fhi_arena){0};
}

void fhi_arena_reset(fhi_arena *arena)
{
    fhi_arena_chunk *keep = arena->chunks;
    arena->status = FH_OK;
    if (!keep) return;
    free_chunks(keep->next);
    keep->next = NULL;
    keep->used = 0;
    arena->used_bytes = keep->capacity;
}

static fhi_arena_chunk *add_chunk(fhi_arena *arena, size_t bytes)
{
    size_t capacity = ARENA_CHUNK_BYTES;
    if (arena->chunks && arena->chunks->capacity < SIZE_MAX / 4) capacity = arena->chunks->capacity * 2;
    if (capacity > 4 * 1024 * 1024) capacity = 4 * 1024 * 1024;
    if (capacity > arena->cap_bytes - arena->used_bytes) capacity = arena->cap_bytes - arena->used_bytes;
    if (capacity < bytes) capacity = bytes;
    if (bytes > arena->cap_bytes || arena->used_bytes > arena->cap_bytes - bytes) {
        arena->status = FH_E_LIMIT;
        return NULL;
    }
    fhi_arena_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (!chunk) {
        arena->status = FH_E_NOMEM;
        return NULL;
    }
    chunk->next = arena->chunks;
    chunk->capacity = capacity;
    chunk->used = 0;
    arena->chunks = chunk;
    arena->used_bytes += capacity;
    return chunk;
}

void *fhi_arena_alloc(fhi_arena *arena, size_t bytes)
{
    if (arena->status != FH_OK) return NULL;
    if (bytes > SIZE_MAX / 4) {
        arena->status = FH_E_LIMIT;
        return NULL;
    }
    const size_t rounded = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    fhi_arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->capacity - chunk->used < rounded) chunk = add_chunk(arena, rounded);
    if (!chunk) return NULL;
    void *start = chunk->bytes + chunk->used;
    chunk->used += rounded;
    return start;
}

void *fhi_arena_zalloc(fhi_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 4 / size) {
        arena->status = FH_E_LIMIT;
        return NULL;
    }
    void *start = fhi_arena_alloc(arena, count * size);
    if (start) memset(start, 0, count * size);
    return start;
}

fh_str fhi_arena_copy(fhi_arena *arena, fh_str text)
{
    char *copy = fhi_arena_alloc(arena, text.len + 1);
    if (!copy) return (fh_str){NULL, 0};
    if (text.len) memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (fh_str){copy, text.len};
}
