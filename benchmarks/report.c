/*
 * Writes each row as a line of text and as an object of JSON.
 */
#include "report.h"

#include <math.h>
#include <stdlib.h>

#include "support.h"

/* As the compiler that builds the benchmarks calls itself; the library is built by the same one. */
#if defined(__clang__)
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

static void write_machine(bench_json *json, const bench_options *options, const bench_machine *machine,
                          const bench_library *library) {
    bench_json_open(json, "machine", '{');
    bench_json_string(json, "cpu", machine->cpu);
    bench_json_string(json, "kind", machine->kind);
    bench_json_integer(json, "cores", machine->cores);
    bench_json_integer(json, "l1d", machine->l1d);
    bench_json_integer(json, "l2", machine->l2);
    bench_json_integer(json, "l3", machine->l3);
    bench_json_integer(json, "memory", machine->memory);
    bench_json_string(json, "compiler", compiler);
    bench_json_string(json, "flags", BENCH_FLAGS);
    bench_json_string(json, "handwritten_flags", BENCH_HANDWRITTEN_FLAGS);
    bench_json_string(json, "version", library->version);
    bench_json_string(json, "isa", library->isa);
    bench_json_integer(json, "threads", options->threads);
    bench_json_string(json, "omp_wait_policy", environment("OMP_WAIT_POLICY"));
    bench_json_string(json, "gomp_spincount", environment("GOMP_SPINCOUNT"));
    bench_json_string(json, "kmp_blocktime", environment("KMP_BLOCKTIME"));
    bench_json_close(json, '{');
}

static void print_header(const bench_options *options, const bench_machine *machine, const bench_library *library) {
    printf("RankLoss %s, isa %s, at most %d threads\n", library->version, library->isa, options->threads);
    printf("%s, %d cores, L2 %lld KiB a core, L3 %lld KiB; %s; %s\n", machine->cpu, machine->cores,
           (long long)machine->l2 / 1024, (long long)machine->l3 / 1024, compiler, BENCH_FLAGS);
    printf("ns/item: median, quartiles, mean, 95th percentile; limit: what the machine needs at least; "
           "vs hand: times faster than the handwritten baseline\n\n");
    printf("%-10s %-6s %8s %9s  %-21s %-9s %1s %-8s %-11s %8s %17s %8s %8s %15s %8s\n", "group", "data", "n", "items",
           "inputs", "work", "t", "isa", "who", "ns/item", "quartiles", "mean", "p95", "limit", "vs hand");
}

bench_report bench_report_begin(const bench_options *options, const bench_machine *machine,
                                const bench_library *library) {
    bench_report report = {.file = NULL};
    print_header(options, machine, library);
    if (options->json == NULL)
        return report;
    report.file = fopen(options->json, "w");
    if (report.file == NULL)
        bench_fail("cannot write %s", options->json);
    report.json = (bench_json){.file = report.file};
    bench_json_open(&report.json, NULL, '{');
    write_machine(&report.json, options, machine, library);
    bench_json_open(&report.json, "rows", '[');
    return report;
}

static void print_row(const bench_row *row) {
    printf("%-10s %-6s %8lld %9lld  %-21s %-9s %1d %-8s %-11s %8.3f %8.3f-%8.3f %8.3f %8.3f %3.0f%% of %-6s",
           row->group, row->data, (long long)row->n, (long long)row->items, row->inputs, row->work, row->threads,
           row->isa, row->who, row->timing.median, row->timing.q1, row->timing.q3, row->timing.mean, row->timing.p95,
           100.0 * row->limit / row->timing.median, row->bound);
    if (isfinite(row->handwritten))
        printf(" %7.2fx", row->handwritten / row->timing.median);
    printf("\n");
    fflush(stdout);
}

static void write_row(bench_json *json, const bench_row *row, bool disturbed) {
    bench_json_open(json, NULL, '{');
    bench_json_string(json, "group", row->group);
    bench_json_string(json, "data", row->data);
    bench_json_integer(json, "n", row->n);
    bench_json_integer(json, "items", row->items);
    bench_json_string(json, "inputs", row->inputs);
    bench_json_string(json, "work", row->work);
    bench_json_integer(json, "threads", row->threads);
    bench_json_string(json, "isa", row->isa);
    bench_json_string(json, "who", row->who);
    bench_json_string(json, "unit", "ns/item");
    bench_json_number(json, "median", row->timing.median);
    bench_json_number(json, "q1", row->timing.q1);
    bench_json_number(json, "q3", row->timing.q3);
    bench_json_number(json, "mean", row->timing.mean);
    bench_json_number(json, "p95", row->timing.p95);
    bench_json_number(json, "cpu", row->timing.cpu);
    bench_json_number(json, "limit", row->limit);
    bench_json_string(json, "bound", row->bound);
    bench_json_integer(json, "disturbed", disturbed);
    bench_json_close(json, '{');
}

void bench_report_row(bench_report *report, const bench_row *row) {
    print_row(row);
    report->num_disturbed += report->disturbed;
    if (report->file != NULL)
        write_row(&report->json, row, report->disturbed);
}

void bench_report_end(bench_report *report) {
    if (report->num_disturbed > 0)
        printf("%d rows are disturbed: the machine was not quiet\n", report->num_disturbed);
    if (report->file == NULL)
        return;
    bench_json_close(&report->json, '[');
    bench_json_close(&report->json, '{');
    const int failed = ferror(report->file);
    if (fclose(report->file) != 0 || failed)
        bench_fail("the JSON could not be written");
}
