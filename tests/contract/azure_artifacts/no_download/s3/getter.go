// SPDX-License-Identifier: MPL-2.0

// Package s3 stands where packer-plugin-sdk can download from Amazon's storage: nothing is downloaded here, and the real one
// is 26 MB to fetch.
package s3

import (
	"time"

	"github.com/hashicorp/go-getter/v2"
)

// Getter gets nothing.
type Getter struct {
	getter.Getter
	Timeout time.Duration
}
