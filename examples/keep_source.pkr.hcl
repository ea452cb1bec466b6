# SPDX-License-Identifier: MPL-2.0
# A source that survives a publish that fails. Packer destroys the builder's artifact when the first post-processor of a
# sequence fails, unless another sequence keeps it. To azure-arm that does nothing; azure-chroot deletes its managed
# image. The sequence with manifest keeps the artifact in any case, and writes its id down for the next try.

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

  post-processor "manifest" {
    output = "built.json"
  }

  post-processors {
    post-processor "acg-publish" {
      resource_group           = "gallery-rg"
      gallery_name             = "golden"
      gallery_image_definition = "base"
      gallery_image_version    = "1.0.0"
      location                 = "westus"
      target_regions           = ["westus=2", "eastus2"]
      disk_encryption_sets = {
        "westus"  = "westus-all"
        "eastus2" = "eastus2-all"
      }
    }
    post-processor "manifest" {
      output = "published.json"
    }
  }
}
