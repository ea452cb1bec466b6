# SPDX-License-Identifier: MPL-2.0
# Publishes snapshots (OS disk and data disk LUN 0) to two regions with double encryption: platform-managed and
# customer-managed keys. One set per region serves every disk. Works with every Packer from 1.6.6 on.

source "null" "golden" {
  communicator = "none"
}

build {
  sources = ["source.null.golden"]

  post-processor "acg-publish" {
    resource_group           = "MyResourceGroup"
    gallery_name             = "MyGallery"
    gallery_image_definition = "MyImage"
    gallery_image_version    = "1.1.0"
    location                 = "westus"
    os_snapshot              = "myOSSnapshot"
    data_snapshots           = { "0" = "myDDSnapshot" } # LUN = snapshot

    encryption_type = "EncryptionAtRestWithPlatformAndCustomerKeys"
    target_regions  = ["westus=2=standard_lrs", "eastus2"]
    disk_encryption_sets = {
      "westus"  = "WestUSDoubleEncryptionSet" # every disk of the region
      "eastus2" = "EastUS2DoubleEncryptionSet"
    }
  }
}
