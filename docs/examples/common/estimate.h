/*
 * A mean over lists, and how far it is to be trusted: the standard error is about what it would differ by between other
 * samples of as many lists.
 */
#ifndef COMMON_ESTIMATE_H
#define COMMON_ESTIMATE_H

#include <stddef.h>

struct estimate {
    double mean;
    double standard_error;
};

/** Of the values that are not NAN; NAN itself where they are too few: a mean takes one, a standard error two. */
struct estimate estimate_of(const double *values, size_t count);

#endif
