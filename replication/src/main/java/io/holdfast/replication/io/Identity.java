package io.holdfast.replication.io;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.vertx.core.json.JsonObject;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this agent knows about the data directory beside it, kept outside of it.
 *
 * @param incarnation the life of the directory
 * @param systemId PostgreSQL's system identifier; empty until the first initdb or clone has ended
 * @param book which epoch made its timelines
 * @param pending what was begun and has not ended: while it is not NONE, what is in the directory is no database
 * @param upstream what it was last told to stream from; its durable settings say whether that still holds
 * @param restored what a restore made of it; null: it was made by none
 */
record Identity(Incarnation incarnation, String systemId, TimelineBook book, Pending pending,
        @Nullable Upstream upstream, LocalPostgres.@Nullable Restored restored) {

    /** What has been begun with the directory. */
    enum Pending {
        /** Nothing. */
        NONE,
        /** An initdb, with the first start. */
        INITDB,
        /** A copy of the primary's. */
        CLONE,
        /** A rewind to the primary's history. */
        REWIND,
        /** A restore from a backup. */
        RESTORE,
        /** A restored directory is taken as it is: what is there may be the only copy. */
        ADOPTION
    }

    static Identity beginning(Pending pending, Incarnation incarnation, String systemId, TimelineBook book) {
        return new Identity(incarnation, systemId, book, pending, null, null);
    }

    /** After what was pending has ended well. */
    Identity finished(String foundSystemId) {
        return new Identity(incarnation, foundSystemId, book, Pending.NONE, null, restored);
    }

    Identity with(TimelineBook newBook) {
        return new Identity(incarnation, systemId, newBook, pending, upstream, restored);
    }

    Identity with(Upstream newUpstream) {
        return new Identity(incarnation, systemId, book, pending, newUpstream, restored);
    }

    Identity with(LocalPostgres.Restored newRestored) {
        return new Identity(incarnation, systemId, book, pending, upstream, newRestored);
    }

    LocalPostgres.Directory directory() {
        return new LocalPostgres.Directory(incarnation, systemId, book, restored);
    }

    /** As JSON that a person can read. */
    String toJson() {
        JsonObject epochs = new JsonObject();
        book.epochs().forEach((id, epoch) -> epochs.put(id.toString(), epoch.number()));
        JsonObject json = new JsonObject().put("incarnation", incarnation.id())
                .put("systemId", systemId)
                .put("pending", pending.name())
                .put("promoting", book.promoting().number())
                .put("timelines", epochs);
        if (upstream != null) {
            json.put("upstream", new JsonObject().put("member", upstream.member().value())
                    .put("epoch", upstream.epoch().number()));
        }
        if (restored != null) {
            json.put("restored", new JsonObject().put("request", restored.request())
                    .put("parent", restored.parent())
                    .put("at", restored.at().toString()));
        }
        return json.encodePrettily() + "\n";
    }

    /** Reads {@link #toJson}'s form; throws RuntimeException on any other. */
    static Identity parse(String text) {
        JsonObject json = new JsonObject(text);
        TreeMap<Integer, Epoch> epochs = new TreeMap<>();
        JsonObject timelines = json.getJsonObject("timelines");
        timelines.fieldNames().forEach(id -> epochs.put(Integer.valueOf(id), new Epoch(timelines.getLong(id))));
        JsonObject upstream = json.getJsonObject("upstream");
        JsonObject restored = json.getJsonObject("restored");
        return new Identity(new Incarnation(json.getString("incarnation")), json.getString("systemId"),
                new TimelineBook(new Epoch(json.getLong("promoting")), epochs),
                Pending.valueOf(json.getString("pending")),
                upstream == null
                        ? null
                        : new Upstream(new MemberName(upstream.getString("member")),
                                new Epoch(upstream.getLong("epoch"))),
                restored == null
                        ? null
                        : new LocalPostgres.Restored(restored.getString("request"), restored.getInteger("parent"),
                                Lsn.parse(restored.getString("at"))));
    }
}
