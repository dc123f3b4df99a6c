/* machine.c - `fihrist bench machine`: what figures were measured on, as one JSON line. */
#include "bench/bench.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

static const char usage[] =
    "usage: fihrist bench machine\n"
    "\n"
    "Prints {\"machine\",\"cores\",\"memory_bytes\",\"system\",\"version\",\"date\"}, for `fihrist bench report`.\n";

/* The processor as Linux names it. */
static fh_status read_model(char model[128], fh_err *err)
{
    static const char key[] = "model name";
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    (void)snprintf(model, 128, "unknown processor");
    fh_status status = fhi_bench_lines_open(&lines, "/proc/cpuinfo", err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more || !fhi_str_starts(line, FH_STR(key))) continue;
        const char *colon = memchr(line.ptr, ':', line.len);
        const size_t before = colon ? (size_t)(colon - line.ptr) + 2 : line.len;
        if (before < line.len) (void)snprintf(model, 128, "%.*s", (int)(line.len - before), line.ptr + before);
        more = false;
    }
    fhi_bench_lines_close(&lines);
    return status;
}

int fhi_bench_machine(int argc, char **argv)
{
    char model[128], system[160], date[32];
    struct utsname name = {.sysname = ""};
    struct sysinfo memory = {.totalram = 0};
    struct tm day;
    const time_t now = time(NULL);
    fh_err err = {.text = ""};
    if (argc != 1) return fhi_bench_usage(usage, argc == 2 && strcmp(argv[1], "--help") == 0);
    (void)read_model(model, &err); /* where there is no such file the line says so */
    (void)uname(&name);
    (void)sysinfo(&memory);
    (void)snprintf(system, sizeof system, "%.60s %.80s", name.sysname, name.release);
    (void)strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &day));
    json_t *line =
        json_pack("{ss si sI ss ss ss}", "machine", model, "cores", get_nprocs(), "memory_bytes",
                  (json_int_t)memory.totalram * memory.mem_unit, "system", system, "version", FH_VERSION, "date", date);
    const fh_status status = fhi_bench_put_json(stdout, line, &err);
    return status == FH_OK ? 0 : fhi_bench_complain_err("machine", status, &err);
}
