/*
 * Blocks of exact sizes, so that a sanitizer sees the first byte that is read or written beside an array.
 */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "views.h"

enum { STRUCT_FILLER = 0 };

static void *allocate(size_t bytes) {
    /* Of no bytes, too, so that the first one is seen. */
    void *memory = malloc(bytes); // NOLINT(clang-analyzer-optin.portability.UnixAPI)
    if (!memory && bytes > 0) {
        fprintf(stderr, "the fuzzing target is out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

unsigned char *sample_block(sample *s, size_t bytes, int filler) {
    if (s->num_blocks == MAX_BLOCKS) {
        fprintf(stderr, "the fuzzing target is out of blocks\n");
        abort();
    }
    block *b = &s->blocks[s->num_blocks++];
    *b = (block){.memory = allocate(bytes), .bytes = bytes};
    if (bytes > 0) {
        memset(b->memory, filler, bytes);
    }
    return b->memory;
}

void sample_begin(sample *s) {
    *s = (sample){.num_blocks = 0};
    s->problem = (void *)sample_block(s, sizeof *s->problem, STRUCT_FILLER);
    s->result = (void *)sample_block(s, sizeof *s->result, STRUCT_FILLER);
    s->reducer = (void *)sample_block(s, sizeof *s->reducer, STRUCT_FILLER);
    s->problem_given = s->problem;
    s->result_given = s->result;
}

void sample_free(sample *s) {
    for (int i = 0; i < s->num_blocks; i++) {
        free(s->blocks[i].memory);
        free(s->blocks[i].before);
    }
    s->num_blocks = 0;
}

rankloss_array *sample_array(const sample *s, part which) {
    rankloss_problem *const p = s->problem;
    rankloss_result *const r = s->result;
    rankloss_array *const arrays[NUM_PARTS] = {&p->logits,      &p->labels,      &p->where,       &p->weights,
                                               &p->bias,        &p->offsets,     &p->cotangent,   &p->tangent,
                                               &r->loss,        &r->grad_logits, &r->grad_labels, &r->grad_weights,
                                               &r->hess_logits, &r->jvp,         &r->hvp_logits};
    return arrays[which];
}

const char *part_name(part which) {
    static const char *const names[NUM_PARTS] = {"logits",      "labels",       "where",       "weights", "bias",
                                                 "offsets",     "cotangent",    "tangent",     "loss",    "grad_logits",
                                                 "grad_labels", "grad_weights", "hess_logits", "jvp",     "hvp_logits"};
    return names[which];
}

bool is_given(const rankloss_array *view) {
    return view->data || view->ndim != 0;
}

bool has_elements(const rankloss_array *view) {
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        if (view->shape[axis] == 0) {
            return false;
        }
    }
    return is_given(view);
}

void view_reach(const rankloss_array *view, int64_t *before, int64_t *behind) {
    *before = *behind = 0;
    for (int32_t axis = 0; axis < view->ndim; axis++) {
        const int64_t reach = view->shape[axis] > 1 ? (view->shape[axis] - 1) * view->strides[axis] : 0;
        *before -= reach < 0 ? reach : 0;
        *behind += reach > 0 ? reach : 0;
    }
}

void sample_place(sample *s, rankloss_array *view, int64_t ahead, int filler) {
    const int64_t size = (int64_t)number_size(view->dtype);
    int64_t before = 0;
    int64_t behind = -1;
    if (view_count(view) > 0) {
        view_reach(view, &before, &behind);
    } else {
        ahead = 0;
    }
    view->data = sample_block(s, (size_t)((ahead + before + behind + 1) * size), filler);
    if (view->data) {
        view->data = (char *)view->data + (ahead + before) * size;
    }
}

void view_row_major(rankloss_array *view) {
    int64_t stride = 1;
    for (int32_t axis = view->ndim - 1; axis >= 0; axis--) {
        view->strides[axis] = stride;
        stride *= view->shape[axis] > 0 ? view->shape[axis] : 1;
    }
}

void sample_remember(sample *s) {
    for (int i = 0; i < s->num_blocks; i++) {
        block *b = &s->blocks[i];
        b->before = allocate(b->bytes);
        if (b->bytes > 0) {
            memcpy(b->before, b->memory, b->bytes);
        }
    }
}

/* The block that a byte lies in. */
static block *block_of(sample *s, const unsigned char *at) {
    for (int i = 0; i < s->num_blocks; i++) {
        block *b = &s->blocks[i];
        if ((uintptr_t)at >= (uintptr_t)b->memory && (uintptr_t)at < (uintptr_t)b->memory + b->bytes) {
            return b;
        }
    }
    return NULL;
}

/* Makes the elements of an output be what they were. */
static void allow_elements(sample *s, const rankloss_array *view) {
    const size_t size = number_size(view->dtype);
    const int64_t count = has_elements(view) ? view_count(view) : 0;
    for (int64_t i = 0; i < count; i++) {
        const unsigned char *at = (const unsigned char *)view->data + view_place(view, i) * (int64_t)size;
        const block *b = block_of(s, at);
        memcpy(b->before + (at - b->memory), at, size);
    }
}

bool sample_unchanged(sample *s, bool written) {
    for (int which = LOSS; written && which < NUM_PARTS; which++) {
        allow_elements(s, sample_array(s, (part)which));
    }
    for (int i = 0; i < s->num_blocks; i++) {
        const block *b = &s->blocks[i];
        if (b->bytes > 0 && memcmp(b->memory, b->before, b->bytes) != 0) {
            return false;
        }
    }
    return true;
}
