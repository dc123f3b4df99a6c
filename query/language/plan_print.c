/* plan_print.c - one walk over the tree, as deep as a plan can be. */
#include "query/language/plan_print.h"

static void put_text(fhi_buf *out, fh_str text)
{
    fhi_buf_put(out, text.ptr, text.len);
}

/* Terms carry their namespace in front; it says nothing here. */
static void put_word(fhi_buf *out, const fhi_word_spec *word)
{
    for (uint32_t i = 0; i < word->term_count && !word->exact_only; i++) {
        const fh_str term = word->terms[i];
        if (i) fhi_buf_put8(out, '|');
        if (term.len) put_text(out, (fh_str){term.ptr + 1, term.len - 1});
    }
    if (word->exact.len == 0) return;
    fhi_buf_printf(out, word->exact_only ? "=" : " =");
    put_text(out, word->exact);
}

static void put_phrase(fhi_buf *out, const fhi_node *node)
{
    for (uint32_t i = 0; i < node->slot_count; i++) {
        if (i && node->window)
            fhi_buf_printf(out, " ~ ");
        else if (i)
            fhi_buf_printf(out, " +%u ", node->slots[i].offset);
        put_word(out, &node->slots[i].word);
    }
    if (node->window) fhi_buf_printf(out, " within %u", node->window);
}

static void put_leaf(fhi_buf *out, const fhi_node *node)
{
    static const char *const columns[FHI_COLUMN_COUNT] = {"source", "section", "region", "author", "lang"};
    switch (node->kind) {
    case FHI_NODE_WORD: put_word(out, &node->word); break;
    case FHI_NODE_PREFIX: put_text(out, node->prefix); break;
    case FHI_NODE_PHRASE: put_phrase(out, node); break;
    case FHI_NODE_COLUMN: fhi_buf_printf(out, "%s", columns[node->column]); break;
    case FHI_NODE_DAYS: fhi_buf_printf(out, "%u..%u", node->day_first, node->day_last); break;
    default: break;
    }
    if (node->kind <= FHI_NODE_PHRASE && (node->weight < 1.0F || node->weight > 1.0F))
        fhi_buf_printf(out, " ^%g", (double)node->weight);
}

const char *fhi_plan_kind_name(fhi_node_kind kind)
{
    static const char *const names[] = {
        [FHI_NODE_WORD] = "word",     [FHI_NODE_PREFIX] = "prefix", [FHI_NODE_PHRASE] = "phrase",
        [FHI_NODE_AND] = "and",       [FHI_NODE_OR] = "or",         [FHI_NODE_NOT] = "not",
        [FHI_NODE_COLUMN] = "column", [FHI_NODE_DAYS] = "days",     [FHI_NODE_ALL] = "all"};
    return names[kind];
}

static void put_node(fhi_buf *out, const fhi_node *node, size_t end, unsigned depth)
{
    if (out->len > end || depth > FHI_PLAN_DEPTH_MAX) return;
    fhi_buf_printf(out, "%s%s(", node->title_only ? "title:" : "", fhi_plan_kind_name(node->kind));
    put_leaf(out, node);
    for (uint32_t i = 0; i < node->child_count && out->len <= end; i++) {
        if (i) fhi_buf_printf(out, ", ");
        put_node(out, node->children[i], end, depth + 1);
    }
    fhi_buf_put8(out, ')');
}

/* The longest beginning of at most `most` bytes that ends between two characters. */
static size_t whole_characters(const uint8_t *text, size_t most)
{
    while (most > 0 && (text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

void fhi_plan_print(const fhi_node *root, fhi_buf *out)
{
    static const char cut[] = "...";
    const size_t begin = out->len, most = FHI_PLAN_PRINT_BYTES_MAX - (sizeof cut - 1);
    put_node(out, root, begin + FHI_PLAN_PRINT_BYTES_MAX, 0);
    if (out->status != FH_OK || out->len - begin <= FHI_PLAN_PRINT_BYTES_MAX) return;
    out->len = begin + whole_characters(out->data + begin, most);
    fhi_buf_put(out, cut, sizeof cut - 1);
}
