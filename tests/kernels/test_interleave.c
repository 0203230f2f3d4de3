/*
 * Lists to an interleaved block and back, with every kernel table: each element in its place, 0 where a list has ended,
 * and nothing read or written around rows and block.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guarded.h"
#include "kernel_tables.h"
#include "random.h"

enum { LANES = RANKLOSS__LANES, MOST_ROWS = 72, WIDEST = sizeof(double) };

/* Bytes serve as elements of each width: what is moved is not looked at. */
typedef struct problem {
    guarded rows[LANES], block; /* whose last elements are the last that can be touched */
    unsigned char *row[LANES];
    unsigned char *block_begin;
    size_t sizes[LANES], width;
    rankloss__extent extent;
} problem;

static void open_problem(problem *p) {
    for (int k = 0; k < LANES; k++)
        p->rows[k] = guarded_new(MOST_ROWS * WIDEST);
    p->block = guarded_new(LANES * MOST_ROWS * WIDEST);
}

static void close_problem(problem *p) {
    for (int k = 0; k < LANES; k++)
        guarded_free(&p->rows[k]);
    guarded_free(&p->block);
}

static void fill_randomly(unsigned char *bytes, size_t size, random_state *r) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)random_bits(r);
}

/* Sizes of their own, all alike, or all but one. */
static void fill(problem *p, random_state *r, size_t width) {
    const size_t most = (size_t)random_below(r, random_chance(r, 0.5) ? MOST_ROWS + 1 : 20);
    const int64_t kind = random_below(r, 3), other = random_below(r, LANES);
    p->width = width;
    p->extent = (rankloss__extent){SIZE_MAX, 0};
    for (int k = 0; k < LANES; k++) {
        const bool alike = kind == 0 || (kind == 1 && k != other);
        const size_t size = alike ? most : (size_t)random_below(r, (int64_t)most + 1);
        p->sizes[k] = size;
        p->extent.least = size < p->extent.least ? size : p->extent.least;
        p->extent.most = size > p->extent.most ? size : p->extent.most;
        p->row[k] = guarded_last(&p->rows[k], size * width);
        fill_randomly(p->rows[k].begin, p->rows[k].size, r);
    }
    const size_t squares = (p->extent.most + LANES - 1) / LANES;
    p->block_begin = guarded_last(&p->block, LANES * LANES * squares * width);
    fill_randomly(p->block.begin, p->block.size, r);
}

static void protect_rows(const problem *p, guarded_access access) {
    for (int k = 0; k < LANES; k++)
        guarded_protect(&p->rows[k], access);
}

static const unsigned char *element(const problem *p, size_t row, int k) {
    return p->block_begin + (LANES * row + (size_t)k) * p->width;
}

/* --- rows to a block --- */

static void check_block(const problem *p) {
    static const unsigned char zero[WIDEST] = {0};
    for (int k = 0; k < LANES; k++)
        for (size_t row = 0; row < p->extent.most; row++) {
            const unsigned char *expected = row < p->sizes[k] ? p->row[k] + row * p->width : zero;
            assert_memory_equal(element(p, row, k), expected, p->width);
        }
}

static void run_in(const rankloss__kernels *kernels, problem *p) {
    static unsigned char before[LANES * MOST_ROWS * WIDEST + 65536];
    const size_t ahead = (size_t)(p->block_begin - p->block.begin);
    const void *rows[LANES];
    assert_true(ahead <= sizeof before);
    memcpy(before, p->block.begin, ahead);
    for (int k = 0; k < LANES; k++)
        rows[k] = p->row[k];
    protect_rows(p, GUARDED_READ);
    kernels->interleave(rows, p->sizes, p->extent, (int64_t)p->width, p->block_begin);
    protect_rows(p, GUARDED_WRITE);
    check_block(p);
    assert_memory_equal(p->block.begin, before, ahead);
}

/* --- and back --- */

static void check_rows(const problem *p, unsigned char before[LANES][65536]) {
    for (int k = 0; k < LANES; k++) {
        assert_memory_equal(p->rows[k].begin, before[k], (size_t)(p->row[k] - p->rows[k].begin));
        for (size_t row = 0; row < p->sizes[k]; row++)
            assert_memory_equal(p->row[k] + row * p->width, element(p, row, k), p->width);
    }
}

static void run_out(const rankloss__kernels *kernels, problem *p) {
    static unsigned char before[LANES][65536];
    void *rows[LANES];
    for (int k = 0; k < LANES; k++) {
        assert_true(p->rows[k].size <= sizeof before[k]);
        memcpy(before[k], p->rows[k].begin, p->rows[k].size);
        rows[k] = p->row[k];
    }
    guarded_protect(&p->block, GUARDED_READ);
    kernels->deinterleave(p->block_begin, p->sizes, p->extent, (int64_t)p->width, rows);
    guarded_protect(&p->block, GUARDED_WRITE);
    check_rows(p, before);
}

/* --- the tests --- */

typedef void run_problem(const rankloss__kernels *kernels, problem *p);

/* With elements of `narrowest` bytes and more. */
static void for_each_table(run_problem *run, size_t narrowest, uint64_t stream) {
    static problem p;
    random_state r = random_new(random_run_seed(), stream);
    open_problem(&p);
    for (int t = 0; t < NUM_KERNEL_TABLES; t++)
        for (int round = 0; round < 2000 && kernel_table_runs(t); round++) {
            const size_t width = (size_t)1 << round / 2 % 4;
            fill(&p, &r, width < narrowest ? narrowest : width);
            run(kernel_tables[t].kernels[round % 2], &p);
        }
    close_problem(&p);
}

static void rows_become_a_block(void **state) {
    (void)state;
    kernel_tables_print();
    for_each_table(run_in, 1, 1);
}

static void a_block_becomes_rows(void **state) {
    (void)state;
    for_each_table(run_out, 2, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_become_a_block), cmocka_unit_test(a_block_becomes_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
