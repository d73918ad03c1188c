/* The command line. */
#include <getopt.h>
#include <stdio.h>

#include "proxy/proxy.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

static void usage(FILE *to)
{
    fputs("Usage: shardwire -c FILE [--check]\n"
          "       shardwire --version | --help\n"
          "\n"
          "One MySQL in front of many small MySQL or MariaDB servers.\n"
          "\n"
          "  -c FILE     read the configuration from FILE\n"
          "  --check     read and check the configuration, print what is wrong, and exit\n"
          "  --version   print the version and exit\n"
          "  --help      print this and exit\n"
          "\n"
          "SIGTERM lets transactions finish and ends; SIGHUP reads the configuration again. See shardwire(8).\n",
          to);
}

static int check(const char *path)
{
    if (!proxy_check(path))
        return STATUS_FAILED;
    printf("%s: the configuration is good\n", path);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    enum { OPT_CHECK = 256, OPT_VERSION, OPT_HELP };
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, OPT_CHECK},
        {"version", no_argument, NULL, OPT_VERSION},
        {"help", no_argument, NULL, OPT_HELP},
        {0},
    };
    const char *path = NULL;
    bool check_only = false;
    int option;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case OPT_CHECK:
            check_only = true;
            break;
        case OPT_VERSION:
            puts("Shardwire " SHARDWIRE_VERSION);
            return STATUS_OK;
        case OPT_HELP:
            usage(stdout);
            return STATUS_OK;
        default:
            usage(stderr);
            return STATUS_USAGE;
        }
    }
    if (!path || optind < argc) {
        usage(stderr);
        return STATUS_USAGE;
    }
    return check_only ? check(path) : proxy_run(path);
}
