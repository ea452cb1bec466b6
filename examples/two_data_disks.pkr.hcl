# SPDX-License-Identifier: MPL-2.0
# Publishes a managed image with data disks at LUN 1 and 2 to two regions: a set of its own for each disk in each region, all in
# another resource group, an end of life, replicas and storage type of the version. Works with every Packer from 1.6.6 on.

source "null" "golden" {
  communicator = "none"
}

build {
  sources = ["source.null.golden"]

  post-processor "acg-publish" {
    resource_group           = "MyResourceGroup"
    gallery_name             = "MyGallery"
    gallery_image_definition = "MyImage"
    gallery_image_version    = "1.2.0"
    location                 = "West US"
    managed_image            = "twoDataDisks"

    encryption_type      = "customer_key"
    replica_count        = 2
    storage_account_type = "Standard_LRS"
    end_of_life_date     = "+180d" # or a day, "2030-12-01"
    target_regions       = ["West US=1=standard_lrs", "East US 2=1=standard_lrs"]

    disk_encryption_set_resource_group = "myRG"
    disk_encryption_sets = {
      "West US/os"   = "myDESet"
      "West US/1"    = "myDESet1" # the data disk at LUN 1
      "West US/2"    = "myDESet2"
      "East US 2/os" = "myEastUS2DESet"
      "East US 2/1"  = "myEastUS2DESet1"
      "East US 2/2"  = "myEastUS2DESet2"
    }
  }
}
