package io.holdfast.sessions;

import java.util.List;

/** Says how soon somebody would come upon a password who knows what people choose. */
public interface Guesses {
    /**
     * The common logarithm of how many guesses it takes.
     *
     * @param password in Unicode's form NFKC
     * @param near what somebody would try first who knows whose it is
     */
    double log10(String password, List<String> near);
}
