/*
 * The exponential and the logarithm of extended numbers, by series in double-double arithmetic. Slow: an item of a list in
 * extended precision, or a stretch of one, needs one of each.
 */
#include "exact/extended_functions.h"

#include <math.h>

#include "exact/fma.h"
#include "exact/log1p.h"

typedef rankloss__extended extended;

/* Products of finite inputs never bring an exponential below e^-100000 back into the range of a double. */
static const double FAR = -1e5;

static extended from(double x) {
    return rankloss__extended_from(x);
}

/* a as a double-double; its exponent must not be far from 0 */
static rankloss__dd dd_of(extended a) {
    const double scale = a.hi != 0.0 ? rankloss__power_of_two((int)a.exponent) : 1.0;
    return (rankloss__dd){a.hi * scale, a.lo * scale};
}

/* 1 / k! for k = 1 to 12, and for k = 13 to 22 */
enum { FACTORS = 12, SMALL_FACTORS = 10 };
static const rankloss__dd factors[FACTORS] = {{0x1p0, 0.0},
                                              {0x1p-1, 0.0},
                                              {0x1.5555555555555p-3, 0x1.5555555555555p-57},
                                              {0x1.5555555555555p-5, 0x1.5555555555555p-59},
                                              {0x1.1111111111111p-7, 0x1.1111111111111p-63},
                                              {0x1.6c16c16c16c17p-10, -0x1.f49f49f49f49fp-65},
                                              {0x1.a01a01a01a01ap-13, 0x1.a01a01a01a01ap-73},
                                              {0x1.a01a01a01a01ap-16, 0x1.a01a01a01a01ap-76},
                                              {0x1.71de3a556c734p-19, -0x1.c154f8ddc6cp-73},
                                              {0x1.27e4fb7789f5cp-22, 0x1.cbbc05b4fa99ap-76},
                                              {0x1.ae64567f544e4p-26, -0x1.c062e06d1f209p-80},
                                              {0x1.1eed8eff8d898p-29, -0x1.2aec959e14c06p-83}};
static const double small_factors[SMALL_FACTORS] = {
    0x1.6124613a86d09p-33, 0x1.93974a8c07c9dp-37, 0x1.ae7f3e733b81fp-41, 0x1.ae7f3e733b81fp-45, 0x1.952c77030ad4ap-49,
    0x1.6827863b97d97p-53, 0x1.2f49b46814157p-57, 0x1.e542ba4020225p-62, 0x1.71b8ef6dcf572p-66, 0x1.0ce396db7f853p-70};

/* exp(x) of a double-double x, to some 2^-98 for |x| <= 690, to 2^-90 for |x| <= 10^5 */
static extended exp_dd(rankloss__dd x) {
    const rankloss__dd ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}, one = {1.0, 0.0};
    const double to_integer = 0x1.8p52; /* there doubles are the integers */
    const rankloss__dd n = {to_integer - (x.hi * 0x1.71547652b82fep0 + to_integer), 0.0};
    const rankloss__dd r = rankloss__dd_add(x, rankloss__dd_mul(n, ln2));
    /* Taylor's series to r^22 / 22!: 2^-104 for |r| <= ln 2 / 2. From r^13 on, 2^-52 of it, a double is enough. */
    double tail = 0.0;
    for (int k = SMALL_FACTORS; k-- > 0;)
        tail = rankloss__fma(tail, r.hi, small_factors[k]);
    rankloss__dd p = {tail, 0.0};
    for (int k = FACTORS; k-- > 0;)
        p = rankloss__dd_add(factors[k], rankloss__dd_mul(p, r));
    p = rankloss__dd_add(one, rankloss__dd_mul(p, r));
    return rankloss__extended_make(p, -(int64_t)n.hi);
}

extended rankloss__extended_exp(extended x) {
    if (rankloss__extended_to_double(x) < FAR)
        return (extended){1.0, 0.0, -200000};
    return x.hi == 0.0 || x.exponent < -200 ? from(1.0) : exp_dd(dd_of(x));
}

extended rankloss__extended_log1p(extended x) {
    if (x.hi == 0.0 || rankloss__extended_is_special(x))
        return x;
    if (x.exponent < -30) { /* x - x^2 / 2 + x^3 / 3 */
        const extended square = rankloss__extended_mul(x, x);
        const extended third = rankloss__extended_div(x, from(3.0));
        return rankloss__extended_add(x, rankloss__extended_mul(square, rankloss__extended_sub(third, from(0.5))));
    }
    /* One step of Newton's method from the double nearest: y + ((1 + x) - e^y) / e^y */
    const double y = rankloss__log1p(rankloss__extended_to_double(x));
    const extended e = exp_dd((rankloss__dd){y, 0.0});
    const extended error = rankloss__extended_sub(rankloss__extended_add(from(1.0), x), e);
    return rankloss__extended_add(from(y), rankloss__extended_div(error, e));
}
