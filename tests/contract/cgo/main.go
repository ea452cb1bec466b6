// SPDX-License-Identifier: MPL-2.0

// Publishes one version through libacg with cgo. With "cancel" another thread asks for the end as soon as Azure has begun.
package main

/*
#cgo pkg-config: acg
#include <acg/acg.h>
#include <stdlib.h>

static struct acg_target_region *region_at(struct acg_target_region *regions, size_t i) { return &regions[i]; }
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"
)

// failure is what acg_error says, with the exit code of its status.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

func failed(err *C.struct_acg_error) error {
	return &failure{int(C.acg_status_exit_code(err.status)),
		fmt.Sprintf("%s in %s: %s", C.GoString(C.acg_status_name(err.status)), C.GoString(&err.field[0]), C.GoString(&err.message[0]))}
}

// texts are C strings that live as long as the program needs them: the library copies, so up to the end of the call.
type texts []unsafe.Pointer

func (t *texts) add(text string) *C.char {
	made := C.CString(text)
	*t = append(*t, unsafe.Pointer(made))
	return made
}

func (t *texts) free() {
	for _, one := range *t {
		C.free(one)
	}
}

// checkLayout lets an init function write into a larger place: no more than the struct that this program was built with.
func checkLayout(name string, size C.size_t, initialise func(unsafe.Pointer)) error {
	const behind = 64
	place := C.malloc(size + behind)
	defer C.free(place)
	written := unsafe.Slice((*byte)(place), size+behind)
	for i := range written {
		written[i] = 0xa5
	}
	initialise(place)
	if !bytes.Equal(written[size:], bytes.Repeat([]byte{0xa5}, behind)) || bytes.IndexByte(written[:size], 0xa5) >= 0 {
		return errors.New(name + ": the library has another size for it")
	}
	return nil
}

func checkLayouts() error {
	return errors.Join(
		checkLayout("acg_publish_options", C.sizeof_struct_acg_publish_options, func(p unsafe.Pointer) {
			C.acg_publish_options_init((*C.struct_acg_publish_options)(p), C.ACG_PUBLISH_OPTIONS_VERSION)
		}),
		checkLayout("acg_publisher_options", C.sizeof_struct_acg_publisher_options, func(p unsafe.Pointer) {
			C.acg_publisher_options_init((*C.struct_acg_publisher_options)(p), C.ACG_PUBLISHER_OPTIONS_VERSION)
		}),
		checkLayout("acg_delete_options", C.sizeof_struct_acg_delete_options, func(p unsafe.Pointer) {
			C.acg_delete_options_init((*C.struct_acg_delete_options)(p), C.ACG_DELETE_OPTIONS_VERSION)
		}),
		checkLayout("acg_client_secret_options", C.sizeof_struct_acg_client_secret_options, func(p unsafe.Pointer) {
			C.acg_client_secret_options_init((*C.struct_acg_client_secret_options)(p), C.ACG_CLIENT_SECRET_OPTIONS_VERSION)
		}))
}

func newPublisher(t *texts) (*C.struct_acg_publisher, error) {
	var login C.struct_acg_client_secret_options
	var settings C.struct_acg_publisher_options
	var credential *C.struct_acg_credential
	var publisher *C.struct_acg_publisher
	var err C.struct_acg_error

	C.acg_client_secret_options_init(&login, C.ACG_CLIENT_SECRET_OPTIONS_VERSION)
	login.tenant_id = t.add(os.Getenv("AZURE_TENANT_ID"))
	login.client_id = t.add(os.Getenv("AZURE_CLIENT_ID"))
	login.client_secret = t.add(os.Getenv("AZURE_CLIENT_SECRET"))
	login.authority_host = t.add(os.Getenv("AZURE_AUTHORITY_HOST"))
	C.acg_publisher_options_init(&settings, C.ACG_PUBLISHER_OPTIONS_VERSION)
	settings.resource_manager_endpoint = t.add(os.Getenv("ACG_RESOURCE_MANAGER_ENDPOINT"))
	settings.ca_file = t.add(os.Getenv("ACG_CA_FILE"))
	if C.acg_credential_client_secret_new(&login, &credential, &err) != C.ACG_OK {
		return nil, failed(&err)
	}
	defer C.acg_credential_free(credential) // the publisher has its own hold on it
	if C.acg_publisher_new(&settings, credential, &publisher, &err) != C.ACG_OK {
		return nil, failed(&err)
	}
	return publisher, nil
}

// submit begins a publish to regions given as "REGION=SET". Lists of structs are C's memory: they hold pointers.
func submit(publisher *C.struct_acg_publisher, versionID, image string, regions []string, t *texts) (*C.struct_acg_publish, error) {
	var options C.struct_acg_publish_options
	var publish *C.struct_acg_publish
	var err C.struct_acg_error

	C.acg_publish_options_init(&options, C.ACG_PUBLISH_OPTIONS_VERSION)
	list := (*C.struct_acg_target_region)(C.calloc(C.size_t(len(regions)), C.sizeof_struct_acg_target_region))
	*t = append(*t, unsafe.Pointer(list))
	for i, text := range regions {
		name, set, _ := strings.Cut(text, "=")
		region := C.region_at(list, C.size_t(i))
		region.name = t.add(name)
		region.encryption.disk_encryption_set_id = t.add(set)
	}
	options.gallery_image_version_id = t.add(versionID)
	options.source.managed_image = t.add(image)
	options.location = list.name
	options.target_regions = list
	options.target_region_count = C.size_t(len(regions))
	if C.acg_publisher_submit(publisher, &options, &publish, &err) != C.ACG_OK {
		return nil, failed(&err)
	}
	return publish, nil
}

func show(event *C.struct_acg_event) error {
	fmt.Printf("event %d: %s\n", uint64(event.number), C.GoString(event.text))
	if event.kind != C.ACG_EVENT_DONE {
		return nil
	}
	result := event.result
	fmt.Printf("result: %s, proved %t, created %t\n", C.GoString(result.state), bool(result.proved), bool(result.created))
	for _, region := range unsafe.Slice(result.regions, result.region_count) {
		for _, disk := range unsafe.Slice(region.disks, region.disk_count) {
			fmt.Printf("disk: %s %t %d %s\n", C.GoString(region.name), bool(disk.os), int64(disk.lun), C.GoString(disk.disk_encryption_set_id))
		}
	}
	if event.error.status != C.ACG_OK {
		return failed(event.error)
	}
	return nil
}

// watch runs up to the final event. The only call that other threads may make is the wakeup.
func watch(publisher *C.struct_acg_publisher, publish *C.struct_acg_publish, cancel bool) error {
	var event *C.struct_acg_event
	var err C.struct_acg_error
	var asked atomic.Bool
	asking := make(chan struct{})

	for begun := false; ; {
		if C.acg_publisher_poll(publisher, nil, 0, -1, &err) != C.ACG_OK {
			return failed(&err)
		}
		if asked.Load() {
			C.acg_publish_cancel(publish)
		}
		for C.acg_publisher_next_event(publisher, &event) {
			problem := show(event)
			if event.kind == C.ACG_EVENT_DONE {
				if begun {
					<-asking // its last call uses the publisher
				}
				return problem
			}
			if cancel && !begun && strings.HasPrefix(C.GoString(event.text), "Azure creates the version") {
				begun = true
				go func() {
					defer close(asking)
					asked.Store(true)
					C.acg_publisher_wakeup(publisher)
				}()
			}
		}
	}
}

func run(arguments []string) error {
	var t texts
	defer t.free()

	cancel := arguments[0] == "cancel"
	if err := checkLayouts(); err != nil {
		return err
	}
	publisher, err := newPublisher(&t)
	if err != nil {
		return err
	}
	defer C.acg_publisher_free(publisher)
	publish, err := submit(publisher, arguments[1], arguments[2], arguments[3:], &t)
	if err != nil {
		return err
	}
	defer C.acg_publish_free(publish)
	return watch(publisher, publish, cancel)
}

func main() {
	var reported *failure

	runtime.LockOSThread() // a publisher belongs to one thread
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: cgo publish|cancel VERSION_ID MANAGED_IMAGE REGION=SET...")
		os.Exit(2)
	}
	err := run(os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.As(err, &reported) {
		os.Exit(reported.code)
	}
	os.Exit(1)
}
