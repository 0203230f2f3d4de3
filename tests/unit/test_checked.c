/*
 * src/check/checked.h against the compiler's own arithmetic with overflow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "check/checked.h"
#include "random.h"
#include "run.h"

enum { UNTOUCHED = -7 };

static void compare(int64_t a, int64_t b) {
    int64_t expected, got = UNTOUCHED;
    bool fits = !__builtin_mul_overflow(a, b, &expected);
    assert_int_equal(rankloss__checked_mul(a, b, &got), fits);
    assert_int_equal(got, fits ? expected : UNTOUCHED);
    got = UNTOUCHED;
    fits = !__builtin_add_overflow(a, b, &expected);
    assert_int_equal(rankloss__checked_add(a, b, &got), fits);
    assert_int_equal(got, fits ? expected : UNTOUCHED);
}

/* Around 0, the ends of 31, 32 and 63 bits, the root of 2^63, and halves and thirds of the largest. */
static void at_the_ends(void **state) {
    static const int64_t near[] = {2, INT32_MAX, UINT32_MAX, 3037000499, INT64_MAX / 3, INT64_MAX / 2, INT64_MAX - 2};
    enum { COUNT = 5 * (int)(sizeof near / sizeof *near) };
    int64_t values[COUNT];
    (void)state;
    for (int i = 0; i < COUNT; i++)
        values[i] = near[i / 5] - (2 - i % 5);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++)
            compare(values[i], values[k]);
}

static void at_random(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    (void)state;
    for (int i = 0; i < 100000; i++)
        compare((int64_t)(random_bits(&r) >> (1 + random_below(&r, 63))),
                (int64_t)(random_bits(&r) >> (1 + random_below(&r, 63))));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(at_the_ends), cmocka_unit_test(at_random)};
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
