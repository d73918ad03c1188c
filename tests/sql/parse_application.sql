select a.id, b.name from users a inner join orders b on (a.id = b.user_id and b.status in ('x','y')) where a.created_at >= '2020-01-01' and (b.total > 10.5 or b.total is null) group by a.id, b.name having count(*) > 1 order by a.id desc limit 20 offset 40
=> tree (SELECT (SELECT (items (col a.id) (col b.name)) (from (join (table users (as a)) (table orders (as b)) (on (AND (= (col a.id) (col b.user_id)) (IN (col b.status) #0='x' #1='y'))))) (where (AND (>= (col a.created_at) #2='2020-01-01') (OR (> (col b.total) #3=10.5) (IS-NULL (col b.total))))) (group (col a.id) (col b.name)) (having (> (COUNT *) #4=1)) (order (desc (col a.id))) (limit (count #5=20) (offset #6=40))) (facts aggregate))

SELECT c_discount, c_last, c_credit, w_tax FROM customer, warehouse WHERE w_id = 1 AND c_w_id = w_id AND c_d_id = 2 AND c_id = 3
=> tree (SELECT (SELECT (items (col c_discount) (col c_last) (col c_credit) (col w_tax)) (from (comma (table customer) (table warehouse))) (where (AND (= (col w_id) #0=1) (= (col c_w_id) (col w_id)) (= (col c_d_id) #1=2) (= (col c_id) #2=3)))))

SELECT COUNT(DISTINCT (s_i_id)) FROM order_line, stock WHERE ol_w_id = 1 AND ol_d_id = 2 AND ol_o_id < 3 AND ol_o_id >= 3 - 20 AND s_w_id = 1 AND s_i_id = ol_i_id AND s_quantity < 15
=> tree (SELECT (SELECT (items (COUNT DISTINCT (col s_i_id))) (from (comma (table order_line) (table stock))) (where (AND (= (col ol_w_id) #0=1) (= (col ol_d_id) #1=2) (< (col ol_o_id) #2=3) (>= (col ol_o_id) (- #3=3 #4=20)) (= (col s_w_id) #5=1) (= (col s_i_id) (col ol_i_id)) (< (col s_quantity) #6=15)))) (facts aggregate))

UPDATE stock SET s_quantity = 5, s_ytd = s_ytd + 1, s_order_cnt = s_order_cnt + 1 WHERE s_i_id = 5 AND s_w_id = 1
=> tree (UPDATE (from (table stock w)) (set (= (col s_quantity) #0=5) (= (col s_ytd) (+ (col s_ytd) #1=1)) (= (col s_order_cnt) (+ (col s_order_cnt) #2=1))) (where (AND (= (col s_i_id) #3=5) (= (col s_w_id) #4=1))))

select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, avg(l_discount) as avg_disc, count(*) as count_order from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus
=> tree (SELECT (SELECT (items (col l_returnflag) (col l_linestatus) (as (SUM (col l_quantity)) sum_qty) (as (SUM (* (col l_extendedprice) (- #0=1 (col l_discount)))) sum_disc_price) (as (AVG (col l_discount)) avg_disc) (as (COUNT *) count_order)) (from (table lineitem)) (where (<= (col l_shipdate) (- (temporal #1='1998-12-01' date) (INTERVAL #2='90' day)))) (group (col l_returnflag) (col l_linestatus)) (order (col l_returnflag) (col l_linestatus))) (facts aggregate))

select s_acctbal from part, supplier, partsupp, nation, region where p_size = 15 and p_type like '%BRASS' and ps_supplycost = ( select min(ps_supplycost) from partsupp, supplier, nation, region where p_partkey = ps_partkey and r_name = 'EUROPE' ) order by s_acctbal desc, n_name limit 100
=> tree (SELECT (SELECT (items (col s_acctbal)) (from (comma (comma (comma (comma (table part) (table supplier)) (table partsupp)) (table nation)) (table region))) (where (AND (= (col p_size) #0=15) (LIKE (col p_type) #1='%BRASS') (= (col ps_supplycost) (subquery (SELECT (items (MIN (col ps_supplycost))) (from (comma (comma (comma (table partsupp) (table supplier)) (table nation)) (table region))) (where (AND (= (col p_partkey) (col ps_partkey)) (= (col r_name) #2='EUROPE')))))))) (order (desc (col s_acctbal)) (col n_name)) (limit (count #3=100))) (facts aggregate subquery))

select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share from (select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation from part, nation n2 where p_type = 'X') as all_nations group by o_year order by o_year
=> tree (SELECT (SELECT (items (col o_year) (as (/ (SUM (CASE (when (= (col nation) #0='BRAZIL') (col volume)) (else #1=0))) (SUM (col volume))) mkt_share)) (from (derived (SELECT (items (as (EXTRACT year (col o_orderdate)) o_year) (as (* (col l_extendedprice) (- #2=1 (col l_discount))) volume) (as (col n2.n_name) nation)) (from (comma (table part) (table nation (as n2)))) (where (= (col p_type) #3='X'))) (as all_nations))) (group (col o_year)) (order (col o_year))) (facts aggregate derived))

select c_count, count(*) as custdist from ( select c_custkey, count(o_orderkey) as c_count from customer left outer join orders on c_custkey = o_custkey and o_comment not like '%special%requests%' group by c_custkey ) as c_orders group by c_count order by custdist desc, c_count desc
=> tree (SELECT (SELECT (items (col c_count) (as (COUNT *) custdist)) (from (derived (SELECT (items (col c_custkey) (as (COUNT (col o_orderkey)) c_count)) (from (left (table customer) (table orders) (on (AND (= (col c_custkey) (col o_custkey)) (NOT-LIKE (col o_comment) #0='%special%requests%'))))) (group (col c_custkey))) (as c_orders))) (group (col c_count)) (order (desc (col custdist)) (desc (col c_count)))) (facts aggregate derived))

select cntrycode, count(*) from ( select substring(c_phone from 1 for 2) as cntrycode, c_acctbal from customer where substring(c_phone from 1 for 2) in ('13', '31') and c_acctbal > ( select avg(c_acctbal) from customer where c_acctbal > 0.00 ) and not exists ( select * from orders where o_custkey = c_custkey ) ) as custsale group by cntrycode
=> tree (SELECT (SELECT (items (col cntrycode) (COUNT *)) (from (derived (SELECT (items (as (SUBSTRING (col c_phone) #0=1 #1=2) cntrycode) (col c_acctbal)) (from (table customer)) (where (AND (IN (SUBSTRING (col c_phone) #2=1 #3=2) #4='13' #5='31') (> (col c_acctbal) (subquery (SELECT (items (AVG (col c_acctbal))) (from (table customer)) (where (> (col c_acctbal) #6=0.00))))) (NOT (EXISTS (SELECT (items (star)) (from (table orders)) (where (= (col o_custkey) (col c_custkey))))))))) (as custsale))) (group (col cntrycode))) (facts aggregate subquery derived))

select sum(l_extendedprice* (1 - l_discount)) as revenue from lineitem, part where ( p_partkey = l_partkey and p_container in ('SM CASE', 'SM BOX') and l_quantity >= 1 and l_quantity <= 1 + 10 and p_size between 1 and 5 ) or ( p_partkey = l_partkey and p_brand = 'Brand#23' )
=> tree (SELECT (SELECT (items (as (SUM (* (col l_extendedprice) (- #0=1 (col l_discount)))) revenue)) (from (comma (table lineitem) (table part))) (where (OR (AND (= (col p_partkey) (col l_partkey)) (IN (col p_container) #1='SM CASE' #2='SM BOX') (>= (col l_quantity) #3=1) (<= (col l_quantity) (+ #4=1 #5=10)) (BETWEEN (col p_size) #6=1 #7=5)) (AND (= (col p_partkey) (col l_partkey)) (= (col p_brand) #8='Brand#23'))))) (facts aggregate))

SELECT `users`.* FROM `users` INNER JOIN `posts` ON `posts`.`user_id` = `users`.`id` WHERE `users`.`deleted_at` IS NULL AND `posts`.`id` IN (1, 2, 3) ORDER BY `users`.`id` ASC LIMIT 1
=> tree (SELECT (SELECT (items (star `users`)) (from (join (table `users`) (table `posts`) (on (= (col `posts`.`user_id`) (col `users`.`id`))))) (where (AND (IS-NULL (col `users`.`deleted_at`)) (IN (col `posts`.`id`) #0=1 #1=2 #2=3))) (order (col `users`.`id`)) (limit (count #3=1))))

SELECT 1 AS one FROM `users` WHERE `users`.`email` = BINARY 'a@b.c' LIMIT 1
=> tree (SELECT (SELECT (items (as #0=1 one)) (from (table `users`)) (where (= (col `users`.`email`) (BINARY #1='a@b.c'))) (limit (count #2=1))))

SELECT "django_session"."session_key" FROM t
=> error 23 near '."session_key" FROM t' at line 1

SELECT (1) AS `a` FROM `auth_user` WHERE `auth_user`.`username` = 'x' LIMIT 1
=> tree (SELECT (SELECT (items (as #0=1 `a`)) (from (table `auth_user`)) (where (= (col `auth_user`.`username`) #1='x')) (limit (count #2=1))))

SELECT T.id, U0.x FROM t AS T LEFT OUTER JOIN u U0 ON (T.id = U0.id) WHERE NOT (T.a AND EXISTS(SELECT 1 AS a FROM v V0 WHERE (V0.x = 5 AND V0.y = (T.id)) LIMIT 1)) ORDER BY NULL
=> tree (SELECT (SELECT (items (col T.id) (col U0.x)) (from (left (table t (as T)) (table u (as U0)) (on (= (col T.id) (col U0.id))))) (where (NOT (AND (col T.a) (EXISTS (SELECT (items (as #0=1 a)) (from (table v (as V0))) (where (AND (= (col V0.x) #1=5) (= (col V0.y) (col T.id)))) (limit (count #2=1))))))) (order NULL)) (facts subquery))

INSERT INTO `t` (`a`, `b`, `created_at`) VALUES ('x', NULL, '2020-01-01 00:00:00.000000') ON DUPLICATE KEY UPDATE `a`=VALUES(`a`),`b`=VALUES(`b`)
=> tree (INSERT (into (table `t` w)) (columns (col `a`) (col `b`) (col `created_at`)) (row #0='x' NULL #1='2020-01-01 00:00:00.000000') (on-duplicate (= (col `a`) (VALUES (col `a`))) (= (col `b`) (VALUES (col `b`)))))

SELECT @@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS character_set_client, @@sql_mode AS sql_mode
=> tree (SELECT (SELECT (items (as @@session.auto_increment_increment auto_increment_increment) (as @@character_set_client character_set_client) (as @@sql_mode sql_mode))) (facts sysvar))

SET NAMES utf8mb4, @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), @@SESSION.wait_timeout = 2147483
=> tree (SET (names utf8mb4) (var session sql_mode (CONCAT @@sql_mode #0=',STRICT_ALL_TABLES')) (var session wait_timeout #1=2147483) (facts sysvar))

SET  @@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483
=> tree (SET (var session sql_auto_is_null #0=0) (var session wait_timeout #1=2147483))

SELECT SQL_NO_CACHE /* mysql-connector-java */ 1
=> tree (SELECT (SELECT (items #0=1)))

SHOW FULL COLUMNS FROM `t` FROM `test` LIKE '%'
=> tree (SHOW COLUMNS full (of (table `t`)) (schema `test`) (like #0='%'))

SELECT TABLE_NAME AS TABLE_NAME, IF(TABLE_TYPE='BASE TABLE', 'TABLE', TABLE_TYPE) as TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'x' HAVING TABLE_TYPE IN ('TABLE','VIEW',null,null,null) ORDER BY TABLE_TYPE, TABLE_SCHEMA
=> tree (SELECT (SELECT (items (as (col TABLE_NAME) TABLE_NAME) (as (IF (= (col TABLE_TYPE) #0='BASE TABLE') #1='TABLE' (col TABLE_TYPE)) TABLE_TYPE)) (from (table INFORMATION_SCHEMA.TABLES)) (where (= (col TABLE_SCHEMA) #2='x')) (having (IN (col TABLE_TYPE) #3='TABLE' #4='VIEW' NULL NULL NULL)) (order (col TABLE_TYPE) (col TABLE_SCHEMA))))

SELECT LOGFILE_GROUP_NAME, FILE_NAME FROM INFORMATION_SCHEMA.FILES WHERE FILE_TYPE = 'UNDO LOG' GROUP BY LOGFILE_GROUP_NAME, FILE_NAME
=> tree (SELECT (SELECT (items (col LOGFILE_GROUP_NAME) (col FILE_NAME)) (from (table INFORMATION_SCHEMA.FILES)) (where (= (col FILE_TYPE) #0='UNDO LOG')) (group (col LOGFILE_GROUP_NAME) (col FILE_NAME))))

select t.*, row_number() over (partition by t.a order by t.b) as rn, (select count(*) from u where u.id = t.id) cnt from t where t.a > (select avg(a) from t) and exists (select 1 from v where v.id = t.id and v.x between t.y and t.z) order by rn
=> tree (SELECT (SELECT (items (star t) (as (ROW_NUMBER (over (partition (col t.a)) (order (col t.b)))) rn) (as (subquery (SELECT (items (COUNT *)) (from (table u)) (where (= (col u.id) (col t.id))))) cnt)) (from (table t)) (where (AND (> (col t.a) (subquery (SELECT (items (AVG (col a))) (from (table t))))) (EXISTS (SELECT (items #0=1) (from (table v)) (where (AND (= (col v.id) (col t.id)) (BETWEEN (col v.x) (col t.y) (col t.z)))))))) (order (col rn))) (facts aggregate window subquery))

select if(a > 5, 'x', concat(b, '-', c)), a << 2 | b & 3 ^ 1, not a and not b or c, a = any(select 1), (a, b) not in (select 1, 2) from t
=> tree (SELECT (SELECT (items (IF (> (col a) #0=5) #1='x' (CONCAT (col b) #2='-' (col c))) (| (<< (col a) #3=2) (& (col b) (^ #4=3 #5=1))) (OR (AND (NOT (col a)) (NOT (col b))) (col c)) (=(-ANY (col a) (SELECT (items #6=1)))) (NOT-IN (row (col a) (col b)) (SELECT (items #7=1 #8=2)))) (from (table t))) (facts subquery))

select * from t where a = 1 and b = 'it\'s' and c = "x\"y" and d = 0x1F and e = x'1F' and f = b'01' and g = 1e10 and h = -1 and i = +1 and j = ~1
=> tree (SELECT (SELECT (items (star)) (from (table t)) (where (AND (= (col a) #0=1) (= (col b) #1='it\'s') (= (col c) #2="x\"y") (= (col d) #3=0x1F) (= (col e) #4=x'1F') (= (col f) #5=b'01') (= (col g) #6=1e10) (= (col h) (neg #7=1)) (= (col i) (plus #8=1)) (= (col j) (~ #9=1))))))

select date_format(a, '%Y-%m-%d') d, count(*) from t where a > now() - interval 7 day and a < date_add(curdate(), interval 1 day) group by d with rollup
=> tree (SELECT (SELECT (items (as (DATE_FORMAT (col a) #0='%Y-%m-%d') d) (COUNT *)) (from (table t)) (where (AND (> (col a) (- (NOW) (INTERVAL #1=7 day))) (< (col a) (DATE_ADD (CURDATE) (INTERVAL #2=1 day))))) (group-rollup (col d))) (facts aggregate nondeterministic))

update t a left join (select id, max(x) mx from u group by id) b on a.id = b.id set a.x = coalesce(b.mx, a.x), a.y = a.y + 1 where b.id is not null
=> tree (UPDATE (from (left (table t w (as a)) (derived (SELECT (items (col id) (as (MAX (col x)) mx)) (from (table u)) (group (col id))) (as b)) (on (= (col a.id) (col b.id))))) (set (= (col a.x) (COALESCE (col b.mx) (col a.x))) (= (col a.y) (+ (col a.y) #0=1))) (where (NOT-IS-NULL (col b.id))) (facts aggregate derived multi-table))

delete a from t a left join u b on a.id = b.id where b.id is null
=> tree (DELETE (target a) (from (left (table t w (as a)) (table u (as b)) (on (= (col a.id) (col b.id))))) (where (IS-NULL (col b.id))) (facts multi-table))

insert into t (a, b) select distinct x, y from u where (x, y) not in (select a, b from t) order by x limit 10
=> tree (INSERT (into (table t w)) (columns (col a) (col b)) (SELECT DISTINCT (items (col x) (col y)) (from (table u)) (where (NOT-IN (row (col x) (col y)) (SELECT (items (col a) (col b)) (from (table t))))) (order (col x)) (limit (count #0=10))) (facts subquery))

replace into t (a, b) values (1, (select max(b) from u)), (default, default(b))
=> tree (REPLACE (into (table t w)) (columns (col a) (col b)) (row #0=1 (subquery (SELECT (items (MAX (col b))) (from (table u))))) (row (DEFAULT) (DEFAULT (col b))) (facts aggregate subquery))

select a from t where a in (1) and b in (select b from u where c in (select d from v where e in (1,2,3)))
=> tree (SELECT (SELECT (items (col a)) (from (table t)) (where (AND (IN (col a) #0=1) (IN (col b) (SELECT (items (col b)) (from (table u)) (where (IN (col c) (SELECT (items (col d)) (from (table v)) (where (IN (col e) #1=1 #2=2 #3=3)))))))))) (facts subquery))

select * from t1 natural join t2 natural left join t3 join t4 using (a, b) straight_join t5 on t5.a = t1.a cross join t6
=> tree (SELECT (SELECT (items (star)) (from (cross (straight (join (natural-left (natural-join (table t1) (table t2)) (table t3)) (table t4) (using a b)) (table t5) (on (= (col t5.a) (col t1.a)))) (table t6)))))

select max(a) keep from t
=> tree (SELECT (SELECT (items (as (MAX (col a)) keep)) (from (table t))) (facts aggregate))

select a as from from t
=> error 12 near 'from from t' at line 1
