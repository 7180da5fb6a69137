package io.holdfast.replication.io;

import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.Postgres;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A PostgreSQL that only notes what it was asked for. */
final class NotedPostgres implements Postgres {
    final List<String> calls = new ArrayList<>();

    private Effect note(String call) {
        calls.add(call);
        return new Effect.Done();
    }

    @Override
    public LocalPostgres read() {
        return new LocalPostgres.Absent();
    }

    @Override
    public long storageSilentMillis() {
        return 0;
    }

    @Override
    public Effect initdb(Incarnation incarnation) {
        return note("initdb " + incarnation);
    }

    @Override
    public Effect startStandby() {
        return note("start standby");
    }

    @Override
    public Effect startPrimary() {
        return note("start primary");
    }

    @Override
    public Effect stopClean() {
        return note("stop clean");
    }

    @Override
    public Effect stopPrimary() {
        return note("stop primary");
    }

    @Override
    public Effect stopNow(String why) {
        return note("stop now: " + why);
    }

    @Override
    public Effect sever(SyncSet sync) {
        return note("sever " + sync);
    }

    @Override
    public Effect connect(Upstream upstream, TimelineBook book) {
        return note("connect " + upstream.member() + "/" + upstream.epoch());
    }

    @Override
    public Effect setSync(SyncSet set) {
        return note("set " + set);
    }

    @Override
    public Effect confirmSync(SyncSet set) {
        return note("confirm " + set);
    }

    @Override
    public Effect promote(Epoch epoch, int taken, Set<String> slots) {
        return note("promote " + epoch + " above " + taken + " " + slots);
    }

    @Override
    public Effect checkpoint() {
        return note("checkpoint");
    }

    @Override
    public Effect keepSlots(Set<String> wanted) {
        return note("slots " + wanted);
    }

    @Override
    public Supplies supplies() {
        return Supplies.NONE;
    }

    @Override
    public Effect prepareRestore(Restoring restoring) {
        return note("prepare restore " + restoring.id());
    }

    @Override
    public Effect restore(Restoring restoring, Incarnation incarnation, int taken) {
        return note("restore " + restoring.id() + " as " + incarnation + " above " + taken);
    }

    @Override
    public Effect clone(MemberName from, Incarnation incarnation, TimelineBook book) {
        return note("clone " + from + " as " + incarnation);
    }

    @Override
    public Effect cloneFromBackup(MemberName from, Incarnation incarnation, TimelineBook book) {
        return note("clone " + from + " as " + incarnation + " from a backup");
    }

    @Override
    public Effect rewind(MemberName from, Incarnation incarnation, TimelineBook book) {
        return note("rewind " + from + " as " + incarnation);
    }
}
