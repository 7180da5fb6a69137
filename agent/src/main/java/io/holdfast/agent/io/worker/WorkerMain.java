package io.holdfast.agent.io.worker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.backup.ArchiveNews;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.statesync.EventType;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;

/** The worker from its start to its end. */
public final class WorkerMain {
    private WorkerMain() {}

    /**
     * Serves the agent on standard input and output until that ends; then what runs is given up, and this returns.
     *
     * @throws io.holdfast.config.HoldfastException when the configuration has no backups, or a key cannot be read
     */
    public static void run(HoldfastConfig config) {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        try (Backups backups = new Backups(config)) {
            Files.createDirectories(backups.directory(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Map<String, Task> tasks = new TreeMap<>(new CatalogTasks(vertx, backups).tasks());
            tasks.put("backup", new BackupTask(vertx, backups));
            tasks.put("restore", new RestoreTask(backups));
            tasks.put("copy", new CopyTask(backups));
            DrillTask drill = new DrillTask(backups);
            drill.removeWhatIsLeft();
            tasks.put("drill", drill);
            WorkerProcess process = new WorkerProcess(System.out, tasks);
            process.say(WorkerLines.object().put(WorkerLines.SIGNER, backups.signing().signer().value()));
            try (ArchiveService archive = new ArchiveService(vertx, config, news -> process.say(event(news)))) {
                archive.start();
                process.serve(System.in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            vertx.close();
        }
    }

    private static ObjectNode event(ArchiveNews news) {
        return switch (news) {
            case ArchiveNews.Waiting waiting ->
                event(EventType.ARCHIVE_WAITS, waiting.files() + " files of WAL wait to be archived: "
                        + waiting.problem().message());
            case ArchiveNews.Drained drained ->
                event(EventType.ARCHIVE_DRAINED, drained.files() + " files of WAL had waited, and are archived");
            case ArchiveNews.Refused refused ->
                event(EventType.ARCHIVE_REFUSED, refused.file().fileName() + " is not archived: "
                        + refused.problem().message());
            case ArchiveNews.Halted halted -> event(EventType.ARCHIVE_HALTED, halted.problem().message());
            case ArchiveNews.Resumed resumed ->
                event(EventType.ARCHIVE_RESUMED, "WAL is archived again; it was not, since "
                        + resumed.problem().fact());
        };
    }

    private static ObjectNode event(EventType type, String text) {
        return WorkerLines.object().put(WorkerLines.NEWS, type.word()).put(WorkerLines.TEXT, text);
    }
}
