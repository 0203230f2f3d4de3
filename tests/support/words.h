/*
 * The words of a vector vocabulary (src/kernels/simd/vec_<isa>.h) as functions on memory. A vocabulary is for one
 * instruction set and its names are those of every other, so that words.c is compiled once for each, with the flags of
 * its kernels.
 */
#ifndef RANKLOSS_TESTS_WORDS_H
#define RANKLOSS_TESTS_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/instruction_sets.h"

enum { WORDS_REALS = 16 /* as many as the widest reals have */ };

/** What the words are given. */
typedef struct words_in {
    double a[8], b[8], c[8]; /* anything */
    float fx[WORDS_REALS], fy[WORDS_REALS];
    float numbers[WORDS_REALS]; /* anything but NaN */
    size_t n;                   /* items of a partial load or store, at most 8 */
    /* n items, behind which nothing can be touched. The words that store write over them. */
    double *first_f64;
    float *first_f32;
    int32_t *first_i32;
    uint16_t *first_u16;
    uint8_t *first_bytes;
    uint64_t bits;
    int shift;     /* 0 to 63 */
    int64_t at[8]; /* 0 to 63 each */
    int32_t integers[8];
    /* 8 x 8 */
    double square_f64[64];
    float square_f32[64];
    uint16_t square_u16[64];
    uint8_t square_u8[64];
} words_in;

/** What a word gives: bytes to compare. Of NaN that arithmetic makes, sign and payload are left out. */
typedef union words_out {
    double doubles[64];
    float floats[64];
    uint16_t halves[64];
    uint8_t bytes[64];
    unsigned bits;
} words_out;

typedef struct word {
    const char *name;
    void (*run)(const words_in *in, words_out *out);
} word;

/** Those of each instruction set end with a word without a name. */
#define DECLARE_WORDS(name, NAME) extern const word words_##name[];
RANKLOSS__EACH_INSTRUCTION_SET(DECLARE_WORDS)
#undef DECLARE_WORDS

#endif
