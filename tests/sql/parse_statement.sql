set a = 1
=> tree (SET (var a #0=1))

set autocommit = 0
=> tree (SET (var autocommit #0=0))

set autocommit = on
=> tree (SET (var autocommit on))

set session autocommit = 1
=> tree (SET (var session autocommit #0=1))

set global max_connections = 100
=> tree (SET (var global max_connections #0=100))

set local sql_mode = ''
=> tree (SET (var session sql_mode #0=''))

set @@autocommit = 1
=> tree (SET (var session autocommit #0=1))

set @@session.autocommit = 1
=> tree (SET (var session autocommit #0=1))

set @@global.max_connections = 100
=> tree (SET (var global max_connections #0=100))

set @@local.sql_mode = 'ANSI'
=> tree (SET (var session sql_mode #0='ANSI'))

set @a = 1
=> tree (SET (uservar a #0=1) (facts var-write))

set @a := 1, @b = @a + 1
=> tree (SET (uservar a #0=1) (uservar b (+ @a #1=1)) (facts var-read var-write))

set @a = (select max(a) from t)
=> tree (SET (uservar a (subquery (SELECT (items (MAX (col a))) (from (table t))))) (facts aggregate var-write subquery))

set @`a b` = 1
=> tree (SET (uservar `a b` #0=1) (facts var-write))

set names utf8mb4
=> tree (SET (names utf8mb4))

set names 'utf8mb4'
=> tree (SET (names !'utf8mb4'))

set names utf8mb4 collate utf8mb4_bin
=> tree (SET (names utf8mb4 (collate utf8mb4_bin)))

set names default
=> tree (SET (names (DEFAULT)))

set names binary
=> tree (SET (names binary))

set character set utf8
=> tree (SET (charset utf8))

set character set default
=> tree (SET (charset (DEFAULT)))

set charset utf8
=> tree (SET (charset utf8))

set charset 'utf8'
=> tree (SET (charset !'utf8'))

set sql_mode = 'ANSI', time_zone = '+00:00', names utf8
=> tree (SET (var sql_mode #0='ANSI') (var time_zone #1='+00:00') (names utf8))

set sql_mode = concat(@@sql_mode, ',ANSI')
=> tree (SET (var sql_mode (CONCAT @@sql_mode #0=',ANSI')) (facts sysvar))

set sql_mode = default
=> tree (SET (var sql_mode (DEFAULT)))

set session sql_mode = default, global sort_buffer_size = 1000, @x = 1
=> tree (SET (var session sql_mode (DEFAULT)) (var global sort_buffer_size #0=1000) (uservar x #1=1) (facts var-write))

set character_set_results = null
=> tree (SET (var character_set_results NULL))

set character_set_client = utf8mb4
=> tree (SET (var character_set_client utf8mb4))

set tx_isolation = 'READ-COMMITTED'
=> tree (SET (var tx_isolation #0='READ-COMMITTED'))

set transaction isolation level read committed
=> tree (SET_TRANSACTION read-committed)

set session transaction isolation level repeatable read
=> tree (SET_TRANSACTION session repeatable-read)

set global transaction isolation level serializable
=> tree (SET_TRANSACTION global serializable)

set session transaction isolation level read uncommitted, read only
=> tree (SET_TRANSACTION session read-only read-uncommitted)

set transaction read only
=> tree (SET_TRANSACTION read-only)

set transaction read write
=> tree (SET_TRANSACTION read-write)

set local transaction isolation level read committed
=> tree (SET_TRANSACTION session read-committed)

set password = password('x')
=> tree (SET_PASSWORD)

set password for 'u'@'%' = 'x'
=> tree (SET_PASSWORD)

set role none
=> tree (SET_ROLE)

set default role r for u
=> tree (SET_ROLE)

set statement max_statement_time = 1 for select 1
=> tree (SET_STATEMENT (var max_statement_time #0=1) (SELECT (SELECT (items #1=1))))

set statement max_statement_time = 1, sort_buffer_size = 100000 for update t set a = 1
=> tree (SET_STATEMENT (var max_statement_time #0=1) (var sort_buffer_size #1=100000) (UPDATE (from (table t w)) (set (= (col a) #2=1))))

set persist max_connections = 10
=> tree (SET (var persist max_connections #0=10))

set persist_only max_connections = 10
=> tree (SET (var persist_only max_connections #0=10))

set @@persist.max_connections = 10
=> tree (SET (var persist max_connections #0=10))

set a
=> error 5 near '' at line 1

set a =
=> error 7 near '' at line 1

set = 1
=> error 4 near '= 1' at line 1

set a = 1,
=> error 10 near '' at line 1

set names
=> error 9 near '' at line 1

set session
=> error 11 near '' at line 1

use test
=> tree (USE (schema test))

use `test`
=> tree (USE (schema `test`))

use
=> error 3 near '' at line 1

start transaction
=> tree (BEGIN)

start transaction read only
=> tree (BEGIN read-only)

start transaction read write
=> tree (BEGIN read-write)

start transaction with consistent snapshot
=> tree (BEGIN snapshot)

start transaction with consistent snapshot, read only
=> tree (BEGIN read-only snapshot)

begin
=> tree (BEGIN)

begin work
=> tree (BEGIN)

commit
=> tree (COMMIT)

commit work
=> tree (COMMIT)

commit and chain
=> tree (COMMIT chain)

commit and no chain
=> tree (COMMIT no-chain)

commit release
=> tree (COMMIT release)

commit no release
=> tree (COMMIT no-release)

commit and no chain no release
=> tree (COMMIT no-chain no-release)

rollback
=> tree (ROLLBACK)

rollback work
=> tree (ROLLBACK)

rollback and chain
=> tree (ROLLBACK chain)

rollback to x
=> tree (ROLLBACK_TO (savepoint x))

rollback to savepoint x
=> tree (ROLLBACK_TO (savepoint x))

rollback work to savepoint x
=> tree (ROLLBACK_TO (savepoint x))

savepoint x
=> tree (SAVEPOINT (savepoint x))

release savepoint x
=> tree (RELEASE_SAVEPOINT (savepoint x))

xa start 'a'
=> tree (XA START (xid 'a'))

xa begin 'a', 'b', 1
=> tree (XA BEGIN (xid 'a', 'b', 1))

xa start 'a' join
=> tree (XA START (xid 'a'))

xa end 'a'
=> tree (XA END (xid 'a'))

xa end 'a' suspend for migrate
=> tree (XA END (xid 'a'))

xa prepare 'a'
=> tree (XA PREPARE (xid 'a'))

xa commit 'a' one phase
=> tree (XA COMMIT (xid 'a'))

xa commit 'a'
=> tree (XA COMMIT (xid 'a'))

xa rollback 'a'
=> tree (XA ROLLBACK (xid 'a'))

xa recover
=> tree (XA RECOVER)

xa recover convert xid
=> tree (XA RECOVER)

xa recover format='SQL'
=> tree (XA RECOVER)

lock tables t read
=> tree (LOCK_TABLES (table t lock))

lock table t write, u read local
=> tree (LOCK_TABLES (table t w lock) (table u lock))

lock tables t as x read, test.u low_priority write
=> tree (LOCK_TABLES (table t lock (as x)) (table test.u w lock))

unlock tables
=> tree (UNLOCK_TABLES)

unlock table
=> tree (UNLOCK_TABLES)

prepare s from 'select 1'
=> tree (PREPARE (name s) (from #0='select 1'))

prepare s from @a
=> tree (PREPARE (name s) (from @a) (facts var-read))

execute s
=> tree (EXECUTE (name s))

execute s using @a, @b
=> tree (EXECUTE (name s) (using @a @b) (facts var-read))

execute immediate 'select 1'
=> tree (EXECUTE_IMMEDIATE (from #0='select 1'))

execute immediate 'select ?' using 1
=> tree (EXECUTE_IMMEDIATE (from #0='select ?') (using #1=1))

deallocate prepare s
=> tree (DEALLOCATE (name s))

drop prepare s
=> tree (DEALLOCATE (name s))

kill 5
=> tree (KILL connection (id #0=5))

kill query 5
=> tree (KILL query (id #0=5))

kill connection 5
=> tree (KILL connection (id #0=5))

kill hard query 5
=> tree (KILL query (id #0=5))

kill soft connection 5
=> tree (KILL connection soft (id #0=5))

kill query id 5
=> tree (KILL query-id (id #0=5))

kill user foo
=> tree (KILL connection (user foo))

kill @a
=> tree (KILL connection (id @a) (facts var-read))

flush tables
=> tree (FLUSH)

flush tables t, u
=> tree (FLUSH (table t lock) (table u lock))

flush tables with read lock
=> tree (FLUSH)

flush local privileges
=> tree (FLUSH)

flush hosts, status
=> tree (FLUSH)

flush binary logs
=> tree (FLUSH)

analyze table t
=> tree (ANALYZE_TABLE (table t ddl))

analyze local table t, u
=> tree (ANALYZE_TABLE (table t ddl) (table u ddl))

analyze table t persistent for all
=> tree (ANALYZE_TABLE (table t ddl))

optimize table t
=> tree (OPTIMIZE_TABLE (table t ddl))

optimize no_write_to_binlog table t, u
=> tree (OPTIMIZE_TABLE (table t ddl) (table u ddl))

check table t quick
=> tree (CHECK_TABLE (table t))

repair table t
=> tree (REPAIR_TABLE (table t ddl))

checksum table t, u extended
=> tree (CHECKSUM_TABLE (table t) (table u))

show databases
=> tree (SHOW DATABASES)

show schemas like 'a%'
=> tree (SHOW DATABASES (like #0='a%'))

show databases where `database` = 'x'
=> tree (SHOW DATABASES (where (= (col `database`) #0='x')))

show tables
=> tree (SHOW TABLES)

show full tables
=> tree (SHOW TABLES full)

show tables from test
=> tree (SHOW TABLES (schema test))

show tables in test like 'x'
=> tree (SHOW TABLES (schema test) (like #0='x'))

show full tables from test where table_type = 'VIEW'
=> tree (SHOW TABLES full (schema test) (where (= (col table_type) #0='VIEW')))

show table status
=> tree (SHOW TABLE_STATUS)

show table status from test like 'x'
=> tree (SHOW TABLE_STATUS (schema test) (like #0='x'))

show open tables
=> tree (SHOW OPEN_TABLES)

show columns from t
=> tree (SHOW COLUMNS (of (table t)))

show full columns from t
=> tree (SHOW COLUMNS full (of (table t)))

show fields from t from test
=> tree (SHOW COLUMNS (of (table t)) (schema test))

show columns from test.t like 'a'
=> tree (SHOW COLUMNS (of (table test.t)) (like #0='a'))

show full fields in t in test where field = 'a'
=> tree (SHOW COLUMNS full (of (table t)) (schema test) (where (= (col field) #0='a')))

show index from t
=> tree (SHOW INDEX (of (table t)))

show indexes from t from test
=> tree (SHOW INDEX (of (table t)) (schema test))

show keys in t
=> tree (SHOW INDEX (of (table t)))

show index from t where key_name = 'PRIMARY'
=> tree (SHOW INDEX (of (table t)) (where (= (col key_name) #0='PRIMARY')))

show create table t
=> tree (SHOW CREATE_TABLE (of (table t)))

show create table test.t
=> tree (SHOW CREATE_TABLE (of (table test.t)))

show create view v
=> tree (SHOW CREATE_VIEW (of (table v)))

show create database test
=> tree (SHOW CREATE_DATABASE (object test))

show create schema if not exists test
=> tree (SHOW CREATE_DATABASE (object test))

show create procedure p
=> tree (SHOW CREATE_PROCEDURE (object p))

show create function f
=> tree (SHOW CREATE_FUNCTION (object f))

show create trigger tr
=> tree (SHOW CREATE_TRIGGER (object tr))

show create event e
=> tree (SHOW CREATE_EVENT (object e))

show create user u
=> tree (SHOW CREATE_USER (object u))

show create user 'u'@'%'
=> tree (SHOW CREATE_USER (object 'u'@'%'))

show create sequence s
=> tree (SHOW CREATE_SEQUENCE (of (table s)))

show triggers
=> tree (SHOW TRIGGERS)

show triggers from test like 'x'
=> tree (SHOW TRIGGERS (schema test) (like #0='x'))

show events
=> tree (SHOW EVENTS)

show events from test
=> tree (SHOW EVENTS (schema test))

show procedure status
=> tree (SHOW PROCEDURE_STATUS)

show procedure status like 'x'
=> tree (SHOW PROCEDURE_STATUS (like #0='x'))

show function status where db = 'test'
=> tree (SHOW FUNCTION_STATUS (where (= (col db) #0='test')))

show package status
=> tree (SHOW PACKAGE_STATUS)

show variables
=> tree (SHOW VARIABLES)

show variables like 'x'
=> tree (SHOW VARIABLES (like #0='x'))

show global variables like 'x'
=> tree (SHOW VARIABLES global (like #0='x'))

show session variables where variable_name = 'x'
=> tree (SHOW VARIABLES session (where (= (col variable_name) #0='x')))

show status
=> tree (SHOW STATUS)

show global status like 'x'
=> tree (SHOW STATUS global (like #0='x'))

show local status
=> tree (SHOW STATUS session)

show warnings
=> tree (SHOW WARNINGS)

show warnings limit 5
=> tree (SHOW WARNINGS (limit (count #0=5)))

show warnings limit 1, 2
=> tree (SHOW WARNINGS (limit (count #1=2) (offset #0=1)))

show errors
=> tree (SHOW ERRORS)

show errors limit 1
=> tree (SHOW ERRORS (limit (count #0=1)))

show count(*) warnings
=> tree (SHOW COUNT_WARNINGS)

show count(*) errors
=> tree (SHOW COUNT_ERRORS)

show processlist
=> tree (SHOW PROCESSLIST)

show full processlist
=> tree (SHOW PROCESSLIST full)

show engines
=> tree (SHOW ENGINES)

show storage engines
=> tree (SHOW ENGINES)

show engine innodb status
=> tree (SHOW ENGINE (object innodb status))

show plugins
=> tree (SHOW PLUGINS)

show privileges
=> tree (SHOW PRIVILEGES)

show grants
=> tree (SHOW GRANTS)

show grants for current_user
=> tree (SHOW GRANTS (object for current_user))

show grants for current_user()
=> tree (SHOW GRANTS (object for current_user()))

show grants for 'u'@'%'
=> tree (SHOW GRANTS (object for 'u'@'%'))

show character set
=> tree (SHOW CHARSET)

show charset like 'utf8%'
=> tree (SHOW CHARSET (like #0='utf8%'))

show collation
=> tree (SHOW COLLATION)

show collation where charset = 'utf8mb4'
=> tree (SHOW COLLATION (where (= (col charset) #0='utf8mb4')))

show profiles
=> tree (SHOW PROFILES)

show profile
=> tree (SHOW PROFILE)

show profile all for query 1
=> tree (SHOW PROFILE (object all for query 1))

show binary logs
=> tree (SHOW BINARY_LOGS)

show master status
=> tree (SHOW BINARY_LOG_STATUS)

show binlog events
=> tree (SHOW BINLOG_EVENTS)

show binlog events in 'x' from 4 limit 2
=> tree (SHOW BINLOG_EVENTS (object in 'x' from 4) (limit (count #2=2)))

show slave status
=> tree (SHOW REPLICA_STATUS)

show replica status
=> tree (SHOW REPLICA_STATUS)

show all slaves status
=> tree (SHOW REPLICA_STATUS (object status))

show slave hosts
=> tree (SHOW REPLICAS)

show authors
=> tree (SHOW OTHER (object authors))

show
=> error 4 near '' at line 1

show columns
=> error 12 near '' at line 1

show create
=> tree (SHOW CREATE_OTHER)

explain select 1
=> tree (EXPLAIN (SELECT (SELECT (items #0=1))))

explain extended select 1
=> tree (EXPLAIN (SELECT (SELECT (items #0=1))))

explain partitions select 1
=> tree (EXPLAIN (SELECT (SELECT (items #0=1))))

explain format=json select 1
=> tree (EXPLAIN (format json) (SELECT (SELECT (items #0=1))))

explain format=tree select 1
=> tree (EXPLAIN (format tree) (SELECT (SELECT (items #0=1))))

explain analyze select 1
=> tree (EXPLAIN analyze (SELECT (SELECT (items #0=1))))

explain insert into t values (1)
=> tree (EXPLAIN (INSERT (into (table t w)) (row #0=1)))

explain update t set a = 1
=> tree (EXPLAIN (UPDATE (from (table t w)) (set (= (col a) #0=1))))

explain delete from t
=> tree (EXPLAIN (DELETE (target t) (from (table t w))))

explain replace into t values (1)
=> tree (EXPLAIN (REPLACE (into (table t w)) (row #0=1)))

explain (select 1) union (select 2)
=> tree (EXPLAIN (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2)))) (facts set-operation))

explain with c as (select 1) select * from c
=> tree (EXPLAIN (SELECT (SELECT (items (star)) (from (cte c)) (with (cte c (SELECT (items #0=1)))))) (facts cte))

explain for connection 5
=> tree (EXPLAIN (connection #0=5))

explain t
=> tree (DESCRIBE (of (table t)))

explain t a
=> tree (DESCRIBE (of (table t)) (column a))

explain test.t 'a%'
=> tree (DESCRIBE (of (table test.t)) (column 'a%'))

describe t
=> tree (DESCRIBE (of (table t)))

describe t a
=> tree (DESCRIBE (of (table t)) (column a))

desc t
=> tree (DESCRIBE (of (table t)))

desc select 1
=> tree (EXPLAIN (SELECT (SELECT (items #0=1))))

describe select 1
=> tree (EXPLAIN (SELECT (SELECT (items #0=1))))

analyze select 1
=> tree (EXPLAIN analyze (SELECT (SELECT (items #0=1))))

analyze format=json select 1
=> tree (EXPLAIN analyze (format json) (SELECT (SELECT (items #0=1))))

create table t (a int)
=> tree (CREATE table (table t ddl) (column a (type int)))

create table if not exists t (a int)
=> tree (CREATE table if-not-exists (table t ddl) (column a (type int)))

create temporary table t (a int)
=> tree (CREATE table temporary (table t ddl) (column a (type int)))

create or replace table t (a int)
=> tree (CREATE table or-replace (table t ddl) (column a (type int)))

create table t (a int not null auto_increment primary key, b varchar(10) default 'x', c timestamp not null default current_timestamp on update current_timestamp)
=> tree (CREATE table (table t ddl) (column a (type int) not-null auto primary) (column b (type varchar(10))) (column c (type timestamp) not-null))

create table t (id bigint(20) unsigned not null auto_increment, a decimal(10,2) default 0.00, b enum('a','b') not null default 'a', c set('x','y'), d text character set utf8mb4 collate utf8mb4_bin, e double precision, f char varying(10), g national varchar(10), h tinyint(1) unsigned zerofill, primary key (id), key k (a), unique key u (b, c), fulltext key ft (d), constraint c1 check (a > 0), constraint fk foreign key (a) references u (b) on delete cascade on update set null, index using btree (a)) engine=InnoDB auto_increment=5 default charset=utf8mb4 collate=utf8mb4_bin comment='x' row_format=dynamic
=> tree (CREATE table (table t ddl) (column id (type bigint(20) unsigned) unsigned not-null auto) (column a (type decimal(10,2))) (column b (type enum('a','b')) not-null) (column c (type set('x','y'))) (column d (type text) (charset utf8mb4) (collate utf8mb4_bin)) (column e (type double precision)) (column f (type char varying(10))) (column g (type national varchar(10))) (column h (type tinyint(1) unsigned zerofill) unsigned) (primary (columns id)) (key (name k) (columns a)) (unique (name u) (columns b c)) (fulltext (name ft) (columns d)) (check (name c1)) (foreign (name fk) (columns a) (references (table u)) (referenced b)) (key (columns a)))

create table t (a int primary key, b int unique, c int unique key, d int comment 'primary key', e int default (1 + 2), f int generated always as (a + 1) stored, g int as (a + 1) virtual, h int references u (a))
=> tree (CREATE table (table t ddl) (column a (type int) primary) (column b (type int) unique) (column c (type int) unique) (column d (type int)) (column e (type int)) (column f (type int) generated) (column g (type int) generated) (column h (type int)))

create table t (a int, primary key (a) using btree comment 'x', key (a desc), unique (a), key `k` (a(10) asc) key_block_size=1)
=> tree (CREATE table (table t ddl) (column a (type int)) (primary (columns a)) (key (columns a)) (unique (columns a)) (key (name `k`) (columns a)))

create table t (a int) partition by hash (a) partitions 4
=> tree (CREATE table (table t ddl) (column a (type int)))

create table t (a int) engine=innodb partition by range (a) (partition p0 values less than (10), partition p1 values less than maxvalue)
=> tree (CREATE table (table t ddl) (column a (type int)))

create table t like u
=> tree (CREATE table (table t ddl) (like (table u)))

create table t (like u)
=> tree (CREATE table (table t ddl) (like (table u)))

create table t as select 1
=> tree (CREATE table (table t ddl) (SELECT (items #0=1)))

create table t select 1 as a
=> tree (CREATE table (table t ddl) (SELECT (items (as #0=1 a))))

create table t (a int) select 1 as a
=> tree (CREATE table (table t ddl) (column a (type int)) (SELECT (items (as #0=1 a))))

create table t (a int) engine=innodb as select 1 as a
=> tree (CREATE table (table t ddl) (column a (type int)) (SELECT (items (as #0=1 a))))

create table t (a int) ignore as select 1
=> tree (CREATE table (table t ddl) (column a (type int)) (SELECT (items #0=1)))

create table t (a int, primary key (a)) replace select 1 as a
=> tree (CREATE table (table t ddl) (column a (type int)) (primary (columns a)) (SELECT (items (as #0=1 a))))

create table t (a serial)
=> tree (CREATE table (table t ddl) (column a (type serial) not-null auto unique))

create table t (a int invisible, period for system_time (b, c)) with system versioning
=> tree (CREATE table (table t ddl) (column a (type int)))

create table t (a point not null, spatial index (a))
=> tree (CREATE table (table t ddl) (column a (type point) not-null) (spatial (columns a)))

create table t (a json check (json_valid(a)))
=> tree (CREATE table (table t ddl) (column a (type json)))

create table test.t (a int)
=> tree (CREATE table (table test.t ddl) (column a (type int)))

create table t (a int
=> error 21 near '' at line 1

create table (a int)
=> error 13 near '(a int)' at line 1

create unique index i on t (a)
=> tree (CREATE index unique (name i) (table t ddl))

create index i on t (a, b desc)
=> tree (CREATE index (name i) (table t ddl))

create index if not exists i on t (a(10)) using btree
=> tree (CREATE index if-not-exists (name i) (table t ddl))

create fulltext index i on t (a)
=> tree (CREATE index (name i) (table t ddl))

create index i using btree on test.t (a)
=> tree (CREATE index (name i) (table test.t ddl))

create view v as select 1
=> tree (CREATE view (table v ddl) (SELECT (items #0=1)))

create or replace view v (a, b) as select 1, 2
=> tree (CREATE view or-replace (table v ddl) (SELECT (items #0=1 #1=2)))

create or replace algorithm=merge definer='root'@'localhost' sql security invoker view test.v as select * from t with check option
=> tree (CREATE view or-replace (table test.v ddl) (SELECT (items (star)) (from (table t))))

create view v as select * from t with cascaded check option
=> tree (CREATE view (table v ddl) (SELECT (items (star)) (from (table t))))

create view v as (select 1) union (select 2)
=> tree (CREATE view (table v ddl) (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

create database d
=> tree (CREATE database (name d))

create schema if not exists d default character set utf8mb4 collate utf8mb4_bin
=> tree (CREATE database if-not-exists (name d))

create procedure p() select 1
=> tree (CREATE procedure (name p))

create procedure p() begin select 1; select 2; end
=> tree (CREATE procedure (name p))

create definer=root@localhost procedure test.p(in a int, out b int, inout c varchar(10)) comment 'x' deterministic begin declare x int default 0; if a > 0 then set b = 1; else set b = 2; end if; while x < 5 do set x = x + 1; end while; end
=> tree (CREATE procedure (schema test) (name p))

create function f(a int) returns int deterministic return a + 1
=> tree (CREATE function (name f))

create function f(a int) returns int begin return case a when 1 then 2 else 3 end; end
=> tree (CREATE function (name f))

create trigger tr before insert on t for each row set new.a = 1
=> tree (CREATE trigger (name tr) (table t ddl))

create trigger tr after update on t for each row begin insert into u values (new.a); end
=> tree (CREATE trigger (name tr) (table t ddl))

create event e on schedule every 1 day do delete from t
=> tree (CREATE event (name e))

create event e on schedule at now() do begin delete from t; end
=> tree (CREATE event (name e))

create user u
=> tree (CREATE user (name u))

create user 'u'@'%' identified by 'x'
=> tree (CREATE user)

create user if not exists u@localhost identified by 'x', v
=> tree (CREATE user if-not-exists (name u))

create role r
=> tree (CREATE role (name r))

create sequence s
=> tree (CREATE sequence (sequence s ddl))

create sequence if not exists s start with 1 increment by 2 cache 10
=> tree (CREATE sequence if-not-exists (sequence s ddl))

create server s foreign data wrapper mysql options (user 'x')
=> tree (CREATE server (name s))

alter table t add column a int
=> tree (ALTER table (table t ddl) (column a (type int)))

alter table t add a int first, add (b int, c int), add column d int after a
=> tree (ALTER table (table t ddl) (column a (type int)) (column b (type int)) (column c (type int)) (column d (type int)))

alter table t add index i (a), add unique u (b), add primary key (c), add constraint fk foreign key (a) references u (b), add fulltext (d)
=> tree (ALTER table (table t ddl) (key (name i) (columns a)) (unique (name u) (columns b)) (primary (columns c)) (foreign (name fk) (columns a) (references (table u)) (referenced b)) (fulltext (columns d)))

alter table t drop column a, drop index i, drop primary key, drop foreign key fk
=> tree (ALTER table (table t ddl))

alter table t modify a bigint not null, change b c varchar(10) default 'x', alter a set default 5
=> tree (ALTER table (table t ddl))

alter table t rename to u
=> tree (ALTER table (table t ddl) (table u ddl))

alter table t rename u
=> tree (ALTER table (table t ddl) (table u ddl))

alter table t rename as test.u
=> tree (ALTER table (table t ddl) (table test.u ddl))

alter table t rename column a to b, rename index i to j
=> tree (ALTER table (table t ddl))

alter table t engine=innodb, auto_increment=5, convert to character set utf8mb4, order by a
=> tree (ALTER table (table t ddl))

alter table t disable keys
=> tree (ALTER table (table t ddl))

alter table t add partition (partition p1 values less than (5))
=> tree (ALTER table (table t ddl))

alter ignore table t add a int
=> tree (ALTER table (table t ddl) (column a (type int)))

alter online table t add a int
=> tree (ALTER table (table t ddl) (column a (type int)))

alter table if exists t add column if not exists a int
=> tree (ALTER table if-exists (table t ddl) (column a (type int)))

alter table t truncate partition p0
=> tree (ALTER table (table t ddl))

alter table t
=> tree (ALTER table (table t ddl))

alter table t add check (a > 1), add column x int check (x > 0)
=> tree (ALTER table (table t ddl) (column x (type int)) (check))

alter table t comment = 'x'
=> tree (ALTER table (table t ddl))

alter table t force
=> tree (ALTER table (table t ddl))

alter database test character set utf8mb4
=> tree (ALTER database (name test))

alter database character set utf8
=> tree (ALTER database)

alter view v as select 1
=> tree (ALTER view (table v ddl) (SELECT (items #0=1)))

alter user u identified by 'x'
=> tree (ALTER user (name u))

alter sequence s restart
=> tree (ALTER sequence (sequence s ddl))

drop table t
=> tree (DROP table (table t ddl))

drop table if exists t, test.u
=> tree (DROP table if-exists (table t ddl) (table test.u ddl))

drop tables t
=> tree (DROP table (table t ddl))

drop temporary table t
=> tree (DROP table temporary (table t ddl))

drop temporary table if exists t cascade
=> tree (DROP table temporary if-exists (table t ddl))

drop view v
=> tree (DROP view (table v ddl))

drop view if exists v, w restrict
=> tree (DROP view if-exists (table v ddl) (table w ddl))

drop index i on t
=> tree (DROP index (name i) (table t ddl))

drop index `primary` on t
=> tree (DROP index (name `primary`) (table t ddl))

drop index if exists i on test.t
=> tree (DROP index if-exists (name i) (table test.t ddl))

drop database d
=> tree (DROP database (name d))

drop schema if exists d
=> tree (DROP database if-exists (name d))

drop procedure p
=> tree (DROP procedure (name p))

drop procedure if exists test.p
=> tree (DROP procedure if-exists (schema test) (name p))

drop function f
=> tree (DROP function (name f))

drop trigger tr
=> tree (DROP trigger (name tr))

drop trigger if exists test.tr
=> tree (DROP trigger if-exists (schema test) (name tr))

drop event e
=> tree (DROP event (name e))

drop user u, 'v'@'%'
=> tree (DROP user (name u))

drop role r
=> tree (DROP role (name r))

drop sequence s
=> tree (DROP sequence (sequence s ddl))

drop sequence if exists s, s2
=> tree (DROP sequence if-exists (sequence s ddl) (sequence s2 ddl))

rename table t to u
=> tree (RENAME table (table t ddl) (table u ddl))

rename table t to u, test.v to test.w
=> tree (RENAME table (table t ddl) (table u ddl) (table test.v ddl) (table test.w ddl))

rename user a to b
=> tree (RENAME user)

truncate t
=> tree (TRUNCATE table (table t ddl))

truncate table t
=> tree (TRUNCATE table (table t ddl))

truncate test.t
=> tree (TRUNCATE table (table test.t ddl))

grant select on *.* to u
=> tree (GRANT)

grant all privileges on test.* to 'u'@'%' identified by 'x' with grant option
=> tree (GRANT)

revoke select on test.t from u
=> tree (REVOKE)

get diagnostics @a = number
=> tree (GET_DIAGNOSTICS (facts var-write))

get diagnostics condition 1 @a = message_text
=> tree (GET_DIAGNOSTICS (facts var-write))

signal sqlstate '45000'
=> tree (SIGNAL)

signal sqlstate '45000' set message_text = 'x'
=> tree (SIGNAL)

resignal
=> tree (RESIGNAL)

help 'select'
=> tree (HELP)

reset query cache
=> tree (OTHER RESET QUERY CACHE)

purge binary logs to 'x'
=> tree (OTHER PURGE BINARY LOGS)

change master to master_host = 'x'
=> tree (OTHER CHANGE MASTER TO)

start slave
=> tree (OTHER START SLAVE)

stop slave
=> tree (OTHER STOP SLAVE)

install plugin x soname 'y'
=> tree (OTHER INSTALL PLUGIN)

uninstall plugin x
=> tree (OTHER UNINSTALL PLUGIN)

shutdown
=> tree (OTHER SHUTDOWN)

cache index t in c
=> tree (CACHE_INDEX)

load index into cache t
=> tree (LOAD_INDEX)

binlog 'x'
=> tree (OTHER BINLOG)

begin not atomic select 1; end
=> tree (COMPOUND)

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */
=> tree (SET (uservar OLD_CHARACTER_SET_CLIENT @@CHARACTER_SET_CLIENT) (facts var-write sysvar version-comment))

/*!40103 SET TIME_ZONE='+00:00' */
=> tree (SET (var TIME_ZONE #0='+00:00') (facts version-comment))

/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */
=> tree (SET (uservar OLD_UNIQUE_CHECKS @@UNIQUE_CHECKS) (var UNIQUE_CHECKS #0=0) (facts var-write sysvar version-comment))

/*!50503 SET character_set_client = utf8mb4 */
=> tree (SET (var character_set_client utf8mb4) (facts version-comment))

/*!40000 ALTER TABLE `t` DISABLE KEYS */
=> tree (ALTER table (table `t` ddl) (facts version-comment))

/*!50001 DROP VIEW IF EXISTS `v`*/
=> tree (DROP view if-exists (table `v` ddl) (facts version-comment))

/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */ /*!50001 VIEW `v` AS select 1 AS `a` */
=> tree (CREATE view (table `v` ddl) (SELECT (items (as #0=1 `a`))) (facts version-comment))

/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1 */
=> tree (CREATE trigger (name tr) (table t ddl) (facts version-comment))

/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */
=> tree (SET (uservar OLD_NOTE_VERBOSITY @@NOTE_VERBOSITY) (var NOTE_VERBOSITY #0=0) (facts var-write sysvar version-comment))

CREATE TABLE `t` (`id` int(11) NOT NULL AUTO_INCREMENT, `k` int(11) NOT NULL DEFAULT 0, PRIMARY KEY (`id`), KEY `k_1` (`k`)) ENGINE=InnoDB AUTO_INCREMENT=10001 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci
=> tree (CREATE table (table `t` ddl) (column `id` (type int(11)) not-null auto) (column `k` (type int(11)) not-null) (primary (columns `id`)) (key (name `k_1`) (columns `k`)))
