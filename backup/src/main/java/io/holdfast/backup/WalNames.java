package io.holdfast.backup;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The forms of the names of WAL files. */
final class WalNames {
    private static final Pattern FORM = Pattern.compile("([0-9A-F]{8})(?:\\.history|([0-9A-F]{8})([0-9A-F]{8})"
            + "(?:(\\.partial)|\\.([0-9A-F]{8})\\.backup)?)");

    private WalNames() {}

    static Optional<WalFile> read(String fileName) {
        Matcher matcher = FORM.matcher(fileName);
        if (!matcher.matches() || number(matcher, 1) == 0) {
            return Optional.empty();
        }
        TimelineId timeline = new TimelineId(number(matcher, 1));
        if (matcher.group(2) == null) {
            return Optional.of(new WalFile.History(timeline));
        }
        WalFile.Segment segment = new WalFile.Segment(timeline, number(matcher, 2), number(matcher, 3));
        if (matcher.group(4) != null) {
            return Optional.of(new WalFile.Partial(segment));
        }
        return Optional.of(
                matcher.group(5) == null ? segment : new WalFile.BackupHistory(segment, number(matcher, 5)));
    }

    private static int number(Matcher matcher, int group) {
        return Integer.parseUnsignedInt(matcher.group(group), 16);
    }
}
