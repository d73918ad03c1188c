/* One line an event, `key=value` or JSON, to stderr. Values are escaped, so a line is always one line; secrets never get
 * here. Each line is one write(2), so that threads do not mix.
 */
#ifndef PROXY_LOG_H
#define PROXY_LOG_H

#include <stdbool.h>
#include "conf/conf.h"

void log_setup(enum conf_log_level level, enum conf_log_format format); /* may be called again at a reload */
bool log_enabled(enum conf_log_level level);

/* log_event(CONF_LOG_INFO, "client_connected", "session=%u peer=%s", id, host): a format of key=value pairs separated by
 * single spaces, each value one conversion; the pairs are quoted or put into JSON as the format asks. */
void log_event(enum conf_log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(event, ...) log_event(CONF_LOG_ERROR, event, __VA_ARGS__)
#define log_warning(event, ...) log_event(CONF_LOG_WARNING, event, __VA_ARGS__)
#define log_info(event, ...) log_event(CONF_LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) \
    do { \
        if (log_enabled(CONF_LOG_DEBUG)) \
            log_event(CONF_LOG_DEBUG, event, __VA_ARGS__); \
    } while (0)

#endif
