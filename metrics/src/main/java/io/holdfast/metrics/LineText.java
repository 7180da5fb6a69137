package io.holdfast.metrics;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Points as line protocol, so that every server that speaks it reads the same.
 *
 * <p>Servers agree on how comma, space and equals sign are escaped in a tag, and on little else. A backslash cannot be: before one
 * of those it escapes, at the end of a value it swallows what follows, elsewhere InfluxDB keeps it and others drop it. A newline
 * ends the line, in a quoted text too for most. So what cannot be carried is written as in a URL, {@code %5C} for a backslash in a
 * tag, {@code %0A} for a newline, and {@code %25} for a percent sign that would be read as the beginning of such;
 * {@link #original} gives back what it was. An empty tag is left out: to InfluxDB it is the same.
 */
public final class LineText {
    /** The longest value of a tag, in chars: names belong there, not stories; InfluxDB takes 64 KiB for all tags together. */
    static final int MOST_TAG_CHARS = 1000;
    /** The longest text of a field, in chars, at most three bytes each: InfluxDB takes 64 KiB. */
    static final int MOST_TEXT_CHARS = 20_000;

    private static final char REPLACEMENT = '\uFFFD';
    private static final int MARK_CHARS = 9;

    private LineText() {}

    /** Appends the line of a point, without a newline. */
    public static void write(Point point, StringBuilder line) {
        line.append(point.measurement());
        for (Map.Entry<String, String> tag : point.tags().entrySet()) {
            if (!tag.getValue().isEmpty()) {
                line.append(',').append(tag.getKey()).append('=');
                tag(tag.getValue(), line);
            }
        }
        char before = ' ';
        for (Map.Entry<String, Point.Field> field : point.fields().entrySet()) {
            line.append(before).append(field.getKey()).append('=');
            field(field.getValue(), line);
            before = ',';
        }
        line.append(' ').append(point.timeNanos());
    }

    /** What a server has in the place of a tag's value: the value itself but for backslashes, control characters and great length. */
    public static String carried(String value) {
        StringBuilder carried = new StringBuilder(value.length() + 8);
        carry(bounded(value, MOST_TAG_CHARS), carried);
        return carried.toString();
    }

    /** The value that was {@link #carried}, unless it was cut or was no valid Unicode. */
    public static String original(String carried) {
        StringBuilder value = new StringBuilder(carried.length());
        for (int i = 0; i < carried.length(); i++) {
            char c = carried.charAt(i);
            if (c == '%' && isHex(carried, i + 1)) {
                value.append((char) Integer.parseInt(carried.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                value.append(c);
            }
        }
        return value.toString();
    }

    private static void tag(String value, StringBuilder line) {
        String carried = isPlain(value) ? value : carried(value);
        for (int i = 0; i < carried.length(); i++) {
            char c = carried.charAt(i);
            if (c == ',' || c == '=' || c == ' ') {
                line.append('\\');
            }
            line.append(c);
        }
    }

    /** True for nearly all values there are, which are carried as they are. */
    private static boolean isPlain(String value) {
        boolean plain = value.length() <= MOST_TAG_CHARS;
        for (int i = 0; plain && i < value.length(); i++) {
            char c = value.charAt(i);
            plain = c >= ' ' && c < 0x7F && c != '\\' && c != '%';
        }
        return plain;
    }

    private static void carry(String value, StringBuilder carried) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' || isUncarried(value, i)) {
                percent(c, carried);
            } else {
                i += valid(value, i, carried);
            }
        }
    }

    private static boolean isUncarried(String value, int at) {
        char c = value.charAt(at);
        return c < ' ' || c == 0x7F || c == '%' && isHex(value, at + 1);
    }

    private static void percent(char c, StringBuilder to) {
        to.append('%').append(hex(c >> 4)).append(hex(c & 15));
    }

    private static void field(Point.Field field, StringBuilder line) {
        switch (field) {
            case Point.Field.Real real -> line.append(Numbers.text(real.value()));
            case Point.Field.Whole whole -> line.append(whole.value()).append('i');
            case Point.Field.Flag flag -> line.append(flag.value());
            case Point.Field.Text text -> text(bounded(text.value(), MOST_TEXT_CHARS), line);
        }
    }

    private static void text(String value, StringBuilder line) {
        line.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (isUncarried(value, i)) {
                percent(c, line);
            } else {
                i += valid(value, i, line);
            }
        }
        line.append('"');
    }

    /** Appends a character, or what stands for half of one; returns how many more chars of the value it took. */
    private static int valid(String value, int at, StringBuilder to) {
        char c = value.charAt(at);
        if (!Character.isSurrogate(c)) {
            to.append(c);
            return 0;
        }
        if (Character.isHighSurrogate(c) && at + 1 < value.length() && Character.isLowSurrogate(value.charAt(at + 1))) {
            to.append(c).append(value.charAt(at + 1));
            return 1;
        }
        to.append(REPLACEMENT);
        return 0;
    }

    /** Cut with a checksum of the whole at its end, so that two long values stay two. */
    private static String bounded(String value, int most) {
        if (value.length() <= most) {
            return value;
        }
        CRC32C whole = new CRC32C();
        whole.update(value.getBytes(StandardCharsets.UTF_8));
        int end = most - MARK_CHARS;
        if (Character.isHighSurrogate(value.charAt(end - 1))) {
            end--;
        }
        return value.substring(0, end) + '…' + HexFormat.of().toHexDigits((int) whole.getValue());
    }

    private static boolean isHex(String text, int at) {
        return at + 1 < text.length() && Character.digit(text.charAt(at), 16) >= 0
                && Character.digit(text.charAt(at + 1), 16) >= 0;
    }

    private static char hex(int digit) {
        return Character.toUpperCase(Character.forDigit(digit, 16));
    }
}
