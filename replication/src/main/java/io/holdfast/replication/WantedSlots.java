package io.holdfast.replication;

import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Versioned;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** For whom a primary keeps WAL: the names of the slots that it has for its members. */
final class WantedSlots {
    private final View view;
    private final List<LocalPostgres.Primary.Link> links;

    /**
     * Of this member.
     *
     * @param links who streams from it now
     */
    WantedSlots(View view, List<LocalPostgres.Primary.Link> links) {
        this.view = view;
        this.links = links;
    }

    /** The names. */
    Set<String> names() {
        Upstream self = new Upstream(view.self(), view.cluster().epoch());
        Set<String> slots = new TreeSet<>();
        for (MemberRecord member : view.cluster().members().values()) {
            if (!member.isWitness() && !member.name().equals(view.self()) && keepsWalFor(member.name())) {
                slots.add(self.slotOf(member.name()));
            }
        }
        return slots;
    }

    /** WAL is kept for whoever is there or counts, and for a set time for a member that is away and has ever streamed. */
    private boolean keepsWalFor(MemberName member) {
        Versioned<SyncSet> sync = view.cluster().sync();
        if (view.cluster().statuses().containsKey(member)
                || sync != null && sync.value().members().stream().anyMatch(m -> m.name().equals(member))
                || links.stream().anyMatch(link -> link.member().name().equals(member))) {
            return true;
        }
        Versioned<Attachment> attachment = view.cluster().attachments().get(member);
        Long since = attachment == null ? null : view.memory().missingSince().get(attachment.value().member());
        return attachment != null
                && (since == null || view.nowMillis() - since < view.settings().slots().keepAbsent().toMillis());
    }
}
