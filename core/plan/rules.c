/* SPDX-License-Identifier: MPL-2.0 */
/* Rule ids, what each says, and how Azure words it. Data: exempt from the size rule. Numbers, and Azure's
 * texts, are those of azure-arm.md 4.2, which took them from Microsoft's troubleshooting page; where it has
 * no text, there is none here. */
#include <stddef.h>

#include <acg/finding.h>

#include "base/span.h"

struct rule {
    const char *id, *text, *message;
};

static const struct rule rules[] = {
    {"R1", "A disk encryption set must be in the gallery's subscription.",
     "The disk encryption set '<id>' must be in the same subscription '<sub>' as the gallery resource"},
    {"R2", "A disk encryption set must exist and be ready.", "The disk encryption set <id> was not found"},
    {"R3", "A disk encryption set works only in the region it was made in.", ""},
    {"R4", "A disk encryption set is named by its full resource id.",
     "The value of parameter galleryArtifactVersion.properties.publishingProfile.targetRegions.encryption."
     "osDiskImage.diskEncryptionSetId is invalid"},
    {"R5", "A disk is encrypted with a set in all regions or in none.",
     "A disk encryption set is required for disk '<disk>' in target region '<R1>' since disk encryption set "
     "'<id>' is used for the corresponding disk in region '<R2>'"},
    {"R6", "A LUN that is named must be one of the source.",
     "An invalid lun [<n>] was specified in encryption.dataDiskImages. The lun must be one of the following "
     "values ['<luns>']"},
    {"R7", "A LUN is named once per region.",
     "Duplicate luns '<n>' were specified in target region '<region>' encryption.dataDiskImages."},
    {"R8", "A region is named once.", "Duplicate regions are not allowed in target publishing regions"},
    {"R9", "The home region is one of the target regions.",
     "Gallery image version publishing profile regions '<list>' must contain the location of image version "
     "'<Region>'. "},
    {"R10", "An existing version gets no newly encrypted LUN.",
     "Cannot specify new data disk image encryption lun [<n>] with a disk encryption set in region "
     "[<region>] "
     "for update gallery image version request..."},
    {"R11", "The encryption of an existing version's regions stays as it is.", ""},
    {"R12", "Encryption needs a machine, disk, snapshot or managed image as source.",
     "Encryption is not supported for source resource '<id>'. Please use a different source resource type "
     "which "
     "supports encryption properties."},
    {"R13", "A source under customer keys is in the version's subscription.",
     "Encrypted source: '<id>' is in a different subscription ID than the current gallery image version "
     "subscription '<sub>'. Please retry with an unencrypted source(s) or use the source's subscription "
     "'<sub>' "
     "to create the gallery image version."},
    {"R14", "A version under customer keys is no source of another.", ""},
    {"R15", "A Trusted Launch source whose disk is under a set is accepted, and fails later.",
     "Replication failed in this region due to 'Contract.Assert failed: Data model DiskEncryptionSetId '' "
     "does "
     "not match DiskRP returned DiskEncryptionSetId '<id>'"},
    {"R16", "A gallery that is shared directly or with the community holds no version under customer keys.",
     ""},
    {"R17", "Shallow replication does not go with disk encryption sets.", ""},
    {"R18", "Each region has 1 replica or more, all together at most 100.",
     "The value <v> of parameter <property> is out of range. The value must be between <min> and <max>, "
     "inclusive."},
    {"R19", "The end of life lies in the future.", "EndOfLifeDate must be set to a future date."},
    {"R20", "A version is named Major.Minor.Patch.",
     "The image version name is invalid. The image version name should follow "
     "Major(int).Minor(int).Patch(int) "
     "format, for e.g: 1.0.0, 2018.12.1 etc."},
    {"R21", "The source is either one whole image or single disks.",
     "The gallery artifact version source can only be specified either directly under storageProfile or "
     "within "
     "individual OS or data disks. One and only one source type (user image, snapshot, disk, virtual "
     "machine) "
     "can be provided."},
    {"R22", "The source exists, in the version's home region.",
     "Source <id> is not found. Please check source exists, and is in the same region as gallery image "
     "version "
     "being created."},
    {"R23", "A whole source is a managed image, a machine or an image version.",
     "The source id: <id> must either be a managed image, virtual machine or another gallery image version"},
    {"R24", "The source of one disk is a managed disk or a snapshot, by its full id.",
     "The source id: <id> must be a managed disk or snapshot."},
    {"R25", "Sources and LUNs of single disks are distinct.",
     "Duplicated source ids are found in the input disks. Source id should be unique for each disk."},
    {"R26", "OS state, generation, OS type and purchase plan of the source are those of the definition.",
     "The resource with id '<id>' has a different plan ['<json>'] than the parent gallery image plan "
     "['<json>']."},
    {"R27", "A source machine has managed disks, no ephemeral OS disk and no ultra disk.",
     "Source virtual machine <id> cannot contain an ephemeral OS disk."},
    {"R28", "A disk of the source has at most 2048 GB (shallow: 32768).",
     "Replication failed in this region due to 'The GalleryImageVersion source resource size <n> exceeds the "
     "max "
     "size 2048 supported.'"},
    {"R29", "Standard_ZRS needs a region with availability zones.",
     "ZRS storage account type is not supported in this region."},
    {"R30", "The sources of an existing version stay as they are.",
     "Changing property 'galleryImageVersion.properties.storageProfile.<disk>.source.id' is not allowed."},
    {"R31", "Not too many versions are made of one source at the same time.",
     "Too many requests on source '<id>'. Please reduce the number of requests on the source or wait some "
     "time "
     "before retrying."},
    {"R32", "A set's key vault is in the set's region.",
     "The key vault '<v>' is located in region '<r1>'. Key vault must be located in the same region '<r2>' "
     "as the "
     "disk and disk encryption set."},
    {"R33", "The set of a version can be used in its own subscription only.",
     "Disk encryption set <id> in shared image gallery <version> belongs to subscription <A> and cannot be "
     "used "
     "with resource '' in subscription <B>"},
    {"R34", "A machine is made in one of the version's regions.",
     "The gallery image <id> is not available in <region> region. Please contact image owner to replicate to "
     "this "
     "region, or change your requested region."},
    {"R35", "A policy may demand disk encryption sets.", ""},
    {"R36", "Gallery and definition exist, and the regions are open for image versions.",
     "Can not perform requested operation on nested resource. Parent resource <gallery/definition> not "
     "found."},
    {"R37", "What is inside is deleted first.",
     "Can not delete resource before nested resources are deleted."},
    {"R38", "A machine of a generalised version has an osProfile, one of a specialised version has none.",
     "Parameter 'osProfile' is not allowed."},
    {"R39", "A disk encryption set is named or left out, never empty.",
     "The value of parameter galleryArtifactVersion.properties.publishingProfile.targetRegions.encryption."
     "osDiskImage.diskEncryptionSetId is invalid"},
    {"config", "The configuration has only known fields, each of its type.", ""},
    {"names", "Names follow Azure's rules for them.", ""},
    {"luns", "LUNs are whole numbers from 0 to 63.", ""},
    {"limits", "Lists and texts keep within what Azure and this program take.", ""},
    {"tags", "Tags keep within Azure's limits.", ""},
    {"declared", "The declared encryption is what the configuration names.", ""},
    {"confidential", "Type and set of a confidential OS disk belong together.", ""},
    {"platform-key", "Disks that stay on platform keys have no set.", ""},
    {"half-encrypted", "When one disk of the source has a set, every disk has one, unless said in words.",
     ""},
    {"source-keys", "What is under customer keys stays under customer keys, unless said in words.", ""},
    {"snapshots", "Each data disk of the image has exactly one snapshot that was taken of it.", ""},
    {"subscription", "The subscription exists and is enabled.", ""},
    {"provider", "The provider Microsoft.Compute is registered in the subscription.", ""},
    {"api-version", "The cloud serves the api-version that is used.", ""},
    {"version-exists", "The version does not exist yet: an existing one is never changed.", ""},
    {"encryption_type", "Every set has the type that is declared, or that its place needs.", ""},
    {"set-identity", "A set has an identity, which reaches its key.", ""},
    {"set-rotation", "The last rotation of a set's key went well.", ""},
    {"key-vault", "A set's vault exists, with soft delete and purge protection.", ""},
    {"key", "A set's key exists, is enabled and valid now, and is RSA of 2048, 3072 or 4096 bits.", ""},
    {"proof", "The version that is read back is what was asked for.", ""},
    {"quota", "The subscription has room for one more version and its replicas.", ""},
};

static const struct rule *find(const char *id)
{
    for (size_t i = 0; id != NULL && i < sizeof rules / sizeof rules[0]; i++)
        if (acgp_equal(rules[i].id, id))
            return &rules[i];
    return NULL;
}

const char *acg_rule_text(const char *rule)
{
    const struct rule *found = find(rule);

    return found != NULL ? found->text : NULL;
}

const char *acg_rule_service_message(const char *rule)
{
    const struct rule *found = find(rule);

    return found != NULL ? found->message : NULL;
}
