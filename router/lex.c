/* See lex.h. lex_next() skips what means nothing, then looks at one byte and hands over to the function of that kind
 * of token. Quirks of the servers that are followed here:
 *   - a word directly after a dot is an identifier, whatever it spells and even if it begins with a digit (t.1a);
 *   - 1a is an identifier, 1e5 a number, 1e an identifier; 0x41 is a literal, 0X41 and 0xZZ are identifiers;
 *   - "--" begins a comment only before white space, a control byte or the end;
 *   - an executed comment does not nest: its first closing bracket ends it. */
#include "router/lex.h"

#include <string.h>
#include <strings.h>

#include "router/lex_int.h"

#define I BYTE_IDENT
#define D (BYTE_IDENT | BYTE_DIGIT | BYTE_HEX)
#define H (BYTE_IDENT | BYTE_ALPHA | BYTE_HEX)
#define A (BYTE_IDENT | BYTE_ALPHA)
#define S BYTE_SPACE
const unsigned char lex_class[256] = {
    ['\t'] = S,        ['\n'] = S,        ['\v'] = S,        ['\f'] = S,          ['\r'] = S,
    [' '] = S,         ['$'] = I,         ['_'] = I,         ['0' ... '9'] = D,   ['A' ... 'F'] = H,
    ['G' ... 'Z'] = A, ['a' ... 'f'] = H, ['g' ... 'z'] = A, [0x80 ... 0xff] = I,
};
#undef I
#undef D
#undef H
#undef A
#undef S

static bool is_class(const struct lexer *lx, uint32_t at, unsigned classes)
{
    return at < lx->len && (lex_class[lx->text[at]] & classes);
}

static unsigned char byte_at(const struct lexer *lx, uint32_t at)
{
    return at < lx->len ? lx->text[at] : 0;
}

void lex_init(struct lexer *lx, const char *text, uint32_t len, const struct lex_mode *mode)
{
    *lx = (struct lexer){.text = (const unsigned char *)text, .len = len, .mode = *mode, .word_end = UINT32_MAX};
}

/* ---- comments ---- */

/* From behind an opening bracket to behind its closing one. nested: one level of brackets inside is skipped too. */
static bool skip_bracketed(struct lexer *lx, uint32_t at, bool nested)
{
    while (at + 1 < lx->len) {
        if (lx->text[at] == '*' && lx->text[at + 1] == '/') {
            lx->pos = at + 2;
            return true;
        }
        if (nested && lx->text[at] == '/' && lx->text[at + 1] == '*') {
            if (!skip_bracketed(lx, at + 2, false)) {
                return false;
            }
            at = lx->pos;
        } else {
            at++;
        }
    }
    return false;
}

/* The version number behind the '!' at `at` (5 or 6 digits; 0: none), and how many bytes it takes. */
static uint32_t comment_version(const struct lexer *lx, uint32_t at, uint32_t *digits)
{
    uint32_t version = 0, n = 0;
    while (n < 6 && is_class(lx, at + n, BYTE_DIGIT)) {
        version = version * 10 + (lx->text[at + n] - '0');
        n++;
    }
    *digits = n >= 5 ? n : 0;
    return n >= 5 ? version : 0;
}

/* MySQL executes any version up to its own. MariaDB leaves the 5.7 to 9.x numbers of its cousin aside. */
static bool version_applies(const struct lex_mode *m, uint32_t version, bool mariadb_only)
{
    if (version > m->version) {
        return false;
    }
    return m->dialect == LEX_MYSQL || mariadb_only || version < 50700 || version > 99999;
}

static bool is_route_hint(const struct lexer *lx, uint32_t at)
{
    static const char name[] = "shardwire:";
    while (is_class(lx, at, BYTE_SPACE)) {
        at++;
    }
    return lx->len - at >= sizeof name - 1 && strncasecmp((const char *)lx->text + at, name, sizeof name - 1) == 0;
}

/* At an opening bracket. TK_END: it was skipped. Otherwise a token, whose span is [start, pos). */
static enum token_kind bracket_comment(struct lexer *lx)
{
    uint32_t at = lx->pos + 2, digits;
    bool maria = byte_at(lx, at) == 'M' && byte_at(lx, at + 1) == '!' && lx->mode.dialect == LEX_MARIADB;
    if (maria || byte_at(lx, at) == '!') {
        at += maria ? 2 : 1;
        uint32_t version = comment_version(lx, at, &digits);
        if (version_applies(&lx->mode, version, maria)) {
            lx->pos = at + digits;
            lx->in_version = 1;
            return TK_VERSION_OPEN;
        }
        return skip_bracketed(lx, at, true) ? TK_END : TK_ERROR;
    }
    bool hint = byte_at(lx, at) == '+' && lx->hint_next;
    bool route = !lx->begun && !hint && is_route_hint(lx, at);
    if (!skip_bracketed(lx, at, false)) {
        return TK_ERROR;
    }
    return hint ? TK_HINT : route ? TK_ROUTE_HINT : TK_END;
}

static void skip_line(struct lexer *lx)
{
    const void *nl = memchr(lx->text + lx->pos, '\n', lx->len - lx->pos);
    lx->pos = nl ? (uint32_t)((const unsigned char *)nl - lx->text) + 1 : lx->len;
}

static bool at_dash_comment(const struct lexer *lx)
{
    if (byte_at(lx, lx->pos + 1) != '-') {
        return false;
    }
    unsigned char c = byte_at(lx, lx->pos + 2); /* 0 at the end */
    return c <= ' ' || c == 0x7f;
}

/* White space and comments before a token. TK_END: done; else a token made of a comment begins at *start. */
static enum token_kind skip_blank(struct lexer *lx, uint32_t *start)
{
    for (;;) {
        while (is_class(lx, lx->pos, BYTE_SPACE)) {
            lx->pos++;
        }
        unsigned char c = byte_at(lx, lx->pos);
        if (c == '#' || (c == '-' && at_dash_comment(lx))) {
            skip_line(lx);
        } else if (c == '/' && byte_at(lx, lx->pos + 1) == '*') {
            *start = lx->pos;
            enum token_kind kind = bracket_comment(lx);
            if (kind != TK_END) {
                return kind;
            }
        } else if (c == '*' && lx->in_version && byte_at(lx, lx->pos + 1) == '/') {
            *start = lx->pos;
            lx->pos += 2;
            lx->in_version = 0;
            return TK_VERSION_CLOSE;
        } else {
            return TK_END;
        }
    }
}

/* ---- quoted things ---- */

/* From behind an opening quote to behind its closing one; escapes: a backslash takes the next byte along. */
static bool scan_quoted(struct lexer *lx, uint32_t at, unsigned char quote, bool escapes)
{
    const unsigned char *p = lx->text + at, *end = lx->text + lx->len;
    while (p < end) {
        if (*p == quote) {
            if (p + 1 == end || p[1] != quote) {
                lx->pos = (uint32_t)(p + 1 - lx->text);
                return true;
            }
            p += 2;
        } else if (*p == '\\' && escapes) {
            p += 2;
        } else {
            p += *p >= 0x81 && lex_is_pair(p, end, lx->mode.charset) ? 2 : 1;
        }
    }
    return false;
}

static bool escapes_on(const struct lexer *lx)
{
    return !(lx->mode.flags & LEX_NO_BACKSLASH_ESCAPES);
}

static enum token_kind string_token(struct lexer *lx, uint32_t quote_at, enum token_kind kind)
{
    return scan_quoted(lx, quote_at + 1, lx->text[quote_at], escapes_on(lx)) ? kind : TK_ERROR;
}

/* x'41', b'01': only digits of their kind inside, and whole bytes for x. */
static enum token_kind digits_token(struct lexer *lx, bool hex)
{
    uint32_t at = lx->pos + 2, first = at;
    while (at < lx->len && (hex ? is_class(lx, at, BYTE_HEX) : (lx->text[at] | 1) == '1')) {
        at++;
    }
    if (byte_at(lx, at) != '\'' || (hex && (at - first) % 2)) {
        return TK_ERROR;
    }
    lx->pos = at + 1;
    return hex ? TK_HEX : TK_BIT;
}

/* $tag$ ... $tag$ of MySQL 9; TK_END: not one. */
static enum token_kind dollar_token(struct lexer *lx)
{
    uint32_t at = lx->pos + 1;
    while (is_class(lx, at, BYTE_IDENT) && lx->text[at] != '$') {
        at++;
    }
    if (lx->mode.dialect != LEX_MYSQL || lx->mode.version < 90000 || byte_at(lx, at) != '$') {
        return TK_END;
    }
    uint32_t tag = at + 1 - lx->pos;
    const unsigned char *end = lx->text + lx->len, *p = lx->text + at + 1;
    while ((p = memchr(p, '$', (size_t)(end - p))) && (size_t)(end - p) >= tag) {
        if (memcmp(p, lx->text + lx->pos, tag) == 0) {
            lx->pos = (uint32_t)(p - lx->text) + tag;
            return TK_STRING;
        }
        p++;
    }
    return TK_ERROR;
}

/* ---- words and numbers ---- */

static void scan_word(struct lexer *lx)
{
    const unsigned char *p = lx->text + lx->pos, *end = lx->text + lx->len;
    while (p < end && (lex_class[*p] & BYTE_IDENT)) {
        p += *p >= 0x81 && lex_is_pair(p, end, lx->mode.charset) ? 2 : 1;
    }
    lx->pos = (uint32_t)(p - lx->text);
}

/* Character sets that make an introducer of an underscore and their name. */
static bool is_charset_name(const char *s, uint32_t len)
{
    static const char *const names[] = {
        "utf8",  "utf8mb3",  "utf8mb4", "latin1", "latin2",   "latin5",  "latin7",  "ascii",  "binary",
        "ucs2",  "utf16",    "utf16le", "utf32",  "gbk",      "gb2312",  "gb18030", "sjis",   "cp932",
        "ujis",  "eucjpms",  "euckr",   "big5",   "cp1250",   "cp1251",  "cp1256",  "cp1257", "cp850",
        "cp852", "cp866",    "dec8",    "hp8",    "koi8r",    "koi8u",   "swe7",    "hebrew", "tis620",
        "greek", "armscii8", "keybcs2", "macce",  "macroman", "geostd8",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == len && strncasecmp(names[i], s, len) == 0) {
            return true;
        }
    }
    return false;
}

static enum token_kind word_token(struct lexer *lx, struct token *tok, bool plain)
{
    uint32_t start = lx->pos;
    scan_word(lx);
    lx->word_end = lx->pos;
    const char *s = (const char *)lx->text + start;
    uint32_t len = lx->pos - start;
    if (plain) {
        return TK_WORD;
    }
    if (*s == '_' && is_charset_name(s + 1, len - 1)) {
        return TK_INTRODUCER;
    }
    tok->word = (uint16_t)keyword_find(s, len);
    return TK_WORD;
}

static void scan_digits(struct lexer *lx)
{
    while (is_class(lx, lx->pos, BYTE_DIGIT)) {
        lx->pos++;
    }
}

/* At an e or E: is an exponent with digits there? Then goes behind it. */
static bool scan_exponent(struct lexer *lx)
{
    if ((byte_at(lx, lx->pos) | 0x20) != 'e') {
        return false;
    }
    uint32_t at = lx->pos + 1;
    if (byte_at(lx, at) == '+' || byte_at(lx, at) == '-') {
        at++;
    }
    if (!is_class(lx, at, BYTE_DIGIT)) {
        return false;
    }
    lx->pos = at;
    scan_digits(lx);
    return true;
}

/* 0x41 and 0b01, if no further character of a word follows. */
static bool scan_prefixed(struct lexer *lx)
{
    unsigned char form = byte_at(lx, lx->pos + 1);
    if (lx->text[lx->pos] != '0' || (form != 'x' && form != 'b')) {
        return false;
    }
    uint32_t at = lx->pos + 2, first = at;
    while (at < lx->len && (form == 'x' ? is_class(lx, at, BYTE_HEX) : (lx->text[at] | 1) == '1')) {
        at++;
    }
    if (at == first || is_class(lx, at, BYTE_IDENT)) {
        return false;
    }
    lx->pos = at;
    return true;
}

static enum token_kind number_token(struct lexer *lx, struct token *tok)
{
    uint32_t start = lx->pos;
    if (scan_prefixed(lx)) {
        return lx->text[start + 1] == 'x' ? TK_HEX : TK_BIT;
    }
    scan_digits(lx);
    if (scan_exponent(lx)) {
        return TK_FLOAT;
    }
    if (is_class(lx, lx->pos, BYTE_IDENT)) {
        lx->pos = start;
        return word_token(lx, tok, true);
    }
    if (byte_at(lx, lx->pos) != '.') {
        return TK_INT;
    }
    lx->pos++;
    scan_digits(lx);
    return scan_exponent(lx) ? TK_FLOAT : TK_DECIMAL;
}

/* A word, or a literal that begins like one. */
static enum token_kind letter_token(struct lexer *lx, struct token *tok)
{
    unsigned char c = lx->text[lx->pos], low = c | 0x20;
    bool quote = byte_at(lx, lx->pos + 1) == '\'';
    if (quote && (low == 'x' || low == 'b')) {
        return digits_token(lx, low == 'x');
    }
    if (quote && low == 'n') {
        return string_token(lx, lx->pos + 1, TK_NSTRING);
    }
    if (c == '$') {
        enum token_kind kind = dollar_token(lx);
        if (kind != TK_END) {
            return kind;
        }
    }
    return word_token(lx, tok, false);
}

/* ---- variables ---- */

static enum token_kind at_token(struct lexer *lx)
{
    uint32_t at = lx->pos + 1;
    unsigned char c = byte_at(lx, at);
    if (c == '@') {
        lx->pos = at + 1;
        return TK_ATAT;
    }
    if (c == '\'' || c == '"' || c == '`') {
        return scan_quoted(lx, at + 1, c, c != '`' && escapes_on(lx)) ? TK_USERVAR : TK_ERROR;
    }
    while (at < lx->len && (lx->text[at] == '.' || (lex_class[lx->text[at]] & BYTE_IDENT))) {
        at += lx->text[at] >= 0x81 && lex_is_pair(lx->text + at, lx->text + lx->len, lx->mode.charset) ? 2 : 1;
    }
    bool named = at > lx->pos + 1;
    lx->pos = at;
    return named ? TK_USERVAR : TK_AT;
}

/* ---- operators ---- */

static enum token_kind take(struct lexer *lx, uint32_t n, enum token_kind kind)
{
    lx->pos += n;
    return kind;
}

static enum token_kind less_token(struct lexer *lx)
{
    unsigned char a = byte_at(lx, lx->pos + 1), b = byte_at(lx, lx->pos + 2);
    switch (a) {
    case '=':
        return b == '>' ? take(lx, 3, TK_NULLSAFE_EQ) : take(lx, 2, TK_LE);
    case '>':
        return take(lx, 2, TK_NE);
    case '<':
        return take(lx, 2, TK_SHIFT_LEFT);
    default:
        return take(lx, 1, TK_LT);
    }
}

static enum token_kind greater_token(struct lexer *lx)
{
    switch (byte_at(lx, lx->pos + 1)) {
    case '=':
        return take(lx, 2, TK_GE);
    case '>':
        return take(lx, 2, TK_SHIFT_RIGHT);
    default:
        return take(lx, 1, TK_GT);
    }
}

static enum token_kind minus_token(struct lexer *lx)
{
    if (byte_at(lx, lx->pos + 1) != '>') {
        return take(lx, 1, TK_MINUS);
    }
    return byte_at(lx, lx->pos + 2) == '>' ? take(lx, 3, TK_ARROW_TEXT) : take(lx, 2, TK_ARROW);
}

static enum token_kind dot_token(struct lexer *lx, struct token *tok)
{
    if (lx->pos != lx->word_end && is_class(lx, lx->pos + 1, BYTE_DIGIT)) {
        return number_token(lx, tok);
    }
    lx->after_dot = is_class(lx, lx->pos + 1, BYTE_IDENT);
    return take(lx, 1, TK_DOT);
}

/* Pairs like && || or the single byte. */
static enum token_kind pair_token(struct lexer *lx, unsigned char second, enum token_kind two, enum token_kind one)
{
    return byte_at(lx, lx->pos + 1) == second ? take(lx, 2, two) : take(lx, 1, one);
}

static enum token_kind symbol_token(struct lexer *lx, struct token *tok)
{
    unsigned char c = lx->text[lx->pos];
    static const unsigned char single[128] = {
        ['('] = TK_LPAREN, [')'] = TK_RPAREN, [','] = TK_COMMA, [';'] = TK_SEMICOLON, ['{'] = TK_LBRACE,
        ['}'] = TK_RBRACE, ['+'] = TK_PLUS,   ['*'] = TK_STAR,  ['/'] = TK_SLASH,     ['%'] = TK_PERCENT,
        ['='] = TK_EQ,     ['^'] = TK_CARET,  ['~'] = TK_TILDE, ['?'] = TK_PARAM,
    };
    if (c < 128 && single[c]) {
        return take(lx, 1, (enum token_kind)single[c]);
    }
    switch (c) {
    case '\'':
        return string_token(lx, lx->pos, TK_STRING);
    case '"':
        if (lx->mode.flags & LEX_ANSI_QUOTES) {
            return scan_quoted(lx, lx->pos + 1, '"', false) ? TK_QUOTED : TK_ERROR;
        }
        return string_token(lx, lx->pos, TK_STRING);
    case '`':
        return scan_quoted(lx, lx->pos + 1, '`', false) ? TK_QUOTED : TK_ERROR;
    case '@':
        return at_token(lx);
    case '.':
        return dot_token(lx, tok);
    case '-':
        return minus_token(lx);
    case '<':
        return less_token(lx);
    case '>':
        return greater_token(lx);
    case '!':
        return pair_token(lx, '=', TK_NE, TK_BANG);
    case '&':
        return pair_token(lx, '&', TK_AND_AND, TK_AMP);
    case '|':
        return pair_token(lx, '|', TK_PIPE_PIPE, TK_PIPE);
    case ':':
        return pair_token(lx, '=', TK_ASSIGN, TK_COLON);
    case '\\': /* \N is NULL */
        if (byte_at(lx, lx->pos + 1) == 'N') {
            tok->word = KW_NULL;
            return take(lx, 2, TK_WORD);
        }
        return TK_ERROR;
    default:
        return TK_ERROR;
    }
}

/* May an optimizer hint follow this word? */
static bool takes_hint(const struct token *tok)
{
    switch (tok->word) {
    case KW_SELECT:
    case KW_INSERT:
    case KW_REPLACE:
    case KW_UPDATE:
    case KW_DELETE:
        return true;
    default:
        return false;
    }
}

/* At a byte that is not blank. */
static enum token_kind scan_token(struct lexer *lx, struct token *tok)
{
    unsigned char c = lx->text[lx->pos];
    bool plain = lx->after_dot;
    lx->after_dot = 0;
    if (!(lex_class[c] & BYTE_IDENT)) {
        return symbol_token(lx, tok);
    }
    if (plain) {
        return word_token(lx, tok, true);
    }
    return lex_class[c] & BYTE_DIGIT ? number_token(lx, tok) : letter_token(lx, tok);
}

enum token_kind lex_next(struct lexer *lx, struct token *tok)
{
    uint32_t before = lx->pos, start = before;
    enum token_kind kind = TK_END;
    tok->word = KW_NONE;
    if (before >= lx->len || lex_class[lx->text[before]] != (BYTE_IDENT | BYTE_ALPHA)) {
        kind = skip_blank(lx, &start);
    }
    if (kind == TK_END) {
        start = lx->pos;
        if (start < lx->len) {
            kind = scan_token(lx, tok);
            lx->begun = 1;
            lx->hint_next = takes_hint(tok) && kind == TK_WORD;
        } else if (lx->in_version) {
            kind = TK_ERROR;
        }
    }
    if (kind == TK_ERROR) {
        lx->pos = start;
    }
    tok->kind = (uint8_t)kind;
    tok->flags = start > before ? TOKEN_AFTER_SPACE : 0;
    tok->span = (struct span){start, lx->pos - start};
    return kind;
}

const char *token_kind_name(enum token_kind kind)
{
    static const char *const names[TK_KIND_COUNT] = {
        [TK_END] = "end",
        [TK_ERROR] = "error",
        [TK_WORD] = "word",
        [TK_QUOTED] = "quoted",
        [TK_INTRODUCER] = "introducer",
        [TK_INT] = "int",
        [TK_DECIMAL] = "decimal",
        [TK_FLOAT] = "float",
        [TK_STRING] = "string",
        [TK_NSTRING] = "nstring",
        [TK_HEX] = "hex",
        [TK_BIT] = "bit",
        [TK_PARAM] = "param",
        [TK_USERVAR] = "uservar",
        [TK_AT] = "at",
        [TK_ATAT] = "@@",
        [TK_HINT] = "hint",
        [TK_ROUTE_HINT] = "route-hint",
        [TK_VERSION_OPEN] = "version-open",
        [TK_VERSION_CLOSE] = "version-close",
        [TK_LPAREN] = "(",
        [TK_RPAREN] = ")",
        [TK_COMMA] = ",",
        [TK_DOT] = ".",
        [TK_SEMICOLON] = ";",
        [TK_COLON] = ":",
        [TK_LBRACE] = "{",
        [TK_RBRACE] = "}",
        [TK_PLUS] = "+",
        [TK_MINUS] = "-",
        [TK_STAR] = "*",
        [TK_SLASH] = "/",
        [TK_PERCENT] = "%",
        [TK_EQ] = "=",
        [TK_NULLSAFE_EQ] = "<=>",
        [TK_NE] = "<>",
        [TK_LT] = "<",
        [TK_LE] = "<=",
        [TK_GT] = ">",
        [TK_GE] = ">=",
        [TK_SHIFT_LEFT] = "<<",
        [TK_SHIFT_RIGHT] = ">>",
        [TK_AMP] = "&",
        [TK_AND_AND] = "&&",
        [TK_PIPE] = "|",
        [TK_PIPE_PIPE] = "||",
        [TK_CARET] = "^",
        [TK_TILDE] = "~",
        [TK_BANG] = "!",
        [TK_ASSIGN] = ":=",
        [TK_ARROW] = "->",
        [TK_ARROW_TEXT] = "->>",
    };
    return kind < TK_KIND_COUNT ? names[kind] : "?";
}
