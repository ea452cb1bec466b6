// SPDX-License-Identifier: MPL-2.0

// Package gohost starts the plugin the way Packer 1.7 and later do, and talks to it through HashiCorp's own SDK.
package gohost

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/rpc"
	"github.com/zclconf/go-cty/cty"
)

const cookie = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"

// Plugin is a running plugin process with one connection to it.
type Plugin struct {
	command *exec.Cmd
	client  *rpc.Client
	Stderr  *lockedText
	path    string
	once    sync.Once
	ended   error
}

// lockedText collects what a process writes while others read it.
type lockedText struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *lockedText) Write(b []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(b)
}

func (l *lockedText) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// startPlugin does Packer's part of the handshake: cookie, address line, one connection.
func startPlugin(file string, protobuf bool, environment []string) (*Plugin, error) {
	arguments := []string{"start", "post-processor"}
	if protobuf {
		arguments = append(arguments, "--protobuf")
	}
	p := &Plugin{command: exec.Command(file, append(arguments, "publish")...), Stderr: &lockedText{}}
	p.command.Env = append(append(os.Environ(), environment...), "PACKER_PLUGIN_MAGIC_COOKIE="+cookie,
		"PACKER_PLUGIN_MIN_PORT=10000", "PACKER_PLUGIN_MAX_PORT=25000")
	p.command.Stderr = p.Stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("no address line: %w", err)
	}
	fields := strings.SplitN(strings.TrimSpace(line), "|", 4)
	if len(fields) != 4 || fields[0] != "5" || fields[1] != "0" || fields[2] != "unix" {
		return nil, fmt.Errorf("address line %q has not the form 5|0|unix|PATH", line)
	}
	p.path = fields[3]
	return p, p.connect(protobuf)
}

func (p *Plugin) connect(protobuf bool) error {
	info, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may use the socket: mode %v", info.Mode())
	}
	connection, err := net.Dial("unix", p.path)
	if err != nil {
		return err
	}
	if p.client, err = rpc.NewClient(connection); err != nil {
		return err
	}
	p.client.UseProto = protobuf
	return nil
}

// stop closes the connection, as the end of Packer does, and waits for the plugin's own end. Later calls give the same.
func (p *Plugin) stop() error {
	p.once.Do(func() { p.ended = p.end() })
	return p.ended
}

func (p *Plugin) end() error {
	_ = p.client.Close()
	ended := make(chan error, 1)
	go func() { ended <- p.command.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(10 * time.Second):
		_ = p.command.Process.Kill()
		return errors.New("the plugin did not end after its socket was closed")
	}
}

// templateValue reads the post-processor block of a template as Packer does: by the plugin's own spec.
func templateValue(file string, spec hcldec.ObjectSpec) (cty.Value, error) {
	parsed, diagnostics := hclparse.NewParser().ParseHCLFile(file)
	if diagnostics.HasErrors() {
		return cty.NilVal, diagnostics
	}
	for _, build := range parsed.Body.(*hclsyntax.Body).Blocks {
		for _, block := range build.Body.Blocks {
			if block.Type != "post-processor" {
				continue
			}
			value, diagnostics := hcldec.Decode(block.Body, spec, nil)
			if diagnostics.HasErrors() {
				return cty.NilVal, diagnostics
			}
			return value, nil
		}
	}
	return cty.NilVal, fmt.Errorf("no post-processor in %s", file)
}

// UI keeps what the plugin says, and acts on one line. Everything else is the SDK's mock.
type UI struct {
	packer.MockUi
	Said lockedText
	On   string
	Do   func()
}

func (u *UI) Say(text string) {
	_, _ = fmt.Fprintf(&u.Said, "say: %s\n", text)
	if u.Do != nil && strings.Contains(text, u.On) {
		u.Do()
		u.Do = nil
	}
}

func (u *UI) Message(text string) { _, _ = fmt.Fprintf(&u.Said, "message: %s\n", text) }
func (u *UI) Error(text string)   { _, _ = fmt.Fprintf(&u.Said, "error: %s\n", text) }

// Forms are the two encodings of the configuration's shape.
var Forms = map[string]bool{"gob": false, "protobuf": true}

// Start starts the plugin for this test, and looks at its end whether it leaked or told the secret.
func Start(t *testing.T, protobuf bool, s *Sim) (*Plugin, packer.PostProcessor) {
	t.Helper()
	p, err := startPlugin(required(t, "ACG_PLUGIN"), protobuf, s.environment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("end of the plugin: %v\n%s", err, p.Stderr)
		}
		if strings.Contains(p.Stderr.String(), secret) {
			t.Error("the log holds the client secret")
		}
	})
	return p, p.client.PostProcessor()
}

// Values are those that Packer adds to every configuration.
func Values() map[string]interface{} {
	return map[string]interface{}{"packer_build_name": "golden", "packer_builder_type": "null",
		"packer_core_version": "1.16.0", "packer_debug": "false", "packer_force": "false", "packer_on_error": ""}
}

// Configure reads the post-processor block of a template and configures the component with it.
func Configure(t *testing.T, component packer.PostProcessor, template string) {
	t.Helper()
	value, err := templateValue(template, component.ConfigSpec())
	if err != nil {
		t.Fatal(err)
	}
	if err := component.Configure(Values(), value); err != nil {
		t.Fatal(err)
	}
}
