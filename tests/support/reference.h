/*
 * The loss and its derivatives in long double, by the formulas of rankloss/softmax.h and plain index arithmetic: slow,
 * general, and sharing no line with the library.
 *
 * Differences are formed without cancellation and sums are compensated, so that with a significand of 64 bits a value is
 * off by a few thousandths of a float64 ULP of its scale.
 */
#ifndef RANKLOSS_TESTS_REFERENCE_H
#define RANKLOSS_TESTS_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

/** Whether a long double is fit to judge float64: it has 64 bits or more, in fact too (valgrind computes in 53). */
bool reference_is_precise(void);

/** The members of rankloss_result, in their order. */
typedef enum output_kind {
    OUTPUT_LOSS,
    OUTPUT_GRAD_LOGITS,
    OUTPUT_GRAD_LABELS,
    OUTPUT_GRAD_WEIGHTS,
    OUTPUT_HESS_LOGITS,
    OUTPUT_JVP,
    OUTPUT_HVP_LOGITS,
    OUTPUT_KINDS
} output_kind;

const char *output_name(output_kind kind);

/** A member of a result by number. */
rankloss_array *output_of(rankloss_result *result, output_kind kind);

/** A value, and the sum of the magnitudes of its terms, by which its rounding errors are measured. */
typedef struct term {
    long double value;
    long double scale;
} term;

/** The elements of one output in row-major order; NULL where it is not asked for. */
typedef struct reference_output {
    int64_t count;
    term *element;
} reference_output;

typedef struct reference {
    reference_output output[OUTPUT_KINDS];
    int64_t num_lists;
    /** The loss of each list, whatever the reduction. */
    term *loss;
    /** Whether a list has a valid item. */
    uint8_t *counted;
    /** Whether every list's scores differ by what 106 bits can hold; where not, no value is promised. */
    bool resolved;
} reference;

/** float64 for float64 logits, float32 otherwise. */
int32_t reference_compute_dtype(const rankloss_problem *problem);

/** Evaluates what result asks for. Both are taken to be valid; nothing is written through them. */
reference reference_evaluate(const rankloss_problem *problem, const rankloss_result *result);

void reference_free(reference *r);

#endif
