/*
 * What an item of some label is worth at the first rank: in NDCG, and as the label of the loss where trees are grown.
 */
#ifndef COMMON_GAIN_H
#define COMMON_GAIN_H

#include <math.h>

enum gain {
    GAIN_EXP,   /**< 2^label - 1, for grades */
    GAIN_LINEAR /**< the label itself, for counts and the like */
};

/* Sums of such gains stay exact far beyond any scale of judgements in use. */
#define GAIN_EXP_LARGEST_LABEL 31.0F

static inline double gain_of(enum gain gain, float label) {
    return gain == GAIN_EXP ? exp2((double)label) - 1.0 : (double)label;
}

#endif
