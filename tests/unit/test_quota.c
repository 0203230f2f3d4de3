/*
 * src/info/quota.c: control groups of both versions, as files in a folder that stands for the root of a machine.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "info/quota.h"
#include "run.h"

/* --- A machine of files --- */

enum { MOST_PATHS = 256, PATH_SIZE = 512 };

static char root[PATH_SIZE];

/* What has been made below root, some of it more than once. */
static char paths[MOST_PATHS][PATH_SIZE];
static int num_paths;

static int begin_machine(void **state) {
    (void)state;
    const char *const folder = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/rankloss-quota-XXXXXX", folder != NULL ? folder : "/tmp");
    return mkdtemp(root) == NULL;
}

static int end_machine(void **state) {
    (void)state;
    while (num_paths > 0)
        (void)remove(paths[--num_paths]);
    return remove(root);
}

/* A path below root, which end_machine() removes. */
static const char *path_of(const char *name) {
    assert_true(num_paths < MOST_PATHS);
    char *const path = paths[num_paths++];
    assert_true(snprintf(path, PATH_SIZE, "%s%s", root, name) < PATH_SIZE);
    return path;
}

/* A file with its text; folders that lack are made. */
static void put(const char *name, const char *text) {
    char folder[PATH_SIZE] = "";
    for (const char *slash = strchr(name + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
        (void)mkdir(path_of(folder), 0700); /* it may be there */
    }
    FILE *const file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* In hundredths of a processor, whatever was cut off. */
static int quota(void) {
    const double processors = info_quota(root);
    assert_true(processors >= 0);
    return (int)(100 * processors + .5);
}

/* --- Version 2 --- */

static void test_container(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
    assert_int_equal(quota(), 150);
}

static void test_no_limit(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/sys/fs/cgroup/cpu.max", "max 100000\n");
    assert_int_equal(quota(), 0);
}

/* A slice of two processors, a service in it of three, a group of its own without a limit. */
static void test_groups_above(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/jobs.slice/train.service/worker\n");
    put("/sys/fs/cgroup/jobs.slice/cpu.max", "200000 100000\n");
    put("/sys/fs/cgroup/jobs.slice/train.service/cpu.max", "150000 50000\n");
    put("/sys/fs/cgroup/jobs.slice/train.service/worker/cpu.max", "max 100000\n");
    assert_int_equal(quota(), 200);
    put("/sys/fs/cgroup/jobs.slice/train.service/worker/cpu.max", "25000 100000\n");
    assert_int_equal(quota(), 25);
}

/* The container sees the host's name of its group, and its own files. */
static void test_name_of_the_host(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/system.slice/docker-0123.scope\n");
    put("/sys/fs/cgroup/cpu.max", "400000 100000\n");
    assert_int_equal(quota(), 400);
}

/* --- Version 1 --- */

static void test_version_1(void **state) {
    (void)state;
    put("/proc/self/cgroup", "7:cpuset:/\n5:memory:/pod\n4:cpu,cpuacct:/pod\n1:name=systemd:/\n");
    put("/sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "1000\n"); /* of another controller */
    put("/sys/fs/cgroup/cpuset/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 0);
    put("/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us", "50000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 50);
}

/* Both versions at once, the controller under either. */
static void test_hybrid(void **state) {
    (void)state;
    put("/proc/self/cgroup", "3:cpuacct,cpu:/\n0::/\n");
    put("/sys/fs/cgroup/cpuacct,cpu/cpu.cfs_quota_us", "300000\n");
    put("/sys/fs/cgroup/cpuacct,cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 300);
    put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    assert_int_equal(quota(), 100);
}

/* --- What is missing or means nothing --- */

static void test_nothing(void **state) {
    (void)state;
    assert_int_equal(quota(), 0);
    put("/proc/self/cgroup", "");
    assert_int_equal(quota(), 0);
    put("/proc/self/cgroup", "0::/\n4:cpu:/\n");
    assert_int_equal(quota(), 0);
}

static void test_no_meaning(void **state) {
    (void)state;
    const char *const groups[] = {"\n", ":\n", "0:\n", "0", "cpu", "::", "1:cpux:/\n", "1:xcpu,:/\n"};
    put("/sys/fs/cgroup/cpu,/cpu.cfs_quota_us", "1000\n");
    put("/sys/fs/cgroup/cpu,/cpu.cfs_period_us", "1000\n");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        put("/proc/self/cgroup", groups[i]);
        assert_int_equal(quota(), 0);
    }
    const char *const limits[] = {"", "\n", "max", "100000", "0 100000", "100000 0", "-5 100000", "100000 -5", "a b"};
    put("/proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        put("/sys/fs/cgroup/cpu.max", limits[i]);
        assert_int_equal(quota(), 0);
    }
    put("/sys/fs/cgroup/cpu.max", "100000 100000"); /* without an end of the line */
    assert_int_equal(quota(), 100);
}

/* A name that is longer than any path. */
static void test_long_name(void **state) {
    (void)state;
    enum { LENGTH = 6000 };
    static char line[LENGTH + 1];
    memset(line, 'x', LENGTH);
    line[0] = '0';
    line[1] = line[2] = ':';
    line[3] = '/';
    put("/proc/self/cgroup", line);
    put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    assert_int_equal(quota(), 100); /* of the group above it */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_machine, end_machine)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_container),        TEST(test_no_limit),   TEST(test_groups_above),
        TEST(test_name_of_the_host), TEST(test_version_1),  TEST(test_hybrid),
        TEST(test_nothing),          TEST(test_no_meaning), TEST(test_long_name),
    };
    const int refused = run_refused();
    return refused != 0 ? refused : cmocka_run_group_tests(tests, NULL, NULL);
}
