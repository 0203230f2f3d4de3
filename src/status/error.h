/*
 * A failed call's status and the words for it.
 */
#ifndef RANKLOSS_SRC_STATUS_ERROR_H
#define RANKLOSS_SRC_STATUS_ERROR_H

#include <rankloss/status.h>

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
/* Sets what rankloss_last_error() says on this thread. Returns status. */
rankloss_status
rankloss__fail(rankloss_status status, const char *format, ...);

#endif
