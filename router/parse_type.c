/* Types, as CAST and column definitions write them. */
#include "router/parse_int.h"

/* Words of a type behind its first: VARYING, PRECISION, UNSIGNED, ... */
static bool type_word(const struct parser *p)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_VARYING:
    case KW_PRECISION:
    case KW_CHAR:
    case KW_CHARACTER:
    case KW_VARCHAR:
    case KW_VARCHARACTER:
    case KW_INT:
    case KW_INTEGER:
    case KW_BINARY:
    case KW_VARBINARY:
        return !ahead_word(p, 1, KW_SET);
    default:
        return false;
    }
}

/* UNSIGNED, CHARACTER SET x, ASCII, ... */
static bool accept_type_attribute(struct parser *p, struct type_name *type)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_UNSIGNED:
    case KW_ZEROFILL:
        type->is_unsigned = true;
        break;
    case KW_SIGNED:
    case KW_ASCII:
    case KW_UNICODE:
    case KW_BYTE:
    case KW_BINARY:
    case KW_ARRAY:
        break;
    case KW_CHARACTER:
    case KW_CHAR:
    case KW_CHARSET: {
        struct span name;
        if (!accept_words(p, KW_CHARACTER, KW_SET) && !accept_words(p, KW_CHAR, KW_SET) &&
            !accept_word(p, KW_CHARSET)) {
            return false;
        }
        return accept_word(p, KW_BINARY) || parse_ident_or_text(p, &name);
    }
    case KW_COLLATE: {
        struct span name;
        advance(p);
        return accept_word(p, KW_BINARY) || parse_ident_or_text(p, &name);
    }
    default:
        return false;
    }
    advance(p);
    return true;
}

/* type = word {word} [ "(" ... ")" ] {attribute}; attributes: those of CAST too */
bool parse_type(struct parser *p, struct type_name *type, bool attributes)
{
    uint32_t start = here(p);
    type->word = p->tok->span;
    if (!at(p, TK_WORD)) {
        parse_fail(p);
        return false;
    }
    bool first_unsigned = at_word(p, KW_UNSIGNED);
    advance(p);
    while (type_word(p)) {
        advance(p);
    }
    if (at(p, TK_LPAREN)) {
        parse_skip_parens(p);
    }
    if (type_word(p) && !at_word(p, KW_BINARY)) {
        advance(p);
    }
    type->span = span_from(p, start);
    while (attributes && accept_type_attribute(p, type)) {
        type->span = span_from(p, start);
    }
    type->is_unsigned |= first_unsigned;
    return !p->error;
}
