/* How many processors are ours: the affinity mask, and the quota of the cgroup we run in.
 *
 * /proc/self/cgroup names our group: "0::/path" for cgroup v2, "N:cpu,cpuacct:/path" for v1. A quota may stand at any
 * level above us, so every level up to the root counts. Inside a container the path may be that of the host and not
 * exist here; the walk upwards then ends at the root of the mount, which is the container's own group.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "conf/conf_int.h"

#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* Reads a small file's first line. */
static bool read_line(const char *path, char *buf, size_t size)
{
    FILE *f = fopen(path, "r");
    bool ok;

    if (!f)
        return false;
    ok = fgets(buf, (int)size, f) != NULL;
    fclose(f);
    if (ok)
        buf[strcspn(buf, "\n")] = 0;
    return ok;
}

static unsigned processors_of(long long quota, long long period)
{
    if (quota <= 0 || period <= 0 || quota / period >= UINT_MAX / 2)
        return UINT_MAX;
    return (unsigned)((quota + period - 1) / period);
}

/* cpu.max: "QUOTA PERIOD" in microseconds, or "max PERIOD". */
static unsigned limit_v2(const char *folder)
{
    char path[1200], line[100];
    long long quota, period;

    snprintf(path, sizeof(path), "%s/cpu.max", folder);
    if (!read_line(path, line, sizeof(line)) || sscanf(line, "%lld %lld", &quota, &period) != 2)
        return UINT_MAX;
    return processors_of(quota, period);
}

static unsigned limit_v1(const char *folder)
{
    char path[1200], quota[100], period[100];

    snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", folder);
    if (!read_line(path, quota, sizeof(quota)))
        return UINT_MAX;
    snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
    if (!read_line(path, period, sizeof(period)))
        return UINT_MAX;
    return processors_of(atoll(quota), atoll(period));
}

/* The least limit of the group and all above it. */
static unsigned limit_up(const char *mount, const char *group, unsigned (*limit)(const char *folder))
{
    unsigned least = limit(mount), here;
    char folder[1100];
    size_t top = strlen(mount);

    snprintf(folder, sizeof(folder), "%s%s", mount, strstr(group, "..") ? "" : group);
    while (strlen(folder) > top) {
        here = limit(folder);
        least = here < least ? here : least;
        *strrchr(folder, '/') = 0;
    }
    return least;
}

/* One line of /proc/self/cgroup: number ":" controllers ":" path */
static unsigned limit_of_line(const char *root, char *line)
{
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    char mount[512];

    if (!group)
        return UINT_MAX;
    *group++ = 0;
    controllers++;
    if (*controllers == 0) {
        snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup", root);
        return limit_up(mount, group, limit_v2);
    }
    for (char *save, *name = strtok_r(controllers, ",", &save); name; name = strtok_r(NULL, ",", &save))
        if (strcmp(name, "cpu") == 0) {
            snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/cpu", root);
            return limit_up(mount, group, limit_v1);
        }
    return UINT_MAX;
}

unsigned conf_processors_under(const char *root)
{
    char path[512], line[1024];
    cpu_set_t set;
    unsigned n = 1, limit;
    FILE *f;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        n = (unsigned)CPU_COUNT(&set);
    snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = 0;
        limit = limit_of_line(root, line);
        n = limit < n ? limit : n;
    }
    if (f)
        fclose(f);
    return n ? n : 1;
}
