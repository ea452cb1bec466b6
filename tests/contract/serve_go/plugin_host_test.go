// SPDX-License-Identifier: MPL-2.0

package servego

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// handshake is what a host of acg serve gives to go-plugin.
var handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "ACG_GO_PLUGIN",
	MagicCookieValue: "6e545725fe4a6df027e507b16ca44680925c43fb55fcd06d37fd8d2cd109abfe"}

// publisher gives a host the connection to the services of acg.v1.
type publisher struct{ plugin.NetRPCUnsupportedPlugin }

func (publisher) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error {
	return errors.New("acg is the server")
}

func (publisher) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}

// lines is what a child writes to standard error.
type lines struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.String()
}

func hostConfig(environment []string, stderr *lines) *plugin.ClientConfig {
	command := exec.Command(os.Getenv("ACG"), "serve", "--go-plugin")
	command.Env = environment
	return &plugin.ClientConfig{HandshakeConfig: handshake, Plugins: plugin.PluginSet{"acg": publisher{}}, Cmd: command, Stderr: stderr,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Warn})}
}

// hosted is an acg serve that go-plugin started, and how to end it.
func hosted(t *testing.T, versionMS int, tls bool) (s *server, client *plugin.Client, stderr *lines) {
	t.Helper()
	stderr = &lines{}
	config := hostConfig(append(login(t, versionMS), "TMPDIR="+t.TempDir()), stderr)
	config.AutoMTLS = tls
	client = plugin.NewClient(config)
	address, err := client.Start()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	t.Cleanup(client.Kill)
	s = &server{address.String(), insecure.NewCredentials(), config.Cmd.Process.Pid, descriptors(t), t}
	if tls {
		s.credentials = credentials.NewTLS(config.TLSConfig)
	}
	return s, client, stderr
}

// both runs a test without and with AutoMTLS.
func both(t *testing.T, versionMS int, test func(*testing.T, *server)) {
	for name, tls := range map[string]bool{"plain": false, "AutoMTLS": true} {
		t.Run(name, func(t *testing.T) {
			s, client, stderr := hosted(t, versionMS, tls)
			test(t, s)
			client.Kill()
			if log := stderr.String(); strings.Contains(log, "a connection was ended") {
				t.Fatalf("grpc-go's goodbye is a fault: %s", log)
			}
		})
	}
}

func TestHostPlan(t *testing.T)                         { both(t, 0, plans) }
func TestHostPublishToTheEnd(t *testing.T)              { both(t, 0, publishes) }
func TestHostCancelInTheMiddle(t *testing.T)            { both(t, slow, cancels) }
func TestHostDeadline(t *testing.T)                     { both(t, slow, misses) }
func TestHostWatchAfterADroppedConnection(t *testing.T) { both(t, 3000, watches) }

func TestHostDispensesPingsAndKills(t *testing.T) {
	for name, tls := range map[string]bool{"plain": false, "AutoMTLS": true} {
		t.Run(name, func(t *testing.T) {
			s, client, stderr := hosted(t, slow, tls)
			protocol, err := client.Client()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := protocol.Dispense("acg")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			calls := s.follow(ctx, conn.(*grpc.ClientConn), "Publish", publishRequest(t))
			if _, err := calls.next(); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(s.pid, syscall.SIGINT); err != nil { // as a terminal does to host and child
				t.Fatal(err)
			}
			if err := protocol.Ping(); err != nil {
				t.Fatal(err)
			}
			folder := filepath.Dir(s.socket)
			if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
				t.Fatalf("%s: %v, %v", folder, info, err)
			}
			if info, err := os.Stat(s.socket); err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("%s: %v, %v", s.socket, info, err)
			}
			client.Kill()
			gone(t, folder)
			wants(t, stderr.String(), "the host ends this server")
			wants(t, stderr.String(), "1 operations run and are left to Azure")
		})
	}
}

// gone fails the test when a child was killed before it could tidy up.
func gone(t *testing.T, folder string) {
	t.Helper()
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s: %v", folder, err)
	}
}

func TestHostWithTLSTurnsOthersAway(t *testing.T) {
	s, _, _ := hosted(t, 0, true)
	s.credentials = insecure.NewCredentials()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.dial().Invoke(ctx, "/acg.v1.Publisher/List", s.message("ListRequest", "{}"), s.message("ListResponse", "{}"))
	if err == nil {
		t.Fatal("a client without a certificate was served")
	}
}

func TestHostIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*plugin.ClientConfig)
		says   string
	}{
		"another cookie":  {func(c *plugin.ClientConfig) { c.MagicCookieValue = "another" }, "[ERROR] ACG_GO_PLUGIN: is not the cookie of acg"},
		"group":           {func(c *plugin.ClientConfig) { c.UnixSocketConfig = &plugin.UnixSocketConfig{Group: "0"} }, "[ERROR] PLUGIN_UNIX_SOCKET_GROUP: "},
		"no certificate":  {func(c *plugin.ClientConfig) { c.Cmd.Env = append(c.Cmd.Env, "PLUGIN_CLIENT_CERT=x") }, "[ERROR] PLUGIN_CLIENT_CERT: is no certificate"},
		"no login":        {func(c *plugin.ClientConfig) { c.Cmd.Env = append(c.Cmd.Env, "AZURE_TENANT_ID=") }, "[ERROR] tenant_id: "},
		"another version": {func(c *plugin.ClientConfig) { c.ProtocolVersion = 2 }, "incompatible API version"},
		"multiplexing":    {func(c *plugin.ClientConfig) { c.GRPCBrokerMultiplex = true }, plugin.ErrGRPCBrokerMuxNotSupported.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			logged := &lines{} // what a host shows that logs warnings and errors
			folder := t.TempDir()
			config := hostConfig(append(login(t, 0), "TMPDIR="+folder), &lines{})
			config.Logger = hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: logged})
			config.SkipHostEnv = true
			test.change(config)
			client := plugin.NewClient(config)
			_, err := client.Start()
			client.Kill()
			if err == nil {
				t.Fatal("the host was served")
			}
			wants(t, err.Error()+"\n"+logged.String(), test.says)
		})
	}
}

// The test's own program is a host too, when the environment says so: one that is killed.
const hostSays = "hosting"

func TestMain(m *testing.M) {
	if os.Getenv("SERVE_GO_HOST") == "" {
		os.Exit(m.Run())
	}
	config := hostConfig(nil, &lines{})
	address, err := plugin.NewClient(config).Start()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(hostSays, config.Cmd.Process.Pid, address)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until it is killed
}

func TestAServerEndsWhenItsHostIsGone(t *testing.T) {
	host := exec.Command(os.Args[0])
	host.Env = append(append(os.Environ(), login(t, 0)...), "SERVE_GO_HOST=1", "TMPDIR="+t.TempDir())
	stdin, err := host.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	words := strings.Fields(line)
	var pid int
	if len(words) != 3 || words[0] != hostSays {
		_ = host.Process.Kill()
		t.Fatalf("the host says %q", line)
	}
	_, _ = fmt.Sscan(words[1], &pid)
	child, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	ready := []unix.PollFd{{Fd: int32(child), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(ready, int(patience.Milliseconds()))
		if errors.Is(err, unix.EINTR) { // Go's own signals
			continue
		}
		if n != 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatalf("the server outlives its host: %v", err)
		}
		break
	}
	gone(t, filepath.Dir(words[2]))
}
