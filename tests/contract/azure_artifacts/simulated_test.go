// SPDX-License-Identifier: MPL-2.0

package azureartifacts

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"acg.example/tests/contract/go_host"
)

// What the simulator holds beside its built-in scenario. The LUNs of golden, the numbers of its snapshots and the order of both agree
// nowhere: whoever goes by an order gets every disk wrong.
var (
	goldenLUNs      = []int{7, 1, 4} // as the image lists them
	goldenSnapshots = map[int]int{4: 0, 7: 1, 1: 2}
)

type object = map[string]any

func resource(id string, properties object) object {
	return object{"id": id, "location": "westus", "properties": properties}
}

func snapshotOf(name, disk string) object {
	return resource(compute+"/snapshots/"+name, object{"osType": "Linux", "diskSizeGB": 30,
		"creationData": object{"createOption": "Copy", "sourceResourceId": disk}})
}

func goldenDisk(lun int) string { return compute + "/disks/golden_data_" + strconv.Itoa(lun) }

func goldenSnapshot(lun int) string {
	return compute + "/snapshots/goldenData" + strconv.Itoa(goldenSnapshots[lun])
}

func goldenImage() object {
	disks := []object{}
	for _, lun := range goldenLUNs {
		disks = append(disks, object{"lun": lun, "diskSizeGB": 10, "managedDisk": object{"id": goldenDisk(lun)}})
	}
	return resource(golden, object{"hyperVGeneration": "V1", "storageProfile": object{"dataDisks": disks,
		"osDisk": object{"osType": "Linux", "osState": "Generalized", "diskSizeGB": 30,
			"managedDisk": object{"id": compute + "/disks/golden_os"}}}})
}

func singleImage() object {
	return resource(single, object{"hyperVGeneration": "V1", "storageProfile": object{"osDisk": object{"osType": "Linux",
		"osState": "Generalized", "diskSizeGB": 30, "managedDisk": object{"id": compute + "/disks/single_os"}}}})
}

func startSim(t *testing.T) *gohost.Sim {
	t.Helper()
	resources := []object{goldenImage(), singleImage(), resource(compute+"/disks/single_os", object{"osType": "Linux", "diskSizeGB": 30}),
		resource(compute+"/disks/golden_os", object{"osType": "Linux", "diskSizeGB": 30}),
		snapshotOf("goldenOs", compute+"/disks/golden_os"), snapshotOf("strangeOs", compute+"/disks/srcVm_os")}
	for _, lun := range goldenLUNs {
		number := strconv.Itoa(goldenSnapshots[lun])
		resources = append(resources, resource(goldenDisk(lun), object{"diskSizeGB": 10}), snapshotOf("goldenData"+number, goldenDisk(lun)),
			snapshotOf("strange"+number, compute+"/disks/srcVm_data0"))
		if lun != 1 {
			resources = append(resources, snapshotOf("few"+number, goldenDisk(lun)))
		}
	}
	for _, id := range chrootLeftovers() {
		resources = append(resources, resource(id, object{"osType": "Linux", "diskSizeGB": 30}))
	}
	for _, definition := range []string{"MyGallery/images/Hardened", "Archive", "Archive/images/Kept"} {
		properties := object{}
		if strings.Contains(definition, "/") {
			properties = object{"hyperVGeneration": "V1", "osType": "Linux", "osState": "Generalized",
				"identifier": object{"publisher": "MyPublisher", "offer": "MyOffer", "sku": definition}}
		}
		resources = append(resources, resource(compute+"/galleries/"+definition, properties))
	}
	return gohost.StartScenario(t, object{"resources": resources})
}

// request is one line of the simulator's log.
type request struct {
	Method, Path string
	Status       int
	Body         struct {
		Location   string
		Properties struct {
			StorageProfile    storage
			PublishingProfile struct{ TargetRegions []region }
		}
	}
}

type diskSource struct {
	LUN    int
	Source struct{ ID string }
}

type storage struct {
	Source         *struct{ ID string }
	OSDiskImage    *diskSource
	DataDiskImages []diskSource
}

type encrypted struct {
	LUN                 int
	DiskEncryptionSetID string
}

type region struct {
	Name       string
	Encryption *struct {
		OSDiskImage    *encrypted
		DataDiskImages []encrypted
	}
}

// versionRequests gives those of one method that went to image versions.
func versionRequests(t *testing.T, s *gohost.Sim, method string) []request {
	t.Helper()
	found := []request{}
	for _, line := range strings.Split(strings.TrimSpace(s.Requests(t)), "\n") {
		if !strings.Contains(line, "/versions/") || !strings.Contains(line, `"`+method+`"`) {
			continue
		}
		var r request
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if r.Method == method {
			found = append(found, r)
		}
	}
	return found
}

// resourceAt looks at a resource of the simulator, or changes it behind everybody's back. It gives the status.
func resourceAt(t *testing.T, s *gohost.Sim, method, id string, change object) int {
	t.Helper()
	authorities := x509.NewCertPool()
	file, err := os.ReadFile(s.CAFile)
	if err != nil || !authorities.AppendCertsFromPEM(file) {
		t.Fatalf("authority of the simulator: %v", err)
	}
	body, err := json.Marshal(change)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := http.NewRequest(method, s.URL+"/_sim/resource?id="+url.QueryEscape(id), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	asked.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities}, DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport}).Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}
