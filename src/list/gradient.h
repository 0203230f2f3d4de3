/*
 * One list's derivatives: gradients, Hessian diagonal, JVP and HVP. The upstream cotangent enters here. Knows no
 * other list.
 */
#ifndef RANKLOSS_SRC_LIST_GRADIENT_H
#define RANKLOSS_SRC_LIST_GRADIENT_H

#include "list/forward.h"
#include "list/list_chunks.h"
#include "list/output_writer.h"
#include "plan/cotangent.h"
#include "plan/plan.h"

/*
 * Writes the list's part of every output that has a sink. The sinks share one block: the list's scratch->rows. Each
 * output chooses between the common and the careful path for itself, so that none depends on which others are asked
 * for. factors: those of upstream, in every lane.
 */
void rankloss__derivatives(rankloss__list *list, const rankloss__forward *forward, const rankloss__upstream *upstream,
                           const rankloss__factors *factors, rankloss__writer sinks[RANKLOSS__NUM_DERIVATIVES]);

/* The jvp of the list, which the cotangent does not enter. */
double rankloss__jvp(rankloss__list *list, const rankloss__forward *forward);

/*
 * What lists and bundles share. A step of the common path over some items; whether a list whose sums hold may take it
 * for an output, as far as its logarithms go (min and max of its scores, the rest of its exponentials), and as far as
 * its tangent does (the largest one, the sum of its coefficients), all of which has to be finite.
 */
void rankloss__fast_step(rankloss__derivative which, const rankloss__kernels *kernels, const rankloss__items *items,
                         const double *exps, const rankloss__list_sums *folded, const rankloss__losses *sums,
                         const rankloss__terms *terms, rankloss__out out);
bool rankloss__logs_fit(const rankloss__inputs *inputs, double min, double max, double rest_exps, double cotangent);
bool rankloss__tangents_are_finite(const rankloss__list_sums *folded, int lane);
bool rankloss__tangent_fits(const rankloss__inputs *inputs, double min, double max, double most, double coefs);

/* The same upstream factors for every lane. */
rankloss__factors rankloss__factors_of(const rankloss__upstream *upstream);

#endif
