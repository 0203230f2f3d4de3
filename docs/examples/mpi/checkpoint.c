#include "checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rankloss/version.h>

#include "../letor/memory.h"
#include "hash.h"

static const char format_name[] = "rankloss mpi 1";

struct checkpoint *checkpoint_make(uint64_t lists, size_t num_weights) {
    struct checkpoint *const checkpoint = new_array(1, sizeof(*checkpoint) + 2 * num_weights * sizeof(double));
    checkpoint->lists = lists;
    checkpoint->num_weights = num_weights;
    return checkpoint;
}

size_t checkpoint_size(const struct checkpoint *checkpoint) {
    return sizeof(*checkpoint) + 2 * checkpoint->num_weights * sizeof(double);
}

static uint64_t hash_of(const struct checkpoint *checkpoint) {
    const size_t begin = offsetof(struct checkpoint, lists);
    return hash_words(0, (const char *)checkpoint + begin, (checkpoint_size(checkpoint) - begin) / sizeof(uint64_t));
}

/* --- Writing --- */

static bool write_file(const struct checkpoint *checkpoint, const char *path) {
    FILE *const file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    const bool written = fwrite(checkpoint, checkpoint_size(checkpoint), 1, file) == 1;
    return fclose(file) == 0 && written;
}

void checkpoint_write(struct checkpoint *checkpoint, const char *path) {
    const size_t size = strlen(path) + sizeof(".new");
    char *const beside = new_array(size, 1);
    snprintf(beside, size, "%s.new", path);
    snprintf(checkpoint->name, sizeof(checkpoint->name), "%s", format_name);
    snprintf(checkpoint->version, sizeof(checkpoint->version), "%s", rankloss_version());
    checkpoint->hash = hash_of(checkpoint);
    if (!write_file(checkpoint, beside) || rename(beside, path) != 0) {
        die("%s: cannot be written: %s", path, strerror(errno));
    }
    free(beside);
}

/* --- Reading --- */

/* Whether this is the beginning of a checkpoint that can be used. */
static bool check_beginning(const struct checkpoint *read, const struct checkpoint *wanted, const char *path,
                            struct report *report) {
    if (strncmp(read->name, format_name, sizeof(read->name)) != 0) {
        return refuse(report, path, 0, "is no checkpoint: is it the right file?");
    }
    if (strncmp(read->version, rankloss_version(), sizeof(read->version)) != 0) {
        return refuse(report, path, 0, "was written with RankLoss %.16s, and this is %s: begin anew", read->version,
                      rankloss_version());
    }
    if (read->lists != wanted->lists || read->num_weights != wanted->num_weights) {
        return refuse(report, path, 0, "is a checkpoint of other lists: name the files that it was trained with");
    }
    return true;
}

static bool read_file(struct checkpoint *checkpoint, FILE *file, const char *path, struct report *report) {
    const struct checkpoint wanted = *checkpoint;
    const size_t count = 2 * checkpoint->num_weights;
    if (fread(checkpoint, sizeof(*checkpoint), 1, file) != 1) {
        return refuse(report, path, 0, "is no checkpoint: it is too short for one");
    }
    if (!check_beginning(checkpoint, &wanted, path, report)) {
        return false;
    }
    if (fread(checkpoint->numbers, sizeof(double), count, file) != count || fgetc(file) != EOF ||
        checkpoint->hash != hash_of(checkpoint)) {
        return refuse(report, path, 0, "is damaged: take an older one, or begin anew");
    }
    return true;
}

bool checkpoint_read(struct checkpoint *checkpoint, const char *path, struct report *report) {
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        return refuse(report, path, 0, "cannot be opened: %s", strerror(errno));
    }
    const bool done = read_file(checkpoint, file, path, report);
    fclose(file);
    return done;
}
