import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;

/** What an application does with Connector/J: java -cp CONNECTOR.jar Drive.java HOST PORT USER PASSWORD SCHEMA TABLE */
public class Drive {
    static String url, user, password, table;

    static void check(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }

    interface Step {
        void run() throws SQLException;
    }

    static void refused(int number, Step step) throws SQLException {
        try {
            step.run();
        } catch (SQLException e) {
            check(e.getErrorCode() == number, "error " + number + ", not " + e.getErrorCode() + " " + e.getMessage());
            return;
        }
        throw new AssertionError("no error " + number);
    }

    static void types(Connection c) throws SQLException {
        String text = "it's \"\u00e4\u20ac\ud83d\ude00\" \\ end";
        byte[] bytes = {0, -1, 39, 92};
        Timestamp when = Timestamp.valueOf("2024-02-29 12:34:56.789");
        try (Statement s = c.createStatement()) {
            s.execute("drop table if exists " + table);
            s.execute("create table " + table + " (id bigint primary key, t tinyint, d decimal(20,5), f double, "
                + "s varchar(100), b varbinary(100), dt datetime(3), day date, x longtext, bl longblob)");
        }
        String insert = "insert into " + table + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        try (PreparedStatement p = c.prepareStatement(insert)) {
            p.setLong(1, Long.MAX_VALUE);
            p.setByte(2, (byte) -5);
            p.setBigDecimal(3, new BigDecimal("12345.67890"));
            p.setDouble(4, 1.5);
            p.setString(5, text);
            p.setBytes(6, bytes);
            p.setTimestamp(7, when);
            p.setString(8, "2024-02-29"); // this driver's setDate() sends what MySQL 9 calls malformed
            p.setNull(9, Types.VARCHAR);
            p.setBinaryStream(10, new ByteArrayInputStream(new byte[200000]));
            check(p.executeUpdate() == 1, "one row inserted");
        }
        try (PreparedStatement p = c.prepareStatement("select * from " + table + " where id = ?")) {
            p.setLong(1, Long.MAX_VALUE);
            for (int i = 0; i < 3; i++) {
                ResultSet r = p.executeQuery();
                check(r.next(), "the row is there");
                check(r.getLong("id") == Long.MAX_VALUE && r.getInt("t") == -5, "integers");
                check(r.getBigDecimal("d").equals(new BigDecimal("12345.67890")), "decimals");
                check(r.getDouble("f") == 1.5, "doubles");
                check(r.getString("s").equals(text) && Arrays.equals(r.getBytes("b"), bytes), "texts");
                check(r.getTimestamp("dt").equals(when) && r.getDate("day").toString().equals("2024-02-29"), "dates");
                check(r.getString("x") == null && r.wasNull() && r.getBytes("bl").length == 200000, "null and blob");
                check(!r.next(), "one row");
            }
        }
    }

    static void batches(Connection c) throws SQLException {
        try (PreparedStatement p = c.prepareStatement("insert into " + table + " (id, s) values (?, ?)")) {
            for (int i = 1; i <= 200; i++) {
                p.setInt(1, i);
                p.setString(2, "v" + i);
                p.addBatch();
            }
            check(p.executeBatch().length == 200, "a batch of 200");
        }
        try (Statement s = c.createStatement()) {
            ResultSet r = s.executeQuery("select count(*) from " + table);
            check(r.next() && r.getInt(1) == 201, "201 rows");
        }
    }

    static void transactions(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (Statement s = c.createStatement()) {
            check(s.executeUpdate("delete from " + table) == 201, "201 rows deleted");
            c.rollback();
            check(s.executeUpdate("update " + table + " set s = 'changed' where id <= 10") == 10, "10 rows changed");
            c.commit();
            java.sql.Savepoint point = c.setSavepoint("here");
            s.executeUpdate("delete from " + table);
            c.rollback(point);
            c.commit();
            ResultSet r = s.executeQuery("select count(*), sum(s = 'changed') from " + table);
            check(r.next() && r.getInt(1) == 201 && r.getInt(2) == 10, "what was committed");
            c.commit();
        }
        c.setAutoCommit(true);
        c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        check(c.getTransactionIsolation() == Connection.TRANSACTION_READ_COMMITTED, "the isolation level");
        c.setReadOnly(true);
        c.setReadOnly(false);
    }

    static void errors(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            refused(1064, () -> s.execute("selec 1"));
            refused(1146, () -> s.execute("select * from no_" + table));
            refused(1062, () -> s.execute("insert into " + table + " (id) values (1)"));
        }
        refused(1045, () -> DriverManager.getConnection(url, user, "wrong"));
    }

    static void bigRows(Connection c) throws SQLException {
        char[] letters = new char[17 << 20];
        Arrays.fill(letters, 'x');
        String big = new String(letters);
        try (PreparedStatement p = c.prepareStatement("insert into " + table + " (id, x) values (?, ?)")) {
            p.setInt(1, 5000);
            p.setString(2, big);
            p.executeUpdate();
        }
        try (PreparedStatement p = c.prepareStatement("select x from " + table + " where id = ?")) {
            p.setInt(1, 5000);
            ResultSet r = p.executeQuery();
            check(r.next() && r.getString(1).equals(big), "17 MiB there and back");
        }
    }

    static void streaming(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.setFetchSize(100);
            ResultSet r = s.executeQuery("select a.id, b.id from " + table + " a, " + table
                + " b where a.id <= 200 and b.id <= 200");
            int rows = 0;
            while (r.next()) {
                rows++;
            }
            check(rows == 40000, "40000 rows, not " + rows);
        }
    }

    static void metadata(Connection c) throws SQLException {
        DatabaseMetaData m = c.getMetaData();
        check(m.getDatabaseMajorVersion() >= 5, "a version");
        ResultSet r = m.getColumns(c.getCatalog(), null, table, null);
        int columns = 0;
        while (r.next()) {
            columns++;
        }
        check(columns == 10, "10 columns, not " + columns);
        r = m.getPrimaryKeys(c.getCatalog(), null, table);
        check(r.next() && r.getString("COLUMN_NAME").equals("id"), "the primary key");
        check(c.isValid(2), "valid");
    }

    static void generatedKeys(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.execute("create table " + table + "_k (id int primary key auto_increment, v int)");
            s.executeUpdate("insert into " + table + "_k (v) values (7), (8)", Statement.RETURN_GENERATED_KEYS);
            ResultSet r = s.getGeneratedKeys();
            check(r.next() && r.getInt(1) == 1, "the generated key");
            s.execute("drop table " + table + "_k");
        }
    }

    interface Part {
        void run(Connection c) throws SQLException;
    }

    public static void main(String[] a) throws SQLException {
        user = a[2];
        password = a[3];
        table = a[5];
        String base = "jdbc:mariadb://" + a[0] + ":" + a[1] + "/" + a[4];
        String[] ways = {"useServerPrepStmts=true&useBulkStmts=false",
            "useServerPrepStmts=false&rewriteBatchedStatements=true",
            "useServerPrepStmts=true&usePipelineAuth=true&useBatchMultiSend=true"};
        for (String way : ways) {
            url = base + "?allowPublicKeyRetrieval=true&" + way;
            try (Connection c = DriverManager.getConnection(url, user, password)) {
                Part[] parts = {Drive::types, Drive::batches, Drive::transactions, Drive::errors, Drive::bigRows,
                    Drive::streaming, Drive::metadata, Drive::generatedKeys};
                for (Part part : parts) {
                    part.run(c);
                }
                c.createStatement().execute("drop table " + table);
            }
            System.out.println(way + ": ok");
        }
    }
}
