// SPDX-License-Identifier: MPL-2.0

package gohost

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
)

func example(t *testing.T, name string) string {
	return filepath.Join(required(t, "ACG_EXAMPLES"), name)
}

func input() *packer.MockArtifact {
	return &packer.MockArtifact{BuilderIdValue: "packer.null", IdValue: "Null", FilesValue: []string{},
		StateValues: map[string]interface{}{"generated_data": map[interface{}]interface{}{"ID": "i-1", "Port": 22}}}
}

func TestDescribe(t *testing.T) {
	out, err := exec.Command(required(t, "ACG_PLUGIN"), "describe").Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Version         string
		API             string   `json:"api_version"`
		Protocol        string   `json:"protocol_version"`
		PostProcessors  []string `json:"post_processors"`
		Builders        []string
		UnknownSettings map[string]any `json:"-"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	if said.API != "x5.0" || said.Protocol != "v2" || len(said.Builders) != 0 ||
		len(said.PostProcessors) != 1 || said.PostProcessors[0] != "publish" || strings.HasPrefix(said.Version, "v") {
		t.Fatalf("describe says %s", out)
	}
}

func TestSpecIsTheSameInBothForms(t *testing.T) {
	s := StartSim(t)
	types := map[string]cty.Type{}
	for name, protobuf := range Forms {
		_, component := Start(t, protobuf, s)
		spec := component.ConfigSpec()
		types[name] = hcldec.ImpliedType(spec)
		if _, ok := spec["target_region"].(*hcldec.BlockListSpec); !ok {
			t.Errorf("%s: target_region is a %T", name, spec["target_region"])
		}
		if attribute, ok := spec["target_regions"].(*hcldec.AttrSpec); !ok || !attribute.Type.Equals(cty.List(cty.String)) {
			t.Errorf("%s: target_regions is %#v", name, spec["target_regions"])
		}
	}
	if !types["gob"].Equals(types["protobuf"]) {
		t.Errorf("gob: %#v\nprotobuf: %#v", types["gob"], types["protobuf"])
	}
}

func TestPublish(t *testing.T) {
	for form, protobuf := range Forms {
		for _, template := range []string{"nested_blocks.pkr.hcl", "managed_image.pkr.hcl"} {
			t.Run(form+"/"+template, func(t *testing.T) {
				s := StartSim(t)
				p, component := Start(t, protobuf, s)
				if _, err := os.Stat(p.path); !os.IsNotExist(err) {
					t.Errorf("the socket's path is still there: %v", err)
				}
				Configure(t, component, example(t, template))
				Configure(t, component, example(t, template)) // Packer configures again before PostProcess
				publish(t, component, s)
			})
		}
	}
}

func publish(t *testing.T, component packer.PostProcessor, s *Sim) {
	t.Helper()
	screen := &UI{}
	artifact, keep, force, err := component.PostProcess(context.Background(), screen, input())
	if err != nil {
		t.Fatalf("%v\n%s", err, &screen.Said)
	}
	if !keep || force {
		t.Errorf("keep %v, force %v", keep, force)
	}
	if artifact.Id() != versionID || artifact.BuilderId() != "packer.post-processor.acg-publish" {
		t.Errorf("artifact %q of %q", artifact.Id(), artifact.BuilderId())
	}
	for _, text := range []string{"westus: Completed", "OS disk: EastUS2DiskEncryptionSet1; LUN 0: EastUS2DiskEncryptionSet2"} {
		if !strings.Contains(artifact.String(), text) {
			t.Errorf("the artifact does not say %q: %s", text, artifact.String())
		}
	}
	if !strings.Contains(screen.Said.String(), "say: Image version "+versionID) {
		t.Errorf("said: %s", &screen.Said)
	}
	if len(artifact.Files()) != 0 {
		t.Errorf("files %v", artifact.Files())
	}
	if data, ok := artifact.State("generated_data").(map[interface{}]interface{}); !ok || data["ID"] != "i-1" {
		t.Errorf("generated_data %#v", artifact.State("generated_data"))
	}
	if regions, ok := artifact.State("par.artifact.metadata").([]interface{}); !ok || len(regions) != 2 {
		t.Errorf("metadata %#v", artifact.State("par.artifact.metadata"))
	}
	before := s.Requests(t)
	if err := artifact.Destroy(); err != nil {
		t.Error(err)
	}
	if artifact.Id() != versionID {
		t.Error("the stream does not outlive Destroy")
	}
	if s.Requests(t) != before || strings.Contains(before, `"DELETE"`) {
		t.Error("Destroy went to Azure")
	}
	if strings.Count(before, `"PUT"`) != 1 {
		t.Errorf("requests:\n%s", before)
	}
}

func TestConfigureNamesAllFaultsAndSendsNothing(t *testing.T) {
	for form, protobuf := range Forms {
		t.Run(form, func(t *testing.T) {
			s := StartSim(t)
			_, component := Start(t, protobuf, s)
			err := component.Configure(map[string]interface{}{"gallery_name": "My-Gallery", "gallery_image_version": "01.0.0",
				"target_regions": []string{"westus", "West US"}, "galery": "x"}, Values())
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range []string{"gallery_name", "gallery_image_version", "'West US'", "galery", "Fix:"} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("nothing about %s in:\n%v", text, err)
				}
			}
			if requests := s.Requests(t); requests != "" {
				t.Errorf("requests:\n%s", requests)
			}
		})
	}
}

func TestCancelEndsWithinASecondAndLeavesAzureAlone(t *testing.T) {
	for form, protobuf := range Forms {
		t.Run(form, func(t *testing.T) {
			s := StartSim(t, "speeds.version_ms=600000", "speeds.replication_ms=600000")
			_, component := Start(t, protobuf, s)
			Configure(t, component, example(t, "nested_blocks.pkr.hcl"))
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var cancelled time.Time
			screen := &UI{On: "Azure creates the version", Do: func() {
				cancelled = time.Now()
				cancel()
			}}
			_, _, _, err := component.PostProcess(ctx, screen, input())
			if err == nil {
				t.Fatal("no error")
			}
			if took := time.Since(cancelled); took > time.Second {
				t.Errorf("took %v", took)
			}
			for _, text := range []string{"cancelled", versionID, "Nothing was deleted"} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("nothing about %q in: %v", text, err)
				}
			}
			if strings.Contains(s.Requests(t), `"DELETE"`) {
				t.Error("cancelling deleted something")
			}
		})
	}
}

func TestLostHostEndsThePluginAndLeavesAzureAlone(t *testing.T) {
	s := StartSim(t, "speeds.version_ms=600000", "speeds.replication_ms=600000")
	p, component := Start(t, true, s)
	Configure(t, component, example(t, "nested_blocks.pkr.hcl"))
	screen := &UI{On: "Azure creates the version"}
	screen.Do = func() { _ = p.stop() } // its status is looked at when the test ends: nothing leaked, nothing crashed
	if _, _, _, err := component.PostProcess(context.Background(), screen, input()); err == nil {
		t.Error("no error")
	}
	if requests := s.Requests(t); strings.Contains(requests, `"DELETE"`) || strings.Count(requests, `"PUT"`) != 1 {
		t.Errorf("requests:\n%s", requests)
	}
}
