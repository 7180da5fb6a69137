package io.holdfast.backup.io;

import io.holdfast.backup.Layout;
import io.holdfast.backup.SystemId;
import io.holdfast.backup.WalSegmentSize;
import io.holdfast.config.Encryption;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** The archive of a rig in a process of its own, which can be killed. */
final class WalServerProcess {
    private WalServerProcess() {}

    static Process start(WalRig rig) throws IOException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), WalServerProcess.class.getName(), rig.data.toString(),
                rig.repositoryDirectory().toString(), rig.socket.toString(), rig.base.resolve("spool").toString(),
                rig.layout.systemId().value(), String.valueOf(rig.size.bytes()), rig.identityFile.toString()));
        return new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(rig.base.resolve("server.log").toFile()))
                .start();
    }

    public static void main(String[] args) {
        Path data = Path.of(args[0]);
        Identity identity = Identity.read(Path.of(args[6]));
        WalOptions options = new WalOptions(data, List.of(), Path.of(args[3]),
                new Layout("orders", new SystemId(args[4])), new WalSegmentSize(Integer.parseInt(args[5])),
                new Encryption.To(identity.recipients()), identity, 2, 0, 100);
        FileRepository repository = new FileRepository(Path.of(args[1]));
        WalArchive archive = new WalArchive(repository, options, Clock.systemUTC(), _ -> {}, () -> {});
        Vertx vertx = Vertx.vertx();
        vertx.deployVerticle(new WalServer(Path.of(args[2]), data, archive, new WalFetch(repository, options)))
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        archive.start();
    }
}
