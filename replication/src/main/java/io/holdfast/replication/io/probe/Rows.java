package io.holdfast.replication.io.probe;

import io.vertx.sqlclient.Row;
import org.jspecify.annotations.Nullable;

/** Numbers of a row; all are selected as float8. */
final class Rows {
    private Rows() {}

    /** NaN for null. */
    static double number(Row row, String column) {
        Double value = row.getDouble(column);
        return value == null ? Double.NaN : value;
    }

    /** Another for null. */
    static double number(Row row, String column, double otherwise) {
        Double value = row.getDouble(column);
        return value == null ? otherwise : value;
    }

    /** Empty for null. */
    static String text(Row row, String column) {
        @Nullable
        String value = row.getString(column);
        return value == null ? "" : value;
    }
}
