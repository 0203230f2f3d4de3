/*
 * src/dtype/convert.c: every float16 and bfloat16 number, and the rounding of doubles against the nearest of all candidates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <rankloss/array.h>

#include "dtype/convert.h"
#include "dtype/half.h"
#include "random.h"
#include "run.h"

/* The value of an IEEE format with a sign bit, by its definition. */
static double value_of(uint32_t bits, int exponent_bits, int fraction_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1, largest = (1 << exponent_bits) - 1;
    const int exponent = (int)(bits >> fraction_bits) & largest;
    const double fraction = (double)(bits & ((1u << fraction_bits) - 1u));
    const double sign = (bits >> (exponent_bits + fraction_bits) & 1u) != 0 ? -1.0 : 1.0;
    if (exponent == largest)
        return fraction == 0.0 ? sign * (double)INFINITY : (double)NAN;
    if (exponent == 0)
        return sign * ldexp(fraction, 1 - bias - fraction_bits);
    return sign * ldexp(fraction + ldexp(1.0, fraction_bits), exponent - bias - fraction_bits);
}

static bool same(double a, double b) {
    return a == b ? signbit(a) == signbit(b) : isnan(a) && isnan(b);
}

static void sizes_of_dtypes(void **state) {
    const int32_t dtypes[] = {RANKLOSS_F32, RANKLOSS_F64, RANKLOSS_F16, RANKLOSS_BF16, RANKLOSS_I8,
                              RANKLOSS_I16, RANKLOSS_I32, RANKLOSS_I64, RANKLOSS_U8,   RANKLOSS_U16,
                              RANKLOSS_U32, RANKLOSS_U64, RANKLOSS_BOOL};
    const int64_t sizes[] = {4, 8, 2, 2, 1, 2, 4, 8, 1, 2, 4, 8, 1};
    (void)state;
    for (int k = 0; k < 13; k++)
        assert_true(rankloss__dtype_size(dtypes[k]) == sizes[k]);
    assert_true(rankloss__dtype_size(0) == 0 && rankloss__dtype_size(-1) == 0);
    assert_true(rankloss__dtype_size(RANKLOSS_BOOL + 1) == 0);
}

static void every_half_is_read_right(void **state) {
    (void)state;
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const uint16_t half = (uint16_t)bits;
        float f32;
        double f64;
        rankloss__load_f32(RANKLOSS_F16, &half, 1, 1, &f32);
        rankloss__load_f64(RANKLOSS_F16, &half, 1, 1, &f64);
        assert_true(same((double)f32, value_of(bits, 5, 10)) && same(f64, value_of(bits, 5, 10)));
        rankloss__load_f64(RANKLOSS_BF16, &half, 1, 1, &f64);
        assert_true(same(f64, value_of(bits, 8, 7)));
    }
}

static void every_half_is_written_as_itself(void **state) {
    (void)state;
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const double half = value_of(bits, 5, 10), bf16 = value_of(bits, 8, 7);
        assert_true(isnan(half) || rankloss__f16_from_f64(half) == bits);
        assert_true(isnan(bf16) || rankloss__bf16_from_f64(bf16) == bits);
    }
    assert_true(isnan(value_of(rankloss__f16_from_f64((double)NAN), 5, 10)));
    assert_true(isnan(value_of(rankloss__bf16_from_f64(-(double)NAN), 8, 7)));
}

/* Between two neighbours: the nearer, and the even one half way. Above the largest, as if the next were infinity. */
static void check_rounding(int exponent_bits, int fraction_bits, uint16_t (*round)(double)) {
    const uint32_t infinity = ((1u << exponent_bits) - 1u) << fraction_bits;
    for (uint32_t bits = 0; bits < infinity; bits++) {
        const double low = value_of(bits, exponent_bits, fraction_bits);
        const double next = value_of(bits + 1, exponent_bits, fraction_bits);
        const double step = isinf(next) ? low - value_of(bits - 1, exponent_bits, fraction_bits) : next - low;
        const double middle = low + step / 2;
        const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
        assert_int_equal(round(middle), even);
        assert_int_equal(round(nextafter(middle, 0.0)), bits);
        assert_int_equal(round(nextafter(middle, (double)INFINITY)), bits + 1);
        assert_int_equal(round(-middle), even | 1u << (exponent_bits + fraction_bits));
    }
    assert_int_equal(round(1e300), infinity);
    assert_int_equal(round(0x1p-1074), 0);
    assert_int_equal(round(-1e-300), 1u << (exponent_bits + fraction_bits));
}

static void rounds_once_to_nearest_even(void **state) {
    (void)state;
    check_rounding(5, 10, rankloss__f16_from_f64);
    check_rounding(8, 7, rankloss__bf16_from_f64);
}

static void integers_are_rounded_once(void **state) {
    /* 2^24 + 1 is a tie in float32; by way of a double 2^60 + 2^36 + 1 would look like one too. */
    const int64_t wide[] = {(1 << 24) + 1, (INT64_C(1) << 60) + (INT64_C(1) << 36) + 1, INT64_MIN};
    const uint64_t large[] = {UINT64_MAX, UINT64_C(1) << 63};
    float f32[3];
    double f64[2];
    (void)state;
    rankloss__load_f32(RANKLOSS_I64, wide, 1, 3, f32);
    assert_true(f32[0] == 0x1p24F && f32[1] == 0x1p60F + 0x1p37F && f32[2] == -0x1p63F);
    rankloss__load_f64(RANKLOSS_U64, large, 1, 2, f64);
    assert_true(f64[0] == 0x1p64 && f64[1] == 0x1p63);
}

static void booleans_count_as_one(void **state) {
    const uint8_t bytes[] = {0, 1, 2, 255};
    float f32[4];
    (void)state;
    rankloss__load_f32(RANKLOSS_BOOL, bytes, 1, 4, f32);
    assert_true(f32[0] == 0.0F && f32[1] == 1.0F && f32[2] == 1.0F && f32[3] == 1.0F);
}

static void strides_may_be_zero_and_negative(void **state) {
    const int16_t values[] = {-1, 2, -3, 4, -5};
    double block[3], stored[5] = {0.0};
    (void)state;
    rankloss__load_f64(RANKLOSS_I16, values + 4, -2, 3, block);
    assert_true(block[0] == -5.0 && block[1] == -3.0 && block[2] == -1.0);
    rankloss__store(RANKLOSS_F64, stored + 4, -2, 3, block);
    assert_true(stored[4] == -5.0 && stored[2] == -3.0 && stored[0] == -1.0 && stored[1] == 0.0);
    rankloss__load_f64(RANKLOSS_I16, values + 1, 0, 3, block);
    assert_true(block[0] == 2.0 && block[2] == 2.0);
}

static void integers_of_every_dtype(void **state) {
    const int8_t i8[] = {0, INT8_MIN};
    const uint8_t u8[] = {0, UINT8_MAX};
    const int16_t i16[] = {0, INT16_MIN};
    const uint16_t u16[] = {0, UINT16_MAX};
    const int32_t i32[] = {0, -7};
    const uint32_t u32[] = {0, UINT32_MAX};
    const int64_t i64[] = {0, INT64_MIN};
    const uint64_t u64[] = {0, INT64_MAX};
    (void)state;
    assert_true(rankloss__load_integer(RANKLOSS_I8, i8, 1) == INT8_MIN);
    assert_true(rankloss__load_integer(RANKLOSS_U8, u8, 1) == UINT8_MAX);
    assert_true(rankloss__load_integer(RANKLOSS_I16, i16, 1) == INT16_MIN);
    assert_true(rankloss__load_integer(RANKLOSS_U16, u16, 1) == UINT16_MAX);
    assert_true(rankloss__load_integer(RANKLOSS_I32, i32, 1) == -7);
    assert_true(rankloss__load_integer(RANKLOSS_U32, u32, 1) == UINT32_MAX);
    assert_true(rankloss__load_integer(RANKLOSS_I64, i64, 1) == INT64_MIN);
    assert_true(rankloss__load_integer(RANKLOSS_U64, u64, 1) == INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_dtypes),
        cmocka_unit_test(every_half_is_read_right),
        cmocka_unit_test(every_half_is_written_as_itself),
        cmocka_unit_test(rounds_once_to_nearest_even),
        cmocka_unit_test(integers_are_rounded_once),
        cmocka_unit_test(booleans_count_as_one),
        cmocka_unit_test(strides_may_be_zero_and_negative),
        cmocka_unit_test(integers_of_every_dtype),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
