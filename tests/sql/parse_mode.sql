-- mode: mariadb pipes_as_concat

select a || b || c, a || b + c, a ^ b || c, -a || b, a or b || c from t
=> tree (SELECT (SELECT (items (|| (|| (col a) (col b)) (col c)) (+ (|| (col a) (col b)) (col c)) (^ (col a) (|| (col b) (col c))) (|| (neg (col a)) (col b)) (OR (col a) (|| (col b) (col c)))) (from (table t))))

select 1 from t where a like b || c
=> tree (SELECT (SELECT (items #0=1) (from (table t)) (where (LIKE (col a) (|| (col b) (col c))))))

-- mode: mariadb high_not_precedence

select not a between b and c, not a = b, not not a from t
=> tree (SELECT (SELECT (items (BETWEEN (NOT (col a)) (col b) (col c)) (= (NOT (col a)) (col b)) (NOT (NOT (col a)))) (from (table t))))

-- mode: mariadb

select not a between b and c, a || b, not a = b from t
=> tree (SELECT (SELECT (items (NOT (BETWEEN (col a) (col b) (col c))) (OR (col a) (col b)) (NOT (= (col a) (col b)))) (from (table t))))

-- mode: mariadb ansi_quotes

select "a"."b", "f"(1), 'x' as "y" from "t" as "x" where "c" = 'd'
=> tree (SELECT (SELECT (items (col "a"."b") (call "f" #0=1) (as #1='x' "y")) (from (table "t" (as "x"))) (where (= (col "c") #2='d'))) (facts stored-function))

-- mode: mysql

select rank from t
=> error 7 near 'rank from t' at line 1

select offset, returning, current_role from t
=> tree (SELECT (SELECT (items (col offset) (col returning) (col current_role)) (from (table t))))

delete from t returning a
=> error 24 near 'a' at line 1

select count(*) over w from t window w as ()
=> tree (SELECT (SELECT (items (COUNT * (over (base w)))) (from (table t)) (window w (over))) (facts window))

-- mode: mariadb

select rank, groups, lead, system, function from t
=> tree (SELECT (SELECT (items (col rank) (col groups) (col lead) (col system) (col function)) (from (table t))))

select offset from t
=> error 7 near 'offset from t' at line 1

select window from t window w as ()
=> tree (SELECT (SELECT (items (col window)) (from (table t)) (window w (over))))
