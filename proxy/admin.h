/* Admin SQL on the management port: the tables of the schema `mesh` by SELECT and SHOW, commands, and the questions
 * that clients ask of every MySQL.
 *
 *   admin_statement ─▶ first word ─▶ admin_command.c  RELOAD, SET, KILL, DRAIN …          answered at once
 *                                  ─▶ admin_show.c     SHOW, DESCRIBE ─▶ a SELECT ─┐
 *                                  ─▶ SELECT ─▶ admin_rewrite.c: MySQL to SQLite ──┴▶ admin_db.c ─▶ mesh_table.c
 *                                  ─▶ EXPLAIN ROUTE: as on the data port (query.c)
 *
 * It all runs on the admin worker's thread, one statement after the other, bounded in time, rows and memory.
 */
#ifndef PROXY_ADMIN_H
#define PROXY_ADMIN_H

struct admin;
struct request;

/* Answers q->sql on the admin worker; the parameters of a prepared statement are in q->params. */
void admin_statement(struct request *q);
/* COM_STMT_PREPARE and COM_FIELD_LIST there. */
void admin_prepare(struct request *q);
void admin_field_list(struct request *q);

void admin_free(struct admin *a); /* NULL is allowed */

#endif
