#include "proxy/admin.h"

#include "proxy/query.h"

void admin_statement(struct request *q)
{
    query_fail_code(q, ERR_NOT_SUPPORTED_YET, "admin SQL");
}
