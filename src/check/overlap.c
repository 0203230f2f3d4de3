/*
 * Overlap as a search over sums of strides.
 *
 * Both questions are one: is there a sum of steps, step[k] taken 0 to count[k] times, between low and high? It is a
 * bounded subset sum, which is NP-hard in general and easy here: with the steps in descending order, only those counts
 * of a step are tried that leave a rest which the smaller steps can reach by their sum, and which is a multiple of
 * their greatest common divisor. For nested layouts, that is all that NumPy makes of an array by slicing, these are one
 * or two. The search is exact as long as it ends; one that visits too many nodes gives up with the answer that refuses
 * the call, so that no layout can pass that overlaps, and none can take long.
 */
#include "check/overlap.h"

#include <stdint.h>
#include <stdlib.h>

#include "batch/batch.h"
#include "dtype/convert.h"

enum { MAX_STEPS = 2 * RANKLOSS_MAX_NDIM, MAX_VISITS = 20000 };

typedef struct steps {
    int64_t step[MAX_STEPS], count[MAX_STEPS];
    int64_t reach[MAX_STEPS + 1];   /* largest sum of the steps from k on */
    int64_t divisor[MAX_STEPS + 1]; /* greatest common divisor of the steps from k on */
    int num;
    int visits;
} steps;

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Steps of equal size count as one; they stay in descending order. */
static void add_step(steps *s, int64_t step, int64_t count) {
    int k = s->num;
    if (step == 0 || count == 0)
        return;
    for (int i = 0; i < s->num; i++) {
        if (s->step[i] == step) {
            s->count[i] += count;
            return;
        }
    }
    for (; k > 0 && s->step[k - 1] < step; k--) {
        s->step[k] = s->step[k - 1];
        s->count[k] = s->count[k - 1];
    }
    s->step[k] = step;
    s->count[k] = count;
    s->num++;
}

static void finish_steps(steps *s) {
    s->reach[s->num] = s->divisor[s->num] = 0;
    for (int k = s->num - 1; k >= 0; k--) {
        s->reach[k] = s->reach[k + 1] + s->step[k] * s->count[k];
        s->divisor[k] = common_divisor(s->step[k], s->divisor[k + 1]);
    }
    s->visits = 0;
}

/* As deep as there are steps, MAX_STEPS. */
static bool reaches(steps *s, int k, int64_t low, int64_t high) { // NOLINT(misc-no-recursion)
    if (high < 0 || low > s->reach[k])
        return false;
    if (low <= 0 || ++s->visits > MAX_VISITS)
        return true;
    if (k == s->num || high / s->divisor[k] * s->divisor[k] < low)
        return false;
    const int64_t step = s->step[k], beyond = low - s->reach[k + 1];
    const int64_t most = high / step < s->count[k] ? high / step : s->count[k];
    for (int64_t n = beyond > 0 ? (beyond + step - 1) / step : 0; n <= most; n++)
        if (reaches(s, k + 1, low - n * step, high - n * step))
            return true;
    return false;
}

/* The step of axis k in bytes; 0 where there is none to take. */
static int64_t axis_step(const rankloss_array *array, int32_t k) {
    return array->shape[k] > 1 ? array->strides[k] * rankloss__dtype_size(array->dtype) : 0;
}

/* The first byte of an array's elements, and the first behind them; both 0 where there are none. */
typedef struct memory {
    uintptr_t begin, end;
} memory;

static memory memory_of(const rankloss_array *array) {
    memory extent = {(uintptr_t)array->data, (uintptr_t)array->data + (uintptr_t)rankloss__dtype_size(array->dtype)};
    if (!rankloss__has_elements(array))
        return (memory){0, 0};
    for (int32_t k = 0; k < array->ndim; k++) {
        const int64_t reach = axis_step(array, k) * (array->shape[k] - 1);
        if (reach < 0)
            extent.begin -= (uintptr_t)-reach;
        else
            extent.end += (uintptr_t)reach;
    }
    return extent;
}

/* Two elements that differ by 1 or more along the axis `moved` and by anything along the others. */
static bool meets_itself(const rankloss_array *array, int32_t moved) {
    const int64_t size = rankloss__dtype_size(array->dtype);
    steps s = {.num = 0};
    int64_t shift = 0;
    for (int32_t k = 0; k < array->ndim; k++) {
        const int64_t step = llabs(axis_step(array, k)), count = array->shape[k] - 1;
        add_step(&s, step, k == moved ? count - 1 : 2 * count);
        shift += k == moved ? step : -step * count;
    }
    finish_steps(&s);
    return reaches(&s, 0, -size + 1 - shift, size - 1 - shift);
}

bool rankloss__overlaps_itself(const rankloss_array *array) {
    int64_t extent =
        rankloss__dtype_size(array->dtype); /* from the first byte to behind the last of the axes after k */
    bool nested = true;
    if (!rankloss__has_elements(array))
        return false;
    for (int32_t k = array->ndim - 1; k >= 0; k--) {
        const int64_t step = llabs(axis_step(array, k));
        nested = nested && (array->shape[k] == 1 || step >= extent);
        extent += step * (array->shape[k] - 1);
    }
    if (nested) /* in this order, as nearly every array is; the search finds the other orders */
        return false;
    for (int32_t k = 0; k < array->ndim; k++)
        if (array->shape[k] > 1 && (axis_step(array, k) == 0 || meets_itself(array, k)))
            return true;
    return false;
}

bool rankloss__overlap(const rankloss_array *a, const rankloss_array *b) {
    const memory in_a = memory_of(a), in_b = memory_of(b);
    if (in_a.end <= in_b.begin || in_b.end <= in_a.begin)
        return false;
    steps s = {.num = 0};
    for (int32_t k = 0; k < a->ndim; k++)
        add_step(&s, llabs(axis_step(a, k)), a->shape[k] - 1);
    for (int32_t k = 0; k < b->ndim; k++)
        add_step(&s, llabs(axis_step(b, k)), b->shape[k] - 1);
    finish_steps(&s);
    /* Elements of a count up from its first, those of b down from its last. */
    const int64_t size_a = rankloss__dtype_size(a->dtype), size_b = rankloss__dtype_size(b->dtype);
    const uintptr_t last_b = in_b.end - (uintptr_t)size_b;
    const int64_t apart = in_a.begin >= last_b ? (int64_t)(in_a.begin - last_b) : -(int64_t)(last_b - in_a.begin);
    return reaches(&s, 0, -size_a + 1 - apart, size_b - 1 - apart);
}

rankloss_array rankloss__bytes_of(const void *data, size_t size) {
    return (rankloss_array){(void *)(uintptr_t)data, RANKLOSS_U8, 1, {(int64_t)size}, {1}};
}
