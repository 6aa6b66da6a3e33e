from . import bizoverbiz_agreement, bizoverbiz_join
