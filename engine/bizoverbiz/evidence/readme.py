"""What a pack's README.txt says, in French and in English."""

README = """\
DOSSIER DE PREUVE D'UN CYCLE DE COMPENSATION                                             (English version below)

Ce dossier réunit ce qu'un adhérent peut produire d'un cycle : sa comptabilité, un commissaire aux comptes, un juge ou
une contrepartie peuvent le vérifier sans accès au moteur. Il ne dit rien des autres adhérents au-delà des avis.

  round.json                          le cycle, l'adhérent, la date de la décision, l'empreinte publiée
  statements/EUR/agreement.json       la version de la convention-cadre acceptée, par qui et quand
  statements/EUR/snapshot.jsonl       les créances et dettes de l'adhérent figées dans le cycle, avec leurs plafonds
  statements/EUR/statement.json       le relevé : ce qui était proposé, les réponses (qui, quand), ce qui est décidé
  notices/4/notice.jws                l'avis signé, qui seul fait foi ; .pdf et .txt en sont la mise en page
  notices/4/inclusion.jsonl           la preuve que chaque ligne de l'avis est dans l'empreinte publiée du cycle
  log.jsonl                           le journal d'audit du cycle : toutes les empreintes, et les écritures qui
                                      concernent l'adhérent
  keys.json                           les clés publiées du moteur, à comparer avec celles de l'invitation
  manifest.json                       le SHA-256 de chaque fichier

Vérifier le tout :  bizoverbiz evidence verify DOSSIER.zip --keys CLES.json

Avec des outils ordinaires :
  1. Avis : c'est un JWS (RFC 7515) signé en Ed25519 par l'une des clés de keys.json, reconnue à son « kid ». N'importe
     quelle bibliothèque JOSE le vérifie, de même qu'OpenSSL 3 (recette dans docs/notices.md du projet BizOverBiz).
  2. Relevé : le SHA-256 de snapshot.jsonl (sha256sum) est dans l'écriture « stated » de log.jsonl.
  3. Journal : le sceau « entry » d'une écriture est le SHA-256 de
     {"at":…,"body":…,"kind":…,"salt":…} (JSON canonique, RFC 8785), et « hash » celui de
     {"entry":…,"previous":…,"round":…,"seq":…}, où « previous » est le « hash » précédent (64 zéros au début).
     Le « hash » de la décision est l'« audit_head » de l'avis signé : les écritures qui précèdent sont donc signées.
  4. Inclusion : la feuille est le SHA-256 d'un octet 00 suivi de « leaf » ; chaque étape de « proof » est le SHA-256
     d'un octet 01 suivi des deux empreintes, dans l'ordre indiqué ; on arrive à « round_root ».


EVIDENCE PACK OF A ROUND OF SET-OFF

This pack holds what one member can show of a round: its accountants, an auditor, a judge or a counterpart verify it
without access to the engine. It tells nothing of other members beyond what the notices tell.

  round.json                          the round, the member, the date of the decision, the published hash
  statements/EUR/agreement.json       the version of the framework agreement accepted, by whom and when
  statements/EUR/snapshot.jsonl       the member's receivables and payables frozen in the round, with their ceilings
  statements/EUR/statement.json       the statement: what was proposed, the answers (who, when), what was decided
  notices/4/notice.jws                the signed notice, which alone is authoritative; .pdf and .txt render it
  notices/4/inclusion.jsonl           the proof that each of the notice's lines is in the round's published hash
  log.jsonl                           the round's audit log: every hash, and the entries that concern the member
  keys.json                           the engine's published keys; compare them with those of the invitation
  manifest.json                       the SHA-256 of each file

To verify all of it:  bizoverbiz evidence verify PACK.zip --keys KEYS.json

With ordinary tools:
  1. Notice: it is a JWS (RFC 7515) signed with Ed25519 by the key of keys.json that its "kid" names. Any JOSE library
     verifies it, and so does OpenSSL 3 (recipe in docs/notices.md of the BizOverBiz project).
  2. Statement: the SHA-256 of snapshot.jsonl (sha256sum) stands in the "stated" entry of log.jsonl.
  3. Log: the seal "entry" of an entry is the SHA-256 of {"at":…,"body":…,"kind":…,"salt":…} (canonical JSON, RFC 8785),
     and "hash" that of {"entry":…,"previous":…,"round":…,"seq":…}, where "previous" is the "hash" before (64 zeros at
     first). The "hash" of the decision is the signed notice's "audit_head": so all entries before it are signed for.
  4. Inclusion: the leaf is the SHA-256 of a byte 00 and "leaf"; each step of "proof" is the SHA-256 of a byte 01 and
     the two hashes, in the order said; the end is "round_root".
"""
