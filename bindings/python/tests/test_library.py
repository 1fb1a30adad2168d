"""Loading the library: prototypes, statuses, handles, NULL, and incompatible libraries."""

import ctypes
import os
import random
import re
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from ctypes import POINTER, byref, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path
from unittest import mock

import bosauth
from bosauth import Action, Status
from bosauth._codes import ABI_VERSION
from bosauth._library import check_abi, file_name, lib
from bosauth._prototypes import (
    FREE,
    PROTOTYPES,
    CConfig,
    CError,
    COptions,
    CResponse,
    CSession,
    CString,
    Changed,
    Release,
    StoreLoad,
    StoreSave,
    WaitHook,
)
from support import URL, run_python

HEADER = Path(os.environ["BOSAUTH_TEST_HEADER"]).read_text(encoding="utf-8")

#: The ctypes types of each type in the header.
TYPES = {
    "void": {None},
    "bosauth_status": {c_int32},
    "int32_t": {c_int32},
    "uint32_t": {c_uint32},
    "int64_t": {c_int64},
    "uint64_t": {c_uint64},
    "bosauth_client": {c_uint64},
    "bosauth_cancel": {c_uint64},
    "char*": {c_char_p, POINTER(c_char)},
    "size_t": {c_size_t},
    "size_t*": {POINTER(c_size_t)},
    "bosauth_client*": {POINTER(c_uint64)},
    "bosauth_listener": {c_uint64},
    "bosauth_listener*": {POINTER(c_uint64)},
    "uint64_t*": {POINTER(c_uint64)},
    "bosauth_wait_fn": {WaitHook},
    "bosauth_release_fn": {Release},
    "bosauth_store_load_fn": {StoreLoad},
    "bosauth_store_save_fn": {StoreSave},
    "bosauth_change_fn": {Changed},
    "void*": {c_void_p},
}
for _kind in (CConfig, CError, COptions, CResponse, CSession, CString):
    _name = f"bosauth_{_kind.__name__[1:].lower()}"
    TYPES[f"{_name}*"] = {POINTER(_kind)}
    TYPES[f"{_name}**"] = {POINTER(POINTER(_kind))}

#: The NULL values of types that are not pointers in ctypes.
NULLS = {c_char_p: None, c_void_p: None}
NULLS.update((kind, kind()) for kind in (WaitHook, Release, StoreLoad, StoreSave, Changed))


def declared():
    """Yields the functions of the header with the types of result and arguments."""
    code = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL)
    code = re.sub(r"\b(BOSAUTH_NONNULL|BOSAUTH_NULLABLE|const)\b", "", code)
    for result, name, arguments in re.findall(r"BOSAUTH_API\s+([^;(]*?)(\w+)\s*\(([^)]*)\)\s*;", code):
        types = [re.sub(r"\w+\s*$", "", argument) for argument in arguments.split(",") if argument.strip() != "void"]
        yield name, *("".join(string.split()) for string in (result, *types))


class Declarations(unittest.TestCase):
    def test_prototypes_match_the_header(self):
        functions = {name: types for name, *types in declared()}
        self.assertGreater(len(functions), 40)
        self.assertEqual(sorted(functions), sorted(PROTOTYPES))
        for name, (result, *arguments) in functions.items():
            with self.subTest(name):
                function = getattr(lib, name)
                actual = function.restype.__base__ if function.restype in FREE else function.restype
                self.assertIn(actual, TYPES[result])
                self.assertEqual(len(function.argtypes), len(arguments))
                for actual, expected in zip(function.argtypes, arguments):
                    self.assertIn(actual, TYPES[expected])

    def test_statuses_and_actions_match_the_header(self):
        number = lambda prefix: {n: int(v) for n, v in re.findall(rf"#define {prefix}(\w+) (\d+)", HEADER)}
        statuses = {status.name: int(status) for status in Status if status is not Status.OK}
        self.assertEqual(statuses, number("BOSAUTH_ERROR_"))
        self.assertEqual({action.name: int(action) for action in Action}, number("BOSAUTH_ACTION_"))
        self.assertEqual(number("BOSAUTH_ABI_"), {"VERSION": ABI_VERSION})
        self.assertIn(f'#define BOSAUTH_VERSION "{bosauth.version()}"', HEADER)
        self.assertEqual(bosauth.__version__, bosauth.version(), "package and library have the same version, see __init__.py")


class Handles(unittest.TestCase):
    """Direct calls of the library with invalid handles and NULL."""

    def client(self):
        client = c_uint64()
        self.assertEqual(lib.bosauth_client_new(URL.encode(), None, byref(client), None), Status.OK)
        return client.value

    def assert_invalid(self, handle):
        error, session = POINTER(CError)(), POINTER(CSession)()
        otp_id, response = POINTER(CString)(), POINTER(CResponse)()
        calls = (
            (lib.bosauth_bind_token, (b"users", b"e", b"p", b"t", None)),
            (lib.bosauth_unbind_token, (b"users", b"e", b"p", b"t", None)),
            (lib.bosauth_auth_with_token, (b"users", b"t", None, byref(session))),
            (lib.bosauth_auth_with_password, (b"users", b"i", b"p", None, byref(session))),
            (lib.bosauth_request_otp, (b"users", b"e", None, byref(otp_id))),
            (lib.bosauth_auth_with_otp, (b"users", b"o", b"c", None, byref(session))),
            (lib.bosauth_auth_refresh, (None, byref(session))),
            (lib.bosauth_send, (b"GET", b"/api/health", None, 0, None, byref(response))),
            (lib.bosauth_client_session, (byref(session),)),
            (lib.bosauth_client_save_session, (b"a.b.c", None)),
            (lib.bosauth_client_clear_session, ()),
            (lib.bosauth_client_import_session, (b"{}",)),
            (lib.bosauth_client_sync_session, ()),
            (lib.bosauth_client_add_listener, (Changed(), None, Release(), byref(c_uint64()))),
        )
        for call, arguments in calls:
            self.assertEqual(call(handle, *arguments, byref(error)), Status.INVALID_HANDLE)
            self.assertEqual(lib.bosauth_error_status(error), Status.INVALID_HANDLE)
            self.assertEqual(lib.bosauth_error_argument(error), b"client")
            self.assertFalse(session or otp_id or response)
            lib.bosauth_error_free(error)

    def test_invalid_handles(self):
        stale = self.client()
        self.assertLess(stale, 2**53)
        self.assertEqual(lib.bosauth_client_free(stale), Status.OK)
        self.assertEqual(lib.bosauth_client_free(stale), Status.INVALID_HANDLE)
        live = self.client()
        self.assertNotEqual(live, stale, "a handle is not reused")
        generator = random.Random(0)
        invalid = [generator.getrandbits(64) for _ in range(200)] + [1, live + 1, live ^ 1 << 24]
        wrong_type = [live ^ kind << 49 for kind in range(1, 16)]
        large = [2**53, 2**53 | live, 2**63 | live, 2**64 - 1]
        for handle in [0, stale, *invalid, *wrong_type, *large]:
            with self.subTest(handle):
                self.assert_invalid(handle)
                if handle:
                    self.assertEqual(lib.bosauth_client_free(handle), Status.INVALID_HANDLE)
        self.assertEqual(lib.bosauth_client_free(live), Status.OK)

    def test_null_for_every_pointer(self):
        for name, (_, arguments) in PROTOTYPES.items():
            pointers = [NULLS.get(kind, None if hasattr(kind, "contents") else 0) for kind in arguments]
            if not arguments:
                continue
            with self.subTest(name):
                result = getattr(lib, name)(*pointers)
                self.assertIn(type(result), (int, bytes, type(None), POINTER(c_char)))

    def test_null_argument_is_named(self):
        client = self.client()
        error = POINTER(CError)()
        strings = {"collection": b"users", "email": b"e", "password": b"p", "token": b"t"}
        for missing in strings:
            arguments = [None if name == missing else string for name, string in strings.items()]
            for call in (lib.bosauth_bind_token, lib.bosauth_unbind_token):
                self.assertEqual(call(client, *arguments, None, byref(error)), Status.NULL_ARGUMENT)
                self.assertEqual(lib.bosauth_error_argument(error).decode(), missing)
                lib.bosauth_error_free(error)
        lib.bosauth_client_free(client)


@unittest.skipIf(Path(bosauth.__file__).with_name(file_name()).exists(), "the library in the package is loaded")
class Loading(unittest.TestCase):
    """Libraries that are rejected at import, and the error messages."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def fake(self, functions):
        source, library = (Path(self.directory.name, name) for name in ("fake.c", "fake.so"))
        source.write_text("#include <stdint.h>\n" + functions)
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        return str(library)

    def import_error(self, library):
        ended = run_python("import bosauth", BOSAUTH_LIBRARY=str(library))
        self.assertEqual(ended.returncode, 1, ended.stderr)
        return ended.stderr.strip().splitlines()[-1]

    def abi(self, number):
        return self.fake(f"uint32_t bosauth_abi_version(void) {{ return {number}; }}\n")

    def test_other_abi_major_version(self):
        ours = f"{ABI_VERSION >> 16}.{ABI_VERSION & 0xFFFF}"
        for major in ((ABI_VERSION >> 16) - 1, (ABI_VERSION >> 16) + 1):
            library = self.abi(major << 16 | 9)
            self.assertEqual(
                self.import_error(library),
                f"ImportError: bosauth: the library {library} has ABI {major}.9; this package requires ABI {ours} "
                f"or a later {ABI_VERSION >> 16}.x",
            )

    def test_older_abi_minor_version(self):
        path = Path(self.abi(ABI_VERSION))
        with mock.patch("bosauth._library.ABI_VERSION", ABI_VERSION + 1):
            with self.assertRaisesRegex(ImportError, "this package requires ABI"):
                check_abi(ctypes.CDLL(str(path)), path)

    def test_newer_abi_minor_version(self):
        path = Path(self.abi(ABI_VERSION + 1))
        check_abi(ctypes.CDLL(str(path)), path)

    def test_other_status_names(self):
        names = 'const char *bosauth_status_name(int32_t n) { return n == 16 ? "LATE" : "OK"; }\n'
        others = [name for name in PROTOTYPES if name not in ("bosauth_abi_version", "bosauth_status_name")]
        abi = f"uint32_t bosauth_abi_version(void) {{ return {ABI_VERSION}; }}\n"
        library = self.fake(abi + names + "".join(f"void {name}(void) {{}}\n" for name in others))
        self.assertEqual(
            self.import_error(library), f"ImportError: bosauth: in {library}, status 1 is OK, not NULL_ARGUMENT"
        )

    def test_missing_function(self):
        self.assertIn("lacks a function", self.import_error(self.abi(ABI_VERSION)))

    def test_missing_library(self):
        self.assertIn("is not a bosauth library", self.import_error(self.fake("int x;\n")))
        self.assertIn("BOSAUTH_LIBRARY is set to /missing, which is not a file", self.import_error("/missing"))
        self.assertIn(f"there is no {file_name()} in the package", self.import_error(""))
        invalid = Path(self.directory.name, "invalid.so")
        invalid.write_text("not a library")
        self.assertIn(f"{invalid} cannot be loaded", self.import_error(invalid))

    @unittest.skipUnless(sys.platform == "linux", "changes an ELF file")
    def test_library_of_another_platform(self):
        """The loader reports another processor as a missing file."""
        advice = f"Install the package with the pip of this Python, which is for {sysconfig.get_platform()}"
        library = bytearray(Path(lib._name).read_bytes())
        # The field e_machine of ELF.
        library[18] ^= 1
        other = Path(self.directory.name, "other.so")
        other.write_bytes(library)
        self.assertIn(advice, self.import_error(other))
        self.assertIn(advice, self.import_error(""))


if __name__ == "__main__":
    unittest.main()
