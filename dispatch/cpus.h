/* cpus.h -- how many CPUs this process may really use, and why.
 * SPDX-License-Identifier: MIT
 */
#ifndef RP_CPUS_H
#define RP_CPUS_H

typedef struct rp_cpus {
    int affinity; /* CPUs in the affinity mask, as OpenMP counts them */
    int quota; /* CPUs' worth of time that the control groups grant, rounded down, at least 1; 0: no quota */
    int limit; /* OMP_THREAD_LIMIT; 0: none */
    int variable; /* RAPTORS_THREADS; 0: automatic */
    int usable;   /* the least of affinity, quota and limit: no team is larger, whoever asks */
} rp_cpus;

/* The tightest CPU quota over this process's control groups and all their ancestors, versions 1, 2 and both,
 * rounded down, at least 1; 0 if there is none or it cannot be read. `root` stands before every path that is read
 * ("" on a real system), so that tests can lay out machines in a directory. */
int rp_cpus_quota(const char *root);

/* Combine the parts (each 0 where it says nothing) into `usable`. */
rp_cpus rp_cpus_combine(int affinity, int quota, int limit, int variable);

/* Which part bounds an ordinary call: "affinity", "quota", "OMP_THREAD_LIMIT" or "RAPTORS_THREADS". */
const char *rp_cpus_why(const rp_cpus *c);

/* Ask the system. `variable` is the environment's bound. Called once, at load; affinity is only read. */
void rp_cpus_load(int variable);

/* What was found; constant after load. */
const rp_cpus *rp_cpus_get(void);

#endif
