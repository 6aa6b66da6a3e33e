"""What one member can show of a round: one archive that anybody verifies offline, and that tells nothing of others."""

from bizoverbiz.evidence.collecting import collect
from bizoverbiz.evidence.contents import Core, EvidenceError
from bizoverbiz.evidence.pack import write
from bizoverbiz.evidence.verifying import Verdict, verify_pack

__all__ = ["Core", "EvidenceError", "Verdict", "collect", "verify_pack", "write"]
