package io.holdfast.backup;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * That a backup was restored for a trial. The object of a backup that tells the story has this in its name, so that a listing is
 * enough to know when a backup was last proved.
 *
 * @param at when, whole seconds
 * @param good whether everything was as it should be
 */
public record Proof(Instant at, boolean good) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT);
    private static final String BEGIN = "proof-";
    private static final String GOOD = "-good.json";
    private static final String BAD = "-bad.json";

    /** Cuts the time to whole seconds. */
    public Proof {
        at = at.truncatedTo(ChronoUnit.SECONDS);
    }

    /** The name of its object, such as {@code proof-20260131T100000Z-good.json}. */
    public String name() {
        return BEGIN + TIME.format(at.atOffset(ZoneOffset.UTC)) + (good ? GOOD : BAD);
    }

    /** Reads the name of an object; empty for any other. */
    public static Optional<Proof> read(String name) {
        String end = name.endsWith(GOOD) ? GOOD : BAD;
        if (!name.startsWith(BEGIN) || !name.endsWith(end)) {
            return Optional.empty();
        }
        try {
            String time = name.substring(BEGIN.length(), name.length() - end.length());
            return Optional.of(new Proof(LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC), end.equals(GOOD)));
        } catch (DateTimeException | StringIndexOutOfBoundsException e) {
            // Not a time: not a proof's name.
            return Optional.empty();
        }
    }

    /** The newest one of a backup, by its objects. */
    public static Optional<Proof> newest(List<StoredObject> objects) {
        return objects.stream()
                .flatMap(object -> read(object.path().name()).stream())
                .max(Comparator.comparing(Proof::at));
    }
}
