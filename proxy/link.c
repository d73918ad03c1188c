/* A server decides which authentication it asks for, and an impostor would ask for the password in clear; so the
 * plugins are a closed list, and clear text is in it only where TLS is required and the server's name checked. For the
 * same reason the server may not ask for files (LOAD DATA LOCAL).
 *
 * TLS: `preferred` uses it when offered; `required` fails without it. libmariadb falls back to plain text by itself
 * when no name is verified, so that `required` is checked after the login.
 */
#include "proxy/link.h"

#include <mariadb/errmsg.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define PLUGINS "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519"

static void link_fail(struct link *l, unsigned code, const char *text)
{
    l->code = code;
    snprintf(l->error, sizeof l->error, "%s", text);
}

static void link_fail_mysql(struct link *l, MYSQL *m)
{
    char text[LINK_ERROR_MAX];
    snprintf(text, sizeof text, "%u: %s", mysql_errno(m), mysql_error(m));
    link_fail(l, mysql_errno(m), text);
}

static void set_tls(MYSQL *m, const struct conf_tls *tls)
{
    my_bool on = 1, verify = tls->verify == CONF_VERIFY_FULL;
    mysql_options(m, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (tls->verify != CONF_VERIFY_NONE) { /* a CA is what makes libmariadb check the chain */
        mysql_options(m, tls->ca != NULL ? MYSQL_OPT_SSL_CA : MYSQL_OPT_SSL_CAPATH,
                      tls->ca != NULL ? tls->ca : X509_get_default_cert_dir());
    }
    if (tls->certificate != NULL) {
        mysql_options(m, MYSQL_OPT_SSL_CERT, tls->certificate);
        mysql_options(m, MYSQL_OPT_SSL_KEY, tls->key != NULL ? tls->key : tls->certificate);
    }
}

static void set_options(MYSQL *m, const struct conf *conf, uint64_t timeout, bool with_tls)
{
    unsigned seconds = (unsigned)((timeout + 999) / 1000), no_files = 0;
    bool private_channel =
        with_tls && conf->backend.tls.mode == CONF_TLS_REQUIRED && conf->backend.tls.verify == CONF_VERIFY_FULL;
    mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(m, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(m, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_options(m, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(m, MARIADB_OPT_RESTRICTED_AUTH, private_channel ? PLUGINS ",mysql_clear_password" : PLUGINS);
    mysql_optionsv(m, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "shardwire-control");
    if (conf->backend.default_auth != NULL) {
        mysql_options(m, MYSQL_DEFAULT_AUTH, conf->backend.default_auth);
    }
    if (with_tls) {
        set_tls(m, &conf->backend.tls);
    }
}

static MYSQL *connect_once(struct link *l, const struct conf *conf, const struct conf_instance *i, uint64_t timeout,
                           bool with_tls)
{
    MYSQL *m = mysql_init(NULL);
    if (m == NULL) {
        link_fail(l, CR_OUT_OF_MEMORY, "out of memory");
        return NULL;
    }
    const struct conf_address *a = &i->address;
    unsigned protocol =
        a->path != NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP; /* "localhost" is no socket here */
    mysql_options(m, MYSQL_OPT_PROTOCOL, &protocol);
    set_options(m, conf, timeout, with_tls);
    if (mysql_real_connect(m, a->path != NULL ? NULL : a->host, conf->backend.user, conf->backend.password, NULL,
                           a->port, a->path, 0) != NULL) {
        return m;
    }
    link_fail_mysql(l, m);
    mysql_close(m);
    return NULL;
}

static void read_version(struct link *l)
{
    const char *text = mysql_get_server_info(l->mysql);
    unsigned major = 0, minor = 0, patch = 0;
    l->mariadb = mariadb_connection(l->mysql) != 0;
    if (l->mariadb && strncmp(text, "5.5.5-", 6) == 0) {
        text += 6;
    }
    snprintf(l->version_text, sizeof l->version_text, "%s", text);
    if (sscanf(text, "%3u.%3u.%3u", &major, &minor, &patch) >= 2) {
        l->version = major * 10000 + minor * 100 + patch;
    }
}

bool link_open(struct link *l, const struct conf *conf, const struct conf_instance *instance, uint64_t timeout)
{
    const struct conf_tls *tls = &conf->backend.tls;
    bool with_tls = tls->mode != CONF_TLS_OFF && instance->address.path == NULL;
    link_close(l);
    l->mysql = connect_once(l, conf, instance, timeout, with_tls);
    if (l->mysql == NULL && with_tls && tls->mode == CONF_TLS_PREFERRED && l->code == CR_SSL_CONNECTION_ERROR &&
        strstr(l->error, "not support") != NULL) {
        l->mysql = connect_once(l, conf, instance, timeout, false);
    }
    if (l->mysql == NULL) {
        return false;
    }
    if (with_tls && tls->mode == CONF_TLS_REQUIRED && mysql_get_ssl_cipher(l->mysql) == NULL) {
        link_fail(l, CR_SSL_CONNECTION_ERROR, "TLS is required, and the instance offers none");
        link_close(l);
        return false;
    }
    read_version(l);
    /* one meaning of quotes and backslashes, whatever the server's default is */
    return link_run(l, "SET SESSION sql_mode = ''");
}

void link_close(struct link *l)
{
    if (l->mysql != NULL) {
        mysql_close(l->mysql);
        l->mysql = NULL;
    }
}

bool link_lost(const struct link *l)
{
    return l->code >= CR_MIN_ERROR && l->code < CR_MIN_ERROR + 1000;
}

static bool ask(struct link *l, const char *sql)
{
    if (l->mysql == NULL) {
        link_fail(l, CR_SERVER_GONE_ERROR, "not connected");
        return false;
    }
    if (mysql_query(l->mysql, sql) == 0) {
        return true;
    }
    link_fail_mysql(l, l->mysql);
    if (link_lost(l)) {
        link_close(l);
    }
    return false;
}

MYSQL_RES *link_query(struct link *l, const char *sql)
{
    if (!ask(l, sql)) {
        return NULL;
    }
    MYSQL_RES *rows = mysql_store_result(l->mysql);
    if (rows == NULL) {
        if (mysql_errno(l->mysql) != 0) {
            link_fail_mysql(l, l->mysql);
        } else {
            link_fail(l, CR_UNKNOWN_ERROR, "rows were expected");
        }
        link_close(l);
    }
    return rows;
}

bool link_run(struct link *l, const char *sql)
{
    if (!ask(l, sql)) {
        return false;
    }
    MYSQL_RES *rows = mysql_store_result(l->mysql);
    if (rows != NULL) {
        mysql_free_result(rows);
    }
    return true;
}

size_t link_escape(struct link *l, char *out, const char *text, size_t len)
{
    return mysql_real_escape_string(l->mysql, out, text, len);
}
