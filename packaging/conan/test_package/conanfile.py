"""Builds the programs of bindings/c/example with the package, and logs in if BOSAUTH_TEST_URL is the URL of a server."""

import os
from pathlib import Path

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class BosauthTest(ConanFile):
    """The server is bosbase-local with the demo account."""

    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain", "VirtualRunEnv"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        url = os.environ.get("BOSAUTH_TEST_URL")
        if url is None or not can_run(self):
            self.output.warning("built only: BOSAUTH_TEST_URL is not set, or the programs do not run here")
            return
        for name in ("login_shared", "login_static", "login_cpp"):
            program = Path(self.build_folder) / self.cpp.build.bindir / name
            self.run(f'"{program}" {url}', env="conanrun")
