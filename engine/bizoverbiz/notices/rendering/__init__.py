"""A notice as people read it: plain text and PDF, in English and in French.

Pure functions of the signed notice: the same notice gives the same bytes.
"""

from bizoverbiz.notices.rendering.document import Document, document
from bizoverbiz.notices.rendering.pdf import render_pdf
from bizoverbiz.notices.rendering.text import render_text

__all__ = ["Document", "document", "render_pdf", "render_text"]
