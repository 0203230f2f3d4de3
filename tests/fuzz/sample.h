/*
 * One call of rankloss_softmax(): its structs and arrays, each in a block of memory of exactly the size that it needs.
 */
#ifndef RANKLOSS_TESTS_FUZZ_SAMPLE_H
#define RANKLOSS_TESTS_FUZZ_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/softmax.h>

/** The arrays of a call: the inputs, then the outputs in the order of output_kind. */
typedef enum part {
    LOGITS,
    LABELS,
    WHERE,
    WEIGHTS,
    BIAS,
    OFFSETS,
    COTANGENT,
    TANGENT,
    LOSS,
    GRAD_LOGITS,
    GRAD_LABELS,
    GRAD_WEIGHTS,
    HESS_LOGITS,
    JVP,
    HVP_LOGITS,
    NUM_PARTS
} part;

#define ONE(part) (1U << (part))

enum {
    /** Beside the arrays: everything that is none. */
    OPTIONS = NUM_PARTS,
    ALL_INPUTS = (1 << LOSS) - 1,
    ALL_OUTPUTS = ((1 << NUM_PARTS) - 1) & ~ALL_INPUTS,
    ALL_ARRAYS = ALL_INPUTS | ALL_OUTPUTS,
    MAX_BLOCKS = 32
};

/** A block of memory and what it held before the call. */
typedef struct block {
    unsigned char *memory;
    unsigned char *before;
    size_t bytes;
} block;

typedef struct sample {
    rankloss_problem *problem;
    rankloss_result *result;
    rankloss_reducer *reducer;
    /** The reducer with all its functions, for the reference. */
    rankloss_reducer whole_reducer;
    /** What the call is given: the structs, or NULL. */
    const rankloss_problem *problem_given;
    const rankloss_result *result_given;
    block blocks[MAX_BLOCKS];
    int num_blocks;
    /** The gradient replaces the logits. */
    bool in_place;
    /** How often the reducer is to report a failure. */
    int reduce_returns;
    int derivative_returns;
} sample;

/** The structs, all of them zero. */
void sample_begin(sample *s);

void sample_free(sample *s);

rankloss_array *sample_array(const sample *s, part which);

const char *part_name(part which);

bool is_given(const rankloss_array *view);

/** Given, and with an element or more. */
bool has_elements(const rankloss_array *view);

/** A new block, of bytes that all hold the filler. */
unsigned char *sample_block(sample *s, size_t bytes, int filler);

/** How far the elements of a view lie before and behind its first one, in elements. */
void view_reach(const rankloss_array *view, int64_t *before, int64_t *behind);

/**
 * Gives a view a new block that ends with its last element, and begins `ahead` elements before its first. A view
 * without elements gets a block of no bytes.
 */
void sample_place(sample *s, rankloss_array *view, int64_t ahead, int filler);

/** Row-major strides. */
void view_row_major(rankloss_array *view);

/** Keeps what every block holds now. */
void sample_remember(sample *s);

/**
 * Whether the blocks hold what they held, outside the elements of the outputs where `written`. A NULL or the number of
 * the block that does not.
 */
bool sample_unchanged(sample *s, bool written);

#endif
