package io.holdfast.agent.io;

import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** As whom an agent runs, and whom its socket trusts. */
final class Owner {
    private static final String USUAL = "postgres";

    private Owner() {}

    /** The users that are answered on the socket: those that are named, else root and the owner of the data directory. */
    static Set<String> socketUsers(HoldfastConfig config) {
        if (!config.listen().socketUsers().isEmpty()) {
            return Set.copyOf(config.listen().socketUsers());
        }
        return new TreeSet<>(List.of("root", System.getProperty("user.name")));
    }

    /**
     * As root: makes the directories that only root may make, then becomes the owner of the data directory. Comes back only
     * when this is not root.
     */
    static void become(HoldfastConfig config) {
        if (!Become.isRoot()) {
            return;
        }
        try {
            String owner = of(config);
            if (owner.equals("root")) {
                throw new Problem("HF-5011",
                        "the data directory belongs to root, and PostgreSQL refuses to run as root",
                        "chown it to the user that PostgreSQL shall run as; usually '" + USUAL + "'.").toException();
            }
            for (Path directory : directories(config)) {
                give(directory, owner);
            }
            Become.user(owner);
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem("HF-5011", "the agent cannot change to the data directory's owner: " + e,
                            "Start it as that user."),
                    e);
        }
    }

    private static String of(HoldfastConfig config) throws IOException {
        List<Path> places = new ArrayList<>();
        if (config.postgresql() != null) {
            places.add(config.postgresql().data());
        }
        places.add(config.state());
        for (Path place : places) {
            if (Files.exists(place)) {
                return Files.getOwner(place).getName();
            }
        }
        if (!Become.exists(USUAL)) {
            throw new Problem("HF-5011",
                    "there is no data directory yet whose owner the agent could become, and no user '"
                            + USUAL + "'",
                    "Create " + places.getFirst() + " and chown it to the user of PostgreSQL.").toException();
        }
        return USUAL;
    }

    private static List<Path> directories(HoldfastConfig config) {
        List<Path> directories = new ArrayList<>();
        directories.add(config.state());
        if (config.listen().socket().getParent() != null) {
            directories.add(config.listen().socket().getParent());
        }
        if (config.postgresql() != null) {
            directories.add(config.postgresql().data());
        }
        return directories;
    }

    /** Only what is not there is made: a directory of somebody else stays his. */
    private static void give(Path directory, String owner) throws IOException {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null && !Files.exists(parent)) {
            Files.createDirectories(parent);
        }
        Files.createDirectory(directory);
        Files.setOwner(directory,
                directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(owner));
    }
}
