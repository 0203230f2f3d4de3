/*
 * A generated learning-to-rank set, so that the program has something to learn without a file.
 *
 * 5000 lists of 5 to 40 items. An item has features 1 to 20, each with a mean and a spread of its own. They come in
 * groups of five that are alike (correlation 0.8), as measures of the same thing are, and features 16 to 20 are absent
 * from three items in ten. An item's relevance is a hidden linear function of the features that are there, in standard
 * deviations, plus noise that no ranker can foresee, and is cut into the grades 0 to 4. The same seed gives the same
 * set everywhere.
 */
#ifndef COMMON_SYNTHETIC_H
#define COMMON_SYNTHETIC_H

#include <stdint.h>

#include "../letor/dataset.h"

#define SYNTHETIC_SEED 7

/** Appends the set to data, which is empty before. */
void synthetic_make(uint64_t seed, struct dataset *data);

#endif
