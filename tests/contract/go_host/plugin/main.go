// SPDX-License-Identifier: MPL-2.0

// Plugin is the smallest post-processor over packer-plugin-sdk: what a plugin in Go costs before it does anything.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/version"
)

type nothing struct{}

func (nothing) ConfigSpec() hcldec.ObjectSpec { return hcldec.ObjectSpec{} }

func (nothing) Configure(...interface{}) error { return nil }

func (nothing) PostProcess(_ context.Context, _ packer.Ui, a packer.Artifact) (packer.Artifact, bool, bool, error) {
	return a, true, false, nil
}

func main() {
	set := plugin.NewSet()
	set.RegisterPostProcessor("nothing", nothing{})
	set.SetVersion(version.NewPluginVersion("0.0.1", "", ""))
	if err := set.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
