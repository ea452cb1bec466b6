// SPDX-License-Identifier: MPL-2.0

package azureartifacts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"acg.example/tests/contract/go_host"
	"github.com/hashicorp/packer-plugin-sdk/packer"
)

const versionID = compute + "/galleries/MyGallery/images/MyImage/versions/1.0.0"

// target says where a version goes.
type target struct{ gallery, definition, version string }

var usual = target{"MyGallery", "MyImage", "1.0.0"}

func (to target) id() string {
	return compute + "/galleries/" + to.gallery + "/images/" + to.definition + "/versions/" + to.version
}

// template writes the post-processor block for a target, with more fields.
func (to target) template(t *testing.T, fields string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.pkr.hcl")
	text := fmt.Sprintf(`build {
  post-processor "acg-publish" {
    resource_group           = "MyResourceGroup"
    gallery_name             = %q
    gallery_image_definition = %q
    gallery_image_version    = %q
    target_regions           = ["westus=2", "eastus2"]
%s
  }
}
`, to.gallery, to.definition, to.version, fields)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sets are disk encryption sets by region and disk ("os" or a LUN).
type sets map[string]map[string]string

var places = map[string]string{"westus": "WestUS", "eastus2": "EastUS2"}

// eachDisk gives every disk a set of its own kind in every region.
func eachDisk(luns ...int) (string, sets) {
	lines, want := []string{}, sets{}
	for name, place := range places {
		want[name] = map[string]string{"os": place + "DoubleEncryptionSet"}
		for _, lun := range luns {
			want[name][strconv.Itoa(lun)] = place + "DiskEncryptionSet" + strconv.Itoa(1+lun%2)
		}
		for disk, set := range want[name] {
			lines = append(lines, fmt.Sprintf("%q = %q", name+"/"+disk, set))
		}
	}
	return "disk_encryption_sets = {\n" + strings.Join(lines, "\n") + "\n}\n", want
}

// eachRegion names one set per region, for every disk of the source.
func eachRegion(luns ...int) (string, sets) {
	lines, want := []string{}, sets{}
	for name, place := range places {
		want[name] = map[string]string{"os": place + "DiskEncryptionSet1"}
		for _, lun := range luns {
			want[name][strconv.Itoa(lun)] = place + "DiskEncryptionSet1"
		}
		lines = append(lines, fmt.Sprintf("%q = %q", name, place+"DiskEncryptionSet1"))
	}
	return "disk_encryption_sets = {\n" + strings.Join(lines, "\n") + "\n}\n", want
}

// mode is one way to publish an artifact: the fields beside the usual ones, and what the version's PUT must carry.
type mode struct {
	name    string
	made    packer.Artifact
	fields  string
	encrypt func(luns ...int) (string, sets) // nil: platform keys
	luns    []int                            // data disks of the source, in no order
	whole   string                           // storageProfile.source.id, or
	system  string                           // storageProfile.osDiskImage.source.id
	data    map[int]string                   // and dataDiskImages
}

var located = "location = \"westus\"\n"

func goldenData() map[int]string {
	data := map[int]string{}
	for _, lun := range goldenLUNs {
		data[lun] = goldenSnapshot(lun)
	}
	return data
}

func chrootData() map[int]string {
	data := map[int]string{}
	for _, lun := range chrootLUNs {
		number, _ := strconv.Atoi(lun)
		data[number] = strings.ToLower(compute + "/snapshots/PackerTemp-datadisk-snapshot-" + stamp + "-" + lun)
	}
	return data
}

func chrootDisks() map[int]string {
	data := map[int]string{}
	for _, lun := range chrootLUNs {
		number, _ := strconv.Atoi(lun)
		data[number] = strings.ToLower(compute + "/disks/PackerTemp-datadisk-" + stamp + "-" + lun)
	}
	return data
}

var modes = []mode{
	{name: "arm: managed image", made: armImage("", ""), fields: located, encrypt: eachDisk, luns: goldenLUNs, whole: golden},
	{name: "arm: managed image, a set per region", made: armImage("", ""), encrypt: eachRegion, luns: goldenLUNs, whole: golden},
	{name: "arm: managed image on platform keys", made: armImage("", ""), whole: golden},
	{name: "arm: managed image, asked for", made: armImage("goldenOs", "goldenData"), fields: `artifact_source = "managed_image"` + "\n",
		encrypt: eachDisk, luns: goldenLUNs, whole: golden},
	{name: "arm: managed image beside its snapshots", made: armImage("goldenOs", "goldenData"), encrypt: eachDisk, luns: goldenLUNs,
		whole: golden},
	{name: "arm: snapshots", made: armImage("goldenOs", "goldenData"), fields: located + `artifact_source = "snapshots"` + "\n",
		encrypt: eachDisk, luns: goldenLUNs, system: compute + "/snapshots/goldenOs", data: goldenData()},
	{name: "arm: snapshots, a set per region", made: armImage("goldenOs", "goldenData"), fields: `artifact_source = "snapshots"` + "\n",
		encrypt: eachRegion, luns: goldenLUNs, system: compute + "/snapshots/goldenOs", data: goldenData()},
	{name: "arm: snapshots of an image that is in the gallery too", made: armImageInGallery("goldenOs", "goldenData"),
		fields: `artifact_source = "snapshots"` + "\n", encrypt: eachDisk, luns: goldenLUNs, system: compute + "/snapshots/goldenOs",
		data: goldenData()},
	{name: "arm: managed image that is in the gallery too", made: armImageInGallery("", ""), encrypt: eachDisk, luns: goldenLUNs,
		whole: golden},
	{name: "arm: gallery version beside the managed image", made: armImageInGallery("", ""), fields: `artifact_source = "image_version"` + "\n",
		whole: inPlace},
	{name: "arm: managed image beside its kept disk", made: armKeptDisk(compute + "/disks/golden_os"), encrypt: eachDisk, luns: goldenLUNs,
		whole: golden},
	{name: "arm: managed image beside its kept blob", made: armKeptDisk("https://account.blob.core.windows.net/images/a/b/os.vhd"),
		encrypt: eachDisk, luns: goldenLUNs, whole: golden},
	{name: "arm: kept disk of an image without others", made: armKeptDiskOf(single, compute+"/disks/single_os"),
		fields: `artifact_source = "disks"` + "\n", encrypt: eachDisk, system: compute + "/disks/single_os"},
	{name: "dtl: managed image", made: labImage(), encrypt: eachDisk, luns: goldenLUNs, whole: golden},
	{name: "chroot: managed image", made: chrooted(golden), fields: located, encrypt: eachDisk, luns: goldenLUNs,
		whole: strings.ToLower(golden)},
	{name: "chroot: gallery version", made: chrooted(chrootVersion()), whole: strings.ToLower(inPlace)},
	{name: "chroot: managed image that is in the gallery too", made: chrooted(golden, chrootVersion()), encrypt: eachRegion,
		luns: goldenLUNs, whole: strings.ToLower(golden)},
	{name: "chroot: gallery version beside the managed image", made: chrooted(golden, chrootVersion()),
		fields: `artifact_source = "image_version"` + "\n", whole: strings.ToLower(inPlace)},
	{name: "chroot: managed image beside what skip_cleanup kept", made: chrooted(append(chrootLeftovers(), golden)...), encrypt: eachDisk,
		luns: goldenLUNs, whole: strings.ToLower(golden)},
	{name: "chroot: snapshots", made: chrooted(append(chrootLeftovers(), golden)...), fields: located + `artifact_source = "snapshots"` + "\n",
		encrypt: eachDisk, luns: []int{1, 4, 10}, system: strings.ToLower(compute + "/snapshots/PackerTemp-osdisk-snapshot-" + stamp),
		data: chrootData()},
	{name: "chroot: snapshots beside a gallery version, a set per region", made: chrooted(append(chrootLeftovers(), chrootVersion())...),
		fields: `artifact_source = "snapshots"` + "\n", encrypt: eachRegion, luns: []int{1, 4, 10},
		system: strings.ToLower(compute + "/snapshots/PackerTemp-osdisk-snapshot-" + stamp), data: chrootData()},
	{name: "chroot: kept disks", made: chrooted(append(chrootLeftovers(), golden)...), fields: `artifact_source = "disks"` + "\n",
		encrypt: eachDisk, luns: []int{1, 4, 10}, system: strings.ToLower(compute + "/disks/PackerTemp-osdisk-" + stamp), data: chrootDisks()},
}

// run gives an artifact to a plugin of its own, as Packer does, and looks that nobody hears of a signed URL. It gives the screen too.
func run(t *testing.T, s *gohost.Sim, protobuf bool, template string, input packer.Artifact) (packer.Artifact, string, error) {
	t.Helper()
	plugin, component := gohost.Start(t, protobuf, s)
	gohost.Configure(t, component, template)
	screen := &gohost.UI{}
	artifact, keep, force, err := component.PostProcess(context.Background(), screen, input)
	if err == nil && (!keep || force) {
		t.Errorf("keep %v, force %v", keep, force)
	}
	for _, heard := range []string{screen.Said.String(), plugin.Stderr.String(), fmt.Sprint(err), s.Requests(t)} {
		if strings.Contains(heard, signature) {
			t.Errorf("a signed URL in: %s", heard)
		}
	}
	return artifact, screen.Said.String(), err
}

func TestModes(t *testing.T) {
	for form, protobuf := range gohost.Forms {
		for _, m := range modes {
			t.Run(form+"/"+m.name, func(t *testing.T) { m.publish(t, protobuf) })
		}
	}
}

func (m mode) publish(t *testing.T, protobuf bool) {
	s := startSim(t)
	fields, want := m.fields, sets{"westus": {}, "eastus2": {}}
	if m.encrypt != nil {
		var encryption string
		encryption, want = m.encrypt(m.luns...)
		fields += encryption
	}
	artifact, said, err := run(t, s, protobuf, usual.template(t, fields), m.made)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if artifact.Id() != usual.id() || artifact.BuilderId() != "packer.post-processor.acg-publish" {
		t.Errorf("artifact %q of %q", artifact.Id(), artifact.BuilderId())
	}
	puts := versionRequests(t, s, "PUT")
	if len(puts) != 1 || puts[0].Path != usual.id() || puts[0].Status != 201 || puts[0].Body.Location != "westus" {
		t.Fatalf("PUTs: %+v", puts)
	}
	m.sources(t, puts[0].Body.Properties.StorageProfile)
	if got := encryptionOf(puts[0].Body.Properties.PublishingProfile.TargetRegions); !reflect.DeepEqual(got, want) {
		t.Errorf("encryption\n%v, not\n%v", got, want)
	}
}

func (m mode) sources(t *testing.T, got storage) {
	t.Helper()
	whole, system, data := "", "", map[int]string(nil)
	if got.Source != nil {
		whole = got.Source.ID
	}
	if got.OSDiskImage != nil {
		system = got.OSDiskImage.Source.ID
	}
	for _, disk := range got.DataDiskImages {
		if data == nil {
			data = map[int]string{}
		}
		data[disk.LUN] = disk.Source.ID
	}
	if whole != m.whole || system != m.system || !reflect.DeepEqual(data, m.data) || len(data) != len(got.DataDiskImages) {
		t.Errorf("source %q, OS disk %q, data disks %v", whole, system, data)
	}
}

func encryptionOf(regions []region) sets {
	got := sets{}
	name := func(id string) string { return id[strings.LastIndex(id, "/")+1:] }
	for _, r := range regions {
		got[r.Name] = map[string]string{}
		if r.Encryption == nil {
			continue
		}
		if r.Encryption.OSDiskImage != nil {
			got[r.Name]["os"] = name(r.Encryption.OSDiskImage.DiskEncryptionSetID)
		}
		for _, disk := range r.Encryption.DataDiskImages {
			got[r.Name][strconv.Itoa(disk.LUN)] = name(disk.DiskEncryptionSetID)
		}
	}
	return got
}

// refusal is an artifact that no version is made of; words must stand in the error, said on the screen: the error names the first
// finding, the screen all of them.
type refusal struct {
	name, fields string
	made         packer.Artifact
	words, said  []string
}

const fromSnapshots = `artifact_source = "snapshots"` + "\n"

var everyLUN = []string{"LUN 1", "LUN 4", "LUN 7"}

var refusals = []refusal{
	{name: "arm: VHD alone", made: armVHD(), words: []string{"is a VHD", "os_vhd_uri", "os_vhd_storage_account", "managed_image_name"}},
	{name: "arm: VHD alone, a managed image asked for", fields: `artifact_source = "managed_image"` + "\n", made: armVHD(),
		words: []string{"is a VHD", "os_vhd_uri"}},
	{name: "arm: snapshots that nobody made", fields: fromSnapshots, made: armImage("", ""),
		words: []string{"tells of no snapshots", "managed_image_os_disk_snapshot_name"}},
	{name: "arm: snapshots of no disk of the image", fields: fromSnapshots, made: armImage("goldenOs", "strange"),
		words: []string{"LUN 7", "strange0 was taken of " + compute + "/disks/srcVm_data0", "data_snapshots"}, said: everyLUN},
	{name: "arm: a data snapshot is missing", fields: fromSnapshots, made: armImage("goldenOs", "few"),
		words: []string{"LUN 1", "few2 does not exist", "data_snapshots"}},
	{name: "arm: no data snapshot exists", fields: fromSnapshots, made: armImage("goldenOs", "none"),
		words: []string{"LUN 7", "none0 does not exist", "data_snapshots"}, said: everyLUN},
	{name: "arm: the OS snapshot alone", fields: fromSnapshots, made: armImage("goldenOs", ""),
		words: []string{"LUN 7", "data_snapshots"}, said: everyLUN},
	{name: "arm: the snapshot of another OS disk", fields: fromSnapshots, made: armImage("strangeOs", "goldenData"),
		words: []string{"os_snapshot", "was taken of " + compute + "/disks/srcVm_os", "golden_os"}},
	{name: "arm: no gallery version", fields: `artifact_source = "image_version"` + "\n", made: armImage("", ""),
		words: []string{"does not tell of one gallery image version"}},
	{name: "arm: no kept disk", fields: `artifact_source = "disks"` + "\n", made: armImage("", ""), words: []string{"keep_os_disk"}},
	{name: "arm: the kept disk of an image with data disks", fields: `artifact_source = "disks"` + "\n",
		made: armKeptDisk(compute + "/disks/golden_os"), words: []string{"LUN 7", "data_snapshots"}, said: everyLUN},
	{name: "arm: a kept blob is no disk", fields: `artifact_source = "disks"` + "\n",
		made: armKeptDisk("https://account.blob.core.windows.net/images/a/b/os.vhd"), words: []string{"keep_os_disk"}},
	{name: "dtl: snapshots", fields: fromSnapshots, made: labImage(), words: []string{"tells of no snapshots"}},
	{name: "chroot: two managed images", made: chrooted(golden, compute+"/images/myImage"), words: []string{"several images", "managed_image"}},
	{name: "chroot: snapshots without skip_cleanup", fields: fromSnapshots, made: chrooted(golden), words: []string{"skip_cleanup"}},
	{name: "chroot: snapshots under the user's names", fields: fromSnapshots,
		made: chrooted(golden, compute+"/snapshots/goldenOs", compute+"/snapshots/goldenData0"), words: []string{"names of the user's", "data_snapshots"}},
	{name: "chroot: a gallery version is not encrypted anew", fields: `disk_encryption_sets = { westus = "WestUSDiskEncryptionSet1", ` +
		`eastus2 = "EastUS2DiskEncryptionSet1" }`, made: chrooted(chrootVersion()), words: []string{"1 fault"},
		said: []string{"the source is a gallery image version", "publish from a managed image"}},
	{name: "chroot: nothing at all", made: chrooted(), words: []string{"is no image", "managed_image"}},
}

func TestRefusals(t *testing.T) {
	for form, protobuf := range gohost.Forms {
		for _, r := range refusals {
			t.Run(form+"/"+r.name, func(t *testing.T) {
				s := startSim(t)
				_, said, err := run(t, s, protobuf, usual.template(t, r.fields), r.made)
				r.look(t, said, err)
				if puts := versionRequests(t, s, "PUT"); len(puts) != 0 {
					t.Errorf("PUTs: %+v", puts)
				}
			})
		}
	}
}

func (r refusal) look(t *testing.T, said string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, word := range r.words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("nothing about %q in: %v", word, err)
		}
	}
	for _, word := range r.said {
		if !strings.Contains(said, word) {
			t.Errorf("nothing about %q on the screen: %s", word, said)
		}
	}
}
