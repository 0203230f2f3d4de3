/*
 * The words for a status, and the version.
 */
#include <rankloss/status.h>
#include <rankloss/version.h>

const char *rankloss_status_string(rankloss_status status) {
    switch (status) {
    case RANKLOSS_OK:
        return "success";
    case RANKLOSS_ERROR_NULL:
        return "a required pointer is NULL";
    case RANKLOSS_ERROR_DTYPE:
        return "an unknown or unsuitable dtype";
    case RANKLOSS_ERROR_SHAPE:
        return "a wrong shape";
    case RANKLOSS_ERROR_STRIDE:
        return "an unsuitable stride or a misaligned pointer";
    case RANKLOSS_ERROR_OFFSETS:
        return "offsets that are no partition of the items";
    case RANKLOSS_ERROR_OPTION:
        return "a bad option";
    case RANKLOSS_ERROR_OVERLAP:
        return "an output overlaps another argument";
    case RANKLOSS_ERROR_OVERFLOW:
        return "a size or an address does not fit";
    case RANKLOSS_ERROR_MEMORY:
        return "out of memory";
    case RANKLOSS_ERROR_CALLBACK:
        return "the reducer reported failure";
    }
    return "no status of RankLoss";
}

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char *rankloss_version(void) {
    return TEXT(RANKLOSS_VERSION_MAJOR) "." TEXT(RANKLOSS_VERSION_MINOR) "." TEXT(RANKLOSS_VERSION_PATCH);
}
