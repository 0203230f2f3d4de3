/*
 * 64 bits that stand for many: two runs print the same where all their bits are the same, and a damaged file has
 * another.
 */
#ifndef EXAMPLES_MPI_HASH_H
#define EXAMPLES_MPI_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "../letor/dataset.h"

/** Of what a hash stands for, which is nothing where it is 0, and a number behind it. */
uint64_t hash_number(uint64_t hash, uint64_t number);

/** And words of 64 bits, such as doubles. */
uint64_t hash_words(uint64_t hash, const void *words, size_t count);

/** And lists. */
uint64_t hash_lists(uint64_t hash, const struct dataset *lists);

#endif
