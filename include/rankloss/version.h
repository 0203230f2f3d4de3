/*
 * The version of RankLoss. The build reads the three numbers from this file, so they stand nowhere else.
 */
#ifndef RANKLOSS_VERSION_H
#define RANKLOSS_VERSION_H

#include <rankloss/export.h>

#define RANKLOSS_VERSION_MAJOR 0
#define RANKLOSS_VERSION_MINOR 3
#define RANKLOSS_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the library in use, "MAJOR.MINOR.PATCH". Static storage, never NULL. */
RANKLOSS_API const char *rankloss_version(void);

#ifdef __cplusplus
}
#endif

#endif
