from . import bizoverbiz_set_off_report
