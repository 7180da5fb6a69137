package io.holdfast.config;

import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: a whole number and {@code B}, {@code KiB}, {@code MiB}, {@code GiB} or {@code TiB}. */
public final class SizeText {
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");
    private static final Pattern FORM = Pattern.compile("([0-9]{1,12})(B|KiB|MiB|GiB|TiB)");

    private SizeText() {}

    /** Reads {@code 1MiB} as bytes; empty when the form is wrong or the number too great for a long. */
    public static OptionalLong read(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        long unit = 1L << (10 * UNITS.indexOf(matcher.group(2)));
        return number > Long.MAX_VALUE / unit ? OptionalLong.empty() : OptionalLong.of(number * unit);
    }

    /** Writes bytes in the greatest unit that is exact. */
    public static String write(long bytes) {
        int unit = 0;
        long number = bytes;
        while (number != 0 && number % 1024 == 0 && unit < UNITS.size() - 1) {
            number /= 1024;
            unit++;
        }
        return number + UNITS.get(unit);
    }
}
