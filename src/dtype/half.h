/*
 * The two formats of 16 bits: float16 (IEEE binary16) and bfloat16, the upper half of a float. Their bits as uint16_t.
 */
#ifndef RANKLOSS_SRC_DTYPE_HALF_H
#define RANKLOSS_SRC_DTYPE_HALF_H

#include <stdint.h>
#include <string.h>

#include "exact/digits.h"

static inline float rankloss__f32_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t rankloss__bits_of_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float rankloss__bf16_to_f32(uint16_t bfloat) {
    return rankloss__f32_from_bits((uint32_t)bfloat << 16);
}

/*
 * The fields of a float16 where a float has its own, and a factor for the difference of the biases, 127 - 15: exact, and
 * it gives subnormals their leading bit. Without a branch, so that compilers can vectorise it.
 */
static inline float rankloss__f16_to_f32(uint16_t half) {
    const uint32_t magnitude = (uint32_t)(half & 0x7FFFu) << 13, sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t special = magnitude >= 0x0F800000u ? 0x7F800000u : 0; /* infinity and NaN keep their exponent */
    const float finite = rankloss__f32_from_bits(magnitude) * 0x1p112F;
    return rankloss__f32_from_bits(rankloss__bits_of_f32(finite) | special | sign);
}

/* The IEEE format with these field widths nearest to value, ties to even; its bits at the bottom. */
static inline uint32_t rankloss__narrow(double value, int exponent_bits, int fraction_bits) {
    const uint64_t bits = rankloss__bits_of(value);
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const uint32_t sign = (uint32_t)(bits >> 63) << (exponent_bits + fraction_bits);
    const uint32_t infinity = ((1u << exponent_bits) - 1u) << fraction_bits;
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
    if (exponent == 0x7FF)
        return sign | infinity | (fraction != 0 ? 1u << (fraction_bits - 1) : 0);
    exponent -= 1023 - bias;
    int drop = 52 - fraction_bits;
    if (exponent <= 0) { /* subnormal, or a double too small for the bits to matter */
        fraction |= (uint64_t)1 << 52;
        drop += 1 - exponent;
        exponent = 0;
        if (drop > 54)
            return sign;
    }
    const uint64_t half = (uint64_t)1 << (drop - 1), rest = fraction & (2 * half - 1);
    uint64_t kept = ((uint64_t)exponent << fraction_bits) + (fraction >> drop);
    /* A carry out of the fraction raises the exponent, as it should, up to infinity. */
    kept += rest > half || (rest == half && (kept & 1) != 0);
    return sign | (kept < infinity ? (uint32_t)kept : infinity);
}

static inline uint16_t rankloss__f16_from_f64(double value) {
    return (uint16_t)rankloss__narrow(value, 5, 10);
}

static inline uint16_t rankloss__bf16_from_f64(double value) {
    return (uint16_t)rankloss__narrow(value, 8, 7);
}

#endif
