/*
 * The reader of learning-to-rank files, in the form of LETOR, SVMlight, XGBoost and LightGBM. One item a line:
 *
 *     label qid:N index:value index:value ...   # comment
 *
 * label     a number of any sign: the relevance. Labels of one value, which the reader is told, say that nobody has
 *           judged the item; it then takes no part (where is false).
 * qid:N     the list that the item belongs to, an integer of 64 bits. The items of a list stand together. Either every
 *           line has it or none has; without it, FILE.query (as LightGBM has it) or FILE.group (XGBoost) gives the sizes
 *           of the lists, one a line.
 * index     an integer from 0 to LETOR_MAX_INDEX, in any order, each at most once in a line. Files count from 0 or from
 *           1; the column is the index as it stands.
 * value     a number. NaN, NULL and what is beyond a 32-bit float, such as the 1.79769313486e+308 of Istella, are a
 *           missing value: as if the index were not there. Whether that means zero, the file does not say.
 *
 * Lines may have any length and end in LF or CR LF. Blank lines and comments alone are skipped, and so is a byte order
 * mark. A last line without its newline is read with a warning: nothing else tells a file that was cut short in the
 * middle of a value from a whole one.
 */
#ifndef LETOR_LETOR_H
#define LETOR_LETOR_H

#include <math.h>
#include <stdbool.h>

#include "dataset.h"
#include "text.h"

/* Room for hashed features, yet a damaged index such as 4294967295 does not become an array of that length. */
#define LETOR_MAX_INDEX 16777215

struct letor_options {
    float ignored_label; /**< of items that nobody has judged; NAN: of none */
    float largest_label; /**< larger ones are refused, with the words in why */
    const char *why;
};

#define LETOR_ANY_LABEL {.ignored_label = NAN, .largest_label = INFINITY}

/**
 * Appends the lists of the file, or of standard input where path is "-", to data, which is empty before. False if it is
 * refused. What there is to say of it is added to the report, with file, line, reason and what to do.
 */
bool letor_read(const char *path, const struct letor_options *options, struct dataset *data, struct report *report);

/** As letor_read(), of an open text, with the sizes of the lists in another, should the lines have no qid. */
bool letor_read_texts(struct text *items, struct text *sizes, const struct letor_options *options,
                      struct dataset *data);

#endif
