/*
 * Every word of every vocabulary of the build that this processor runs, against the portable one, to the bit: on
 * numbers of every kind, which the steps that are made of the words do not all meet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cpu/features.h"
#include "guarded.h"
#include "random.h"
#include "words.h"

typedef struct vocabulary {
    const char *name;
    unsigned needs;
    const word *words;
} vocabulary;

/* The portable one with itself: what it makes of its inputs depends on nothing else. */
#define VOCABULARY(name, NAME) {#name, RANKLOSS__CPU_##NAME, words_##name},
static const vocabulary vocabularies[] = {RANKLOSS__EACH_INSTRUCTION_SET(VOCABULARY)};

/* --- numbers --- */

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double special(random_state *r) {
    static const double specials[] = {0.0,      1.0,      (double)INFINITY, DBL_MAX, DBL_MIN,  0x1p-1074,
                                      0x1p-149, 0x1p-126, (double)FLT_MAX,  0x1p127, 0x1p-150, 0x1.ffffffp127,
                                      690.0,    0x1.8p52, 0x1p63,           0x1p-40};
    const double x = specials[random_below(r, (int64_t)(sizeof specials / sizeof specials[0]))];
    return random_chance(r, 0.5) ? -x : x;
}

/* Quiet, with any sign and payload. */
static double any_nan(random_state *r) {
    return of_bits(random_bits(r) | 0x7FF8000000000000u);
}

/* Half way between two numbers of a format of 16 bits with so many digits, or next to that. */
static double near_half_way(random_state *r, int digits) {
    const double middle = (double)((random_bits(r) >> (64 - digits)) | (UINT64_C(1) << digits)) + 0.5;
    const double x = ldexp(middle, -(int)random_below(r, 160));
    return random_chance(r, 0.5) ? x : nextafter(x, random_chance(r, 0.5) ? 0.0 : (double)INFINITY);
}

/* Anything but NaN: half of it ordinary, for operands to meet; the rest special, subnormal or far from everything. */
static double any_number(random_state *r) {
    const double ordinary = random_normal(r);
    switch (random_below(r, 9)) {
    case 0:
    case 1:
        return special(r);
    case 2:
        return of_bits(random_bits(r) & 0x800FFFFFFFFFFFFFu);
    case 3:
        return random_chance(r, 0.5) ? near_half_way(r, 10) : -near_half_way(r, 7);
    case 4:
        return ldexp(ordinary, (int)random_below(r, 2000) - 1000);
    default:
        return ordinary;
    }
}

static double anything(random_state *r) {
    return random_chance(r, 0.1) ? any_nan(r) : any_number(r);
}

/* Often what the other operand has, or what is next to it. */
static double beside(random_state *r, double other) {
    if (random_chance(r, 0.3))
        return random_chance(r, 0.2) ? -other : other;
    return random_chance(r, 0.1) ? nextafter(other, (double)INFINITY) : anything(r);
}

static float to_float(double x) {
    return fabs(x) > (double)FLT_MAX ? (float)copysign((double)INFINITY, x) : (float)x;
}

/* --- inputs --- */

static void fill_reals(words_in *in, random_state *r) {
    for (int k = 0; k < WORDS_REALS; k++) {
        in->fx[k] = to_float(anything(r));
        in->fy[k] = to_float(beside(r, (double)in->fx[k]));
        in->numbers[k] = to_float(any_number(r));
    }
}

static void fill_squares(words_in *in, random_state *r) {
    for (int k = 0; k < 64; k++) {
        in->square_f64[k] = anything(r);
        in->square_f32[k] = to_float(anything(r));
        in->square_u16[k] = (uint16_t)random_bits(r);
        in->square_u8[k] = random_chance(r, 0.3) ? 0 : (uint8_t)random_bits(r);
    }
}

static void fill(words_in *in, random_state *r) {
    for (int k = 0; k < 8; k++) {
        in->a[k] = anything(r);
        in->b[k] = beside(r, in->a[k]);
        /* so that a * b + c may cancel */
        in->c[k] = random_chance(r, 0.3) ? (random_chance(r, 0.5) ? -1.0 : 1.0) * in->a[k] * in->b[k] : anything(r);
    }
    in->n = (size_t)random_below(r, 9);
    in->bits = random_bits(r);
    in->shift = (int)random_below(r, 64);
    for (int k = 0; k < 8; k++)
        in->at[k] = random_below(r, 64);
    for (int k = 0; k < 8; k++)
        in->integers[k] = (int32_t)(random_bits(r) >> 32) >> random_below(r, 32);
    fill_reals(in, r);
    fill_squares(in, r);
}

/* The ends of pages. */
typedef struct ends {
    guarded f64, f32, i32, u16, bytes;
} ends;

/* The same for each vocabulary, whatever the one before it has stored there. */
static void fill_ends(words_in *in, const ends *at) {
    in->first_f64 = guarded_last(&at->f64, in->n * sizeof(double));
    in->first_f32 = guarded_last(&at->f32, in->n * sizeof(float));
    in->first_i32 = guarded_last(&at->i32, in->n * sizeof(int32_t));
    in->first_u16 = guarded_last(&at->u16, in->n * sizeof(uint16_t));
    in->first_bytes = guarded_last(&at->bytes, in->n);
    for (size_t k = 0; k < in->n; k++) {
        in->first_f64[k] = in->a[k];
        in->first_f32[k] = in->fx[k];
        in->first_i32[k] = in->integers[k];
        in->first_bytes[k] = (in->bits >> k & 1u) != 0 ? in->square_u8[k] : 0;
    }
}

/* --- the test --- */

static words_out run_word(const word *w, words_in *in, const ends *at) {
    words_out out;
    memset(&out, 0, sizeof out);
    fill_ends(in, at);
    w->run(in, &out);
    return out;
}

static void show(const char *who, const words_out *out) {
    printf("%8s:", who);
    for (int k = 0; k < 9; k++)
        printf(" %a", out->doubles[k]);
    printf("\n");
}

static void compare(const vocabulary *v, words_in *in, const ends *at) {
    for (int w = 0; words_portable[w].name != NULL; w++) {
        assert_string_equal(v->words[w].name, words_portable[w].name);
        const words_out expected = run_word(&words_portable[w], in, at), got = run_word(&v->words[w], in, at);
        if (memcmp(&expected, &got, sizeof got) == 0)
            continue;
        show("portable", &expected);
        show(v->name, &got);
        fail_msg("%s differs in %s", words_portable[w].name, v->name);
    }
}

static void words_give_the_same_bits(void **state) {
    static words_in in;
    (void)state;
    ends at = {guarded_new(1), guarded_new(1), guarded_new(1), guarded_new(1), guarded_new(1)};
    for (size_t v = 0; v < sizeof vocabularies / sizeof vocabularies[0]; v++) {
        const bool runs = (rankloss__cpu_features() & vocabularies[v].needs) == vocabularies[v].needs;
        random_state r = random_new(random_run_seed(), 1);
        printf("%s: %s\n", vocabularies[v].name, runs ? "tested" : "NOT TESTED on this processor");
        for (int round = 0; round < 10000 && runs; round++) {
            fill(&in, &r);
            compare(&vocabularies[v], &in, &at);
        }
    }
    guarded_free(&at.f64);
    guarded_free(&at.f32);
    guarded_free(&at.i32);
    guarded_free(&at.u16);
    guarded_free(&at.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_give_the_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
