/* status.c - texts and codes of the statuses, the one way to fill an fh_err and the one way to print a failure. */
#include "engine/base/base.h"

#include <stdarg.h>
#include <stdio.h>

const char *fh_status_text(fh_status status)
{
    switch (status) {
#define FH_STATUS_CASE(name, number, text)                                                                             \
    case FH_##name: return text;
        FH_STATUS_LIST(FH_STATUS_CASE)
#undef FH_STATUS_CASE
    default: return "unknown status";
    }
}

const char *fh_status_name(fh_status status)
{
    switch (status) {
#define FH_STATUS_CASE(name, number, text)                                                                             \
    case FH_##name: return #name;
        FH_STATUS_LIST(FH_STATUS_CASE)
#undef FH_STATUS_CASE
    default: return "E_UNKNOWN";
    }
}

const char *fhi_status_code(fh_status status)
{
    switch (status) {
    case FH_OK: return "ok";
    case FH_E_NOMEM: return "out_of_memory";
    case FH_E_IO: return "io";
    case FH_E_CORRUPT: return "corrupt";
    case FH_E_TOO_OLD: return "too_old";
    case FH_E_TOO_NEW: return "too_new";
    case FH_E_ANALYZER: return "analyzer";
    case FH_E_NOT_FOUND: return "not_found";
    case FH_E_INVALID: return "invalid";
    case FH_E_LIMIT: return "limit";
    case FH_E_BUSY: return "busy";
    case FH_E_UTF8: return "not_utf8";
    case FH_E_CANCELLED: return "cancelled";
    case FH_E_DEADLINE: return "deadline";
    case FH_E_NETWORK: return "network";
    case FH_E_CURSOR: return "bad_cursor";
    case FH_E_GONE: return "gone";
    default: return "internal";
    }
}

int fhi_quotable(fh_str text)
{
    enum { QUOTED_BYTES_MAX = 80 };
    size_t len = text.len < QUOTED_BYTES_MAX ? text.len : QUOTED_BYTES_MAX;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    return (int)len;
}

/* A message that was cut to fit loses the character that was cut. */
static void trim(char *text)
{
    enum { CHARACTER_BYTES_MAX = 4 };
    const size_t len = strlen(text), good = fhi_utf8_check(text, len);
    if (len - good < CHARACTER_BYTES_MAX) text[good] = '\0';
}

static fh_status fill(fh_err *err, fh_status status, const char *file, uint64_t offset, const char *format,
                      va_list arguments) FHI_PRINTF(5, 0);

static fh_status fill(fh_err *err, fh_status status, const char *file, uint64_t offset, const char *format,
                      va_list arguments)
{
    if (!err) return status;
    err->status = status;
    err->offset = offset;
    (void)snprintf(err->file, sizeof err->file, "%s", file);
    if (vsnprintf(err->text, sizeof err->text, format, arguments) >= (int)sizeof err->text) trim(err->text);
    return status;
}

#undef fhi_fail /* the analyzer reads macros instead; see base.h */
#undef fhi_fail_at

fh_status fhi_fail(fh_err *err, fh_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fill(err, status, "", 0, format, arguments);
    va_end(arguments);
    return status;
}

fh_status fhi_fail_at(fh_err *err, fh_status status, const char *file, uint64_t offset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fill(err, status, file ? file : "", offset, format, arguments);
    va_end(arguments);
    return status;
}

const char *fhi_errno_text(int number)
{
    const char *text = strerrordesc_np(number); /* strerror may write to memory that threads share */
    return text ? text : "unknown error";
}

/* C0, DEL and, in UTF-8, C1: an escape sequence in a file name would otherwise act on the terminal. */
static void put_visible(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const bool c1 = c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
        if (c1)
            (void)fprintf(stderr, "\\x%02x", *++c);
        else if (*c < 0x20 || *c == 0x7F)
            (void)fprintf(stderr, "\\x%02x", *c);
        else
            (void)fputc(*c, stderr);
    }
}

void fhi_complain(const char *verb, const char *what, const char *why)
{
    (void)fprintf(stderr, "fihrist%s%s: ", verb[0] ? " " : "", verb);
    put_visible(what);
    if (what[0]) (void)fputs(": ", stderr);
    put_visible(why);
    (void)fputc('\n', stderr);
}
