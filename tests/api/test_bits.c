/*
 * Results have the same bits for any number of threads, for a list alone and anywhere in a batch, and for any alignment
 * and stride. A reduced loss is the exact sum of the lists' losses, rounded once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "exact.h"
#include "generate.h"
#include "number.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const rankloss_array none;

/* A sum whose order shows in its bits: it must be called with the same losses in the same order. */
static int plain_sum(const double *losses, const uint8_t *counted, int64_t num_lists, double *reduced, void *user) {
    (void)user;
    *reduced = 0;
    for (int64_t k = 0; k < num_lists; k++) {
        *reduced += counted[k] ? losses[k] * losses[k] : 0;
    }
    return 0;
}

enum { LOSS_AND_LOGITS = 1 << OUTPUT_LOSS | 1 << OUTPUT_GRAD_LOGITS | 1 << OUTPUT_HESS_LOGITS };

static int plain_sum_derivative(const double *losses, const uint8_t *counted, int64_t num_lists, double *d_losses,
                                void *user) {
    (void)user;
    (void)counted;
    for (int64_t k = 0; k < num_lists; k++) {
        d_losses[k] = 2 * losses[k];
    }
    return 0;
}

/* A result whose broadcast gradients are summed over lists, over items, or over nothing. */
static rankloss_result outputs_of_shape(pool *p, const rankloss_problem *problem, int which) {
    rankloss_result result = make_plain_outputs(p, problem, OUTPUTS_ALL);
    const int32_t dtype = problem->logits.dtype;
    const bool ragged = !view_is_absent(&problem->offsets);
    const int64_t lists = ragged ? problem->offsets.shape[0] - 1 : problem->logits.shape[0];
    const int64_t per_list[] = {lists, 1};
    const int64_t per_item[] = {problem->logits.shape[problem->logits.ndim - 1]};
    if (which % 3 == 1) {
        result.grad_labels = view_new(p, dtype, 2, per_list, LAYOUT_ROW_MAJOR, NULL);
        result.grad_weights = view_new(p, dtype, 0, NULL, LAYOUT_ROW_MAJOR, NULL);
    } else if (which % 3 == 2) {
        result.grad_labels = view_new(p, dtype, 1, per_item, LAYOUT_ROW_MAJOR, NULL);
        result.grad_weights = view_new(p, dtype, 2, per_list, LAYOUT_ROW_MAJOR, NULL);
    }
    return result;
}

static void try_threads(random_state *r, rankloss_problem *problem, int32_t reduction, const char *what) {
    static const rankloss_reducer reducer = {plain_sum, plain_sum_derivative, NULL};
    pool p = {.count = 0};
    char label[96];
    const int which = (int)random_below(r, 3);
    const int32_t tried[] = {2, 7, (int32_t)random_below(r, 9)};
    problem->reduction = reduction;
    problem->reducer = reduction == RANKLOSS_CUSTOM ? &reducer : NULL;
    problem->cotangent = reduction == RANKLOSS_NONE ? problem->cotangent : none;
    problem->num_threads = 1;
    rankloss_result alone = outputs_of_shape(&p, problem, which);
    rankloss_result team = outputs_of_shape(&p, problem, which);
    check_run(problem, &alone, what);
    for (size_t i = 0; i < LENGTH(tried); i++) {
        const int32_t threads = tried[i];
        snprintf(label, sizeof label, "%s, reduction %d, outputs %d, %d threads", what, reduction, which, threads);
        problem->num_threads = threads;
        check_run(problem, &team, label);
        check_same_bits(&alone, &team, label);
    }
    pool_free(&p);
}

/* More than 100,000 items, so that threads are worth starting. */
static rankloss_problem draw_for_threads(pool *p, random_state *r, int32_t dtype, int shape) {
    switch (shape) {
    case 0:
        return draw_dense(p, r, dtype, 16001, 7);
    case 1:
        return draw_dense(p, r, dtype, 5, 24001);
    default:
        return draw_ragged(p, r, dtype, 3000, 100);
    }
}

static void any_number_of_threads(void **state) {
    (void)state;
    static const char *const shapes[] = {"16001 lists of 7", "5 lists of 24001", "ragged lists"};
    random_state r = random_new(random_run_seed(), 40);
    /* In steps of five as well each dtype, reduction and shape. */
    for (int round = 0; round < 24; round += random_run_share() > 1 ? 5 : 1) {
        pool p = {.count = 0};
        const int32_t dtype = round < 12 ? RANKLOSS_F32 : RANKLOSS_F64;
        const int32_t reduction = RANKLOSS_MEAN + round % 4;
        const int shape = round % 3;
        rankloss_problem problem = draw_for_threads(&p, &r, dtype, shape);
        draw_label_mode(&r, &problem, LOGITS_WIDE);
        if (random_chance(&r, 0.5))
            draw_bias(&p, &r, &problem, (bias_extent)random_below(&r, BIAS_KINDS));
        try_threads(&r, &problem, reduction, shapes[shape]);
        pool_free(&p);
    }
}

static void try_shared_list(rankloss_problem *problem, int which, const char *label) {
    pool p = {.count = 0};
    problem->num_threads = 1;
    rankloss_result alone = make_plain_outputs(&p, problem, which);
    rankloss_result team = make_plain_outputs(&p, problem, which);
    check_run(problem, &alone, label);
    for (int32_t threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1) {
        problem->num_threads = threads;
        check_run(problem, &team, label);
        check_same_bits(&alone, &team, label);
    }
    pool_free(&p);
}

/* One list is so long that threads share it. With the outputs that most calls ask for, and with all of them. */
static void lists_that_threads_share(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 47);
    /* In steps of three as well both dtypes, dense and ragged, with little and with everything. */
    for (int round = 0; round < 6; round += random_run_share() > 1 ? 3 : 1) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t n = 65000 + random_below(&r, 90000);
        rankloss_problem problem = round / 2 % 2 ? draw_ragged(&p, &r, dtype, 4, n) : draw_dense(&p, &r, dtype, 1, n);
        if (round / 3 % 2)
            problem.where = problem.weights = none;
        problem.reduction = round % 3 ? RANKLOSS_SUM : RANKLOSS_NONE;
        problem.cotangent = none;
        try_shared_list(&problem, LOSS_AND_LOGITS, "a shared list, the usual outputs");
        try_shared_list(&problem, OUTPUTS_ALL, "a shared list, all outputs");
        pool_free(&p);
    }
}

/* Five lists, each long enough to be shared: two threads take whole lists, seven threads share each of them. */
static void lists_that_many_threads_share(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 49);
    pool p = {.count = 0};
    rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F32, 5, 65600);
    problem.cotangent = none;
    problem.reduction = RANKLOSS_SUM;
    try_shared_list(&problem, LOSS_AND_LOGITS, "five lists that seven threads share");
    pool_free(&p);
}

/* One list is cut into some thirty parts, and has work for more threads than that. */
static void more_threads_than_a_list_has_parts(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 51);
    pool p = {.count = 0};
    rankloss_problem problem = draw_dense(&p, &r, RANKLOSS_F32, 1, 800000);
    problem.where = problem.weights = problem.bias = problem.cotangent = none;
    rankloss_result alone = make_plain_outputs(&p, &problem, LOSS_AND_LOGITS);
    rankloss_result team = make_plain_outputs(&p, &problem, LOSS_AND_LOGITS);
    problem.num_threads = 1;
    check_run(&problem, &alone, "a list of many parts, one thread");
    problem.num_threads = 40;
    check_run(&problem, &team, "a list of many parts, 40 threads");
    check_same_bits(&alone, &team, "a list of many parts");
    pool_free(&p);
}

/* The other threads overwrite the items that the caller's thread has converted: it has to read them again. */
static void shared_lists_that_are_read_again(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 48);
    for (int round = 0; round < 4; round += random_run_share() > 1 ? 3 : 1) {
        pool p = {.count = 0};
        const int64_t n = 70000 + random_below(&r, 30000);
        rankloss_problem problem = draw_dense(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 1, n);
        problem.labels = view_cast(&p, &problem.labels, RANKLOSS_BF16);
        problem.tangent = view_cast(&p, &problem.tangent, RANKLOSS_BF16);
        problem.temperature = 3;
        problem.where = none;
        if (round / 2) { /* labels without a sum count as equal, which takes the sums once more */
            problem.label_mode = RANKLOSS_LABELS_SUM_TO_ONE;
            for (int64_t i = 0; i < n; i++)
                view_set(&problem.labels, i, 0);
        } else { /* scores too far apart for a tangent in float64: its path begins where the top item has been read */
            view_set(&problem.logits, 3, 600);
            view_set(&problem.logits, 5, -600);
        }
        try_shared_list(&problem, OUTPUTS_ALL, "a shared list, read again");
        pool_free(&p);
    }
}

/* The elements of a list of a dense or ragged array as a list of its own, in a layout of its own. */
static rankloss_array cut_list(pool *p, random_state *r, const rankloss_array *source, int64_t first, int64_t n) {
    if (view_is_absent(source)) {
        return none;
    }
    const rankloss_array view = view_new(p, source->dtype, 1, &n, LAYOUT_ANY, r);
    const size_t size = number_size(source->dtype);
    for (int64_t i = 0; i < n; i++) {
        memcpy((char *)view.data + view_place(&view, i) * (int64_t)size,
               (const char *)source->data + view_place(source, first + i) * (int64_t)size, size);
    }
    return view;
}

/* The bias of list k, of any kind. */
static rankloss_array cut_bias(pool *p, random_state *r, const rankloss_problem *batch, int64_t k, int64_t first,
                               int64_t n) {
    const rankloss_array *bias = &batch->bias;
    if (bias->ndim == 0 || (bias->ndim == 2 && bias->shape[1] == 1))
        return cut_list(p, r, bias, bias->ndim == 0 ? 0 : k, 1);
    return cut_list(p, r, bias, first, n);
}

/* Computes list k on its own, which must give the bits that it has in the batch. */
static void try_alone(random_state *r, const rankloss_problem *batch, rankloss_result *in_batch, int64_t k,
                      const char *label) {
    pool p = {.count = 0};
    const bool ragged = !view_is_absent(&batch->offsets);
    const int64_t n_dense = ragged ? 0 : batch->logits.shape[1];
    const int64_t first = ragged ? (int64_t)view_get(&batch->offsets, k) : k * n_dense;
    const int64_t n = ragged ? (int64_t)view_get(&batch->offsets, k + 1) - first : n_dense;
    rankloss_problem problem = *batch;
    problem.offsets = none;
    problem.logits = cut_list(&p, r, &batch->logits, first, n);
    problem.labels = cut_list(&p, r, &batch->labels, first, n);
    problem.where = cut_list(&p, r, &batch->where, first, n);
    problem.weights = cut_list(&p, r, &batch->weights, first, n);
    problem.bias = cut_bias(&p, r, batch, k, first, n);
    problem.tangent = cut_list(&p, r, &batch->tangent, first, n);
    problem.cotangent = cut_list(&p, r, &batch->cotangent, k, 1);
    rankloss_result result = make_outputs(&p, &problem, batch->logits.dtype, OUTPUTS_ALL, LAYOUT_ANY, r);
    rankloss_result part = {.reserved = {0}};
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
        rankloss_array *view = output_of(&part, (output_kind)kind);
        *view = cut_list(&p, r, output_of(in_batch, (output_kind)kind), per_list ? k : first, per_list ? 1 : n);
    }
    check_run(&problem, &result, label);
    check_same_bits(&part, &result, label);
    pool_free(&p);
}

static void try_batch(random_state *r, rankloss_problem *problem, int64_t lists, int round) {
    pool p = {.count = 0};
    char label[128];
    rankloss_result in_batch = make_plain_outputs(&p, problem, OUTPUTS_ALL);
    snprintf(label, sizeof label, "batch, seed %llu, round %d", (unsigned long long)random_run_seed(), round);
    check_run(problem, &in_batch, label);
    for (int64_t k = 0; k < lists; k++) {
        snprintf(label, sizeof label, "list %lld alone, seed %llu, round %d", (long long)k,
                 (unsigned long long)random_run_seed(), round);
        try_alone(r, problem, &in_batch, k, label);
    }
    pool_free(&p);
}

static void a_list_alone_and_in_a_batch(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 41);
    for (int round = 0; round < 400; round++) {
        pool p = {.count = 0};
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const bool ragged = round / 2 % 2;
        const int64_t lists = 1 + random_below(&r, 12);
        const int64_t n = random_below(&r, round % 5 ? 40 : 1200);
        rankloss_problem problem = ragged ? draw_ragged(&p, &r, dtype, lists, n) : draw_dense(&p, &r, dtype, lists, n);
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_KINDS));
        draw_factors(&r, &problem.labels, (factor_kind)random_below(&r, FACTORS_KINDS));
        problem.where = random_chance(&r, 0.5) ? none : problem.where;
        problem.weights = random_chance(&r, 0.5) ? none : problem.weights;
        problem.temperature = random_chance(&r, 0.2) ? 0.7 : 0;
        draw_label_mode(&r, &problem, (logit_kind)random_below(&r, LOGITS_KINDS));
        if (random_chance(&r, 0.3)) {
            draw_bias(&p, &r, &problem, (bias_extent)random_below(&r, BIAS_KINDS));
            draw_logits(&r, &problem.bias, (logit_kind)random_below(&r, LOGITS_KINDS));
        }
        try_batch(&r, &problem, lists, round);
        pool_free(&p);
    }
}

/*
 * Softmaxes of labels and biases in lists of every way to compute one: interleaved, side by side, alone, in chunks, in
 * parts. Each has the bits that it has alone, and that one thread gives.
 */
static void softmaxes_and_biases_of_every_size(void **state) {
    static const double ends[] = {0, 8, 108, 808, 816, 2316, 2339, 7339, 107339, 107347, 108372, 108436};
    const int64_t lists = LENGTH(ends) - 1;
    (void)state;
    random_state r = random_new(random_run_seed(), 52);
    for (int round = 0; round < 2 * BIAS_KINDS; round++) {
        pool p = {.count = 0};
        const rankloss_array offsets = view_vector(&p, RANKLOSS_I64, lists + 1);
        view_assign(&offsets, ends);
        rankloss_problem problem = draw_lists(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, offsets);
        draw_bias(&p, &r, &problem, (bias_extent)(round / 2));
        draw_logits(&r, &problem.labels, LOGITS_WIDE);
        problem.label_mode = RANKLOSS_LABELS_SOFTMAX;
        problem.where = round % 3 ? problem.where : none;
        problem.weights = round / 2 == BIAS_OF_ALL ? none : problem.weights;
        try_batch(&r, &problem, lists, round);
        try_shared_list(&problem, OUTPUTS_ALL, "softmaxes and biases");
        pool_free(&p);
    }
}

/*
 * Scores that a float cannot tell apart, and biases so large that a list with one is searched in double: the first item of
 * each list has one, which other chunks of a long list do not see. Which item is the argmax depends on the whole list.
 */
static void large_biases_in_one_chunk(void **state) {
    static const double ends[] = {0, 40, 740, 3740, 6740, 9740, 19740, 49740, 149740};
    const int64_t lists = LENGTH(ends) - 1, items = (int64_t)ends[lists];
    (void)state;
    random_state r = random_new(random_run_seed(), 53);
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_F64; dtype++) {
        pool p = {.count = 0};
        rankloss_problem problem = {.logits = view_vector(&p, dtype, items),
                                    .labels = view_vector(&p, dtype, items),
                                    .bias = view_vector(&p, dtype, items),
                                    .tangent = view_vector(&p, RANKLOSS_F64, items),
                                    .offsets = view_vector(&p, RANKLOSS_I64, lists + 1),
                                    .temperature = 0.7,
                                    .reduction = RANKLOSS_NONE};
        rankloss_problem converted = problem;
        converted.bias = view_vector(&p, RANKLOSS_F64, items);
        view_assign(&problem.offsets, ends);
        draw_normal(&r, &problem.labels);
        draw_normal(&r, &problem.tangent);
        for (int64_t i = 0; i < items; i++) {
            view_set(&problem.logits, i, 2e6L + 0.01L * (long double)random_normal(&r));
            view_set(&problem.bias, i, 0.1L * (long double)random_normal(&r));
        }
        for (int64_t k = 0; k < lists; k++)
            view_set(&problem.bias, (int64_t)ends[k], -3e7L);
        for (int64_t i = 0; i < items; i++)
            view_set(&converted.bias, i, view_get(&problem.bias, i));
        rankloss_result in_place = make_outputs(&p, &problem, RANKLOSS_F64, OUTPUTS_ALL, LAYOUT_ROW_MAJOR, &r);
        rankloss_result in_chunks = make_outputs(&p, &converted, RANKLOSS_F64, OUTPUTS_ALL, LAYOUT_ROW_MAJOR, &r);
        check_run(&problem, &in_place, "large biases in place");
        check_run(&converted, &in_chunks, "large biases in chunks");
        check_same_bits(&in_place, &in_chunks, "large biases");
        try_shared_list(&problem, OUTPUTS_ALL, "large biases");
        pool_free(&p);
    }
}

/* The same list at every distance from a 64-byte boundary. */
static void any_alignment(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 42);
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_F64; dtype++) {
        for (int64_t n = 1; n < 700; n = n * 5 / 3 + 1) {
            pool p = {.count = 0};
            const int64_t size = (int64_t)number_size(dtype);
            rankloss_problem problem = draw_dense(&p, &r, dtype, 1, n);
            draw_label_mode(&r, &problem, LOGITS_WIDE);
            rankloss_result first = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            check_run(&problem, &first, "alignment");
            char *const logits = pool_bytes(&p, (n + 16) * size);
            char *const labels = pool_bytes(&p, (n + 16) * size);
            char *const gradient = pool_bytes(&p, (n + 16) * size);
            for (int64_t shift = 0; shift < 16; shift++) {
                rankloss_problem shifted = problem;
                rankloss_result other = first;
                shifted.logits.data = logits + shift * size;
                shifted.labels.data = labels + shift * size;
                other.grad_logits.data = gradient + shift * size;
                memcpy(shifted.logits.data, problem.logits.data, (size_t)(n * size));
                memcpy(shifted.labels.data, problem.labels.data, (size_t)(n * size));
                check_run(&shifted, &other, "alignment");
                check_same_bits(&first, &other, "alignment");
            }
            pool_free(&p);
        }
    }
}

/* Sizes around the thresholds of the library, or any. */
static int64_t draw_size(random_state *r) {
    static const int64_t sizes[] = {63, 64, 65, 255, 256, 257, 511, 512, 513, 1535, 1536, 1537, 2047, 2048, 2049, 4097};
    const int64_t count = (int64_t)(sizeof sizes / sizeof sizes[0]);
    return random_chance(r, 0.2) ? sizes[random_below(r, count)] : random_below(r, 70);
}

/* Each output has the same bits alone and beside all others; `output` is the dtype of all. */
static void try_outputs(const rankloss_problem *problem, int32_t output, const char *what) {
    pool p = {.count = 0};
    char label[128];
    rankloss_result all = make_outputs(&p, problem, output, OUTPUTS_ALL, LAYOUT_ROW_MAJOR, NULL);
    rankloss_result usual = make_outputs(&p, problem, output, LOSS_AND_LOGITS, LAYOUT_ROW_MAJOR, NULL);
    check_run(problem, &all, "all outputs");
    check_run(problem, &usual, "the usual outputs");
    check_same_bits(&(rankloss_result){.grad_logits = all.grad_logits, .hess_logits = all.hess_logits},
                    &(rankloss_result){.grad_logits = usual.grad_logits, .hess_logits = usual.hess_logits},
                    "the usual outputs");
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        rankloss_result one = make_outputs(&p, problem, output, 1 << kind, LAYOUT_ROW_MAJOR, NULL);
        rankloss_result same = {.reserved = {0}};
        *output_of(&same, (output_kind)kind) = *output_of(&all, (output_kind)kind);
        snprintf(label, sizeof label, "%s alone, %s", output_name((output_kind)kind), what);
        check_run(problem, &one, label);
        check_same_bits(&same, &one, label);
    }
    pool_free(&p);
}

/* Lists whose labels are all 0, or cancel on two items that share the maximum, have rules of their own. */
static void any_other_outputs_without_labels(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 50);
    for (int round = 0; round < 60; round++) {
        pool p = {.count = 0};
        char what[64];
        const int64_t n = 2 + random_below(&r, 80);
        rankloss_problem problem = draw_dense(&p, &r, round % 2 ? RANKLOSS_F64 : RANKLOSS_F32, 8, n);
        problem.where = problem.bias = none;
        problem.weights = round % 3 ? none : problem.weights;
        draw_factors(&r, &problem.labels, FACTORS_GRADED);
        for (int64_t k = 0; k < 8; k += 1 + round % 2)
            for (int64_t i = 0; i < n; i++)
                view_set(&problem.labels, k * n + i, round % 4 < 2 || i > 1 ? 0 : i == 0 ? 1 : -1);
        for (int64_t k = 0; k < 8 && round % 4 >= 2; k++)
            for (int64_t i = 0; i < 2; i++)
                view_set(&problem.logits, k * n + i, 50);
        snprintf(what, sizeof what, "lists without labels, round %d", round);
        try_outputs(&problem, round % 3 ? RANKLOSS_F64 : problem.logits.dtype, what);
        pool_free(&p);
    }
}

static void any_other_outputs(void **state) {
    static const long double specials[] = {(long double)NAN, (long double)INFINITY, -(long double)INFINITY, 1e300L};
    (void)state;
    random_state r = random_new(random_run_seed(), 46);
    for (int round = 0; round < 200; round++) {
        pool p = {.count = 0};
        char what[64];
        const int32_t dtype = round % 2 ? RANKLOSS_F64 : RANKLOSS_F32;
        const int64_t n = draw_size(&r);
        rankloss_problem problem = draw_dense(&p, &r, dtype, 1 + random_below(&r, 9), n);
        draw_logits(&r, &problem.logits, (logit_kind)random_below(&r, LOGITS_KINDS));
        draw_factors(&r, &problem.labels, (factor_kind)random_below(&r, FACTORS_KINDS));
        if (round % 3 == 1 && view_count(&problem.tangent) > 0)
            view_set(&problem.tangent, random_below(&r, view_count(&problem.tangent)), specials[round % 4]);
        draw_label_mode(&r, &problem, (logit_kind)random_below(&r, LOGITS_KINDS));
        if (random_chance(&r, 0.3))
            draw_bias(&p, &r, &problem, (bias_extent)random_below(&r, BIAS_KINDS));
        if (round / 4 % 2) {
            problem.where = problem.weights = problem.bias = problem.cotangent = none;
            problem.temperature = 0;
            problem.reduction = RANKLOSS_SUM;
        }
        snprintf(what, sizeof what, "seed %llu, round %d", (unsigned long long)random_run_seed(), round);
        try_outputs(&problem, round % 5 ? dtype : RANKLOSS_F64, what);
        pool_free(&p);
    }
}

/* The values of the labels count, not their dtype. */
static void any_dtype_with_the_same_values(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 43);
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_F64; dtype++) {
        for (int64_t n = 1; n < 700; n = n * 5 / 3 + 1) {
            pool p = {.count = 0};
            rankloss_problem problem = draw_dense(&p, &r, dtype, 3, n);
            draw_factors(&r, &problem.weights, FACTORS_GRADED);
            problem.label_mode = n % 2 ? RANKLOSS_LABELS_SOFTMAX : RANKLOSS_LABELS_RAW;
            rankloss_result first = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            rankloss_result other = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
            check_run(&problem, &first, "dtypes");
            for (int32_t label_dtype = RANKLOSS_F32; label_dtype < RANKLOSS_BOOL; label_dtype++) {
                pool casts = {.count = 0};
                rankloss_problem cast = problem;
                cast.labels = view_cast(&casts, &problem.labels, label_dtype);
                cast.weights = view_cast(&casts, &problem.weights, RANKLOSS_BOOL - label_dtype);
                check_run(&cast, &other, "dtypes");
                check_same_bits(&first, &other, number_name(label_dtype));
                pool_free(&casts);
            }
            pool_free(&p);
        }
    }
}

/*
 * Lists (0, -x) with labels (0, c): the loss is c (x + log1p(exp(-x))), which is c x for large x. Whatever the losses
 * are in float64, the reduced loss must be their exact sum, or its quotient by the lists that count.
 */
static void try_sum(const double *losses, int64_t lists, int64_t masked, int32_t output) {
    pool p = {.count = 0};
    const int64_t shape[] = {lists, 2};
    rankloss_problem problem = {.logits = view_new(&p, RANKLOSS_F64, 2, shape, LAYOUT_ROW_MAJOR, NULL)};
    problem.labels = view_new(&p, RANKLOSS_F64, 2, shape, LAYOUT_ROW_MAJOR, NULL);
    problem.where = view_new(&p, RANKLOSS_BOOL, 2, shape, LAYOUT_ROW_MAJOR, NULL);
    for (int64_t k = 0; k < lists; k++) {
        const bool large = fabs(losses[k]) > 50;
        view_set(&problem.logits, 2 * k, 0);
        view_set(&problem.logits, 2 * k + 1, large ? -fabsl((long double)losses[k]) : -1);
        view_set(&problem.labels, 2 * k, 0);
        view_set(&problem.labels, 2 * k + 1, large ? (losses[k] < 0 ? -1 : 1) : (long double)losses[k]);
        view_set(&problem.where, 2 * k, k >= masked);
        view_set(&problem.where, 2 * k + 1, k >= masked);
    }
    const rankloss_array each = view_vector(&p, RANKLOSS_F64, lists);
    const rankloss_array reduced = view_new(&p, output, 0, NULL, LAYOUT_ROW_MAJOR, NULL);
    const rankloss_result per_list = {.loss = each};
    const rankloss_result result = {.loss = reduced};
    problem.reduction = RANKLOSS_NONE;
    check_run(&problem, &per_list, "per-list losses");
    exact_sum sum = {{0}};
    for (int64_t k = 0; k < lists; k++) {
        exact_add(&sum, (double)view_get(&each, k));
    }
    for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_SUM; reduction++) {
        const double exact = exact_quotient(&sum, reduction == RANKLOSS_MEAN ? lists - masked : 1, output);
        problem.reduction = reduction;
        check_run(&problem, &result, "reduced loss");
        const double got = (double)view_get(&reduced, 0);
        if (got != exact) {
            fail_msg("%s of %lld losses in %s, the first %a: got %a, exact %a",
                     reduction == RANKLOSS_SUM ? "sum" : "mean", (long long)lists, number_name(output), losses[0], got,
                     exact);
        }
    }
    pool_free(&p);
}

static void reduced_losses_are_exact(void **state) {
    (void)state;
    static const double cancelling[] = {1e300, 1, -1e300};
    static const double scattered[] = {0x1p-1074, 1e308, 0x1p-1060, -1e308, 3, -0x1p-1074};
    static const double overflowing[] = {1.7e308, 1.7e308, -1.7e308, -1.6e308};
    static const double ties[] = {0x1p60, 0x1p7, 0x1p-1000};
    static const double opposite[] = {1e5, -1e5};
    random_state r = random_new(random_run_seed(), 44);
    double many[3000];
    for (int32_t output = RANKLOSS_F32; output <= RANKLOSS_BF16; output++) {
        try_sum(cancelling, LENGTH(cancelling), 0, output);
        try_sum(scattered, LENGTH(scattered), 0, output);
        try_sum(overflowing, LENGTH(overflowing), 0, output);
        try_sum(ties, LENGTH(ties), 0, output);
        try_sum(opposite, LENGTH(opposite), 0, output);
        for (int round = 0; round < 300 / random_run_share(); round++) {
            const int64_t lists = 1 + random_below(&r, round % 50 ? 30 : 3000);
            const int range = 1 << random_below(&r, 11);
            for (int64_t k = 0; k < lists; k++) {
                const double cancel = k > 0 && random_chance(&r, 0.3) ? -many[random_below(&r, k)] : 0;
                const int exponent = (int)random_below(&r, range) - range / 2;
                many[k] = cancel != 0 ? cancel : ldexp(random_normal(&r), exponent > 1000 ? 1000 : exponent);
            }
            try_sum(many, lists, random_below(&r, lists), output);
        }
    }
}

/* The place of a list in the batch does not matter for the sum either. */
static void order_of_lists(void **state) {
    (void)state;
    random_state r = random_new(random_run_seed(), 45);
    for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_F64; dtype++) {
        pool p = {.count = 0};
        rankloss_problem problem = draw_dense(&p, &r, dtype, 501, 33);
        rankloss_problem reversed = problem;
        rankloss_array *const views[] = {&reversed.logits, &reversed.labels, &reversed.where, &reversed.weights,
                                         &reversed.tangent};
        for (size_t k = 0; k < LENGTH(views); k++) {
            views[k]->data = (char *)views[k]->data + 500 * 33 * (int64_t)number_size(views[k]->dtype);
            views[k]->strides[0] = -33;
        }
        problem.cotangent = reversed.cotangent = none;
        for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_SUM; reduction++) {
            problem.reduction = reversed.reduction = reduction;
            rankloss_result forwards = make_plain_outputs(&p, &problem, 1 << OUTPUT_LOSS);
            rankloss_result backwards = make_plain_outputs(&p, &problem, 1 << OUTPUT_LOSS);
            check_run(&problem, &forwards, "forwards");
            check_run(&reversed, &backwards, "backwards");
            check_same_bits(&forwards, &backwards, "lists in reverse order");
        }
        pool_free(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(a_list_alone_and_in_a_batch),
        cmocka_unit_test(softmaxes_and_biases_of_every_size),
        cmocka_unit_test(large_biases_in_one_chunk),
        cmocka_unit_test(any_alignment),
        cmocka_unit_test(any_dtype_with_the_same_values),
        cmocka_unit_test(any_other_outputs),
        cmocka_unit_test(any_other_outputs_without_labels),
        cmocka_unit_test(reduced_losses_are_exact),
        cmocka_unit_test(order_of_lists),
        cmocka_unit_test(lists_that_threads_share),
        cmocka_unit_test(lists_that_many_threads_share),
        cmocka_unit_test(more_threads_than_a_list_has_parts),
        cmocka_unit_test(shared_lists_that_are_read_again),
    };
    const int refused = run_refused_reference();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
