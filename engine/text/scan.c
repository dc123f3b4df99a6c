/* scan.c - where words begin and end in the original bytes, and at which position they stand.
 *
 * A piece is a run of letters of one script (Latin with its digits), marks and deletable characters. A part is a
 * piece after apostrophes and dotted capitals were settled; it takes one position. Parts linked by hyphens, or by
 * apostrophes that split, form a compound, which gives one more token for all of it at its first part's position.
 * Invariants: begin < end <= length; positions never decrease; each pass of a loop here consumes a character.
 */
#include "engine/text/text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <stdlib.h>

enum { EXPANSION_BYTES_MAX = 512, TOKENS_FIRST = 1024 };

/* ---- tokens ---------------------------------------------------------------------------------------------- */

static fh_status grow_tokens(fh_analyzer *analyzer)
{
    const size_t capacity = analyzer->token_capacity ? analyzer->token_capacity * 2 : TOKENS_FIRST;
    fh_token *tokens = realloc(analyzer->tokens, capacity * sizeof *tokens);
    if (!tokens) return FH_E_NOMEM;
    analyzer->tokens = tokens;
    analyzer->token_capacity = capacity;
    return FH_OK;
}

static inline fh_status put_token(fh_analyzer *analyzer, fh_token token)
{
    if (FHI_UNLIKELY(analyzer->token_count == analyzer->token_capacity)) FH_TRY(grow_tokens(analyzer));
    analyzer->tokens[analyzer->token_count++] = token;
    return FH_OK;
}

fh_status fhi_scan_emit(fhi_scan *scan, const fhi_entry *entry, size_t begin, size_t end)
{
    if (FHI_UNLIKELY(scan->pinned)) {
        begin = scan->pin_begin;
        end = scan->pin_end;
    }
    return put_token(scan->analyzer, (fh_token){&entry->word, scan->position, (uint32_t)begin, (uint32_t)end});
}

fh_status fhi_scan_insert(fhi_scan *scan, size_t index, fh_token token)
{
    fh_analyzer *analyzer = scan->analyzer;
    if (analyzer->token_count == analyzer->token_capacity) FH_TRY(grow_tokens(analyzer));
    memmove(analyzer->tokens + index + 1, analyzer->tokens + index,
            (analyzer->token_count - index) * sizeof *analyzer->tokens);
    analyzer->tokens[index] = token;
    analyzer->token_count++;
    return FH_OK;
}

/* Pieces longer than FHI_RAW_BYTES_MAX are the same word as their beginning: terms are cut far below. */
static fh_str cut_raw(fh_str raw)
{
    if (raw.len <= FHI_RAW_BYTES_MAX) return raw;
    for (raw.len = FHI_RAW_BYTES_MAX; raw.len > 0 && ((uint8_t)raw.ptr[raw.len] & 0xC0) == 0x80;)
        raw.len--;
    return raw;
}

static fh_status look_up(fh_analyzer *analyzer, const fhi_form *key, uint32_t place, fh_str raw, fh_token_kind kind,
                         fh_script script, const fhi_entry **out)
{
    *out = fhi_cache_find(&analyzer->cache, key, place);
    if (FHI_LIKELY(*out != NULL)) return FH_OK;
    FH_TRY(fhi_word_make(analyzer, raw, kind, script, out));
    return fhi_cache_add_form(&analyzer->cache, key, raw, *out);
}

fh_status fhi_scan_lookup(fh_analyzer *analyzer, fh_str raw, size_t room, fh_token_kind kind, fh_script script,
                          const fhi_entry **out)
{
    fhi_form key;
    raw = cut_raw(raw);
    fhi_cache_key(&analyzer->cache, raw, room, kind, &key);
    return look_up(analyzer, &key, fhi_cache_place(&analyzer->cache, &key), raw, kind, script, out);
}

/* The word that waits longest becomes a token. */
static fh_status settle_one(fhi_scan *scan)
{
    const fhi_waiting *word = &scan->waiting[scan->waiting_first];
    const fhi_entry *entry;
    scan->waiting_first = (scan->waiting_first + 1) % FHI_WAITING_MAX;
    scan->waiting_count--;
    FH_TRY(look_up(scan->analyzer, &word->key, word->place, word->raw, word->kind, word->script, &entry));
    return put_token(scan->analyzer,
                     (fh_token){&entry->word, word->position, (uint32_t)word->begin, (uint32_t)word->end});
}

/* Before anything else looks at the tokens or adds to them. */
static fh_status settle(fhi_scan *scan)
{
    while (scan->waiting_count > 0)
        FH_TRY(settle_one(scan));
    return FH_OK;
}

static fh_script script_of(uint32_t bits)
{
    if (bits & FHI_BIT(LATIN)) return FH_SCRIPT_LATIN;
    return bits & FHI_BIT(ARABIC) ? FH_SCRIPT_ARABIC : FH_SCRIPT_OTHER;
}

static fh_status emit_raw(fhi_scan *scan, size_t begin, size_t end, fh_token_kind kind, uint32_t bits)
{
    const fh_str raw = cut_raw((fh_str){(const char *)scan->text + begin, end - begin});
    const fhi_cache *cache = &scan->analyzer->cache;
    if (scan->waiting_count == FHI_WAITING_MAX) FH_TRY(settle_one(scan));
    fhi_waiting *word = &scan->waiting[(scan->waiting_first + scan->waiting_count++) % FHI_WAITING_MAX];
    fhi_cache_key(cache, raw, scan->len - begin, kind, &word->key);
    word->place = fhi_cache_place(cache, &word->key);
    __builtin_prefetch(&cache->forms[word->place & cache->form_mask]);
    word->raw = raw;
    word->begin = scan->pinned ? scan->pin_begin : begin;
    word->end = scan->pinned ? scan->pin_end : end;
    word->position = scan->position;
    word->kind = kind;
    word->script = script_of(bits);
    return FH_OK;
}

/* ---- pieces ---------------------------------------------------------------------------------------------- */

/* What may follow the first letter of a piece. */
static uint32_t bits_inside(unsigned kind)
{
    switch (kind) {
    case FHI_CLASS_LATIN: return FHI_BITS_INSIDE | FHI_BIT(LATIN) | FHI_BIT(DIGIT);
    case FHI_CLASS_ARABIC: return FHI_BITS_INSIDE | FHI_BIT(ARABIC);
    case FHI_CLASS_LETTER: return FHI_BITS_INSIDE | FHI_BIT(LETTER) | FHI_BIT(DIGIT);
    default: return FHI_BITS_INSIDE | FHI_BIT(DIGIT) | FHI_BIT(LATIN) | FHI_BIT(LETTER);
    }
}

/* Format characters at the end belong to no word; tatweel and marks before them do. */
static size_t trim_end(const fhi_scan *scan, size_t begin, size_t end)
{
    size_t last = begin;
    for (size_t at = begin, next; at < end; at = next) {
        const uint8_t lead = scan->text[at];
        const unsigned kind = fhi_scan_class(scan, at, &next);
        const bool tatweel = lead == 0xD9 && scan->text[at + 1] == 0x80;
        if (kind != FHI_CLASS_IGNORED || tatweel) last = next;
    }
    return last;
}

void fhi_piece_at(const fhi_scan *scan, size_t at, fhi_piece *piece)
{
    const fhi_classes *classes = &scan->analyzer->classes;
    const size_t begin = at;
    size_t next;
    unsigned kind = fhi_class_at(classes, scan->text, at, scan->len, &next);
    uint32_t bits = 1u << kind, inside = bits_inside(kind);
    for (at = next; at < scan->len; at = next) {
        kind = fhi_class_at(classes, scan->text, at, scan->len, &next);
        if (!(inside >> kind & 1)) break;
        /* digits take the script of the first letter after them */
        if (!(bits & FHI_BITS_LETTER) && (FHI_BITS_LETTER >> kind & 1)) inside = bits_inside(kind);
        bits |= 1u << kind;
    }
    piece->begin = begin;
    piece->end = FHI_UNLIKELY(bits & FHI_BIT(IGNORED)) ? trim_end(scan, begin, at) : at;
    piece->next = at;
    piece->bits = bits;
}

/* Can a word begin at `at`? */
static bool starts_word(const fhi_scan *scan, size_t at)
{
    size_t next;
    return FHI_BITS_START >> fhi_scan_class(scan, at, &next) & 1;
}

/* ---- parts ----------------------------------------------------------------------------------------------- */

/* Settles apostrophes after a Latin piece: drops what is elided, takes in what belongs to the word. */
static void settle_apostrophes(const fhi_scan *scan, fhi_piece *piece)
{
    size_t last = piece->begin; /* start of the stretch before the apostrophe */
    for (size_t next; fhi_scan_class(scan, piece->next, &next) == FHI_CLASS_APOSTROPHE && starts_word(scan, next);) {
        const fh_str before = {(const char *)scan->text + last, piece->end - last};
        const fh_str after = {(const char *)scan->text + next, scan->len - next};
        const fhi_apostrophe rule = fhi_apostrophe_rule(before, after);
        if (rule == FHI_APOSTROPHE_SPLITS) return;
        fhi_piece following;
        fhi_piece_at(scan, next, &following);
        if (rule == FHI_APOSTROPHE_ELIDES && last == piece->begin) {
            *piece = following;
        } else {
            piece->end = following.end;
            piece->next = following.next;
            piece->bits |= following.bits;
        }
        if (!(following.bits & FHI_BIT(LATIN))) return;
        last = following.begin;
    }
}

static bool is_capital(const fhi_scan *scan, const fhi_piece *piece)
{
    size_t at = 0;
    UChar32 point;
    const uint8_t *from = scan->text + piece->begin;
    const size_t len = piece->end - piece->begin;
    U8_NEXT(from, at, len, point);
    return at == len && piece->bits == FHI_BIT(LATIN) && u_isupper(point);
}

/* `O.N.U.`: single capitals with dots between are one word; its last dot belongs to it. */
static void settle_dotted(const fhi_scan *scan, fhi_piece *piece)
{
    fhi_piece whole = *piece;
    unsigned letters = 1;
    for (size_t next; fhi_scan_class(scan, whole.next, &next) == FHI_CLASS_DOT; letters++) {
        if (!starts_word(scan, next)) {
            whole.end = whole.next = next;
            break;
        }
        fhi_piece letter;
        fhi_piece_at(scan, next, &letter);
        if (!is_capital(scan, &letter)) break;
        whole.end = letter.end;
        whole.next = letter.next;
    }
    if (letters > 1) *piece = whole;
}

/* One part at scan->at; *piece tells the compound what it was. */
static fh_status scan_part(fhi_scan *scan, fhi_piece *piece)
{
    size_t next;
    fhi_piece_at(scan, scan->at, piece);
    if (fhi_bits_digits_only(piece->bits)) {
        const size_t begin = piece->begin;
        FH_TRY(settle(scan));
        FH_TRY(fhi_scan_number(scan, piece));
        *piece = (fhi_piece){begin, scan->at, scan->at, FHI_BIT(DIGIT)};
        return FH_OK;
    }
    if (piece->bits & FHI_BIT(LATIN)) {
        const unsigned after = fhi_scan_class(scan, piece->next, &next);
        if (after == FHI_CLASS_APOSTROPHE) settle_apostrophes(scan, piece);
        if (fhi_scan_class(scan, piece->next, &next) == FHI_CLASS_DOT && is_capital(scan, piece))
            settle_dotted(scan, piece);
    }
    scan->at = piece->next;
    if (fhi_bits_digits_only(piece->bits)) { /* what follows an elision: l'11 septembre */
        scan->at = piece->begin;
        return scan_part(scan, piece);
    }
    FH_TRY(emit_raw(scan, piece->begin, piece->end, FH_TOKEN_WORD, piece->bits));
    scan->position += !scan->pinned;
    return FH_OK;
}

/* ---- compounds ------------------------------------------------------------------------------------------- */

/* Moves past a hyphen or a splitting apostrophe when a word follows at once; the English 's is no part. */
static bool follow_link(fhi_scan *scan, const fhi_piece *last)
{
    size_t next, after;
    const unsigned kind = fhi_scan_class(scan, scan->at, &next);
    if (kind != FHI_CLASS_HYPHEN && kind != FHI_CLASS_APOSTROPHE) return false;
    if (scan->pinned || !starts_word(scan, next)) return false;
    if (kind == FHI_CLASS_APOSTROPHE) {
        if (!(last->bits & FHI_BITS_LETTER)) return false;
        fhi_piece following;
        fhi_piece_at(scan, next, &following);
        const bool possessive = following.end - following.begin == 1 && (scan->text[following.begin] | 0x20) == 's';
        if (possessive || fhi_scan_class(scan, following.next, &after) == FHI_CLASS_APOSTROPHE) return false;
    }
    scan->at = next;
    return true;
}

/* The joined form is wanted when letters take part and all are of one script. */
static bool wants_joined(uint32_t bits)
{
    const uint32_t letters = bits & FHI_BITS_LETTER;
    return letters != 0 && (letters & (letters - 1)) == 0;
}

/* Behind the other tokens of its position: the first part may be a date, which is several tokens itself. */
static fh_status put_joined(fhi_scan *scan, size_t begin, size_t end, uint32_t bits, uint32_t position)
{
    const fhi_entry *entry;
    FH_TRY(settle(scan));
    size_t index = scan->analyzer->token_count;
    while (index > 0 && scan->analyzer->tokens[index - 1].position > position)
        index--;
    const fh_str raw = {(const char *)scan->text + begin, end - begin};
    FH_TRY(fhi_scan_lookup(scan->analyzer, raw, scan->len - begin, FH_TOKEN_JOINED, script_of(bits), &entry));
    const fh_token token = {&entry->word, position, (uint32_t)begin, (uint32_t)end};
    return fhi_scan_insert(scan, index, token);
}

static fh_status scan_compound(fhi_scan *scan)
{
    fhi_piece part;
    const uint32_t position = scan->position;
    FH_TRY(scan_part(scan, &part));
    if (FHI_LIKELY(!follow_link(scan, &part))) return FH_OK;
    const size_t begin = part.begin;
    uint32_t bits = part.bits;
    do {
        FH_TRY(scan_part(scan, &part));
        bits |= part.bits;
    } while (follow_link(scan, &part));
    if (!wants_joined(bits)) return FH_OK;
    return put_joined(scan, begin, part.end, bits, position);
}

/* ---- texts ----------------------------------------------------------------------------------------------- */

static fh_status scan_text(fhi_scan *scan);

/* ﷺ, ½: the words it stands for, all at one position, all with the offsets of the one character. */
static fh_status scan_expanding(fhi_scan *scan, size_t next)
{
    char bytes[EXPANSION_BYTES_MAX];
    size_t len;
    const fh_str raw = {(const char *)scan->text + scan->at, next - scan->at};
    FH_TRY(fhi_normalize_expand(&scan->analyzer->normalizer, raw, bytes, sizeof bytes, &len));
    fhi_scan inner = {.analyzer = scan->analyzer,
                      .text = (const uint8_t *)bytes,
                      .len = len,
                      .position = scan->position,
                      .pinned = true,
                      .pin_begin = (uint32_t)scan->at,
                      .pin_end = (uint32_t)next};
    FH_TRY(settle(scan));
    FH_TRY(scan_text(&inner));
    scan->at = next;
    scan->position++;
    return FH_OK;
}

static fh_status scan_text(fhi_scan *scan)
{
    const fhi_classes *classes = &scan->analyzer->classes;
    while (scan->at < scan->len) {
        size_t next;
        const unsigned kind = fhi_class_at(classes, scan->text, scan->at, scan->len, &next);
        if (FHI_BITS_START >> kind & 1) {
            FH_TRY(scan_compound(scan));
        } else if (FHI_UNLIKELY(kind == FHI_CLASS_INVALID)) {
            return FH_E_UTF8;
        } else if (FHI_UNLIKELY(kind == FHI_CLASS_EXPANDS && !scan->pinned)) {
            FH_TRY(scan_expanding(scan, next));
        } else {
            scan->at = next;
        }
    }
    return settle(scan);
}

fh_status fhi_scan_press(fh_analyzer *analyzer, fh_str text, fh_err *err)
{
    fhi_scan scan = {.analyzer = analyzer, .text = (const uint8_t *)text.ptr, .len = text.len};
    const fh_status status = scan_text(&scan);
    if (status == FH_E_UTF8) return fhi_fail_at(err, status, NULL, scan.at, "not valid UTF-8 at byte %zu", scan.at);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "analysis stopped near byte %zu", scan.at);
}

fh_status fhi_scan_words(fh_analyzer *analyzer, fh_str text, fh_err *err)
{
    const fhi_classes *classes = &analyzer->classes;
    fhi_scan scan = {.analyzer = analyzer, .text = (const uint8_t *)text.ptr, .len = text.len};
    size_t next;
    for (size_t at = 0; at < text.len; at = next) {
        const size_t begin = at;
        uint32_t bits = 0;
        for (; at < text.len; at = next) {
            const unsigned kind = fhi_class_at(classes, scan.text, at, scan.len, &next);
            if (kind == FHI_CLASS_INVALID)
                return fhi_fail_at(err, FH_E_UTF8, NULL, at, "not valid UTF-8 at byte %zu", at);
            if (FHI_BITS_WHITE >> kind & 1) break;
            bits |= 1u << kind;
        }
        if (at > begin) {
            const fh_status status = emit_raw(&scan, begin, at, FH_TOKEN_WORD, bits);
            if (status != FH_OK) return fhi_fail(err, status, "analysis stopped near byte %zu", at);
            scan.position++;
        }
        if (at == text.len) break;
    }
    const fh_status status = settle(&scan);
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "analysis stopped near byte %zu", text.len);
}
