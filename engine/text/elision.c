/* elision.c - what an apostrophe between two letters means in the press.
 *
 * It elides an article, pronoun or conjunction (l'économie: the word is économie), or belongs to the word
 * (aujourd'hui, M'diq), or parts two words. The apostrophe's own spelling was settled by its class.
 */
#include "engine/text/text.h"

enum { BEFORE_BYTES_MAX = 7 };

static bool in_list(fh_str word, const char *list)
{
    for (fh_str item = fhi_line_word(&list); item.len; item = fhi_line_word(&list))
        if (fhi_str_equal(word, item)) return true;
    return false;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

/* ASCII bytes compared without case. */
static bool continues(fh_str after, const char *with)
{
    for (size_t i = 0; with[i]; i++)
        if (i >= after.len || lower(after.ptr[i]) != with[i]) return false;
    return true;
}

static bool starts_with_consonant(fh_str after)
{
    const char first = after.len ? lower(after.ptr[0]) : 'a';
    return first >= 'a' && first <= 'z' && !strchr("aeiouyh", first);
}

/* Words that keep their apostrophe: before it, and how they go on. */
static bool is_one_word(fh_str before, fh_str after)
{
    if (in_list(before, "aujourd")) return continues(after, "hui");
    if (in_list(before, "presqu"))
        return continues(after, "il") || continues(after, "\xC3\xAE") || continues(after, "\xC3\x8E");
    if (in_list(before, "prud")) return continues(after, "hom");
    if (in_list(before, "quelqu")) return continues(after, "un");
    if (in_list(before, "entr")) return true;
    if (before.len != 1) return false;
    if (in_list(before, "m") && continues(after, "ham")) return true;       /* M'hamed, M'Hamid */
    return !in_list(before, "l d j t s c") && starts_with_consonant(after); /* M'diq, N'Djamena, O'Brien */
}

fhi_apostrophe fhi_apostrophe_rule(fh_str before, fh_str after)
{
    char folded[BEFORE_BYTES_MAX];
    if (before.len > BEFORE_BYTES_MAX) return FHI_APOSTROPHE_SPLITS;
    if (before.len == 1 && strchr("lLdD", before.ptr[0])) return FHI_APOSTROPHE_ELIDES; /* nine in ten */
    for (size_t i = 0; i < before.len; i++)
        folded[i] = lower(before.ptr[i]);
    const fh_str word = {folded, before.len};
    if (is_one_word(word, after)) return FHI_APOSTROPHE_INSIDE;
    const bool elides = in_list(word, "l d j m t s n c qu jusqu lorsqu puisqu quoiqu");
    return elides ? FHI_APOSTROPHE_ELIDES : FHI_APOSTROPHE_SPLITS;
}
