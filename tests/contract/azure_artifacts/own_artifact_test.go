// SPDX-License-Identifier: MPL-2.0

package azureartifacts

import (
	"net/http"
	"strings"
	"testing"

	"acg.example/tests/contract/go_host"
	"github.com/hashicorp/packer-plugin-sdk/packer"
)

const deletes = "delete_version_on_destroy = true\n"

func published(t *testing.T, s *gohost.Sim, protobuf bool, to target, fields string, input packer.Artifact) packer.Artifact {
	t.Helper()
	artifact, said, err := run(t, s, protobuf, to.template(t, fields), input)
	if err != nil {
		t.Fatalf("%v: %v\n%s", to, err, said)
	}
	return artifact
}

// eachForm runs a test with both encodings, each with a simulator of its own.
func eachForm(t *testing.T, test func(t *testing.T, s *gohost.Sim, protobuf bool)) {
	t.Parallel() // that a version is gone is seen by waiting
	for form, protobuf := range gohost.Forms {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			test(t, startSim(t), protobuf)
		})
	}
}

// TestChain publishes what acg-publish published: the next version, another definition, another gallery.
func TestChain(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		chain := []target{usual, {"MyGallery", "MyImage", "1.0.1"}, {"MyGallery", "Hardened", "1.0.0"}, {"Archive", "Kept", "2.0.0"}}
		artifact := armImage("", "")
		for _, to := range chain {
			artifact = published(t, s, protobuf, to, "", artifact)
		}
		puts := versionRequests(t, s, "PUT")
		if len(puts) != len(chain) {
			t.Fatalf("PUTs: %+v", puts)
		}
		source := golden
		for i, to := range chain {
			got := puts[i].Body.Properties.StorageProfile
			if puts[i].Path != to.id() || puts[i].Status != 201 || got.Source == nil || got.Source.ID != source {
				t.Errorf("%v: %+v", to, puts[i])
			}
			source = to.id()
		}
		if artifact.Id() != source {
			t.Errorf("artifact %s", artifact.Id())
		}
	})
}

// TestAnEncryptedVersionIsNoSource shows what becomes of a chain whose first link has customer keys: the second is refused before its write.
func TestAnEncryptedVersionIsNoSource(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		encryption, _ := eachRegion()
		first := published(t, s, protobuf, usual, encryption, armImage("", ""))
		to := target{"Archive", "Kept", "2.0.0"}
		_, _, err := run(t, s, protobuf, to.template(t, ""), first)
		if err == nil || !strings.Contains(err.Error(), "R14: the source version is under customer keys") {
			t.Errorf("the second publish says %v", err)
		}
		if got := resourceAt(t, s, http.MethodGet, to.id(), nil); got != http.StatusNotFound {
			t.Errorf("the second version answers %d", got)
		}
	})
}

func destroyed(t *testing.T, s *gohost.Sim, artifact packer.Artifact, deletes, status int) {
	t.Helper()
	if err := artifact.Destroy(); err != nil {
		t.Error(err)
	}
	if found := versionRequests(t, s, "DELETE"); len(found) != deletes || (deletes == 1 && found[0].Path != artifact.Id()) {
		t.Errorf("DELETEs: %+v", found)
	}
	if got := resourceAt(t, s, http.MethodGet, artifact.Id(), nil); got != status {
		t.Errorf("the version answers %d", got)
	}
}

func TestDestroyDeletesTheVersionWhenToldTo(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		artifact := published(t, s, protobuf, usual, deletes, armImage("", ""))
		destroyed(t, s, artifact, 1, http.StatusNotFound)
		destroyed(t, s, artifact, 1, http.StatusNotFound) // once is enough
	})
}

func TestDestroyLeavesTheVersionAloneOtherwise(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		for i, fields := range []string{"", "delete_version_on_destroy = false\n"} {
			to := target{"MyGallery", "MyImage", []string{"1.0.0", "1.0.1"}[i]}
			destroyed(t, s, published(t, s, protobuf, to, fields, armImage("", "")), 0, http.StatusOK)
		}
	})
}

// TestDestroyOfTheLinkInTheMiddle deletes the first version of a chain, as Packer does when the second publish does not keep its input.
func TestDestroyOfTheLinkInTheMiddle(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		first := published(t, s, protobuf, usual, deletes, armImage("", ""))
		second := published(t, s, protobuf, target{"Archive", "Kept", "2.0.0"}, "", first)
		destroyed(t, s, first, 1, http.StatusNotFound)
		if got := resourceAt(t, s, http.MethodGet, second.Id(), nil); got != http.StatusOK {
			t.Errorf("the second version answers %d", got)
		}
	})
}

func leftAlone(t *testing.T, s *gohost.Sim, artifact packer.Artifact) {
	t.Helper()
	err := artifact.Destroy()
	if err == nil || !strings.Contains(err.Error(), "left as it is") || !strings.Contains(err.Error(), artifact.Id()) {
		t.Errorf("Destroy says %v", err)
	}
	if found := versionRequests(t, s, http.MethodDelete); len(found) != 0 {
		t.Errorf("DELETEs: %+v", found)
	}
	if got := resourceAt(t, s, http.MethodGet, artifact.Id(), nil); got != http.StatusOK {
		t.Errorf("the version answers %d", got)
	}
}

func TestDestroyLeavesAVersionAloneThatWasPublishedAnew(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		first := published(t, s, protobuf, usual, deletes, armImage("", ""))
		if got := resourceAt(t, s, http.MethodDelete, usual.id(), nil); got != http.StatusNoContent {
			t.Fatalf("the version answers %d", got)
		}
		published(t, s, protobuf, usual, "", labImage())
		leftAlone(t, s, first)
	})
}

func TestDestroyLeavesAVersionOfAnotherDateAlone(t *testing.T) {
	eachForm(t, func(t *testing.T, s *gohost.Sim, protobuf bool) {
		artifact := published(t, s, protobuf, usual, deletes, armImage("", ""))
		change := object{"properties": object{"publishingProfile": object{"publishedDate": "2031-01-01T00:00:00.0000000+00:00"}}}
		if got := resourceAt(t, s, http.MethodPatch, usual.id(), change); got != http.StatusOK {
			t.Fatalf("the version answers %d", got)
		}
		leftAlone(t, s, artifact)
	})
}
