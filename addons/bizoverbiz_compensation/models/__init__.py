from . import (
    account_move,
    bizoverbiz_declaration,
    bizoverbiz_declaration_line,
    bizoverbiz_discrepancy,
    bizoverbiz_membership,
    bizoverbiz_notice,
    bizoverbiz_notice_booking,
    bizoverbiz_notice_line,
    bizoverbiz_statement,
    bizoverbiz_statement_exchange,
    bizoverbiz_statement_line,
    res_company,
)
