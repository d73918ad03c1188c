insert into t values (1)
=> tree (INSERT (into (table t w)) (row #0=1))

insert into t value (1)
=> tree (INSERT (into (table t w)) (row #0=1))

insert t values (1)
=> tree (INSERT (into (table t w)) (row #0=1))

insert into t values (1, 'a', null, default)
=> tree (INSERT (into (table t w)) (row #0=1 #1='a' NULL (DEFAULT)))

insert into t values (1), (2), (3)
=> tree (INSERT (into (table t w)) (row #0=1) (row #1=2) (row #2=3))

insert into t () values ()
=> tree (INSERT (into (table t w)) (columns) (row))

insert into t values ()
=> tree (INSERT (into (table t w)) (row))

insert into t (a) values (1)
=> tree (INSERT (into (table t w)) (columns (col a)) (row #0=1))

insert into t (a, b) values (1, 2), (3, 4)
=> tree (INSERT (into (table t w)) (columns (col a) (col b)) (row #0=1 #1=2) (row #2=3 #3=4))

insert into t (t.a, test.t.b) values (1, 2)
=> tree (INSERT (into (table t w)) (columns (col t.a) (col test.t.b)) (row #0=1 #1=2))

insert into test.t (a) values (1 + 2)
=> tree (INSERT (into (table test.t w)) (columns (col a)) (row (+ #0=1 #1=2)))

insert ignore into t (a) values (1)
=> tree (INSERT IGNORE (into (table t w)) (columns (col a)) (row #0=1))

insert low_priority into t (a) values (1)
=> tree (INSERT (into (table t w)) (columns (col a)) (row #0=1))

insert high_priority ignore into t (a) values (1)
=> tree (INSERT IGNORE (into (table t w)) (columns (col a)) (row #0=1))

insert delayed into t (a) values (1)
=> tree (INSERT (into (table t w)) (columns (col a)) (row #0=1))

insert into t partition (p0, p1) (a) values (1)
=> tree (INSERT (into (table t w (partition p0 p1))) (columns (col a)) (row #0=1))

insert into t set a = 1
=> tree (INSERT (into (table t w)) (set (= (col a) #0=1)))

insert into t set a = 1, b = default, c = now()
=> tree (INSERT (into (table t w)) (set (= (col a) #0=1) (= (col b) (DEFAULT)) (= (col c) (NOW))) (facts nondeterministic))

insert into t select * from u
=> tree (INSERT (into (table t w)) (SELECT (items (star)) (from (table u))))

insert into t (a) select a from u where b = 1
=> tree (INSERT (into (table t w)) (columns (col a)) (SELECT (items (col a)) (from (table u)) (where (= (col b) #0=1))))

insert into t (select * from u)
=> tree (INSERT (into (table t w)) (SELECT (items (star)) (from (table u))))

insert into t (a) (select a from u)
=> tree (INSERT (into (table t w)) (columns (col a)) (SELECT (items (col a)) (from (table u))))

insert into t select 1 union select 2
=> tree (INSERT (into (table t w)) (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

insert into t (a) select 1 from dual where not exists (select 1 from t where a = 1)
=> tree (INSERT (into (table t w)) (columns (col a)) (SELECT (items #0=1) (from (dual dual)) (where (NOT (EXISTS (SELECT (items #1=1) (from (table t)) (where (= (col a) #2=1))))))) (facts subquery))

insert into t with c as (select 1) select * from c
=> tree (INSERT (into (table t w)) (SELECT (items (star)) (from (cte c)) (with (cte c (SELECT (items #0=1))))) (facts cte))

insert into t values (1) on duplicate key update a = 2
=> tree (INSERT (into (table t w)) (row #0=1) (on-duplicate (= (col a) #1=2)))

insert into t (a, b) values (1, 2) on duplicate key update a = values(a), b = b + values(b)
=> tree (INSERT (into (table t w)) (columns (col a) (col b)) (row #0=1 #1=2) (on-duplicate (= (col a) (VALUES (col a))) (= (col b) (+ (col b) (VALUES (col b))))))

insert into t (a) values (1) on duplicate key update a = value(a)
=> tree (INSERT (into (table t w)) (columns (col a)) (row #0=1) (on-duplicate (= (col a) (VALUES (col a)))))

insert into t (a) select a from u on duplicate key update a = u.a
=> tree (INSERT (into (table t w)) (columns (col a)) (SELECT (items (col a)) (from (table u))) (on-duplicate (= (col a) (col u.a))))

insert into t (a) values (1) as new on duplicate key update a = new.a
=> tree (INSERT (into (table t w)) (columns (col a)) (row #0=1) (as new) (on-duplicate (= (col a) (col new.a))))

insert into t (a, b) values (1, 2) as new (m, n) on duplicate key update a = m + n
=> tree (INSERT (into (table t w)) (columns (col a) (col b)) (row #0=1 #1=2) (as new) (on-duplicate (= (col a) (+ (col m) (col n)))))

insert into t set a = 1 on duplicate key update a = last_insert_id(a)
=> tree (INSERT (into (table t w)) (set (= (col a) #0=1)) (on-duplicate (= (col a) (LAST_INSERT_ID (col a)))) (facts last-insert-id session-function side-effect))

insert into t values (1) returning *
=> tree (INSERT (into (table t w)) (row #0=1) (returning (star)) (facts returning))

insert into t values (1) returning a, b as c
=> tree (INSERT (into (table t w)) (row #0=1) (returning (col a) (as (col b) c)) (facts returning))

insert into t (a) table u
=> tree (INSERT (into (table t w)) (columns (col a)) (TABLE (table u)))

insert into t values row(1, 2)
=> tree (INSERT (into (table t w)) (VALUES (row #0=1 #1=2)))

insert into t (a) values ((select max(a) from u))
=> tree (INSERT (into (table t w)) (columns (col a)) (row (subquery (SELECT (items (MAX (col a))) (from (table u))))) (facts aggregate subquery))

insert into t values (@a, @a := 5, ?)
=> tree (INSERT (into (table t w)) (row @a (:= @a #0=5) ?0) (facts var-read var-write))

insert into t (a) values (1)(2)
=> error 28 near '(2)' at line 1

insert into t (a, ) values (1)
=> tree (INSERT (into (table t w)) (columns (col a)) (row #0=1))

insert into t (a) values (1),
=> error 29 near '' at line 1

insert into t values (1,)
=> error 24 near ')' at line 1

insert into values (1)
=> error 12 near 'values (1)' at line 1

insert t
=> error 8 near '' at line 1

replace into t values (1)
=> tree (REPLACE (into (table t w)) (row #0=1))

replace into t (a) values (1), (2)
=> tree (REPLACE (into (table t w)) (columns (col a)) (row #0=1) (row #1=2))

replace into t set a = 1
=> tree (REPLACE (into (table t w)) (set (= (col a) #0=1)))

replace t select * from u
=> tree (REPLACE (into (table t w)) (SELECT (items (star)) (from (table u))))

replace low_priority into t values (1)
=> tree (REPLACE (into (table t w)) (row #0=1))

replace into t values (1) returning a
=> tree (REPLACE (into (table t w)) (row #0=1) (returning (col a)) (facts returning))

replace delayed into t values (1)
=> tree (REPLACE (into (table t w)) (row #0=1))

update t set a = 1
=> tree (UPDATE (from (table t w)) (set (= (col a) #0=1)))

update t set a = 1, b = b + 1 where c = 2
=> tree (UPDATE (from (table t w)) (set (= (col a) #0=1) (= (col b) (+ (col b) #1=1))) (where (= (col c) #2=2)))

update t set a = default where b = 1 order by c limit 5
=> tree (UPDATE (from (table t w)) (set (= (col a) (DEFAULT))) (where (= (col b) #0=1)) (order (col c)) (limit (count #1=5)))

update low_priority ignore t set a = 1
=> tree (UPDATE IGNORE (from (table t w)) (set (= (col a) #0=1)))

update t as x set x.a = 1
=> tree (UPDATE (from (table t w (as x))) (set (= (col x.a) #0=1)))

update t x set a = 1 where x.b = 1
=> tree (UPDATE (from (table t w (as x))) (set (= (col a) #0=1)) (where (= (col x.b) #1=1)))

update test.t set test.t.a = 1
=> tree (UPDATE (from (table test.t w)) (set (= (col test.t.a) #0=1)))

update t, u set t.a = u.b where t.c = u.c
=> tree (UPDATE (from (comma (table t w) (table u))) (set (= (col t.a) (col u.b))) (where (= (col t.c) (col u.c))) (facts multi-table))

update t join u on t.a = u.a set t.b = 1, u.b = 2
=> tree (UPDATE (from (join (table t w) (table u w) (on (= (col t.a) (col u.a))))) (set (= (col t.b) #0=1) (= (col u.b) #1=2)) (facts multi-table))

update t left join u using (a) set t.b = u.b where u.a is null
=> tree (UPDATE (from (left (table t w) (table u) (using a))) (set (= (col t.b) (col u.b))) (where (IS-NULL (col u.a))) (facts multi-table))

update t, (select 1 as a) x set t.a = x.a
=> tree (UPDATE (from (comma (table t w) (derived (SELECT (items (as #0=1 a))) (as x)))) (set (= (col t.a) (col x.a))) (facts derived multi-table))

update t set a = (select max(a) from u)
=> tree (UPDATE (from (table t w)) (set (= (col a) (subquery (SELECT (items (MAX (col a))) (from (table u)))))) (facts aggregate subquery))

update t set a = 1 where b in (select b from u)
=> tree (UPDATE (from (table t w)) (set (= (col a) #0=1)) (where (IN (col b) (SELECT (items (col b)) (from (table u))))) (facts subquery))

update t partition (p0) set a = 1
=> tree (UPDATE (from (table t w (partition p0))) (set (= (col a) #0=1)))

update t set a = a + 1 where id = 5 limit ?
=> tree (UPDATE (from (table t w)) (set (= (col a) (+ (col a) #0=1))) (where (= (col id) #1=5)) (limit (count ?0)))

with c as (select 1 as a) update t, c set t.a = c.a
=> tree (UPDATE (with (cte c (SELECT (items (as #0=1 a))))) (from (comma (table t w) (cte c))) (set (= (col t.a) (col c.a))) (facts cte multi-table))

update t set a := 1
=> tree (UPDATE (from (table t w)) (set (= (col a) #0=1)))

update t set
=> error 12 near '' at line 1

update t set a
=> error 14 near '' at line 1

update t a = 1
=> error 11 near '= 1' at line 1

update t set a = 1 were b = 2
=> error 19 near 'were b = 2' at line 1

update t set a = 1 where b = 2 foo
=> error 31 near 'foo' at line 1

delete from t
=> tree (DELETE (target t) (from (table t w)))

delete from t where a = 1
=> tree (DELETE (target t) (from (table t w)) (where (= (col a) #0=1)))

delete from t where a = 1 order by b limit 5
=> tree (DELETE (target t) (from (table t w)) (where (= (col a) #0=1)) (order (col b)) (limit (count #1=5)))

delete low_priority quick ignore from t where a = 1
=> tree (DELETE IGNORE QUICK (target t) (from (table t w)) (where (= (col a) #0=1)))

delete from t as x where x.a = 1
=> tree (DELETE (target t) (from (table t w (as x))) (where (= (col x.a) #0=1)))

delete from t x where x.a = 1
=> tree (DELETE (target t) (from (table t w (as x))) (where (= (col x.a) #0=1)))

delete from test.t where a = 1
=> tree (DELETE (target test.t) (from (table test.t w)) (where (= (col a) #0=1)))

delete from t partition (p0) where a = 1
=> tree (DELETE (target t) (from (table t w (partition p0))) (where (= (col a) #0=1)))

delete from t where a = 1 returning *
=> tree (DELETE (target t) (from (table t w)) (where (= (col a) #0=1)) (returning (star)) (facts returning))

delete t from t join u on t.a = u.a
=> tree (DELETE (target t) (from (join (table t w) (table u) (on (= (col t.a) (col u.a))))) (facts multi-table))

delete t, u from t join u on t.a = u.a where t.b = 1
=> tree (DELETE (target t) (target u) (from (join (table t w) (table u w) (on (= (col t.a) (col u.a))))) (where (= (col t.b) #0=1)) (facts multi-table))

delete t.* from t join u
=> tree (DELETE (target t.*) (from (join (table t w) (table u))) (facts multi-table))

delete test.t from test.t join test.u
=> tree (DELETE (target test.t) (from (join (table test.t w) (table test.u))) (facts multi-table))

delete from t using t join u on t.a = u.a
=> tree (DELETE (target t) (from (join (table t w) (table u) (on (= (col t.a) (col u.a))))) (facts multi-table))

delete from t, u using t join u where t.a = u.a
=> tree (DELETE (target t) (target u) (from (join (table t w) (table u w))) (where (= (col t.a) (col u.a))) (facts multi-table))

delete a from t as a
=> tree (DELETE (target a) (from (table t w (as a))) (facts multi-table))

delete a from t as a join u as b on a.a = b.a where b.b = 1
=> tree (DELETE (target a) (from (join (table t w (as a)) (table u (as b)) (on (= (col a.a) (col b.a))))) (where (= (col b.b) #0=1)) (facts multi-table))

with c as (select 1 as a) delete from t where a in (select a from c)
=> tree (DELETE (with (cte c (SELECT (items (as #0=1 a))))) (target t) (from (table t w)) (where (IN (col a) (SELECT (items (col a)) (from (cte c))))) (facts subquery cte))

delete from t where a in (select a from u)
=> tree (DELETE (target t) (from (table t w)) (where (IN (col a) (SELECT (items (col a)) (from (table u))))) (facts subquery))

delete from t limit ?
=> tree (DELETE (target t) (from (table t w)) (limit (count ?0)))

delete from t wher a = 1
=> error 19 near 'a = 1' at line 1

delete from t where
=> error 19 near '' at line 1

delete t where a = 1
=> error 9 near 'where a = 1' at line 1

delete from t limit 1, 2
=> tree (DELETE (target t) (from (table t w)) (limit (count #1=2) (offset #0=1)))

load data infile '/tmp/x' into table t
=> tree (LOAD_DATA (file '/tmp/x') (into (table t w)))

load data local infile '/tmp/x' into table t fields terminated by ',' enclosed by '"' escaped by '\\' lines terminated by '\n' ignore 1 lines
=> tree (LOAD_DATA LOCAL (file '/tmp/x') (into (table t w)))

load data low_priority local infile 'x' replace into table test.t partition (p0) character set utf8mb4 columns terminated by '\t' (a, @b, c) set d = @b + 1
=> tree (LOAD_DATA LOCAL REPLACE (file 'x') (into (table test.t w (partition p0))) (columns (col a) @b (col c)) (set (= (col d) (+ @b #2=1))) (facts var-read))

load data infile 'x' ignore into table t lines starting by 'x' (a)
=> tree (LOAD_DATA IGNORE (file 'x') (into (table t w)) (columns (col a)))

load xml local infile 'x' into table t rows identified by '<row>'
=> tree (LOAD_DATA LOCAL (file 'x') (into (table t w)))

call p
=> tree (CALL p)

call p()
=> tree (CALL p)

call p(1, @a, 'x')
=> tree (CALL p (args #0=1 @a #1='x') (facts var-read))

call test.p(1)
=> tree (CALL test.p (args #0=1))

do 1
=> tree (DO (values #0=1))

do sleep(0), get_lock('a', 0)
=> tree (DO (values (SLEEP #0=0) (GET_LOCK #1='a' #2=0)) (facts lock-function sleep session-function side-effect))

do release_lock('a')
=> tree (DO (values (RELEASE_LOCK #0='a')) (facts lock-function session-function side-effect))

handler t open
=> tree (HANDLER (table t lock))

handler t open as x
=> tree (HANDLER (table t lock (as x)))

handler t read first
=> tree (HANDLER (table t lock))

handler t read a = (1) where b = 2 limit 3
=> tree (HANDLER (table t lock))

handler t close
=> tree (HANDLER (table t lock))
