# SPDX-License-Identifier: MPL-2.0
# Rooms are object libraries: one set of objects makes libacg.so, its static twin, the executables and the tests.

add_library(acg_flags INTERFACE)
target_compile_features(acg_flags INTERFACE c_std_11)
target_compile_definitions(acg_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(acg_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
    -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings -Wcast-qual -fno-common -fvisibility=hidden
    "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=") # __FILE__ tells nobody where it was built
if(ACG_WERROR)
    target_compile_options(acg_flags INTERFACE -Werror)
endif()
if(ACG_SANITIZE)
    target_compile_options(acg_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(acg_flags INTERFACE -fsanitize=address,undefined)
    # Allocation n of a thread can be told to fail; only the sanitizer build carries that switch.
    target_compile_definitions(acg_flags INTERFACE ACG_FAULT_INJECTION=1)
else()
    target_compile_options(acg_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>
        -fstack-protector-strong)
    target_link_options(acg_flags INTERFACE -Wl,-z,relro,-z,now)
endif()

# acg_room(<name> SOURCES <files> [LINK <external targets>]): one room of core or plugin, as an object library room_<name>.
# Its objects are collected per house (the top folder, core or plugin).
function(acg_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
    add_library(room_${name} OBJECT ${ROOM_SOURCES})
    set_target_properties(room_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON C_STANDARD 11 C_EXTENSIONS OFF)
    target_link_libraries(room_${name} PUBLIC acg_flags ${ROOM_LINK})
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE place)
    string(REGEX REPLACE "/.*" "" house "${place}")
    target_include_directories(room_${name} PRIVATE "${PROJECT_SOURCE_DIR}/core/include" "${PROJECT_SOURCE_DIR}/core")
    if(house STREQUAL "plugin")
        target_include_directories(room_${name} PRIVATE "${PROJECT_SOURCE_DIR}/plugin")
    else()
        target_compile_definitions(room_${name} PRIVATE ACG_BUILDING_LIBRARY=1)
    endif()
    set_property(GLOBAL APPEND PROPERTY ACG_${house}_ROOMS room_${name})
    set_property(GLOBAL APPEND PROPERTY ACG_${house}_LINK ${ROOM_LINK})
endfunction()
