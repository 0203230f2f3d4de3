/*
 * Calls of rankloss_softmax() for the tests of its checks: good calls of several kinds, and rows that change one thing of
 * them and say what must come of it. Every array of a call lies on pages of its own, protected according to what the
 * library may do with it: inputs but the offsets are inaccessible where the call must fail before it computes, outputs
 * are inaccessible where it must fail at all, and the structs are read-only.
 */
#ifndef RANKLOSS_TESTS_BAD_CALL_H
#define RANKLOSS_TESTS_BAD_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <rankloss/softmax.h>

/** The parts of a call. TARGET and OTHER stand for those of the row that is tried. */
typedef enum part {
    TARGET,
    OTHER,
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
    ACCUMULATOR, /* in none of the bases: ACCUMULATE gives one */
    PROBLEM,
    RESULT,
    REDUCER,
    TEMPERATURE,
    DIVISOR,
    REDUCTION,
    LABEL_MODE,
    NUM_THREADS,
    PADDING,
    UNNAMED, /* the target of a row that names it in its words */
    NUM_PARTS
} part;

/** The sets of parts, and of bases, are bits. */
#define ONE(part) (1u << (part))

enum {
    ITEM_INPUTS = ONE(LABELS) | ONE(WHERE) | ONE(WEIGHTS) | ONE(BIAS) | ONE(TANGENT),
    INPUTS = ONE(LOGITS) | ITEM_INPUTS | ONE(OFFSETS) | ONE(COTANGENT),
    LOGITS_OUTPUTS = ONE(GRAD_LOGITS) | ONE(HESS_LOGITS) | ONE(HVP_LOGITS),
    LABEL_OUTPUTS = ONE(GRAD_LABELS) | ONE(GRAD_WEIGHTS),
    ITEM_OUTPUTS = LOGITS_OUTPUTS | LABEL_OUTPUTS,
    LIST_OUTPUTS = ONE(LOSS) | ONE(JVP),
    OUTPUTS = ITEM_OUTPUTS | LIST_OUTPUTS,
    ARRAYS = INPUTS | OUTPUTS,
    STRUCTS = ONE(PROBLEM) | ONE(RESULT) | ONE(REDUCER)
};

/**
 * The good calls. All but the bare ones have every input and output. Arrays of items have the shape of the logits, and
 * other arrays that of the loss, unless said otherwise.
 */
typedef enum base {
    MEAN,        /**< float32 (2, 3), RANKLOSS_MEAN, numbers (1) */
    NONE,        /**< float64 (2, 3), RANKLOSS_NONE, numbers (2) */
    SINGLE,      /**< float32 (3), RANKLOSS_NONE, numbers () */
    RAGGED,      /**< float32 (5), RANKLOSS_SUM, offsets 0 2 2 5, numbers (1) */
    RAGGED_NONE, /**< float64 (5), RANKLOSS_NONE, offsets 0 2 2 5, numbers (3), weights and grad_weights (3, 1) */
    CUSTOM,      /**< float32 (2, 3), RANKLOSS_CUSTOM, numbers (1) */
    BARE,        /**< MEAN with logits, labels and loss alone */
    BARE_RAGGED, /**< RAGGED with logits, labels, offsets and loss alone */
    NUM_BASES
} base;

enum {
    WITH_MATRICES = ONE(MEAN) | ONE(NONE) | ONE(CUSTOM),
    IN_FLOAT64 = ONE(NONE) | ONE(RAGGED_NONE),
    IN_FLOAT32 = ONE(MEAN) | ONE(SINGLE) | ONE(RAGGED) | ONE(CUSTOM),
    FULL = IN_FLOAT32 | IN_FLOAT64,
    EVERY_BASE = FULL | ONE(BARE) | ONE(BARE_RAGGED)
};

typedef enum edit_kind {
    NO_EDIT,
    ABSENT,    /* the view zeroed; the reducer, problem or result NULL */
    PRESENT,   /* a reducer where there is none */
    ONLY,      /* every other output absent */
    NULL_DATA, /* data NULL */
    DTYPE,     /* dtype to numbers[0] */
    NDIM,      /* ndim to numbers[0] */
    SHAPE,     /* row-major, numbers[0] axes of the extents that follow */
    REPEATED,  /* as SHAPE, but all strides 0 */
    EXTENT,    /* of axis numbers[0] to numbers[1]; axis -1 is the last */
    STRIDE,    /* likewise */
    MOVE,      /* data by numbers[0] bytes */
    ADDRESS,   /* data to numbers[0], modulo the size of the address space */
    PLACE,     /* data numbers[0] bytes behind the data of part numbers[1], or the struct; 0 is the row's other */
    ENDS,      /* numbers[0] offsets: the numbers that follow, wrapped to the dtype */
    OPTION,    /* an int32_t to numbers[0] */
    REAL,      /* a double to real */
    RESERVED,  /* entry numbers[0] of a struct's reserved to numbers[1] */
    NO_REDUCE, /* the reducer's reduce NULL */
    NO_DERIVATIVE,
    ACCUMULATE,   /* an accumulator, numbers[0] bytes behind a place of its own or behind the row's other */
    REDUCE_FAILS, /* the reducer's reduce returns numbers[0] */
    DERIVATIVE_FAILS
} edit_kind;

enum { MAX_EDITS = 5 };

typedef struct edit {
    edit_kind kind;
    part of;
    int64_t numbers[10];
    double real;
} edit;

/**
 * One change, tried in each of the bases on each target that the base has, beside each of the others that it has. A
 * failing call's message must name the target and the other, and hold the words, which are separated by '|'.
 */
typedef struct bad_row {
    const char *name;
    unsigned bases;
    unsigned targets;
    unsigned others; /* none: 0 */
    rankloss_status status;
    const char *words;
    edit edits[MAX_EDITS];
} bad_row;

#define ROW(name, bases, targets, status, words, ...) \
    {                                                 \
        name, bases, targets, 0, status, words, {     \
            __VA_ARGS__                               \
        }                                             \
    }
#define PAIR_ROW(name, bases, targets, others, status, words, ...) \
    {                                                              \
        name, bases, targets, others, status, words, {             \
            __VA_ARGS__                                            \
        }                                                          \
    }
#define EDIT(kind, of, ...) {kind, of, {__VA_ARGS__}, 0}
#define EDIT_REAL(option, real) {REAL, option, {0}, real}
#define TABLE(rows) {rows, (int)(sizeof(rows) / sizeof(rows)[0])}

/** Tries a row. Prints what is wrong; false where anything is, or where nothing was tried. */
bool bad_row_holds(const bad_row *row);

/** Tries edits on one base with one target. */
bool bad_try(const char *name, base on, part target, rankloss_status status, const char *words, const edit *edits);

/** Whether a base has an array or a reducer; true for what every call has. */
bool base_has(base on, part which);

const char *part_name(part which);

/** What is being tried, in words; "" when nothing is. For a test that ends in a crash. */
const char *bad_call_running(void);

/** Frees the pages. */
void bad_call_free(void);

/** The rows, by subject. */
typedef struct bad_table {
    const bad_row *rows;
    int count;
} bad_table;

extern const bad_table bad_arguments, bad_options, bad_shapes, bad_ragged, bad_layouts, bad_sizes, bad_overlaps,
    good_arguments, good_layouts;

#endif
