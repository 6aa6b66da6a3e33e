"""Open reference data that ships with the engine: communes, territories, NAF; from where: SOURCES.md."""

from bizoverbiz.nomenclatures.communes import Commune, Territories, distance_km, territories
from bizoverbiz.nomenclatures.naf import Naf, UnknownNafError, naf

__all__ = ["Commune", "Naf", "Territories", "UnknownNafError", "distance_km", "naf", "territories"]
