// SPDX-License-Identifier: MPL-2.0

// Package azureartifacts publishes from the artifacts of the Azure builders: packer-plugin-azure's own code makes and
// serves each, acg-publish asks it, and the simulator has the last word on what was meant.
package azureartifacts

import (
	"path"
	"strings"
	"testing"

	"acg.example/tests/contract/go_host"
	"github.com/hashicorp/packer-plugin-azure/builder/azure/arm"
	"github.com/hashicorp/packer-plugin-azure/builder/azure/chroot"
	"github.com/hashicorp/packer-plugin-azure/builder/azure/common"
	"github.com/hashicorp/packer-plugin-azure/builder/azure/dtl"
	"github.com/hashicorp/packer-plugin-sdk/packer"
)

const (
	group   = "/subscriptions/" + gohost.Subscription + "/resourceGroups/MyResourceGroup"
	compute = group + "/providers/Microsoft.Compute"
	golden  = compute + "/images/golden"
	single  = compute + "/images/single"                                     // without data disks
	inPlace = compute + "/galleries/MyGallery/images/MyImage/versions/0.9.0" // what the builder published
	// signature signs URLs in the artifacts of older builders: whoever has it reads the disk.
	signature = "sig=of-the-storage-account"
	stamp     = "1700000000"
)

func must(artifact packer.Artifact, err error) packer.Artifact {
	if err != nil {
		panic(err)
	}
	return artifact
}

func generated() map[string]interface{} {
	return map[string]interface{}{"generated_data": map[string]interface{}{"SourceImageName": "a-b-c", "TenantID": "t"},
		"arm.ManagedImageSigPublishResourceGroup":   "MyResourceGroup",
		"arm.ManagedImageSharedGalleryName":         "MyGallery",
		"arm.ManagedImageSharedGalleryImageName":    "MyImage",
		"arm.ManagedImageSharedGalleryImageVersion": "0.9.0"}
}

func signed(name string) string {
	return "https://account.blob.core.windows.net/" + name + "?" + signature
}

// captured is what azure-arm keeps of a capture: uri is a blob, or with keep_os_disk a managed disk.
func captured(uri string) *arm.CaptureTemplate {
	resource := arm.CaptureResources{Location: "westus"}
	resource.Properties.StorageProfile.OSDisk.Image.Uri = uri
	return &arm.CaptureTemplate{Resources: []arm.CaptureResources{resource}}
}

// armImage is azure-arm's artifact of a managed image, with the names of its snapshots.
func armImage(osSnapshot, dataPrefix string) packer.Artifact {
	return must(arm.NewManagedImageArtifact("Linux", "MyResourceGroup", "golden", "westus", golden, osSnapshot, dataPrefix,
		generated(), false, nil, signed))
}

func armKeptDisk(uri string) packer.Artifact { return armKeptDiskOf(golden, uri) }

func armKeptDiskOf(image, uri string) packer.Artifact {
	return must(arm.NewManagedImageArtifact("Linux", "MyResourceGroup", path.Base(image), "westus", image, "", "", generated(), true,
		captured(uri), signed))
}

func armImageInGallery(osSnapshot, dataPrefix string) packer.Artifact {
	return must(arm.NewManagedImageArtifactWithSIGAsDestination("Linux", "MyResourceGroup", "golden", "westus", golden,
		osSnapshot, dataPrefix, inPlace, generated()))
}

func armVHD() packer.Artifact {
	return must(arm.NewArtifact(captured("https://account.blob.core.windows.net/system/Microsoft.Compute/Images/images/"+
		"packer-osDisk.4085bb15-3644-4641-b9cd-f575918640b4.vhd"), signed, "Linux", generated()))
}

func labImage() packer.Artifact {
	return must(dtl.NewManagedImageArtifact("Linux", "MyResourceGroup", "golden", "westus", golden))
}

// chrooted is azure-chroot's artifact of all that it made.
func chrooted(ids ...string) packer.Artifact {
	return &common.Artifact{BuilderIdValue: chroot.BuilderID, Resources: ids,
		StateData: map[string]interface{}{"generated_data": map[string]interface{}{"SourceImageName": "a-b-c"}}}
}

func chrootVersion() string {
	return chroot.SharedImageGalleryDestination{ResourceGroup: "MyResourceGroup", GalleryName: "MyGallery", ImageName: "MyImage",
		ImageVersion: "0.9.0"}.ResourceID(gohost.Subscription)
}

// chrootLUNs in the order of azure-chroot's Id, which is that of texts.
var chrootLUNs = []string{"1", "10", "4"}

// chrootLeftovers are the disks and snapshots that azure-chroot keeps with skip_cleanup, under the names it gives them.
func chrootLeftovers() []string {
	ids := []string{compute + "/disks/PackerTemp-osdisk-" + stamp, compute + "/snapshots/PackerTemp-osdisk-snapshot-" + stamp}
	for _, lun := range chrootLUNs {
		ids = append(ids, compute+"/disks/PackerTemp-datadisk-"+stamp+"-"+lun,
			compute+"/snapshots/PackerTemp-datadisk-snapshot-"+stamp+"-"+lun)
	}
	return ids
}

// TestArtifactsAreThoseThatTheRowsMean guards the rows against a builder that names things otherwise.
func TestArtifactsAreThoseThatTheRowsMean(t *testing.T) {
	for _, row := range []struct {
		name     string
		artifact packer.Artifact
		builder  string
		id       string
		lines    []string
	}{
		{"arm", armImage("goldenOs", "goldenData"), "Azure.ResourceManagement.VMImage", golden,
			[]string{"ManagedImageId: " + golden, "ManagedImageOSDiskSnapshotName: goldenOs", "ManagedImageDataDiskSnapshotPrefix: goldenData"}},
		{"arm, kept disk", armKeptDisk(compute + "/disks/golden_os"), "Azure.ResourceManagement.VMImage", compute + "/disks/golden_os",
			[]string{"OSDiskUri: " + compute + "/disks/golden_os"}},
		{"arm, gallery", armImageInGallery("", ""), "Azure.ResourceManagement.VMImage", golden,
			[]string{"ManagedImageSharedImageGalleryId: " + inPlace}},
		{"arm, VHD", armVHD(), "Azure.ResourceManagement.VMImage", "https://account.blob.core.windows.net/system/Microsoft.Compute/" +
			"Images/images/packer-osDisk.4085bb15-3644-4641-b9cd-f575918640b4.vhd", []string{signature}},
		{"dtl", labImage(), "Azure.ResourceManagement.VMImage", golden, []string{"ManagedImageId: " + golden}},
		{"chroot", chrooted(golden, inPlace), "azure.chroot", strings.ToLower(inPlace + "," + golden), nil},
	} {
		if row.artifact.BuilderId() != row.builder || row.artifact.Id() != row.id {
			t.Errorf("%s: %q of %q", row.name, row.artifact.Id(), row.artifact.BuilderId())
		}
		for _, line := range row.lines {
			if !strings.Contains(row.artifact.String(), line) {
				t.Errorf("%s: no %q in %s", row.name, line, row.artifact)
			}
		}
	}
}
