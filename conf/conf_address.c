/* Addresses as the file writes them: host:port, [v6]:port, unix:/path. Only the form is looked at; names are resolved
 * when they are used, each time anew.
 */
#include "conf/conf_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool only(const char *s, size_t len, const char *extra)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr(extra, s[i]))
            return false;
    return true;
}

/* address = "unix:" path | host ":" port | "[" IPv6 "]" ":" port */
const char *conf_address_parse(const char *text, struct conf_address *to)
{
    const char *why = "is not an address: write host:port, [::1]:port or unix:/path";
    const char *host = text, *end = strrchr(text, ':');
    bool v6 = *text == '[';
    unsigned long port;
    size_t digits;

    if (strncmp(text, "unix:", 5) == 0) {
        if (text[5] != '/' || strlen(text + 5) > 107)
            return "is not an address: a Unix socket is an absolute path of at most 107 bytes, unix:/path";
        *to = (struct conf_address){.path = conf_strdup(text + 5)};
        return NULL;
    }
    if (!end)
        return "is not an address: its port is missing, host:port";
    digits = strspn(end + 1, "0123456789");
    port = digits && digits <= 5 ? strtoul(end + 1, NULL, 10) : 0;
    if (end[1 + digits] || port == 0 || port > 65535)
        return "is not an address: a port is a number from 1 to 65535";
    if (v6) {
        host++;
        if (end - host < 2 || *--end != ']')
            return why;
    } else if (memchr(host, ':', (size_t)(end - host))) {
        return "is not an address: an IPv6 address is written [::1]:port";
    }
    if (end == host || end - host > 253 || !only(host, (size_t)(end - host), v6 ? ":.%_-" : "._-"))
        return why;
    *to = (struct conf_address){.host = strndup(host, (size_t)(end - host)), .port = (uint16_t)port};
    return NULL;
}

char *conf_address_format(const struct conf_address *a)
{
    if (a->path)
        return conf_format("unix:%s", a->path);
    return conf_format(strchr(a->host, ':') ? "[%s]:%u" : "%s:%u", a->host, a->port);
}
