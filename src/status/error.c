/*
 * The last error of each thread, in words that the caller's rounding mode does not change.
 */
#include "status/error.h"

#include <fenv.h>
#include <stdarg.h>
#include <stdio.h>

#include "cpu/fp_environment.h"

static _Thread_local char last_error[320];

rankloss_status rankloss__fail(rankloss_status status, const char *format, ...) {
    va_list arguments;
    /*
     * On x86 the C library prints numbers by the rounding mode of the x87 registers, which fp_environment.h leaves
     * alone. fesetround() writes that of SSE as well, which the caller may have set to another.
     */
    const rankloss__fp_environment caller = rankloss__fp_environment_enter();
    const int rounding = fegetround();
    va_start(arguments, format);
    (void)fesetround(FE_TONEAREST);
    (void)vsnprintf(last_error, sizeof last_error, format, arguments);
    (void)fesetround(rounding);
    rankloss__fp_environment_leave(caller);
    va_end(arguments);
    return status;
}

const char *rankloss_last_error(void) {
    return last_error;
}
