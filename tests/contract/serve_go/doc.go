// SPDX-License-Identifier: MPL-2.0

// Package servego calls acg serve with grpc-go.
package servego
