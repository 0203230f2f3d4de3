/*
 * A clock that never goes backwards, which C11 does not have.
 */
#ifndef RANKLOSS_SRC_INFO_CLOCK_H
#define RANKLOSS_SRC_INFO_CLOCK_H

/* Seconds since some fixed moment. */
double info_seconds(void);

#endif
