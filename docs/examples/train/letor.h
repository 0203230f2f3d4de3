/*
 * The reader of learning-to-rank files, in the form of LETOR, SVMlight and LightGBM. One item a line:
 *
 *     label qid:N index:value index:value ...   # comment
 *
 * label     a number from 0 to LETOR_MAX_LABEL: the relevance.
 * qid:N     the list that the item belongs to, an integer from 0. The items of a list stand together. Either every line
 *           has it or none has; without it, the file FILE.query gives the lengths of the lists, one a line (LightGBM).
 * index     an integer from 1 to LETOR_MAX_INDEX, in any order, each at most once in a line.
 * value     a number that a 32-bit float can hold. Whether an index that is not there means zero or a missing value,
 *           the file does not say; columns.h has an answer that serves both.
 *
 * Lines may have any length and end in LF or CR LF. Blank lines and comments alone are skipped. A last line without its
 * newline is refused, because nothing else tells a file that was cut short in the middle of a value from a whole one.
 */
#ifndef TRAIN_LETOR_H
#define TRAIN_LETOR_H

#include <stdbool.h>

#include "dataset.h"

/* NDCG gains are 2^label - 1; the sums of such gains stay exact far beyond any scale of judgements in use. */
#define LETOR_MAX_LABEL 31

/* Generous for feature indices, yet a damaged one such as 4294967295 does not become an array of that length. */
#define LETOR_MAX_INDEX 1000000

/** Appends the lists of the file to data, which is empty before. False, with the reason printed, if it is refused. */
bool letor_read(const char *path, struct dataset *data);

#endif
