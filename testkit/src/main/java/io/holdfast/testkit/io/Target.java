package io.holdfast.testkit.io;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * A PostgreSQL server as a client names it.
 *
 * @param member its name in reports
 * @param host its address
 * @param port its port
 */
public record Target(String member, String host, int port) {
    /** A connection, each step of which, and each later read, gives up after {@code limit}. */
    public Connection connect(Duration limit) throws SQLException {
        Properties properties = plain();
        properties.setProperty("socketFactory", HastySocketFactory.class.getName());
        properties.setProperty("socketFactoryArg", Long.toString(limit.toMillis()));
        // Any value but zero: only then does the driver take a read's time-out for an error.
        properties.setProperty("socketTimeout", Long.toString(limit.toSeconds() + 1));
        return DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/postgres", properties);
    }

    /** What a statement returns, row by row, NULL as an empty string; gives up after 5 s. */
    public List<List<String>> query(String sql) throws SQLException {
        try (Connection connection = connect(Duration.ofSeconds(5));
                Statement statement = connection.createStatement()) {
            List<List<String>> rows = new ArrayList<>();
            if (statement.execute(sql)) {
                try (ResultSet result = statement.getResultSet()) {
                    while (result.next()) {
                        rows.add(row(result));
                    }
                }
            }
            return rows;
        }
    }

    /** The first value of the first row; empty where there is no row, or no server. */
    public Optional<String> ask(String sql) {
        try {
            return query(sql).stream().findFirst().map(row -> row.get(0));
        } catch (SQLException e) {
            return Optional.empty();
        }
    }

    /** Whether it answers and takes writes. */
    public boolean isPrimary() {
        return ask("SELECT NOT pg_is_in_recovery()").filter("t"::equals).isPresent();
    }

    static Properties plain() {
        Properties properties = new Properties();
        properties.setProperty("user", "postgres");
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("ApplicationName", "holdfast-test");
        properties.setProperty("assumeMinServerVersion", "13");
        return properties;
    }

    private static List<String> row(ResultSet result) throws SQLException {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            String value = result.getString(i);
            row.add(value == null ? "" : value);
        }
        return List.copyOf(row);
    }
}
