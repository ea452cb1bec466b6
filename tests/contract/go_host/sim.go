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

// Subscription is the one that the simulator's built-in scenario has.
const Subscription = "00000000-0000-0000-0000-000000000000"

const (
	secret    = "secret-of-the-go-host"
	versionID = "/subscriptions/" + Subscription +
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

// Sim is a simulator of Azure of this test alone.
type Sim struct {
	URL, CAFile string
	environment []string
	log         string
}

// StartSim starts it with its built-in scenario; each setting is a PLACE=JSON.
func StartSim(t *testing.T, settings ...string) *Sim {
	t.Helper()
	return StartScenario(t, nil, settings...)
}

// StartScenario starts it with a scenario of its own, which is laid over the built-in one.
func StartScenario(t *testing.T, scenario map[string]any, settings ...string) *Sim {
	t.Helper()
	folder := t.TempDir()
	clients, err := json.Marshal([]map[string]string{{"client_id": "go-host", "client_secret": secret}})
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"--port", "0", "--tls", "--tls-dir", folder, "--log", filepath.Join(folder, "requests.jsonl"),
		"--exit-with-parent", "--set", "tokens.clients=" + string(clients)}
	if scenario != nil {
		arguments = append(arguments, "--scenario", written(t, scenario))
	}
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
	s := &Sim{URL: words[1], CAFile: strings.TrimPrefix(words[2], "ca="), log: filepath.Join(folder, "requests.jsonl")}
	s.environment = []string{"AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555", "AZURE_CLIENT_ID=go-host",
		"AZURE_CLIENT_SECRET=" + secret, "AZURE_SUBSCRIPTION_ID=" + Subscription, "AZURE_AUTHORITY_HOST=" + s.URL,
		"ACG_RESOURCE_MANAGER_ENDPOINT=" + s.URL, "ACG_CA_FILE=" + s.CAFile}
	return s
}

func written(t *testing.T, scenario map[string]any) string {
	t.Helper()
	text, err := json.Marshal(scenario)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "scenario.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Requests gives the simulator's log, one JSON object a line.
func (s *Sim) Requests(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}
