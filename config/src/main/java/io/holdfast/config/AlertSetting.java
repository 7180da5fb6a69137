package io.holdfast.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is written of an alert rule: of one that is shipped, what is to be otherwise; of another one, all of it.
 *
 * @param enabled whether it is on
 * @param metric the fact or metric that it looks at; null: that of the shipped one
 * @param above what it fires above; null: not said
 * @param below what it fires below; null: not said
 * @param until by which value it is over again; null: not said
 * @param pending for how long it must be so before it fires; null: not said
 * @param keep for how long it must be so no longer before it is over; null: not said
 * @param severity {@code info}, {@code warning} or {@code critical}; null: not said
 * @param summary one sentence for people; null: not said
 * @param runbook a URL, or the name of a page; null: not said
 */
public record AlertSetting(boolean enabled, @Nullable String metric, @Nullable Double above, @Nullable Double below,
        @Nullable Double until, @Nullable Duration pending, @Nullable Duration keep, @Nullable String severity,
        @Nullable String summary, @Nullable String runbook) {}
