# SPDX-License-Identifier: MPL-2.0
# Two builds side by side, each published as a version of the image definition that has the build's name. Packer starts
# the plugin once for each build.

source "azure-arm" "base" {
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

source "azure-arm" "web" {
  managed_image_name                = "golden-web"
  managed_image_resource_group_name = "images-rg"
  location                          = "westus"
  os_type                           = "Linux"
  image_publisher                   = "Debian"
  image_offer                       = "debian-12"
  image_sku                         = "12"
  vm_size                           = "Standard_D2s_v5"
}

variable "version" {
  default = "1.0.0"
}

build {
  sources = ["source.azure-arm.base", "source.azure-arm.web"]

  post-processor "acg-publish" {
    resource_group           = "gallery-rg"
    gallery_name             = "golden"
    gallery_image_definition = "{{build_name}}" # base, web
    gallery_image_version    = var.version
    location                 = "westus"
    target_regions           = ["westus=2", "eastus2"]
    disk_encryption_sets = {
      "westus"  = "westus-all"
      "eastus2" = "eastus2-all"
    }
  }
}
