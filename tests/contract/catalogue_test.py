#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The catalogue of Azure's errors: every message and every code that is known has its row.

    catalogue_test.py CATALOGUE_LOOK

MESSAGES and CODES below are the list; the reference beside the checkout, where it is there, is compared too.
"""
import json
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "sim" / "test"))
from simtest import Report, equal, holds, test, tests_of  # noqa: E402

LOOK = sys.argv[1]
ROWS = (TOP / "core" / "report" / "catalogue.def").read_text()
REFERENCE = TOP.parent / "shared" / "azure-arm.md"
SET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/diskEncryptionSets/d"
IMAGE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i"
VERSION = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"
PARAMETER = "galleryArtifactVersion.properties.publishingProfile.targetRegions.encryption"

# (rule, what Azure says); each with values in place of the placeholders.
MESSAGES = [
    ("R1", f"The disk encryption set '{SET}' must be in the same subscription '11111111' as the gallery resource"),
    ("R2", f"The disk encryption set {SET} was not found"),
    ("R3", f"The disk encryption set '{SET}' in location 'eastus2' must be in the same region 'eastus' as the target region."),
    ("R4", f"The value of parameter {PARAMETER}.osDiskImage.diskEncryptionSetId is invalid"),
    ("R4", f"The value of parameter {PARAMETER}.dataDiskImages.diskEncryptionSetId is invalid"),
    ("R5", f"A disk encryption set is required for disk 'galleryArtifactVersion.osDiskImage.diskEncryptionSetId' in target region 'West US' "
           f"since disk encryption set '{SET}' is used for the corresponding disk in region 'East US 2'"),
    ("R5", f"A disk encryption set is required for disk 'LUN 0' in target region 'West US' since disk encryption set '{SET}' is used for "
           "the corresponding disk in region 'East US 2'"),
    ("R6", "An invalid lun [3] was specified in encryption.dataDiskImages. The lun must be one of the following values ['0,9']"),
    ("R7", "Duplicate luns '0' were specified in target region 'westus' encryption.dataDiskImages."),
    ("R8", "Duplicate regions are not allowed in target publishing regions"),
    ("R9", "Gallery image version publishing profile regions 'eastus2' must contain the location of image version 'West US'. "),
    ("R10", "Cannot specify new data disk image encryption lun [1] with a disk encryption set in region [westus] for update gallery image "
            "version request. It must be one of the following values ['0']"),
    ("R12", f"Encryption is not supported for source resource '{VERSION}'. Please use a different source resource type which supports "
            "encryption properties."),
    ("R13", f"Encrypted source: '{IMAGE}' is in a different subscription ID than the current gallery image version subscription 's'. Please "
            "retry with an unencrypted source(s) or use the source's subscription 't' to create the gallery image version."),
    ("R15", "Replication failed in this region due to 'Contract.Assert failed: Data model DiskEncryptionSetId '' does not match DiskRP "
            f"returned DiskEncryptionSetId '{SET}' at Microsoft.Somewhere"),
    ("R18", "The value 200 of parameter regionalReplicaCount is out of range. The value must be between 1 and 100, inclusive."),
    ("R19", "EndOfLifeDate must be set to a future date."),
    ("R19", "Could not convert string to DateTimeOffset: soon. Path 'properties.publishingProfile.endOfLifeDate'"),
    ("R20", "The image version name is invalid. The image version name should follow Major(int).Minor(int).Patch(int) format, for e.g: 1.0.0, "
            "2018.12.1 etc."),
    ("R21", "The gallery artifact version source can only be specified either directly under storageProfile or within individual OS or data "
            "disks. One and only one source type (user image, snapshot, disk, virtual machine) can be provided."),
    ("R22", f"Source {IMAGE} is not found. Please check source exists, and is in the same region as gallery image version being created."),
    ("R22", f"Source was not found: {IMAGE}. Please make sure the source exists."),
    ("R23", f"The source id: {SET} must either be a managed image, virtual machine or another gallery image version"),
    ("R24", f"The source id: {IMAGE} must be a managed disk or snapshot."),
    ("R24", "Property id subscriptions/s at path 'properties.storageProfile.osDiskImage.source.id' is invalid. Expect fully qualified resource "
            "Id that start with '/subscriptions/{subscriptionID}' or '/providers/{resourceProviderNamespace}/'."),
    ("R25", "Duplicated source ids are found in the input disks. Source id should be unique for each disk."),
    ("R25", "Duplicated lun numbers have been detected in the input data disks. Lun number must be unique for each data disk."),
    ("R25", "OSDiskImage and DataDiskImage cannot point to same blob https://a.blob.core.windows.net/c/b.vhd"),
    ("R26", f"Cannot create Gallery Image Version from: {IMAGE} since the OS State in the parent gallery image (Specialized) is not Generalized."),
    ("R26", f"The resource with id '{IMAGE}' has a different Hypervisor generation ['V1'] than the parent gallery image Hypervisor generation ['V2']"),
    ("R26", f"The resource with id '{IMAGE}' has a different OS type ['Linux'] than the parent gallery image OS type ['Windows']"),
    ("R26", f"The resource with id '{IMAGE}' has a different plan ['{{\"name\":\"p\"}}'] than the parent gallery image plan ['null']."),
    ("R27", "Source virtual machine /subscriptions/s/vm cannot contain an ephemeral OS disk."),
    ("R27", "Source virtual machine /subscriptions/s/vm cannot contain disk ['/subscriptions/s/disk'] stored in an UltraSSD account type."),
    ("R27", "Source virtual machine /subscriptions/s/vm must be created from Managed Disks."),
    ("R28", "Replication failed in this region due to 'The GalleryImageVersion source resource size 2520 exceeds the max size 2048 supported.'"),
    ("R29", "ZRS storage account type is not supported in this region."),
    ("R30", "Changing property 'galleryImageVersion.properties.storageProfile.osDiskImage.source.id' is not allowed."),
    ("R30", "Adding new Data Disks or changing the LUN of a Data Disk in an existing Image is not allowed."),
    ("R31", f"Too many requests on source '{IMAGE}'. Please reduce the number of requests on the source or wait some time before retrying."),
    ("R32", "The key vault 'v' is located in region 'westus'. Key vault must be located in the same region 'eastus' as the disk and disk "
            "encryption set."),
    ("R33", f"Disk encryption set {SET} in shared image gallery {VERSION} belongs to subscription s and cannot be used with resource '' in "
            "subscription t"),
    ("R34", f"The gallery image {VERSION} is not available in northeurope region. Please contact image owner to replicate to this region, or "
            "change your requested region."),
    ("R36", "Can not perform requested operation on nested resource. Parent resource MyGallery/MyImage not found."),
    ("R36", "The provided location mars is not available for resource type 'Microsoft.Compute/galleries'. List of available regions for the "
            "resource type is westus"),
    ("R37", "Can not delete resource before nested resources are deleted."),
    ("R38", "Parameter 'osProfile' is not allowed."),
    ("R38", "Required parameter 'osProfile' is missing (null)."),
    ("R38", 'There is no latest image version exists for "/subscriptions/s/images/i"'),
    ("", "Subscription is not registered for the feature SIGEncryption."),
    ("", "The version is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete)."),
    ("", "Replication failed in this region due to 'something that nobody has seen'"),
]
# Rules of the reference for which Azure has no text that is known: they are checked before, or told by a code.
SILENT = {"R11", "R14", "R16", "R17", "R35", "R39"}

# (HTTP status, code); 0: with any.
CODES = [
    (400, "InvalidParameter"), (400, "InvalidTemplateDeployment"), (400, "QuotaExceeded"), (401, "Unauthorized"),
    (403, "RequestDisallowedByPolicy"), (404, "ResourceNotFound"), (404, "NotFound"), (404, "ResourceGroupNotFound"),
    (404, "SubscriptionNotFound"), (404, "InvalidResourceNamespace"), (409, "KeyVaultAndDiskInDifferentRegions"), (409, "OperationNotAllowed"),
    (409, "MissingSubscriptionRegistration"), (429, "RetryableError"), (500, "InternalServerError"), (502, "BadGatewayConnection"),
    (503, "ServerTimeout"), (504, "GatewayTimeout"), (429, "OperationNotAllowed"), (429, "SubscriptionRequestsThrottled"),
    (429, "TooManyRequests"), (404, "ParentResourceNotFound"), (403, "AuthorizationFailed"), (403, "LinkedAuthorizationFailed"),
    (400, "PrincipalNotFound"), (409, "Conflict"), (0, "InternalOperationError"), (409, "DeleteGalleryImageVersionBlockedBeforeEndOfLife"),
    (401, "AADSTS7000215"), (401, "AADSTS7000222"), (400, "AADSTS700016"), (400, "AADSTS90002"), (401, "AADSTS700027"),
    (401, "AADSTS700024"), (400, "AADSTS70021"), (400, "AADSTS700213"), (400, "AADSTS500011"), (400, "AADSTS53003"),
    (400, "AADSTS50076"), (400, "AADSTS50079"), (400, "AADSTS90033"), (400, "AADSTS90055"), (400, "AADSTS50196"), (400, "AADSTS9002313"),
]
# Answers without a code.
BARE = [429, 500, 502, 503, 504, 408, 401, 403]


def look(questions):
    text = "".join(json.dumps(q) + "\n" for q in questions)
    done = subprocess.run([LOOK], input=text, capture_output=True, text=True, timeout=60)
    equal(done.returncode, 0, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows():
    """The fields of each row, as C reads them."""
    field = r'"((?:[^"\\]|\\.)*)"'
    found = re.findall(rf"^ROW\({field}, {field}, (\d+), {field},\n    {field},\n    {field}\)$", ROWS, re.M)
    equal(len(found), len(re.findall(r"^ROW\(", ROWS, re.M)), "a row is not of the usual shape")
    return [[re.sub(r"\\(.)", r"\1", part) for part in row] for row in found]


@test
def every_message_has_the_row_of_its_rule():
    asked = [{"code": "InvalidParameter", "http": 400, "message": f"writing the version: HTTP 400 InvalidParameter: {m}"} for _, m in MESSAGES]
    for (rule, message), said in zip(MESSAGES, look(asked)):
        holds(said and said["rule"] == rule and said["cause"] and said["next_step"], f"{rule} {message}: {said}")
    print(f"# {len(MESSAGES)} messages of {len({r for r, _ in MESSAGES} - {''})} rules")


@test
def every_message_is_known_as_the_text_of_a_region_too():
    for (rule, message), said in zip(MESSAGES, look([{"details": m} for _, m in MESSAGES])):
        holds(said and said["rule"] == rule, f"{message}: {said}")


@test
def every_rule_has_a_message_or_is_known_to_have_none():
    have = {r for r, _ in MESSAGES} - {""}
    equal(have | SILENT, {f"R{n}" for n in range(1, 40)})
    equal(have & SILENT, set())


@test
def every_code_has_a_row_of_its_own():
    own = {row[1].lower(): (row[4], row[5]) for row in rows() if row[1]}
    for (http, code), said in zip(CODES, look([{"code": code, "http": http, "message": "no more is said"} for http, code in CODES])):
        mine = {(row[4], row[5]) for row in rows() if row[1].lower() == code.lower() and int(row[2]) in (0, http)}
        holds(code.lower() in own and said and (said["cause"], said["next_step"]) in mine, f"{http} {code}: {said}")
    print(f"# {len(CODES)} codes")


@test
def an_answer_without_a_code_is_explained_by_its_status():
    for http, said in zip(BARE, look([{"http": h, "message": "the answer is empty"} for h in BARE])):
        holds(said, f"{http} has no row")
    equal(look([{"http": 418, "message": "the answer is empty"}, {"code": "Unheard", "message": "of"}]), [None, None])


@test
def a_row_is_a_line_of_plain_text_each_and_stands_once():
    seen = set()
    for rule, code, http, message, cause, step in rows():
        where = f"{rule} {code} {http} {message}"
        holds((code.lower(), http, message.lower()) not in seen, f"twice: {where}")
        seen.add((code.lower(), http, message.lower()))
        holds(code or message or int(http), f"fits everything: {where}")
        for text in (cause, step):
            holds(0 < len(text) <= 240 and text.isascii() and text.isprintable() and not text.endswith("."), f"{where}: {text}")
    print(f"# {len(seen)} rows")


# ---- the reference beside the checkout ----


def section(title):
    return re.split(rf"^###+ {re.escape(title)}[^\n]*\n", REFERENCE.read_text(), flags=re.M)[1].split("\n### ")[0]


def filled(text):
    """A message of the reference with something in place of each placeholder."""
    return re.sub(r"\.\.\.", "and so on", re.sub(r"<[^>]*>", "something", text))


def of_the_reference():
    """The messages of 4.2: the texts in backticks of the last column, without words and names of fields."""
    for line in section("4.2").splitlines():
        if not re.match(r"\| R\d+ ", line):
            continue
        cells = [c.strip() for c in line.strip().strip("|").split(" | ")]
        for text in re.findall(r"`([^`]*)`", cells[-1]):
            if len(text.split()) >= 3:
                yield cells[0], text


def codes_of_the_reference():
    for line in section("2.7").splitlines():
        match = re.match(r"\| (\d+) \| ([^|]*) \|", line)
        if match:
            yield from ((int(match[1]), code) for code in re.findall(r"\b[A-Z][a-z]\w+", re.sub(r"\[\w+\]|AKV\w+ text", "", match[2])))
    for line in section("8.10").splitlines():
        if line.startswith("| AADSTS"):
            yield from ((400, f"AADSTS{number}") for number in re.findall(r"\d{5,}", line.split("|")[1]))


@test
def the_reference_holds_no_message_without_a_row():
    found = list(of_the_reference()) if REFERENCE.is_file() else []
    for (rule, text), said in zip(found, look([{"message": filled(t)} for _, t in found])):
        holds(said and said["rule"] == rule, f"{rule} {text}: {said}")
    holds(not REFERENCE.is_file() or len(found) >= 40, f"only {len(found)} messages were read")
    print(f"# {len(found)} messages of the reference")


@test
def the_reference_holds_no_code_without_a_row():
    found = list(codes_of_the_reference()) if REFERENCE.is_file() else []
    for (http, code), said in zip(found, look([{"code": c, "http": h, "message": "no more is said"} for h, c in found])):
        holds(said, f"{http} {code} has no row")
        holds(any(row[1] == code for row in rows()), f"{code} has no row of its own")
    holds(not REFERENCE.is_file() or len(found) >= 30, f"only {len(found)} codes were read: {found}")
    print(f"# {len(found)} codes of the reference")


report = Report()
report.run(tests_of(globals()))
report.end()
