from . import minor_units, notice, working_capital
