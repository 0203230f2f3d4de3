/*
 * The version of RankLoss. The build reads the three numbers from this file, so they stand nowhere else.
 */
#ifndef RANKLOSS_VERSION_H
#define RANKLOSS_VERSION_H

#include <rankloss/export.h>

/** Raised where programs have to change. */
#define RANKLOSS_VERSION_MAJOR 0
/** Raised by what is new; while the first number is 0, programs may have to change as well. */
#define RANKLOSS_VERSION_MINOR 3
/** Raised by repairs. */
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
