/* base.h - the small things every room uses: status helpers, strings, byte buffers, arenas, byte order.
 *
 * Lifetimes: an index lives from open to close, a request lives in one arena that is reset after the reply,
 * block scratch lives on the stack. Nothing here keeps writable state of its own.
 */
#ifndef FHI_BASE_H
#define FHI_BASE_H

#include <fihrist/status.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define FHI_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#define FHI_LIKELY(x) __builtin_expect(!!(x), 1)
#define FHI_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define FHI_PRINTF(format_index, first)
#define FHI_LIKELY(x) (x)
#define FHI_UNLIKELY(x) (x)
#endif

/* Only where nothing is owned yet. */
#define FH_TRY(expression)                                                                                             \
    do {                                                                                                               \
        const fh_status fh_try_status = (expression);                                                                  \
        if (fh_try_status != FH_OK) return fh_try_status;                                                              \
    } while (0)

#define FH_STR(literal) ((fh_str){(literal), sizeof(literal) - 1})

/* Fills *err (NULL allowed) and returns status, so that a failing line reads `return fhi_fail(err, FH_E_IO, ...)`. */
fh_status fhi_fail(fh_err *err, fh_status status, const char *format, ...) FHI_PRINTF(3, 4);
fh_status fhi_fail_at(fh_err *err, fh_status status, const char *file, uint64_t offset, const char *format, ...)
    FHI_PRINTF(5, 6);
#ifdef __clang_analyzer__ /* it sees one file at a time, and must know that the status comes back */
#define fhi_fail(err, status, ...) (fhi_fail((err), (status), __VA_ARGS__), (status))
#define fhi_fail_at(err, status, ...) (fhi_fail_at((err), (status), __VA_ARGS__), (status))
#endif

/* Bytes of the beginning of a client's text that fit a message, whole characters, ready for "%.*s". */
int fhi_quotable(fh_str text);

/* What errno says, for messages; safe on every thread, never NULL. */
const char *fhi_errno_text(int number);

/* What programs match on in JSON: `corrupt`, `not_found`, `io`...; never NULL. Every door uses these. */
const char *fhi_status_code(fh_status status);

/* `fihrist VERB: what: why` on standard error; an empty part is left out with its colon. Bytes in it that would
 * command the terminal are written as \xNN. */
void fhi_complain(const char *verb, const char *what, const char *why);

static inline fh_str fhi_str(const char *text)
{
    return (fh_str){text, text ? strlen(text) : 0};
}

static inline bool fhi_str_equal(fh_str a, fh_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Byte order of memcmp, shorter first on a tie. */
static inline int fhi_str_compare(fh_str a, fh_str b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

static inline bool fhi_str_starts(fh_str text, fh_str prefix)
{
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

/* Bits set; without a library call where the instruction may be missing. */
static inline unsigned fhi_popcount64(uint64_t bits)
{
#if defined(__POPCNT__) || !defined(__x86_64__)
    return (unsigned)__builtin_popcountll(bits);
#else
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    return (unsigned)(((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101 >> 56);
#endif
}

/* Unaligned little-endian loads and stores. */
static inline uint16_t fhi_load16(const void *from)
{
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t fhi_load32(const void *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t fhi_load64(const void *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void fhi_store16(void *to, uint16_t value)
{
    memcpy(to, &value, sizeof value);
}

static inline void fhi_store32(void *to, uint32_t value)
{
    memcpy(to, &value, sizeof value);
}

static inline void fhi_store64(void *to, uint64_t value)
{
    memcpy(to, &value, sizeof value);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the files are little-endian and mapped as they are");

/* ---- growing byte buffer -------------------------------------------------------------------------------
 * Sticky: after a failed allocation every further call is a no-op and status stays FH_E_NOMEM, so a writer
 * checks once at the end. Zero-initialise it, or let fhi_buf_init do so. */
typedef struct fhi_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    fh_status status;
} fhi_buf;

void fhi_buf_init(fhi_buf *buf);
void fhi_buf_fini(fhi_buf *buf);
void fhi_buf_clear(fhi_buf *buf);                    /* keeps the memory, forgets content and error */
uint8_t *fhi_buf_extend(fhi_buf *buf, size_t count); /* count new uninitialised bytes, or NULL */
bool fhi_buf_reserve(fhi_buf *buf, size_t more);     /* room for `more` bytes beyond len */
void fhi_buf_put(fhi_buf *buf, const void *data, size_t count);
void fhi_buf_put16(fhi_buf *buf, uint16_t value);
void fhi_buf_put32(fhi_buf *buf, uint32_t value);
void fhi_buf_put64(fhi_buf *buf, uint64_t value);
void fhi_buf_put_varint(fhi_buf *buf, uint64_t value);                       /* LEB128, 1 to 10 bytes */
void fhi_buf_put_str(fhi_buf *buf, fh_str text);                             /* varint length, then bytes */
void fhi_buf_printf(fhi_buf *buf, const char *format, ...) FHI_PRINTF(2, 3); /* no NUL is kept */

static inline void fhi_buf_put8(fhi_buf *buf, uint8_t value)
{
    if (FHI_LIKELY(buf->len < buf->capacity && buf->status == FH_OK))
        buf->data[buf->len++] = value;
    else
        fhi_buf_put(buf, &value, sizeof value);
}

static inline fh_str fhi_buf_str(const fhi_buf *buf)
{
    return (fh_str){(const char *)buf->data, buf->len};
}

/* ---- bounds-checked reading ----------------------------------------------------------------------------
 * All bytes from a file or a socket pass through a span. Sticky: past the end every read gives 0 and
 * `failed` stays set, so a parser reads a whole record and checks once. */
typedef struct fhi_span {
    const uint8_t *data;
    size_t len;
    size_t at;
    bool failed;
} fhi_span;

static inline fhi_span fhi_span_of(const void *data, size_t len)
{
    return (fhi_span){(const uint8_t *)data, len, 0, false};
}

static inline size_t fhi_span_left(const fhi_span *span)
{
    return span->len - span->at;
}

uint8_t fhi_span_get8(fhi_span *span);
uint16_t fhi_span_get16(fhi_span *span);
uint32_t fhi_span_get32(fhi_span *span);
uint64_t fhi_span_get64(fhi_span *span);
uint64_t fhi_span_get_long_varint(fhi_span *span);          /* the general case of the next */
const uint8_t *fhi_span_take(fhi_span *span, size_t count); /* NULL and failed when fewer are left */
fh_str fhi_span_get_str(fhi_span *span);                    /* what fhi_buf_put_str wrote */

static inline uint64_t fhi_span_get_varint(fhi_span *span)
{
    if (FHI_LIKELY(span->at < span->len && span->data[span->at] < 0x80 && !span->failed)) return span->data[span->at++];
    return fhi_span_get_long_varint(span);
}

/* ---- arena ---------------------------------------------------------------------------------------------
 * Bump allocation with a cap in bytes; everything goes at once. Allocations are 16-byte aligned. */
typedef struct fhi_arena_chunk fhi_arena_chunk;
typedef struct fhi_arena {
    fhi_arena_chunk *chunks;
    size_t used_bytes; /* of chunks taken from malloc */
    size_t cap_bytes;
    fh_status status; /* FH_OK, FH_E_NOMEM, or FH_E_LIMIT when the cap was met; sticky until reset */
} fhi_arena;

void fhi_arena_init(fhi_arena *arena, size_t cap_bytes);
void fhi_arena_fini(fhi_arena *arena);
void fhi_arena_reset(fhi_arena *arena);                /* keeps the largest chunk */
void *fhi_arena_alloc(fhi_arena *arena, size_t bytes); /* uninitialised; NULL on failure */
void *fhi_arena_zalloc(fhi_arena *arena, size_t count, size_t size);
fh_str fhi_arena_copy(fhi_arena *arena, fh_str text); /* also NUL-terminated; ptr NULL on failure */

/* Why an allocation of this arena answered NULL; never FH_OK. */
static inline fh_status fhi_arena_failure(const fhi_arena *arena)
{
    return arena->status != FH_OK ? arena->status : FH_E_NOMEM;
}
#ifdef __clang_analyzer__
#define fhi_arena_failure(arena) ((void)(arena), FH_E_NOMEM) /* too deep a call for it to follow */
#endif

/* ---- checksums and hashes ------------------------------------------------------------------------------ */
uint32_t fhi_crc32c(uint32_t crc, const void *data, size_t len);        /* Castagnoli, start with 0; chainable */
uint32_t fhi_crc32c_scalar(uint32_t crc, const void *data, size_t len); /* the definition, for CPUs without it */
uint64_t fhi_hash64(const void *data, size_t len); /* part of the format: ids; not keyed, so bound your probes */

/* Offset of the first byte that is not part of valid UTF-8, or len when all is well (RFC 3629). */
size_t fhi_utf8_check(const void *data, size_t len);

#endif
