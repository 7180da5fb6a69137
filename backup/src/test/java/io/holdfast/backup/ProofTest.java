package io.holdfast.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProofTest {
    private static final Instant AT = Instant.parse("2026-01-31T10:00:00Z");

    @Test
    void isReadFromTheNameThatItHas() {
        for (Proof proof : List.of(new Proof(AT, true), new Proof(AT.plusMillis(1500), false))) {
            assertEquals(Optional.of(proof), Proof.read(proof.name()));
        }
        assertEquals("proof-20260131T100000Z-good.json", new Proof(AT, true).name());
        for (String other : List.of("manifest.json", "proof-good.json", "proof-20260131-good.json",
                "proof-20260131T100000Z-fair.json", "proof-bad.json", "shard-0001.tar.zst")) {
            assertEquals(Optional.empty(), Proof.read(other), other);
        }
    }

    @Test
    void theNewestCounts() {
        List<StoredObject> objects = Stream.of("manifest.json", new Proof(AT, true).name(),
                new Proof(AT.plusSeconds(60), false).name(), new Proof(AT.minusSeconds(60), true).name())
                .map(name -> new StoredObject(new RepositoryPath("orders/1/base/x/" + name), 1))
                .toList();
        assertEquals(Optional.of(new Proof(AT.plusSeconds(60), false)), Proof.newest(objects));
        assertEquals(Optional.empty(), Proof.newest(objects.subList(0, 1)));
    }
}
