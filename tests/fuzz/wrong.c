/*
 * Prints a call.
 */
#include "wrong.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rankloss/cpu.h>

#include "number.h"

static void print_view(const char *name, const rankloss_array *view) {
    fprintf(stderr, "  %-12s %-5s data %p ndim %" PRId32, name, number_name(view->dtype), view->data, view->ndim);
    for (int32_t axis = 0; axis < view->ndim && axis < RANKLOSS_MAX_NDIM; axis++) {
        fprintf(stderr, "%s%" PRId64 " by %" PRId64, axis ? ", " : ": ", view->shape[axis], view->strides[axis]);
    }
    fprintf(stderr, "\n");
}

static void print_sample(const sample *s, const verdict *v) {
    const rankloss_problem *p = s->problem;
    fprintf(stderr, "  isa %s, reduction %d, label_mode %d, temperature %a, divisor %a, num_threads %d%s\n",
            rankloss_isa(), (int)p->reduction, (int)p->label_mode, p->temperature, p->divisor, (int)p->num_threads,
            s->in_place ? ", in place" : "");
    for (int i = 0; i < v->count; i++) {
        fprintf(stderr, "  mutation: %s\n", v->done[i]->name);
    }
    for (int which = 0; which < NUM_PARTS; which++) {
        if (is_given(sample_array(s, (part)which))) {
            print_view(part_name((part)which), sample_array(s, (part)which));
        }
    }
}

_Noreturn void wrong(const sample *s, const verdict *v, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "WRONG: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    print_sample(s, v);
    abort();
}
