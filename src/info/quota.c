/*
 * /proc/self/cgroup names the groups of the process, a hierarchy a line. That of version 2 is "0::GROUP", with limits in
 * /sys/fs/cgroup/GROUP/cpu.max; that of version 1 is "ID:cpu,cpuacct:GROUP", with limits in two files of
 * /sys/fs/cgroup/cpu,cpuacct/GROUP. A group is limited by those above it as well. A container that sees the host's name
 * of its group has that group's files at the top, so that folders which are not there are passed over.
 */
#include "info/quota.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info/files.h"

enum { PATH_SIZE = 4096, NUMBER_SIZE = 64 };

/* The processors that a folder's files allow, or 0. */
typedef double limit_of_folder(const char *folder);

/* Microseconds of a period. "max" and -1 are no limit. */
static double processors(double quota, double period) {
    return quota > 0 && period > 0 ? quota / period : 0;
}

static double limit_of_version_2(const char *folder) {
    char text[NUMBER_SIZE], *behind;
    if (!info_first_line(folder, "cpu.max", text, sizeof text))
        return 0;
    const double quota = strtod(text, &behind);
    return processors(quota, strtod(behind, NULL));
}

static double limit_of_version_1(const char *folder) {
    char quota[NUMBER_SIZE], period[NUMBER_SIZE];
    if (!info_first_line(folder, "cpu.cfs_quota_us", quota, sizeof quota) ||
        !info_first_line(folder, "cpu.cfs_period_us", period, sizeof period))
        return 0;
    return processors(strtod(quota, NULL), strtod(period, NULL));
}

/* Of two limits, of which 0 is none. */
static double lower(double a, double b) {
    return a > 0 && (b <= 0 || a < b) ? a : b;
}

/* The lowest limit of a group and of those above it, in the hierarchy that is mounted there. Cuts the group's name. */
static double limit_of_group(const char *mount, char *group, limit_of_folder *limit_of) {
    for (double limit = 0;;) {
        char folder[PATH_SIZE];
        if (snprintf(folder, sizeof folder, "%s%s", mount, group) < PATH_SIZE)
            limit = lower(limit, limit_of(folder));
        char *const last = strrchr(group, '/');
        if (last == NULL)
            return limit;
        last[0] = '\0';
    }
}

/* Whether a list of words between commas has "cpu". */
static bool has_cpu(const char *controllers) {
    for (const char *word = controllers; word != NULL; word = strchr(word, ',')) {
        word += word[0] == ',';
        if (strncmp(word, "cpu", 3) == 0 && (word[3] == ',' || word[3] == '\0'))
            return true;
    }
    return false;
}

/* The limit of one line of /proc/self/cgroup. */
static double limit_of_line(const char *root, char *line) {
    char mount[PATH_SIZE];
    line[strcspn(line, "\n")] = '\0';
    char *const controllers = strchr(line, ':');
    char *const group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (group == NULL)
        return 0;
    group[0] = '\0';
    const bool version_2 = controllers[1] == '\0';
    if (!version_2 && !has_cpu(controllers + 1))
        return 0;
    if (snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controllers + 1) >= PATH_SIZE)
        return 0;
    return limit_of_group(mount, group + 1, version_2 ? limit_of_version_2 : limit_of_version_1);
}

double info_quota(const char *root) {
    char text[PATH_SIZE];
    FILE *const file = snprintf(text, sizeof text, "%s/proc/self/cgroup", root) < PATH_SIZE ? fopen(text, "r") : NULL;
    double limit = 0;
    while (file != NULL && fgets(text, sizeof text, file) != NULL)
        limit = lower(limit, limit_of_line(root, text));
    if (file != NULL)
        fclose(file);
    return limit;
}
