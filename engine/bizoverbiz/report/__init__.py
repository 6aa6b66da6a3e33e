"""The page that shows a netting to people: one HTML file that opens offline and prints.

Pure functions: tables in, text out. The same tables give the same bytes; nothing of the clock is in the page.
"""

from bizoverbiz.report.page import render
from bizoverbiz.report.wording import UnknownLanguageError

__all__ = ["UnknownLanguageError", "render"]
