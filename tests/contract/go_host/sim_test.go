// SPDX-License-Identifier: MPL-2.0

package gohost

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	subscription = "00000000-0000-0000-0000-000000000000"
	secret       = "secret-of-the-go-host"
	versionID    = "/subscriptions/" + subscription +
		"/resourceGroups/MyResourceGroup/providers/Microsoft.Compute/galleries/MyGallery/images/MyImage/versions/1.0.0"
)

// required gives a path that the build passes in.
func required(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set", name)
	}
	return value
}

// sim is a simulator of Azure of this test alone.
type sim struct {
	environment []string
	log         string
}

func startSim(t *testing.T, settings ...string) *sim {
	t.Helper()
	folder := t.TempDir()
	clients, err := json.Marshal([]map[string]string{{"client_id": "go-host", "client_secret": secret}})
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"--port", "0", "--tls", "--tls-dir", folder, "--log", filepath.Join(folder, "requests.jsonl"),
		"--exit-with-parent", "--set", "tokens.clients=" + string(clients)}
	for _, setting := range settings {
		arguments = append(arguments, "--set", setting)
	}
	command := exec.Command(required(t, "ACG_SIM"), arguments...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != "listening" {
		t.Fatalf("the simulator says %q", line)
	}
	return &sim{log: filepath.Join(folder, "requests.jsonl"), environment: []string{
		"AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555", "AZURE_CLIENT_ID=go-host",
		"AZURE_CLIENT_SECRET=" + secret, "AZURE_SUBSCRIPTION_ID=" + subscription, "AZURE_AUTHORITY_HOST=" + words[1],
		"ACG_RESOURCE_MANAGER_ENDPOINT=" + words[1], "ACG_CA_FILE=" + strings.TrimPrefix(words[2], "ca=")}}
}

// requests gives the simulator's log.
func (s *sim) requests(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}
