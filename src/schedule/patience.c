/*
 * An account in seconds of what teams have lost. One loses what it is slower for late threads than half of it would
 * have been, and makes up for it by a quarter of what it is faster. Once more is lost than is borne, half of it works
 * for eight times the excess: a ninth of the time is lost. Threads that are late now and then are borne; and after 8 ms
 * too much a team is back when 80 calls of .8 ms are over. Only a quarter is made up for, since a caller that loses its
 * core during its own part seems to gain; and a team that has been started spins for a while, which slows the caller
 * where cores are few.
 *
 * A part that takes longer by itself looks like a late thread. Then the time of the call is that part's, with all
 * threads nearly as with half of them, and little is lost by the mistake.
 */
#include "schedule/patience.h"

/* A team that sleeps is there sooner, a thread without a core later. */
static const double late = 200e-6;

/* Of a second gained, and of one that half the team has worked for. */
static const double made_up = 1.0 / 4, worked_off = 1.0 / 8;

/*
 * Linux starts a thread on the core of its creator, and may take several calls to move it to an idle one: 2.6 ms in the
 * median of 200 processes with nothing else on the machine, 22 at the 95th percentile and 29 at most (libgomp). No
 * more, so that a machine that has become busy is noticed soon.
 */
static const double borne = 30e-3;

/* For when the process was stopped, or the clock set. */
static const double most = 60e-3;

int rankloss__patience_size(const rankloss__patience *patience, int worth) {
    const int size = worth >> patience->halvings;
    return size > 1 ? size : 1;
}

void rankloss__patience_learn(rankloss__patience *patience, int size, double own, double all) {
    /* Half the threads would have taken twice as long as the caller took for its part. */
    const double gained = 2 * own - all;
    if (size > 1 && gained < -late) {
        patience->lost -= gained;
        patience->halvings += patience->lost > borne;
    } else if (patience->halvings > 0) {
        patience->lost -= worked_off * all;
        if (patience->lost <= borne) {
            patience->lost = borne;
            patience->halvings--;
        }
    } else if (gained > 0) {
        patience->lost -= made_up * gained;
    }
    patience->lost = patience->lost > 0 ? patience->lost : 0;
    patience->lost = patience->lost < most ? patience->lost : most;
}
