# SPDX-License-Identifier: MPL-2.0
# Made by plugin/docs/generate.py; do not edit.
integration {
  name        = "Azure Compute Gallery, encrypted"
  description = "Publishes what a build made as an encrypted image version in Azure Compute Gallery, and proves it."
  identifier  = "packer/acg/acg"
  docs {
    process_docs    = true
    readme_location = "./README.md"
  }
  license {
    type = "MPL-2.0"
  }
  component {
    type = "post-processor"
    name = "Publish an encrypted image version"
    slug = "acg-publish"
  }
}
