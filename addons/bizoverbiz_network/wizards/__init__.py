from . import bizoverbiz_join
