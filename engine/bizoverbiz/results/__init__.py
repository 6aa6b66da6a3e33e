"""Netting a file of obligations, and the directory of files that tells and proves the result."""

from bizoverbiz.results.directory import ResultError, write_directory
from bizoverbiz.results.netting import FileNetting, net_file, previous_potentials

__all__ = ["FileNetting", "ResultError", "net_file", "previous_potentials", "write_directory"]
