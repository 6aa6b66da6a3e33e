"""The sentences of an explanation, in English and in French, as one accountant says them to another.

A reason has three readings: to the debtor, to the creditor, to the operator.
"""

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "obligation": "{id}: {debtor} owes {creditor} {amount}. Set off: {set_off}. Remaining: {remaining}.",
        "member": "{member} in {currency}",
        "figures": "Receivables {receivable}, payables {payable}. Set off on each side: {set_off}. "
        "Still to receive: {to_receive}, still to pay: {to_pay}.",
        "main": "Main reason",
        "also": "Besides",
        "receivables": "1 receivable|{n} receivables",
        "payables": "1 payable|{n} payables",
        "group": "{count} ({members}): {set_off} of {amount} set off, {remaining} remaining.",
        "others": "{names}, …",
        "help": "What would help",
        "nothing_left": "Everything is set off.",
        "set_off_in_full": "Set off in full.",
        "excluded_by_rule": "Left out by the rule “{rule}”: {because}.",
        "lowered_by_rule": "Set off as far as the rule “{rule}” allows: {because}.",
        "rule.smallest-obligation": "obligations below the amount the network has set do not take part",
        "rule.horizon": "obligations due later than the network has set do not take part",
        "rule.pair-cap": "between the same debtor and creditor only so much is set off as the network has set",
        "rule.smallest-set-off": "set-offs below the amount the network has set are not made, "
        "so smaller obligations do not take part",
        "no_loop_debtor_is_owed_nothing.debtor": "Nobody in the network owes you anything that takes part: "
        "there is nothing to set your debts against.",
        "no_loop_debtor_is_owed_nothing.operator": "Nobody in the network owes {about} anything that takes part: "
        "no loop can pass through it.",
        "no_loop_creditor_owes_nothing.creditor": "You owe nobody in the network anything that takes part: "
        "there is nothing to set your claims against.",
        "no_loop_creditor_owes_nothing.operator": "{about} owes nobody in the network anything that takes part: "
        "no loop can pass through it.",
        "no_loop.debtor": "Not in any loop: from your supplier no chain of debts leads back to you.",
        "no_loop.creditor": "Not in any loop: from you no chain of debts leads back to your customer.",
        "no_loop.operator": "Not in any loop: from {creditor} no chain of debts leads back to {debtor}.",
        "cap_reached.debtor": "Your own cap on what you set off is reached.",
        "cap_reached.creditor": "Your own cap on what you set off is reached.",
        "cap_reached.operator": "The cap on what {about} sets off is reached.",
        "receivables_used_up.debtor": "Part of loops, but all that you are owed in loops is set off already.",
        "receivables_used_up.operator": "Part of loops, but all that {about} is owed in loops is set off already.",
        "payables_used_up.creditor": "Part of loops, but all that you owe in loops is set off already.",
        "payables_used_up.operator": "Part of loops, but all that {about} owes in loops is set off already.",
        "same_total": "Part of loops, but more of it would only have displaced other set-offs of the same total; "
        "between equal totals the older debts go first.",
        "lower_total": "Part of loops, but more of it would have displaced more than it adds: "
        "the total set off in the network would be lower.",
        "bottleneck": "Part of loops, but every way back is used up further along, "
        "and nothing could be displaced for it.",
        "undecided": "Part of loops; under the rules of this netting no proof tells whether more of it "
        "could have been set off.",
        "blocked": "Every way back ends at debts already set off in full:",
        "blocked.own": "Of your own debts and claims, these are set off in full and stand in the way:",
        "pair": "{debtor} to {creditor}: {amount}",
        "capped": "{member}: its cap is reached",
        "buy_from_customer": "If you bought from {member}: it owes you {amount} still open, "
        "against which as much of a new debt to it would be set off.",
        "buy_from_customer.unknown": "If you bought from {member}: part of the new debt would be set off against "
        "what it still owes you.",
        "sell_to_supplier": "If you sold to {member}: you owe it {amount} still open, "
        "against which as much of a new claim on it would be set off.",
        "sell_to_supplier.unknown": "If you sold to {member}: part of the new claim would be set off against "
        "what you still owe it.",
        "sell_to_supplier.operator": "If {creditor} owed {debtor} in turn: of a new debt up to {amount} would be set "
        "off, and as much of this one.",
        "declare_more_payable.unknown": "If you owe {member} more than was declared: at least part of it would be set "
        "off too.",
        "declare_more_receivable.unknown": "If {member} owes you more than was declared: at least part of it would be "
        "set off too.",
        "customers_join": "What you are owed limits you: ask customers outside the network to join, "
        "and those within it to declare what they owe you.",
        "suppliers_join": "What you owe limits you: ask suppliers outside the network to join, "
        "and declare all you owe those within it.",
        "raise_cap.unknown": "A higher cap of your own: more would be set off at once.",
        "raise_cap.operator": "A higher cap of {member}: {amount} more would add at least {total} to the total.",
        "lift_rule": "Without the rule “{rule}”, {obligation} ({member}) would be set off by {amount} more.",
        "lift_rule.unknown": "Without the rule “{rule}”, at least part of what it holds back of {obligation} "
        "({member}) would be set off.",
        "lift_rule.operator": "Without the rule “{rule}”, {amount} more of {obligation} would be set off, "
        "and the total would grow by at least {total}.",
    }
)

FRENCH: Mapping[str, str] = MappingProxyType(
    {
        "obligation": "{id} : {debtor} doit {amount} à {creditor}. Compensé : {set_off}. Reste dû : {remaining}.",
        "member": "{member} en {currency}",
        "figures": "Créances {receivable}, dettes {payable}. Compensé de chaque côté : {set_off}. "
        "Reste à recevoir : {to_receive}, reste à payer : {to_pay}.",
        "main": "Raison principale",
        "also": "Par ailleurs",
        "receivables": "1 créance|{n} créances",
        "payables": "1 dette|{n} dettes",
        "group": "{count} ({members}) : {set_off} compensés sur {amount}, reste {remaining}.",
        "others": "{names}, …",
        "help": "Ce qui permettrait d'aller plus loin",
        "nothing_left": "Tout est compensé.",
        "set_off_in_full": "Compensation intégrale.",
        "excluded_by_rule": "Exclu par la règle « {rule} » : {because}.",
        "lowered_by_rule": "Compensé dans la limite de la règle « {rule} » : {because}.",
        "rule.smallest-obligation": "les créances inférieures au montant fixé par le réseau ne participent pas",
        "rule.horizon": "les créances dont l'échéance dépasse l'horizon fixé par le réseau ne participent pas",
        "rule.pair-cap": "entre un même débiteur et un même créancier, le réseau limite le montant compensé",
        "rule.smallest-set-off": "le réseau ne retient aucune compensation inférieure au montant fixé ; "
        "les créances plus petites ne participent donc pas",
        "no_loop_debtor_is_owed_nothing.debtor": "Personne dans le réseau ne vous doit rien qui soit pris en compte : "
        "il n'y a rien à compenser avec vos dettes.",
        "no_loop_debtor_is_owed_nothing.operator": "Personne dans le réseau ne doit rien à {about} qui soit pris en "
        "compte : aucune boucle ne peut passer par cette entreprise.",
        "no_loop_creditor_owes_nothing.creditor": "Vous ne devez rien dans le réseau qui soit pris en compte : "
        "il n'y a rien à compenser avec vos créances.",
        "no_loop_creditor_owes_nothing.operator": "{about} ne doit rien dans le réseau qui soit pris en compte : "
        "aucune boucle ne peut passer par cette entreprise.",
        "no_loop.debtor": "Hors de toute boucle : aucune chaîne de dettes ne revient de votre fournisseur à vous.",
        "no_loop.creditor": "Hors de toute boucle : aucune chaîne de dettes ne mène de vous jusqu'à votre client.",
        "no_loop.operator": "Hors de toute boucle : aucune chaîne de dettes ne revient de {creditor} à {debtor}.",
        "cap_reached.debtor": "Votre propre plafond de compensation est atteint.",
        "cap_reached.creditor": "Votre propre plafond de compensation est atteint.",
        "cap_reached.operator": "Le plafond de compensation de {about} est atteint.",
        "receivables_used_up.debtor": "Dans des boucles, mais tout ce qui vous y est dû est déjà compensé.",
        "receivables_used_up.operator": "Dans des boucles, mais tout ce qui y est dû à {about} est déjà compensé.",
        "payables_used_up.creditor": "Dans des boucles, mais tout ce que vous y devez est déjà compensé.",
        "payables_used_up.operator": "Dans des boucles, mais tout ce que {about} y doit est déjà compensé.",
        "same_total": "Dans des boucles, mais en compenser davantage n'aurait fait que remplacer d'autres "
        "compensations pour le même total ; à total égal, les dettes les plus anciennes passent d'abord.",
        "lower_total": "Dans des boucles, mais en compenser davantage aurait évincé plus que cela n'apporte : "
        "le total compensé dans le réseau aurait baissé.",
        "bottleneck": "Dans des boucles, mais tous les chemins de retour sont épuisés plus loin, "
        "et rien ne pouvait céder sa place.",
        "undecided": "Dans des boucles ; avec les règles de cette compensation, aucune preuve ne dit si davantage "
        "pouvait en être compensé.",
        "blocked": "Tous les chemins de retour s'arrêtent à des dettes déjà intégralement compensées :",
        "blocked.own": "Parmi vos propres dettes et créances, celles-ci, intégralement compensées, font obstacle :",
        "pair": "{debtor} envers {creditor} : {amount}",
        "capped": "{member} : plafond atteint",
        "buy_from_customer": "Acheter à {member} : ce client vous doit encore {amount}, "
        "avec quoi une nouvelle dette envers lui serait compensée à due concurrence.",
        "buy_from_customer.unknown": "Acheter à {member} : une partie de la nouvelle dette serait compensée avec "
        "ce que ce client vous doit encore.",
        "sell_to_supplier": "Vendre à {member} : vous devez encore {amount} à ce fournisseur, "
        "avec quoi une nouvelle créance sur lui serait compensée à due concurrence.",
        "sell_to_supplier.unknown": "Vendre à {member} : une partie de la nouvelle créance serait compensée avec "
        "ce que vous devez encore à ce fournisseur.",
        "sell_to_supplier.operator": "Si {creditor} devenait à son tour débiteur de {debtor} : jusqu'à {amount} de la "
        "nouvelle dette seraient compensés, et autant de celle-ci.",
        "declare_more_payable.unknown": "Si vous devez à {member} plus que ce qui est déclaré : une partie au moins "
        "en serait aussi compensée.",
        "declare_more_receivable.unknown": "Si {member} vous doit plus que ce qui est déclaré : une partie au moins "
        "en serait aussi compensée.",
        "customers_join": "Vos créances vous limitent : invitez vos clients hors du réseau à y adhérer, "
        "et vos clients adhérents à déclarer ce qu'ils vous doivent.",
        "suppliers_join": "Vos dettes vous limitent : invitez vos fournisseurs hors du réseau à y adhérer, "
        "et déclarez tout ce que vous devez à vos fournisseurs adhérents.",
        "raise_cap.unknown": "Relever votre plafond : davantage serait aussitôt compensé.",
        "raise_cap.operator": "Relever le plafond de {member} : {amount} de plus ajouteraient au moins {total} "
        "au total.",
        "lift_rule": "Sans la règle « {rule} », {amount} de plus seraient compensés sur {obligation} ({member}).",
        "lift_rule.unknown": "Sans la règle « {rule} », une partie au moins de ce qu'elle retient de {obligation} "
        "({member}) serait compensée.",
        "lift_rule.operator": "Sans la règle « {rule} », {amount} de plus seraient compensés sur {obligation}, "
        "et le total augmenterait d'au moins {total}.",
    }
)

SENTENCES = MappingProxyType({"en": ENGLISH, "fr": FRENCH})

#: Names of rules as people read them.
RULES = MappingProxyType(
    {
        "en": {
            "smallest-obligation": "smallest obligation",
            "horizon": "horizon",
            "pair-cap": "cap per pair",
            "smallest-set-off": "smallest set-off",
        },
        "fr": {
            "smallest-obligation": "montant minimal des créances",
            "horizon": "horizon d'échéance",
            "pair-cap": "plafond par couple",
            "smallest-set-off": "compensation minimale",
        },
    }
)
