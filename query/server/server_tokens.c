/* server_tokens.c - read, kept, compared. Tokens are kept padded with zeros to one length, which no token can contain,
 * so that equal blocks are equal tokens and a comparison has one length for all. */
#include "query/server/server_tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 256 * 1024 };

typedef struct token_entry {
    uint8_t block[FHI_TOKEN_BYTES_MAX];
    fhi_scope scope;
} token_entry;

struct fhi_tokens {
    size_t count;
    token_entry entries[FHI_TOKENS_MAX];
};

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The bytes RFC 6750 lets a token have. */
static bool is_token_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           (byte && strchr("-._~+/=", byte));
}

static fh_str trim(fh_str text)
{
    while (text.len && is_space(text.ptr[0]))
        text = (fh_str){text.ptr + 1, text.len - 1};
    while (text.len && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

static void fill_block(uint8_t block[FHI_TOKEN_BYTES_MAX], fh_str token)
{
    memset(block, 0, FHI_TOKEN_BYTES_MAX);
    if (token.len) memcpy(block, token.ptr, token.len);
}

static bool is_token(fh_str token)
{
    if (token.len < FHI_TOKEN_BYTES_MIN || token.len > FHI_TOKEN_BYTES_MAX) return false;
    for (size_t i = 0; i < token.len; i++)
        if (!is_token_byte(token.ptr[i])) return false;
    return true;
}

static fhi_scope scope_named(fh_str name)
{
    static const char *const names[] = {
        [FHI_SCOPE_READ] = "read", [FHI_SCOPE_WRITE] = "write", [FHI_SCOPE_ADMIN] = "admin"};
    for (int i = FHI_SCOPE_READ; i <= FHI_SCOPE_ADMIN; i++)
        if (fhi_str_equal(name, fhi_str(names[i]))) return (fhi_scope)i;
    return FHI_SCOPE_NONE;
}

static fh_status read_line(fhi_tokens *tokens, fh_str line, const char *path, unsigned number, fh_err *err)
{
    line = trim(line);
    if (line.len == 0 || line.ptr[0] == '#') return FH_OK;
    size_t len = 0;
    while (len < line.len && !is_space(line.ptr[len]))
        len++;
    const fhi_scope scope = scope_named((fh_str){line.ptr, len});
    const fh_str token = trim((fh_str){line.ptr + len, line.len - len});
    if (scope == FHI_SCOPE_NONE)
        return fhi_fail(err, FH_E_INVALID, "%s: line %u: want `read`, `write` or `admin`, then the token", path,
                        number);
    if (!is_token(token))
        return fhi_fail(err, FH_E_INVALID, "%s: line %u: a token has %d to %d letters, digits and -._~+/=", path,
                        number, FHI_TOKEN_BYTES_MIN, FHI_TOKEN_BYTES_MAX);
    if (fhi_tokens_scope(tokens, token) != FHI_SCOPE_NONE)
        return fhi_fail(err, FH_E_INVALID, "%s: line %u: this token stands in the file already", path, number);
    if (tokens->count == FHI_TOKENS_MAX)
        return fhi_fail(err, FH_E_LIMIT, "%s: more than %d tokens", path, FHI_TOKENS_MAX);
    token_entry *entry = &tokens->entries[tokens->count++];
    fill_block(entry->block, token);
    entry->scope = scope;
    return FH_OK;
}

static fh_status read_lines(fhi_tokens *tokens, fh_str text, const char *path, fh_err *err)
{
    unsigned number = 0;
    while (text.len) {
        const char *feed = memchr(text.ptr, '\n', text.len);
        const size_t len = feed ? (size_t)(feed - text.ptr) : text.len;
        FH_TRY(read_line(tokens, (fh_str){text.ptr, len}, path, ++number, err));
        text = (fh_str){text.ptr + len + (feed != NULL), text.len - len - (feed != NULL)};
    }
    if (tokens->count == 0) return fhi_fail(err, FH_E_INVALID, "%s: holds no token", path);
    return FH_OK;
}

/* The whole file into text, which has FILE_BYTES_MAX + 1 bytes. */
static fh_status read_file(const char *path, char *text, size_t *len, fh_err *err)
{
    struct stat facts;
    *len = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fhi_fail(err, FH_E_IO, "%s: %s", path, fhi_errno_text(errno));
    fh_status status = FH_OK;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        status = fhi_fail(err, FH_E_IO, "%s: not a file", path);
    else if (facts.st_mode & S_IROTH)
        status = fhi_fail(err, FH_E_INVALID, "%s: everybody may read it; take that away: chmod o-rwx", path);
    ssize_t count = 1;
    while (status == FH_OK && count > 0 && *len <= FILE_BYTES_MAX) {
        count = read(fd, text + *len, FILE_BYTES_MAX + 1 - *len);
        if (count > 0) *len += (size_t)count;
    }
    if (count < 0) status = fhi_fail(err, FH_E_IO, "%s: %s", path, fhi_errno_text(errno));
    if (*len > FILE_BYTES_MAX) status = fhi_fail(err, FH_E_LIMIT, "%s: longer than a token file can be", path);
    (void)close(fd);
    return status;
}

fh_status fhi_tokens_load(const char *path, fhi_tokens **out, fh_err *err)
{
    size_t len;
    *out = NULL;
    fhi_tokens *tokens = calloc(1, sizeof *tokens);
    char *text = malloc(FILE_BYTES_MAX + 1);
    fh_status status = tokens && text ? FH_OK : fhi_fail(err, FH_E_NOMEM, "%s: out of memory", path);
    if (status == FH_OK) status = read_file(path, text, &len, err);
    if (status == FH_OK) status = read_lines(tokens, (fh_str){text, len}, path, err);
    if (text) explicit_bzero(text, FILE_BYTES_MAX + 1);
    free(text);
    if (status == FH_OK)
        *out = tokens;
    else
        fhi_tokens_destroy(tokens);
    return status;
}

void fhi_tokens_destroy(fhi_tokens *tokens)
{
    if (!tokens) return;
    explicit_bzero(tokens, sizeof *tokens);
    free(tokens);
}

fhi_scope fhi_tokens_scope(const fhi_tokens *tokens, fh_str token)
{
    uint8_t block[FHI_TOKEN_BYTES_MAX];
    unsigned found = 0;
    if (!is_token(token)) return FHI_SCOPE_NONE;
    fill_block(block, token);
    for (size_t i = 0; i < tokens->count; i++) {
        unsigned differ = 0;
        for (size_t at = 0; at < FHI_TOKEN_BYTES_MAX; at++)
            differ |= (unsigned)(block[at] ^ tokens->entries[i].block[at]);
        found |= (unsigned)tokens->entries[i].scope & (0U - (((differ - 1) >> 8) & 1)); /* without a branch */
    }
    explicit_bzero(block, sizeof block);
    return (fhi_scope)found;
}

/* What stands behind the name of a scheme; ptr NULL where it is another scheme. */
static fh_str credentials(fh_str header, const char *scheme)
{
    const size_t len = strlen(scheme);
    if (header.len <= len || strncasecmp(header.ptr, scheme, len) != 0 || header.ptr[len] != ' ')
        return (fh_str){NULL, 0};
    return trim((fh_str){header.ptr + len, header.len - len});
}

/* Six bits of base64; -1: none of its digits. */
static int sextet_of(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = digit ? strchr(digits, digit) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Base64 with its padding (RFC 4648, 4). len 0: it is none, or more than fits. */
static fh_str decode(fh_str text, char room[FHI_BASIC_BYTES_MAX])
{
    size_t len = 0, padding = 0;
    uint32_t bits = 0;
    const fh_str none = {NULL, 0};
    if (text.len == 0 || text.len % 4 || text.len / 4 * 3 > FHI_BASIC_BYTES_MAX) return none;
    while (padding < 2 && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.len - padding; i++) {
        const int sextet = sextet_of(text.ptr[i]);
        if (sextet < 0) return none;
        bits = bits << 6 | (uint32_t)sextet;
        if (i % 4) room[len++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
    }
    return (fh_str){room, len};
}

fh_str fhi_token_of(fh_str header, char room[FHI_BASIC_BYTES_MAX])
{
    const fh_str bearer = credentials(header, "bearer"), basic = credentials(header, "basic");
    if (!basic.ptr) return bearer;
    const fh_str pair = decode(basic, room);
    const char *colon = pair.len ? memchr(pair.ptr, ':', pair.len) : NULL;
    if (!colon) return (fh_str){NULL, 0};
    return (fh_str){colon + 1, (size_t)(pair.ptr + pair.len - colon - 1)};
}
