/*
 * Arrays for the tests: memory that lives as long as a pool, views of any layout on it, and their elements by row-major
 * number.
 */
#ifndef RANKLOSS_TESTS_VIEWS_H
#define RANKLOSS_TESTS_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rankloss/array.h>

#include "random.h"

#define POOL_BLOCKS 256

/** Memory that is given back all at once. Zero-initialise it. */
typedef struct pool {
    void *block[POOL_BLOCKS];
    int64_t bytes[POOL_BLOCKS];
    int count;
} pool;

/** A block of bytes from the pool, each holding 0xA5. Ends the program when there is no memory. */
void *pool_bytes(pool *p, int64_t bytes);

void pool_free(pool *p);

/** How the elements of a new view lie in memory. */
typedef enum layout {
    LAYOUT_ROW_MAJOR, /**< without gaps */
    LAYOUT_ANY        /**< axes in random order, with random gaps and directions, at a random distance from the start */
} layout;

/** A view of new elements. random may be NULL for LAYOUT_ROW_MAJOR. */
rankloss_array view_new(pool *p, int32_t dtype, int32_t ndim, const int64_t *shape, layout how, random_state *random);

/** view_new() for a row-major view with one extent. */
rankloss_array view_vector(pool *p, int32_t dtype, int64_t extent);

/** A new view like another one in dtype, shape, strides and elements. */
rankloss_array view_copy(pool *p, const rankloss_array *source);

/** A new row-major view of another one's elements, rounded to dtype. */
rankloss_array view_cast(pool *p, const rankloss_array *source, int32_t dtype);

bool view_is_absent(const rankloss_array *view);

int64_t view_count(const rankloss_array *view);

/** Where element i in row-major order lies behind data, in elements. */
int64_t view_place(const rankloss_array *view, int64_t i);

long double view_get(const rankloss_array *view, int64_t i);

void view_set(const rankloss_array *view, int64_t i, long double value);

void view_fill(const rankloss_array *view, long double value);

/** Sets the elements in row-major order. */
void view_assign(const rankloss_array *view, const double *values);

/** True where two views of one dtype and shape hold the same bits. */
bool view_same_bits(const rankloss_array *a, const rankloss_array *b);

/** True where the blocks of the pool hold 0xA5 in every byte outside the elements of the views. */
bool pool_untouched_outside(pool *p, const rankloss_array *const *views, int count);

#endif
