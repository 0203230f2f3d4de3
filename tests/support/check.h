/*
 * Calls the library and checks the results. A failure ends the running cmocka test.
 */
#ifndef RANKLOSS_TESTS_CHECK_H
#define RANKLOSS_TESTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

#include "reference.h"
#include "views.h"

/** Calls rankloss_softmax() and demands RANKLOSS_OK; label says in a failure what was tried. */
void check_run(const rankloss_problem *problem, const rankloss_result *result, const char *label);

/** check_run(), then every output against the reference: within its bar, and special values the same. */
void check_against_reference(const rankloss_problem *problem, rankloss_result *result, const char *label);

/** Judges a result that some call has written, element by element, by a reference of the same shapes. */
void check_judge(int32_t compute, rankloss_result *result, const reference *exact, const char *label);

/** Demands that two results hold the same bits in every output. */
void check_same_bits(rankloss_result *a, rankloss_result *b, const char *label);

/** Prints the largest error that check_against_reference() has seen for each output in its compute dtype. */
void check_print_errors(void);

/** Which outputs to make: bit k stands for output_kind k. */
enum {
    OUTPUTS_ALL = (1 << OUTPUT_KINDS) - 1,
    OUTPUTS_WITHOUT_TANGENT = OUTPUTS_ALL & ~(1 << OUTPUT_JVP | 1 << OUTPUT_HVP_LOGITS)
};

/** New outputs of the natural shapes for a problem (the logits' shape where an output may choose), filled with 0xA5. */
rankloss_result make_outputs(pool *p, const rankloss_problem *problem, int32_t dtype, int which, layout how,
                             random_state *random);

/** New row-major outputs of the logits' compute dtype. */
rankloss_result make_plain_outputs(pool *p, const rankloss_problem *problem, int which);

#endif
