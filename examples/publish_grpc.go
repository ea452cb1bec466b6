// SPDX-License-Identifier: MPL-2.0

// Publish one image version through `acg serve`, and follow it to its end. With Go 1.25 and protoc, at the top of the
// source tree:
//
//	go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
//	go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
//	export PATH=$PATH:$(go env GOPATH)/bin
//	mkdir publish && cp examples/publish_grpc.go publish/main.go
//	M=$(for f in errors events publisher post_processor; do printf 'Macg/v1/%s.proto=example.com/publish/acgv1,' $f; done)
//	protoc -I proto --go_out="${M}module=example.com/publish:publish" --go-grpc_out="${M}module=example.com/publish:publish" proto/acg/v1/*.proto
//	(cd publish && go mod init example.com/publish && go get google.golang.org/grpc@v1.82.1 && go mod tidy && go build)
//	publish/publish unix:/run/acg/acg.sock publish.json
//
// publish.json holds the fields of `acg publish --file`, without login and endpoints: those are the server's. When the
// connection breaks, the publish goes on, and Watch attaches again behind the last event that was seen. The exit code is that
// of `acg publish`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"example.com/publish/acgv1"
)

// follower is one publish, whatever happens to the connection.
type follower struct {
	client acgv1.PublisherClient
	id     string
	last   uint64
}

func (f *follower) seen(event *acgv1.Event) {
	if started := event.GetStarted(); started != nil {
		f.id = started.GetPublishId()
	}
	f.last = max(f.last, event.GetNumber())
	fmt.Printf("%8.1f s  %s\n", float64(event.GetElapsedMs())/1000, event.GetText())
	for _, region := range event.GetDone().GetResult().GetRegions() {
		for _, disk := range region.GetDisks() {
			fmt.Printf("  %s, %s: %s\n", region.GetName(), disk.GetDisk(), disk.GetDiskEncryptionSetId())
		}
	}
}

// events prints those of one call, and gives what it ended with.
func events[R any, P interface {
	*R
	GetEvent() *acgv1.Event
}](f *follower, stream grpc.ServerStreamingClient[R], err error) error {
	for err == nil {
		var response P
		if response, err = stream.Recv(); err == nil {
			f.seen(response.GetEvent())
		}
	}
	return err
}

func (f *follower) publish(ctx context.Context, configuration string) error {
	stream, err := f.client.Publish(ctx, &acgv1.PublishRequest{ConfigurationJson: configuration})
	err = events(f, stream, err)
	for f.id != "" && dropped(err) {
		stream, fault := f.client.Watch(ctx, &acgv1.WatchRequest{PublishId: f.id, AfterEvent: f.last}, grpc.WaitForReady(true))
		err = events(f, stream, fault)
	}
	return err
}

// dropped tells a connection that broke from a server that says why it ended the call.
func dropped(err error) bool {
	return status.Code(err) == codes.Unavailable && len(status.Convert(err).Details()) == 0
}

// explain says what went wrong, from the details of a call that failed, and gives the exit code.
func explain(err error) int {
	for _, detail := range status.Convert(err).Details() {
		if said, ok := detail.(*acgv1.Error); ok {
			log.Println(said.GetStatus()+":", said.GetField(), said.GetMessage(), said.GetFix())
			return int(said.GetExitCode())
		}
	}
	log.Println(err)
	return 1
}

func main() {
	log.SetFlags(0)
	configuration, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	f := follower{client: acgv1.NewPublisherClient(conn)}
	if err := f.publish(context.Background(), string(configuration)); !errors.Is(err, io.EOF) {
		os.Exit(explain(err))
	}
	_ = conn.Close() // the call ended with io.EOF: done and proved
}
