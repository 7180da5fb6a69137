package io.holdfast.statesync.io;

import io.holdfast.config.io.ReloadingTls;
import io.holdfast.statesync.MemberName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** The consensus library's settings, where its own defaults are not what the store promises. */
final class RatisSettings {
    private RatisSettings() {}

    static RaftProperties properties(RatisOptions options) {
        RaftProperties properties = new RaftProperties();
        durable(properties, options);
        timely(properties, options);
        network(properties, options);
        return properties;
    }

    /** Its own default is a directory in /tmp that nothing ever cleans. A commit is on disk before it counts. */
    private static void durable(RaftProperties properties, RatisOptions options) {
        RaftServerConfigKeys.setStorageDir(properties, List.of(options.storage().toFile()));
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setForceSyncNum(properties, 1);
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("2MB"));
        RaftServerConfigKeys.Log.setQueueByteLimit(properties, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, options.snapshotEvery());
        RaftServerConfigKeys.Snapshot.setCreationGap(properties, 1);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, true);
    }

    private static void timely(RaftProperties properties, RatisOptions options) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, time(options.electionMin()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, time(options.electionMax()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, time(options.electionMin()));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, time(options.electionMax()));
        RaftServerConfigKeys.Rpc.setRequestTimeout(properties, time(options.electionMax().multipliedBy(2)));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(properties, true);
        RaftServerConfigKeys.setStagingTimeout(properties, TimeDuration.valueOf(3, TimeUnit.SECONDS));
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, TimeDuration.valueOf(3, TimeUnit.SECONDS));
    }

    private static void network(RaftProperties properties, RatisOptions options) {
        int colon = options.listen().lastIndexOf(':');
        GrpcConfigKeys.Server.setHost(properties, options.listen().substring(0, colon));
        GrpcConfigKeys.Server.setPort(properties, Integer.parseInt(options.listen().substring(colon + 1)));
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf("32MB"));
        // By default a peer that was away for half a minute is tried again every 5 s only, many elections long.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "1ms,10, 200ms,100000000");
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("1MB"));
    }

    /** New connections use the files as they are then. */
    static Parameters parameters(RatisOptions options) {
        Parameters parameters = new Parameters();
        options.tls().ifPresent(files -> {
            ReloadingTls tls = new ReloadingTls(files.ca(), files.cert(), files.key());
            GrpcConfigKeys.TLS.setConf(parameters,
                    new GrpcTlsConfig(tls.keyManager(), tls.trustManager(), true));
        });
        return parameters;
    }

    /** The consensus group of a cluster. */
    static RaftGroupId groupId(String cluster) {
        return RaftGroupId.valueOf(UUID.nameUUIDFromBytes(("holdfast/" + cluster).getBytes(StandardCharsets.UTF_8)));
    }

    static RaftGroup group(RatisOptions options) {
        return RaftGroup.valueOf(groupId(options.cluster()), peers(options.peers()));
    }

    static Collection<RaftPeer> peers(Map<MemberName, String> addresses) {
        return addresses.entrySet().stream().map(e -> peer(e.getKey(), e.getValue())).toList();
    }

    static RaftPeer peer(MemberName name, String address) {
        return RaftPeer.newBuilder().setId(id(name)).setAddress(address).build();
    }

    static RaftPeerId id(MemberName name) {
        return RaftPeerId.valueOf(name.value());
    }

    private static TimeDuration time(Duration duration) {
        return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
    }
}
