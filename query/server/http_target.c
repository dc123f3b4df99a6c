/* http_target.c - the target of a request taken apart: path, parameters, percent-encoding. */
#include "query/server/http.h"

#include <strings.h>

static bool is_web(fh_str target, const struct http_parser_url *url)
{
    const fh_str scheme = {target.ptr + url->field_data[UF_SCHEMA].off, url->field_data[UF_SCHEMA].len};
    return (scheme.len == 4 && strncasecmp(scheme.ptr, "http", 4) == 0) ||
           (scheme.len == 5 && strncasecmp(scheme.ptr, "https", 5) == 0);
}

fh_status fhi_http_target_split(fh_str target, fh_str *path, fh_str *query, fh_err *err)
{
    *path = *query = (fh_str){NULL, 0};
    if (target.len == 0) return fhi_fail(err, FH_E_INVALID, "the request has no target");
    if (memchr(target.ptr, '#', target.len)) return fhi_fail(err, FH_E_INVALID, "a request target has no fragment (#)");
    if (target.ptr[0] != '/') {
        /* Absolute form, as proxies send it: http://host/path?query. */
        struct http_parser_url url;
        http_parser_url_init(&url);
        if (target.len > UINT16_MAX || http_parser_parse_url(target.ptr, target.len, 0, &url) != 0 ||
            !(url.field_set & (1U << UF_HOST)) || !is_web(target, &url))
            return fhi_fail(err, FH_E_INVALID, "the request target is no path and no URL");
        /* Behind the host; a path that is empty is that of the page. */
        size_t at = url.field_data[UF_HOST].off + url.field_data[UF_HOST].len;
        while (at < target.len && target.ptr[at] != '/' && target.ptr[at] != '?')
            at++;
        target = (fh_str){target.ptr + at, target.len - at};
    }
    const char *mark = target.len ? memchr(target.ptr, '?', target.len) : NULL;
    *path = (fh_str){target.ptr, mark ? (size_t)(mark - target.ptr) : target.len};
    if (path->len == 0) *path = FH_STR("/");
    if (mark) *query = (fh_str){mark + 1, (size_t)(target.ptr + target.len - mark - 1)};
    return FH_OK;
}

bool fhi_http_param_next(fh_str *rest, fh_str *name, fh_str *value)
{
    while (rest->len) {
        const char *end = memchr(rest->ptr, '&', rest->len);
        const fh_str pair = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
        const size_t taken = pair.len + (end ? 1 : 0);
        *rest = (fh_str){rest->ptr + taken, rest->len - taken};
        if (pair.len == 0) continue;
        const char *equals = memchr(pair.ptr, '=', pair.len);
        *name = (fh_str){pair.ptr, equals ? (size_t)(equals - pair.ptr) : pair.len};
        *value = (fh_str){equals ? equals + 1 : pair.ptr + pair.len, equals ? pair.len - name->len - 1 : 0};
        return true;
    }
    return false;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

fh_status fhi_http_percent_decode(fh_str raw, bool plus_is_space, fhi_buf *out, fh_str *decoded, fh_err *err)
{
    *decoded = (fh_str){NULL, 0};
    const size_t start = out->len;
    if (!fhi_buf_reserve(out, raw.len)) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    for (size_t i = 0; i < raw.len; i++) {
        char byte = raw.ptr[i];
        if (byte == '%') {
            const int high = raw.len - i > 2 ? hex_value(raw.ptr[i + 1]) : -1;
            const int low = high >= 0 ? hex_value(raw.ptr[i + 2]) : -1;
            if (low < 0) return fhi_fail(err, FH_E_INVALID, "%% is not followed by two hexadecimal digits");
            byte = (char)(high * 16 + low);
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        fhi_buf_put8(out, (uint8_t)byte);
    }
    const size_t len = out->len - start;
    if (len == 0) {
        *decoded = FH_STR("");
        return FH_OK;
    }
    const uint8_t *bytes = out->data + start;
    if (fhi_utf8_check(bytes, len) != len) return fhi_fail(err, FH_E_UTF8, "the request target is not UTF-8");
    *decoded = (fh_str){(const char *)bytes, len};
    return FH_OK;
}
