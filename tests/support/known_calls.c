/*
 * The known calls. Their answers come from an ordinary thread in the default environment.
 */
#include "known_calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "check.h"
#include "generate.h"

known_call known_calls[KNOWN_CALLS];

static pool memory;

static void set_call(int k, const char *name, rankloss_problem problem) {
    known_calls[k].name = name;
    known_calls[k].problem = problem;
    known_calls[k].expected = make_plain_outputs(&memory, &problem, OUTPUTS_ALL);
}

/* Labels far apart, and a bias. */
static void draw_far_labels_and_a_bias(random_state *r, rankloss_problem *problem) {
    problem->label_mode = RANKLOSS_LABELS_SOFTMAX;
    draw_logits(r, &problem->labels, LOGITS_LONG_SPAN);
    draw_bias(&memory, r, problem, BIAS_PER_ITEM);
}

void known_calls_draw(void) {
    random_state r = random_new(random_run_seed(), 60);
    rankloss_problem mean = draw_dense(&memory, &r, RANKLOSS_F32, 4000, 30);
    rankloss_problem half = draw_dense(&memory, &r, RANKLOSS_BF16, 40, 30);
    rankloss_problem tiny = draw_dense(&memory, &r, RANKLOSS_F32, 3, 40);
    rankloss_problem wide = draw_dense(&memory, &r, RANKLOSS_F64, 3, 700);
    rankloss_problem cut = draw_dense(&memory, &r, RANKLOSS_F32, 1, 80000);
    rankloss_problem softmax = draw_ragged(&memory, &r, RANKLOSS_F64, 20, 90);
    rankloss_problem cut_softmax = draw_dense(&memory, &r, RANKLOSS_F32, 1, 70000);
    mean.cotangent = (rankloss_array){.data = NULL};
    mean.reduction = RANKLOSS_MEAN;
    half.temperature = 0.7;
    draw_logits(&r, &tiny.logits, LOGITS_SUBNORMAL);
    draw_factors(&r, &tiny.labels, FACTORS_TINY);
    draw_logits(&r, &wide.logits, LOGITS_LONG_SPAN);
    draw_factors(&r, &cut.labels, FACTORS_TINY);
    draw_far_labels_and_a_bias(&r, &softmax);
    draw_far_labels_and_a_bias(&r, &cut_softmax);
    set_call(0, "float32 lists", draw_dense(&memory, &r, RANKLOSS_F32, 5, 33));
    set_call(1, "float64 ragged lists", draw_ragged(&memory, &r, RANKLOSS_F64, 20, 60));
    set_call(2, "subnormal numbers", tiny);
    set_call(3, "float64 over a long span", wide);
    set_call(4, "bfloat16 with a temperature", half);
    set_call(5, "float64 softmaxes of labels with a bias", softmax);
    set_call(KNOWN_CALL_OF_A_TEAM, "the mean of 120,000 items", mean);
    set_call(KNOWN_CALL_CUT, "a list of 80,000 items, with subnormal labels", cut);
    set_call(KNOWN_CALL_CUT_SOFTMAX, "a list of 70,000 items, with a softmax of labels and a bias", cut_softmax);
}

int known_calls_answer(void) {
    for (int k = 0; k < KNOWN_CALLS; k++) {
        if (rankloss_softmax(&known_calls[k].problem, &known_calls[k].expected) != RANKLOSS_OK) {
            return k + 1;
        }
    }
    return 0;
}

void known_calls_free(void) {
    pool_free(&memory);
}

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size) {
    const unsigned char *const bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

uint64_t known_calls_hash(int32_t num_threads) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (int k = 0; k < KNOWN_CALLS; k++) {
        pool p = {.count = 0};
        rankloss_problem problem = known_calls[k].problem;
        rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
        problem.num_threads = num_threads;
        const rankloss_status status = rankloss_softmax(&problem, &result);
        for (int block = 0; block < p.count; block++) {
            hash = hash_bytes(hash, p.block[block], (size_t)p.bytes[block]);
        }
        pool_free(&p);
        if (status != RANKLOSS_OK) {
            return 0;
        }
    }
    return hash;
}

int known_calls_wrong(int32_t num_threads) {
    int wrong = 0;
    /* A pool takes four kilobytes, which a small stack has for the library alone. */
    pool *p = calloc(1, sizeof *p);
    if (!p) {
        return 1;
    }
    for (int k = 0; k < KNOWN_CALLS && !wrong; k++) {
        rankloss_problem problem = known_calls[k].problem;
        rankloss_result result = make_plain_outputs(p, &problem, OUTPUTS_ALL);
        problem.num_threads = num_threads;
        bool right = rankloss_softmax(&problem, &result) == RANKLOSS_OK;
        for (int kind = 0; kind < OUTPUT_KINDS && right; kind++) {
            right = view_same_bits(output_of(&result, (output_kind)kind),
                                   output_of(&known_calls[k].expected, (output_kind)kind));
        }
        wrong = right ? 0 : k + 1;
        pool_free(p);
    }
    free(p);
    return wrong;
}

int known_calls_wrong_in_any_team(void) {
    int wrong = 0;
    for (int32_t threads = 0; threads <= 3 && !wrong; threads++) {
        wrong = known_calls_wrong(threads);
    }
    return wrong;
}

void known_calls_expect(int wrong, const char *where) {
    if (wrong) {
        fail_msg("%s: \"%s\" fails or gives other bits", where, known_calls[wrong - 1].name);
    }
}
