/*
 * The bytes of one input, taken from the front. Behind their end there are zeros.
 */
#ifndef RANKLOSS_TESTS_FUZZ_INPUT_H
#define RANKLOSS_TESTS_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static inline uint8_t input_byte(input *in) {
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

/** The first bytes of an input, which are then gone from it, as an input of their own. */
static inline input input_cut(input *in, size_t bytes) {
    const input head = {in->at, in->left < bytes ? in->left : bytes};
    if (head.left > 0) {
        in->at += head.left;
        in->left -= head.left;
    }
    return head;
}

/** The next bytes as one number, the lowest first. */
static inline uint64_t input_word(input *in, int bytes) {
    uint64_t word = 0;
    for (int k = 0; k < bytes; k++) {
        word |= (uint64_t)input_byte(in) << (8 * k);
    }
    return word;
}

/** 0 <= result < bound, by one byte. */
static inline int input_below(input *in, int bound) {
    return input_byte(in) % bound;
}

/** True for one byte in `of`. */
static inline bool input_one_in(input *in, int of) {
    return input_below(in, of) == of - 1;
}

#endif
