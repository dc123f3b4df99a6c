/* source.h - what PATH arguments stand for: a list of streams with their formats, folders walked.
 */
#ifndef FHI_SOURCE_H
#define FHI_SOURCE_H

#include "indexer/input.h"

typedef enum fhi_format { FHI_FORMAT_AUTO, FHI_FORMAT_JSONL, FHI_FORMAT_TEXT, FHI_FORMAT_LINES } fhi_format;

enum { FHI_FOLDER_DEPTH_MAX = 64 };

typedef struct fhi_source {
    char *path;        /* as opened, and as named in messages; owned */
    const char *name;  /* id of a text file: path below the folder that was given, or the base name; inside path */
    fhi_format format; /* never AUTO */
    bool regular;      /* a plain file, which can be read twice */
    uint64_t bytes;    /* of a plain file, as packed */
    fhi_input *input;  /* opened ahead by the sampler where it cannot be read twice; owned */
} fhi_source;

/* Why an entry of a folder is left aside. */
typedef enum fhi_skip { FHI_SKIP_HIDDEN, FHI_SKIP_FOLDER, FHI_SKIP_SPECIAL, FHI_SKIP_NAME, FHI_SKIP_COUNT } fhi_skip;

/* Told for every path that cannot be read. */
typedef void (*fhi_source_note)(void *argument, const fh_err *err);

typedef struct fhi_sources {
    fhi_source *items; /* owned */
    size_t count;
    size_t capacity;
    uint64_t bytes;                   /* sum over plain files */
    uint32_t failed;                  /* paths that could not be read */
    uint32_t skipped[FHI_SKIP_COUNT]; /* entries of folders left aside, by reason */
    fhi_format format;                /* asked for; AUTO: by file name */
    const char *avoid;                /* folder never walked: the index itself */
    fhi_source_note note;
    void *note_argument;
} fhi_sources;

/* Adds a file, a folder (its plain files in byte order of their names, links to folders not followed) or "-".
 * What cannot be read is told through note and counted in failed. Codes: FH_E_NOMEM. */
fh_status fhi_sources_add(fhi_sources *sources, const char *path, fh_err *err);
void fhi_sources_fini(fhi_sources *sources);

/* Whether path is the same file as one of the sources, standard input included. */
bool fhi_sources_have(const fhi_sources *sources, const char *path);

/* By the name, a packing suffix apart: .jsonl .ndjson .json, .txt .text .md; AUTO when it tells nothing. */
fhi_format fhi_format_of_name(const char *name);

#endif
