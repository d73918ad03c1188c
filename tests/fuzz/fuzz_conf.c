/* Fuzzes the configuration: any bytes give a configuration or at least one problem, and nothing leaks. */
#include "conf/conf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_error(void *arg, const char *message)
{
    unsigned *n = arg;

    (void)message;
    ++*n;
}

static void on_row(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    (void)arg;
    (void)reloadable;
    if (!name || !value || !help)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned problems = 0;
    struct conf *c = conf_parse("fuzz.yaml", (const char *)data, size, on_error, &problems);

    if (!c == !problems)
        abort();
    if (c)
        conf_each(c, on_row, NULL);
    conf_unref(c);
    return 0;
}
