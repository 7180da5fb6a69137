package io.holdfast.sessions;

/** What stood for the second factor; each can be accepted once. */
public sealed interface Proof {
    /** Its kind, in one word. */
    String kind();

    /**
     * A code of a device.
     *
     * @param factor the device's id
     * @param step the step whose code it was
     */
    record Code(String factor, long step) implements Proof {
        @Override
        public String kind() {
            return "totp";
        }
    }

    /**
     * A recovery code.
     *
     * @param hash its hash
     */
    record Recovery(String hash) implements Proof {
        @Override
        public String kind() {
            return "recovery";
        }
    }

    /**
     * Two successive codes of a device that was new.
     *
     * @param factor the device
     */
    record Enrolled(TotpFactor factor) implements Proof {
        @Override
        public String kind() {
            return "enrolment";
        }
    }
}
