# SPDX-License-Identifier: MPL-2.0
# The same publish as managed_image.pkr.hcl, in nested blocks. For Packer 1.7 and newer: up to 1.6 Packer knows the
# compact form alone (Debian's 1.6.6 cannot load a plugin with nested blocks at all).

source "null" "golden" {
  communicator = "none"
}

build {
  sources = ["source.null.golden"]

  post-processor "acg-publish" {
    resource_group           = "MyResourceGroup"
    gallery_name             = "MyGallery"
    gallery_image_definition = "MyImage"
    gallery_image_version    = "1.0.0"
    location                 = "westus"
    managed_image            = "myImage"
    encryption_type          = "EncryptionAtRestWithCustomerKey"

    target_region {
      name                 = "westus"
      replicas             = 2
      storage_account_type = "Standard_LRS"
      os_disk {
        disk_encryption_set_id = "WestUSDiskEncryptionSet1"
      }
      data_disk {
        lun                    = 0
        disk_encryption_set_id = "WestUSDiskEncryptionSet2"
      }
    }
    target_region {
      name = "eastus2"
      os_disk {
        disk_encryption_set_id = "EastUS2DiskEncryptionSet1"
      }
      data_disk {
        lun                    = 0
        disk_encryption_set_id = "EastUS2DiskEncryptionSet2"
      }
    }
  }
}
