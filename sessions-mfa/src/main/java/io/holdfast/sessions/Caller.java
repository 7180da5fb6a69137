package io.holdfast.sessions;

/** Who asks for something. */
public sealed interface Caller {
    /** The name for logs and records. */
    String name();

    /** From where. */
    String address();

    /**
     * Somebody who is logged in.
     *
     * @param session the session
     * @param user the user as of now
     * @param stale true where this agent hears no majority: it may not know yet that the session was ended
     */
    record Person(Session session, User user, boolean stale) implements Caller {
        @Override
        public String name() {
            return user.name().value();
        }

        @Override
        public String address() {
            return session.device().address();
        }
    }

    /**
     * A machine.
     *
     * @param token its token
     * @param address from where
     * @param stale true where this agent hears no majority
     */
    record Service(ServiceToken token, String address, boolean stale) implements Caller {
        @Override
        public String name() {
            return "token:" + token.name();
        }
    }

    /**
     * A user of the operating system, by the local socket.
     *
     * @param user its name
     * @param enrolled true once some administrator is enrolled: then what is dangerous wants a session here too
     */
    record Local(String user, boolean enrolled) implements Caller {
        /** True for who may do everything on this machine. */
        public boolean isRoot() {
            return user.equals("root");
        }

        @Override
        public String name() {
            return "os:" + user;
        }

        @Override
        public String address() {
            return Device.SOCKET;
        }
    }

    /**
     * Nobody that is known.
     *
     * @param address from where
     */
    record Nobody(String address) implements Caller {
        @Override
        public String name() {
            return "nobody";
        }
    }
}
