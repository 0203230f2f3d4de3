#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char last_error[320];

rankloss_status rankloss__fail(rankloss_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    return status;
}

const char *rankloss_last_error(void) {
    return last_error;
}
