package io.holdfast.replication;

import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words of a decision file's line, each read once: what is left over in the end is a mistake in the file. */
final class Words {
    private static final Pattern WORD = Pattern.compile("[^\\s\"]*\"[^\"]*\"|\\S+");

    private final String line;
    private final List<String> words = new ArrayList<>();

    Words(String line) {
        this.line = line;
        Matcher matcher = WORD.matcher(line);
        while (matcher.find()) {
            words.add(matcher.group());
        }
    }

    /** The next word. */
    String next() {
        if (words.isEmpty()) {
            throw new IllegalArgumentException("a word is missing in '" + line + "'");
        }
        return words.removeFirst();
    }

    /** True when the word is there. */
    boolean has(String word) {
        return words.remove(word);
    }

    /** The text after the prefix of the word that has it. */
    Optional<String> after(String prefix) {
        Optional<String> found = words.stream().filter(word -> word.startsWith(prefix)).findFirst();
        found.ifPresent(words::remove);
        return found.map(word -> word.substring(prefix.length()));
    }

    /** The text in quotes. */
    Optional<String> quoted() {
        return after("\"").map(text -> text.substring(0, text.length() - 1));
    }

    /** All words that are left. */
    List<String> rest() {
        List<String> rest = List.copyOf(words);
        words.clear();
        return rest;
    }

    /** Fails when something was not understood. */
    void end() {
        if (!words.isEmpty()) {
            throw new IllegalArgumentException("not understood: " + words + " in '" + line + "'");
        }
    }

    /** {@code b}: its first incarnation; {@code b@2}: another one. */
    static MemberId member(String text) {
        String[] parts = text.split("@", 2);
        return MemberId.of(parts[0], parts.length == 1 ? "1" : parts[1]);
    }

    static Epoch epoch(String text) {
        return new Epoch(Long.parseLong(text));
    }

    /** {@code 3/2}: timeline 3, made in epoch 2. */
    static Timeline timeline(String text) {
        String[] parts = text.split("/", 2);
        return new Timeline(Integer.parseInt(parts[0]), epoch(parts[1]));
    }

    /** {@code nobody}, or {@code 1(b,c)}: one of b and c. */
    static SyncSet set(String text) {
        if (text.equals("nobody")) {
            return SyncSet.EMPTY;
        }
        int open = text.indexOf('(');
        List<MemberId> members = Arrays.stream(text.substring(open + 1, text.length() - 1).split(",", -1))
                .map(Words::member)
                .toList();
        return new SyncSet(new TreeSet<>(members), Integer.parseInt(text.substring(0, open)));
    }
}
