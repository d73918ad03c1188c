select 'it''s', "it\"s", 'a' 'b', '\\', '', ''''
=> tokens kw:select string:'it''s' ,:, string:"it\"s" ,:, string:'a' string:'b' ,:, string:'\\' ,:, string:'' ,:, string:''''

select x'41', X'4a', 0x41, 0X41, 0xZZ, 0x, b'01', 0b1, 0b2, x''
=> tokens kw:select hex:x'41' ,:, hex:X'4a' ,:, hex:0x41 ,:, word:0X41 ,:, word:0xZZ ,:, word:0x ,:, bit:b'01' ,:, bit:0b1 ,:, word:0b2 ,:, hex:x''

select x'4'
=> tokens kw:select error:

select x'4g'
=> tokens kw:select error:

select b'12'
=> tokens kw:select error:

select n'a', N'a', _utf8'a', _latin1 'a', _foo'a', _binary x'00'
=> tokens kw:select nstring:n'a' ,:, nstring:N'a' ,:, introducer:_utf8 string:'a' ,:, introducer:_latin1 string:'a' ,:, word:_foo string:'a' ,:, introducer:_binary hex:x'00'

select 1 1.5 .5 5. 1e3 1e+3 1e-3 1e 1a 1.e5 1.5a 00
=> tokens kw:select int:1 decimal:1.5 decimal:.5 decimal:5. float:1e3 float:1e+3 float:1e-3 word:1e word:1a float:1.e5 decimal:1.5 word:a int:00

select t.1a, t.1, t . 5, t .5, t.5e3, t.select, t. select, `t`.1
=> tokens kw:select word:t .:. word:1a ,:, word:t .:. word:1 ,:, word:t .:. int:5 ,:, word:t decimal:.5 ,:, word:t .:. word:5e3 ,:, word:t .:. word:select ,:, word:t .:. kw:select ,:, quoted:`t` decimal:.1

select @a, @'b', @"c", @`d`, @a.b$_c, @, @@x, @@global.x, @@`x`, @a:=1
=> tokens kw:select uservar:@a ,:, uservar:@'b' ,:, uservar:@"c" ,:, uservar:@`d` ,:, uservar:@a.b$_c ,:, at:@ ,:, @@:@@ word:x ,:, @@:@@ kw:global .:. word:x ,:, @@:@@ quoted:`x` ,:, uservar:@a :=::= int:1

a := b -> '$' ->> '$' <=> <> != <= >= << >> < > = && || & | ^ ~ ! + - * / % ( ) , . ; : { } ?
=> tokens word:a :=::= word:b ->:-> string:'$' ->>:->> string:'$' <=>:<=> <>:<> <>:!= <=:<= >=:>= <<:<< >>:>> <:< >:> =:= &&:&& ||:|| &:& |:| ^:^ ~:~ !:! +:+ -:- *:* /:/ %:% (:( ):) ,:, .:. ;:; ::: {:{ }:} param:?

1--1, 1 -- 1
, 2 --
, 3 # x
, 4 /* c */ , 5 /**/ , 6
=> tokens int:1 -:- -:- int:1 ,:, int:1 ,:, int:2 ,:, int:3 ,:, int:4 ,:, int:5 ,:, int:6

select /*! 1 */ /*!50000 2 */ /*!50700 3 */ /*!99999 4 */ /*!100100 5 */ /*!999999 6 */ /*M! 7 */ /*M!100100 8 */ /*M!999999 9 */
=> tokens kw:select version-open:/*! int:1 version-close:*/ version-open:/*!50000 int:2 version-close:*/ version-open:/*!100100 int:5 version-close:*/ version-open:/*M! int:7 version-close:*/ version-open:/*M!100100 int:8 version-close:*/

select /*!99999 a /* nested */ b */ 1
=> tokens kw:select int:1

select /*!50000 a /* inner */ b */ 1
=> tokens kw:select version-open:/*!50000 word:a word:b version-close:*/ int:1

select /*+ hint */ 1 /*+ no hint */
=> tokens kw:select hint:/*+ hint */ int:1

update /*+ hint */ t set a = 1
=> tokens kw:update hint:/*+ hint */ word:t kw:set word:a =:= int:1

/* shardwire: shard=s0 */ /*SHARDWIRE:x*/ /* other */ select 1 /* shardwire: late */
=> tokens route-hint:/* shardwire: shard=s0 */ route-hint:/*SHARDWIRE:x*/ kw:select int:1

select 'abc
=> tokens kw:select error:

select `abc
=> tokens kw:select error:

select /* abc
=> tokens kw:select error:

select /*! abc
=> tokens kw:select version-open:/*! word:abc error:

select "a" from "b"
=> tokens kw:select string:"a" kw:from string:"b"

select `a``b`, ``
=> tokens kw:select quoted:`a``b` ,:, quoted:``

select \N, \n
=> tokens kw:select kw:\N ,:, error:

select {d '2020-01-01'}, {oj}
=> tokens kw:select {:{ word:d string:'2020-01-01' }:} ,:, {:{ kw:oj }:}

'u'@'h' u@h 'u'@`h` u@'%' @@
=> tokens string:'u' uservar:@'h' word:u uservar:@h string:'u' uservar:@`h` word:u uservar:@'%' @@:@@

select éa, ü from 日本
=> tokens kw:select word:éa ,:, word:ü kw:from word:日本

$a a$b $$x$$
=> tokens word:$a word:a$b word:$$x$$

-- mode: mariadb ansi_quotes

select "a""b", 'c', @"d"
=> tokens kw:select quoted:"a""b" ,:, string:'c' ,:, uservar:@"d"

-- mode: mariadb no_backslash_escapes

select 'a\', 'b', "c\"
=> tokens kw:select string:'a\' ,:, string:'b' ,:, string:"c\"

-- mode: mysql

select /*! 1 */ /*!50000 2 */ /*!50700 3 */ /*!99999 4 */ /*!080000 5 */ /*!100100 6 */ /*M! 7 */ /*M!100100 8 */
=> tokens kw:select version-open:/*! int:1 version-close:*/ version-open:/*!50000 int:2 version-close:*/ version-open:/*!50700 int:3 version-close:*/ version-open:/*!080000 int:5 version-close:*/

select $$ a ' b $$, $x$ c $$ d $x$, $y
=> tokens kw:select string:$$ a ' b $$ ,:, string:$x$ c $$ d $x$ ,:, word:$y

a b; c
=> split <a b> <c>

-- mode: mariadb

select 1; select 2
=> split <select 1> <select 2>

select 1;
=> split <select 1>

;; select 1;; -- end
=> split <> <> <select 1> <>

select ';', ";", `;`, /* ; */ 1 -- ;
; # ;
select 2
=> split <select ';', ";", `;`, /* ; */ 1> <select 2>

  /* shardwire: x */ select 1 /* a */ ; /*!50000 select 2 */ ;
=> split </* shardwire: x */ select 1> </*!50000 select 2 */>

begin; insert into t values (1); commit
=> split <begin> <insert into t values (1)> <commit>

create procedure p() begin select 1; select 2; end; select 3
=> split <create procedure p() begin select 1; select 2; end> <select 3>

create procedure p(in a int, out b char(10)) comment ';' begin if a then select 1; elseif b then select 2; else select 3; end if; while a do set a = 1; end while; repeat set a = repeat('x', 3); until a end repeat; l: loop leave l; end loop l; case a when 1 then select 1; else select 2; end case; end; select 9
=> split <create procedure p(in a int, out b char(10)) comment ';' begin if a then select 1; elseif b then select 2; else select 3; end if; while a do set a = 1; end while; repeat set a = repeat('x', 3); until a end repeat; l: loop leave l; end loop l; case a when 1 then select 1; else select 2; end case; end> <select 9>

create procedure p() select case when 1 then if(a, b, c) else if(d, e, f) end; select 2
=> split <create procedure p() select case when 1 then if(a, b, c) else if(d, e, f) end> <select 2>

create function f(a int) returns int return case a when 1 then 2 else 3 end; select 2
=> split <create function f(a int) returns int return case a when 1 then 2 else 3 end> <select 2>

create function f(a int) returns set('a','b') charset utf8 deterministic begin declare x int; set x = case when a then 1 else if(x, 1, 2) end; return x; end; select 2
=> split <create function f(a int) returns set('a','b') charset utf8 deterministic begin declare x int; set x = case when a then 1 else if(x, 1, 2) end; return x; end> <select 2>

create procedure if not exists p() if 1 then select 1; end if; select 2
=> split <create procedure if not exists p() if 1 then select 1; end if> <select 2>

create definer=`a`@`b` trigger tr before insert on t for each row begin set new.a = 1; set new.b = 2; end; select 2
=> split <create definer=`a`@`b` trigger tr before insert on t for each row begin set new.a = 1; set new.b = 2; end> <select 2>

create trigger tr after update on t for each row follows x set new.a = 1; select 2
=> split <create trigger tr after update on t for each row follows x set new.a = 1> <select 2>

create trigger tr after update on t for each row if new.a then set new.b = 1; end if; select 2
=> split <create trigger tr after update on t for each row if new.a then set new.b = 1; end if> <select 2>

create event e on schedule every 1 day do begin delete from t; end; select 2
=> split <create event e on schedule every 1 day do begin delete from t; end> <select 2>

create event e on schedule every 1 day do delete from t; select 2
=> split <create event e on schedule every 1 day do delete from t> <select 2>

/*!50003 create*/ /*!50020 definer=`a`@`b`*/ /*!50003 procedure p() begin select 1; end */; select 2
=> split </*!50003 create*/ /*!50020 definer=`a`@`b`*/ /*!50003 procedure p() begin select 1; end */> <select 2>

create table begin_t (a int); select 1; end
=> split <create table begin_t (a int)> <select 1> <end>

create or replace procedure p() begin begin select 1; end; begin select 2; end; end; select 3
=> split <create or replace procedure p() begin begin select 1; end; begin select 2; end; end> <select 3>

create procedure p() begin declare continue handler for not found set d = 1; for i in 1..10 do select i; end for; end; select 3
=> split <create procedure p() begin declare continue handler for not found set d = 1; for i in 1..10 do select i; end for; end> <select 3>

begin not atomic select 1; select 2; end; select 3
=> split <begin not atomic select 1; select 2; end> <select 3>

drop procedure p; create view v as select 1; select 'begin'; alter table t add a int
=> split <drop procedure p> <create view v as select 1> <select 'begin'> <alter table t add a int>

select 'abc; select 2
=> split <select 'abc; select 2>
