// SPDX-License-Identifier: MPL-2.0

//go:build !azure_1_0

package azureartifacts

import "github.com/hashicorp/packer-plugin-azure/builder/azure/arm"

// From 1.4 on azure-arm publishes to a gallery without a managed image between.
func init() {
	modes = append(modes,
		mode{name: "arm: gallery version alone", made: must(arm.NewSharedImageArtifact("Linux", inPlace, "westus", generated())),
			whole: inPlace},
		mode{name: "arm: gallery version alone, asked for", fields: `artifact_source = "image_version"`,
			made: must(arm.NewSharedImageArtifact("Linux", inPlace, "westus", generated())), whole: inPlace})
	refusals = append(refusals,
		refusal{name: "arm: snapshots of a gallery version", fields: `artifact_source = "snapshots"`,
			made: must(arm.NewSharedImageArtifact("Linux", inPlace, "westus", generated())), words: []string{"tells of no snapshots"}})
}
