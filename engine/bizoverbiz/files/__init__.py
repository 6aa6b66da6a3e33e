"""Obligations from files: CSV or Parquet, plain or gzip, into columns of exact integers.

What a file may hold is said in `cells` (one value) and `columns` (which values); how it is read, fast where that is
provably the same and carefully otherwise, in `reading`.
"""

from bizoverbiz.files.errors import FileError
from bizoverbiz.files.reading import ObligationFile, read

__all__ = ["FileError", "ObligationFile", "read"]
