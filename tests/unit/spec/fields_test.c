/* SPDX-License-Identifier: MPL-2.0 */
#include "testlib/test.h"

#include <string.h>

#include "base/span.h"
#include "given.h"
#include "spec/fields.h"
#include "wire/gob.h"
#include "wire/spec_proto.h"

static void check_group(const struct pkr_field_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct pkr_field *row = &group->rows[i];
        bool block = row->type == PKR_FIELD_BLOCK || row->type == PKR_FIELD_BLOCKS;

        assert_non_null(row->help);
        assert_null(strchr(row->help, '\n'));
        assert_int_equal(block, row->nested != NULL);
        assert_ptr_equal(pkr_field_find(group, acgp_span(row->name), false), row);
        if (block)
            check_group(row->nested);
    }
}

static void every_row_is_complete_and_its_name_unique(void **st)
{
    (void)st;
    check_group(pkr_fields());
    assert_true(pkr_fields()->count <= PKR_NEAREST_MAX);
}

static const struct pkr_spec_entry *entry(const struct pkr_spec_object *object, const char *name)
{
    for (size_t i = 0; i < object->count; i++)
        if (strcmp(object->entries[i].name, name) == 0)
            return &object->entries[i];
    return NULL;
}

static void the_full_shape_has_blocks_and_attributes(void **st)
{
    (void)st;
    struct pkr_config_spec *spec = NULL;

    assert_int_equal(pkr_config_spec_new(false, &spec, NULL), ACG_OK);
    const struct pkr_spec_object *top = pkr_config_spec_view(spec);
    assert_int_equal(top->count, pkr_fields()->count);
    assert_int_equal(entry(top, "target_region")->kind, PKR_SPEC_BLOCK_LIST);
    const struct pkr_spec_object *region = entry(top, "target_region")->nested;
    assert_int_equal(entry(region, "os_disk")->kind, PKR_SPEC_BLOCK);
    assert_int_equal(entry(region, "data_disk")->kind, PKR_SPEC_BLOCK_LIST);
    assert_ptr_equal(entry(entry(region, "data_disk")->nested, "lun")->type, &pkr_type_number);
    assert_ptr_equal(entry(top, "target_regions")->type, &pkr_type_list_string);
    assert_ptr_equal(entry(top, "disk_encryption_sets")->type, &pkr_type_map_string);
    assert_ptr_equal(entry(top, "exclude_from_latest")->type, &pkr_type_bool);
    pkr_config_spec_free(spec);
}

static void the_old_shape_has_attributes_only(void **st)
{
    (void)st;
    struct pkr_config_spec *spec = NULL;

    assert_int_equal(pkr_config_spec_new(true, &spec, NULL), ACG_OK);
    const struct pkr_spec_object *top = pkr_config_spec_view(spec);
    for (size_t i = 0; i < top->count; i++) {
        assert_int_equal(top->entries[i].kind, PKR_SPEC_ATTR);
        assert_false(top->entries[i].required);
    }
    assert_non_null(entry(top, "target_regions"));
    assert_non_null(entry(top, "data_snapshots"));
    assert_null(entry(top, "target_region"));
    pkr_config_spec_free(spec);
}

static void both_encoders_take_the_shape(void **st)
{
    (void)st;
    struct pkr_config_spec *spec = NULL;
    struct acgp_buf out;

    acgp_buf_init(&out, PKR_SPEC_BYTES_MAX);
    assert_int_equal(pkr_config_spec_new(false, &spec, NULL), ACG_OK);
    assert_int_equal(pkr_spec_proto_encode(pkr_config_spec_view(spec), &out, NULL), ACG_OK);
    assert_true(out.len > 1000);
    acgp_buf_clear(&out);
    assert_int_equal(pkr_gob_encode_spec(pkr_config_spec_view(spec), &out, NULL), ACG_OK);
    assert_true(out.len > 1000);
    acgp_buf_done(&out);
    pkr_config_spec_free(spec);
}

static void the_nearest_name_is_near(void **st)
{
    (void)st;
    const struct pkr_field_group *top = pkr_fields();

    assert_string_equal(pkr_field_nearest(top, acgp_span("galery_name")), "gallery_name");
    assert_string_equal(pkr_field_nearest(top, acgp_span("loaction")), "location");
    assert_string_equal(pkr_field_nearest(top, acgp_span("Target_Region")), "target_region");
    assert_string_equal(pkr_field_nearest(top, acgp_span("disk_encryption_set")), "disk_encryption_sets");
    assert_null(pkr_field_nearest(top, acgp_span("zebra")));
    assert_null(pkr_field_nearest(top, acgp_span("")));
    assert_null(pkr_field_nearest(top, acgp_span("x")));
}

static void the_lists_for_people_name_every_field(void **st)
{
    (void)st;
    struct acgp_buf markdown, help;

    acgp_buf_init(&markdown, 1024 * 1024);
    acgp_buf_init(&help, 1024 * 1024);
    assert_true(pkr_fields_markdown(&markdown));
    assert_true(pkr_fields_help(&help));
    for (size_t i = 0; i < pkr_fields()->count; i++) {
        assert_non_null(strstr(markdown.data, pkr_fields()->rows[i].name));
        assert_non_null(strstr(help.data, pkr_fields()->rows[i].name));
    }
    assert_non_null(strstr(markdown.data, "In `target_region.data_disk`:"));
    acgp_buf_done(&markdown);
    acgp_buf_done(&help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete_and_its_name_unique),
        cmocka_unit_test(the_full_shape_has_blocks_and_attributes),
        cmocka_unit_test(the_old_shape_has_attributes_only),
        cmocka_unit_test(both_encoders_take_the_shape),
        cmocka_unit_test(the_nearest_name_is_near),
        cmocka_unit_test(the_lists_for_people_name_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
