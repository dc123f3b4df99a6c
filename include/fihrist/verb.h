/* verb.h - the verbs of the program `fihrist`. Each room implements its own; engine/cli/main.c calls them.
 *
 * argv[0] is the verb. A verb prints results on standard output and errors on standard error as
 * `fihrist VERB: what: why`; it returns 0 on success, 1 when the job failed, 2 on bad usage.
 */
#ifndef FIHRIST_VERB_H
#define FIHRIST_VERB_H

#ifdef __cplusplus
extern "C" {
#endif

int fh_verb_index(int argc, char **argv);   /* indexer */
int fh_verb_merge(int argc, char **argv);   /* indexer */
int fh_verb_search(int argc, char **argv);  /* query */
int fh_verb_serve(int argc, char **argv);   /* query */
int fh_verb_analyze(int argc, char **argv); /* engine/cli */
int fh_verb_stat(int argc, char **argv);    /* engine/cli */
int fh_verb_check(int argc, char **argv);   /* engine/cli */
int fh_verb_bench(int argc, char **argv);   /* bench */

#ifdef __cplusplus
}
#endif
#endif
