/*
 * Files as training wants them: read, with everything there is to say on stderr, and with labels that say how good an
 * item is.
 */
#ifndef COMMON_LOAD_H
#define COMMON_LOAD_H

#include <stdbool.h>

#include "../letor/dataset.h"
#include "gain.h"

enum { EXIT_BAD_INPUT = 2 };

/**
 * Appends the lists of a file to data, which is empty before. Items of the label `ignored` (NAN: none) take no part.
 * Other labels below 0, such as the -1 of SVMlight for what is not relevant, become 0, with a warning: as a coefficient
 * of the loss they would have no least value. False if the file is refused, or has labels that the gain is not for.
 */
bool load(const char *path, float ignored, enum gain gain, struct dataset *data);

#endif
