// SPDX-License-Identifier: MPL-2.0

package servego

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	tenant       = "11111111-2222-3333-4444-555555555555"
	subscription = "00000000-0000-0000-0000-000000000000"
	compute      = "/subscriptions/" + subscription + "/resourceGroups/MyResourceGroup/providers/Microsoft.Compute"
	patience     = time.Minute // no test takes so long; a loaded machine may be slow
	slow         = 3_600_000   // a version that is not made while a test runs, milliseconds
)

func required(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set", name)
	}
	return value
}

// run starts a program and gives the words of its first line.
func run(t *testing.T, environment []string, name string, arguments ...string) (words []string, pid int) {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Env = append(os.Environ(), environment...)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(line), command.Process.Pid
}

// server is an acg serve over a simulator whose versions take the given time.
type server struct {
	socket      string
	credentials credentials.TransportCredentials
	pid         int
	files       *protoregistry.Files
	t           *testing.T
}

func start(t *testing.T, versionMS int, simulator ...string) *server {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "acg.sock")
	_, pid := run(t, login(t, versionMS, simulator...), required(t, "ACG"), "serve", "--listen", "unix:"+socket)
	return &server{socket, insecure.NewCredentials(), pid, descriptors(t), t}
}

// login starts a simulator and gives the environment of a server that publishes to it.
func login(t *testing.T, versionMS int, simulator ...string) []string {
	t.Helper()
	arguments := append([]string{"--port", "0", "--set", fmt.Sprintf("speeds.version_ms=%d", versionMS), "--set",
		"speeds.replication_ms=0", "--set", "retry_after=1"}, simulator...)
	sim, _ := run(t, nil, required(t, "ACG_SIM"), arguments...)
	return []string{"AZURE_TENANT_ID=" + tenant, "AZURE_CLIENT_ID=sp", "AZURE_CLIENT_SECRET=secret", "AZURE_SUBSCRIPTION_ID=" + subscription,
		"AZURE_AUTHORITY_HOST=" + sim[1], "ACG_RESOURCE_MANAGER_ENDPOINT=" + sim[1]}
}

func descriptors(t *testing.T) *protoregistry.Files {
	t.Helper()
	packed, err := os.ReadFile(required(t, "ACG_DESCRIPTORS"))
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(packed, &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (s *server) dial() *grpc.ClientConn {
	s.t.Helper()
	conn, err := grpc.NewClient("passthrough:///localhost", grpc.WithTransportCredentials(s.credentials), grpc.WithNoProxy(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
		}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// message makes an acg.v1 message from protobuf's JSON.
func (s *server) message(name, text string) *dynamicpb.Message {
	s.t.Helper()
	found, err := s.files.FindDescriptorByName(protoreflect.FullName("acg.v1." + name))
	if err != nil {
		s.t.Fatal(err)
	}
	made := dynamicpb.NewMessage(found.(protoreflect.MessageDescriptor))
	if err := protojson.Unmarshal([]byte(text), made); err != nil {
		s.t.Fatal(err)
	}
	return made
}

// plain is a message as people read it.
func (s *server) plain(message proto.Message) map[string]any {
	s.t.Helper()
	text, err := protojson.Marshal(message)
	if err != nil {
		s.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// stream is one call that gives events.
type stream struct {
	grpc.ClientStream
	server   *server
	response string
}

func (s *server) follow(ctx context.Context, conn *grpc.ClientConn, method, text string) *stream {
	s.t.Helper()
	opened, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/acg.v1.Publisher/"+method)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := opened.SendMsg(s.message(method+"Request", text)); err != nil {
		s.t.Fatal(err)
	}
	if err := opened.CloseSend(); err != nil {
		s.t.Fatal(err)
	}
	return &stream{opened, s, method + "Response"}
}

func (s *stream) next() (map[string]any, error) {
	response := s.server.message(s.response, "{}")
	if err := s.RecvMsg(response); err != nil {
		return nil, err
	}
	return s.server.plain(response)["event"].(map[string]any), nil
}

// rest reads to the end: the final event and what the call ended with.
func (s *stream) rest() (map[string]any, error) {
	var last map[string]any
	for {
		event, err := s.next()
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		last = event
	}
}

func (s *server) call(ctx context.Context, conn *grpc.ClientConn, method, text string) map[string]any {
	s.t.Helper()
	response := s.message(method+"Response", "{}")
	if err := conn.Invoke(ctx, "/acg.v1.Publisher/"+method, s.message(method+"Request", text), response); err != nil {
		s.t.Fatal(err)
	}
	return s.plain(response)
}

func publishRequest(t *testing.T) string {
	return publishVersion(t, "8.0.0")
}

func publishVersion(t *testing.T, version string) string {
	t.Helper()
	config, err := json.Marshal(map[string]any{
		"subscription_id": subscription, "resource_group": "MyResourceGroup", "gallery_name": "MyGallery", "gallery_image_definition": "MyImage",
		"gallery_image_version": version, "location": "westus", "managed_image": compute + "/images/myImage",
		"target_regions": []string{"westus", "eastus2"}, "disk_encryption_sets": map[string]string{
			"westus": "WestUSDiskEncryptionSet1", "eastus2": "EastUS2DiskEncryptionSet1"}})
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(map[string]string{"configurationJson": string(config)})
	if err != nil {
		t.Fatal(err)
	}
	return string(request)
}

func named(id string) string {
	return fmt.Sprintf(`{"publishId": %q}`, id)
}

func idOf(t *testing.T, event map[string]any) string {
	t.Helper()
	started, ok := event["started"].(map[string]any)
	if !ok {
		t.Fatalf("the first event is %v", event)
	}
	return started["publishId"].(string)
}

func outcome(t *testing.T, event map[string]any) (state, status string) {
	t.Helper()
	done, ok := event["done"].(map[string]any)
	if !ok {
		t.Fatalf("the last event is %v", event)
	}
	state, _ = done["result"].(map[string]any)["state"].(string)
	status, _ = done["error"].(map[string]any)["status"].(string)
	return state, status
}

func TestPlan(t *testing.T)                         { plans(t, start(t, 0)) }
func TestPublishToTheEnd(t *testing.T)              { publishes(t, start(t, 0)) }
func TestCancelInTheMiddle(t *testing.T)            { cancels(t, start(t, slow)) }
func TestDeadline(t *testing.T)                     { misses(t, start(t, slow)) }
func TestWatchAfterADroppedConnection(t *testing.T) { watches(t, start(t, 3000)) }

// What every client does: Plan, Publish to the end, Cancel in the middle, a deadline that expires, Watch after a dropped
// connection.

func plans(t *testing.T, s *server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer := s.call(ctx, s.dial(), "Plan", publishRequest(t))
	if request, ok := answer["request"].(map[string]any); !ok || request["method"] != "PUT" || answer["findings"] != nil {
		t.Fatalf("Plan says %v", answer)
	}
}

func publishes(t *testing.T, s *server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	calls := s.follow(ctx, s.dial(), "Publish", publishRequest(t))
	first, err := calls.next()
	if err != nil {
		t.Fatal(err)
	}
	id := idOf(t, first)
	last, err := calls.rest()
	if err != nil {
		t.Fatal(err)
	}
	if state, failed := outcome(t, last); state != "succeeded" || failed != "" {
		t.Fatalf("the publish ended with %v", last)
	}
	got := s.call(ctx, s.dial(), "Get", named(id))["publish"].(map[string]any)
	if got["ended"] != true || got["state"] != "succeeded" {
		t.Fatalf("Get says %v", got)
	}
}

func cancels(t *testing.T, s *server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn := s.dial()
	calls := s.follow(ctx, conn, "Publish", publishRequest(t))
	first, err := calls.next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := calls.next(); err != nil {
		t.Fatal(err)
	}
	s.call(ctx, conn, "Cancel", named(idOf(t, first)))
	last, err := calls.rest()
	if _, failed := outcome(t, last); failed != "cancelled" || status.Code(err) != codes.Canceled {
		t.Fatalf("the publish ended with %v, %v", last, err)
	}
	details := status.Convert(err).Proto().GetDetails()
	if len(details) != 1 || details[0].GetTypeUrl() != "type.googleapis.com/acg.v1.Error" {
		t.Fatalf("the details are %v", details)
	}
	said := s.message("Error", "{}")
	if err := proto.Unmarshal(details[0].GetValue(), said); err != nil {
		t.Fatal(err)
	}
	if plain := s.plain(said); plain["status"] != "cancelled" || plain["exitCode"] != float64(130) {
		t.Fatalf("the detail is %v", plain)
	}
}

func misses(t *testing.T, s *server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	calls := s.follow(ctx, s.dial(), "Publish", publishVersion(t, "8.1.0"))
	first, err := calls.next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := calls.rest(); status.Code(err) != codes.DeadlineExceeded {
		t.Fatalf("the call ended with %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), patience)
	defer cancel()
	if got := s.call(ctx, s.dial(), "Get", named(idOf(t, first)))["publish"].(map[string]any); got["state"] != "running" {
		t.Fatalf("Get says %v", got)
	}
}

func watches(t *testing.T, s *server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn := s.dial()
	calls := s.follow(ctx, conn, "Publish", publishVersion(t, "8.2.0"))
	first, err := calls.next()
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	watch := s.follow(ctx, s.dial(), "Watch", named(idOf(t, first)))
	again, err := watch.next()
	if err != nil || idOf(t, again) != idOf(t, first) {
		t.Fatalf("Watch begins with %v, %v", again, err)
	}
	last, err := watch.rest()
	if err != nil {
		t.Fatal(err)
	}
	if state, failed := outcome(t, last); state != "succeeded" || failed != "" {
		t.Fatalf("the publish ended with %v", last)
	}
}

// memory is what Linux says of a process, in KiB.
func memory(t *testing.T, pid int, what string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kib int
		if _, err := fmt.Sscanf(line, what+": %d kB", &kib); err == nil {
			return kib
		}
	}
	t.Fatalf("no %s in %s", what, text)
	return 0
}

// processor is the time that a process has computed.
func processor(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	var user, system int
	if _, err := fmt.Sscan(strings.Join(strings.Fields(string(text))[13:15], " "), &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts hundredths of a second
}

// crowd gives a scenario and requests: no two publishes share a source, and there are so many subscriptions that no limit of one of
// them is felt.
func crowd(t *testing.T, count int) (string, []string) {
	t.Helper()
	const subscriptions = 50
	printed, err := exec.Command(required(t, "ACG_SIM"), "--print-scenario").Output()
	var told struct{ Resources []map[string]any }
	if err == nil {
		err = json.Unmarshal(printed, &told)
	}
	var parts, seeds []string
	var image string
	for _, resource := range told.Resources {
		text, fault := json.Marshal(resource)
		id, _ := resource["id"].(string)
		switch {
		case fault != nil:
			err = fault
		case strings.HasSuffix(id, "/images/myImage"):
			image = string(text)
		case !strings.Contains(id, "/versions/"):
			parts = append(parts, string(text))
		}
	}
	name := func(i int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012d", 1+i%subscriptions) }
	var resources, requests []string
	for i := range subscriptions {
		resources = append(resources, strings.ReplaceAll(strings.Join(parts, ","), subscription, name(i)))
		seeds = append(seeds, fmt.Sprintf(`{"subscriptionId": %q, "displayName": "One of many", "state": "Enabled", "tenantId": %q}`, name(i), tenant))
	}
	for i := range count {
		mine := strings.NewReplacer(subscription, name(i), "/images/myImage", fmt.Sprintf("/images/myImage-%d", i))
		resources = append(resources, mine.Replace(image))
		requests = append(requests, mine.Replace(publishVersion(t, fmt.Sprintf("9.0.%d", i))))
	}
	path := filepath.Join(t.TempDir(), "scenario.json")
	if err == nil {
		err = os.WriteFile(path, []byte(`{"subscriptions": [`+strings.Join(seeds, ",")+`], "resources": [`+strings.Join(resources, ",")+`]}`), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, requests
}

func TestAThousandPublishesOverOneConnection(t *testing.T) {
	const count = 1000
	scenario, requests := crowd(t, count)
	s := start(t, 0, "--scenario", scenario)
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	defer cancel()
	conn := s.dial()
	before, started := memory(t, s.pid, "VmRSS"), processor(t, s.pid)
	type end struct {
		events int
		fault  error
	}
	ends := make(chan end, count)
	for _, request := range requests {
		calls := s.follow(ctx, conn, "Publish", request)
		go func() {
			events, number, done := 0, 0, false
			for {
				event, err := calls.next()
				if errors.Is(err, io.EOF) && done {
					ends <- end{events, nil}
					return
				}
				if err != nil || done {
					ends <- end{events, fmt.Errorf("after event %d of %v: %v, %v", number, event, err, done)}
					return
				}
				var now int
				if text, ok := event["number"].(string); ok {
					_, _ = fmt.Sscan(text, &now)
				}
				if events > 0 && now <= number {
					ends <- end{events, fmt.Errorf("event %d came behind %d", now, number)}
					return
				}
				_, done = event["done"]
				number = now
				events++
			}
		}()
	}
	events := 0
	for range count {
		one := <-ends
		if one.fault != nil {
			t.Fatal(one.fault)
		}
		events += one.events
	}
	t.Logf("%d publishes, %d events; KiB before %d, at most %d; processor %v, %v for an event", count, events, before,
		memory(t, s.pid, "VmHWM"), processor(t, s.pid)-started, (processor(t, s.pid)-started)/time.Duration(events))
}

// curl runs grpcurl, which knows the interface from reflection alone.
type curl struct {
	t       *testing.T
	program string
	target  string
}

func newCurl(t *testing.T, s *server) *curl {
	t.Helper()
	program, err := exec.Command("go", "tool", "-n", "grpcurl").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &curl{t, strings.TrimSpace(string(program)), "unix://" + s.socket}
}

func (c *curl) command(words ...string) *exec.Cmd {
	return exec.Command(c.program, append([]string{"-plaintext"}, words...)...)
}

// says gives what a call prints; it must not fail.
func (c *curl) says(words ...string) string {
	c.t.Helper()
	out, err := c.command(words...).Output()
	if err != nil {
		var failed *exec.ExitError
		errors.As(err, &failed)
		c.t.Fatalf("%v: %v: %s", words, err, failed.Stderr)
	}
	return string(out)
}

// publish starts a call that goes on; id is that of its publish.
func (c *curl) publish(version string, words ...string) (command *exec.Cmd, id string, rest func() string) {
	c.t.Helper()
	command = c.command(append(words, "-d", publishVersion(c.t, version), c.target, "acg.v1.Publisher/Publish")...)
	out, err := command.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	command.Stderr = command.Stdout // both in one pipe
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = command.Process.Kill() })
	lines := bufio.NewScanner(out)
	for id == "" && lines.Scan() {
		if _, value, found := strings.Cut(lines.Text(), `"publishId": "`); found {
			id, _, _ = strings.Cut(value, `"`)
		}
	}
	return command, id, func() string {
		var text strings.Builder
		for lines.Scan() {
			text.WriteString(lines.Text() + "\n")
		}
		_ = command.Wait()
		return text.String()
	}
}

func wants(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("no %q in %s", part, text)
	}
}

func TestGrpcurl(t *testing.T) {
	c := newCurl(t, start(t, 0))
	wants(t, c.says(c.target, "list"), "acg.v1.Publisher\n")
	wants(t, c.says(c.target, "describe", "acg.v1.Publisher.Publish"), "returns ( stream .acg.v1.PublishResponse )")
	wants(t, c.says("-d", publishRequest(t), c.target, "acg.v1.Publisher/Plan"), `"method": "PUT"`)
	wants(t, c.says("-d", publishRequest(t), c.target, "acg.v1.Publisher/Publish"), `"proved": true`)
}

func TestGrpcurlCancelsInTheMiddleAndMissesADeadline(t *testing.T) {
	c := newCurl(t, start(t, slow))
	_, id, rest := c.publish("8.1.0")
	c.says("-d", named(id), c.target, "acg.v1.Publisher/Cancel")
	wants(t, rest(), "Code: Canceled")
	_, id, rest = c.publish("8.2.0", "-max-time", "2")
	wants(t, rest(), "DeadlineExceeded")
	wants(t, c.says("-d", named(id), c.target, "acg.v1.Publisher/Get"), `"state": "running"`)
}

func TestGrpcurlWatchesAfterADroppedConnection(t *testing.T) {
	c := newCurl(t, start(t, 3000))
	command, id, _ := c.publish("8.3.0")
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wants(t, c.says("-d", named(id), c.target, "acg.v1.Publisher/Watch"), `"proved": true`)
}
