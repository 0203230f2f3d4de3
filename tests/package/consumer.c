/*
 * The smallest program that can tell that it linked a working RankLoss: one list, whose loss is known.
 */
#include <stdio.h>
#include <string.h>

#include <rankloss/rankloss.h>

static int differs(double value, double expected) {
    const double error = value - expected;
    return !(error < 1e-13 && error > -1e-13);
}

int main(void) {
    const double logits[] = {2, 1, 3};
    const double labels[] = {1, 0, 2};
    double loss = 0;
    double gradient[3] = {0};

    const rankloss_problem problem = {
        .logits = RANKLOSS_ARRAY(logits, 3), .labels = RANKLOSS_ARRAY(labels, 3), .reduction = RANKLOSS_SUM};
    const rankloss_result result = {.loss = RANKLOSS_ARRAY(&loss, 1), .grad_logits = RANKLOSS_ARRAY(gradient, 3)};

    if (rankloss_softmax(&problem, &result) != RANKLOSS_OK) {
        fprintf(stderr, "%s\n", rankloss_last_error());
        return 1;
    }

    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", RANKLOSS_VERSION_MAJOR, RANKLOSS_VERSION_MINOR,
             RANKLOSS_VERSION_PATCH);
    const double sum = gradient[0] + gradient[1] + gradient[2];
    printf("RankLoss %s (%s): loss %.14f, sum of the gradient %g\n", rankloss_version(), rankloss_isa(), loss, sum);
    return differs(loss, 2.22281789333314) || differs(sum, 0) || strcmp(version, rankloss_version()) != 0;
}
