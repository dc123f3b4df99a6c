/* fuzz_lines.c - any bytes as lines of the Unix socket.
 *
 * The first byte says how the rest is cut into reads, the second how long a line may be. The lines that come out, whole
 * and cut, are those that a plain search for line feeds finds. And each line that is JSON is written down again as
 * jansson has it, and read: it asks the same.
 */
#include "query/server/socket.h"
#include "tests/fuzz/doors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const size_t line_bytes_max[] = {80, 2048};

static void note_id(fhi_buf *trace, const fhi_ask *ask)
{
    char *text = ask->id ? json_dumps(ask->id, JSON_ENCODE_ANY) : NULL;
    require(!ask->id || text);
    fhi_buf_put_str(trace, fhi_str(text));
    free(text);
}

static void read_line(fh_str line, fhi_ask *ask, fhi_buf *trace)
{
    fh_err err = {.text = ""};
    fhi_ask_init(ask);
    note_ask(trace, fhi_ask_from_line(ask, line, &err), ask, &err);
    note_id(trace, ask);
}

static void check_again(const fhi_ask *ask, const fhi_buf *understood)
{
    char *written = json_dumps(ask->root, JSON_ENCODE_ANY);
    fhi_buf trace = {0};
    fhi_ask again;
    require(written != NULL);
    read_line(fhi_str(written), &again, &trace);
    require(json_equal(ask->root, again.root) && fhi_str_equal(fhi_buf_str(&trace), fhi_buf_str(understood)));
    fhi_ask_fini(&again);
    fhi_buf_fini(&trace);
    free(written);
}

static void check_line(fh_str line)
{
    fhi_buf trace = {0};
    fhi_ask ask;
    char *block;
    read_line((fh_str){copy_exact(line.ptr, line.len, &block), line.len}, &ask, &trace);
    if (ask.root) check_again(&ask, &trace);
    fhi_ask_fini(&ask);
    fhi_buf_fini(&trace);
    free(block);
}

/* ---- framing ---- */

static void note_line(fhi_buf *trace, fhi_line_event event, fh_str line)
{
    if (event == FHI_LINE_MORE) return;
    fhi_buf_put8(trace, (uint8_t)event);
    if (event == FHI_LINE_WHOLE) fhi_buf_put_str(trace, line);
}

static void read_pieces(fh_str input, size_t bytes_max, uint32_t cut, fhi_buf *trace)
{
    fhi_lines lines;
    fhi_line_event event;
    fh_str line;
    fhi_lines_init(&lines, bytes_max);
    for (size_t at = 0; at < input.len;) {
        const size_t piece = cut_next(&cut, input.len - at);
        char *block;
        const char *bytes = copy_exact(input.ptr + at, piece, &block);
        for (size_t taken = 0; taken < piece;) {
            const size_t more = fhi_lines_next(&lines, bytes + taken, piece - taken, &event, &line);
            require(more > 0 && more <= piece - taken);
            taken += more;
            note_line(trace, event, line);
        }
        at += piece;
        free(block);
    }
    const bool open = fhi_lines_open(&lines);
    if (fhi_lines_last(&lines, &line)) note_line(trace, FHI_LINE_WHOLE, line);
    require(open == (input.len > 0 && input.ptr[input.len - 1] != '\n'));
    require(!fhi_lines_last(&lines, &line));
    fhi_lines_fini(&lines);
}

/* What comes out, told simply; each line is looked at as well. */
static void read_simply(fh_str input, size_t bytes_max, fhi_buf *trace)
{
    for (size_t at = 0; at < input.len;) {
        const char *feed = memchr(input.ptr + at, '\n', input.len - at);
        const size_t len = feed ? (size_t)(feed - input.ptr) - at : input.len - at;
        const fh_str line = {input.ptr + at, len};
        note_line(trace, len > bytes_max ? FHI_LINE_TOO_LONG : FHI_LINE_WHOLE, line);
        if (len <= bytes_max) check_line(line);
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2) return 0;
    const fh_str input = {(const char *)data + 2, len - 2};
    const size_t bytes_max = line_bytes_max[data[1] % 2];
    const uint32_t cuts[] = {CUT_NOWHERE, 1 + (uint32_t)data[0]};
    fhi_buf wanted = {0};
    read_simply(input, bytes_max, &wanted);
    for (size_t i = 0; i < 2; i++) {
        fhi_buf found = {0};
        read_pieces(input, bytes_max, cuts[i], &found);
        require(wanted.status == FH_OK && fhi_str_equal(fhi_buf_str(&wanted), fhi_buf_str(&found)));
        fhi_buf_fini(&found);
    }
    fhi_buf_fini(&wanted);
    return 0;
}
