"""The Conan 2 recipe of RankLoss, for the sources around it: `conan create docs/packaging/conan`."""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class RankLoss(ConanFile):
    name = "rankloss"
    license = "MIT"
    description = "The ranking softmax loss, its gradients and its second derivatives"
    topics = ("ranking", "learning-to-rank", "softmax", "loss")
    package_type = "library"
    languages = "C"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "openmp": [True, False], "portable": [True, False]}
    default_options = {"shared": False, "openmp": True, "portable": False}

    def project(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self.project(), "include", "rankloss", "version.h"))
        self.version = ".".join(re.findall(r"#define RANKLOSS_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, self.project(), self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({
            "RANKLOSS_BUILD_SHARED": bool(self.options.shared),
            "RANKLOSS_BUILD_STATIC": not self.options.shared,
            "RANKLOSS_OPENMP": "ON" if self.options.openmp else "OFF",
            "RANKLOSS_PORTABLE": bool(self.options.portable),
            "RANKLOSS_BUILD_INFO": False,
            "RANKLOSS_BUILD_TESTS": False,
            "RANKLOSS_BUILD_EXAMPLES": False,
        })
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # find_package() gets what the library installs; the rest is for other build systems.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "RankLoss")]
        self.cpp_info.set_property("pkg_config_name", "rankloss")
        self.cpp_info.libs = ["rankloss"]
        if not self.options.shared:
            self.cpp_info.defines = ["RANKLOSS_STATIC"]
            if self.settings.os != "Windows":
                self.cpp_info.system_libs = ["m", "pthread"]
            if self.options.openmp:
                self.cpp_info.exelinkflags = self.cpp_info.sharedlinkflags = ["-fopenmp"]
