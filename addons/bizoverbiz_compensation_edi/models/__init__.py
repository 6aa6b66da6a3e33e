from . import (
    account_edi_xml_cii,
    account_edi_xml_ubl_20,
    account_move,
    account_move_send,
    bizoverbiz_collection,
    bizoverbiz_collection_export,
    bizoverbiz_notice,
)
