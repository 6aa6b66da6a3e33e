from . import bizoverbiz_effect, bizoverbiz_refusal
