/* page_files.c - the files of the page, put into the program by the assembler when it is built.
 *
 * The Makefile says which file changed; FHI_PAGE_FONT is the path of an Arabic face, where there is one at build time.
 */
#include "query/page/page.h"

/* The bytes of a file between two labels of this object. */
#define EMBED(symbol, path)                                                                                            \
    __asm__(".section .rodata\n" #symbol ":\n.incbin \"" path "\"\n" #symbol "_end:\n.byte 0\n.previous\n");           \
    extern const char symbol[] __attribute__((visibility("hidden")));                                                  \
    extern const char symbol##_end[] __attribute__((visibility("hidden")))

#define CSS "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

/* X(name of its labels, name in the address, path, content type) */
#define FILES(X)                                                                                                       \
    X(page_css, "page.css", "query/page/page.css", CSS)                                                                \
    X(app, "app.js", "query/page/app.js", SCRIPT)                                                                      \
    X(complete, "complete.js", "query/page/complete.js", SCRIPT)                                                       \
    X(keys, "keys.js", "query/page/keys.js", SCRIPT)                                                                   \
    X(saved, "saved.js", "query/page/saved.js", SCRIPT)                                                                \
    X(say, "say.js", "query/page/say.js", SCRIPT)                                                                      \
    X(steps, "steps.js", "query/page/steps.js", SCRIPT)                                                                \
    X(timeline, "timeline.js", "query/page/timeline.js", SCRIPT)                                                       \
    X(wrong, "wrong.js", "query/page/wrong.js", SCRIPT)                                                                \
    X(icon, "icon.svg", "query/page/icon.svg", "image/svg+xml")

#ifdef FHI_PAGE_FONT
#define FONT_FILES(X)                                                                                                  \
    X(font_css, "font.css", "query/page/font.css", CSS)                                                                \
    X(font, "arabic.woff2", FHI_PAGE_FONT, "font/woff2")
#else
#define FONT_FILES(X)
#endif

#define EMBED_FILE(label, name, path, type) EMBED(fhi_page_file_##label, path);
FILES(EMBED_FILE)
FONT_FILES(EMBED_FILE)

static const struct {
    const char *name;
    const char *content_type;
    const char *begin;
    const char *end;
} files[] = {
#define FILE_ROW(label, name, path, type) {name, type, fhi_page_file_##label, fhi_page_file_##label##_end},
    FILES(FILE_ROW) FONT_FILES(FILE_ROW)
#undef FILE_ROW
};

bool fhi_page_file_find(fh_str name, fhi_page_file *out)
{
    *out = (fhi_page_file){0};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (!fhi_str_equal(name, fhi_str(files[i].name))) continue;
        const size_t len = (size_t)(files[i].end - files[i].begin);
        *out = (fhi_page_file){files[i].content_type, {files[i].begin, len}};
        return true;
    }
    return false;
}
