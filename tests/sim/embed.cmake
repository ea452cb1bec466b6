# SPDX-License-Identifier: MPL-2.0
# cmake -DFROM=file.json -DTO=file.c -P embed.cmake: the file as a NUL-ended C array sim_default_scenario.
file(READ "${FROM}" bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes
       "${bytes}")
file(WRITE "${TO}" "/* Made from default_scenario.json. */
#include \"sim/scenario.h\"
const char sim_default_scenario[] = {
${bytes}0};
")
