/* usual.c - yajl's events, as long as they are those of a usual article. User: article.c.
 *
 * yajl is laxer than jansson in five things, which are looked at here: the bytes of UTF-8, white space (it takes
 * vertical tabs and form feeds), escaped halves of characters, escaped NULs, and what follows the object. And it takes
 * what malloc answers for memory; so it gets its memory from a room that is large enough beforehand.
 */
#include "indexer/usual.h"

#include <assert.h>
#include <yajl/yajl_parse.h>

enum {
    LINE_BYTES_MAX = 256 * 1024, /* longer lines are left: they would want much room */
    /* What yajl takes: a handle, a stack, a lexer, and two buffers that double from 2 KiB until more than the line
     * fits; each may have grown at another place than its end. */
    ROOM_BYTES_FIXED = 16 * 1024,
    ROOM_BYTES_PER_BYTE = 8,
    ROOM_HEAD_BYTES = 16 /* before each piece: its size; keeps pieces aligned */
};

typedef enum place { PLACE_START, PLACE_OBJECT, PLACE_TAGS, PLACE_END } place;

typedef struct reading {
    fhi_usual *usual;
    fh_str line;
    fh_record *record;
    place where;
    uint32_t seen;  /* bit for each field whose name came */
    fh_field field; /* of the last name */
    size_t tags_at; /* where they begin in usual->text */
    bool unescaped; /* some string had escapes */
} reading;

void fhi_usual_fini(fhi_usual *usual)
{
    fhi_buf_fini(&usual->text);
    fhi_buf_fini(&usual->room);
    *usual = (fhi_usual){0};
}

/* ---- the room ------------------------------------------------------------------------------------------- */

static void *take_room(void *argument, size_t bytes)
{
    fhi_usual *usual = argument;
    uint8_t *head = usual->room.data + usual->room_used;
    const size_t taken = ROOM_HEAD_BYTES + (bytes + ROOM_HEAD_BYTES - 1) / ROOM_HEAD_BYTES * ROOM_HEAD_BYTES;
    assert(taken <= usual->room.capacity - usual->room_used);
    if (taken > usual->room.capacity - usual->room_used) return NULL;
    fhi_store64(head, bytes);
    usual->room_used += taken;
    return head + ROOM_HEAD_BYTES;
}

static void *take_more_room(void *argument, void *piece, size_t bytes)
{
    uint8_t *grown = take_room(argument, bytes);
    if (!piece || !grown) return grown;
    const uint64_t before = fhi_load64((uint8_t *)piece - ROOM_HEAD_BYTES);
    memcpy(grown, piece, before < bytes ? (size_t)before : bytes);
    return grown;
}

static void leave_room(void *argument, void *piece)
{
    (void)argument; /* all of it goes at once */
    (void)piece;
}

/* ---- events: each answers whether to go on ---------------------------------------------------------------- */

static bool is_in_line(const reading *self, const unsigned char *text)
{
    const uintptr_t at = (uintptr_t)text, start = (uintptr_t)self->line.ptr;
    return at >= start && at - start < self->line.len;
}

/* usual->text has room for as many bytes as the line has, so it never moves: no string is longer than it is written,
 * and between two tags stand more characters than one. */
static fh_str keep(reading *self, const unsigned char *text, size_t len)
{
    fhi_buf *to = &self->usual->text;
    const size_t at = to->len;
    fhi_buf_put(to, text, len);
    return (fh_str){(const char *)to->data + at, len};
}

static void put_tag(reading *self, const unsigned char *text, size_t len)
{
    fhi_buf *to = &self->usual->text;
    if (self->record->fields[FH_FIELD_TAGS].ptr) fhi_buf_put8(to, '\n');
    const fh_str tag = keep(self, text, len);
    for (size_t i = 0; i < tag.len; i++)
        if (tag.ptr[i] == '\n') to->data[to->len - tag.len + i] = ' ';
    const char *start = (const char *)to->data + self->tags_at;
    self->record->fields[FH_FIELD_TAGS] = (fh_str){start, to->len - self->tags_at};
}

static int on_string(void *argument, const unsigned char *text, size_t len)
{
    reading *self = argument;
    const bool in_line = len == 0 || is_in_line(self, text);
    self->unescaped |= !in_line;
    if (self->where == PLACE_TAGS)
        put_tag(self, text, len);
    else if (self->where == PLACE_OBJECT)
        self->record->fields[self->field] = in_line ? (fh_str){(const char *)text, len} : keep(self, text, len);
    return self->where == PLACE_TAGS || self->where == PLACE_OBJECT;
}

static int on_key(void *argument, const unsigned char *text, size_t len)
{
    reading *self = argument;
    self->unescaped |= len > 0 && !is_in_line(self, text);
    for (int i = 0; i < FH_FIELD_EXTRA; i++) {
        const char *name = fh_field_name((fh_field)i);
        if (len == 0 || name[0] != (char)text[0] || strlen(name) != len || memcmp(name, text, len) != 0) continue;
        if (self->seen >> i & 1) return 0;
        self->seen |= 1u << i;
        self->field = (fh_field)i;
        return 1;
    }
    return 0;
}

static int on_null(void *argument)
{
    return ((const reading *)argument)->where == PLACE_OBJECT;
}

static int on_object(void *argument)
{
    reading *self = argument;
    if (self->where != PLACE_START) return 0;
    self->where = PLACE_OBJECT;
    return 1;
}

/* yajl takes the beginning of a string behind the object for white space; so it stops here, and is asked where. */
static int on_object_end(void *argument)
{
    ((reading *)argument)->where = PLACE_END;
    return 0;
}

static int on_array(void *argument)
{
    reading *self = argument;
    if (self->where != PLACE_OBJECT || self->field != FH_FIELD_TAGS) return 0;
    self->where = PLACE_TAGS;
    self->tags_at = self->usual->text.len;
    return 1;
}

static int on_array_end(void *argument)
{
    ((reading *)argument)->where = PLACE_OBJECT;
    return 1;
}

static int on_boolean(void *argument, int value)
{
    (void)argument;
    (void)value;
    return 0;
}

static int on_number(void *argument, const char *text, size_t len)
{
    (void)argument;
    (void)text;
    (void)len;
    return 0;
}

/* ---- a line --------------------------------------------------------------------------------------------- */

static const yajl_callbacks events = {.yajl_null = on_null,
                                      .yajl_boolean = on_boolean,
                                      .yajl_number = on_number,
                                      .yajl_string = on_string,
                                      .yajl_start_map = on_object,
                                      .yajl_map_key = on_key,
                                      .yajl_end_map = on_object_end,
                                      .yajl_start_array = on_array,
                                      .yajl_end_array = on_array_end};

static bool parse(reading *self)
{
    yajl_alloc_funcs room = {take_room, take_more_room, leave_room, self->usual};
    const yajl_handle handle = yajl_alloc(&events, &room, self);
    yajl_config(handle, yajl_dont_validate_strings, 1);
    (void)yajl_parse(handle, (const unsigned char *)self->line.ptr, self->line.len);
    const bool read = self->where == PLACE_END && yajl_get_bytes_consumed(handle) == self->line.len;
    yajl_free(handle);
    return read;
}

/* Is there an escape that yajl and jansson read in two ways: of a NUL, or of a surrogate? Backslashes that are
 * escaped themselves may look like one; then jansson reads the line. */
static bool has_odd_escape(fh_str line)
{
    const char *end = line.ptr + line.len;
    for (const char *at = line.ptr; (at = memchr(at, '\\', (size_t)(end - at))); at++) {
        if (end - at < 6) return false;
        if (at[1] == 'u' && (at[2] == 'd' || at[2] == 'D' || memcmp(at + 2, "0000", 4) == 0)) return true;
    }
    return false;
}

bool fhi_usual_read(fhi_usual *usual, fh_str line, fh_record *record)
{
    *record = (fh_record){0};
    if (line.len == 0 || line.len > LINE_BYTES_MAX || line.ptr[0] != '{') return false;
    if (memchr(line.ptr, '\v', line.len) || memchr(line.ptr, '\f', line.len)) return false;
    if (fhi_utf8_check(line.ptr, line.len) < line.len) return false;
    fhi_buf_clear(&usual->text);
    fhi_buf_clear(&usual->room);
    usual->room_used = 0;
    reading self = {.usual = usual, .line = line, .record = record};
    const bool read = fhi_buf_reserve(&usual->text, line.len) &&
                      fhi_buf_reserve(&usual->room, ROOM_BYTES_FIXED + ROOM_BYTES_PER_BYTE * line.len) &&
                      parse(&self) && !(self.unescaped && has_odd_escape(line));
    if (!read) *record = (fh_record){0};
    return read;
}
