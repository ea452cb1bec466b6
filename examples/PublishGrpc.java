// SPDX-License-Identifier: MPL-2.0

// Publish one image version through `acg serve`, and follow it to its end. On Debian 12, with default-jdk-headless, libgrpc-java,
// libgeronimo-annotation-1.3-spec-java, libguava-java, libnetty-java, libperfmark-java, libprotobuf-java, protobuf-compiler and
// protobuf-compiler-grpc-java-plugin, in bash at the top of the source tree:
//
//	mkdir -p stubs classes
//	protoc -I proto --java_out=stubs --grpc-java_out=stubs --plugin=protoc-gen-grpc-java=/usr/bin/grpc_java_plugin proto/acg/v1/*.proto
//	export CLASSPATH=classes:$(printf '/usr/share/java/%s.jar:' grpc-{api,context,core,netty,protobuf,protobuf-lite,stub} guava failureaccess protobuf perfmark-api geronimo-annotation-1.3-spec netty-{buffer,codec,codec-http,codec-http2,common,handler,resolver,transport})
//	javac -d classes stubs/acg/v1/*.java examples/PublishGrpc.java
//	java PublishGrpc 127.0.0.1:8443 publish.json
//
// That server is on loopback: acg serve --listen tcp:127.0.0.1:8443 --insecure-loopback. Behind publish.json go ca.pem, client.pem
// and client.key (PKCS#8) for TLS; this needs a netty that knows ALPN, as in grpc-netty-shaded: Debian's does not. Nor has it unix
// sockets.
//
// publish.json holds the fields of `acg publish --file`, without login and endpoints: those are the server's. When the connection
// breaks, the publish goes on, and Watch attaches again behind the last event that was seen. The exit code is that of `acg publish`.

import acg.v1.Errors;
import acg.v1.Events;
import acg.v1.PublisherGrpc;
import acg.v1.PublisherOuterClass.PublishRequest;
import acg.v1.PublisherOuterClass.PublishResponse;
import acg.v1.PublisherOuterClass.WatchRequest;
import acg.v1.PublisherOuterClass.WatchResponse;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;

public final class PublishGrpc {
    private static final Metadata.Key<byte[]> DETAILS = Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private String publishId = "";
    private long last;

    /** Prints an event. @return whether it is the final one. */
    private boolean seen(Events.Event event) {
        if (event.hasStarted())
            publishId = event.getStarted().getPublishId();
        last = Math.max(last, event.getNumber());
        System.out.printf("%8.1f s  %s%n", event.getElapsedMs() / 1000.0, event.getText());
        for (Events.ResultRegion region : event.getDone().getResult().getRegionsList())
            for (Events.ResultDisk disk : region.getDisksList())
                System.out.printf("  %s, %s: %s%n", region.getName(), disk.getDisk(), disk.getDiskEncryptionSetId());
        return event.hasDone();
    }

    /** What went wrong, from the details of a call that failed. @return the exit code. */
    private static int explain(StatusRuntimeException fault) throws InvalidProtocolBufferException {
        byte[] packed = fault.getTrailers() == null ? null : fault.getTrailers().get(DETAILS);
        if (packed == null) {
            System.err.println(fault.getStatus());
            return 1;
        }
        for (Errors.Detail detail : Errors.Status.parseFrom(packed).getDetailsList()) {
            Errors.Error error = Errors.Error.parseFrom(detail.getValue());
            System.err.println(String.join(" ", error.getStatus() + ":", error.getField(), error.getMessage(), error.getFix()));
            return error.getExitCode();
        }
        return 1;
    }

    private int publish(ManagedChannel channel, String configuration) throws InvalidProtocolBufferException {
        PublisherGrpc.PublisherBlockingStub stub = PublisherGrpc.newBlockingStub(channel);
        while (true) {
            try {
                if (publishId.isEmpty()) {
                    Iterator<PublishResponse> events = stub.publish(PublishRequest.newBuilder().setConfigurationJson(configuration).build());
                    while (events.hasNext())
                        seen(events.next().getEvent());
                } else {
                    WatchRequest request = WatchRequest.newBuilder().setPublishId(publishId).setAfterEvent(last).build();
                    Iterator<WatchResponse> events = stub.withWaitForReady().watch(request);
                    while (events.hasNext())
                        seen(events.next().getEvent());
                }
                return 0; // the call ends with OK when the version is done and proved
            } catch (StatusRuntimeException fault) {
                boolean dropped = fault.getStatus().getCode() == Status.Code.UNAVAILABLE && (fault.getTrailers() == null || !fault.getTrailers().containsKey(DETAILS));
                if (!dropped || publishId.isEmpty())
                    return explain(fault);
            }
        }
    }

    public static void main(String[] words) throws IOException {
        ChannelCredentials credentials = words.length < 5 ? InsecureChannelCredentials.create() : TlsChannelCredentials.newBuilder()
            .trustManager(new File(words[2])).keyManager(new File(words[3]), new File(words[4])).build();
        ManagedChannel channel = Grpc.newChannelBuilder(words[0], credentials).build();
        int code = new PublishGrpc().publish(channel, Files.readString(Path.of(words[1])));
        channel.shutdownNow();
        System.exit(code);
    }
}
