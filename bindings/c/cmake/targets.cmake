# Targets of bosauth:
#
#   bosauth::bosauth   the shared library, for C
#   bosauth::static    the static library, for C
#   bosauth::cpp       bosauth.hpp and the shared library, for C++17
#
# Included by bosauthConfig.cmake (installed) and CMakeLists.txt (part of another build), which set the paths in
# _bosauth_… variables.
add_library(bosauth::bosauth SHARED IMPORTED ${_bosauth_scope})
set_target_properties(bosauth::bosauth PROPERTIES
    IMPORTED_LOCATION "${_bosauth_shared}"
    IMPORTED_SONAME "${_bosauth_soname}"
    INTERFACE_INCLUDE_DIRECTORIES "${_bosauth_include}")

add_library(bosauth::static STATIC IMPORTED ${_bosauth_scope})
set_target_properties(bosauth::static PROPERTIES
    IMPORTED_LOCATION "${_bosauth_static}"
    INTERFACE_INCLUDE_DIRECTORIES "${_bosauth_include}"
    INTERFACE_LINK_LIBRARIES "${_bosauth_system_libraries}")

add_library(bosauth::cpp INTERFACE IMPORTED ${_bosauth_scope})
set_target_properties(bosauth::cpp PROPERTIES
    INTERFACE_COMPILE_FEATURES cxx_std_17
    INTERFACE_LINK_LIBRARIES bosauth::bosauth)
