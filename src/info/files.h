/*
 * What a system tells in small text files. One that is not there is no error: other systems have others.
 */
#ifndef RANKLOSS_SRC_INFO_FILES_H
#define RANKLOSS_SRC_INFO_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* The first line of folder/name, without its end; false, and "", where there is none. */
bool info_first_line(const char *folder, const char *name, char *line, size_t size);

#endif
