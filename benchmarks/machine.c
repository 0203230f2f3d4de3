/*
 * Linux tells all of it in text files; what is missing stays empty or 0.
 */
#define _DEFAULT_SOURCE

#include "machine.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As much as fits. */
static void copy_text(char *to, size_t size, const char *from) {
    const size_t length = strlen(from), kept = length < size ? length : size - 1;
    memcpy(to, from, kept);
    to[kept] = '\0';
}

/* The first line of the file, or what follows "key : " in it where a key is given. */
static void read_text(const char *path, const char *key, char *value, size_t size) {
    char line[512];
    value[0] = '\0';
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    while (value[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        const char *text = line;
        line[strcspn(line, "\n")] = '\0';
        if (key != NULL) {
            const char *colon = strchr(line, ':');
            const size_t length = strlen(key);
            if (colon == NULL || strncmp(line, key, length) != 0 || !isspace((unsigned char)line[length]))
                continue;
            text = colon + 1 + strspn(colon + 1, " \t");
        }
        copy_text(value, size, text);
    }
    fclose(file);
}

/* Bytes of the data or unified cache of that level, of the first core. */
static int64_t cache_size(int level) {
    for (int index = 0; index < 8; index++) {
        char path[96], text[32], type[32];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
        read_text(path, NULL, text, sizeof text);
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", index);
        read_text(path, NULL, type, sizeof type);
        if (strtol(text, NULL, 10) != level || strcmp(type, "Instruction") == 0)
            continue;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
        read_text(path, NULL, text, sizeof text);
        char *unit = NULL;
        const int64_t size = strtoll(text, &unit, 10);
        return *unit == 'M' ? size << 20 : *unit == 'K' ? size << 10 : size;
    }
    return 0;
}

/* Lower case letters and digits, everything else a hyphen: the name can be part of a file's name. */
static void make_slug(char *text) {
    for (; *text != '\0'; text++)
        *text = (char)(isalnum((unsigned char)*text) ? tolower((unsigned char)*text) : '-');
}

bench_machine bench_machine_describe(void) {
    bench_machine m = {.cores = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    char vendor[32], family[16], model[16];
    read_text("/proc/cpuinfo", "model name", m.cpu, sizeof m.cpu);
    read_text("/proc/cpuinfo", "vendor_id", vendor, sizeof vendor);
    read_text("/proc/cpuinfo", "cpu family", family, sizeof family);
    read_text("/proc/cpuinfo", "model", model, sizeof model);
    snprintf(m.kind, sizeof m.kind, "%s-family-%s-model-%s-cores-%d", vendor[0] != '\0' ? vendor : "unknown", family,
             model, m.cores);
    make_slug(m.kind);
    m.l1d = cache_size(1);
    m.l2 = cache_size(2);
    m.l3 = cache_size(3);
    m.memory = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return m;
}
