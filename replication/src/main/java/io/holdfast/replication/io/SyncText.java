package io.holdfast.replication.io;

import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code synchronous_standby_names} and {@code application_name} as Holdfast writes them. */
final class SyncText {
    private static final Pattern SET = Pattern.compile("ANY (\\d{1,4}) \\((.*)\\)");
    private static final Pattern NAME = Pattern.compile("\"([^\"@]+)@([^\"@]+)\"");

    private SyncText() {}

    /** The set; null when the text is not one that Holdfast writes. */
    static @Nullable SyncSet parse(String text) {
        if (text.isEmpty()) {
            return SyncSet.EMPTY;
        }
        Matcher matcher = SET.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        List<MemberId> members = new ArrayList<>();
        for (String name : matcher.group(2).split(",", -1)) {
            MemberId member = NAME.matcher(name).matches() ? memberOrNull(name.substring(1, name.length() - 1)) : null;
            if (member == null) {
                return null;
            }
            members.add(member);
        }
        int acks = Integer.parseInt(matcher.group(1));
        SyncSet set = acks < 1 ? SyncSet.EMPTY : SyncSet.of(acks, members);
        return set.toPostgres().equals(text) ? set : null;
    }

    /** The member of an {@code application_name}; null for every other client. */
    static @Nullable MemberId memberOrNull(String applicationName) {
        int at = applicationName.indexOf('@');
        if (at < 1 || at == applicationName.length() - 1) {
            return null;
        }
        try {
            return MemberId.of(applicationName.substring(0, at), applicationName.substring(at + 1));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
