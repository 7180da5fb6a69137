package io.holdfast.sessions;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a password must be, by NIST SP 800-63B: long enough, none that others would try first, and nothing else: no rules on which
 * characters it has. What is tried first is not only a list: a word of it together with a year is no better; and whatever else
 * people choose, {@link Guesses} knows.
 */
public final class PasswordRules {
    private static final int LEAST = 12;
    private static final int MOST = 128;
    /** What must be left when all that everybody would guess is taken out. */
    private static final int LEAST_OWN = 8;
    private static final int RUN = 3;
    private static final int SHORTEST_WORD = 3;
    /**
     * Ten thousand million: at the thirty milliseconds that a guess costs whoever has stolen the hash, ten years of one core. Over the
     * API nobody gets so far in any time.
     */
    private static final double LEAST_GUESSES_LOG10 = 10;
    /** What Holdfast is about, and so is what those choose who administer it. */
    private static final List<String> ABOUT = List.of("holdfast", "postgresql", "postgres", "redis", "sentinel",
            "database", "primary", "standby", "failover", "backup", "restore", "cluster", "administrator", "operator");

    private final List<String> refused;
    private final String cluster;
    private final Guesses guesses;

    /**
     * With a list.
     *
     * @param common words and passwords that are tried first, in lower case
     * @param cluster the cluster's name, which is one of them
     * @param guesses knows what else is tried
     */
    public PasswordRules(Set<String> common, String cluster, Guesses guesses) {
        this.cluster = cluster;
        this.guesses = guesses;
        List<String> words = new ArrayList<>(common);
        words.add(folded(cluster));
        this.refused = longestFirst(words);
    }

    /**
     * What a password is hashed as: in Unicode's form NFKC, so that it is the same from every keyboard (NIST SP 800-63B, password
     * verifiers). Blanks count, in any number.
     */
    public static String normal(String typed) {
        return Normalizer.normalize(typed, Normalizer.Form.NFKC);
    }

    /** What is wrong with a new password; empty when it can be used. The text does not repeat it. */
    public Optional<String> refuse(String typed, UserName user) {
        String password = normal(typed);
        int length = password.codePointCount(0, password.length());
        if (length < LEAST) {
            return Optional.of("a password has at least " + LEAST + " characters");
        }
        if (length > MOST) {
            return Optional.of("a password has at most " + MOST + " characters");
        }
        if (password.codePoints().anyMatch(Character::isISOControl)) {
            return Optional.of("a password has no control characters");
        }
        String left = folded(password);
        List<String> words = new ArrayList<>(refused);
        words.add(folded(user.value()));
        for (String word : longestFirst(words)) {
            left = left.replace(word, " ");
        }
        return own(left) < LEAST_OWN || guesses.log10(password, near(user)) < LEAST_GUESSES_LOG10
                ? Optional.of("the password is made of what everybody would try first")
                : Optional.empty();
    }

    /** The user, the cluster, the parts of their names, and what all of this is about. */
    private List<String> near(UserName user) {
        List<String> near = new ArrayList<>(ABOUT);
        for (String name : List.of(user.value(), cluster)) {
            near.add(name);
            near.addAll(List.of(name.split("[^\\p{L}]+", -1)));
        }
        return near.stream().filter(word -> word.length() >= SHORTEST_WORD).distinct().toList();
    }

    private static List<String> longestFirst(List<String> words) {
        return words.stream()
                .filter(word -> word.length() >= SHORTEST_WORD)
                .distinct()
                .sorted(Comparator.comparing(String::length).reversed().thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    /** In lower case, with the letters that are meant where digits and signs stand for them. */
    private static String folded(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        StringBuilder folded = new StringBuilder();
        for (int i = 0; i < lower.length(); i++) {
            char letter = lower.charAt(i);
            boolean inWord = i > 0 && Character.isLetter(lower.charAt(i - 1))
                    || i + 1 < lower.length() && Character.isLetter(lower.charAt(i + 1));
            int at = inWord ? "@4301$5!7".indexOf(letter) : -1;
            folded.append(at < 0 ? letter : "aaeoissit".charAt(at));
        }
        return folded.toString();
    }

    /** How many characters are somebody's own: of a row of equal ones, or of neighbours such as 1234, one; blanks none. */
    private static int own(String text) {
        int[] points = text.codePoints().filter(point -> !Character.isWhitespace(point)).toArray();
        int own = 0;
        int at = 0;
        while (at < points.length) {
            int end = at + 1;
            int difference = end < points.length ? points[end] - points[at] : 2;
            while (end < points.length && Math.abs(difference) <= 1 && points[end] - points[end - 1] == difference) {
                end++;
            }
            boolean run = end - at >= RUN;
            own++;
            at = run ? end : at + 1;
        }
        return own;
    }
}
