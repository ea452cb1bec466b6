# SPDX-License-Identifier: MPL-2.0
# azure-arm takes snapshots of the disks beside its managed image, and acg-publish publishes those instead of the image.
# Which LUN each snapshot belongs to is read from the image, never guessed from the order of names.

source "azure-arm" "golden" {
  # client_id, client_secret, tenant_id and subscription_id: see the builder's own pages.
  managed_image_name                      = "golden-base"
  managed_image_resource_group_name       = "images-rg"
  managed_image_os_disk_snapshot_name     = "golden_base_os"
  managed_image_data_disk_snapshot_prefix = "golden_base_data"
  disk_additional_size                    = [64]
  location                                = "westus"
  os_type                                 = "Linux"
  image_publisher                         = "Debian"
  image_offer                             = "debian-12"
  image_sku                               = "12"
  vm_size                                 = "Standard_D2s_v5"
}

build {
  sources = ["source.azure-arm.golden"]

  post-processor "acg-publish" {
    artifact_source          = "snapshots"
    resource_group           = "gallery-rg"
    gallery_name             = "golden"
    gallery_image_definition = "base"
    gallery_image_version    = "1.0.0"
    location                 = "westus"
    encryption_type          = "customer_key"
    target_regions           = ["westus=2", "eastus2"]
    disk_encryption_sets = {
      "westus"  = "westus-all"
      "eastus2" = "eastus2-all"
    }
  }
}
