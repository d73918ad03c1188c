/* The words that settings with a choice may have, in the order of their enums. */
#include "conf/conf_int.h"

_Static_assert(sizeof(enum conf_role) == sizeof(int), "choices are stored as int");

static const char *const words[][6] = {
    [CONF_T_READS] =
        {[CONF_READS_EVENTUAL] = "eventual", [CONF_READS_SESSION] = "session", [CONF_READS_PRIMARY] = "primary"},
    [CONF_T_ROLE] = {[CONF_PRIMARY] = "primary", [CONF_REPLICA] = "replica"},
    [CONF_T_KIND] = {[CONF_TABLE_SHARDED] = "sharded", [CONF_TABLE_GLOBAL] = "global", [CONF_TABLE_SINGLE] = "single"},
    [CONF_T_BY] = {[CONF_BY_HASH] = "hash",
                   [CONF_BY_MOD] = "mod",
                   [CONF_BY_RANGE] = "range",
                   [CONF_BY_LIST] = "list",
                   [CONF_BY_DATE] = "date"},
    [CONF_T_DATE_UNIT] =
        {[CONF_DATE_DAY] = "day", [CONF_DATE_WEEK] = "week", [CONF_DATE_MONTH] = "month", [CONF_DATE_YEAR] = "year"},
    [CONF_T_TLS_MODE] = {[CONF_TLS_OFF] = "off", [CONF_TLS_PREFERRED] = "preferred", [CONF_TLS_REQUIRED] = "required"},
    [CONF_T_TLS_VERIFY] = {[CONF_VERIFY_NONE] = "none", [CONF_VERIFY_CA] = "ca", [CONF_VERIFY_FULL] = "full"},
    [CONF_T_LOG_LEVEL] = {[CONF_LOG_ERROR] = "error",
                          [CONF_LOG_WARNING] = "warning",
                          [CONF_LOG_INFO] = "info",
                          [CONF_LOG_DEBUG] = "debug"},
    [CONF_T_LOG_FORMAT] = {[CONF_LOG_TEXT] = "text", [CONF_LOG_JSON] = "json"},
};

static const char *const auth_plugins[] = {"mysql_native_password", "caching_sha2_password", NULL};
static const char *const truth[] = {"false", "true", "no", "yes", "off", "on", NULL};

const char *const *conf_value_words(enum conf_type type)
{
    if (type == CONF_T_BOOL)
        return truth;
    if (type == CONF_T_AUTH_PLUGIN)
        return auth_plugins;
    return type < sizeof(words) / sizeof(words[0]) && words[type][0] ? words[type] : NULL;
}
