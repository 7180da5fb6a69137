package io.holdfast.testkit.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultTest {
    private final List<String> done = new ArrayList<>();

    @Test
    void isMendedOnce() {
        Fault fault = broken("a");
        fault.undo();
        fault.close();
        assertEquals(List.of("a broken", "a mended"), done);
    }

    @Test
    void severalAreBrokenAndMendedTogether() {
        Fault both = Fault.together("both", List.of(() -> broken("a"), () -> broken("b")));
        assertEquals("both", both.mark().name());
        both.undo();
        assertEquals(List.of("a broken", "b broken", "a mended", "b mended"), done);
    }

    @Test
    void whatWasBrokenIsMendedWhenTheRestCannotBeBroken() {
        assertThrows(IllegalStateException.class, () -> Fault.together("both", List.of(() -> broken("a"), () -> {
            throw new IllegalStateException("there is no b");
        })));
        assertEquals(List.of("a broken", "a mended"), done);
    }

    private Fault broken(String name) {
        return Fault.inject(name, () -> done.add(name + " broken"), () -> done.add(name + " mended"));
    }
}
