/*
 * One thread's working memory, on its stack: about 32 KiB, as a union of one layout for each way of computing lists.
 * What one of them leaves there does not survive another.
 */
#ifndef RANKLOSS_SRC_LIST_SCRATCH_H
#define RANKLOSS_SRC_LIST_SCRATCH_H

#include <stdint.h>

#include "kernels/kernels.h"

enum {
    RANKLOSS__TOGETHER = 2048 /* items of all lists of a group; exponentials that stay for the derivatives */
};

/* --- eight lists of at most RANKLOSS__SHORT items --- */

enum { RANKLOSS__INTERLEAVED_ITEMS = RANKLOSS__LANES * RANKLOSS__SHORT };

/* Items in the compute dtype, values of an output (those of 16 bits in u16), or bytes of a mask. */
typedef union rankloss__interleaved_block {
    float f32[RANKLOSS__INTERLEAVED_ITEMS];
    double f64[RANKLOSS__INTERLEAVED_ITEMS];
    uint16_t u16[RANKLOSS__INTERLEAVED_ITEMS];
    uint8_t u8[RANKLOSS__INTERLEAVED_ITEMS];
    struct {
        float items[RANKLOSS__INTERLEAVED_ITEMS], lists[RANKLOSS__INTERLEAVED_ITEMS];
    } converted; /* as floats: eight lists, one behind the other, before they are interleaved */
} rankloss__interleaved_block;

typedef struct rankloss__interleaved_scratch {
    RANKLOSS__ALIGNED double exps[RANKLOSS__INTERLEAVED_ITEMS];
    rankloss__interleaved_block logits, bias, labels, weights;
    union {
        rankloss__interleaved_block raw_labels; /* of which the exponentials are taken, before the tangent is read */
        double tangent[RANKLOSS__INTERLEAVED_ITEMS];
    } early;
    rankloss__interleaved_block rows; /* lists before they are interleaved, outputs before they are lists */
    double list[RANKLOSS__SHORT];     /* one list's values of that */
    uint8_t where[RANKLOSS__INTERLEAVED_ITEMS];
} rankloss__interleaved_scratch;

/* --- up to eight lists, one behind the other --- */

enum {
    RANKLOSS__CHUNK_F64 = 256, /* values of an output on their way to the caller; a multiple of RANKLOSS__LANES */
    RANKLOSS__CHUNK_F32 = 512  /* exponentials that are rounded to floats at once */
};

/* Items of their inputs that are not read in place. */
enum {
    RANKLOSS__CONVERTED_F64 = 1024,
    RANKLOSS__CONVERTED_F32 = 2 * RANKLOSS__CONVERTED_F64,
    RANKLOSS__CONVERTED_TANGENTS = 512,
    RANKLOSS__CONVERTED_MASK = 640
};

/* Values of an output, or exponentials as floats. */
typedef union rankloss__block {
    float f32[RANKLOSS__CHUNK_F32];
    double f64[RANKLOSS__CHUNK_F64];
} rankloss__block;

typedef struct rankloss__side_by_side_scratch {
    RANKLOSS__ALIGNED double exps[RANKLOSS__TOGETHER];
    union {
        float f32[RANKLOSS__CONVERTED_F32];
        double f64[RANKLOSS__CONVERTED_F64];
    } converted; /* logits, biases, labels, weights, and exponentials of labels */
    double tangents[RANKLOSS__CONVERTED_TANGENTS];
    rankloss__block spare; /* an output on its way to the caller */
    uint8_t where[RANKLOSS__CONVERTED_MASK];
} rankloss__side_by_side_scratch;

/* --- one list, a chunk at a time --- */

enum {
    RANKLOSS__CHUNK_ROOM =
        1536, /* doubles, for whatever is not read in place: of a chunk of 256 items, all there can be */
    RANKLOSS__SHORT_CHUNK = 512 /* items, at most where the mask is not read in place, or short chunks are faster */
};

typedef struct rankloss__chunk_scratch {
    RANKLOSS__ALIGNED double exps[RANKLOSS__TOGETHER];
    union {
        float f32[2 * RANKLOSS__CHUNK_ROOM];
        double f64[RANKLOSS__CHUNK_ROOM];
    } blocks;              /* see list/list_chunks.c */
    rankloss__block spare; /* as above */
    uint8_t where[RANKLOSS__SHORT_CHUNK];
} rankloss__chunk_scratch;

/* --- all of them --- */

typedef union rankloss__scratch {
    rankloss__interleaved_scratch interleaved;
    rankloss__side_by_side_scratch side_by_side;
    rankloss__chunk_scratch chunks;
} rankloss__scratch;

#endif
