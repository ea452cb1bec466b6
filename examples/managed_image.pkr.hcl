# SPDX-License-Identifier: MPL-2.0
# Publishes a managed image (OS disk and data disk LUN 0) to two regions, each disk in each region under its own disk
# encryption set with customer-managed keys. Works with every Packer from 1.6.6 on.
#
# In your own build an azure-arm source stands here instead of the null builder; leave managed_image out then, the image
# is found in the artifact of that build.

source "null" "golden" {
  communicator = "none"
}

build {
  sources = ["source.null.golden"]

  post-processor "acg-publish" {
    # The login and the subscription come from AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_SUBSCRIPTION_ID.
    resource_group           = "MyResourceGroup"
    gallery_name             = "MyGallery"
    gallery_image_definition = "MyImage"
    gallery_image_version    = "1.0.0"
    location                 = "westus"
    managed_image            = "myImage"

    encryption_type = "EncryptionAtRestWithCustomerKey"
    target_regions  = ["westus=2=standard_lrs", "eastus2"] # region=replicas=storage account type
    disk_encryption_sets = {
      "westus/os"  = "WestUSDiskEncryptionSet1"
      "westus/0"   = "WestUSDiskEncryptionSet2"
      "eastus2/os" = "EastUS2DiskEncryptionSet1"
      "eastus2/0"  = "EastUS2DiskEncryptionSet2"
    }
  }
}
