/*
 * The table, and what a call comes to.
 */
#include "mutations.h"

const mutation mutations[] = {
    {"any num_threads", MAY_OK, any_num_threads},
    {"any temperature or divisor", UNDECIDED, any_temperature_or_divisor},
    {"an input twice", MAY_OK, input_twice},
    {"other strides of an output", UNDECIDED, other_output_strides},
    {"two arrays in one block", UNDECIDED, share_block},
    {"another reduction", UNDECIDED, other_reduction},
    {"another dtype of that size", UNDECIDED, other_dtype_of_that_size},

    {"no problem", MAY_NULL, no_problem},
    {"no result", MAY_NULL, no_result},
    {"a required input absent", MAY_NULL, required_absent},
    {"the tangent absent", MAY_NULL, tangent_absent},
    {"data NULL", MAY_NULL, data_null},
    {"the reducer missing", MAY_NULL, reducer_missing},
    {"reduce missing", MAY_NULL, reduce_missing},
    {"derivative missing", MAY_NULL, derivative_missing},

    {"no dtype", MAY_DTYPE, no_dtype},
    {"a dtype of another argument", MAY_DTYPE, wrong_dtype},

    {"ndim out of range", MAY_SHAPE, bad_ndim},
    {"a negative extent", MAY_SHAPE, negative_extent},
    {"an extent of nothing else", MAY_SHAPE, foreign_extent},
    {"an axis of nothing else", MAY_SHAPE, foreign_axis},
    {"logits without an axis", MAY_SHAPE, logits_without_axis},
    {"a matrix beside offsets", MAY_SHAPE, matrix_beside_offsets},
    {"offsets that are no vector", MAY_SHAPE, offsets_no_vector},

    {"an output that repeats elements", MAY_STRIDE, output_repeats},
    {"misaligned data", MAY_STRIDE, misaligned},

    {"offsets that start late", MAY_OFFSETS, offsets_start_late},
    {"offsets that end late", MAY_OFFSETS, offsets_end_late},
    {"offsets that decrease", MAY_OFFSETS, offsets_decrease},
    {"an offset far away", MAY_OFFSETS, offsets_huge},

    {"no reduction", MAY_OPTION, bad_reduction},
    {"no label mode", MAY_OPTION, bad_label_mode},
    {"a bad temperature or divisor", MAY_OPTION, bad_temperature_or_divisor},
    {"num_threads negative", MAY_OPTION, bad_num_threads},
    {"a reserved field in use", MAY_OPTION, reserved_in_use},
    {"a reducer that is not asked for", MAY_OPTION, reducer_unasked},

    {"an output on a struct", MAY_OVERLAP, output_on_struct},
    {"an output on an input", MAY_OVERLAP | MAY_STRIDE, output_on_input},

    {"a huge extent", MAY_OVERFLOW | MAY_SHAPE, huge_extent},
    {"a huge stride", MAY_OVERFLOW, huge_stride},
    {"the end of memory", MAY_OVERFLOW, end_of_memory},

    {"more lists than memory", MAY_MEMORY, more_lists_than_memory},
    {"reduce fails", MAY_CALLBACK, reduce_fails},
    {"derivative fails", MAY_CALLBACK, derivative_fails},
};

const int num_mutations = (int)(sizeof mutations / sizeof *mutations);

/* --- what a call has come to --- */

static void join(verdict *v, unsigned may) {
    const bool was_good = v->may & MAY_OK;
    v->judged &= may != UNDECIDED;
    if (v->may == UNDECIDED || may == UNDECIDED) {
        v->may = UNDECIDED;
    } else {
        v->may |= may;
        /* One broken rule is enough. */
        v->may &= was_good && may & MAY_OK ? UNDECIDED : UNDECIDED & ~(unsigned)MAY_OK;
    }
}

verdict mutate(sample *s, input *in) {
    verdict v = {.may = MAY_OK, .judged = true};
    change c = {.s = s, .touched = 0};
    input choices = input_cut(in, 3);
    const int wanted = input_below(&choices, MOST_MUTATIONS + 1);
    c.in = in;
    for (int i = 0; i < wanted; i++) {
        const mutation *m = &mutations[input_below(&choices, num_mutations)];
        c.may = m->may;
        if (m->apply(&c)) {
            join(&v, c.may);
            v.done[v.count++] = m;
        }
    }
    return v;
}
