/* test_server_malformed.c - query/MALFORMED.md is true: every request of its tables is sent, whole and byte by byte,
 * and gets the answer that stands there; then the connection lives or ends as it says. */
#include "tests/server/serving.h"

enum { BYTEWISE_BYTES_MAX = 1200, ANSWERS_MAX = 4, COLUMNS_MAX = 4 };

static const char probe[] = "GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

static serving server;

static int start(void **state)
{
    (void)state;
    serving_init(&server);
    serving_start(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    serving_stop(&server);
    return 0;
}

/* ---- the document ---- */

typedef struct row {
    fh_str columns[COLUMNS_MAX];
    unsigned column_count;
    bool cut; /* in the table of requests that are cut short */
} row;

static uint8_t hex_byte(const char *digits)
{
    const char text[] = {digits[0], digits[1], '\0'};
    return (uint8_t)strtoul(text, NULL, 16);
}

/* One byte that stands behind a backslash; answers how many characters said so. */
static size_t put_escaped(const char *at, fhi_buf *out)
{
    switch (at[0]) {
    case 'r': fhi_buf_put8(out, '\r'); return 1;
    case 'n': fhi_buf_put8(out, '\n'); return 1;
    case 't': fhi_buf_put8(out, '\t'); return 1;
    case '0': fhi_buf_put8(out, '\0'); return 1;
    case 'x': fhi_buf_put8(out, hex_byte(at + 1)); return 3;
    default: fail_msg("an escape that is none: %.4s", at); return 0;
    }
}

static void put_plain(fh_str text, fhi_buf *out)
{
    for (size_t at = 0; at < text.len; at++)
        if (text.ptr[at] == '\\')
            at += put_escaped(text.ptr + at + 1, out);
        else
            fhi_buf_put8(out, (uint8_t)text.ptr[at]);
}

/* `{a*9}` at the beginning of a text; answers how long it is, 0: it is none. */
static size_t repetition(fh_str text, fh_str *what, size_t *times)
{
    const char *end = text.ptr[0] == '{' ? memchr(text.ptr, '}', text.len) : NULL;
    const char *star = end ? memrchr(text.ptr, '*', (size_t)(end - text.ptr)) : NULL;
    if (!star || memchr(text.ptr, '"', (size_t)(end - text.ptr))) return 0;
    *what = (fh_str){text.ptr + 1, (size_t)(star - text.ptr - 1)};
    *times = strtoull(star + 1, NULL, 10);
    return *times ? (size_t)(end - text.ptr + 1) : 0;
}

/* The bytes a code span stands for. */
static void read_bytes(fh_str span, fhi_buf *out)
{
    fhi_buf_clear(out);
    if (span.len == 0) return;
    assert_true(span.len >= 2 && span.ptr[0] == '`' && span.ptr[span.len - 1] == '`');
    fh_str rest = {span.ptr + 1, span.len - 2};
    while (rest.len) {
        fh_str what;
        size_t times, taken = repetition(rest, &what, &times);
        for (size_t i = 0; taken && i < times; i++)
            put_plain(what, out);
        if (!taken) {
            taken = rest.ptr[0] == '\\' ? rest.ptr[1] == 'x' ? 4 : 2 : 1;
            put_plain((fh_str){rest.ptr, taken}, out);
        }
        rest = (fh_str){rest.ptr + taken, rest.len - taken};
    }
    assert_int_equal(out->status, FH_OK);
}

static fh_str trim(fh_str text)
{
    while (text.len && text.ptr[0] == ' ')
        text = (fh_str){text.ptr + 1, text.len - 1};
    while (text.len && text.ptr[text.len - 1] == ' ')
        text.len--;
    return text;
}

/* False: the line is no row with content. A cell has no bar in it. */
static bool read_row(fh_str line, row *out)
{
    out->column_count = 0;
    if (!fhi_str_starts(line, FH_STR("| ")) || fhi_str_starts(line, FH_STR("| what |"))) return false;
    while (line.len > 1) {
        const char *end = memchr(line.ptr + 1, '|', line.len - 1);
        assert_non_null(end);
        const size_t len = (size_t)(end - line.ptr);
        assert_true(out->column_count < COLUMNS_MAX);
        out->columns[out->column_count++] = trim((fh_str){line.ptr + 1, len - 1});
        line = (fh_str){line.ptr + len, line.len - len};
    }
    return true;
}

typedef void (*row_seen)(const row *entry, fhi_buf *bytes);

/* The rows of one of the two parts of the document; answers how many. */
static unsigned each_row(const char *part, row_seen seen)
{
    fhi_buf document, bytes;
    unsigned count = 0;
    bool inside = false;
    row found = {.column_count = 0};
    fhi_buf_init(&document);
    fhi_buf_init(&bytes);
    FILE *file = fopen("query/MALFORMED.md", "r");
    assert_non_null(file);
    for (int c; (c = fgetc(file)) != EOF;)
        fhi_buf_put8(&document, (uint8_t)c);
    (void)fclose(file);
    fh_str rest = fhi_buf_str(&document);
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        assert_non_null(end);
        const fh_str line = {rest.ptr, (size_t)(end - rest.ptr)};
        rest = (fh_str){end + 1, rest.len - line.len - 1};
        if (fhi_str_starts(line, FH_STR("## "))) inside = fhi_str_equal(line, fhi_str(part));
        if (fhi_str_starts(line, FH_STR("### "))) found.cut = fhi_str_starts(line, FH_STR("### Cut short"));
        if (!inside || !read_row(line, &found)) continue;
        seen(&found, &bytes);
        count++;
    }
    fhi_buf_fini(&bytes);
    fhi_buf_fini(&document);
    return count;
}

/* ---- HTTP ---- */

static void send_all(int fd, const uint8_t *data, size_t len, bool bytewise)
{
    for (size_t at = 0; at < len;) {
        const ssize_t sent = send(fd, data + at, bytewise ? 1 : len - at, MSG_NOSIGNAL);
        if (sent <= 0) return; /* it has been refused, and is over */
        at += (size_t)sent;
    }
}

/* All answers as the document writes them: "400 `bad_request`, 200", or "none". *ready: one was that to the probe. */
static void read_answers(int fd, fhi_buf *told, bool *ready)
{
    *ready = false;
    fhi_buf_clear(told);
    for (;;) {
        http_answer answer = read_answer(fd, false);
        if (!answer.status) break;
        const char *status = json_string_value(json_object_get(answer.json, "status"));
        if (status && strcmp(status, "ready") == 0) {
            *ready = true;
        } else {
            fhi_buf_printf(told, "%s%d", told->len ? ", " : "", answer.status);
            if (*error_code(answer.json)) fhi_buf_printf(told, " `%s`", error_code(answer.json));
        }
        answer_fini(&answer);
    }
    if (told->len == 0) fhi_buf_printf(told, "none");
}

static void ask(const row *entry, const fhi_buf *bytes, bool bytewise)
{
    fhi_buf told;
    bool ready;
    const int fd = connect_http(&server);
    fhi_buf_init(&told);
    send_all(fd, bytes->data, bytes->len, bytewise);
    if (!entry->cut) send_all(fd, (const uint8_t *)probe, sizeof probe - 1, false);
    (void)shutdown(fd, SHUT_WR);
    read_answers(fd, &told, &ready);
    const fh_str wanted = entry->columns[2], then = entry->columns[3];
    if (!fhi_str_equal(wanted, fhi_buf_str(&told)) || !fhi_str_equal(then, ready ? FH_STR("lives") : FH_STR("ends")))
        fail_msg("%.*s, %s: %.*s, and it %s", (int)entry->columns[0].len, entry->columns[0].ptr,
                 bytewise ? "byte by byte" : "whole", (int)told.len, (const char *)told.data, ready ? "lives" : "ends");
    fhi_buf_fini(&told);
    (void)close(fd);
}

static void ask_both_ways(const row *entry, fhi_buf *bytes)
{
    assert_int_equal(entry->column_count, 4);
    read_bytes(entry->columns[1], bytes);
    ask(entry, bytes, false);
    if (bytes->len <= BYTEWISE_BYTES_MAX) ask(entry, bytes, true);
}

static void requests_are_answered_as_the_document_says(void **state)
{
    (void)state;
    assert_true(each_row("## HTTP", ask_both_ways) > 200);
}

/* ---- lines ---- */

static void ask_line(const row *entry, fhi_buf *bytes)
{
    char code[64];
    assert_int_equal(entry->column_count, 3);
    read_bytes(entry->columns[1], bytes);
    fhi_buf_printf(bytes, "\n{\"ready\":true}\n");
    const int fd = connect_path(server.socket);
    send_all(fd, bytes->data, bytes->len, false);
    json_t *answer = read_json_line(fd), *next = read_json_line(fd);
    (void)snprintf(code, sizeof code, "`%s`", error_code(answer));
    if (!fhi_str_equal(entry->columns[2], fhi_str(code)))
        fail_msg("%.*s: %s", (int)entry->columns[0].len, entry->columns[0].ptr, code);
    assert_non_null(json_object_get(next, "ready"));
    json_decref(next);
    json_decref(answer);
    (void)close(fd);
}

static void lines_are_answered_as_the_document_says(void **state)
{
    (void)state;
    assert_true(each_row("## Lines on the Unix socket", ask_line) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_as_the_document_says),
        cmocka_unit_test(lines_are_answered_as_the_document_says),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
