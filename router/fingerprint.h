/* Statement -> shape and literals, in one pass over the tokens and without a parse: the key of the plan cache.
 *
 * The shape is the statement with its literals replaced by placeholders and its spacing made canonical. Two statements
 * with the same shape, lexed under the same mode, have the same tree apart from the literals' bytes and may share a
 * plan that speaks in literal numbers. Reserved words are in upper case; all other words keep their bytes, since table
 * names may be case-sensitive.
 *
 *   placeholder   stands for
 *   ?             a number                              ?L   a number of LIMIT, OFFSET or FETCH
 *   '?'           a string (adjacent ones are one)      N'?' a national string
 *   x'?' b'?'     a hexadecimal or bit literal          ?P   a parameter (not in the list of literals)
 *
 * Structure, and therefore left in the shape and out of the list: integers that may be ordinals (the first thing after
 * BY or a comma of ORDER BY / GROUP BY, in parentheses or not), lengths of types (CHAR(10), DECIMAL(10,2)), strings
 * that may be aliases (after AS, a name, a number, a closing parenthesis), introducers, user and system variables,
 * optimizer and routing hints, the brackets of executed comments. A sign is not part of a literal.
 *
 * What a shape does not say: whether two literals of one statement are equal. A plan that rests on `a + 1` being the
 * same expression in the select list and in GROUP BY may not be shared. */
#ifndef ROUTER_FINGERPRINT_H
#define ROUTER_FINGERPRINT_H

#include "router/arena.h"
#include "router/lex.h"

enum literal_kind {
    LITERAL_INT,
    LITERAL_DECIMAL,
    LITERAL_FLOAT,
    LITERAL_STRING,
    LITERAL_NSTRING,
    LITERAL_HEX,
    LITERAL_BIT,
    LITERAL_LIMIT, /* an integer of LIMIT, OFFSET, FETCH */
};

struct literal {
    struct span span; /* the whole literal, quotes and adjacent strings included, sign and introducer not */
    uint8_t kind;     /* enum literal_kind */
};

struct fingerprint {
    const char *shape; /* in the arena, not NUL-terminated */
    uint32_t shape_len;
    uint32_t nliterals;
    uint64_t hash;                  /* XXH3-64 of the shape */
    const struct literal *literals; /* in token order */
    uint32_t nparams;
    uint32_t end;   /* offset behind the statement's last token (before its ';') */
    uint32_t next;  /* offset behind the ';' when more text follows, else 0 */
    uint16_t first; /* enum keyword: the first word, brackets aside; KW_NONE for none */
    bool has_route_hint, has_hint;
};

enum fingerprint_result {
    FINGERPRINT_OK = 0,
    FINGERPRINT_EMPTY = -1,  /* no token but comments: error 1065 */
    FINGERPRINT_BAD = -2,    /* cannot be lexed: error 1064; out->end is the fault's offset */
    FINGERPRINT_MEMORY = -3, /* the arena is at its ceiling */
};

/* Reads the first statement of the text (a ';' ends it, see lex_split()). Writes *out; everything it points to is in
 * the arena. Returns enum fingerprint_result. */
int fingerprint_sql(const char *sql, uint32_t len, const struct lex_mode *mode, struct arena *a,
                    struct fingerprint *out);

/* The text for statistics: a shape with all placeholders written ?, and lists of nothing but placeholders after IN,
 * VALUES and VALUE written (...), repeated rows once. In the arena, NUL-terminated, cut to max bytes; NULL: memory. */
char *fingerprint_digest(const char *shape, uint32_t len, uint32_t max, struct arena *a, uint32_t *out_len);

/* ---- which tokens are literals; shared with the parser so that both number them alike ---- */

enum literal_class {
    LITERAL_NOT,       /* not a literal token */
    LITERAL_VALUE,     /* the next one of the list */
    LITERAL_ROWS,      /* the next one, of kind LITERAL_LIMIT */
    LITERAL_JOINED,    /* a string that continues the one before */
    LITERAL_STRUCTURE, /* stays in the shape */
};

struct literal_scan {
    uint64_t by; /* bit d: at parenthesis depth d we are in a list after BY */
    uint32_t depth;
    uint16_t word;    /* enum keyword of the last token, KW_NONE if it was none */
    uint8_t last;     /* enum token_kind of the last token */
    uint8_t item;     /* at the start of an item of a BY list */
    uint8_t limit;    /* 1: a LIMIT number may come; 2: one came */
    uint8_t type;     /* 1: a type's name came; 2: in its parentheses */
    uint8_t joinable; /* the last token was a string that an adjacent one continues */
    uint8_t operand;  /* the last token ended an operand: a string after it is an alias */
    uint8_t secrets;  /* CREATE, ALTER, GRANT, SET PASSWORD: any string may be a password, none stays in the shape */
};

/* Feeds a token (each, in order; start with a cleared struct whose .last is TK_END). */
enum literal_class literal_classify(struct literal_scan *s, const struct token *tok, const struct lex_mode *mode);

#endif
