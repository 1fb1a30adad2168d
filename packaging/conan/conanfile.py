"""Conan 2 recipe: packages the archive of a release. `conandata.yml` has the URLs and hashes."""

from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, get

# The triples in the names of the archives, by operating system and processor.
TRIPLES = {
    ("Linux", "x86_64"): "x86_64-unknown-linux-gnu",
    ("Linux", "armv8"): "aarch64-unknown-linux-gnu",
    ("Linux", "armv7hf"): "armv7-unknown-linux-gnueabihf",
    ("Macos", "armv8"): "aarch64-apple-darwin",
    ("Macos", "x86_64"): "x86_64-apple-darwin",
    ("Windows", "x86_64"): "x86_64-pc-windows-gnu",
}


class BosauthConan(ConanFile):
    """The CMake package of the archive defines bosauth::bosauth, bosauth::static and bosauth::cpp."""

    name = "bosauth"
    description = "Binds a custom token to a BosBase account, logs in with it, and unbinds it"
    license = "MIT OR Apache-2.0"
    topics = ("authentication", "login", "bosbase")
    package_type = "shared-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"libc": ["gnu", "musl"]}
    default_options = {"libc": "gnu"}

    def config_options(self):
        if self.settings.os != "Linux":
            del self.options.libc

    def validate(self):
        if self._triple() not in self.conan_data["sources"][self.version]:
            raise ConanInvalidConfiguration(f"bosauth {self.version} has no archive for {self._triple()}")
        if self.settings.os == "Windows" and self.settings.compiler == "msvc":
            raise ConanInvalidConfiguration("the static library for Windows requires MinGW")

    def package_id(self):
        # The interface is C.
        del self.info.settings.compiler
        del self.info.settings.build_type

    def build(self):
        source = self.conan_data["sources"][self.version][self._triple()]
        get(self, **source, strip_root=True)

    def package(self):
        for folder in ("include", "lib", "bin"):
            copy(self, "*", Path(self.build_folder) / folder, Path(self.package_folder) / folder)
        licenses = Path(self.build_folder) / "share" / "doc" / "bosauth"
        copy(self, "*", licenses, Path(self.package_folder) / "licenses")

    def package_info(self):
        self.cpp_info.libs = ["bosauth"]
        # Its own CMake package has all targets; for it, no file is generated.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [str(Path("lib") / "cmake" / "bosauth")]

    def _triple(self):
        system, processor = str(self.settings.os), str(self.settings.arch)
        triple = TRIPLES.get((system, processor), f"{system} on {processor}")
        if self.options.get_safe("libc") == "musl":
            return triple.replace("-gnu", "-musl")
        return triple
