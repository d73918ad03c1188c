select 1
=> tree (SELECT (SELECT (items #0=1)))

select 1 from dual
=> tree (SELECT (SELECT (items #0=1) (from (dual dual))))

select * from t
=> tree (SELECT (SELECT (items (star)) (from (table t))))

select t.* from t
=> tree (SELECT (SELECT (items (star t)) (from (table t))))

select test.t.*, a from test.t
=> tree (SELECT (SELECT (items (star test.t) (col a)) (from (table test.t))))

select a, b as c, d e, f 'g', `h` from t
=> tree (SELECT (SELECT (items (col a) (as (col b) c) (as (col d) e) (as (col f) 'g') (col `h`)) (from (table t))))

select all a from t
=> tree (SELECT (SELECT (items (col a)) (from (table t))))

select distinct a from t
=> tree (SELECT (SELECT DISTINCT (items (col a)) (from (table t))))

select distinctrow a from t
=> tree (SELECT (SELECT DISTINCT (items (col a)) (from (table t))))

select straight_join a from t, u
=> tree (SELECT (SELECT STRAIGHT (items (col a)) (from (comma (table t) (table u)))))

select high_priority sql_small_result a from t
=> tree (SELECT (SELECT (items (col a)) (from (table t))))

select sql_no_cache a from t
=> tree (SELECT (SELECT (items (col a)) (from (table t))))

select sql_buffer_result a from t
=> tree (SELECT (SELECT (items (col a)) (from (table t))))

select sql_big_result distinct a from t group by a
=> tree (SELECT (SELECT DISTINCT (items (col a)) (from (table t)) (group (col a))))

select sql_calc_found_rows a from t limit 1
=> tree (SELECT (SELECT CALC_FOUND_ROWS (items (col a)) (from (table t)) (limit (count #0=1))) (facts calc-found-rows))

select a from t where b
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (where (col b))))

select a from t where (b)
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (where (col b))))

select a from t where ((b = 1))
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (where (= (col b) #0=1))))

select a from t group by a
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (group (col a))))

select a from t group by a desc
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (group (desc (col a)))))

select a from t group by a with rollup
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (group-rollup (col a))))

select a from t group by a, b having count(*) > 1
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (group (col a) (col b)) (having (> (COUNT *) #0=1))) (facts aggregate))

select a from t having a > 1
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (having (> (col a) #0=1))))

select a from t order by a, b desc, c asc
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (order (col a) (desc (col b)) (col c))))

select a from t order by 1
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (order !1)))

select a from t limit 5
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (limit (count #0=5))))

select a from t limit 5, 10
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (limit (count #1=10) (offset #0=5))))

select a from t limit 5 offset 10
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (limit (count #0=5) (offset #1=10))))

select a from t limit ? offset ?
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (limit (count ?0) (offset ?1))))

select a from t order by a limit 0
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (order (col a)) (limit (count #0=0))))

select a from t for update
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (for-update)) (facts locking))

select a from t lock in share mode
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (share-mode)) (facts locking))

select a from t for update nowait
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (for-update nowait)) (facts locking))

select a from t for update skip locked
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (for-update skip-locked)) (facts locking))

select a from t where a = 1 limit 1 for update
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (where (= (col a) #0=1)) (limit (count #1=1)) (for-update)) (facts locking))

select a into @x from t
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (into @x)) (facts var-write into))

select a from t into @x
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (into @x)) (facts var-write into))

select a, b into @x, @y from t limit 1
=> tree (SELECT (SELECT (items (col a) (col b)) (from (table t)) (limit (count #0=1)) (into @x @y)) (facts var-write into))

select a from t limit 1 into @x
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (limit (count #0=1)) (into @x)) (facts var-write into))

select a into outfile '/tmp/q' from t
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (outfile '/tmp/q')) (facts into))

select a into outfile '/tmp/q' character set utf8mb4 fields terminated by ',' optionally enclosed by '"' escaped by '\\' lines starting by 'x' terminated by '\n' from t
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (outfile '/tmp/q')) (facts into))

select a into dumpfile '/tmp/q' from t
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (dumpfile '/tmp/q')) (facts into))

select * from t a
=> tree (SELECT (SELECT (items (star)) (from (table t (as a)))))

select * from t as a
=> tree (SELECT (SELECT (items (star)) (from (table t (as a)))))

select * from test.t as a, u b
=> tree (SELECT (SELECT (items (star)) (from (comma (table test.t (as a)) (table u (as b))))))

select * from t, u, v
=> tree (SELECT (SELECT (items (star)) (from (comma (comma (table t) (table u)) (table v)))))

select * from t join u
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (table u)))))

select * from t join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t inner join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t cross join u
=> tree (SELECT (SELECT (items (star)) (from (cross (table t) (table u)))))

select * from t cross join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (cross (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t join u using (a)
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (table u) (using a)))))

select * from t join u using (a, b)
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (table u) (using a b)))))

select * from t left join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t left outer join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t right join u using (a)
=> tree (SELECT (SELECT (items (star)) (from (right (table t) (table u) (using a)))))

select * from t right outer join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (right (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t left join u
=> error 27 near '' at line 1

select * from t natural join u
=> tree (SELECT (SELECT (items (star)) (from (natural-join (table t) (table u)))))

select * from t natural inner join u
=> tree (SELECT (SELECT (items (star)) (from (natural-join (table t) (table u)))))

select * from t natural left join u
=> tree (SELECT (SELECT (items (star)) (from (natural-left (table t) (table u)))))

select * from t natural right outer join u
=> tree (SELECT (SELECT (items (star)) (from (natural-right (table t) (table u)))))

select * from t straight_join u
=> tree (SELECT (SELECT (items (star)) (from (straight (table t) (table u)))))

select * from t straight_join u on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (straight (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t left join (u cross join v) on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (cross (table u) (table v)) (on (= (col t.a) (col u.a)))))))

select * from t left join u left join v on u.a = v.a on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (left (table u) (table v) (on (= (col u.a) (col v.a)))) (on (= (col t.a) (col u.a)))))))

select * from t join u join v on u.a = v.a on t.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (join (table u) (table v) (on (= (col u.a) (col v.a)))) (on (= (col t.a) (col u.a)))))))

select * from t join u on t.a = u.a join v on v.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (join (join (table t) (table u) (on (= (col t.a) (col u.a)))) (table v) (on (= (col v.a) (col u.a)))))))

select * from (t, u)
=> tree (SELECT (SELECT (items (star)) (from (comma (table t) (table u)))))

select * from (t)
=> tree (SELECT (SELECT (items (star)) (from (table t))))

select * from ((t))
=> tree (SELECT (SELECT (items (star)) (from (table t))))

select * from (t join u on t.a = u.a)
=> tree (SELECT (SELECT (items (star)) (from (join (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from (t join u on t.a = u.a) left join v on v.a = t.a
=> tree (SELECT (SELECT (items (star)) (from (left (join (table t) (table u) (on (= (col t.a) (col u.a)))) (table v) (on (= (col v.a) (col t.a)))))))

select * from { oj t left outer join u on t.a = u.a }
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (table u) (on (= (col t.a) (col u.a)))))))

select * from t a join t b on a.a = b.a, u c left join v d on c.a = d.a
=> tree (SELECT (SELECT (items (star)) (from (comma (join (table t (as a)) (table t (as b)) (on (= (col a.a) (col b.a)))) (left (table u (as c)) (table v (as d)) (on (= (col c.a) (col d.a))))))))

select * from t full join u
=> tree (SELECT (SELECT (items (star)) (from (join (table t (as full)) (table u)))))

select * from t full outer join u on t.a = u.a
=> error 21 near 'outer join u on t.a = u.a' at line 1

select * from (select 1) x
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items #0=1)) (as x)))) (facts derived))

select * from (select 1 as a) as x
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items (as #0=1 a))) (as x)))) (facts derived))

select * from (select 1 as a, 2 as b) as x (c, d)
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items (as #0=1 a) (as #1=2 b))) (as x) (columns c d)))) (facts derived))

select * from (select a from t where b = 1 order by a limit 5) x join u on x.a = u.a
=> tree (SELECT (SELECT (items (star)) (from (join (derived (SELECT (items (col a)) (from (table t)) (where (= (col b) #0=1)) (order (col a)) (limit (count #1=5))) (as x)) (table u) (on (= (col x.a) (col u.a)))))) (facts derived))

select * from (select 1 union select 2) x
=> tree (SELECT (SELECT (items (star)) (from (derived (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (as x)))) (facts set-operation derived))

select * from ((select 1) union (select 2)) x
=> tree (SELECT (SELECT (items (star)) (from (derived (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (as x)))) (facts set-operation derived))

select * from ((select 1)) x
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items #0=1)) (as x)))) (facts derived))

select * from (select * from (select * from (select 1) a) b) c
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items (star)) (from (derived (SELECT (items (star)) (from (derived (SELECT (items #0=1)) (as a)))) (as b)))) (as c)))) (facts derived))

select * from (select 1)
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items #0=1))))) (facts derived))

select * from t partition (p0)
=> tree (SELECT (SELECT (items (star)) (from (table t (partition p0)))))

select * from t partition (p0, p1) as a
=> tree (SELECT (SELECT (items (star)) (from (table t (as a) (partition p0 p1)))))

select * from t use index (a)
=> tree (SELECT (SELECT (items (star)) (from (table t (hints use index (a))))))

select * from t use index ()
=> tree (SELECT (SELECT (items (star)) (from (table t (hints use index ())))))

select * from t force index (a, b)
=> tree (SELECT (SELECT (items (star)) (from (table t (hints force index (a, b))))))

select * from t ignore index (a)
=> tree (SELECT (SELECT (items (star)) (from (table t (hints ignore index (a))))))

select * from t ignore key (primary)
=> tree (SELECT (SELECT (items (star)) (from (table t (hints ignore key (primary))))))

select * from t use index for join (a)
=> tree (SELECT (SELECT (items (star)) (from (table t (hints use index for join (a))))))

select * from t use index for order by (a) use index for group by (b)
=> tree (SELECT (SELECT (items (star)) (from (table t (hints use index for order by (a) use index for group by (b))))))

select * from t as x use index (a) ignore index (b)
=> tree (SELECT (SELECT (items (star)) (from (table t (as x) (hints use index (a) ignore index (b))))))

select * from t use index (a), u force index (b)
=> tree (SELECT (SELECT (items (star)) (from (comma (table t (hints use index (a))) (table u (hints force index (b)))))))

select (select 1)
=> tree (SELECT (SELECT (items (subquery (SELECT (items #0=1))))) (facts subquery))

select (select a from t limit 1) as x
=> tree (SELECT (SELECT (items (as (subquery (SELECT (items (col a)) (from (table t)) (limit (count #0=1)))) x))) (facts subquery))

select ((select 1))
=> tree (SELECT (SELECT (items (subquery (SELECT (items #0=1))))) (facts subquery))

select (((select 1)))
=> tree (SELECT (SELECT (items (subquery (SELECT (items #0=1))))) (facts subquery))

select (select 1) + 1
=> tree (SELECT (SELECT (items (+ (subquery (SELECT (items #0=1))) #1=1))) (facts subquery))

select ((select 1) + 1)
=> tree (SELECT (SELECT (items (+ (subquery (SELECT (items #0=1))) #1=1))) (facts subquery))

select ((select 1), 2) = (1, 2)
=> tree (SELECT (SELECT (items (= (row (subquery (SELECT (items #0=1))) #1=2) (row #2=1 #3=2)))) (facts subquery))

select 1 from t where a = (select max(a) from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (= (col a) (subquery (SELECT (items (MAX (col a))) (from (table u))))))) (facts aggregate subquery))

select 1 from t where a in (select a from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (IN (col a) (SELECT (items (col a)) (from (table u)))))) (facts subquery))

select 1 from t where a not in (select a from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (NOT-IN (col a) (SELECT (items (col a)) (from (table u)))))) (facts subquery))

select 1 from t where (a, b) in (select a, b from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (IN (row (col a) (col b)) (SELECT (items (col a) (col b)) (from (table u)))))) (facts subquery))

select 1 from t where (a, b) = (select a, b from u limit 1)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (= (row (col a) (col b)) (subquery (SELECT (items (col a) (col b)) (from (table u)) (limit (count #1=1))))))) (facts subquery))

select 1 from t where exists (select 1 from u where u.a = t.a)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (EXISTS (SELECT (items #1=1) (from (table u)) (where (= (col u.a) (col t.a))))))) (facts subquery))

select 1 from t where not exists (select * from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (NOT (EXISTS (SELECT (items (star)) (from (table u))))))) (facts subquery))

select 1 from t where a > all (select a from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (>(-ALL (col a) (SELECT (items (col a)) (from (table u))))))) (facts subquery))

select 1 from t where a = any (select a from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (=(-ANY (col a) (SELECT (items (col a)) (from (table u))))))) (facts subquery))

select 1 from t where a <> some (select a from u)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (<>(-ANY (col a) (SELECT (items (col a)) (from (table u))))))) (facts subquery))

select 1 from t where a in ((select 1), 2)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (IN (col a) (subquery (SELECT (items #1=1))) #2=2))) (facts subquery))

select 1 from t where row(a, b) = row(1, 2)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (= (row (col a) (col b)) (row #1=1 #2=2)))))

select 1 from t where (a, b) in ((1, 2), (3, 4))
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (IN (row (col a) (col b)) (row #1=1 #2=2) (row #3=3 #4=4)))))

select 1 from t where (a, b) > (1, 2)
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (> (row (col a) (col b)) (row #1=1 #2=2)))))

select 1 union select 2
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 union all select 2
=> tree (SELECT (UNION ALL (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 union distinct select 2
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 union select 2 union all select 3
=> tree (SELECT (UNION ALL (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (SELECT (items #2=3))) (facts set-operation))

select 1 intersect select 2
=> tree (SELECT (INTERSECT (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 except select 2
=> tree (SELECT (EXCEPT (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 except all select 2
=> tree (SELECT (EXCEPT ALL (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 intersect all select 2
=> tree (SELECT (INTERSECT ALL (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 union select 2 intersect select 3
=> tree (SELECT (UNION (SELECT (items #0=1)) (INTERSECT (SELECT (items #1=2)) (SELECT (items #2=3)))) (facts set-operation))

(select 1) union (select 2)
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

(select 1)
=> tree (SELECT (SELECT (items #0=1)))

((select 1))
=> tree (SELECT (SELECT (items #0=1)))

(((select 1)) union (select 2))
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

(select 1 limit 1) union all (select 2 order by 1) order by 1 limit 2
=> tree (SELECT (UNION ALL (SELECT (items #0=1) (limit (count #1=1))) (SELECT (items #2=2) (order !1)) (order !1) (limit (count #3=2))) (facts set-operation))

(select 1) limit 1
=> tree (SELECT (parens (SELECT (items #0=1)) (limit (count #1=1))))

(select 1) order by 1
=> tree (SELECT (parens (SELECT (items #0=1)) (order !1)))

(select a from t limit 3) limit 1
=> tree (SELECT (parens (SELECT (items (col a)) (from (table t)) (limit (count #0=3))) (limit (count #1=1))))

((select 1) limit 2) limit 1
=> tree (SELECT (parens (parens (SELECT (items #0=1)) (limit (count #1=2))) (limit (count #2=1))))

(select 1) union select 2
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 union (select 2)
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2))) (facts set-operation))

select 1 union (select 2 union select 3)
=> tree (SELECT (UNION (SELECT (items #0=1)) (UNION (SELECT (items #1=2)) (SELECT (items #2=3)))) (facts set-operation))

select a from t union select b from u order by 1 limit 5
=> tree (SELECT (UNION (SELECT (items (col a)) (from (table t))) (SELECT (items (col b)) (from (table u))) (order !1) (limit (count #0=5))) (facts set-operation))

select 1 union select 2 for update
=> tree (SELECT (UNION (SELECT (items #0=1)) (SELECT (items #1=2)) (for-update)) (facts locking set-operation))

select * from (select 1 union (select 2 limit 1) limit 3) x
=> tree (SELECT (SELECT (items (star)) (from (derived (UNION (SELECT (items #0=1)) (SELECT (items #1=2) (limit (count #2=1))) (limit (count #3=3))) (as x)))) (facts set-operation derived))

with c as (select 1) select * from c
=> tree (SELECT (SELECT (items (star)) (from (cte c)) (with (cte c (SELECT (items #0=1))))) (facts cte))

with c as (select 1 as a), d as (select * from c) select * from c, d
=> tree (SELECT (SELECT (items (star)) (from (comma (cte c) (cte d))) (with (cte c (SELECT (items (as #0=1 a)))) (cte d (SELECT (items (star)) (from (cte c)))))) (facts cte))

with c (a, b) as (select 1, 2) select * from c
=> tree (SELECT (SELECT (items (star)) (from (cte c)) (with (cte c (columns a b) (SELECT (items #0=1 #1=2))))) (facts cte))

with recursive c as (select 1 as n union all select n + 1 from c where n < 5) select * from c
=> tree (SELECT (SELECT (items (star)) (from (cte c)) (with-recursive (cte c (UNION ALL (SELECT (items (as #0=1 n))) (SELECT (items (+ (col n) #1=1)) (from (cte c)) (where (< (col n) #2=5))))))) (facts cte set-operation))

with recursive c (n) as (select 1 union all select n + 1 from c where n < 5) select * from c limit 3
=> tree (SELECT (SELECT (items (star)) (from (cte c)) (with-recursive (cte c (columns n) (UNION ALL (SELECT (items #0=1)) (SELECT (items (+ (col n) #1=1)) (from (cte c)) (where (< (col n) #2=5)))))) (limit (count #3=3))) (facts cte set-operation))

with c as (select 1) (select * from c)
=> tree (SELECT (parens (SELECT (items (star)) (from (cte c))) (with (cte c (SELECT (items #0=1))))) (facts cte))

with c as (select 1) select * from c union select 2
=> tree (SELECT (UNION (SELECT (items (star)) (from (cte c))) (SELECT (items #1=2)) (with (cte c (SELECT (items #0=1))))) (facts cte set-operation))

with c as (select 1) select * from c where 1 in (with d as (select 1) select * from d)
=> tree (SELECT (SELECT (items (star)) (from (cte c)) (where (IN #1=1 (SELECT (items (star)) (from (cte d)) (with (cte d (SELECT (items #2=1))))))) (with (cte c (SELECT (items #0=1))))) (facts subquery cte))

select * from (with c as (select 1) select * from c) x
=> tree (SELECT (SELECT (items (star)) (from (derived (SELECT (items (star)) (from (cte c)) (with (cte c (SELECT (items #0=1))))) (as x)))) (facts cte derived))

select (with c as (select 1) select * from c)
=> tree (SELECT (SELECT (items (subquery (SELECT (items (star)) (from (cte c)) (with (cte c (SELECT (items #0=1)))))))) (facts subquery cte))

with c as (select 1), c2 as (with d as (select 2) select * from d) select * from c, c2
=> tree (SELECT (SELECT (items (star)) (from (comma (cte c) (cte c2))) (with (cte c (SELECT (items #0=1))) (cte c2 (SELECT (items (star)) (from (cte d)) (with (cte d (SELECT (items #1=2)))))))) (facts cte))

table t
=> tree (SELECT (TABLE (table t)))

table t order by a limit 1
=> tree (SELECT (TABLE (table t) (order (col a)) (limit (count #0=1))))

values (1, 2)
=> tree (SELECT (VALUES (row #0=1 #1=2)))

values (1, 2), (3, 4)
=> tree (SELECT (VALUES (row #0=1 #1=2) (row #2=3 #3=4)))

values row(1, 2), row(3, 4)
=> tree (SELECT (VALUES (row #0=1 #1=2) (row #2=3 #3=4)))

values row(1, 2), row(3, 4) order by 1 limit 1
=> tree (SELECT (VALUES (row #0=1 #1=2) (row #2=3 #3=4) (order !1) (limit (count #4=1))))

select * from (values (1, 2)) x
=> tree (SELECT (SELECT (items (star)) (from (derived (VALUES (row #0=1 #1=2)) (as x)))) (facts derived))

select * from (values row(1, 2)) x
=> tree (SELECT (SELECT (items (star)) (from (derived (VALUES (row #0=1 #1=2)) (as x)))) (facts derived))

select 1 union values (2)
=> tree (SELECT (UNION (SELECT (items #0=1)) (VALUES (row #1=2))) (facts set-operation))

select 1 in (values (1), (2))
=> tree (SELECT (SELECT (items (IN #0=1 (VALUES (row #1=1) (row #2=2))))) (facts subquery))

select * from t where a in (table u)
=> tree (SELECT (SELECT (items (star)) (from (table t)) (where (IN (col a) (TABLE (table u))))) (facts subquery))

select row_number() over () from t
=> tree (SELECT (SELECT (items (ROW_NUMBER (over))) (from (table t))) (facts window))

select rank() over (order by a) from t
=> tree (SELECT (SELECT (items (RANK (over (order (col a))))) (from (table t))) (facts window))

select sum(a) over (partition by b) from t
=> tree (SELECT (SELECT (items (SUM (col a) (over (partition (col b))))) (from (table t))) (facts window))

select sum(a) over (partition by b, c order by d desc, e) from t
=> tree (SELECT (SELECT (items (SUM (col a) (over (partition (col b) (col c)) (order (desc (col d)) (col e))))) (from (table t))) (facts window))

select sum(a) over (order by b rows between 1 preceding and 1 following) from t
=> tree (SELECT (SELECT (items (SUM (col a) (over (order (col b)) (frame rows between 1 preceding and 1 following)))) (from (table t))) (facts window))

select sum(a) over (order by b rows unbounded preceding) from t
=> tree (SELECT (SELECT (items (SUM (col a) (over (order (col b)) (frame rows unbounded preceding)))) (from (table t))) (facts window))

select sum(a) over (order by b range between unbounded preceding and current row) from t
=> tree (SELECT (SELECT (items (SUM (col a) (over (order (col b)) (frame range between unbounded preceding and current row)))) (from (table t))) (facts window))

select sum(a) over (order by b range between interval 1 day preceding and interval 1 day following) from t
=> tree (SELECT (SELECT (items (SUM (col a) (over (order (col b)) (frame range between interval 1 day preceding and interval 1 day following)))) (from (table t))) (facts window))

select sum(a) over w from t window w as (partition by b)
=> tree (SELECT (SELECT (items (SUM (col a) (over (base w)))) (from (table t)) (window w (over (partition (col b))))) (facts window))

select sum(a) over (w order by c) from t window w as (partition by b), x as (w)
=> tree (SELECT (SELECT (items (SUM (col a) (over (base w) (order (col c))))) (from (table t)) (window w (over (partition (col b)))) (window x (over (base w)))) (facts window))

select sum(a) over w, count(*) over w from t group by a window w as (order by a) order by 1
=> tree (SELECT (SELECT (items (SUM (col a) (over (base w))) (COUNT * (over (base w)))) (from (table t)) (group (col a)) (window w (over (order (col a)))) (order !1)) (facts window))

select lag(a, 1, 0) over (order by b), lead(a) over (order by b), first_value(a) over (order by b), ntile(4) over (order by b), nth_value(a, 2) over (order by b) from t
=> tree (SELECT (SELECT (items (LAG (col a) #0=1 #1=0 (over (order (col b)))) (LEAD (col a) (over (order (col b)))) (FIRST_VALUE (col a) (over (order (col b)))) (NTILE #2=4 (over (order (col b)))) (NTH_VALUE (col a) #3=2 (over (order (col b))))) (from (table t))) (facts window))

select cume_dist() over (order by a), percent_rank() over (order by a), dense_rank() over (order by a) from t
=> tree (SELECT (SELECT (items (CUME_DIST (over (order (col a)))) (PERCENT_RANK (over (order (col a)))) (DENSE_RANK (over (order (col a))))) (from (table t))) (facts window))

select percentile_cont(0.5) within group (order by a) over (partition by b) from t
=> tree (SELECT (SELECT (items (PERCENTILE_CONT #0=0.5 (order (col a)) (over (partition (col b))))) (from (table t))) (facts window))

select median(a) over (partition by b) from t
=> tree (SELECT (SELECT (items (MEDIAN (col a) (over (partition (col b))))) (from (table t))) (facts window))

select * from t for system_time as of timestamp '2020-01-01'
=> tree (SELECT (SELECT (items (star)) (from (table t (time for system_time as of timestamp '2020-01-01')))) (facts system-time))

select * from t for system_time as of now()
=> tree (SELECT (SELECT (items (star)) (from (table t (time for system_time as of now())))) (facts nondeterministic system-time))

select * from t for system_time between '2020-01-01' and '2021-01-01'
=> tree (SELECT (SELECT (items (star)) (from (table t (time for system_time between '2020-01-01' and '2021-01-01')))) (facts system-time))

select * from t for system_time from '2020-01-01' to '2021-01-01'
=> tree (SELECT (SELECT (items (star)) (from (table t (time for system_time from '2020-01-01' to '2021-01-01')))) (facts system-time))

select * from t for system_time all
=> tree (SELECT (SELECT (items (star)) (from (table t (time for system_time all)))) (facts system-time))

select * from t for system_time as of timestamp '2020-01-01' as x, u
=> tree (SELECT (SELECT (items (star)) (from (comma (table t (as x) (time for system_time as of timestamp '2020-01-01')) (table u)))) (facts system-time))

select * from t limit rows examined 5
=> tree (SELECT (SELECT (items (star)) (from (table t)) (limit (examined #0=5))))

select * from t limit 5 rows examined 10
=> tree (SELECT (SELECT (items (star)) (from (table t)) (limit (count #0=5) (examined #1=10))))

select * from t fetch first 5 rows only
=> tree (SELECT (SELECT (items (star)) (from (table t)) (limit (count #0=5))))

select * from t offset 5 rows fetch next 5 rows only
=> tree (SELECT (SELECT (items (star)) (from (table t)) (limit (count #1=5) (offset #0=5))))

select * from t order by a fetch first row with ties
=> tree (SELECT (SELECT (items (star)) (from (table t)) (order (col a)) (limit ties)))

select * from t offset 1 row
=> tree (SELECT (SELECT (items (star)) (from (table t)) (limit (offset #0=1))))

select next value for s
=> tree (SELECT (SELECT (items (NEXT-VALUE s))) (facts nextval side-effect))

select previous value for s
=> tree (SELECT (SELECT (items (PREVIOUS-VALUE s))) (facts nextval session-function))

select nextval(s), lastval(s), setval(s, 5)
=> tree (SELECT (SELECT (items (NEXTVAL (col s)) (LASTVAL (col s)) (SETVAL (col s) #0=5))) (facts nextval session-function side-effect))

select * from json_table('[1,2]', '$[*]' columns (a int path '$')) j
=> tree (SELECT (SELECT (items (star)) (from (function json_table #0='[1,2]' (as j)))))

select * from t, json_table(t.a, '$[*]' columns (id for ordinality, a int path '$.a' default '0' on empty, b int exists path '$.b', nested path '$.c[*]' columns (c int path '$'))) as j
=> tree (SELECT (SELECT (items (star)) (from (comma (table t) (function json_table (col t.a) (as j))))))

select * from t left join json_table(t.a, '$[*]' columns (a int path '$')) j on true
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (function json_table (col t.a) (as j)) (on TRUE)))))

select * from t, lateral (select * from u where u.a = t.a) x
=> tree (SELECT (SELECT (items (star)) (from (comma (table t) (derived LATERAL (SELECT (items (star)) (from (table u)) (where (= (col u.a) (col t.a)))) (as x))))) (facts derived))

select * from t left join lateral (select 1) x on true
=> tree (SELECT (SELECT (items (star)) (from (left (table t) (derived LATERAL (SELECT (items #0=1)) (as x)) (on TRUE)))) (facts derived))

select /*+ max_execution_time(100) */ a from t
=> tree (SELECT (SELECT (hint /*+ max_execution_time(100) */) (items (col a)) (from (table t))) (facts optimizer-hint))

select /*+ bka(t) */ /* x */ a from t
=> tree (SELECT (SELECT (hint /*+ bka(t) */) (items (col a)) (from (table t))) (facts optimizer-hint))

select * from t where a = 1 -- comment
=> tree (SELECT (SELECT (items (star)) (from (table t)) (where (= (col a) #0=1))))

select * from t # comment
=> tree (SELECT (SELECT (items (star)) (from (table t))))

select /* c */ 1 /* d */
=> tree (SELECT (SELECT (items #0=1)))

select /*! 1 */ + /*!50000 2 */ + /*!99999 3 */ 4
=> tree (SELECT (SELECT (items (+ (+ #0=1 #1=2) #2=4))) (facts version-comment))

select /*!40000 straight_join */ a from t
=> tree (SELECT (SELECT STRAIGHT (items (col a)) (from (table t))) (facts version-comment))

select a.b.c from a.b
=> tree (SELECT (SELECT (items (col a.b.c)) (from (table a.b))))

select .t.a from t
=> tree (SELECT (SELECT (items (col t.a)) (from (table t))))

select t . a from t
=> tree (SELECT (SELECT (items (col t.a)) (from (table t))))

select t.`select` from t
=> tree (SELECT (SELECT (items (col t.`select`)) (from (table t))))

select t.select from t
=> tree (SELECT (SELECT (items (col t.select)) (from (table t))))

select a from t where a between 1 and 2 and b
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (where (AND (BETWEEN (col a) #0=1 #1=2) (col b)))))

select a, count(*) from t group by 1 order by 2 desc limit 3
=> tree (SELECT (SELECT (items (col a) (COUNT *)) (from (table t)) (group !1) (order (desc !2)) (limit (count #0=3))) (facts aggregate))

select max(a), min(a), avg(a), sum(distinct a), count(distinct a, b), std(a), bit_or(a), json_arrayagg(a), json_objectagg(a, b) from t
=> tree (SELECT (SELECT (items (MAX (col a)) (MIN (col a)) (AVG (col a)) (SUM DISTINCT (col a)) (COUNT DISTINCT (col a) (col b)) (STD (col a)) (BIT_OR (col a)) (JSON_ARRAYAGG (col a)) (JSON_OBJECTAGG (col a) (col b))) (from (table t))) (facts aggregate))

select group_concat(a), group_concat(distinct a, b order by c desc, d separator '|') from t
=> tree (SELECT (SELECT (items (GROUP_CONCAT (col a)) (GROUP_CONCAT DISTINCT (col a) (col b) (order (desc (col c)) (col d)) (separator #0='|'))) (from (table t))) (facts aggregate))

select group_concat(a order by b limit 2) from t
=> tree (SELECT (SELECT (items (GROUP_CONCAT (col a) (order (col b)))) (from (table t))) (facts aggregate))

select json_arrayagg(a order by b limit 1) from t
=> tree (SELECT (SELECT (items (JSON_ARRAYAGG (col a) (order (col b)))) (from (table t))) (facts aggregate))

select count(all a) from t
=> tree (SELECT (SELECT (items (COUNT (col a))) (from (table t))) (facts aggregate))

select count( * ) from t
=> tree (SELECT (SELECT (items (COUNT *)) (from (table t))) (facts aggregate))

select a as `select`, b as "x y" from t
=> tree (SELECT (SELECT (items (as (col a) `select`) (as (col b) "x y")) (from (table t))))

select 'a' 'b' as c, 'd' "e"
=> tree (SELECT (SELECT (items (as #0='a' 'b' c) #1='d' "e")))

select a date, b time, c timestamp, d year, e status, f type, g value, h user, i password, j name, k comment, l level, m position from t
=> tree (SELECT (SELECT (items (as (col a) date) (as (col b) time) (as (col c) timestamp) (as (col d) year) (as (col e) status) (as (col f) type) (as (col g) value) (as (col h) user) (as (col i) password) (as (col j) name) (as (col k) comment) (as (col l) level) (as (col m) position)) (from (table t))))

select date, time, timestamp, year, month, day, hour, minute, second, week, quarter from t
=> tree (SELECT (SELECT (items (col date) (col time) (col timestamp) (col year) (col month) (col day) (col hour) (col minute) (col second) (col week) (col quarter)) (from (table t))))

select status.a from status
=> tree (SELECT (SELECT (items (col status.a)) (from (table status))))

select value from value where value = 1
=> tree (SELECT (SELECT (items (col value)) (from (table value)) (where (= (col value) #0=1))))

select a from t offset
=> error 16 near 'offset' at line 1

select t1.id from t t1 where t1.id = 5 and t1.name = 'x' order by t1.id limit 1
=> tree (SELECT (SELECT (items (col t1.id)) (from (table t (as t1))) (where (AND (= (col t1.id) #0=5) (= (col t1.name) #1='x'))) (order (col t1.id)) (limit (count #2=1))))

select * from t procedure analyse()
=> tree (SELECT (SELECT (items (star)) (from (table t))))

select 1 where 1
=> tree (SELECT (SELECT (items #0=1) (where #1=1)))

select 1 from t where
=> error 21 near '' at line 1

select from t
=> error 7 near 'from t' at line 1

select a b c from t
=> error 11 near 'c from t' at line 1

select a, from t
=> error 10 near 'from t' at line 1

select a from t where a = = 1
=> error 26 near '= 1' at line 1

select a from t limit
=> error 21 near '' at line 1

select a from t group
=> error 16 near 'group' at line 1

select a from t order a
=> error 22 near 'a' at line 1

select (1
=> error 9 near '' at line 1

select 1)
=> error 8 near ')' at line 1

select a from t where a in ()
=> error 28 near ')' at line 1

select 'abc
=> error 7 near ''abc' at line 1

select * from t where a like
=> error 28 near '' at line 1

select a a a from t
=> error 11 near 'a from t' at line 1

select * from
=> error 13 near '' at line 1

select * from t left
=> error 16 near 'left' at line 1

select count(distinct) from t
=> tree (SELECT (SELECT (items (COUNT DISTINCT)) (from (table t))) (facts aggregate))

select 1 union
=> error 14 near '' at line 1

select * from t where x not
=> error 27 near '' at line 1

select not
=> error 10 near '' at line 1

update
=> error 6 near '' at line 1

select a from t1 t2 t3
=> error 20 near 't3' at line 1

select * form t
=> error 9 near 'form t' at line 1

selec 1
=> error 0 near 'selec 1' at line 1

-- mode: mysql

select a from t offset
=> tree (SELECT (SELECT (items (col a)) (from (table t (as offset)))))
