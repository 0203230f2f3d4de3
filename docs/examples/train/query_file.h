/*
 * The file of list lengths that LightGBM keeps beside a data file without qids: FILE.query, one length a line, in the
 * order of the lists. A length may be 0; together they are the number of items in FILE.
 */
#ifndef TRAIN_QUERY_FILE_H
#define TRAIN_QUERY_FILE_H

#include <stdbool.h>

#include "dataset.h"

/** Parts the items of data, read from data_path, into lists. False if that failed, with the reason printed. */
bool query_file_read(const char *data_path, struct dataset *data);

#endif
