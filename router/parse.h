/* Statement -> tree, for a plan that the cache does not hold. See ast.h for what comes out.
 *
 * Recursive descent with a limit on depth, linear in the statement's length. A SELECT, INSERT, UPDATE, DELETE, SET or
 * any other statement that decides about rows is understood to its last token or is an error; a statement of a kind
 * that is only recognised (STMT_OTHER and the like) keeps its words and span and promises nothing about the rest. */
#ifndef ROUTER_PARSE_H
#define ROUTER_PARSE_H

#include "router/ast.h"

enum parse_error {
    PARSE_OK = 0,
    PARSE_SYNTAX = -1, /* error 1064 at .offset */
    PARSE_EMPTY = -2,  /* error 1065 */
    PARSE_DEPTH = -3,  /* nested deeper than PARSE_MAX_DEPTH (error 1064 or 1436, as the caller likes) */
    PARSE_MEMORY = -4, /* the arena is at its ceiling */
};

#define PARSE_MAX_DEPTH 400
#define PARSE_MAX_CTES 256
#define PARSE_MAX_MULTI 256 /* tables of a multi-table UPDATE or DELETE; servers join at most 61 */

struct parse_result {
    int error;         /* enum parse_error */
    struct stmt *stmt; /* NULL on error */
    uint32_t offset;   /* error: where the text was not understood (the text's end: len) */
    uint32_t line;     /* ... its line, from 1 */
    uint32_t end;      /* behind the statement's last token, or the bracket that closes an executed comment there */
    /* the same list as the fingerprint's */
    const struct literal *literals;
    uint32_t nliterals;
    uint32_t nparams;
};

/* Parses one statement; a ';' and anything but comments after it is an error here (see lex_split()). Returns
 * res->error. Everything is in the arena; the text stays the caller's and must outlive the tree's use. */
int parse_sql(const char *sql, uint32_t len, const struct lex_mode *mode, struct arena *a, struct parse_result *res);

/* "near '...' at line N" as MySQL says it, at most 80 bytes of the statement; into out, NUL-terminated. */
void parse_near(const struct parse_result *res, const char *sql, uint32_t len, char *out, size_t cap);

#endif
