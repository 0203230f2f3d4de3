/*
 * Instruction sets: which one RANKLOSS_ISA chooses, and that all give the same bits. A process chooses once, so each choice
 * is made in a child process.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "generate.h"
#include "kernels/instruction_sets.h"
#include "number.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* What a child reports. */
typedef struct choice {
    char isa[16];
    uint64_t hash;
} choice;

static const rankloss_array none;

static void hash_result(uint64_t *hash, rankloss_result *result) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *view = output_of(result, (output_kind)kind);
        const unsigned char *bytes = view->data;
        const size_t size = (size_t)view_count(view) * number_size(view->dtype);
        for (size_t i = 0; i < size; i++) {
            *hash = (*hash ^ bytes[i]) * 0x100000001B3; /* FNV-1a */
        }
    }
}

/* NaN has many bit patterns, of which hardware may choose another for another order of operands. */
static void settle_nans(rankloss_result *result) {
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const rankloss_array *view = output_of(result, (output_kind)kind);
        for (int64_t i = 0; i < view_count(view); i++) {
            const long double value = view_get(view, i);
            if (value != value) {
                view_set(view, i, 12345);
            }
        }
    }
}

static uint64_t hash_of_many_results(void) {
    random_state r = random_new(random_run_seed(), 70);
    uint64_t hash = 0xCBF29CE484222325;
    for (int round = 0; round < 1500 / random_run_share(); round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t lists = 1 + random_below(&r, 20);
        const int64_t n = random_below(&r, round % 20 ? 70 : 3000);
        rankloss_problem problem =
            round / 2 % 2 ? draw_ragged(&p, &r, dtype, lists, n) : draw_dense(&p, &r, dtype, lists, n);
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_KINDS));
        draw_factors(&r, &problem.labels, (factor_kind)random_below(&r, FACTORS_KINDS));
        problem.where = random_chance(&r, 0.5) ? none : problem.where;
        problem.weights = random_chance(&r, 0.5) ? none : problem.weights;
        problem.temperature = random_chance(&r, 0.2) ? 0.7 : 0;
        draw_label_mode(&r, &problem, (logit_kind)random_below(&r, LOGITS_KINDS));
        if (random_chance(&r, 0.3))
            draw_bias(&p, &r, &problem, (bias_extent)random_below(&r, BIAS_KINDS));
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
            printf("round %d: %s\n", round, rankloss_last_error());
            exit(EXIT_FAILURE);
        }
        settle_nans(&result);
        hash_result(&hash, &result);
        pool_free(&p);
    }
    return hash;
}

/* What a child reports with RANKLOSS_ISA = text (NULL: unset). This process itself never calls the library. */
static choice choose(const char *text, bool with_hash) {
    choice made = {"", 0};
    int ends[2];
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (text) {
            setenv("RANKLOSS_ISA", text, 1);
        } else {
            unsetenv("RANKLOSS_ISA");
        }
        snprintf(made.isa, sizeof made.isa, "%s", rankloss_isa());
        made.hash = with_hash ? hash_of_many_results() : 0;
        const bool written = write(ends[1], &made, sizeof made) == (ssize_t)sizeof made;
        _exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    assert_true(child > 0);
    close(ends[1]);
    const ssize_t size = read(ends[0], &made, sizeof made);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    assert_int_equal(size, sizeof made);
    return made;
}

/* The sets for this kind of processor, the best one last. */
#define NAME_OF(name, NAME) #name,
static const char *const names[] = {RANKLOSS__EACH_SET_OF_THE_PROCESSOR(NAME_OF)};

static int rank_of(const char *isa) {
    for (size_t k = 0; k < LENGTH(names); k++) {
        if (strcmp(isa, names[k]) == 0) {
            return (int)k;
        }
    }
    return -1;
}

static void the_variable_lowers_and_never_raises(void **state) {
    (void)state;
    const choice best = choose(NULL, false);
    const int most = rank_of(best.isa);
    assert_true(most >= 0);
    assert_string_equal(choose("portable", false).isa, "portable");
    for (int k = 0; k < (int)LENGTH(names); k++) {
        const choice made = choose(names[k], false);
        assert_string_equal(made.isa, names[k <= most ? k : most]);
    }
}

static void a_text_that_names_no_set_is_ignored(void **state) {
    (void)state;
    static const char *const texts[] = {"", "nonsense", "AVX2", "avx", "avx2 ", "portable,avx2", "neon or so"};
    const choice best = choose(NULL, false);
    for (size_t k = 0; k < LENGTH(texts); k++) {
        assert_string_equal(choose(texts[k], false).isa, best.isa);
    }
}

static void every_set_gives_the_same_bits(void **state) {
    (void)state;
    const choice portable = choose("portable", true);
    printf("%s %016" PRIx64 "\n", portable.isa, portable.hash);
    for (size_t k = 1; k < LENGTH(names); k++) {
        if (strcmp(choose(names[k], false).isa, names[k]) != 0) {
            printf("%s is not in this build or not on this machine\n", names[k]);
            continue;
        }
        const choice other = choose(names[k], true);
        printf("%s %016" PRIx64 "\n", other.isa, other.hash);
        if (other.hash != portable.hash) {
            fail_msg("%s gives other bits than portable", other.isa);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variable_lowers_and_never_raises),
        cmocka_unit_test(a_text_that_names_no_set_is_ignored),
        cmocka_unit_test(every_set_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
