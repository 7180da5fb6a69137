package io.holdfast.config.io;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/** Times as crontab(5) writes them: minute, hour, day of the month, month, day of the week; in the time zone of this host. */
public final class Schedules {
    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private Schedules() {}

    /**
     * The first time after another; {@link Instant#MAX} when there is none.
     *
     * @throws IllegalArgumentException when the text is no schedule
     */
    public static Instant next(String text, Instant after) {
        return ExecutionTime.forCron(read(text))
                .nextExecution(after.atZone(ZoneId.systemDefault()))
                .map(ZonedDateTime::toInstant)
                .orElse(Instant.MAX);
    }

    /** Throws IllegalArgumentException, with what is wrong, when it is none. */
    static Cron read(String text) {
        return PARSER.parse(text).validate();
    }
}
