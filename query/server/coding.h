/* coding.h - what a client takes (RFC 9110, 12.5): pages, content codings; and answers packed in one.
 *
 * Levels were chosen by measuring answers of 10 and 50 hits, French and Arabic (7 to 48 KB): zstd 3 leaves 26 to 36 %
 * in 14 to 70 us, level 1 is a fifth faster and leaves one point more, level 5 takes twice to three times as long for
 * one point less. gzip 4 leaves 27 to 36 % in 29 to 450 us; level 6, zlib's own choice, saves two points for up to 2.6
 * times the time.
 */
#ifndef FHI_CODING_H
#define FHI_CODING_H

#include "engine/base/base.h"

#include <zlib.h>

typedef enum fhi_coding { FHI_CODING_IDENTITY, FHI_CODING_GZIP, FHI_CODING_ZSTD } fhi_coding;
enum { FHI_CODINGS = 3 };

/* The coding with the highest weight; of equals the first of zstd, gzip, identity. What is not named weighs nothing,
 * but identity is taken where nothing else is. A part that cannot be read is passed over. *forced: an answer as it is,
 * however small, is what the client refused. */
fhi_coding fhi_coding_choose(fh_str accept_encoding, bool *forced);

/* Whether a client asks for HTML by name, and for JSON not rather: what browsers do when a person goes somewhere. */
bool fhi_prefers_page(fh_str accept);

/* As in Content-Encoding; "" for identity. */
const char *fhi_coding_name(fhi_coding coding);

/* One stream at a time, of one thread at a time; what it holds is made when it is first needed, 256 KiB for gzip and up
 * to 1.3 MiB for zstd, and used again. */
typedef struct fhi_packer {
    struct ZSTD_CCtx_s *zstd;
    z_stream gzip;
    bool gzip_made;
    bool begun; /* a stream is open */
} fhi_packer;

void fhi_packer_init(fhi_packer *packer);
void fhi_packer_fini(fhi_packer *packer);
/* Appends what `from` becomes, so that all of it can be read; `last` ends the stream. A stream keeps to one coding,
 * which is not identity. Codes: FH_E_NOMEM; the stream is lost then. */
fh_status fhi_packer_put(fhi_packer *packer, fhi_coding coding, fh_str from, bool last, fhi_buf *to);

#endif
