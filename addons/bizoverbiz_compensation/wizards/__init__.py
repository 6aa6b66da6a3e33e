from . import (
    account_move_reversal,
    account_payment_register,
    bizoverbiz_dispute,
    bizoverbiz_effect,
    bizoverbiz_refusal,
)
