'use strict';
// What an application does with mysql2, through any MySQL endpoint: node drive.js HOST PORT USER PASSWORD SCHEMA TABLE
const assert = require('assert');
const mysql = require('mysql2/promise');

const [host, port, user, password, database, table] = process.argv.slice(2);
const options = { host, port: Number(port), user, password, database };

async function refused(promise, number) {
  await assert.rejects(promise, (error) => error.errno === number);
}

async function types(db) {
  await db.query(`create table ${table} (id bigint primary key, t tinyint, d decimal(20,5), f double, ` +
                 's varchar(100), b varbinary(100), dt datetime(3), day date, x longtext, j text)');
  const when = new Date('2024-02-29T12:34:56.789Z');
  const text = 'it\'s "ä€😀" \\ \0 end';
  await db.execute(`insert into ${table} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ['9007199254740993', -5, '12345.67890', 1.5, text, Buffer.from([0, 255, 39, 92]), when,
      '2024-02-29', null, '{"a": 1}']);
  for (const call of ['query', 'execute']) {
    const [[row], fields] = await db[call](`select * from ${table}`);
    assert.strictEqual(row.id, '9007199254740993');
    assert.strictEqual(row.t, -5);
    assert.strictEqual(row.d, '12345.67890');
    assert.strictEqual(row.f, 1.5);
    assert.strictEqual(row.s, text);
    assert.deepStrictEqual(row.b, Buffer.from([0, 255, 39, 92]));
    assert.strictEqual(row.dt.getTime(), when.getTime());
    assert.strictEqual(row.x, null);
    assert.strictEqual(fields[0].name, 'id');
  }
}

async function manyPrepared(db) {
  for (let i = 0; i < 300; i++) {
    const [rows] = await db.execute(`select ? + ${i} as n`, [i]);
    assert.strictEqual(Number(rows[0].n), 2 * i);
  }
  const statement = await db.prepare('select ? as a, ? as b');
  for (let i = 0; i < 20; i++) {
    const [rows] = await statement.execute([i % 2 ? i : null, `v${i}`]);
    assert.strictEqual(rows[0].b, `v${i}`);
  }
  await statement.close();
}

async function transactions(db) {
  await db.query(`delete from ${table}`);
  await db.beginTransaction();
  await db.execute(`insert into ${table} (id, s) values (?, ?)`, [1, 'rolled back']);
  await db.rollback();
  await db.beginTransaction();
  const [result] = await db.execute(`insert into ${table} (id, s) values (?, ?), (?, ?)`, [1, 'one', 2, 'two']);
  assert.strictEqual(result.affectedRows, 2);
  await db.commit();
  const [rows] = await db.query(`select id, s from ${table} where id in (?) order by id`, [[1, 2, 3]]);
  assert.deepStrictEqual(rows.map((r) => r.s), ['one', 'two']);
}

async function errors(db) {
  await refused(db.query('selec 1'), 1064);
  await refused(db.query(`select * from no_${table}`), 1146);
  await refused(db.execute(`insert into ${table} (id) values (?)`, [1]), 1062);
  await refused(mysql.createConnection({ ...options, password: 'wrong' }), 1045);
  await refused(mysql.createConnection({ ...options, database: 'no_such_schema' }), 1049);
}

async function bigRows(db) {
  const big = 'x'.repeat(17 * 1024 * 1024);
  await db.query(`insert into ${table} (id, x) values (100, ?)`, [big]);
  const [[row]] = await db.execute(`select x from ${table} where id = ?`, [100]);
  assert.strictEqual(row.x.length, big.length);
  const [[sent]] = await db.execute('select length(?) as n', [big]);
  assert.strictEqual(Number(sent.n), big.length);
}

async function pool() {
  const shared = mysql.createPool({ ...options, connectionLimit: 5, multipleStatements: true });
  const answers = await Promise.all([...Array(100).keys()].map((i) => shared.execute('select ? as n', [i])));
  answers.forEach(([rows], i) => assert.strictEqual(Number(rows[0].n), i));
  const [results] = await shared.query('select 1 as a; select 2 as b');
  assert.deepStrictEqual(results.map((r) => Object.values(r[0])[0]), [1, 2]);
  await shared.end();
}

async function rest(db) {
  await db.changeUser({ user, password, database });
  await db.ping();
  const stream = db.connection.query(`select a.id from ${table} a, ${table} b`).stream();
  let rows = 0;
  for await (const row of stream) rows += row ? 1 : 0;
  assert.strictEqual(rows, 9);
}

async function main() {
  const db = await mysql.createConnection({ ...options, supportBigNumbers: true, bigNumberStrings: false });
  for (const step of [types, manyPrepared, transactions, errors, bigRows, pool, rest]) {
    await step(db);
    console.log(`${step.name}: ok`);
  }
  await db.query(`drop table ${table}`);
  await db.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
