delete from t wher id=1
=> error 19 near 'id=1' at line 1

select a
from t
where b = = 5
=> error 26 near '= 5' at line 3

insert into t values (1)) 
=> error 24 near ') ' at line 1

select 1; select 2
=> error 10 near 'select 2' at line 1

select (((1)
=> error 12 near '' at line 1

select 1 from t where a in (1,2
=> error 31 near '' at line 1

set a = 1 b = 2
=> error 10 near 'b = 2' at line 1

update t set a = 1 where b = 1 limit 1 foo
=> error 39 near 'foo' at line 1

selct 1
=> error 0 near 'selct 1' at line 1

-- only a comment
=> error 17 near '' at line 1

delete x from t a join u b
=> error 7 near 'x from t a join u b' at line 1
