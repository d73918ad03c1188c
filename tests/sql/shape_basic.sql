select c from sbtest1 where id=1
=> shape SELECT c FROM sbtest1 WHERE id = ?
=> literals int:1
=> digest SELECT c FROM sbtest1 WHERE id = ?

SELECT   c /* x */
FROM sbtest1 WHERE id = 99999 -- y
=> shape SELECT c FROM sbtest1 WHERE id = ?

select 'it''s', 'a' 'b' "c", x'41', 0x41, b'1', N'x', _utf8'x', -1, 1e3, .5, 5., --1, null, true
=> shape SELECT '?', '?', x'?', x'?', b'?', N'?', _utf8'?', - ?, ?, ?, ?, - - ?, NULL, TRUE
=> literals string:'it''s' string:'a' 'b' "c" hex:x'41' hex:0x41 bit:b'1' nstring:N'x' string:'x' int:1 float:1e3 decimal:.5 decimal:5. int:1

select a from t where b in (1, 2, 3) and c in ('a', null)
=> shape SELECT a FROM t WHERE b IN (?, ?, ?) AND c IN ('?', NULL)
=> digest SELECT a FROM t WHERE b IN (...) AND c IN (...)

select a from t where b in (1, 2, 3, 4) and (c, d) in ((1, 2), (3, 4))
=> shape SELECT a FROM t WHERE b IN (?, ?, ?, ?) AND (c, d) IN ((?, ?), (?, ?))
=> digest SELECT a FROM t WHERE b IN (...) AND (c, d) IN (...)

select a from t limit 5
=> shape SELECT a FROM t LIMIT ?L
=> literals limit:5

select a from t where b = 5
=> shape SELECT a FROM t WHERE b = ?

select a from t limit 5, 10
=> shape SELECT a FROM t LIMIT ?L, ?L

select a from t limit 10 offset 5
=> shape SELECT a FROM t LIMIT ?L OFFSET ?L

select a from t limit ?, ?
=> shape SELECT a FROM t LIMIT ?P, ?P

select a from t where b = ? limit 5
=> shape SELECT a FROM t WHERE b = ?P LIMIT ?L

select a, 1 from t order by 2, 1 desc, (1), a + 1, f(2, 3) limit 1
=> shape SELECT a, ? FROM t ORDER BY 2, 1 DESC, (1), a + ?, f(?, ?) LIMIT ?L
=> literals int:1 int:1 int:2 int:3 limit:1

select a from t group by 1, b having c > 1 order by 2
=> shape SELECT a FROM t GROUP BY 1, b HAVING c > ? ORDER BY 2

select (select b from u where c = 5 order by 2 limit 3) from t where d in (4, 5) order by 1
=> shape SELECT (SELECT b FROM u WHERE c = ? ORDER BY 2 LIMIT ?L) FROM t WHERE d IN (?, ?) ORDER BY 1

select cast(a as char(10)), cast(b as decimal(10, 2)), char(65, 66), left(c, 3)
=> shape SELECT cast(a AS CHAR (10)), cast(b AS DECIMAL (10, 2)), CHAR (65, 66), LEFT (c, ?)

select 1 as 'x', a 'y', (b) 'z', 2 'w' 'v', now() 'n'
=> shape SELECT ? AS 'x', a 'y', (b) 'z', ? 'w' 'v', now() 'n'
=> literals int:1 int:2

select date '2020-01-01', {ts '2020-01-01 00:00:00'}, interval '1' day
=> shape SELECT date '?', { ts '?' }, INTERVAL '?' day

select @a, @'b c', @@global.x, @a := 5
=> shape SELECT @a, @'b c', @@global.x, @a := ?

select /*+ max_execution_time(100) */ a from t where b = 1
=> shape SELECT /*+ max_execution_time(100) */ a FROM t WHERE b = ?

/* shardwire: shard=s1 */ select a from t where b = 1
=> shape /* shardwire: shard=s1 */ SELECT a FROM t WHERE b = ?

select /*!50000 a, */ b /*!99999 c */ from t
=> shape SELECT /*!50000 a, */ b FROM t

select count(*), count (*), t.*, t . a, t.`b` from t as `x`
=> shape SELECT count(*), count (*), t.*, t. a, t.`b` FROM t AS `x`

select Status, SELECT_x, a.Select from Limit1 where a like 'x' escape '!' and b between 1 and 2
=> shape SELECT Status, SELECT_x, a.Select FROM Limit1 WHERE a LIKE '?' escape '?' AND b BETWEEN ? AND ?

insert into t (a, b) values (1, 'x'), (-2, null), (+3, default)
=> shape INSERT INTO t (a, b) VALUES (?, '?'), (- ?, NULL), (+ ?, DEFAULT)
=> literals int:1 string:'x' int:2 int:3
=> digest INSERT INTO t (a, b) VALUES (...)

insert into t values (1, now()), (2, now())
=> digest INSERT INTO t VALUES (?, now()), (?, now())

update t set a = a - 1, b = 'x' where c = 5 and d = x'00'
=> shape UPDATE t SET a = a - ?, b = '?' WHERE c = ? AND d = x'?'
=> digest UPDATE t SET a = a - ?, b = ? WHERE c = ? AND d = ?

delete from t where a = 1; delete from t where a = 2
=> shape DELETE FROM t WHERE a = ?

create table t (a varchar(10) default 'x', b decimal(10, 2) default 1.5)
=> shape CREATE TABLE t (a VARCHAR (10) DEFAULT '?', b DECIMAL (10, 2) DEFAULT ?)

select 'a', 'b?', `?`, '?'
=> shape SELECT '?', '?', `?`, '?'
=> digest SELECT ?, ?, `?`, ?

call p(1, 'x', @a)
=> shape CALL p(?, '?', @a)

create user 'u'@'%' identified by 'secret'
=> shape CREATE user '?'@'%' identified BY '?'

select a from t where b in (?, ?, 3)
=> shape SELECT a FROM t WHERE b IN (?P, ?P, ?)
=> digest SELECT a FROM t WHERE b IN (...)

-- only a comment
=> shape empty

select 'abc
=> shape bad

select a from t offset 5 rows fetch next 10 rows only
=> shape SELECT a FROM t OFFSET ?L ROWS FETCH next ?L ROWS only

select a from t where b = 1 limit rows examined 10
=> shape SELECT a FROM t WHERE b = ? LIMIT ROWS examined ?L

-- mode: mariadb ansi_quotes

select "a", 'b' from "t" where "c" = 'd'
=> shape SELECT "a", '?' FROM "t" WHERE "c" = '?'

-- mode: mysql

select a->'$.x', b->>'$.y' from t where 5 member of ('[1]')
=> shape SELECT a -> '?', b ->> '?' FROM t WHERE ? member OF ('?')

select a from t offset where offset = 5
=> shape SELECT a FROM t offset WHERE offset = ?
