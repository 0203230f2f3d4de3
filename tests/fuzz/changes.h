/*
 * The mutations. Each is one broken rule, or one that is only just kept.
 *
 * A changed array that cannot be valid any more needs no memory: nothing may be read through it. One that may still be
 * valid gets memory anew. Whether elements meet is found out by looking at every byte of them.
 */
#ifndef RANKLOSS_TESTS_FUZZ_CHANGES_H
#define RANKLOSS_TESTS_FUZZ_CHANGES_H

#include "change.h"

/** Does it. False where the sample has nothing to do it to. */
typedef bool apply_change(change *c);

/* change_arrays.c */
apply_change no_problem;
apply_change no_result;
apply_change required_absent;
apply_change tangent_absent;
apply_change data_null;
apply_change no_dtype;
apply_change wrong_dtype;
apply_change bad_ndim;
apply_change negative_extent;
apply_change foreign_extent;
apply_change foreign_axis;
apply_change logits_without_axis;
apply_change matrix_beside_offsets;
apply_change offsets_no_vector;
apply_change output_repeats;
apply_change misaligned;
apply_change offsets_start_late;
apply_change offsets_end_late;
apply_change offsets_decrease;
apply_change offsets_huge;

/* change_options.c */
apply_change any_num_threads;
apply_change any_temperature_or_divisor;
apply_change reducer_missing;
apply_change reduce_missing;
apply_change derivative_missing;
apply_change bad_reduction;
apply_change bad_label_mode;
apply_change bad_temperature_or_divisor;
apply_change bad_num_threads;
apply_change reserved_in_use;
apply_change reducer_unasked;
apply_change reduce_fails;
apply_change derivative_fails;

/* change_memory.c */
apply_change other_output_strides;
apply_change input_twice;
apply_change share_block;
apply_change other_reduction;
apply_change other_dtype_of_that_size;
apply_change output_on_struct;
apply_change output_on_input;
apply_change huge_extent;
apply_change huge_stride;
apply_change end_of_memory;
apply_change more_lists_than_memory;

#endif
