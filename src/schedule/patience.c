/*
 * An account in seconds. A team pays what it is slower for late threads than half of it would have been, and earns a
 * quarter of what it is faster. Once it has paid more than it had, half of it works for eight times as long as is missing:
 * a ninth of the time is lost. Threads that are late now and then are borne; and after 8 ms that nothing had made up for a
 * team is back when 80 calls of .8 ms are over. Only a quarter is earned, since a caller that loses its core during its
 * own part seems to gain; and a team that has been started spins for a while, which slows the caller where cores are few.
 *
 * A part that takes longer by itself looks like a late thread. Then the time of the call is that part's, with all threads
 * nearly as with half of them, and little is lost by the mistake.
 */
#include "schedule/patience.h"

/* A team that sleeps is there sooner, a thread without a core later. */
static const double late = 200e-6;

/* Of a second gained, and of one that half the team has worked for. */
static const double earned = 1.0 / 4, worked_off = 1.0 / 8;

/* So that a machine that has become busy is noticed soon; and for when the process was stopped, or the clock set. */
static const double most = 10e-3, least = -30e-3;

int rankloss__patience_size(const rankloss__patience *patience, int worth) {
    const int size = worth >> patience->halvings;
    return size > 1 ? size : 1;
}

void rankloss__patience_learn(rankloss__patience *patience, int size, double own, double all) {
    /* Half the threads would have taken twice as long as the caller took for its part. */
    const double gained = 2 * own - all;
    if (size > 1 && gained < -late) {
        patience->account += gained;
        patience->halvings += patience->account < 0;
    } else if (patience->halvings > 0) {
        patience->account += worked_off * all;
        if (patience->account >= 0) {
            patience->account = 0;
            patience->halvings--;
        }
    } else if (gained > 0) {
        patience->account += earned * gained;
    }
    patience->account = patience->account < most ? patience->account : most;
    patience->account = patience->account > least ? patience->account : least;
}
