/*
 * Counts.
 */
#include "tally.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "flat.h"
#include "number.h"

enum {
    MANY_MUTATIONS = 64,
    MANY_FLAWS = 16,
    LABEL_MODES = RANKLOSS_LABELS_SOFTMAX + 1,
    NUM_DTYPES = RANKLOSS_BOOL + 1
};

static struct {
    int64_t inputs, valid, invalid, undecided;
    int64_t status[NUM_STATUSES];
    int64_t mutation[MANY_MUTATIONS];
    /** Of calls that succeeded and were judged. */
    int64_t given[NUM_PARTS][NUM_DTYPES];
    int64_t ragged, in_place;
    int64_t label_mode[LABEL_MODES];
    /** Flat calls, those without a flaw behind the others. */
    int64_t flat[MANY_FLAWS];
} seen;

static const char *label_mode_name(int mode) {
    static const char *const names[LABEL_MODES] = {"raw", "sum-to-one", "softmax"};
    return names[mode];
}

static void add_answer(const sample *s) {
    for (int which = 0; which < NUM_PARTS; which++) {
        const rankloss_array *view = sample_array(s, (part)which);
        if (has_elements(view)) {
            seen.given[which][view->dtype]++;
        }
    }
    seen.ragged += is_given(&s->problem->offsets);
    seen.in_place += s->in_place;
    seen.label_mode[s->problem->label_mode]++;
}

void tally_add(const sample *s, const verdict *v, rankloss_status status) {
    seen.inputs++;
    seen.valid += v->may == MAY_OK;
    seen.invalid += !(v->may & MAY_OK);
    seen.undecided += v->may == UNDECIDED;
    seen.status[status]++;
    for (int i = 0; i < v->count; i++) {
        seen.mutation[v->done[i] - mutations]++;
    }
    if (v->may == MAY_OK && v->judged) {
        add_answer(s);
    }
}

void tally_add_flat(int which) {
    seen.flat[which]++;
}

void tally_print(void) {
    printf("%" PRId64 " inputs: %" PRId64 " valid, %" PRId64 " invalid, %" PRId64 " undecided\n", seen.inputs,
           seen.valid, seen.invalid, seen.undecided);
    for (int status = 0; status < NUM_STATUSES; status++) {
        printf("  %10" PRId64 "  %s\n", seen.status[status], rankloss_status_string((rankloss_status)status));
    }
    printf("mutations:\n");
    for (int i = 0; i < num_mutations; i++) {
        printf("  %10" PRId64 "  %s\n", seen.mutation[i], mutations[i].name);
    }
    printf("flat calls, by what was wrong with them:\n");
    for (int which = 0; which <= num_flaws; which++) {
        printf("  %10" PRId64 "  %s\n", seen.flat[which], flaw_name(which));
    }
    printf("answers judged, %" PRId64 " of them ragged, %" PRId64 " in place;", seen.ragged, seen.in_place);
    for (int mode = 0; mode < LABEL_MODES; mode++) {
        printf(" %" PRId64 " with %s labels,", seen.label_mode[mode], label_mode_name(mode));
    }
    printf(" arrays by dtype:\n");
    for (int which = 0; which < NUM_PARTS; which++) {
        printf("  %-12s", part_name((part)which));
        for (int32_t dtype = 1; dtype < NUM_DTYPES; dtype++) {
            if (seen.given[which][dtype]) {
                printf(" %s %" PRId64, number_name(dtype), seen.given[which][dtype]);
            }
        }
        printf("\n");
    }
}

/* 1 for what was not reached. */
static int missing(bool aloud, int64_t count, const char *kind, const char *name, const char *dtype) {
    if (count == 0 && aloud) {
        printf("not reached: %s %s %s\n", kind, name, dtype);
    }
    return count == 0;
}

static int32_t last_dtype(part which) {
    if (which == LABELS || which == WEIGHTS) {
        return RANKLOSS_BOOL;
    }
    return which >= LOSS || which == LOGITS ? RANKLOSS_BF16 : 0;
}

int tally_missing(bool aloud) {
    int count = 0;
    for (int status = 0; status < NUM_STATUSES; status++) {
        count += missing(aloud, seen.status[status], "status", rankloss_status_string((rankloss_status)status), "");
    }
    for (int i = 0; i < num_mutations; i++) {
        count += missing(aloud, seen.mutation[i], "mutation", mutations[i].name, "");
    }
    for (int which = 0; which <= num_flaws; which++) {
        count += missing(aloud, seen.flat[which], "flat call", flaw_name(which), "");
    }
    for (int which = 0; which < NUM_PARTS; which++) {
        for (int32_t dtype = RANKLOSS_F32; dtype <= last_dtype((part)which); dtype++) {
            count += missing(aloud, seen.given[which][dtype], "array", part_name((part)which), number_name(dtype));
        }
    }
    for (int mode = 0; mode < LABEL_MODES; mode++) {
        count += missing(aloud, seen.label_mode[mode], "labels", label_mode_name(mode), "");
    }
    count += missing(aloud, seen.ragged, "layout", "ragged", "");
    count += missing(aloud, seen.in_place, "layout", "in place", "");
    return count;
}
