package io.holdfast.backup.io;

import java.util.function.UnaryOperator;

/** The checksums of all tables of a server. */
final class TableSums {
    private TableSums() {}

    /** Asked by a command of SQL that gives a line for each row. */
    static String of(UnaryOperator<String> sql) {
        String tables = sql.apply("SELECT string_agg(format('SELECT %L, count(*), md5(string_agg(t::text, '','' "
                + "ORDER BY t::text)) FROM %I t', relname, relname), ' UNION ALL ' ORDER BY relname) FROM pg_class "
                + "WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace");
        // Tables may be read side by side, and answer in any order.
        return String.join("\n", sql.apply(tables).lines().sorted().toList());
    }
}
