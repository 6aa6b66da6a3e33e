from . import bizoverbiz_lead_creation
