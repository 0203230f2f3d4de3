/*
 * The instruction sets, by the library's own lists.
 */
#include <rankloss/cpu.h>

#include "cpu/features.h"
#include "info/facts.h"
#include "info/report.h"
#include "kernels/instruction_sets.h"

typedef struct instruction_set {
    const char *name;
    unsigned needs; /* features */
} instruction_set;

#define ROW(name, NAME) {#name, RANKLOSS__CPU_##NAME},
static const instruction_set built[] = {RANKLOSS__EACH_INSTRUCTION_SET(ROW)};
static const instruction_set of_such_processors[] = {RANKLOSS__EACH_SET_OF_THE_PROCESSOR(ROW)};

enum { TEXT_SIZE = 128 };

/* The names of those whose features are all among these. */
static void list_sets(const instruction_set *sets, size_t count, unsigned features, char *text) {
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if ((features & sets[i].needs) == sets[i].needs)
            info_append(text, TEXT_SIZE, sets[i].name);
}

void info_kernels(void) {
    char text[TEXT_SIZE];
    list_sets(built, sizeof built / sizeof *built, ~0U, text);
    info_fact("kernels", "%s", text);
    list_sets(of_such_processors, sizeof of_such_processors / sizeof *of_such_processors, rankloss__cpu_features(),
              text);
    info_fact("processor has", "%s", text);
    info_fact("in use", "%s", rankloss_isa());
}
