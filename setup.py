"""Only what setup.cfg cannot say: the kernel is compiled where a C compiler is there, and works without."""

from setuptools import Extension, setup

try:
    from Cython.Build import cythonize
except ImportError:
    extensions = []
else:
    kernel = Extension("bizoverbiz.netting.kernel", ["engine/bizoverbiz/netting/kernel.py"], optional=True)
    extensions = cythonize([kernel], build_dir="build")

setup(ext_modules=extensions)
