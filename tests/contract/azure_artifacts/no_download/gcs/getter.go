// SPDX-License-Identifier: MPL-2.0

// Package gcs stands where packer-plugin-sdk can download from Google's storage: nothing is downloaded here, and the real one
// brings as many modules as all the rest.
package gcs

import (
	"time"

	"github.com/hashicorp/go-getter/v2"
)

// Getter gets nothing.
type Getter struct {
	getter.Getter
	Timeout time.Duration
}
