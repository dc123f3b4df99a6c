/* asker.c - start an engine's process and ask it. See asker.h. */
#include "bench/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the process ----------------------------------------------------------------------------------------- */

/* in: what it reads, out: what it writes; both its ends and ours close on exec. */
static pid_t start(char *const *command, const int in[2], const int out[2])
{
    const pid_t pid = fork();
    if (pid != 0) return pid;
    (void)dup2(in[0], STDIN_FILENO);
    (void)dup2(out[1], STDOUT_FILENO);
    (void)execvp(command[0], command);
    (void)fhi_bench_complain(command[0], fhi_errno_text(errno));
    _exit(127);
}

static fh_status start_process(fhi_bench_asker *asker, char *const *command, fh_err *err)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0) asker->pid = start(command, in, out);
    if (in[0] >= 0) (void)close(in[0]);
    if (out[1] >= 0) (void)close(out[1]);
    asker->to = in[1] >= 0 ? fdopen(in[1], "w") : NULL;
    asker->from = out[0] >= 0 ? fdopen(out[0], "r") : NULL;
    if (asker->pid > 0 && asker->to && asker->from) return FH_OK;
    return fhi_fail(err, FH_E_IO, "cannot start %s: %s", command[0], fhi_errno_text(errno));
}

void fhi_bench_asker_close(fhi_bench_asker *asker)
{
    if (asker->to) (void)fclose(asker->to);
    if (asker->from) (void)fclose(asker->from);
    while (asker->pid > 0 && waitpid(asker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(asker->line);
    *asker = (fhi_bench_asker){0};
}

/* ---- lines ----------------------------------------------------------------------------------------------- */

static fh_status next_line(fhi_bench_asker *asker, fh_err *err)
{
    const ssize_t len = getline(&asker->line, &asker->line_room, asker->from);
    if (len > 0 && asker->line[len - 1] == '\n') {
        asker->line[len - 1] = '\0';
        return FH_OK;
    }
    return fhi_fail(err, FH_E_CLOSED, "%s ended instead of answering", asker->name);
}

static fh_status ask(fhi_bench_asker *asker, const char *verb, const char *argument, fh_err *err)
{
    if (fprintf(asker->to, "%s %s\n", verb, argument) < 0 || fflush(asker->to) != 0)
        return fhi_fail(err, FH_E_CLOSED, "%s has ended", asker->name);
    return FH_OK;
}

static fh_status ask_number(fhi_bench_asker *asker, const char *verb, uint32_t number, fh_err *err)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    return ask(asker, verb, text, err);
}

static fh_status no_number(const fhi_bench_asker *asker, fh_err *err)
{
    return fhi_fail(err, FH_E_SYNTAX, "%s answered something that is not the numbers asked for", asker->name);
}

/* Reads one number and moves on. */
static bool take_number(char **at, double *number)
{
    char *end;
    *number = strtod(*at, &end);
    const bool good = end != *at;
    *at = end;
    return good;
}

size_t fhi_bench_commands(char **words, fhi_bench_command *commands, size_t room)
{
    size_t count = 0;
    while (*words) {
        if (count == room || !words[1] || strcmp(words[0], "--") == 0 || strcmp(words[1], "--") == 0) return 0;
        commands[count++] = (fhi_bench_command){words[0], words + 1};
        while (*words && strcmp(*words, "--") != 0)
            words++;
        if (!*words) break;
        *words++ = NULL;
        if (!*words) return 0;
    }
    return count;
}

/* ---- requests -------------------------------------------------------------------------------------------- */

fh_status fhi_bench_asker_open(fhi_bench_asker *asker, const char *name, char *const *command, fh_err *err)
{
    *asker = (fhi_bench_asker){.name = name};
    FH_TRY(start_process(asker, command, err));
    FH_TRY(next_line(asker, err));
    char *at = asker->line + strlen("ready");
    if (strncmp(asker->line, "ready ", 6) != 0 || !take_number(&at, &asker->scale) || !take_number(&at, &asker->error))
        return no_number(asker, err);
    (void)snprintf(asker->about, sizeof asker->about, "%s", *at == ' ' ? at + 1 : at);
    return FH_OK;
}

fh_status fhi_bench_asker_load(fhi_bench_asker *asker, const char *queries, fh_err *err)
{
    uint64_t count;
    FH_TRY(ask(asker, "load", queries, err));
    FH_TRY(next_line(asker, err));
    if (!fhi_bench_number(asker->line, 1, SIZE_MAX / 16, &count)) return no_number(asker, err);
    asker->query_count = (size_t)count;
    return FH_OK;
}

fh_status fhi_bench_asker_time(fhi_bench_asker *asker, uint32_t top, uint64_t *ns, fh_err *err)
{
    FH_TRY(ask_number(asker, "time", top, err));
    FH_TRY(next_line(asker, err));
    char *at = asker->line;
    for (size_t i = 0; i < asker->query_count; i++) {
        double number;
        if (!take_number(&at, &number) || number < 0) return no_number(asker, err);
        ns[i] = (uint64_t)number;
    }
    return FH_OK;
}

static fh_status read_told(fhi_bench_asker *asker, uint32_t top, fhi_bench_told *told, fh_err *err)
{
    size_t used = 0, room = 0;
    for (size_t i = 0; i < asker->query_count; i++) {
        double number;
        FH_TRY(next_line(asker, err));
        char *at = asker->line;
        if (!take_number(&at, &number) || (top && (number < 0 || number > top))) return no_number(asker, err);
        const size_t more = top ? (size_t)number : 1;
        if (used + more > room) {
            room = 2 * (used + more);
            double *values = realloc(told->values, room * sizeof *values);
            if (!values) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
            told->values = values;
        }
        if (!top) told->values[used] = number;
        for (size_t j = 0; top && j < more; j++)
            if (!take_number(&at, &told->values[used + j])) return no_number(asker, err);
        used += more;
        told->ends[i] = used;
    }
    told->query_count = asker->query_count;
    return FH_OK;
}

fh_status fhi_bench_asker_tell(fhi_bench_asker *asker, uint32_t top, fhi_bench_told *told, fh_err *err)
{
    *told = (fhi_bench_told){.ends = calloc(asker->query_count, sizeof *told->ends)};
    fh_status status = told->ends ? FH_OK : fhi_fail(err, FH_E_NOMEM, "not enough memory");
    if (status == FH_OK) status = ask_number(asker, "tell", top, err);
    if (status == FH_OK) status = read_told(asker, top, told, err);
    if (status != FH_OK) fhi_bench_told_fini(told);
    return status;
}

void fhi_bench_told_fini(fhi_bench_told *told)
{
    free(told->values);
    free(told->ends);
    *told = (fhi_bench_told){0};
}

bool fhi_bench_askers_comparable(const fhi_bench_asker *a, const fhi_bench_asker *b, uint32_t top)
{
    return top == 0 || (a->scale > 0 && b->scale > 0);
}

static bool same_values(const fhi_bench_told *a, double a_scale, const fhi_bench_told *b, double b_scale, double error,
                        size_t query)
{
    const size_t a_start = query ? a->ends[query - 1] : 0, b_start = query ? b->ends[query - 1] : 0;
    if (a->ends[query] - a_start != b->ends[query] - b_start) return false;
    for (size_t i = 0; a_start + i < a->ends[query]; i++) {
        const double left = a->values[a_start + i] * a_scale, right = b->values[b_start + i] * b_scale;
        if (fabs(left - right) > error * fabs(left)) return false;
    }
    return true;
}

size_t fhi_bench_told_unequal(const fhi_bench_asker *a, const fhi_bench_told *from_a, const fhi_bench_asker *b,
                              const fhi_bench_told *from_b, uint32_t top)
{
    const double error = top ? fmax(a->error, b->error) : 0;
    size_t unequal = 0;
    for (size_t i = 0; i < from_a->query_count; i++)
        unequal += !same_values(from_a, top ? a->scale : 1, from_b, top ? b->scale : 1, error, i);
    return unequal;
}

/* ---- what is asked --------------------------------------------------------------------------------------- */

bool fhi_bench_agenda_add_set(fhi_bench_agenda *agenda, const char *path)
{
    if (agenda->set_count == FHI_BENCH_SETS_MAX) return false;
    agenda->sets[agenda->set_count++] = path;
    return true;
}

bool fhi_bench_agenda_add_task(fhi_bench_agenda *agenda, const char *text)
{
    uint64_t top = 0;
    const bool best = strncmp(text, "top", 3) == 0 && fhi_bench_number(text + 3, 1, FHI_BENCH_TOP_MAX, &top);
    if ((!best && strcmp(text, "count") != 0) || agenda->task_count == FHI_BENCH_TASKS_MAX) return false;
    agenda->tasks[agenda->task_count++] = (uint32_t)top;
    return true;
}

void fhi_bench_set_name(const char *path, char name[FHI_BENCH_SET_BYTES])
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(name, FHI_BENCH_SET_BYTES, "%s", slash ? slash + 1 : path);
    char *suffix = strstr(name, ".tsv");
    if (suffix) *suffix = '\0';
}

void fhi_bench_task_name(uint32_t top, char name[FHI_BENCH_TASK_BYTES])
{
    if (top)
        (void)snprintf(name, FHI_BENCH_TASK_BYTES, "top%u", top);
    else
        (void)snprintf(name, FHI_BENCH_TASK_BYTES, "count");
}
