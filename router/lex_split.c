/* Where one statement of a text ends and the next begins.
 *
 * A ';' ends a statement unless it is inside the body of a stored program, so what has to be followed is the nesting
 * of bodies, without a parse:
 *
 *   HEADER    CREATE ... PROCEDURE/FUNCTION/TRIGGER/EVENT/PACKAGE and what comes before its body
 *   COMPOUND  a body that began with BEGIN, IF, CASE, LOOP, ...: depth counts the open ones, each closed by an END
 *   PLAIN     everything else, also a body that is one simple statement
 *
 * BEGIN and CASE open wherever they stand; IF, LOOP, REPEAT, WHILE and FOR are statements only where one can begin (IF
 * and REPEAT are functions too, FOR has other uses). After END, the name of what it ends is skipped. THEN and ELSE
 * begin a statement unless the innermost open thing is a CASE expression. */
#include "router/lex.h"

enum state { PLAIN, UNKNOWN, HEADER, TRIGGER_HEADER, EVENT_HEADER, COMPOUND };

static bool opens_block(unsigned word)
{
    switch (word) {
    case KW_IF:
    case KW_LOOP:
    case KW_REPEAT:
    case KW_WHILE:
    case KW_FOR:
        return true;
    default:
        return false;
    }
}

/* Words that begin a simple statement as the whole body. */
static bool opens_simple(const struct lex_body *b, unsigned word)
{
    switch (word) {
    case KW_SET:
        return b->prev != KW_CHARACTER && b->prev != KW_CHAR && b->prev != KW_RETURNS;
    case KW_SELECT:
    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_REPLACE:
    case KW_CALL:
    case KW_RETURN:
    case KW_WITH:
    case KW_SIGNAL:
    case KW_TRUNCATE:
    case KW_DROP:
    case KW_ALTER:
        return true;
    default:
        return false;
    }
}

/* The first tokens of a statement: is it one with a body? */
static void first_words(struct lex_body *b, unsigned word)
{
    if (b->nth == 1) {
        b->first = (uint16_t)word;
        b->state = word == KW_CREATE || word == KW_ALTER || word == KW_BEGIN ? UNKNOWN : PLAIN;
        return;
    }
    if (b->first == KW_BEGIN) {
        b->state = word == KW_NOT ? COMPOUND : PLAIN;
        b->depth = 1;
        return;
    }
    switch (word) {
    case KW_PROCEDURE:
    case KW_FUNCTION:
    case KW_PACKAGE:
        b->state = b->first == KW_CREATE ? HEADER : PLAIN;
        break;
    case KW_TRIGGER:
        b->state = TRIGGER_HEADER;
        break;
    case KW_EVENT:
        b->state = EVENT_HEADER;
        break;
    case KW_TABLE:
    case KW_VIEW:
    case KW_INDEX:
    case KW_DATABASE:
    case KW_SCHEMA:
    case KW_USER:
    case KW_ROLE:
        b->state = PLAIN;
        break;
    default:
        break;
    }
}

/* In the header of a stored program: does its body begin here? */
static void header_word(struct lex_body *b, unsigned word)
{
    if (b->parens) {
        return;
    }
    if (b->state == TRIGGER_HEADER || b->state == EVENT_HEADER) { /* their bodies follow FOR EACH ROW, and DO */
        if (word == (b->state == EVENT_HEADER ? KW_DO : KW_ROW)) {
            b->state = HEADER;
        }
        return;
    }
    bool named = b->prev == KW_PROCEDURE || b->prev == KW_FUNCTION || b->prev == KW_PACKAGE; /* IF NOT EXISTS */
    if (word == KW_BEGIN || word == KW_CASE || (opens_block(word) && !named && b->prev != KW_EACH)) {
        b->state = COMPOUND;
        b->depth = 1;
        b->at_start = word == KW_BEGIN || word == KW_LOOP || word == KW_REPEAT;
    } else if (opens_simple(b, word)) {
        b->state = PLAIN;
    }
}

static bool in_case_expression(const struct lex_body *b)
{
    return b->depth < 64 && (b->expressions >> b->depth & 1);
}

static void open_block(struct lex_body *b, bool expression)
{
    b->depth++;
    if (b->depth < 64) {
        b->expressions &= ~(UINT64_C(1) << b->depth);
        b->expressions |= (uint64_t)expression << b->depth;
    }
}

static bool begins_statement_after(const struct lex_body *b, unsigned word)
{
    switch (word) {
    case KW_THEN:
    case KW_ELSE:
        return !in_case_expression(b);
    case KW_BEGIN:
    case KW_DO:
    case KW_LOOP:
    case KW_REPEAT:
        return true;
    default:
        return false;
    }
}

static void body_word(struct lex_body *b, unsigned word)
{
    bool after_end = b->prev == KW_END;
    if (word == KW_END) {
        if (b->prev != KW_XA && b->depth) {
            b->depth--;
        }
    } else if (!after_end && (word == KW_BEGIN || word == KW_CASE || (opens_block(word) && b->at_start))) {
        open_block(b, word == KW_CASE && !b->at_start);
    }
    b->at_start = !after_end && begins_statement_after(b, word);
}

bool lex_body_ends(struct lex_body *b, const struct token *tok)
{
    unsigned word = tok->kind == TK_WORD ? tok->word : KW_NONE;
    switch (tok->kind) {
    case TK_HINT:
    case TK_ROUTE_HINT:
    case TK_VERSION_OPEN:
    case TK_VERSION_CLOSE:
        return false;
    case TK_SEMICOLON:
        b->at_start = 1;
        b->prev = KW_NONE;
        return b->state != COMPOUND || b->depth == 0;
    case TK_LPAREN:
        b->parens++;
        break;
    case TK_RPAREN:
        b->parens -= b->parens > 0;
        break;
    case TK_COLON: /* label: LOOP */
        b->at_start = 1;
        b->prev = KW_NONE;
        return false;
    default:
        break;
    }
    if (b->nth < UINT16_MAX) {
        b->nth++;
    }
    if (b->nth == 1 || b->state == UNKNOWN) {
        first_words(b, word);
    } else if (b->state == COMPOUND) {
        body_word(b, word);
    } else if (b->state != PLAIN) {
        header_word(b, word);
    }
    b->prev = (uint16_t)word;
    return false;
}

bool lex_split(const char *text, uint32_t len, const struct lex_mode *mode, uint32_t *pos, struct span *stmt)
{
    if (*pos >= len) {
        return false;
    }
    struct lexer lx;
    struct token tok;
    struct lex_body body = {0};
    lex_init(&lx, text + *pos, len - *pos, mode);
    uint32_t base = *pos, first = UINT32_MAX, end = 0;
    for (;;) {
        lex_next(&lx, &tok);
        if (tok.kind == TK_END || tok.kind == TK_ERROR) {
            *pos = len;
            if (tok.kind == TK_ERROR) {
                end = len - base;
                first = first == UINT32_MAX ? tok.span.off : first;
            }
            break;
        }
        if (lex_body_ends(&body, &tok)) {
            *pos = base + span_end(tok.span);
            first = first == UINT32_MAX ? tok.span.off : first;
            end = end < first ? first : end;
            break;
        }
        first = first == UINT32_MAX ? tok.span.off : first;
        end = span_end(tok.span);
    }
    if (first == UINT32_MAX) {
        return false;
    }
    *stmt = (struct span){base + first, end - first};
    return true;
}
