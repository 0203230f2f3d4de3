/*
 * How large a team to ask for after teams that came late. A thread that has no core, since another process has it, keeps
 * all others waiting until the system gives it one: milliseconds, also where the work takes a fraction of one. So a caller
 * whose teams do that gets smaller ones, at last none, and larger ones again after a while. Knows neither threads nor
 * clocks.
 */
#ifndef RANKLOSS_SRC_SCHEDULE_PATIENCE_H
#define RANKLOSS_SRC_SCHEDULE_PATIENCE_H

/* All zero: as many threads as the work is worth. */
typedef struct rankloss__patience {
    int halvings; /* of the threads that the work is worth */
    double lost;  /* seconds that nothing has made up for */
} rankloss__patience;

/* The threads to use where the work is worth at most this many. */
int rankloss__patience_size(const rankloss__patience *patience, int worth);

/*
 * Learns from work that was worth a team and was done by this many threads: the seconds until the caller's thread had done
 * its part, and until all parts were done and the team had come to an end.
 */
void rankloss__patience_learn(rankloss__patience *patience, int size, double own, double all);

#endif
