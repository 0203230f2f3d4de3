/*
 * src/exact/log1p.h against long double.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "exact/log1p.h"
#include "random.h"
#include "run.h"

static double in_ulp(double got, long double exact) {
    const double near = (double)exact;
    const double ulp = nextafter(fabs(near), (double)INFINITY) - fabs(near);
    return (double)fabsl(((long double)got - exact) / (long double)ulp);
}

static void log1p_is_within_one_ulp(void **state) {
    random_state r = random_new(random_run_seed(), 1);
    double worst = 0.0, where = 0.0;
    (void)state;
    for (int i = 0; i < 2000000 / random_run_share(); i++) {
        const double x =
            i % 2 == 0 ? ldexp(1.0 + random_unit(&r), (int)random_below(&r, 100) - 60) : 3.0 * random_unit(&r);
        const double error = in_ulp(rankloss__log1p(x), log1pl((long double)x));
        if (error > worst) {
            worst = error;
            where = x;
        }
    }
    printf("log1p: largest error %.3f ULP, at %a\n", worst, where);
    assert_true(worst < 1.0);
    assert_true(rankloss__log1p(0.0) == 0.0 && rankloss__log1p(0x1p-1074) == 0x1p-1074);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log1p_is_within_one_ulp),
    };
    const int refused = run_refused_reference();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
