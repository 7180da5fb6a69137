package io.holdfast.metrics;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Values of tags that want to break a line, the same ones at every run: known tricks, and combinations of their pieces. */
public final class HostileValues {
    private static final List<String> PIECES = List.of("\\", "\\\\", "\"", "'", "`", "\n", "\r\n", "\r", "\t", "\0",
            "\u0001",
            "\u007f", ",", "=", " ", ",x=y", " value=1i", " 17", "#", "%", "%5C", "%0a", "%2", "%%", "\ud83d\ude00",
            "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67", "é", "e\u0301", "漢字", "\u2028", "\u0085", "\ufeff",
            "\u202e",
            "\ufffd", "null", "NaN", "true", "0", "-1", "1i", "$1", "${env:HOME}", "; DROP TABLE hostile; --", "<b>",
            "a", "Z",
            "/* */", "\\n", "\\,", "\\=", "\\ ");
    private static final List<String> KNOWN = List.of("\\", "\\\\", "a\\", "a\\\\", "a\\,b", "a\\=b", "a\\ b", "a\nb",
            "\n", "a\n",
            "x,y=z", "x value=3", "x value=3 1\ny value=4 2", "\"", "\"quoted\"", "\"open", "'", " ", "  ", " a", "a ",
            ",", "=", "==",
            "#comment", "\ud83d\ude00", "\ud83d\ude00\\", "\0", "%5C", "%5c", "%", "100%", "%zz", "%5\\C", "\t", "\r",
            "\u007f",
            "long".repeat(240), "漢".repeat(900), "\ud83d\ude00".repeat(400), "\\".repeat(300), ",".repeat(500));

    private HostileValues() {}

    /** So many different values, none empty and none so long that it is cut. */
    public static List<String> some(int count) {
        Set<String> values = new LinkedHashSet<>(KNOWN);
        Random random = new Random(20261128);
        while (values.size() < count) {
            StringBuilder value = new StringBuilder();
            for (int pieces = 1 + random.nextInt(8); pieces > 0; pieces--) {
                value.append(PIECES.get(random.nextInt(PIECES.size())));
            }
            values.add(value.toString());
        }
        return new ArrayList<>(values).subList(0, count);
    }
}
