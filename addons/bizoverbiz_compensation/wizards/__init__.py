from . import bizoverbiz_refusal
