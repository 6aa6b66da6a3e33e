from . import bizoverbiz_engine
from . import bizoverbiz_membership
from . import res_company
from . import res_partner
