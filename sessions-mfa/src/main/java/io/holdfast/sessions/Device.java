package io.holdfast.sessions;

/**
 * From where somebody is logged in; of its texts only what can be printed is kept, and not without end.
 *
 * @param label what the user calls it; may be empty
 * @param agent the program, as it names itself
 * @param address the IP address, or {@link #SOCKET}
 */
public record Device(String label, String agent, String address) {
    /** What stands for an address where the agent's own socket was used. */
    public static final String SOCKET = "socket";
    private static final int MOST = 120;

    /** Takes what can be printed. */
    public Device {
        label = printable(label);
        agent = printable(agent);
        address = printable(address);
    }

    /** The user's device again: the same program, at the same address. */
    public boolean isSame(Device other) {
        return agent.equals(other.agent) && address.equals(other.address);
    }

    /** A text of somebody else's as it can be shown on a terminal: without control characters, and not without end. */
    public static String printable(String text) {
        StringBuilder kept = new StringBuilder();
        text.codePoints()
                .filter(point -> !Character.isISOControl(point) && Character.getType(point) != Character.FORMAT
                        && Character.getType(point) != Character.SURROGATE && Character.isDefined(point))
                .limit(MOST)
                .forEach(kept::appendCodePoint);
        return kept.toString();
    }
}
