/* Which tokens are literals, and which of those are structure: see fingerprint.h. */
#include "router/fingerprint.h"

static uint64_t depth_bit(const struct literal_scan *s)
{
    return s->depth < 64 ? UINT64_C(1) << s->depth : 0;
}

/* Are we in a list after BY? Too deep to remember: then yes, which only keeps more in the shape. */
static bool in_by_list(const struct literal_scan *s)
{
    return s->depth >= 64 || (s->by & depth_bit(s));
}

/* After this word, is a string an alias (the word ends an operand), and not a value? */
static bool ends_operand(unsigned word, unsigned flags, const struct lex_mode *mode)
{
    if (flags & (KEYWORD_ENDS_OPERAND | KEYWORD_BEFORE_VALUE)) {
        return flags & KEYWORD_ENDS_OPERAND;
    }
    return !keyword_reserved((enum keyword)word, mode);
}

static void after_keyword(struct literal_scan *s, unsigned word, const struct lex_mode *mode)
{
    unsigned flags = keyword_flags((enum keyword)word);
    if (s->last == TK_END || word == KW_PASSWORD) {
        s->secrets |= word == KW_CREATE || word == KW_ALTER || word == KW_GRANT || word == KW_CHANGE ||
                      (word == KW_PASSWORD && s->word == KW_SET);
    }
    s->operand = s->last != TK_LBRACE && ends_operand(word, flags, mode);
    s->type = flags & KEYWORD_IS_TYPE ? 1 : 0;
    if (word == KW_BY) {
        s->by |= depth_bit(s);
        s->item = 1;
    } else if (flags & KEYWORD_ENDS_BY_LIST) {
        s->by &= ~depth_bit(s);
    }
    if (word == KW_LIMIT || word == KW_OFFSET || ((word == KW_FIRST || word == KW_NEXT) && s->word == KW_FETCH)) {
        s->limit = 1;
    } else if (word != KW_ROWS && word != KW_EXAMINED) {
        s->limit = 0;
    }
}

static void classify_word(struct literal_scan *s, const struct token *tok, const struct lex_mode *mode)
{
    s->item = 0;
    if (tok->word != KW_NONE) {
        after_keyword(s, tok->word, mode);
    } else {
        s->operand = s->last != TK_LBRACE;
        s->type = s->limit = 0;
    }
}

static enum literal_class classify_int(struct literal_scan *s)
{
    bool ordinal = s->item, length = s->type == 2, rows = s->limit == 1;
    s->item = 0;
    s->operand = 1;
    s->limit = rows ? 2 : 0;
    s->type = length ? 2 : 0;
    if (rows) {
        return LITERAL_ROWS;
    }
    return ordinal || length ? LITERAL_STRUCTURE : LITERAL_VALUE;
}

static enum literal_class classify_string(struct literal_scan *s)
{
    enum literal_class class = LITERAL_VALUE;
    if (s->joinable) {
        class = s->joinable == 2 ? LITERAL_STRUCTURE : LITERAL_JOINED;
    } else if (s->operand && !s->secrets) {
        class = LITERAL_STRUCTURE;
    }
    s->joinable = class == LITERAL_STRUCTURE ? 2 : 1;
    s->operand = 0;
    s->item = s->limit = s->type = 0;
    return class;
}

static void classify_other(struct literal_scan *s, enum token_kind kind)
{
    bool item = false, limit = false, type = false;
    s->operand = 0;
    switch (kind) {
    case TK_LPAREN:
        s->depth++;
        s->by &= ~depth_bit(s);
        item = s->item;
        type = s->type == 1;
        break;
    case TK_RPAREN:
        s->depth -= s->depth > 0;
        s->operand = 1;
        break;
    case TK_COMMA:
        item = in_by_list(s) && s->limit != 2;
        limit = s->limit == 2;
        type = s->type == 2;
        break;
    case TK_PARAM:
        s->operand = 1;
        s->limit = s->limit == 1 ? 2 : 0;
        s->item = s->type = 0;
        return;
    case TK_QUOTED:
    case TK_USERVAR:
    case TK_DECIMAL:
    case TK_FLOAT:
    case TK_HEX:
    case TK_BIT:
        s->operand = 1;
        break;
    default:
        break;
    }
    s->item = item;
    s->limit = limit;
    s->type = type ? 2 : 0;
}

static enum literal_class classify_token(struct literal_scan *s, const struct token *tok, const struct lex_mode *mode)
{
    switch (tok->kind) {
    case TK_WORD:
        classify_word(s, tok, mode);
        return LITERAL_NOT;
    case TK_INT:
        return classify_int(s);
    case TK_STRING:
        return classify_string(s);
    case TK_NSTRING:
        classify_other(s, TK_NSTRING);
        s->joinable = 1;
        return LITERAL_VALUE;
    case TK_DECIMAL:
    case TK_FLOAT:
    case TK_HEX:
    case TK_BIT:
        classify_other(s, (enum token_kind)tok->kind);
        return LITERAL_VALUE;
    case TK_HINT:
        return LITERAL_NOT;
    default:
        classify_other(s, (enum token_kind)tok->kind);
        return LITERAL_NOT;
    }
}

enum literal_class literal_classify(struct literal_scan *s, const struct token *tok, const struct lex_mode *mode)
{
    switch (tok->kind) { /* brackets of executed comments stand between tokens as white space does */
    case TK_VERSION_OPEN:
    case TK_VERSION_CLOSE:
    case TK_ROUTE_HINT:
        return LITERAL_NOT;
    default:
        break;
    }
    uint8_t joinable = s->joinable;
    enum literal_class class = classify_token(s, tok, mode);
    if (tok->kind != TK_STRING && tok->kind != TK_NSTRING && joinable) {
        s->joinable = 0;
    }
    s->last = tok->kind;
    s->word = tok->kind == TK_WORD ? tok->word : (uint16_t)KW_NONE;
    return class;
}
