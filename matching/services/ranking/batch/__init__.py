"""People ranked for every open offer: in line, by processes of this machine, or by a cluster."""

from matching.services.ranking.batch.pools import Pool, cluster, in_line, processes
from matching.services.ranking.batch.run import Batch, rank_all
from matching.services.ranking.batch.sheet import OfferLine, RankedPerson, Sheet

__all__ = ["Batch", "OfferLine", "Pool", "RankedPerson", "Sheet", "cluster", "in_line", "processes", "rank_all"]
