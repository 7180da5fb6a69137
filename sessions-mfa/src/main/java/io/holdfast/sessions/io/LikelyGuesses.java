package io.holdfast.sessions.io;

import com.nulabinc.zxcvbn.Zxcvbn;
import io.holdfast.sessions.Guesses;
import java.util.List;

/**
 * By zxcvbn, which knows some ten thousand of the passwords that have come out, words and names of people, walks over keyboards,
 * repetitions, dates, and letters that stand for others (D. Wheeler, USENIX Security 2016). What it knows takes 15 MB of heap, so it
 * is read for each new password, by one at a time, and forgotten.
 */
final class LikelyGuesses implements Guesses {
    /** What it takes grows faster than the length, and a password is no worse than its beginning. */
    private static final int MOST_CHARACTERS = 64;

    @Override
    public synchronized double log10(String password, List<String> near) {
        String begin = password.substring(0,
                password.offsetByCodePoints(0,
                        Math.min(MOST_CHARACTERS, password.codePointCount(0, password.length()))));
        return new Zxcvbn().measure(begin, near).getGuessesLog10();
    }
}
