package io.holdfast.agent.io.cli;

/** Takes the lines of a stream of server-sent events apart (HTML Living Standard, section 9.2.6), as far as an agent sends them. */
final class EventLines {
    private final Listener listener;
    private String type = "";
    private String data = "";

    /** Hears of what came. */
    @FunctionalInterface
    interface Listener {
        /**
         * An event has come.
         *
         * @param type its type
         * @param data a line
         */
        void heard(String type, String data);
    }

    EventLines(Listener listener) {
        this.listener = listener;
    }

    /** The next line, without its end. An empty one ends an event; what is cut off in its midst never was one. */
    void line(String line) {
        if (line.isEmpty()) {
            if (!data.isEmpty()) {
                listener.heard(type, data);
            }
            type = "";
            data = "";
        } else if (line.startsWith("event:")) {
            type = line.substring("event:".length()).strip();
        } else if (line.startsWith("data:")) {
            data = line.substring("data:".length()).strip();
        }
    }
}
