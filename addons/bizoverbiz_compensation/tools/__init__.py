from . import minor_units, notice
