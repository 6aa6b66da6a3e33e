from . import (
    bizoverbiz_engine,
    bizoverbiz_membership,
    bizoverbiz_membership_agreement,
    bizoverbiz_membership_copies,
    bizoverbiz_membership_demonstration,
    bizoverbiz_membership_exchange,
    bizoverbiz_membership_join,
    bizoverbiz_membership_keys,
    bizoverbiz_membership_members,
    res_company,
    res_config_settings,
    res_partner,
)
