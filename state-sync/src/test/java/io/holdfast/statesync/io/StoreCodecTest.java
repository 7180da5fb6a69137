package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.statesync.Txn;
import io.holdfast.statesync.Txn.Operation.Append;
import io.holdfast.statesync.io.StoreCodec.Command;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the consensus log holds is read by other releases. */
class StoreCodecTest {
    private static final Command.Commit OF_OLD = new Command.Commit(Txn.when()
            .versionIs("a", 3)
            .leaseIs("l")
            .put("a", "1")
            .put("b", "2", "l")
            .delete("c")
            .grant("l", Duration.ofSeconds(5))
            .revoke("m")
            .build());
    private static final Command.Commit APPENDING = new Command.Commit(Txn.when()
            .append("events", "db1", List.of(new Append.Item(7, "x"), new Append.Item(9, "")), 1000)
            .build());

    @Test
    void readsWhatItWrote() {
        for (Command command : List.of(OF_OLD, APPENDING, new Command.Barrier(), new Command.Expire("l", 5))) {
            assertEquals(command, StoreCodec.decodeCommand(StoreCodec.encode(command)));
        }
    }

    /** The first byte is the format: a release that cannot append reads the rest, and refuses this. */
    @Test
    void onlyWhatAnEarlierReleaseCannotDoHasAnotherFormat() {
        assertEquals(1, StoreCodec.encode(OF_OLD)[0]);
        assertEquals(1, StoreCodec.encode(new Command.Barrier())[0]);
        assertEquals(2, StoreCodec.encode(APPENDING)[0]);
    }

    @Test
    void refusesWhatALaterReleaseWrote() {
        byte[] later = StoreCodec.encode(OF_OLD);
        later[0] = 3;
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> StoreCodec.decodeCommand(later));
        assertTrue(String.valueOf(e.getMessage()).contains("format 3 of a later release"), e::toString);
    }
}
