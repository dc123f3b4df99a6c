/* coding.c - Accept-Encoding, and streams of zstd and gzip. */
#include "query/server/coding.h"

#include <strings.h>
#include <zstd.h>

enum {
    ZSTD_LEVEL = 3,
    GZIP_LEVEL = 4,
    GZIP_WINDOW = 15 + 16, /* 32 KiB, with gzip's head and tail */
    GZIP_MEMORY = 8,
    ZSTD_WINDOW_LOG = 18, /* pieces of a long answer resemble each other within 256 KiB, and memory stays small */
    WEIGHT_MOST = 1000
};

static const char *const names[FHI_CODINGS] = {"identity", "gzip", "zstd"};

const char *fhi_coding_name(fhi_coding coding)
{
    return coding == FHI_CODING_IDENTITY ? "" : names[coding];
}

/* ---- Accept, Accept-Encoding ---- */

static fh_str trim(fh_str text)
{
    while (text.len && (*text.ptr == ' ' || *text.ptr == '\t'))
        text = (fh_str){text.ptr + 1, text.len - 1};
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* The part of *rest before the separator; *rest is what follows it. */
static fh_str cut(fh_str *rest, char separator)
{
    const char *end = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    const fh_str part = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    const size_t taken = part.len + (end ? 1 : 0);
    *rest = (fh_str){rest->ptr + taken, rest->len - taken};
    return trim(part);
}

static bool is_named(fh_str text, const char *name)
{
    return text.len == strlen(name) && strncasecmp(text.ptr, name, text.len) == 0;
}

/* "0.25" as 250; -1: no weight (RFC 9110, 12.4.2). */
static int weight_of(fh_str text)
{
    static const int places[] = {100, 10, 1};
    if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1')) return -1;
    if (text.len > 1 && text.ptr[1] != '.') return -1;
    int weight = (text.ptr[0] - '0') * WEIGHT_MOST;
    for (size_t i = 2; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        weight += (text.ptr[i] - '0') * places[i - 2];
    }
    return weight <= WEIGHT_MOST ? weight : -1;
}

/* Of "gzip;q=0.5": name and weight. */
static int read_part(fh_str part, fh_str *name)
{
    *name = cut(&part, ';');
    if (part.len == 0) return WEIGHT_MOST;
    fh_str value = part;
    const fh_str key = cut(&value, '=');
    return is_named(key, "q") ? weight_of(trim(value)) : -1;
}

bool fhi_prefers_page(fh_str accept)
{
    int html = 0, json = 0;
    while (accept.len) {
        fh_str name;
        const int weight = read_part(cut(&accept, ','), &name);
        if (is_named(name, "text/html")) html = weight;
        if (is_named(name, "application/json")) json = weight;
    }
    return html > 0 && html >= json;
}

fhi_coding fhi_coding_choose(fh_str accept_encoding, bool *forced)
{
    int weights[FHI_CODINGS] = {-1, -1, -1}, others = -1;
    while (accept_encoding.len) {
        fh_str name;
        const int weight = read_part(cut(&accept_encoding, ','), &name);
        if (weight < 0 || name.len == 0) continue;
        if (is_named(name, "*")) others = weight;
        if (is_named(name, "x-gzip")) weights[FHI_CODING_GZIP] = weight;
        for (int i = 0; i < FHI_CODINGS; i++)
            if (is_named(name, names[i])) weights[i] = weight;
    }
    for (int i = 0; i < FHI_CODINGS; i++)
        if (weights[i] < 0) weights[i] = others;
    fhi_coding best = FHI_CODING_IDENTITY;
    for (int i = FHI_CODING_GZIP; i < FHI_CODINGS; i++)
        if (weights[i] > 0 && weights[i] >= weights[best]) best = (fhi_coding)i;
    *forced = best != FHI_CODING_IDENTITY && weights[FHI_CODING_IDENTITY] == 0;
    return best;
}

/* ---- packing ---- */

void fhi_packer_init(fhi_packer *packer)
{
    *packer = (fhi_packer){.zstd = NULL};
}

void fhi_packer_fini(fhi_packer *packer)
{
    (void)ZSTD_freeCCtx(packer->zstd);
    if (packer->gzip_made) (void)deflateEnd(&packer->gzip);
    fhi_packer_init(packer);
}

static fh_status begin_gzip(fhi_packer *packer)
{
    if (packer->gzip_made) return deflateReset(&packer->gzip) == Z_OK ? FH_OK : FH_E_INTERNAL;
    packer->gzip = (z_stream){0};
    if (deflateInit2(&packer->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return FH_E_NOMEM;
    packer->gzip_made = true;
    return FH_OK;
}

static fh_status put_gzip(fhi_packer *packer, fh_str from, bool last, fhi_buf *to)
{
    enum { SLACK_BYTES = 64 }; /* for the mark of a flush, head and tail */
    z_stream *stream = &packer->gzip;
    if (!packer->begun) FH_TRY(begin_gzip(packer));
    packer->begun = !last;
    stream->next_in = (Bytef *)(uintptr_t)from.ptr;
    stream->avail_in = (uInt)from.len;
    do {
        const size_t room = deflateBound(stream, stream->avail_in) + SLACK_BYTES;
        if (!fhi_buf_reserve(to, room)) return FH_E_NOMEM;
        stream->next_out = to->data + to->len;
        stream->avail_out = (uInt)room;
        if (deflate(stream, last ? Z_FINISH : Z_SYNC_FLUSH) == Z_STREAM_ERROR) return FH_E_INTERNAL;
        to->len += room - stream->avail_out;
    } while (stream->avail_out == 0);
    return FH_OK;
}

static fh_status begin_zstd(fhi_packer *packer)
{
    if (!packer->zstd) packer->zstd = ZSTD_createCCtx();
    if (!packer->zstd) return FH_E_NOMEM;
    (void)ZSTD_CCtx_reset(packer->zstd, ZSTD_reset_session_only);
    (void)ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    (void)ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_windowLog, ZSTD_WINDOW_LOG);
    (void)ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1);
    return FH_OK;
}

static fh_status put_zstd(fhi_packer *packer, fh_str from, bool last, fhi_buf *to)
{
    if (!packer->begun) FH_TRY(begin_zstd(packer));
    packer->begun = !last;
    ZSTD_inBuffer in = {from.ptr, from.len, 0};
    size_t left;
    do {
        const size_t room = ZSTD_compressBound(from.len - in.pos);
        if (!fhi_buf_reserve(to, room)) return FH_E_NOMEM;
        ZSTD_outBuffer out = {to->data + to->len, room, 0};
        left = ZSTD_compressStream2(packer->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
        if (ZSTD_isError(left)) return FH_E_NOMEM;
        to->len += out.pos;
    } while (left > 0 || in.pos < in.size);
    return FH_OK;
}

fh_status fhi_packer_put(fhi_packer *packer, fhi_coding coding, fh_str from, bool last, fhi_buf *to)
{
    const fh_status status = (coding == FHI_CODING_ZSTD ? put_zstd : put_gzip)(packer, from, last, to);
    if (status != FH_OK) packer->begun = false;
    return status;
}
