/*
 * How the library was built: by the compiler's macros, and by those of CMakeLists.txt.
 */
#include <rankloss/version.h>

#include "info/facts.h"
#include "info/report.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

void info_build(void) {
    info_fact("version", "%s", rankloss_version());
    info_fact("built for", "%s", INFO_SYSTEM);
    info_fact("compiler", "%s", COMPILER);
    info_fact("flags", "%s", INFO_FLAGS);
    info_fact("libraries", "%s", INFO_LIBRARIES);
    info_fact("OpenMP", "%s", INFO_OPENMP);
    info_fact("sanitizers", "%s", INFO_SANITIZERS);
}
