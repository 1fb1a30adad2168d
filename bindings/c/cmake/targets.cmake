# Targets of bosauth:
#
#   bosauth::bosauth   the shared library, for C; on iOS, the static library
#   bosauth::static    the static library, for C
#   bosauth::cpp       bosauth.hpp and bosauth::bosauth, for C++17
#
# Included by bosauthConfig.cmake (installed) and CMakeLists.txt (part of another build), which set the paths in
# _bosauth_… variables.
if(_bosauth_shared)
    add_library(bosauth::bosauth SHARED IMPORTED ${_bosauth_scope})
    set_target_properties(bosauth::bosauth PROPERTIES
        IMPORTED_LOCATION "${_bosauth_shared}"
        INTERFACE_INCLUDE_DIRECTORIES "${_bosauth_include}")
    if(_bosauth_import_library)
        set_target_properties(bosauth::bosauth PROPERTIES IMPORTED_IMPLIB "${_bosauth_import_library}")
    elseif(APPLE)
        set_target_properties(bosauth::bosauth PROPERTIES IMPORTED_SONAME "@rpath/${_bosauth_soname}")
    else()
        set_target_properties(bosauth::bosauth PROPERTIES IMPORTED_SONAME "${_bosauth_soname}")
    endif()
else()
    add_library(bosauth::bosauth INTERFACE IMPORTED ${_bosauth_scope})
    set_target_properties(bosauth::bosauth PROPERTIES INTERFACE_LINK_LIBRARIES bosauth::static)
endif()

add_library(bosauth::static STATIC IMPORTED ${_bosauth_scope})
set_target_properties(bosauth::static PROPERTIES
    IMPORTED_LOCATION "${_bosauth_static}"
    INTERFACE_INCLUDE_DIRECTORIES "${_bosauth_include}"
    INTERFACE_LINK_LIBRARIES "${_bosauth_system_libraries}")

add_library(bosauth::cpp INTERFACE IMPORTED ${_bosauth_scope})
set_target_properties(bosauth::cpp PROPERTIES
    INTERFACE_COMPILE_FEATURES cxx_std_17
    INTERFACE_LINK_LIBRARIES bosauth::bosauth)
