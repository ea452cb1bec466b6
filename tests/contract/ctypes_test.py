#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""libacg through Python's ctypes, with nothing but the standard library: as any language that calls C functions would bind it.

    ctypes_test.py ACG_SIM PREFIX
"""
import ctypes as c
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from installed import FAST, SLOW, Installed  # noqa: E402
from simtest import TENANT, Report, Sim, des, equal, holds, test, tests_of, version  # noqa: E402

OK, ERR_ARGUMENT, ERR_CANCELLED = 0, 1, 9
STEP, REGION, NOTICE, DONE = 1, 2, 3, 6
Text, Handle = c.c_char_p, c.c_void_p


def struct(name, *fields):
    return type(name, (c.Structure,), {"_fields_": list(fields)})


OptionalInt = struct("OptionalInt", ("set", c.c_bool), ("value", c.c_int64))
Source = struct("Source", ("managed_image", Text), ("virtual_machine", Text), ("image_version", Text), ("os_snapshot", Text), ("os_vhd_uri", Text),
                ("os_vhd_storage_account", Text), ("data_disks", Handle), ("data_disk_count", c.c_size_t), ("snapshots_of", Text),
                ("data_snapshot_prefix", Text), ("known_later", c.c_bool))
Encryption = struct("Encryption", ("disk_encryption_set_id", Text), ("os_disk_encryption_set_id", Text), ("confidential_vm_encryption_type", Text),
                    ("secure_vm_disk_encryption_set_id", Text), ("data_disks", Handle), ("data_disk_count", c.c_size_t))
TargetRegion = struct("TargetRegion", ("name", Text), ("replicas", OptionalInt), ("storage_account_type", Text), ("exclude_from_latest", c.c_int),
                      ("encryption", Encryption))
PublishOptions = struct(
    "PublishOptions", ("version", c.c_uint32), ("subscription_id", Text), ("resource_group", Text), ("gallery_name", Text),
    ("gallery_image_definition", Text), ("gallery_image_version", Text), ("gallery_image_version_id", Text), ("location", Text), ("source", Source),
    ("target_regions", c.POINTER(TargetRegion)), ("target_region_count", c.c_size_t), ("edge_zones", Handle), ("edge_zone_count", c.c_size_t),
    ("encryption_type", Text), ("platform_key_disks", Handle), ("platform_key_disk_count", c.c_size_t), ("disk_encryption_set_resource_group", Text),
    ("replica_count", OptionalInt), ("storage_account_type", Text), ("end_of_life_date", Text), ("exclude_from_latest", c.c_int),
    ("replication_mode", Text), ("allow_deletion_of_replicated_locations", c.c_int), ("tags", Handle), ("tag_count", c.c_size_t), ("wait", c.c_int),
    ("timeout_ms", c.c_int64), ("accept_timeout_ms", c.c_int64), ("home_timeout_ms", c.c_int64), ("on_existing", c.c_int), ("on_failure", c.c_int),
    ("repair_attempts", OptionalInt), ("wave_size", OptionalInt), ("optional_regions", Handle), ("optional_region_count", c.c_size_t),
    ("quorum", OptionalInt), ("build_number", OptionalInt), ("memo", Text))
PublisherOptions = struct("PublisherOptions", ("version", c.c_uint32), ("resource_manager_endpoint", Text), ("audience", Text), ("ca_file", Text),
                          ("user_agent", Text), ("trace_requests", c.c_bool), ("journal_dir", Text))
DeleteOptions = struct("DeleteOptions", ("version", c.c_uint32), ("gallery_image_version_id", Text), ("published_date", Text), ("timeout_ms", c.c_int64))
LoginOptions = struct("LoginOptions", ("version", c.c_uint32), ("tenant_id", Text), ("client_id", Text), ("client_secret", Text), ("authority_host", Text))
Error = struct("Error", ("status", c.c_int), ("http_status", c.c_int), ("arm_code", c.c_char * 96), ("request_id", c.c_char * 64),
               ("field", c.c_char * 128), ("message", c.c_char * 2048))
ResultDisk = struct("ResultDisk", ("os", c.c_bool), ("lun", c.c_int64), ("disk_encryption_set_id", Text), ("secure_vm_disk_encryption_set_id", Text),
                    ("confidential_vm_encryption_type", Text))
ResultRegion = struct("ResultRegion", ("name", Text), ("display_name", Text), ("edge_zone", Text), ("state", Text), ("percent", c.c_int), ("details", Text),
                      ("replicas", c.c_int64), ("storage_account_type", Text), ("disks", c.POINTER(ResultDisk)), ("disk_count", c.c_size_t))
Result = struct("Result", ("version_id", Text), ("state", Text), ("proved", c.c_bool), ("created", c.c_bool), ("location", Text), ("encryption_type", Text),
                ("provisioning_state", Text), ("duration_ms", c.c_int64), ("regions", c.POINTER(ResultRegion)), ("region_count", c.c_size_t),
                ("published_date", Text))
Event = struct("Event", ("kind", c.c_int), ("number", c.c_uint64), ("publish", Handle), ("elapsed_ms", c.c_int64), ("text", Text), ("region", Text),
               ("state", Text), ("details", Text), ("percent", c.c_int), ("finding", Handle), ("error", c.POINTER(Error)), ("result", c.POINTER(Result)))

OUT = c.POINTER(Handle)
PROTOTYPES = {
    "acg_version": (Text,),
    "acg_status_name": (Text, c.c_int),
    "acg_credential_client_secret_new": (c.c_int, c.POINTER(LoginOptions), OUT, c.POINTER(Error)),
    "acg_credential_free": (None, Handle),
    "acg_publisher_new": (c.c_int, c.POINTER(PublisherOptions), Handle, OUT, c.POINTER(Error)),
    "acg_publisher_free": (None, Handle),
    "acg_publisher_submit": (c.c_int, Handle, c.POINTER(PublishOptions), OUT, c.POINTER(Error)),
    "acg_publisher_poll": (c.c_int, Handle, Handle, c.c_size_t, c.c_int64, c.POINTER(Error)),
    "acg_publisher_next_event": (c.c_bool, Handle, c.POINTER(c.POINTER(Event))),
    "acg_publisher_wakeup": (None, Handle),
    "acg_publish_cancel": (None, Handle),
    "acg_publish_free": (None, Handle),
    "acg_publish_version_id": (Text, Handle),
}
OPTIONS = {"acg_publish_options_init": PublishOptions, "acg_publisher_options_init": PublisherOptions, "acg_delete_options_init": DeleteOptions,
           "acg_client_secret_options_init": LoginOptions}


def load():
    library = c.CDLL(str(Installed(sys.argv[2]).folder / "libacg.so.0"))
    for name, options in OPTIONS.items():
        PROTOTYPES[name] = (None, c.POINTER(options), c.c_uint32)
    for name, (result, *parameters) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, parameters
    return library


ACG = load()


def options(init, **members):
    """Options of version 1, with these members set."""
    out = OPTIONS[init]()
    getattr(ACG, init)(out, 1)
    for name, value in members.items():
        setattr(out, name, value.encode() if isinstance(value, str) else value)
    return out


def made(function, *arguments):
    """The handle that an acg function makes."""
    out, error = Handle(), Error()
    status = getattr(ACG, function)(*arguments, out, error)
    holds(status == OK, f"{function}: {error.field.decode()}: {error.message.decode()}")
    return out


class Publisher:
    """A publisher of one simulator, with everything that belongs to it."""

    def __init__(self, sim, ca=None):
        login = options("acg_client_secret_options_init", tenant_id=TENANT, client_id="sp", client_secret="secret", authority_host=sim.base)
        settings = options("acg_publisher_options_init", resource_manager_endpoint=sim.base, ca_file=ca or sim.ca)
        self.credential = made("acg_credential_client_secret_new", login)
        self.handle = made("acg_publisher_new", settings, self.credential)
        self.publish = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        ACG.acg_publish_free(self.publish)
        ACG.acg_publisher_free(self.handle)
        ACG.acg_credential_free(self.credential)

    def submit(self, name, **sets):
        regions = (TargetRegion * len(sets))()
        for region, (where, name_of_set) in zip(regions, sets.items()):
            region.name = where.encode()
            region.encryption.disk_encryption_set_id = name_of_set.encode()
        wanted = options("acg_publish_options_init", gallery_image_version_id=version(name), location=next(iter(sets)), target_regions=regions,
                         target_region_count=len(regions))
        wanted.source.managed_image = b"myImage"
        self.publish = made("acg_publisher_submit", self.handle, wanted)

    def events(self):
        """Events up to the final one; each is lent until the next is asked for."""
        lent, error = c.POINTER(Event)(), Error()
        while True:
            equal(ACG.acg_publisher_poll(self.handle, None, 0, 60000, error), OK, error.message)
            while ACG.acg_publisher_next_event(self.handle, lent):
                yield lent.contents
                if lent.contents.kind == DONE:
                    return


def written_bytes(init, size):
    """How many bytes of a larger place an init function writes, and that the rest stays as it is."""
    place = c.create_string_buffer(b"\xa5" * (size + 256), size + 256)
    getattr(ACG, init)(c.cast(place, c.POINTER(OPTIONS[init])), 1)
    return len(place.raw.rstrip(b"\xa5"))


@test
def the_declared_structs_are_as_long_as_the_library_says():
    for init, declared in OPTIONS.items():
        equal(written_bytes(init, c.sizeof(declared)), c.sizeof(declared), init)
        whole = declared.from_buffer_copy(b"\xa5" * c.sizeof(declared))
        getattr(ACG, init)(whole, 1)
        equal(whole.version, 1, init)
        equal(bytes(whole)[4:].strip(b"\0"), b"", f"{init}: behind the version")


@test
def a_version_is_published_and_its_result_can_be_read():
    with Sim(FAST, tls=True) as sim, Publisher(sim) as publisher:
        publisher.submit("6.0.0", westus="WestUSDiskEncryptionSet1", eastus2="EastUS2DiskEncryptionSet1")
        equal(ACG.acg_publish_version_id(publisher.publish).decode().lower(), version("6.0.0").lower())
        numbers, kinds = [], []
        for event in publisher.events():
            numbers.append(event.number)
            kinds.append(event.kind)
            equal(event.publish, publisher.publish.value)
            holds(event.text, "an event without text")
            if event.kind == REGION:
                holds(event.region in (b"westus", b"eastus2") and 0 <= event.percent <= 100, event.region)
            if event.kind == DONE:
                proved(event)
        equal(numbers, sorted(set(numbers)))
        holds(kinds[0] == STEP and REGION in kinds and kinds.count(DONE) == 1, kinds)
        equal(len(sim.get(version("6.0.0")).body["properties"]["publishingProfile"]["targetRegions"]), 2)


def proved(event):
    error, result = event.error.contents, event.result.contents
    equal((error.status, error.arm_code), (OK, b""))
    equal((result.state, result.proved, result.created, result.location), (b"succeeded", True, True, b"westus"))
    holds(result.published_date.startswith(b"20"), result.published_date)
    equal(result.region_count, 2)
    for i, (name, set_name) in enumerate((("westus", "WestUSDiskEncryptionSet1"), ("eastus2", "EastUS2DiskEncryptionSet1"))):
        region = result.regions[i]
        equal((region.name.decode(), region.percent, region.replicas, region.edge_zone), (name, 100, 1, None))
        disks = [(region.disks[j].os, region.disks[j].lun, region.disks[j].disk_encryption_set_id.decode().lower()) for j in range(region.disk_count)]
        equal(disks, [(True, 0, des(set_name).lower()), (False, 0, des(set_name).lower())])


@test
def a_refusal_names_the_field_and_leaves_the_handle_alone():
    with Sim(FAST, tls=True) as sim, Publisher(sim) as publisher:
        equal(sim.log(), [])
        out, error = Handle(4711), Error()
        wanted = options("acg_publish_options_init", gallery_image_version_id="x")
        equal(ACG.acg_publisher_submit(publisher.handle, wanted, out, error), ERR_ARGUMENT)
        equal((out.value, ACG.acg_status_name(error.status)), (4711, b"argument"))
        holds(error.field and error.message, "no field, no message")
        wanted.version = 2
        equal(ACG.acg_publisher_submit(publisher.handle, wanted, out, error), ERR_ARGUMENT)
        equal((out.value, error.field), (4711, b"version"))


@test
def two_publishers_of_one_process_do_not_share_trust_or_endpoint():
    with Sim(FAST, tls=True) as one, Sim(FAST, tls=True) as other:
        with Publisher(one) as mine, Publisher(other) as yours, Publisher(other, ca=one.ca) as mistaken:
            mine.submit("6.1.0", westus="WestUSDiskEncryptionSet1")
            yours.submit("6.1.1", westus="WestUSDiskEncryptionSet1")
            mistaken.submit("6.1.2", westus="WestUSDiskEncryptionSet1")
            ends = [list((e.kind, e.error.contents.status) for e in p.events() if e.kind == DONE) for p in (mine, mistaken, yours)]
            equal(ends, [[(DONE, OK)], [(DONE, ERR_ARGUMENT)], [(DONE, OK)]])
        equal([sim.get(version(name)).status for sim in (one, other) for name in ("6.1.0", "6.1.1", "6.1.2")], [200, 404, 404, 404, 200, 404])


@test
def a_wakeup_from_another_thread_ends_the_wait():
    with Sim(SLOW, tls=True) as sim, Publisher(sim) as publisher:
        woken = threading.Thread(target=lambda: ACG.acg_publisher_wakeup(publisher.handle))
        woken.start()
        equal(ACG.acg_publisher_poll(publisher.handle, None, 0, -1, Error()), OK)  # nothing else could end it
        woken.join()
        equal(ACG.acg_publisher_next_event(publisher.handle, c.POINTER(Event)()), False)
        equal(sim.log(), [])


@test
def a_publish_is_cancelled_while_azure_works():
    with Sim(SLOW, tls=True) as sim, Publisher(sim) as publisher:
        publisher.submit("6.2.0", westus="WestUSDiskEncryptionSet1")
        last = None
        for event in publisher.events():
            if event.text.startswith(b"Azure creates the version"):
                ACG.acg_publish_cancel(publisher.publish)
            last = event.kind, event.error.contents.status if event.error else OK, event.result.contents.state if event.result else b""
        equal(last, (DONE, ERR_CANCELLED, b"running"))
        equal(sim.get(version("6.2.0")).body["properties"]["provisioningState"], "Creating")


report = Report()
report.run(tests_of(globals()))
report.end()
