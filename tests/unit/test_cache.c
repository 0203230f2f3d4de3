/*
 * src/cpu/cache.c: a size that a last cache can have, the same at each call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/cache.h"
#include "run.h"

static void is_the_size_of_a_cache(void **state) {
    const int64_t size = rankloss__cache_size();
    (void)state;
    assert_in_range(size, INT64_C(64) << 10, INT64_C(16) << 30);
    /* Caches have lines of 32 bytes at least. */
    assert_int_equal(size % 32, 0);
    assert_int_equal(rankloss__cache_size(), size);
}

static void four_arrays_fit_it(void **state) {
    const int64_t most = rankloss__cache_size() / 16;
    (void)state;
    assert_false(rankloss__exceeds_last_cache(most));
    assert_true(rankloss__exceeds_last_cache(most + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_size_of_a_cache), cmocka_unit_test(four_arrays_fit_it)};
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
