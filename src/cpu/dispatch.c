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

/* The last set that RANKLOSS_ISA allows: the one that it names, all where it names none. */
static size_t highest_allowed(void) {
    /* As safe as any reading of the environment: none is while another thread changes it. */
    const char *name = getenv("RANKLOSS_ISA"); // NOLINT(concurrency-mt-unsafe)
    for (size_t i = 0; name != NULL && i < NUM_SETS; i++)
        if (strcmp(name, sets[i].name) == 0)
            return i;
    return NUM_SETS - 1;
}

static const instruction_set *choose(void) {
    const unsigned features = rankloss__cpu_features();
    size_t i = highest_allowed();
    while (i > 0 && (features & sets[i].needs) != sets[i].needs)
        i--;
    return &sets[i];
}

static const instruction_set *chosen(void) {
    /* Threads that race here choose the same set. */
    static _Atomic(const instruction_set *) cache;
    const instruction_set *set = atomic_load_explicit(&cache, memory_order_acquire);
    if (set == NULL) {
        set = choose();
        atomic_store_explicit(&cache, set, memory_order_release);
    }
    return set;
}

const rankloss__kernels *rankloss__kernels_for(bool is_f64) {
    return is_f64 ? chosen()->f64 : chosen()->f32;
}

const char *rankloss_isa(void) {
    return chosen()->name;
}
