package io.holdfast.replication;

/** Hears how long what decides about an outage took; on any thread, must not block. All in milliseconds. */
public interface Timings {
    /** Nobody listens. */
    Timings NONE = new Timings() {
        @Override
        public void renewed(long tookMillis, long leftMillis) {}

        @Override
        public void handedOver(long millis) {}

        @Override
        public void restarted(long millis) {}
    };

    /**
     * The lease was renewed.
     *
     * @param tookMillis from the request to its confirmation
     * @param leftMillis how long this member could have been primary yet without it
     */
    void renewed(long tookMillis, long leftMillis);

    /** This member took writes, so long after the leadership before its own had ended. */
    void handedOver(long millis);

    /** This primary took writes again in place, so long after its PostgreSQL had died. */
    void restarted(long millis);
}
