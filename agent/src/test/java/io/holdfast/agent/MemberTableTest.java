package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemberTableTest {
    @Test
    void tagsAreShownWhereTheyAreNotAsUsual() {
        Map<String, String> usual = Map.of("failover-priority", "100", "zone", "", "nosync", "false", "noloadbalance",
                "false");
        Map<String, String> own = Map.of("failover-priority", "0", "zone", "a", "nosync", "true", "noloadbalance",
                "false");
        assertEquals(List.of(
                "MEMBER  KIND      ROLE     STATE      VOTES  PEER           POSTGRES       TAGS",
                "db1     database  primary  running    yes    10.0.0.1:8010  10.0.0.1:5432  -",
                "db2     database  standby  streaming  no     -              10.0.0.2:5432  failover-priority 0, nosync, zone a",
                "w1      witness   witness  running    yes    10.0.0.3:8010  -              -"),
                MemberTable.lines(List.of(
                        new MemberTable.Row("db1", "database", "primary", "running", true, "10.0.0.1:8010",
                                "10.0.0.1:5432", usual),
                        new MemberTable.Row("db2", "database", "standby", "streaming", false, "", "10.0.0.2:5432", own),
                        new MemberTable.Row("w1", "witness", "witness", "running", true, "10.0.0.3:8010", "",
                                Map.of())),
                        StatusTable.UNLIMITED));
    }
}
