/*
 * The processor's name and its caches, where the system has them in files or in the environment.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cache.h"
#include "info/facts.h"
#include "info/files.h"
#include "info/report.h"

enum { TEXT_SIZE = 256, MOST_CACHES = 8 };

/* What stands behind "model name :" in Linux's list of processors, or what Windows has in the environment. */
static void find_name(char *name, size_t size) {
    char line[TEXT_SIZE];
    const char *const variable = getenv("PROCESSOR_IDENTIFIER");
    snprintf(name, size, "%s", variable != NULL ? variable : "unknown");
    FILE *const file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *const colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, "model name", strlen("model name")) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", colon + 1 + strspn(colon + 1, " "));
        break;
    }
    if (file != NULL)
        fclose(file);
}

/* Those of the first core but the one for instructions, as "L1 48K, L2 2048K". */
static void find_caches(char *caches, size_t size) {
    caches[0] = '\0';
    for (int i = 0; i < MOST_CACHES; i++) {
        char folder[TEXT_SIZE], level[16], type[32], bytes[32], cache[64];
        snprintf(folder, sizeof folder, "/sys/devices/system/cpu/cpu0/cache/index%d", i);
        if (!info_first_line(folder, "level", level, sizeof level) ||
            !info_first_line(folder, "type", type, sizeof type) ||
            !info_first_line(folder, "size", bytes, sizeof bytes) || strcmp(type, "Instruction") == 0)
            continue;
        snprintf(cache, sizeof cache, "L%s %s", level, bytes);
        info_append(caches, size, cache);
    }
}

void info_machine(void) {
    char text[TEXT_SIZE];
    find_name(text, sizeof text);
    info_fact("processor", "%s", text);
    find_caches(text, sizeof text);
    info_fact("caches", "%s", text[0] != '\0' ? text : "unknown");
    info_fact("last cache", "%" PRId64 "K, as the library takes it", rankloss__cache_size() >> 10);
}
