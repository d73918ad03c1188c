/* SQL bytes -> tokens, as a MySQL or MariaDB server would cut them under the session's settings.
 *
 * The lexer never copies and never allocates: a token is a kind, a keyword number and a span into the statement.
 * It answers for the sql_mode bits that change lexing, for the client's character set (in GBK, SJIS and Big5 the byte
 * 0x5c may be the second half of a character and is then no backslash), and for executable comments, whose contents
 * come out as ordinary tokens between TK_VERSION_OPEN and TK_VERSION_CLOSE when the server would execute them.
 *
 * What always holds: tokens come in order, do not overlap, lie inside the text, and each call moves on, so that
 * lexing is linear in the text. TK_END and TK_ERROR are final: calling again gives the same. */
#ifndef ROUTER_LEX_H
#define ROUTER_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the statement's bytes. len 0 means absent. */
struct span {
    uint32_t off, len;
};

static inline uint32_t span_end(struct span s)
{
    return s.off + s.len;
}

/* From the first byte of a to the last byte of b. */
static inline struct span span_join(struct span a, struct span b)
{
    return (struct span){a.off, span_end(b) - a.off};
}

/* ---- mode ---- */

enum lex_flag {
    LEX_ANSI_QUOTES = 1,          /* "x" is an identifier */
    LEX_NO_BACKSLASH_ESCAPES = 2, /* \ is an ordinary byte in strings */
    LEX_PIPES_AS_CONCAT = 4,      /* || concatenates (parser) */
    LEX_HIGH_NOT_PRECEDENCE = 8,  /* NOT binds like ! (parser) */
    LEX_IGNORE_SPACE = 16,        /* COUNT (x) is a call (parser) */
};

/* What the client's character set means for a lexer. */
enum lex_charset {
    LEX_CS_SINGLE, /* latin1, binary, ... */
    LEX_CS_UTF8,   /* utf8mb3, utf8mb4 */
    LEX_CS_GBK,    /* gbk, gb18030 */
    LEX_CS_SJIS,   /* sjis, cp932 */
    LEX_CS_BIG5,
    LEX_CS_EUC, /* ujis, eucjpms, euckr, gb2312: no trail byte below 0xa1 */
};

enum lex_dialect { LEX_MARIADB, LEX_MYSQL };

/* Part of a plan's cache key: compare all fields. */
struct lex_mode {
    uint8_t flags;    /* enum lex_flag */
    uint8_t charset;  /* enum lex_charset */
    uint8_t dialect;  /* enum lex_dialect */
    uint32_t version; /* 101106 for 10.11.6, 80036 for 8.0.36 */
};

/* The class of a collation id, as the protocol numbers them. */
enum lex_charset lex_charset_of(unsigned collation_id);

/* ---- keywords ---- */

enum keyword {
    KW_NONE,
#define KW_GROUP(first, length, tag)
#define KW(name, flags) KW_##name,
#include "router/keyword.def"
#undef KW
#undef KW_GROUP
    KW_COUNT_OF
};

enum keyword_flag {
    KEYWORD_IS_RESERVED_MYSQL = 1,   /* not an identifier without quotes in MySQL */
    KEYWORD_IS_RESERVED_MARIADB = 2, /* ... in MariaDB */
    KEYWORD_IS_TYPE = 4,             /* names a column or cast type that may have a length: CHAR(10) */
    KEYWORD_ENDS_BY_LIST = 8,        /* no more items of ORDER BY or GROUP BY after it */
    KEYWORD_ENDS_OPERAND = 16,       /* a string after it is an alias, although it is reserved: AS, NULL */
    KEYWORD_BEFORE_VALUE = 32,       /* a string after it is a value, although it is not reserved: DATE */
};

/* The keyword that these bytes spell, in any case, or KW_NONE. */
enum keyword keyword_find(const char *bytes, size_t len);

/* One row a keyword, and an empty one before and after. */
struct keyword_row {
    const char *name;
    uint8_t len, flags;
};
extern const struct keyword_row keyword_rows[KW_COUNT_OF + 1];

/* "SELECT" */
static inline const char *keyword_name(enum keyword k)
{
    return keyword_rows[k < KW_COUNT_OF ? k : KW_NONE].name;
}

static inline unsigned keyword_flags(enum keyword k)
{
    return keyword_rows[k < KW_COUNT_OF ? k : KW_NONE].flags;
}

static inline bool keyword_reserved(enum keyword k, const struct lex_mode *mode)
{
    return k != KW_NONE && (keyword_flags(k) & (mode->dialect == LEX_MYSQL ? KEYWORD_IS_RESERVED_MYSQL
                                                                           : KEYWORD_IS_RESERVED_MARIADB)) != 0;
}

/* ---- tokens ---- */

enum token_kind {
    TK_END,    /* the text's end; span is empty and lies there */
    TK_ERROR,  /* a string, quoted name or comment without end, or a stray byte; span begins at the fault */
    TK_WORD,   /* unquoted word: keyword (.word) or identifier (.word is KW_NONE); after a dot always an identifier */
    TK_QUOTED, /* `x`, or "x" under ANSI_QUOTES; the span holds the quotes */
    TK_INTRODUCER, /* _utf8 and so on: a character set's name after an underscore */
    /* literals */
    TK_INT,
    TK_DECIMAL, /* 1.5 .5 5. */
    TK_FLOAT,   /* 1e3 */
    TK_STRING,  /* 'x' or "x"; each of several adjacent ones is a token */
    TK_NSTRING, /* N'x' */
    TK_HEX,     /* x'41' 0x41 */
    TK_BIT,     /* b'1' 0b1 */
    TK_PARAM,   /* ? */
    /* variables */
    TK_USERVAR, /* @x @'x' @`x` @"x"; also the host part of an account 'u'@'h' */
    TK_AT,      /* an @ that begins no name */
    TK_ATAT,    /* @@, before the words of a system variable */
    /* comments that mean something */
    TK_HINT,          /* optimizer hint, the whole comment, right after SELECT INSERT REPLACE UPDATE DELETE */
    TK_ROUTE_HINT,    /* a comment that begins with "shardwire:", before the statement's first word */
    TK_VERSION_OPEN,  /* the opening of an executed comment, with its version number */
    TK_VERSION_CLOSE, /* its closing */
    /* punctuation */
    TK_LPAREN,
    TK_RPAREN,
    TK_COMMA,
    TK_DOT,
    TK_SEMICOLON,
    TK_COLON,
    TK_LBRACE,
    TK_RBRACE,
    /* operators */
    TK_PLUS,
    TK_MINUS,
    TK_STAR,
    TK_SLASH,
    TK_PERCENT,
    TK_EQ,
    TK_NULLSAFE_EQ, /* <=> */
    TK_NE,          /* <> or != */
    TK_LT,
    TK_LE,
    TK_GT,
    TK_GE,
    TK_SHIFT_LEFT,
    TK_SHIFT_RIGHT,
    TK_AMP,
    TK_AND_AND,
    TK_PIPE,
    TK_PIPE_PIPE,
    TK_CARET,
    TK_TILDE,
    TK_BANG,
    TK_ASSIGN,     /* := */
    TK_ARROW,      /* -> */
    TK_ARROW_TEXT, /* ->> */
    TK_KIND_COUNT
};

enum token_flag {
    TOKEN_AFTER_SPACE = 1, /* white space or a comment lies before it */
};

struct token {
    uint8_t kind;  /* enum token_kind */
    uint8_t flags; /* enum token_flag */
    uint16_t word; /* enum keyword, of TK_WORD */
    struct span span;
};

struct lexer {
    const unsigned char *text;
    uint32_t len, pos;
    struct lex_mode mode;
    uint32_t word_end;  /* where the last word ended */
    uint8_t after_dot;  /* the next word is an identifier whatever it spells */
    uint8_t hint_next;  /* the last word was one that a hint may follow */
    uint8_t in_version; /* inside an executed comment */
    uint8_t begun;      /* a token of the statement itself was seen */
};

/* The text stays the caller's. Texts over 4 GiB - 1 are not for this lexer: len is 32 bits. */
void lex_init(struct lexer *lx, const char *text, uint32_t len, const struct lex_mode *mode);

/* Writes the next token and returns its kind. */
enum token_kind lex_next(struct lexer *lx, struct token *tok);

/* "string", "(", ... for messages and dumps. */
const char *token_kind_name(enum token_kind kind);

/* ---- several statements in one text ---- */

/* The next statement of a text at or after *pos, without its ';' and without white space or comments around it that
 * mean nothing to a server (executable comments and hints stay). *pos moves behind it. False: there are no more.
 * A ';' in a string, a comment, or the body of a stored program (CREATE PROCEDURE ... BEGIN ... END, BEGIN NOT ATOMIC)
 * separates nothing. A statement that cannot be lexed to its end goes to the end of the text. Empty statements are
 * given too when a ';' ends them (a server answers them with error 1065); an empty rest is not. */
bool lex_split(const char *text, uint32_t len, const struct lex_mode *mode, uint32_t *pos, struct span *stmt);

/* Follows the tokens of one statement and tells which ';' ends it. */
struct lex_body {
    uint8_t state;
    uint16_t nth;   /* tokens seen, up to a few */
    uint32_t depth; /* open BEGIN, IF, CASE, LOOP ... */
    uint32_t parens;
    uint64_t expressions; /* bit d: what is open at depth d is a CASE expression */
    uint16_t first, prev; /* enum keyword */
    uint8_t at_start;     /* the next word begins a statement of the body */
};

/* Feeds a token. True: it is a ';' that ends the statement. Start with a cleared struct. */
bool lex_body_ends(struct lex_body *b, const struct token *tok);

/* ---- text of tokens ---- */

struct arena;

/* An identifier without its quotes (doubled ones single), into out; returns its length, or -1 when cap is too small.
 * The length is at most s.len; nothing is NUL-terminated. */
int ident_text(const char *sql, struct span s, char *out, size_t cap);
/* Are two identifiers equal, quotes aside and ASCII case aside? */
bool ident_equal(const char *sql, struct span a, struct span b);
/* Is an identifier this (ASCII case aside)? */
bool ident_is(const char *sql, struct span s, const char *name);

struct lex_slice {
    const char *ptr;
    size_t len;
};

/* The bytes that a string literal stands for, in the arena or in the text itself: escapes done, doubled quotes single,
 * adjacent strings joined; the span is that of the whole literal, N or the quotes included, an introducer not. Also
 * for TK_HEX and TK_BIT spans (the bytes they spell). False: no memory, or not such a literal. */
bool literal_text(const char *sql, struct span s, const struct lex_mode *mode, struct arena *a, struct lex_slice *out);

#endif
