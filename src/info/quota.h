/*
 * The processor time that a container may take. OpenMP starts a thread for each processor of the machine and does not
 * know of it; the system then stops all of them for a part of each period.
 */
#ifndef RANKLOSS_SRC_INFO_QUOTA_H
#define RANKLOSS_SRC_INFO_QUOTA_H

/*
 * How many processors' time the control groups of this process allow, by Linux's files below root ("" for those of the
 * machine); 0 where nothing limits it, or where there are no such files.
 */
double info_quota(const char *root);

#endif
