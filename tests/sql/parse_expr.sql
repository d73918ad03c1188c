select 1 + 2 * 3 - 4 / 5 % 6
=> tree (SELECT (SELECT (items (- (+ #0=1 (* #1=2 #2=3)) (% (/ #3=4 #4=5) #5=6)))))

select 7 div 2, 7 mod 2, mod(7, 2), 7 % 2
=> tree (SELECT (SELECT (items (DIV #0=7 #1=2) (% #2=7 #3=2) (MOD #4=7 #5=2) (% #6=7 #7=2))))

select 1 | 2 & 3 ^ 4 << 5 >> 6, ~1
=> tree (SELECT (SELECT (items (| #0=1 (& #1=2 (>> (<< (^ #2=3 #3=4) #4=5) #5=6))) (~ #6=1))))

select -1, +1, - -1, -(-1), --1, - a from t
=> tree (SELECT (SELECT (items (neg #0=1) (plus #1=1) (neg (neg #2=1)) (neg (neg #3=1)) (neg (neg #4=1)) (neg (col a))) (from (table t))))

select !1, ! 1 + 1, not 1, not not 1
=> tree (SELECT (SELECT (items (! #0=1) (+ (! #1=1) #2=1) (NOT #3=1) (NOT (NOT #4=1)))))

select a and b or c xor d, a && b || c from t
=> tree (SELECT (SELECT (items (OR (AND (col a) (col b)) (XOR (col c) (col d))) (OR (AND (col a) (col b)) (col c))) (from (table t))))

select a = 1, a <=> null, a <> 1, a != 1, a < 1, a <= 1, a > 1, a >= 1 from t
=> tree (SELECT (SELECT (items (= (col a) #0=1) (<=> (col a) NULL) (<> (col a) #1=1) (<> (col a) #2=1) (< (col a) #3=1) (<= (col a) #4=1) (> (col a) #5=1) (>= (col a) #6=1)) (from (table t))))

select a = b = c, a < b < c, a is null is null from t
=> tree (SELECT (SELECT (items (= (= (col a) (col b)) (col c)) (< (< (col a) (col b)) (col c)) (IS-NULL (IS-NULL (col a)))) (from (table t))))

select a is null, a is not null, a is true, a is not false, a is unknown, a is not unknown from t
=> tree (SELECT (SELECT (items (IS-NULL (col a)) (NOT-IS-NULL (col a)) (IS-TRUE (col a)) (NOT-IS-FALSE (col a)) (IS-UNKNOWN (col a)) (NOT-IS-UNKNOWN (col a))) (from (table t))))

select a = 1 is true from t
=> tree (SELECT (SELECT (items (IS-TRUE (= (col a) #0=1))) (from (table t))))

select a between 1 and 2, a not between b and c + 1, a between 1 and 2 = 1 from t
=> tree (SELECT (SELECT (items (BETWEEN (col a) #0=1 #1=2) (NOT-BETWEEN (col a) (col b) (+ (col c) #2=1)) (= (BETWEEN (col a) #3=1 #4=2) #5=1)) (from (table t))))

select a like 'x', a not like 'x%', a like 'x' escape '!', a like concat('x', '%') from t
=> tree (SELECT (SELECT (items (LIKE (col a) #0='x') (NOT-LIKE (col a) #1='x%') (LIKE (col a) #2='x' #3='!') (LIKE (col a) (CONCAT #4='x' #5='%'))) (from (table t))))

select a regexp 'x', a rlike 'x', a not regexp 'x', a not rlike 'x' from t
=> tree (SELECT (SELECT (items (REGEXP (col a) #0='x') (REGEXP (col a) #1='x') (NOT-REGEXP (col a) #2='x') (NOT-REGEXP (col a) #3='x')) (from (table t))))

select a sounds like 'x' from t
=> tree (SELECT (SELECT (items (SOUNDS-LIKE (col a) #0='x')) (from (table t))))

select a in (1), a in (1, 2, null), a not in (1 + 2, b) from t
=> tree (SELECT (SELECT (items (IN (col a) #0=1) (IN (col a) #1=1 #2=2 NULL) (NOT-IN (col a) (+ #3=1 #4=2) (col b))) (from (table t))))

select 1 in (1) in (0)
=> tree (SELECT (SELECT (items (IN (IN #0=1 #1=1) #2=0))))

select (1), (1 + 2) * 3, ((1))
=> tree (SELECT (SELECT (items #0=1 (* (+ #1=1 #2=2) #3=3) #4=1)))

select (1, 2) = (1, 2), row(1, 2) < row(1, 3)
=> tree (SELECT (SELECT (items (= (row #0=1 #1=2) (row #2=1 #3=2)) (< (row #4=1 #5=2) (row #6=1 #7=3)))))

select null, true, false, unknown from t
=> tree (SELECT (SELECT (items NULL TRUE FALSE (col unknown)) (from (table t))))

select \N
=> tree (SELECT (SELECT (items NULL)))

select 'it''s', "it""s", 'it\'s', 'a\nb', '', ""
=> tree (SELECT (SELECT (items #0='it''s' #1="it""s" #2='it\'s' #3='a\nb' #4='' #5="")))

select 'a' 'b' 'c'
=> tree (SELECT (SELECT (items #0='a' 'b' 'c')))

select n'abc', N'abc', _utf8'abc', _latin1 'abc', _binary 'abc', _utf8mb4 x'41', _utf8mb4 0x41
=> tree (SELECT (SELECT (items #0=n'abc' #1=N'abc' #2=_utf8'abc' #3=_latin1 'abc' #4=_binary 'abc' #5=_utf8mb4 x'41' #6=_utf8mb4 0x41)))

select x'41', X'41', 0x41, b'101', B'1', 0b101, x'', b''
=> tree (SELECT (SELECT (items #0=x'41' #1=X'41' #2=0x41 #3=b'101' #4=B'1' #5=0b101 #6=x'' #7=b'')))

select 1, 1.5, .5, 5., 1e3, 1.5e-3, .5e+3, 1E3, 00012
=> tree (SELECT (SELECT (items #0=1 #1=1.5 #2=.5 #3=5. #4=1e3 #5=1.5e-3 #6=.5e+3 #7=1E3 #8=00012)))

select 0xZZ, 0x, 1a, 1e from t
=> tree (SELECT (SELECT (items (col 0xZZ) (col 0x) (col 1a) (col 1e)) (from (table t))))

select a.1b from a
=> tree (SELECT (SELECT (items (col a.1b)) (from (table a))))

select @a, @`b c`, @'d', @"e", @a.b, @_x, @$
=> tree (SELECT (SELECT (items @a @`b c` @'d' @"e" @a.b @_x @$)) (facts var-read))

select @a := 1, @a := @a + 1, @b := (select 1)
=> tree (SELECT (SELECT (items (:= @a #0=1) (:= @a (+ @a #1=1)) (:= @b (subquery (SELECT (items #2=1)))))) (facts var-read var-write subquery))

select @@version, @@global.version, @@session.sql_mode, @@local.autocommit, @@default.key_buffer_size, @@`version`
=> tree (SELECT (SELECT (items @@version @@global.version @@session.sql_mode @@session.autocommit @@default.key_buffer_size @@`version`)) (facts sysvar))

select @@hot_cache.key_buffer_size
=> tree (SELECT (SELECT (items @@hot_cache.key_buffer_size)) (facts sysvar))

select date '2020-01-01', time '10:00:00', timestamp '2020-01-01 10:00:00'
=> tree (SELECT (SELECT (items (temporal #0='2020-01-01' date) (temporal #1='10:00:00' time) (temporal #2='2020-01-01 10:00:00' timestamp))))

select {d '2020-01-01'}, {t '10:00:00'}, {ts '2020-01-01 10:00:00'}
=> tree (SELECT (SELECT (items (temporal #0='2020-01-01' d) (temporal #1='10:00:00' t) (temporal #2='2020-01-01 10:00:00' ts))))

select {fn now()}, {x 1 + 1}
=> tree (SELECT (SELECT (items (NOW) (+ #0=1 #1=1))) (facts nondeterministic))

select '2020-01-01' + interval 1 day, interval 1 day + '2020-01-01', '2020-01-01' - interval 1 month
=> tree (SELECT (SELECT (items (+ #0='2020-01-01' (INTERVAL #1=1 day)) (+ (INTERVAL #2=1 day) #3='2020-01-01') (- #4='2020-01-01' (INTERVAL #5=1 month)))))

select now() + interval '1:2' minute_second, now() - interval 1.5 hour, now() + interval a + 1 day from t
=> tree (SELECT (SELECT (items (+ (NOW) (INTERVAL #0='1:2' minute_second)) (- (NOW) (INTERVAL #1=1.5 hour)) (+ (NOW) (INTERVAL (+ (col a) #2=1) day))) (from (table t))) (facts nondeterministic))

select interval(5, 1, 10), interval (1) day + now()
=> tree (SELECT (SELECT (items (INTERVAL #0=5 #1=1 #2=10) (+ (INTERVAL #3=1 day) (NOW)))) (facts nondeterministic))

select date_add(now(), interval 1 day), date_sub(now(), interval 1 week), adddate(now(), 5), adddate(now(), interval 5 day), subdate(now(), 1)
=> tree (SELECT (SELECT (items (DATE_ADD (NOW) (INTERVAL #0=1 day)) (DATE_SUB (NOW) (INTERVAL #1=1 week)) (ADDDATE (NOW) #2=5) (ADDDATE (NOW) (INTERVAL #3=5 day)) (SUBDATE (NOW) #4=1))) (facts nondeterministic))

select timestampadd(day, 1, now()), timestampdiff(second, a, b), timestampadd(sql_tsi_day, 1, now()) from t
=> tree (SELECT (SELECT (items (TIMESTAMPADD day #0=1 (NOW)) (TIMESTAMPDIFF second (col a) (col b)) (TIMESTAMPADD sql_tsi_day #1=1 (NOW))) (from (table t))) (facts nondeterministic))

select extract(year from now()), extract(day_hour from now())
=> tree (SELECT (SELECT (items (EXTRACT year (NOW)) (EXTRACT day_hour (NOW)))) (facts nondeterministic))

select trim('x'), trim(both 'x' from 'y'), trim(leading from 'y'), trim(trailing 'x' from 'y'), trim('x' from 'y')
=> tree (SELECT (SELECT (items (TRIM #0='x') (TRIM both #1='x' #2='y') (TRIM leading #3='y') (TRIM trailing #4='x' #5='y') (TRIM #6='x' #7='y'))))

select substring('abc', 2), substring('abc', 2, 1), substring('abc' from 2), substring('abc' from 2 for 1), substr('abc', 1), mid('abc', 1, 2)
=> tree (SELECT (SELECT (items (SUBSTRING #0='abc' #1=2) (SUBSTRING #2='abc' #3=2 #4=1) (SUBSTRING #5='abc' #6=2) (SUBSTRING #7='abc' #8=2 #9=1) (SUBSTR #10='abc' #11=1) (MID #12='abc' #13=1 #14=2))))

select position('a' in 'b'), locate('a', 'b', 3), instr('a', 'b')
=> tree (SELECT (SELECT (items (POSITION #0='a' #1='b') (LOCATE #2='a' #3='b' #4=3) (INSTR #5='a' #6='b'))))

select char(65, 66), char(65 using utf8mb4), ascii('a'), charset('a'), collation('a'), coercibility('a')
=> tree (SELECT (SELECT (items (CHAR !65 !66) (CHAR !65) (ASCII #0='a') (CHARSET #1='a') (COLLATION #2='a') (COERCIBILITY #3='a'))))

select convert(a, char), convert(a, char(10)), convert(a using utf8mb4), cast(a as signed), cast(a as unsigned integer), cast(a as decimal), cast(a as decimal(10)), cast(a as decimal(10, 2)), cast(a as char character set utf8mb4), cast(a as binary(5)), cast(a as date), cast(a as datetime(3)), cast(a as time), cast(a as double), cast(a as float) from t
=> tree (SELECT (SELECT (items (CAST (col a) char) (CAST (col a) char(10)) (CONVERT-USING (col a) utf8mb4) (CAST (col a) signed) (CAST (col a) unsigned integer) (CAST (col a) decimal) (CAST (col a) decimal(10)) (CAST (col a) decimal(10, 2)) (CAST (col a) char character set utf8mb4) (CAST (col a) binary(5)) (CAST (col a) date) (CAST (col a) datetime(3)) (CAST (col a) time) (CAST (col a) double) (CAST (col a) float)) (from (table t))))

select cast(a as json), cast(a as year), cast(a as real) from t
=> tree (SELECT (SELECT (items (CAST (col a) json) (CAST (col a) year) (CAST (col a) real)) (from (table t))))

select cast(a as unsigned array) from t
=> tree (SELECT (SELECT (items (CAST (col a) unsigned array)) (from (table t))))

select binary 'a', binary a = 'b' from t
=> tree (SELECT (SELECT (items (BINARY #0='a') (= (BINARY (col a)) #1='b')) (from (table t))))

select 'a' collate utf8mb4_bin, a collate 'utf8mb4_bin' = b from t
=> tree (SELECT (SELECT (items (COLLATE #0='a' utf8mb4_bin) (= (COLLATE (col a) 'utf8mb4_bin') (col b))) (from (table t))))

select _utf8mb4'a' collate utf8mb4_bin
=> tree (SELECT (SELECT (items (COLLATE #0=_utf8mb4'a' utf8mb4_bin))))

select case when a then b end, case a when 1 then 2 when 3 then 4 else 5 end, case when a = 1 then case when b then 1 end else 2 end from t
=> tree (SELECT (SELECT (items (CASE (when (col a) (col b))) (CASE (col a) (when #0=1 #1=2) (when #2=3 #3=4) (else #4=5)) (CASE (when (= (col a) #5=1) (CASE (when (col b) #6=1))) (else #7=2))) (from (table t))))

select if(a, b, c), ifnull(a, b), nullif(a, b), coalesce(a, b, c), isnull(a), greatest(1, 2), least(1, 2) from t
=> tree (SELECT (SELECT (items (IF (col a) (col b) (col c)) (IFNULL (col a) (col b)) (NULLIF (col a) (col b)) (COALESCE (col a) (col b) (col c)) (ISNULL (col a)) (GREATEST #0=1 #1=2) (LEAST #2=1 #3=2)) (from (table t))))

select left('abc', 1), right('abc', 1), repeat('a', 3), replace('a', 'b', 'c'), insert('abc', 1, 1, 'x'), reverse('abc'), lpad('a', 3, 'b')
=> tree (SELECT (SELECT (items (LEFT #0='abc' #1=1) (RIGHT #2='abc' #3=1) (REPEAT #4='a' #5=3) (REPLACE #6='a' #7='b' #8='c') (INSERT #9='abc' #10=1 #11=1 #12='x') (REVERSE #13='abc') (LPAD #14='a' #15=3 #16='b'))))

select database(), schema(), user(), current_user(), current_user, session_user(), system_user(), version(), connection_id()
=> tree (SELECT (SELECT (items (DATABASE) (SCHEMA) (USER) (CURRENT_USER) (CURRENT_USER) (SESSION_USER) (SYSTEM_USER) (VERSION) (CONNECTION_ID))) (facts connection-id session-function server-function))

select now(), now(6), current_timestamp, current_timestamp(), current_timestamp(3), localtime, localtime(), localtimestamp, curdate(), current_date, current_date(), curtime(), current_time, utc_date, utc_date(), utc_time, utc_timestamp, utc_timestamp(3), sysdate(), unix_timestamp()
=> tree (SELECT (SELECT (items (NOW) (NOW #0=6) (CURRENT_TIMESTAMP) (CURRENT_TIMESTAMP) (CURRENT_TIMESTAMP #1=3) (LOCALTIME) (LOCALTIME) (LOCALTIMESTAMP) (CURDATE) (CURRENT_DATE) (CURRENT_DATE) (CURTIME) (CURRENT_TIME) (UTC_DATE) (UTC_DATE) (UTC_TIME) (UTC_TIMESTAMP) (UTC_TIMESTAMP #2=3) (SYSDATE) (UNIX_TIMESTAMP))) (facts nondeterministic))

select year(now()), month(now()), day(now()), hour(now()), minute(now()), second(now()), week(now()), quarter(now()), date(now()), time(now()), timestamp(now()), microsecond(now())
=> tree (SELECT (SELECT (items (YEAR (NOW)) (MONTH (NOW)) (DAY (NOW)) (HOUR (NOW)) (MINUTE (NOW)) (SECOND (NOW)) (WEEK (NOW)) (QUARTER (NOW)) (DATE (NOW)) (TIME (NOW)) (TIMESTAMP (NOW)) (MICROSECOND (NOW)))) (facts nondeterministic))

select get_format(date, 'EUR'), get_format(datetime, 'ISO'), date_format(now(), '%Y')
=> tree (SELECT (SELECT (items (GET_FORMAT date #0='EUR') (GET_FORMAT datetime #1='ISO') (DATE_FORMAT (NOW) #2='%Y'))) (facts nondeterministic))

select rand(), rand(5), uuid(), uuid_short(), sleep(0), benchmark(1, 1), get_lock('a', 1), release_lock('a'), is_free_lock('a'), is_used_lock('a'), release_all_locks()
=> tree (SELECT (SELECT (items (RAND) (RAND #0=5) (UUID) (UUID_SHORT) (SLEEP #1=0) (BENCHMARK #2=1 #3=1) (GET_LOCK #4='a' #5=1) (RELEASE_LOCK #6='a') (IS_FREE_LOCK #7='a') (IS_USED_LOCK #8='a') (RELEASE_ALL_LOCKS))) (facts lock-function sleep nondeterministic session-function server-function side-effect))

select last_insert_id(), last_insert_id(5), found_rows(), row_count()
=> tree (SELECT (SELECT (items (LAST_INSERT_ID) (LAST_INSERT_ID #0=5) (FOUND_ROWS) (ROW_COUNT))) (facts last-insert-id found-rows row-count session-function side-effect))

select password('x'), md5('x'), sha1('x'), sha2('x', 256), crc32('x'), hex('x'), unhex('41'), to_base64('x')
=> tree (SELECT (SELECT (items (PASSWORD #0='x') (MD5 #1='x') (SHA1 #2='x') (SHA2 #3='x' #4=256) (CRC32 #5='x') (HEX #6='x') (UNHEX #7='41') (TO_BASE64 #8='x'))))

select format(1, 2), format(1, 2, 'de_DE'), truncate(1.5, 1), round(1.5), floor(1), pow(1, 2)
=> tree (SELECT (SELECT (items (FORMAT #0=1 #1=2) (FORMAT #2=1 #3=2 #4='de_DE') (TRUNCATE #5=1.5 #6=1) (ROUND #7=1.5) (FLOOR #8=1) (POW #9=1 #10=2))))

select match(a) against ('x'), match a against ('x'), match(a, b) against ('x' in natural language mode), match(a) against ('x' in boolean mode), match(a) against ('x' with query expansion), match(t.a) against ('x' in natural language mode with query expansion) from t
=> tree (SELECT (SELECT (items (MATCH (col a) #0='x') (MATCH (col a) #1='x') (MATCH (col a) (col b) #2='x') (MATCH-BOOLEAN (col a) #3='x') (MATCH (col a) #4='x') (MATCH (col t.a) #5='x')) (from (table t))))

select a->'$.x', a->>'$.x.y', t.a->'$[0]' from t
=> tree (SELECT (SELECT (items (-> (col a) #0='$.x') (->> (col a) #1='$.x.y') (-> (col t.a) #2='$[0]')) (from (table t))))

select json_extract(a, '$.x'), json_object('a', 1), json_array(1, 2), json_value(a, '$.x'), json_contains(a, '1') from t
=> tree (SELECT (SELECT (items (JSON_EXTRACT (col a) #0='$.x') (JSON_OBJECT #1='a' #2=1) (JSON_ARRAY #3=1 #4=2) (JSON_VALUE (col a) #5='$.x') (JSON_CONTAINS (col a) #6='1')) (from (table t))))

select json_value(a, '$.x' returning decimal(10,2) null on empty error on error) from t
=> tree (SELECT (SELECT (items (JSON_VALUE (col a) #0='$.x')) (from (table t))))

select 1 member of ('[1]'), a member of (b) from t
=> tree (SELECT (SELECT (items (MEMBER-OF #0=1 #1='[1]') (MEMBER-OF (col a) (col b))) (from (table t))))

select weight_string('a'), weight_string('a' as char(4)), weight_string('a' as binary(4))
=> tree (SELECT (SELECT (items (WEIGHT_STRING #0='a') (WEIGHT_STRING #1='a') (WEIGHT_STRING #2='a'))))

select weight_string('a' level 1)
=> tree (SELECT (SELECT (items (WEIGHT_STRING #0='a'))))

select default(a) from t
=> tree (SELECT (SELECT (items (DEFAULT (col a))) (from (table t))))

select std(a), variance(a), var_pop(a), bit_xor(a) from t
=> tree (SELECT (SELECT (items (STD (col a)) (VARIANCE (col a)) (VAR_POP (col a)) (BIT_XOR (col a))) (from (table t))) (facts aggregate))

select foo(1, 2), test.foo(), `foo`(1), foo() from t
=> tree (SELECT (SELECT (items (call foo #0=1 #1=2) (call test.foo) (call `foo` #2=1) (call foo)) (from (table t))) (facts stored-function))

select concat ('a', 'b'), if (1, 2, 3), replace ('a', 'b', 'c')
=> tree (SELECT (SELECT (items (CONCAT #0='a' #1='b') (IF #2=1 #3=2 #4=3) (REPLACE #5='a' #6='b' #7='c'))))

select a % b, a mod b, a div b from t
=> tree (SELECT (SELECT (items (% (col a) (col b)) (% (col a) (col b)) (DIV (col a) (col b))) (from (table t))))

select (select 1) = (select 2), not exists (select 1), exists(select 1) and 1
=> tree (SELECT (SELECT (items (= (subquery (SELECT (items #0=1))) (subquery (SELECT (items #1=2)))) (NOT (EXISTS (SELECT (items #2=1)))) (AND (EXISTS (SELECT (items #3=1))) #4=1))) (facts subquery))

select a or b and c, (a or b) and c, not a and b, not (a and b) from t
=> tree (SELECT (SELECT (items (OR (col a) (AND (col b) (col c))) (AND (OR (col a) (col b)) (col c)) (AND (NOT (col a)) (col b)) (NOT (AND (col a) (col b)))) (from (table t))))

select 1 in (select 1), (1) in (1), ('a') like ('b')
=> tree (SELECT (SELECT (items (IN #0=1 (SELECT (items #1=1))) (IN #2=1 #3=1) (LIKE #4='a' #5='b'))) (facts subquery))

select -a * b, a * -b, a - -b, a--1, a - - 1 from t
=> tree (SELECT (SELECT (items (* (neg (col a)) (col b)) (* (col a) (neg (col b))) (- (col a) (neg (col b))) (- (col a) (neg #0=1)) (- (col a) (neg #1=1))) (from (table t))))

select a <=> b <=> c, a = b > c from t
=> tree (SELECT (SELECT (items (<=> (<=> (col a) (col b)) (col c)) (> (= (col a) (col b)) (col c))) (from (table t))))

select a^b*c, a*b^c, -2^2, ~1|2 from t
=> tree (SELECT (SELECT (items (* (^ (col a) (col b)) (col c)) (* (col a) (^ (col b) (col c))) (^ (neg #0=2) #1=2) (| (~ #2=1) #3=2)) (from (table t))))

select case when 1 then 2 else 3 end + 1, (case 1 when 1 then 2 end)
=> tree (SELECT (SELECT (items (+ (CASE (when #0=1 #1=2) (else #2=3)) #3=1) (CASE #4=1 (when #5=1 #6=2)))))

select a.b = c.d, `a`.`b`, `a`.b, a.`b` from a, c
=> tree (SELECT (SELECT (items (= (col a.b) (col c.d)) (col `a`.`b`) (col `a`.b) (col a.`b`)) (from (comma (table a) (table c)))))

select 'a' = binary 'a', a = _utf8mb4'x' from t
=> tree (SELECT (SELECT (items (= #0='a' (BINARY #1='a')) (= (col a) #2=_utf8mb4'x')) (from (table t))))

select column_create('a', 1 as int), column_get(a, 'b' as char), column_json(a) from t
=> tree (SELECT (SELECT (items (COLUMN_CREATE #0='a' #1=1) (COLUMN_GET (col a) #2='b') (COLUMN_JSON (col a))) (from (table t))))

select current_role, current_role()
=> tree (SELECT (SELECT (items (CURRENT_ROLE) (CURRENT_ROLE))) (facts session-function))

select st_astext(point(1, 2)), st_distance(a, b), geometrycollection(point(1,1)) from t
=> tree (SELECT (SELECT (items (ST_ASTEXT (POINT #0=1 #1=2)) (ST_DISTANCE (col a) (col b)) (GEOMETRYCOLLECTION (POINT #2=1 #3=1))) (from (table t))))

select crc32c('x'), natural_sort_key('x'), sformat('{}', 1), uuid_to_bin('x'), bin_to_uuid('x'), regexp_replace('a', 'b', 'c'), regexp_like('a', 'b')
=> tree (SELECT (SELECT (items (CRC32C #0='x') (NATURAL_SORT_KEY #1='x') (SFORMAT #2='{}' #3=1) (UUID_TO_BIN #4='x') (BIN_TO_UUID #5='x') (REGEXP_REPLACE #6='a' #7='b' #8='c') (REGEXP_LIKE #9='a' #10='b'))))

select ? + ?, ? in (?, ?), a = ? from t where b = ? and c like ? limit ?
=> tree (SELECT (SELECT (items (+ ?0 ?1) (IN ?2 ?3 ?4) (= (col a) ?5)) (from (table t)) (where (AND (= (col b) ?6) (LIKE (col c) ?7))) (limit (count ?8))))

select 1 + 
=> error 11 near '' at line 1

select 1 +* 2
=> error 10 near '* 2' at line 1

select case when 1 then 2
=> error 25 near '' at line 1

select (1, 2
=> error 12 near '' at line 1

select cast(1 as)
=> error 16 near ')' at line 1

select extract(foo from now())
=> tree (SELECT (SELECT (items (EXTRACT foo (NOW)))) (facts nondeterministic))

select a not 1 from t
=> error 13 near '1 from t' at line 1

select a in from t
=> error 12 near 'from t' at line 1

select interval 1 foo
=> error 18 near 'foo' at line 1

select 1 is 2
=> error 12 near '2' at line 1

select f(1,)
=> error 11 near ')' at line 1

select f(,1)
=> error 9 near ',1)' at line 1

select a between 1 from t
=> error 19 near 'from t' at line 1

select date_add(now(), interval 1)
=> error 33 near ')' at line 1

select @a := from t
=> error 13 near 'from t' at line 1

select `a from t
=> error 7 near '`a from t' at line 1

select x'4'
=> error 7 near 'x'4'' at line 1

select x'4g'
=> error 7 near 'x'4g'' at line 1

select b'2'
=> error 7 near 'b'2'' at line 1

select a like 'x' escape from t
=> error 25 near 'from t' at line 1

select a..b from t
=> error 9 near '.b from t' at line 1

select group_concat(a separator) from t
=> error 31 near ') from t' at line 1
