/*
 * One input: the valid call that its bytes spell, up to two mutations, and the judgement; without a mutation also the
 * flat call of the same numbers.
 */
#include "target.h"

#include <stdlib.h>

#include "decode.h"
#include "flat.h"
#include "judge.h"
#include "mutations.h"
#include "tally.h"

/* The bytes of the mutations stand first: the choice of them, and their numbers. Or those of the flat call's flaw. */
enum { MUTATION_BYTES = 3 + 2 * 9 };

/* An allocation that fails is a status here, and no reason to stop. Asked by the sanitizers' runtimes. */
// NOLINTBEGIN(bugprone-reserved-identifier)
const char *__asan_default_options(void);
const char *__msan_default_options(void);

const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:detect_stack_use_after_return=1";
}

const char *__msan_default_options(void) {
    return "allocator_may_return_null=1";
}

// NOLINTEND(bugprone-reserved-identifier)

static void print_tally(void) {
    tally_print();
}

int LLVMFuzzerInitialize(int *argc, char ***argv) { // NOLINT(readability-non-const-parameter)
    (void)argc;
    (void)argv;
    return atexit(print_tally);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    input changes = input_cut(&in, MUTATION_BYTES);
    sample s;
    sample_begin(&s);
    decode(&s, &in);
    const verdict v = mutate(&s, &changes);
    if (v.count == 0) {
        tally_add_flat(judge_flat(&s, &v, &changes));
    }
    const rankloss_status status = judge(&s, &v);
    tally_add(&s, &v, status);
    sample_free(&s);
    return 0;
}
