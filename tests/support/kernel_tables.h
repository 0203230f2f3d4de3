/*
 * The kernel tables of this build without the dispatch, for tests that go through all of them.
 */
#ifndef RANKLOSS_TESTS_KERNEL_TABLES_H
#define RANKLOSS_TESTS_KERNEL_TABLES_H

#include <stdbool.h>
#include <stdio.h>

#include "cpu/features.h"
#include "kernels/instruction_sets.h"
#include "kernels/tables.h"

typedef struct kernel_table {
    const char *name;
    unsigned needs;
    const rankloss__kernels *kernels[2]; /* f32, f64 */
} kernel_table;

/** The portable one first. */
#define KERNEL_TABLE(name, NAME) {#name, RANKLOSS__CPU_##NAME, {&rankloss__##name##_f32, &rankloss__##name##_f64}},
static const kernel_table kernel_tables[] = {RANKLOSS__EACH_INSTRUCTION_SET(KERNEL_TABLE)};
#undef KERNEL_TABLE

enum { NUM_KERNEL_TABLES = sizeof kernel_tables / sizeof kernel_tables[0] };

/** Whether this processor has what the table needs. */
static inline bool kernel_table_runs(int table) {
    return (rankloss__cpu_features() & kernel_tables[table].needs) == kernel_tables[table].needs;
}

static inline void kernel_tables_print(void) {
    for (int t = 0; t < NUM_KERNEL_TABLES; t++)
        printf("%s: %s\n", kernel_tables[t].name, kernel_table_runs(t) ? "tested" : "NOT TESTED on this processor");
}

#endif
