/*
 * The table of instruction sets, and the one choice among them that the process makes.
 */
#include "cpu/dispatch.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/cpu.h>

#include "cpu/features.h"
#include "kernels/instruction_sets.h"
#include "kernels/tables.h"

typedef struct instruction_set {
    const char *name;
    unsigned needs; /* features */
    const rankloss__kernels *f32, *f64;
} instruction_set;

/* From the plainest to the best. */
#define ROW(name, NAME) {#name, RANKLOSS__CPU_##NAME, &rankloss__##name##_f32, &rankloss__##name##_f64},
static const instruction_set sets[] = {RANKLOSS__EACH_INSTRUCTION_SET(ROW)};

enum { NUM_SETS = sizeof sets / sizeof sets[0] };

/* The best set that the processor supports, up to the one that RANKLOSS_ISA names; up to all where it names none. */
static const instruction_set *chosen(void) {
    /* Threads that race here choose the same set. */
    static _Atomic(const instruction_set *) cache;
    const instruction_set *set = atomic_load_explicit(&cache, memory_order_acquire);
    if (set != NULL)
        return set;
    const unsigned features = rankloss__cpu_features();
    /* As safe as any reading of the environment: none is while another thread changes it. */
    const char *name = getenv("RANKLOSS_ISA"); // NOLINT(concurrency-mt-unsafe)
    size_t best = NUM_SETS - 1;
    for (size_t i = 0; name != NULL && i < NUM_SETS; i++)
        if (strcmp(name, sets[i].name) == 0)
            best = i;
    while (best > 0 && (features & sets[best].needs) != sets[best].needs)
        best--;
    atomic_store_explicit(&cache, &sets[best], memory_order_release);
    return &sets[best];
}

const rankloss__kernels *rankloss__kernels_for(bool is_f64) {
    return is_f64 ? chosen()->f64 : chosen()->f32;
}

const char *rankloss_isa(void) {
    return chosen()->name;
}
