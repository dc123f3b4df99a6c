/* status.c - texts of the statuses, and the one way to fill an fh_err. */
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

static fh_status fill(fh_err *err, fh_status status, const char *file, uint64_t offset, const char *format,
                      va_list arguments) FHI_PRINTF(5, 0);

static fh_status fill(fh_err *err, fh_status status, const char *file, uint64_t offset, const char *format,
                      va_list arguments)
{
    if (!err) return status;
    err->status = status;
    err->offset = offset;
    (void)snprintf(err->file, sizeof err->file, "%s", file);
    (void)vsnprintf(err->text, sizeof err->text, format, arguments);
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
