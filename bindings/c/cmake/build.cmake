# Calls cargo and stages what is installed. Run by CMakeLists.txt in script mode, where the variables are set.

# Runs cargo for one kind of library; its messages come back in `messages`.
function(run_cargo)
    execute_process(
        COMMAND "${cargo}" rustc --package bosauth-capi --lib --target-dir "${target_dir}" ${ARGN}
        WORKING_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/../../.."
        ERROR_VARIABLE said RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "cargo failed (${result}):\n${said}")
    endif()
    set(messages "${said}" PARENT_SCOPE)
endfunction()

run_cargo(--profile dist --crate-type cdylib)
configure_file("${target_dir}/dist/libbosauth.so" "${staged}/${shared}" COPYONLY)
file(CREATE_LINK "${shared}" "${staged}/${soname}" SYMBOLIC)
file(CREATE_LINK "${soname}" "${staged}/libbosauth.so" SYMBOLIC)

run_cargo(--release --crate-type staticlib -- --print native-static-libs)
configure_file("${target_dir}/release/libbosauth.a" "${staged}/libbosauth.a" COPYONLY)
string(REGEX MATCH "native-static-libs: ([^\n]*)" found "${messages}")
if(NOT found)
    message(FATAL_ERROR "rustc did not say what the static library needs:\n${messages}")
endif()
string(STRIP "${CMAKE_MATCH_1}" native_libraries)

configure_file("${CMAKE_CURRENT_LIST_DIR}/bosauth.pc.in" "${staged}/bosauth.pc" @ONLY)
string(REPLACE " " ";" native_list "${native_libraries}")
file(WRITE "${staged}/bosauthNativeLibraries.cmake"
    "# What the static library needs besides itself.\nset(_bosauth_native \"${native_list}\")\n")
