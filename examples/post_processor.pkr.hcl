# SPDX-License-Identifier: MPL-2.0
# A whole pipeline, with every choice explained: azure-arm builds a managed image, acg-publish turns it into an encrypted
# image version. The compact form, for every Packer from 1.6.6 on; nested_blocks.pkr.hcl has the other one.

source "azure-arm" "golden" {
  # client_id, client_secret, tenant_id and subscription_id: see the builder's own pages.
  managed_image_name                = "golden-base"
  managed_image_resource_group_name = "images-rg"
  location                          = "westus"
  os_type                           = "Linux"
  image_publisher                   = "Debian"
  image_offer                       = "debian-12"
  image_sku                         = "12"
  vm_size                           = "Standard_D2s_v5"
}

build {
  sources = ["source.azure-arm.golden"]

  post-processor "acg-publish" {
    # The version to make. All five in one: gallery_image_version_id = "/subscriptions/.../versions/1.0.0".
    subscription_id          = "00000000-0000-0000-0000-000000000000" # or AZURE_SUBSCRIPTION_ID
    resource_group           = "gallery-rg"
    gallery_name             = "golden"
    gallery_image_definition = "base"
    gallery_image_version    = "1.0.0"
    location                 = "westus" # home region; left out: the image's region

    # The source is the build's own managed image. To name it instead, one of:
    #   managed_image  = "golden-base"
    #   os_snapshot    = "os-snap"              with a data snapshot for each data disk:
    #   data_snapshots = { "0" = "data-snap" }  LUN = snapshot or disk, name or id

    # Declared, compared with each disk encryption set before the first write, proved afterwards.
    encryption_type = "EncryptionAtRestWithCustomerKey"

    # region, region=replicas or region=replicas=storage account type
    target_regions = ["westus=2=standard_zrs", "eastus2=1", "northeurope"]

    # region/os, region/LUN, or the region alone for every disk that has no entry of its own. Name or full id. A disk
    # that has a set in one region has one in every region; anything else is refused before Azure sees it.
    disk_encryption_sets = {
      "westus/os"   = "westus-os"
      "westus/0"    = "westus-data"
      "eastus2"     = "eastus2-all"
      "northeurope" = "northeurope-all"
    }

    replica_count       = 1       # for regions without a number of their own
    end_of_life_date    = "+180d" # or 2027-01-31
    exclude_from_latest = false
    tags                = { pipeline = "golden" }
    timeout             = "6h" # how long to watch; Azure goes on in any case
  }
}
