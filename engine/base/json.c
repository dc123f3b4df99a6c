/* json.c - telling a want of memory from a fault of the text.
 *
 * jansson says `invalid token` of a token it had no memory for, and nothing at all where it could not make an object.
 * So a text is at fault only when memory is there and reading it again finds the same fault at the same place.
 */
#include "engine/base/json.h"

#include <stdlib.h>

enum { SPARE_BYTES = 4096 }; /* what the small parts of any text take */

static bool memory_is_there(size_t bytes)
{
    void *probe = malloc(bytes + SPARE_BYTES);
    free(probe);
    return probe != NULL;
}

static json_t *load(fh_str text, size_t flags, json_error_t *error)
{
    return json_loadb(text.len ? text.ptr : "", text.len, flags, error);
}

static bool same_fault(const json_error_t *a, const json_error_t *b)
{
    return a->text[0] && a->position == b->position && json_error_code(a) == json_error_code(b) &&
           json_error_code(a) != json_error_out_of_memory;
}

/* jansson quotes the token it stumbled over, and may cut a character of it: then the message does without it. */
static void make_utf8(json_error_t *error)
{
    const size_t len = strlen(error->text), good = fhi_utf8_check(error->text, len);
    char *quoted = strstr(error->text, " near '");
    if (good < len) *(quoted ? quoted : error->text + good) = '\0';
}

fh_status fhi_json_load(fh_str text, size_t flags, json_t **out, json_error_t *error)
{
    json_error_t first;
    *out = load(text, flags, &first);
    if (*out) return FH_OK;
    if (!memory_is_there(text.len)) return FH_E_NOMEM;
    *out = load(text, flags, error);
    if (*out) return FH_OK;
    const bool same = same_fault(&first, error);
    make_utf8(error);
    return same ? FH_E_SYNTAX : FH_E_NOMEM;
}
