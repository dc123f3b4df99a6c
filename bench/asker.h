/* asker.h - engines that run in processes of their own, asked over pipes.
 *
 * Every engine answers the same lines, whatever it is written in; its own clock stands around each query, so neither
 * the pipe nor the asking costs anything that counts. It says first, on standard output,
 *
 *     ready SCALE ERROR TEXT  SCALE times its scores are BM25 with Lucene's idf and the factor k1 + 1, but for a share
 *                             of ERROR; SCALE 0: its formula is another one
 *
 * and then answers each line of standard input until that ends:
 *
 *     load FILE               reads lines `OP<TAB>word word ...`; answers their number
 *     time K                  asks every query once for its best K documents, or with K 0 for the number of matches;
 *                             answers the nanoseconds of each, on one line
 *     tell K                  the same untimed; answers a line for each query: K 0 the number of matches, else the
 *                             number of documents found and their scores, best first
 *
 * What goes wrong it says on standard error, and ends.
 */
#ifndef FHI_BENCH_ASKER_H
#define FHI_BENCH_ASKER_H

#include "bench/engine.h"

#include <sys/types.h>

/* The answering end: serves standard input and output until the input ends; answers the exit status. */
int fhi_bench_answer_with(const fhi_bench_engine *engine, const char *path, double scale, double error,
                          const char *about);

/* ---- the asking end ---- */

enum { FHI_BENCH_ABOUT_BYTES = 256 };

typedef struct fhi_bench_asker {
    const char *name;
    pid_t pid;
    FILE *to, *from;
    char *line; /* the last answer */
    size_t line_room;
    double scale, error;
    char about[FHI_BENCH_ABOUT_BYTES];
    size_t query_count; /* of what is loaded */
} fhi_bench_asker;

/* Scores or counts of all queries, one after the other. */
typedef struct fhi_bench_told {
    double *values;
    size_t *ends; /* one past the last value of each query */
    size_t query_count;
} fhi_bench_told;

/* A name, and the command behind it. */
typedef struct fhi_bench_command {
    const char *name;
    char **words; /* ends with NULL */
} fhi_bench_command;

/* Parts `NAME COMMAND... -- NAME COMMAND...`, ended by NULL, in place; answers how many, 0 for too many or a part
 * without a command. */
size_t fhi_bench_commands(char **words, fhi_bench_command *commands, size_t room);

/* Starts command (words, then NULL) and waits until it is ready. After a failure close frees what there is. */
fh_status fhi_bench_asker_open(fhi_bench_asker *asker, const char *name, char *const *command, fh_err *err);
fh_status fhi_bench_asker_load(fhi_bench_asker *asker, const char *queries, fh_err *err);
fh_status fhi_bench_asker_time(fhi_bench_asker *asker, uint32_t top, uint64_t *ns, fh_err *err);
fh_status fhi_bench_asker_tell(fhi_bench_asker *asker, uint32_t top, fhi_bench_told *told, fh_err *err);
void fhi_bench_told_fini(fhi_bench_told *told);
/* Whether answers to this task can be told to differ: counts always, scores of one formula. */
bool fhi_bench_askers_comparable(const fhi_bench_asker *a, const fhi_bench_asker *b, uint32_t top);
/* How many queries were answered otherwise. */
size_t fhi_bench_told_unequal(const fhi_bench_asker *a, const fhi_bench_told *from_a, const fhi_bench_asker *b,
                              const fhi_bench_told *from_b, uint32_t top);
/* Ends its input and waits for it; NULL members are allowed. */
void fhi_bench_asker_close(fhi_bench_asker *asker);

/* ---- what is asked ---- */

enum { FHI_BENCH_SETS_MAX = 16, FHI_BENCH_TASKS_MAX = 8, FHI_BENCH_SET_BYTES = 64, FHI_BENCH_TASK_BYTES = 16 };

typedef struct fhi_bench_agenda {
    const char *sets[FHI_BENCH_SETS_MAX]; /* files */
    size_t set_count;
    uint32_t tasks[FHI_BENCH_TASKS_MAX]; /* the K of `topK`; 0: `count` */
    size_t task_count;
} fhi_bench_agenda;

/* False when there is no room, or the task is none. */
bool fhi_bench_agenda_add_set(fhi_bench_agenda *agenda, const char *path);
bool fhi_bench_agenda_add_task(fhi_bench_agenda *agenda, const char *text);
void fhi_bench_set_name(const char *path, char name[FHI_BENCH_SET_BYTES]); /* of the file, without .tsv */
void fhi_bench_task_name(uint32_t top, char name[FHI_BENCH_TASK_BYTES]);

#endif
