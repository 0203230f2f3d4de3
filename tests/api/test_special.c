/*
 * The special cases of rankloss/softmax.h as a table: what each output of a list must be, in float32 and float64, for the
 * list alone, between two others of a dense or a ragged batch, and between two empty ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

#include "check.h"
#include "run.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define NOT ((double)NAN)
#define INF ((double)INFINITY)
#define V(...)         \
    (const double[]) { \
        __VA_ARGS__    \
    }
#define EXPECT(...) .expected = {__VA_ARGS__}

/*
 * A list of n items and what is expected of it, an output a string in the order of rankloss_result, an item a letter:
 *
 *     0  +0        z  a zero of either sign     n  NaN     +  -  an infinity of that sign     i  any infinity
 *     x  a finite number, the reference's       r  what the reference says
 *
 * Inputs that are NULL are absent; the tangent is 1, -2, 3 then. cotangent 0 stands for 1.
 */
typedef struct row {
    const char *name;
    int64_t n;
    const double *logits;
    const double *labels;
    const double *where;
    const double *weights;
    const double *bias;
    const double *tangent;
    double cotangent;
    double temperature;
    int32_t label_mode;
    const char *expected[OUTPUT_KINDS];
} row;

#define PLAIN V(1, 2, 0.5)
#define GRADED V(2, 1, 3)
#define ALL_ZERO EXPECT("0", "000", "000", "000", "000", "0", "000")
#define ALL_NAN EXPECT("n", "nnn", "nnn", "nnn", "nnn", "n", "nnn")
#define ONE_MASKED EXPECT("x", "x0x", "x0x", "x0x", "x0x", "x", "x0x")
#define ORDINARY EXPECT("x", "xxx", "xxx", "xxx", "xxx", "x", "xxx")
#define TO_ONE .label_mode = RANKLOSS_LABELS_SUM_TO_ONE
#define BY_SOFTMAX .label_mode = RANKLOSS_LABELS_SOFTMAX

static const row rows[] = {
    {"ordinary", 3, PLAIN, GRADED, ORDINARY},

    /* A masked item is never used, whatever any input holds there. */
    {"NaN logit masked", 3, V(1, NOT, 2), GRADED, V(1, 0, 1), ONE_MASKED},
    {"+inf logit masked", 3, V(1, INF, 2), GRADED, V(1, 0, 1), ONE_MASKED},
    {"-inf logit masked", 3, V(1, -INF, 2), GRADED, V(1, 0, 1), ONE_MASKED},
    {"largest logit masked", 3, V(1, 200, 2), GRADED, V(1, 0, 1), ONE_MASKED},
    {"NaN label masked", 3, PLAIN, V(2, NOT, 1), V(1, 0, 1), ONE_MASKED},
    {"inf label masked", 3, PLAIN, V(2, INF, 1), V(1, 0, 1), ONE_MASKED},
    {"NaN weight masked", 3, PLAIN, GRADED, V(1, 0, 1), .weights = V(1, NOT, 2), ONE_MASKED},
    {"inf weight masked", 3, PLAIN, GRADED, V(1, 0, 1), .weights = V(1, -INF, 2), ONE_MASKED},
    {"NaN bias masked", 3, PLAIN, GRADED, V(1, 0, 1), .bias = V(0, NOT, 1), ONE_MASKED},
    {"NaN tangent masked", 3, PLAIN, GRADED, V(1, 0, 1), .tangent = V(1, NOT, -2), ONE_MASKED},
    {"everything NaN masked", 3, V(1, NOT, 2), V(2, NOT, 1), V(1, 0, 1), V(1, NOT, 2), V(0, NOT, 1), V(1, NOT, -2),
     ONE_MASKED},
    {"masked, labels to one", 3, V(1, INF, 2), V(2, NOT, 1), V(1, 0, 1), V(1, INF, 2), TO_ONE, ONE_MASKED},
    {"masked, negative cotangent", 3, V(1, NOT, 2), GRADED, V(1, 0, 1), .cotangent = -2, ONE_MASKED},
    {"masked, NaN cotangent", 3, PLAIN, GRADED, V(1, 0, 1), .cotangent = NOT,
     EXPECT("x", "n0n", "n0n", "n0n", "n0n", "x", "n0n")},
    {"one item valid", 3, PLAIN, GRADED, V(0, 0, 1), ALL_ZERO},
    {"one item valid, negative", 3, PLAIN, V(1, 1, -3), V(0, 0, 1), .cotangent = -1, ALL_ZERO},
    {"a single item", 1, V(-7), V(2), EXPECT("0", "0", "0", "0", "0", "0", "0")},
    {"a single item, negative cotangent", 1, V(-7), V(2), .cotangent = -1, EXPECT("0", "z", "z", "z", "z", "0", "z")},
    {"a single negative label to one", 1, V(-7), V(-2), TO_ONE, EXPECT("0", "z", "z", "z", "z", "0", "z")},

    /* A list without a valid item. */
    {"all masked", 3, PLAIN, GRADED, V(0, 0, 0), ALL_ZERO},
    {"all masked, negative cotangent", 3, PLAIN, GRADED, V(0, 0, 0), .cotangent = -3, ALL_ZERO},
    {"all masked, NaN cotangent", 3, PLAIN, GRADED, V(0, 0, 0), .cotangent = NOT, ALL_ZERO},
    {"all masked, inf cotangent", 3, PLAIN, GRADED, V(0, 0, 0), .cotangent = INF, ALL_ZERO},
    {"all masked, everything NaN", 3, V(NOT, NOT, INF), V(NOT, NOT, NOT), V(0, 0, 0), V(NOT, INF, NOT),
     V(NOT, NOT, NOT), V(NOT, NOT, INF), NOT, ALL_ZERO},
    {"all masked, labels to one", 3, PLAIN, GRADED, V(0, 0, 0), TO_ONE, ALL_ZERO},
    {"no item", 0, V(0), V(0), EXPECT("0", "", "", "", "", "0", "")},
    {"no item, NaN cotangent", 0, V(0), V(0), .cotangent = NOT, EXPECT("0", "", "", "", "", "0", "")},

    /* The term of a zero coefficient is 0. */
    {"-inf logit, zero label", 3, V(-INF, 3, 1), V(0, 2, 1), EXPECT("x", "zxx", "+xx", "zxx", "zxx", "x", "zxx")},
    {"-inf logit, zero weight", 3, V(-INF, 3, 1), GRADED, .weights = V(0, 2, 1),
     EXPECT("x", "zxx", "zxx", "+xx", "zxx", "x", "zxx")},
    {"-inf logit, both zero", 3, V(-INF, 3, 1), V(0, 1, 2), .weights = V(0, 2, 1),
     EXPECT("x", "zxx", "zxx", "zxx", "zxx", "x", "zxx")},
    {"-inf logit, label", 3, V(3, -INF, 1), GRADED, EXPECT("+", "xxx", "x+x", "x+x", "xzx", "x", "xzx")},
    {"-inf logit, negative label", 3, V(3, -INF, 1), V(2, -1, 1), EXPECT("-", "xxx", "x+x", "x-x", "xzx", "x", "xzx")},
    {"two -inf logits, both signs", 3, V(-INF, -INF, 1), V(2, -1, 1),
     EXPECT("n", "xxx", "++x", "+-x", "zzx", "x", "zzx")},
    {"-inf by the bias", 3, PLAIN, V(0, 2, 1), .bias = V(-INF, 0, 1),
     EXPECT("x", "zxx", "+xx", "zxx", "zxx", "x", "zxx")},
    {"one finite logit", 3, V(-INF, 5, -INF), V(0, 2, 0), EXPECT("0", "zzz", "+0+", "z0z", "zzz", "z", "zzz")},
    {"zero labels", 3, PLAIN, V(0, 0, 0), EXPECT("0", "000", "xxx", "000", "000", "0", "000")},
    {"zero labels, negative cotangent", 3, PLAIN, V(0, 0, 0), .cotangent = -1,
     EXPECT("0", "000", "xxx", "000", "000", "0", "000")},
    {"negative zero labels", 3, PLAIN, V(-0.0, 0, -0.0), EXPECT("0", "000", "xxx", "000", "000", "0", "000")},
    {"zero weights", 3, PLAIN, GRADED, .weights = V(0, 0, 0), EXPECT("0", "000", "000", "xxx", "000", "0", "000")},
    {"zero weights, negative labels", 3, PLAIN, V(-1, -2, -3), .weights = V(0, 0, -0.0), .cotangent = -1,
     EXPECT("0", "000", "000", "xxx", "000", "0", "000")},
    {"zero labels beside zero weights", 3, PLAIN, V(0, 1, 0), .weights = V(1, 0, -1),
     EXPECT("0", "000", "x0x", "0x0", "000", "0", "000")},
    {"zero labels, -inf logits", 3, V(-INF, 1, -INF), V(0, 0, 0), EXPECT("0", "000", "+0+", "000", "000", "0", "000")},

    /* No softmax: a valid logit that is NaN or +inf, or all of them -inf. */
    {"NaN logit", 3, V(1, NOT, 2), GRADED, ALL_NAN},
    {"NaN logit first", 3, V(NOT, 1, 2), GRADED, ALL_NAN},
    {"+inf logit", 3, V(1, INF, 2), GRADED, ALL_NAN},
    {"two +inf logits", 3, V(INF, 0, INF), GRADED, ALL_NAN},
    {"+inf and NaN logits", 3, V(INF, NOT, 0), GRADED, ALL_NAN},
    {"all logits -inf", 3, V(-INF, -INF, -INF), GRADED, ALL_NAN},
    {"a single -inf logit", 1, V(-INF), V(1), EXPECT("n", "n", "n", "n", "n", "n", "n")},
    {"a single +inf logit", 1, V(INF), V(1), EXPECT("n", "n", "n", "n", "n", "n", "n")},
    {"NaN logit, zero labels", 3, V(1, NOT, 2), V(0, 0, 0), ALL_NAN},
    {"all logits -inf, zero labels", 3, V(-INF, -INF, -INF), V(0, 0, 0), ALL_NAN},
    {"+inf logit, zero weights", 3, V(1, INF, 2), GRADED, .weights = V(0, 0, 0), ALL_NAN},
    {"NaN logit, NaN tangent", 3, V(1, NOT, 2), GRADED, .tangent = V(NOT, 0, 0), ALL_NAN},
    {"NaN logit, labels to one", 3, V(1, NOT, 2), GRADED, TO_ONE, ALL_NAN},
    {"NaN logit, zero labels to one", 3, V(1, NOT, 2), V(0, 0, 0), TO_ONE, ALL_NAN},
    {"NaN bias", 3, PLAIN, GRADED, .bias = V(0, NOT, 0), ALL_NAN},
    {"+inf bias", 3, PLAIN, GRADED, .bias = V(0, INF, 0), ALL_NAN},
    {"+inf bias on a -inf logit", 3, V(1, -INF, 2), GRADED, .bias = V(0, INF, 0), ALL_NAN},
    {"all -inf by logits and biases", 3, V(-INF, 1, 2), GRADED, .bias = V(0, -INF, -INF), ALL_NAN},
    {"+inf logit, large temperature", 3, V(1, INF, 2), GRADED, .temperature = 1e300, ALL_NAN},
    {"NaN logit, zero label, -inf logit", 3, V(NOT, 1, -INF), V(0, 2, 0), ALL_NAN},
    {"NaN logit, zero weight, -inf logit", 3, V(-INF, 1, NOT), GRADED, .weights = V(0, 1, 0), ALL_NAN},
    {"NaN logit, zero label, far logit", 3, V(1, NOT, -1000), V(2, 0, 1), ALL_NAN},
    {"NaN logit, zero labels, far logit", 3, V(-1e30, 1, NOT), V(0, 0, 0), ALL_NAN},
    {"the finite logit masked", 3, V(-INF, 0, -INF), GRADED, V(1, 0, 1),
     EXPECT("n", "n0n", "n0n", "n0n", "n0n", "n", "n0n")},
    {"NaN logit, another masked", 3, V(NOT, 0, 1), GRADED, V(1, 0, 1),
     EXPECT("n", "n0n", "n0n", "n0n", "n0n", "n", "n0n")},

    /* NaN and infinite labels, weights and cotangents follow IEEE arithmetic. */
    {"NaN label", 3, PLAIN, V(2, NOT, 1), EXPECT("n", "nnn", "xxx", "xnx", "nnn", "n", "nnn")},
    {"inf label", 3, PLAIN, V(2, INF, 1), EXPECT("+", "+n+", "xxx", "x+x", "+++", "n", "iii")},
    {"-inf label", 3, PLAIN, V(2, -INF, 1), EXPECT("-", "-n-", "xxx", "x-x", "---", "n", "iii")},
    {"inf labels of both signs", 3, PLAIN, V(-INF, INF, 1), EXPECT("n", "nnn", "xxx", "-+x", "nnn", "n", "nnn")},
    {"NaN weight", 3, PLAIN, GRADED, .weights = V(1, NOT, 1), EXPECT("n", "nnn", "xnx", "xxx", "nnn", "n", "nnn")},
    {"inf weight", 3, PLAIN, GRADED, .weights = V(1, INF, 1), EXPECT("+", "+n+", "x+x", "xxx", "+++", "n", "iii")},
    {"inf weight, zero label", 3, PLAIN, V(1, 0, 1), .weights = V(1, INF, 1),
     EXPECT("n", "nnn", "x+x", "x0x", "nnn", "n", "nnn")},
    {"inf label at a -inf logit", 3, V(1, -INF, 0), V(1, INF, 2), EXPECT("+", "+nr", "x+x", "x+x", "+n+", "n", "ini")},
    {"NaN cotangent", 3, PLAIN, GRADED, .cotangent = NOT, EXPECT("x", "nnn", "nnn", "nnn", "nnn", "x", "nnn")},
    {"inf cotangent", 3, PLAIN, GRADED, .cotangent = INF, EXPECT("x", "iii", "+++", "+++", "+++", "x", "iii")},
    {"-inf cotangent", 3, PLAIN, GRADED, .cotangent = -INF, EXPECT("x", "iii", "---", "---", "---", "x", "iii")},
    {"NaN label to one", 3, PLAIN, V(2, NOT, 1), TO_ONE, EXPECT("n", "nnn", "nnn", "nnn", "nnn", "n", "nnn")},
    {"inf label to one", 3, PLAIN, V(2, INF, 1), TO_ONE, EXPECT("n", "nnn", "nnn", "nnn", "nnn", "n", "nnn")},

    /* Labels that sum to one. */
    {"labels to one", 3, PLAIN, GRADED, TO_ONE, ORDINARY},
    {"zero labels to one", 3, PLAIN, V(0, 0, 0), TO_ONE, EXPECT("x", "xxx", "000", "000", "xxx", "x", "xxx")},
    {"zero weights to one", 3, PLAIN, GRADED, .weights = V(0, 0, 0), TO_ONE,
     EXPECT("x", "xxx", "000", "000", "xxx", "x", "xxx")},
    {"labels to one, sum 0", 3, PLAIN, V(1, -1, 0), TO_ONE, EXPECT("x", "xxx", "000", "000", "xxx", "x", "xxx")},
    {"labels to one, little left", 3, PLAIN, V(1, 0x1p-60, -1), TO_ONE, ORDINARY},
    {"labels to one, little left beside the top", 3, PLAIN, V(0x1p-60, 1, -1), TO_ONE, ORDINARY},
    {"labels to one, less left by weights", 3, PLAIN, V(1, -1, 0x1p-40), .weights = V(0x1p40, 0x1p40, 0x1p-40), TO_ONE,
     EXPECT("x", "xxx", "rrr", "rrr", "xxx", "x", "xxx")},
    {"labels to one, next to nothing left", 3, PLAIN, V(3e38, 1e-30, -3e38), TO_ONE,
     EXPECT("r", "rrr", "rrr", "rrr", "xxx", "r", "xxx")},
    {"labels to one, masked sum 0", 3, PLAIN, V(0, 5, 0), V(1, 0, 1), TO_ONE,
     EXPECT("x", "x0x", "000", "000", "x0x", "x", "x0x")},
    {"labels to one, -inf logit", 3, V(-INF, 3, 1), V(0, 2, 1), TO_ONE,
     EXPECT("x", "zxx", "+xx", "zxx", "zxx", "x", "zxx")},
    {"labels to one, sum 0, -inf logit", 3, V(-INF, 3, 1), V(0, 0, 0), TO_ONE,
     EXPECT("+", "xxx", "000", "000", "zxx", "x", "zxx")},

    /* The softmax of labels. */
    {"softmax of labels", 3, PLAIN, GRADED, BY_SOFTMAX, ORDINARY},
    {"softmax of labels, weighted", 3, PLAIN, GRADED, .weights = V(1, -2, 0.5), BY_SOFTMAX, ORDINARY},
    {"softmax of labels, one masked", 3, V(1, INF, 2), V(2, NOT, 1), V(1, 0, 1), V(1, INF, 2), BY_SOFTMAX, ONE_MASKED},
    {"softmax of labels, +inf masked", 3, PLAIN, V(2, INF, -1), V(1, 0, 1), BY_SOFTMAX, ONE_MASKED},
    {"softmax of labels, the largest masked", 3, PLAIN, V(2, 800, -1), V(1, 0, 1), BY_SOFTMAX, ONE_MASKED},
    {"softmax of labels, all masked", 3, PLAIN, V(NOT, INF, -INF), V(0, 0, 0), BY_SOFTMAX, ALL_ZERO},
    {"softmax of labels, one item valid", 3, PLAIN, V(NOT, -3, 1), V(0, 1, 0), BY_SOFTMAX,
     EXPECT("0", "000", "0z0", "0z0", "000", "0", "0z0")},
    {"softmax of one label", 1, V(-7), V(-1e30), BY_SOFTMAX, EXPECT("0", "0", "z", "z", "0", "0", "0")},
    {"softmax of no label", 0, V(0), V(0), BY_SOFTMAX, EXPECT("0", "", "", "", "", "0", "")},
    {"-inf label by softmax", 3, PLAIN, V(2, -INF, 1), BY_SOFTMAX, EXPECT("x", "xxx", "xzx", "xzx", "xxx", "x", "xxx")},
    {"-inf label by softmax at a -inf logit", 3, V(3, -INF, 1), V(2, -INF, 1), BY_SOFTMAX,
     EXPECT("x", "xzx", "xzx", "xzx", "xzx", "x", "xzx")},
    {"one finite label by softmax", 3, PLAIN, V(-INF, -5, -INF), BY_SOFTMAX,
     EXPECT("x", "xxx", "zzz", "zxz", "xxx", "x", "xxx")},
    {"one finite label by softmax, at the one finite logit", 3, V(-INF, 1, -INF), V(-INF, -5, -INF), BY_SOFTMAX,
     EXPECT("0", "zzz", "zzz", "zzz", "zzz", "z", "zzz")},
    {"label by softmax at a -inf logit", 3, V(3, -INF, 1), GRADED, BY_SOFTMAX,
     EXPECT("+", "xxx", "-n-", "x+x", "xzx", "x", "xzx")},
    {"far label by softmax at a -inf logit", 3, V(3, -INF, 1), V(2, -1e6, 1), BY_SOFTMAX,
     EXPECT("+", "xzx", "-n-", "x+x", "xzx", "x", "xzx")},
    {"zero weight by softmax at a -inf logit", 3, V(3, -INF, 1), GRADED, .weights = V(1, 0, 2), BY_SOFTMAX,
     EXPECT("x", "xzx", "xxx", "x+x", "xzx", "x", "xzx")},
    {"zero weights by softmax", 3, PLAIN, GRADED, .weights = V(0, 0, 0), BY_SOFTMAX,
     EXPECT("0", "000", "000", "xxx", "000", "0", "000")},
    {"zero labels by softmax", 3, PLAIN, V(0, 0, 0), BY_SOFTMAX, ORDINARY},
    {"weights that cancel by softmax", 3, PLAIN, V(1, 1, -INF), .weights = V(1, -1, 3), BY_SOFTMAX,
     EXPECT("x", "xxx", "xxz", "xxz", "zzz", "x", "zzz")},
    {"NaN label by softmax", 3, PLAIN, V(2, NOT, 1), BY_SOFTMAX, ALL_NAN},
    {"+inf label by softmax", 3, PLAIN, V(2, INF, 1), BY_SOFTMAX, ALL_NAN},
    {"+inf and -inf labels by softmax", 3, PLAIN, V(-INF, INF, -INF), BY_SOFTMAX, ALL_NAN},
    {"NaN label by softmax, zero weights", 3, PLAIN, V(2, NOT, 1), .weights = V(0, 0, 0), BY_SOFTMAX, ALL_NAN},
    {"+inf label by softmax, its weight zero", 3, PLAIN, V(2, INF, 1), .weights = V(1, 0, 1), BY_SOFTMAX, ALL_NAN},
    {"all labels -inf by softmax", 3, PLAIN, V(-INF, -INF, -INF), BY_SOFTMAX, ALL_NAN},
    {"all valid labels -inf by softmax", 3, PLAIN, V(-INF, 1, -INF), V(1, 0, 1), BY_SOFTMAX,
     EXPECT("n", "n0n", "n0n", "n0n", "n0n", "n", "n0n")},
    {"one -inf label by softmax", 1, V(1), V(-INF), BY_SOFTMAX, EXPECT("n", "n", "n", "n", "n", "n", "n")},
    {"NaN logit, softmax of labels", 3, V(1, NOT, 2), GRADED, BY_SOFTMAX, ALL_NAN},
    {"+inf logit, -inf label by softmax", 3, V(1, INF, 2), V(1, -INF, 2), BY_SOFTMAX, ALL_NAN},
    {"NaN weight by softmax", 3, PLAIN, GRADED, .weights = V(1, NOT, 1), BY_SOFTMAX,
     EXPECT("n", "nnn", "nnn", "xxx", "nnn", "n", "nnn")},
    {"inf weight by softmax", 3, PLAIN, GRADED, .weights = V(1, INF, 1), BY_SOFTMAX,
     EXPECT("+", "+n+", "-n-", "xxx", "+++", "n", "iii")},
    {"inf weight at a -inf label by softmax", 3, PLAIN, V(2, -INF, 1), .weights = V(1, INF, 1), BY_SOFTMAX,
     EXPECT("n", "nnn", "nzn", "xzx", "nnn", "n", "nnn")},
    {"largest span of labels by softmax", 3, PLAIN, V(3e38, -3e38, 0), BY_SOFTMAX,
     EXPECT("x", "xxx", "xxx", "xxx", "xxx", "x", "xxx")},
    {"labels of 1e9 by softmax", 3, PLAIN, V(1e9, 1e9 - 64, 1e9 + 64), BY_SOFTMAX, ORDINARY},
    {"subnormal labels by softmax", 3, PLAIN, V(0x1p-149, 0, 0x1p-148), BY_SOFTMAX, ORDINARY},

    /* Huge, tiny and subnormal numbers. */
    {"largest span of float32", 3, V(3e38, -3e38, 0), V(0, 1, 0), EXPECT("r", "xxx", "zrx", "zrz", "rrr", "r", "rrr")},
    {"scores beyond float32's range", 3, V(3e38, -3e38, 2e38), GRADED, .weights = V(1e-30, 1e-30, 1e-30),
     .temperature = 1e-10, EXPECT("x", "rrr", "xxx", "rrr", "rrr", "r", "rrr")},
    {"scores beyond float64's range", 3, V(3e38, -3e38, 2e38), V(1, 0, 0), .temperature = 1e-300,
     EXPECT("z", "zzz", "z++", "zzz", "zzz", "z", "zzz")},
    {"tiny scores", 3, V(1e-38, -1e-38, 0), GRADED, .temperature = 1e300, ORDINARY},
    {"a bias that cancels the logits", 3, V(1e5, 2e5, -1e5), GRADED, .bias = V(-1e7 + 1, -2e7, 1e7),
     .temperature = 0.01, ORDINARY},
    {"subnormal labels", 3, PLAIN, V(0x1p-149, 0, 0x1p-148), EXPECT("x", "xxx", "xxx", "xzx", "xxx", "x", "xxx")},
    {"subnormal logits", 3, V(0x1p-149, 0, 0x1p-148), GRADED, ORDINARY},
    {"labels that cancel", 3, PLAIN, V(1, -3, 2), EXPECT("x", "xxx", "xxx", "xxx", "zzz", "x", "zzz")},
    {"huge labels, tiny weights", 3, PLAIN, V(1e38, 2e38, 3e38), .weights = V(1e-38, 1e-38, 1e-38),
     EXPECT("x", "xxx", "xxx", "rrr", "xxx", "x", "xxx")},
    {"huge labels that cancel", 3, PLAIN, V(3e38, 3e38, -3e38), EXPECT("r", "rrr", "xxx", "rrr", "rrr", "r", "rrr")},
    {"huge labels to one", 3, PLAIN, V(3e38, 3e38, 3e38), TO_ONE, EXPECT("x", "xxx", "xxx", "xxx", "xxx", "x", "xxx")},
};

static bool is_as_expected(char letter, double got) {
    switch (letter) {
    case '0':
        return got == 0 && !signbit(got);
    case 'z':
        return got == 0;
    case 'n':
        return isnan(got);
    case '+':
        return isinf(got) && got > 0;
    case '-':
        return isinf(got) && got < 0;
    case 'i':
        return isinf(got);
    case 'x':
        return isfinite(got);
    default:
        return letter == 'r';
    }
}

/* The list of a row, or an ordinary one of n items. */
static void put_list(const rankloss_problem *p, int64_t k, int64_t first, int64_t n, const row *special) {
    static const double tangent[] = {1, -2, 3, -1};
    static const double logits[] = {1, 0.25, 2, -1};
    for (int64_t i = 0; i < n; i++) {
        const bool s = special != NULL;
        const double one = 1;
        const double where = s && special->where ? special->where[i] : one;
        view_set(&p->logits, first + i, (long double)(s ? special->logits[i] : logits[i]));
        view_set(&p->labels, first + i, (long double)(s ? special->labels[i] : (double)i + 1));
        view_set(&p->where, first + i, (long double)where);
        view_set(&p->weights, first + i, (long double)(s && special->weights ? special->weights[i] : one));
        view_set(&p->bias, first + i, (long double)(s && special->bias ? special->bias[i] : 0));
        view_set(&p->tangent, first + i, (long double)(s && special->tangent ? special->tangent[i] : tangent[i]));
    }
    view_set(&p->cotangent, k, (long double)(special && special->cotangent != 0 ? special->cotangent : 1));
}

typedef enum placing { ALONE, IN_DENSE_BATCH, IN_RAGGED_BATCH, AMONG_EMPTY_LISTS, PLACINGS } placing;

/* How many items stand before the row's list, which has n. */
static int64_t items_before(placing how, int64_t n) {
    const int64_t before[] = {0, n, 2, 0};
    return before[how];
}

static int64_t items_behind(placing how, int64_t n) {
    const int64_t behind[] = {0, n, 4, 0};
    return behind[how];
}

/* Three lists, the row's in the middle, or it alone. With `plain` an ordinary list stands in its place. */
static rankloss_problem make_problem(pool *p, const row *special, int32_t dtype, placing how, bool plain) {
    const int64_t n = special->n;
    const int64_t lists = how == ALONE ? 1 : 3;
    const bool ragged = how == IN_RAGGED_BATCH || how == AMONG_EMPTY_LISTS;
    const int64_t first = items_before(how, n);
    const int64_t starts[] = {0, first, first + n, first + n + items_behind(how, n)};
    const int64_t *const ends = how == ALONE ? starts + 1 : starts;
    const int64_t shape[] = {ragged ? ends[3] : lists, n};
    rankloss_problem problem = {.reduction = RANKLOSS_NONE,
                                .label_mode = special->label_mode,
                                .temperature = special->temperature,
                                .num_threads = 1};
    rankloss_array *const full[] = {&problem.logits, &problem.labels, &problem.weights, &problem.bias,
                                    &problem.tangent};
    for (size_t k = 0; k < LENGTH(full); k++) {
        *full[k] = view_new(p, dtype, ragged ? 1 : 2, shape, LAYOUT_ROW_MAJOR, NULL);
    }
    problem.where = view_new(p, RANKLOSS_BOOL, ragged ? 1 : 2, shape, LAYOUT_ROW_MAJOR, NULL);
    problem.cotangent = view_vector(p, dtype, lists);
    if (ragged) {
        problem.offsets = view_vector(p, RANKLOSS_I64, 4);
    }
    for (int64_t k = 0; k < 4 && ragged; k++) {
        view_set(&problem.offsets, k, (long double)ends[k]);
    }
    for (int64_t k = 0; k < lists; k++) {
        const bool middle = k == lists / 2;
        put_list(&problem, k, ends[k], ends[k + 1] - ends[k], middle && !plain ? special : NULL);
    }
    problem.where = special->where || how != ALONE ? problem.where : (rankloss_array){.data = NULL};
    problem.weights = special->weights ? problem.weights : (rankloss_array){.data = NULL};
    problem.bias = special->bias ? problem.bias : (rankloss_array){.data = NULL};
    return problem;
}

static void expect_row(const row *special, rankloss_result *result, placing how, const char *label) {
    const int64_t first = items_before(how, special->n);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
        const char *letters = special->expected[kind];
        const rankloss_array *view = output_of(result, (output_kind)kind);
        assert_int_equal(strlen(letters), per_list ? 1 : special->n);
        for (int64_t i = 0; letters[i]; i++) {
            const double got = (double)view_get(view, per_list ? how != ALONE : first + i);
            if (!is_as_expected(letters[i], got)) {
                fail_msg("%s: %s[%lld] is %g, expected '%c'", label, output_name((output_kind)kind), (long long)i, got,
                         letters[i]);
            }
        }
    }
}

/* The lists on both sides have the bits that they have beside an ordinary list. */
static void expect_neighbours(const row *special, rankloss_result *result, rankloss_result *plain, placing how,
                              const char *label) {
    const int64_t begin = items_before(how, special->n);
    for (int kind = 0; kind < OUTPUT_KINDS; kind++) {
        const bool per_list = kind == OUTPUT_LOSS || kind == OUTPUT_JVP;
        const rankloss_array *view = output_of(result, (output_kind)kind);
        const rankloss_array *other = output_of(plain, (output_kind)kind);
        for (int64_t i = 0; i < view_count(view); i++) {
            const bool inside = per_list ? i == 1 : i >= begin && i < begin + special->n;
            if (!inside && !(view_get(view, i) == view_get(other, i))) {
                fail_msg("%s: %s[%lld] of another list is touched", label, output_name((output_kind)kind),
                         (long long)i);
            }
        }
    }
}

static void try_row(const row *special, int32_t dtype, placing how) {
    static const char *const place[] = {"alone", "in a dense batch", "in a ragged batch", "among empty lists"};
    pool p = {.count = 0};
    char label[128];
    snprintf(label, sizeof label, "%s, %s %s", special->name, dtype == RANKLOSS_F32 ? "f32" : "f64", place[how]);
    const rankloss_problem problem = make_problem(&p, special, dtype, how, false);
    const rankloss_problem ordinary = make_problem(&p, special, dtype, how, true);
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    rankloss_result plain = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    if (reference_is_precise()) {
        check_against_reference(&problem, &result, label);
    } else {
        check_run(&problem, &result, label);
    }
    expect_row(special, &result, how, label);
    if (how != ALONE) {
        check_run(&ordinary, &plain, label);
        expect_neighbours(special, &result, &plain, how, label);
    }
    pool_free(&p);
}

static void rows_of_the_table(void **state) {
    (void)state;
    for (size_t k = 0; k < LENGTH(rows); k++) {
        for (int how = 0; how < PLACINGS; how++) {
            try_row(&rows[k], RANKLOSS_F32, (placing)how);
            try_row(&rows[k], RANKLOSS_F64, (placing)how);
        }
    }
}

/*
 * Lists by letter (v an ordinary one, w another, e empty by the mask, n NaN, z NaN beside zero labels, p loss +inf, m
 * loss -inf), what the mean and the sum of their losses must be ('a': as without the empty lists), and the jvp.
 */
static const struct {
    const char *lists;
    char mean;
    char sum;
    char jvp;
} batches[] = {
    {"", '0', '0', '0'},   {"e", '0', '0', '0'},   {"eee", '0', '0', '0'},  {"v", 'x', 'x', 'x'},
    {"ve", 'a', 'a', 'a'}, {"eve", 'a', 'a', 'a'}, {"vewe", 'a', 'a', 'a'}, {"vn", 'n', 'n', 'n'},
    {"ne", 'n', 'n', 'n'}, {"vp", '+', '+', 'x'},  {"vm", '-', '-', 'x'},   {"pm", 'n', 'n', 'x'},
    {"pp", '+', '+', 'x'}, {"mem", '-', '-', 'x'}, {"pvm", 'n', 'n', 'x'},  {"pn", 'n', 'n', 'n'},
    {"zp", 'n', 'n', 'n'},
};

static const row kinds[] = {
    {.name = "v", .logits = V(1, 2, 0.5), .labels = V(2, 1, 3)},
    {.name = "w", .logits = V(0, -3, 2.5), .labels = V(0, 1, 2)},
    {.name = "e", .logits = V(NOT, INF, 1), .labels = V(1, NOT, 1), .where = V(0, 0, 0), .cotangent = NOT},
    {.name = "n", .logits = V(NOT, 0, 1), .labels = V(1, 1, 1)},
    {.name = "z", .logits = V(0, NOT, 1), .labels = V(0, 0, 0)},
    {.name = "p", .logits = V(-INF, 0, 1), .labels = V(1, 1, 1)},
    {.name = "m", .logits = V(-INF, 0, 1), .labels = V(-1, 1, 1)},
};

static void put_letter(const rankloss_problem *p, int64_t k, char letter) {
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        if (kinds[i].name[0] == letter) {
            put_list(p, k, 3 * k, 3, &kinds[i]);
        }
    }
}

static void reduce_batch(const char *letters, int32_t dtype, int32_t reduction, double *loss, double *jvp) {
    pool p = {.count = 0};
    const int64_t shape[] = {(int64_t)strlen(letters), 3};
    rankloss_problem problem = {.reduction = reduction};
    rankloss_array *const full[] = {&problem.logits, &problem.labels, &problem.weights, &problem.bias,
                                    &problem.tangent};
    for (size_t k = 0; k < LENGTH(full); k++) {
        *full[k] = view_new(&p, dtype, 2, shape, LAYOUT_ROW_MAJOR, NULL);
    }
    problem.where = view_new(&p, RANKLOSS_BOOL, 2, shape, LAYOUT_ROW_MAJOR, NULL);
    problem.cotangent = view_vector(&p, dtype, shape[0] + 1);
    for (int64_t k = 0; letters[k]; k++) {
        put_letter(&problem, k, letters[k]);
    }
    problem.cotangent = (rankloss_array){.data = NULL};
    rankloss_result result = make_plain_outputs(&p, &problem, OUTPUTS_ALL);
    if (reference_is_precise()) {
        check_against_reference(&problem, &result, letters);
    } else {
        check_run(&problem, &result, letters);
    }
    *loss = (double)view_get(&result.loss, 0);
    *jvp = (double)view_get(&result.jvp, 0);
    pool_free(&p);
}

static void expect_reduced(const char *letters, char letter, double got, double without_empty) {
    const bool right = letter == 'a' ? got == without_empty : is_as_expected(letter, got);
    if (!right) {
        fail_msg("lists \"%s\": %g, expected '%c'", letters, got, letter);
    }
}

static void reductions_of_special_lists(void **state) {
    (void)state;
    for (size_t b = 0; b < LENGTH(batches); b++) {
        const char *letters = batches[b].lists;
        char without[8];
        size_t kept = 0;
        for (const char *at = letters; *at; at++) {
            without[kept] = *at;
            kept += *at != 'e';
        }
        without[kept] = '\0';
        for (int32_t dtype = RANKLOSS_F32; dtype <= RANKLOSS_F64; dtype++) {
            for (int32_t reduction = RANKLOSS_MEAN; reduction <= RANKLOSS_SUM; reduction++) {
                double loss, jvp, loss_without, jvp_without;
                reduce_batch(letters, dtype, reduction, &loss, &jvp);
                reduce_batch(without, dtype, reduction, &loss_without, &jvp_without);
                expect_reduced(letters, reduction == RANKLOSS_MEAN ? batches[b].mean : batches[b].sum, loss,
                               loss_without);
                expect_reduced(letters, batches[b].jvp, jvp, jvp_without);
            }
        }
    }
}

/* --- lists without items, and no mask anywhere --- */

/* Two lists with a coefficient each, of log 2 and of log 3, among empty ones. */
static void the_mean_leaves_out_empty_lists(void **state) {
    (void)state;
    const double logits[5] = {0}, labels[5] = {1, 0, 0, 1, 0};
    const int64_t offsets[] = {0, 0, 2, 2, 2, 5, 5}, all_empty[] = {0, 0, 0};
    double loss = 0;
    rankloss_problem problem = {.logits = RANKLOSS_ARRAY(logits, 5),
                                .labels = RANKLOSS_ARRAY(labels, 5),
                                .offsets = RANKLOSS_ARRAY(offsets, 7)};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1)};
    check_run(&problem, &result, "ragged lists");
    assert_true(fabs(loss - 0.5 * log(6.0)) < 1e-15);

    problem.logits = problem.labels = RANKLOSS_ARRAY(logits, 0);
    problem.offsets = RANKLOSS_ARRAY(all_empty, 3);
    check_run(&problem, &result, "ragged lists, all empty");
    assert_true(loss == 0 && !signbit(loss));

    loss = 1;
    problem.logits = problem.labels = RANKLOSS_ARRAY(logits, 4, 0);
    problem.offsets = (rankloss_array){.data = NULL};
    check_run(&problem, &result, "a dense batch of empty lists");
    assert_true(loss == 0 && !signbit(loss));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_the_table),
        cmocka_unit_test(reductions_of_special_lists),
        cmocka_unit_test(the_mean_leaves_out_empty_lists),
    };
    const int refused = run_refused();
    return refused ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
