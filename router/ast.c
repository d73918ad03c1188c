/* Names of the tree's kinds, and the walker. Recursion is bounded: the parser bounds the height of every tree. */
#include "router/ast.h"

const char *stmt_kind_name(enum stmt_kind kind)
{
    static const char *const names[] = {
#define STMT(name) #name,
#include "router/stmt.def"
#undef STMT
    };
    return kind < STMT_KIND_COUNT ? names[kind] : "?";
}

const char *show_kind_name(enum show_kind kind)
{
    static const char *const names[] = {
#define SHOW(name) #name,
#include "router/show.def"
#undef SHOW
    };
    return kind < SHOW_KIND_COUNT ? names[kind] : "?";
}

const char *op_name(enum op op)
{
    static const char *const names[OP_COUNT] = {
        [OP_NONE] = "",
        [OP_OR] = "OR",
        [OP_XOR] = "XOR",
        [OP_AND] = "AND",
        [OP_NOT] = "NOT",
        [OP_EQ] = "=",
        [OP_NULLSAFE_EQ] = "<=>",
        [OP_NE] = "<>",
        [OP_LT] = "<",
        [OP_LE] = "<=",
        [OP_GT] = ">",
        [OP_GE] = ">=",
        [OP_REGEXP] = "REGEXP",
        [OP_SOUNDS_LIKE] = "SOUNDS-LIKE",
        [OP_MEMBER_OF] = "MEMBER-OF",
        [OP_BIT_OR] = "|",
        [OP_BIT_AND] = "&",
        [OP_BIT_XOR] = "^",
        [OP_SHIFT_LEFT] = "<<",
        [OP_SHIFT_RIGHT] = ">>",
        [OP_ADD] = "+",
        [OP_SUB] = "-",
        [OP_MUL] = "*",
        [OP_DIV] = "/",
        [OP_INT_DIV] = "DIV",
        [OP_MOD] = "%",
        [OP_NEG] = "neg",
        [OP_PLUS] = "plus",
        [OP_BIT_NOT] = "~",
        [OP_BANG] = "!",
        [OP_CONCAT] = "||",
        [OP_BINARY] = "BINARY",
        [OP_JSON] = "->",
        [OP_JSON_TEXT] = "->>",
    };
    return op < OP_COUNT ? names[op] : "?";
}

/* ---- walking ---- */

static bool walk_list(struct walker *w, struct expr_list *list)
{
    for (uint32_t i = 0; list && i < list->n; i++) {
        if (!walk_expr(w, list->v[i])) {
            return false;
        }
    }
    return true;
}

static bool walk_order(struct walker *w, struct order_list *list)
{
    for (uint32_t i = 0; list && i < list->n; i++) {
        if (!walk_expr(w, list->v[i].expr)) {
            return false;
        }
    }
    return true;
}

static bool walk_window(struct walker *w, struct window *win)
{
    return !win || (walk_list(w, win->partition) && walk_order(w, win->order));
}

/* What hangs on a node beside its args. */
static bool walk_attached(struct walker *w, struct expr *e)
{
    switch (e->kind) {
    case EX_IN:
    case EX_SUBQUERY:
    case EX_EXISTS:
    case EX_QUANTIFIED:
        return walk_query(w, e->query);
    case EX_FUNC:
        return walk_order(w, e->call->order) && walk_expr(w, e->call->separator) && walk_window(w, e->call->over);
    default:
        return true;
    }
}

bool walk_expr(struct walker *w, struct expr *e)
{
    if (!e) {
        return true;
    }
    enum walk answer = w->on_expr ? w->on_expr(w, e) : WALK_CONTINUE;
    if (answer != WALK_CONTINUE) {
        return answer == WALK_PRUNE;
    }
    for (uint32_t i = 0; i < e->nargs; i++) {
        if (!walk_expr(w, e->args[i])) {
            return false;
        }
    }
    return walk_attached(w, e);
}

bool walk_from(struct walker *w, struct from *f)
{
    if (!f) {
        return true;
    }
    enum walk answer = w->on_from ? w->on_from(w, f) : WALK_CONTINUE;
    if (answer != WALK_CONTINUE) {
        return answer == WALK_PRUNE;
    }
    if (f->table) {
        return walk_query(w, f->table->query) && walk_expr(w, f->table->call);
    }
    return walk_from(w, f->left) && walk_from(w, f->right) && walk_expr(w, f->on);
}

static bool walk_items(struct walker *w, struct select_item *item)
{
    for (; item; item = item->next) {
        if (!walk_expr(w, item->expr)) {
            return false;
        }
    }
    return true;
}

static bool walk_block(struct walker *w, struct block *b)
{
    if (!walk_items(w, b->items) || !walk_from(w, b->from) || !walk_expr(w, b->where) || !walk_order(w, b->group) ||
        !walk_expr(w, b->having)) {
        return false;
    }
    for (struct window *win = b->windows; win; win = win->next) {
        if (!walk_window(w, win)) {
            return false;
        }
    }
    return true;
}

static bool walk_with(struct walker *w, struct with *with)
{
    for (struct cte *c = with ? with->list : NULL; c; c = c->next) {
        if (!walk_query(w, c->query)) {
            return false;
        }
    }
    return true;
}

static bool walk_limit(struct walker *w, struct limit *l)
{
    return !l || (walk_expr(w, l->offset) && walk_expr(w, l->count) && walk_expr(w, l->rows_examined));
}

static bool walk_body(struct walker *w, struct query *q)
{
    if (q->block && !walk_block(w, q->block)) {
        return false;
    }
    for (uint32_t i = 0; i < q->nrows; i++) {
        if (!walk_list(w, q->rows[i])) {
            return false;
        }
    }
    return walk_query(w, q->left) && walk_query(w, q->right);
}

bool walk_query(struct walker *w, struct query *q)
{
    if (!q) {
        return true;
    }
    enum walk answer = w->on_query ? w->on_query(w, q) : WALK_CONTINUE;
    if (answer != WALK_CONTINUE) {
        return answer == WALK_PRUNE;
    }
    return walk_with(w, q->with) && walk_body(w, q) && walk_order(w, q->order) && walk_limit(w, q->limit) &&
           (!q->into || walk_list(w, q->into->vars));
}

static bool walk_assignments(struct walker *w, struct assignment *a)
{
    for (; a; a = a->next) {
        if (!walk_expr(w, a->target) || !walk_expr(w, a->value)) {
            return false;
        }
    }
    return true;
}

static bool walk_insert(struct walker *w, struct insert *i)
{
    if (!walk_list(w, i->columns)) {
        return false;
    }
    for (uint32_t r = 0; r < i->nrows; r++) {
        if (!walk_list(w, i->rows[r])) {
            return false;
        }
    }
    return walk_assignments(w, i->set) && walk_query(w, i->query) && walk_assignments(w, i->on_duplicate);
}

static bool walk_settings(struct walker *w, struct setting *v)
{
    for (; v; v = v->next) {
        if (!walk_expr(w, v->value) || !walk_expr(w, v->value2)) {
            return false;
        }
    }
    return true;
}

static bool walk_detail(struct walker *w, struct stmt *s)
{
    switch (s->kind) {
    case STMT_INSERT:
    case STMT_REPLACE:
        return walk_insert(w, s->insert);
    case STMT_UPDATE:
        return walk_from(w, s->update->from) && walk_assignments(w, s->update->set) && walk_expr(w, s->update->where) &&
               walk_order(w, s->update->order) && walk_limit(w, s->update->limit);
    case STMT_DELETE:
        return walk_from(w, s->delete_->from) && walk_expr(w, s->delete_->where) && walk_order(w, s->delete_->order) &&
               walk_limit(w, s->delete_->limit);
    case STMT_LOAD_DATA:
        return walk_list(w, s->load->columns) && walk_assignments(w, s->load->set);
    case STMT_CALL:
        return walk_list(w, s->call->args);
    case STMT_SHOW:
        return walk_expr(w, s->show->like) && walk_expr(w, s->show->where) && walk_limit(w, s->show->limit);
    case STMT_KILL:
        return walk_expr(w, s->kill->id);
    case STMT_PREPARE:
    case STMT_EXECUTE:
    case STMT_EXECUTE_IMMEDIATE:
        return walk_expr(w, s->prepare->from) && walk_list(w, s->prepare->using_);
    default:
        return walk_query(w, s->query);
    }
}

bool walk_stmt(struct walker *w, struct stmt *s)
{
    if (!walk_settings(w, s->settings) || !walk_with(w, s->with) || !walk_list(w, s->values) || !walk_detail(w, s)) {
        return false;
    }
    if (s->returning && !walk_items(w, s->returning->items)) {
        return false;
    }
    return !s->inner || walk_stmt(w, s->inner);
}
