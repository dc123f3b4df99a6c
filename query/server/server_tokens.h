/* server_tokens.h - who may ask: the token file, and what each of its tokens allows. Knows no socket and no route.
 *
 * The file: one token a line behind its scope, white space between; empty lines and lines that begin with # are
 * passed over.
 *
 *     # newsroom
 *     read   Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd
 *
 * A scope includes the ones before it: read, write, admin. Others than owner and group may not be able to read the
 * file. No message ever quotes a token.
 */
#ifndef FHI_SERVER_TOKENS_H
#define FHI_SERVER_TOKENS_H

#include "engine/base/base.h"

enum {
    FHI_TOKEN_BYTES_MIN = 32, /* of base64 or hexadecimal digits: too many to guess */
    FHI_TOKEN_BYTES_MAX = 128,
    FHI_TOKENS_MAX = 256 /* in one file */
};

typedef enum fhi_scope { FHI_SCOPE_NONE, FHI_SCOPE_READ, FHI_SCOPE_WRITE, FHI_SCOPE_ADMIN } fhi_scope;

typedef struct fhi_tokens fhi_tokens;

/* Codes: FH_E_IO, FH_E_INVALID (err names the line), FH_E_LIMIT, FH_E_NOMEM. */
fh_status fhi_tokens_load(const char *path, fhi_tokens **out, fh_err *err);
/* Wipes them. NULL allowed. */
void fhi_tokens_destroy(fhi_tokens *tokens);

/* What a token allows; NONE when it is not in the file. Takes the same time whichever token it is, and whether it is
 * one: every byte of every entry is compared. */
fhi_scope fhi_tokens_scope(const fhi_tokens *tokens, fh_str token);

enum { FHI_BASIC_BYTES_MAX = 512 };

/* The token in the value of an Authorization header: of `Bearer` (RFC 6750), or the password of `Basic` (RFC 7617),
 * whatever the name, which is decoded into room. ptr NULL: there is none. */
fh_str fhi_token_of(fh_str header, char room[FHI_BASIC_BYTES_MAX]);

#endif
