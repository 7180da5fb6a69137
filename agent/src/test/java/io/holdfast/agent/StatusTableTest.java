package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Upkeep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class StatusTableTest {
    private static final Instant NOW = MemoryAgent.AT.plusSeconds(7260);

    private final MemoryAgent agent = new MemoryAgent();

    @Test
    void showsEveryMemberWithItsReason() {
        assertEquals("""
                orders   epoch 7   timeline 3   durability quorum (1 of db2, db3)   quorum yes

                MEMBER  ROLE     STATE      TL  LAG             SYNC    POSTGRES       SINCE  WHY
                db1     primary  running    3   -               -       10.0.0.1:5432  2h     took over in epoch 7: db2 lost its lease
                db2     standby  streaming  3   1.0 KiB, 0.3 s  quorum  10.0.0.2:5432  2h     follows db1 in epoch 7
                db3     down     stopped    -   -               -       10.0.0.3:5432  -      its agent does not answer; whether PostgreSQL runs there is not known
                """, text(StatusTable.UNLIMITED));
    }

    @Test
    void cutsTheReasonAndDropsTheAddressWhereTheTerminalIsNarrow() {
        assertEquals("""
                orders   epoch 7   timeline 3   durability quorum (1 of db2, db3)   quorum yes

                MEMBER  ROLE     STATE      TL  LAG             SYNC    SINCE  WHY
                db1     primary  running    3   -               -       2h     took over in epoc...
                db2     standby  streaming  3   1.0 KiB, 0.3 s  quorum  2h     follows db1 in ep...
                db3     down     stopped    -   -               -       -      its agent does no...
                """, text(83));
        assertTrue(lines(60).stream().skip(2).noneMatch(line -> line.contains("took") || line.contains("WHY")));
    }

    @Test
    void saysInTheFirstLinesThatItIsStale() {
        agent.quorum = false;
        assertEquals("orders   epoch 7   timeline 3   durability quorum (1 of db2, db3)   quorum no",
                lines(200).get(0));
        assertEquals("STALE  db1 hears no majority of agents: what follows is the last that it knew",
                lines(200).get(1));
    }

    @Test
    void saysThatItTakesWritesWithoutItsLease() {
        agent.quorum = false;
        agent.failsafe = true;
        assertEquals(
                "FAILSAFE  db1 takes writes without its lease, while every other member promises not to become a primary",
                lines(200).get(2));
        assertTrue(Explanation.of(agent, agent.self()).facts().get(1).contains("goes on as the primary by failsafe"));
    }

    @Test
    void saysThatNobodyLeadsAndNobodyAcknowledges() {
        ClusterState empty = MemoryAgent.withSync(agent.state, SyncSet.EMPTY);
        agent.state = new ClusterState(empty.revision(), null, empty.settings(), empty.leadership(), false, null,
                empty.sync(), empty.failsafe(),
                empty.attachments(), empty.history(), empty.members(), empty.statuses(),
                empty.suspicions(), empty.requests(), empty.measured());
        assertEquals("orders   epoch 7   timeline 3   durability quorum (nobody acknowledges)   quorum yes   no leader",
                lines(200).get(0));
    }

    @Test
    void saysWhenThereIsNoMemberYet() {
        agent.state = ClusterState.NOTHING;
        assertEquals("No member has told about itself yet.", lines(200).getLast());
    }

    @Test
    void coloursNothingButOnATerminal() {
        assertFalse(text(200).contains("\033"));
        List<String> coloured = StatusTable.lines(StatusReport.of(agent), NOW, 200, Paint.ON);
        assertTrue(coloured.get(3).contains("\033[32mprimary\033[0m"), coloured.get(3));
        assertTrue(coloured.get(5).contains("\033[31mdown\033[0m"), coloured.get(5));
        assertEquals(lines(200), coloured.stream().map(line -> line.replaceAll("\033\\[\\d*m", "")).toList());
    }

    @Test
    void marksWhoWaitsForARestartAndSaysForWhat() {
        MemberName db1 = new MemberName("db1");
        TreeMap<MemberName, MemberStatus> statuses = new TreeMap<>(agent.state.statuses());
        statuses.replaceAll((name, status) -> status.with(new Upkeep(
                new TreeSet<>(
                        name.equals(db1) ? List.of("max_connections", "shared_buffers") : List.of("shared_buffers")),
                Map.of(), null, Map.of())));
        ClusterState all = agent.state;
        agent.state = new ClusterState(all.revision(), null, all.settings(), all.leadership(), true, all.position(),
                all.sync(), all.failsafe(), all.attachments(), all.history(), all.members(), statuses, all.suspicions(),
                all.requests(), all.measured());
        List<String> lines = lines(200);
        assertTrue(lines.get(3).contains(" running*  "), lines.get(3));
        assertTrue(lines.get(4).contains(" streaming*  "), lines.get(4));
        assertEquals(List.of("", "* pending restart: max_connections, shared_buffers on db1",
                "* pending restart: shared_buffers on db2"), lines.subList(6, lines.size()));
    }

    @Test
    void isWholeOnlyWithAPrimaryAndEveryOtherMemberStreaming() {
        assertFalse(StatusReport.of(agent).isWhole());
        ClusterState all = agent.state;
        agent.state = new ClusterState(all.revision(), null, all.settings(), all.leadership(), true, all.position(),
                all.sync(), all.failsafe(),
                all.attachments(), all.history(), all.members().headMap(all.members().lastKey(), false),
                all.statuses(), all.suspicions(), all.requests(), all.measured());
        assertTrue(StatusReport.of(agent).isWhole());
    }

    private List<String> lines(int width) {
        return StatusTable.lines(StatusReport.of(agent), NOW, width, Paint.OFF);
    }

    private String text(int width) {
        return String.join("\n", lines(width)) + "\n";
    }
}
