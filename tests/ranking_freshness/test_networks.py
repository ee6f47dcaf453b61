"""The speed of a transport network, edited by the Département, is the one of its people's buses at once."""

from __future__ import annotations

from sqlalchemy import func, select

from matching.services.context import Context
from matching.services.ranking.snapshot import snapshot_of
from matching.services.reference import load_embedded
from matching.store.ranking_source import GuardedReader, read_catalogue
from matching.store.tables.reference import TransitNetwork, TransitNetworkCommune


def test_each_bit_of_a_commune_has_the_speed_of_its_network(ctx: Context) -> None:
    load_embedded(ctx)
    with ctx.read() as session:
        catalogue = read_catalogue(GuardedReader(session))
        rows = session.execute(
            select(TransitNetworkCommune.commune_insee, TransitNetwork.speed_kmh).join(
                TransitNetwork, TransitNetwork.id == TransitNetworkCommune.network_id
            )
        ).all()
    assert len(rows) > 30
    for insee, speed in rows:
        bits = catalogue.site(insee).network
        assert speed in [own for bit, own in enumerate(catalogue.network_speeds) if bits >> bit & 1], insee


def test_a_speed_saved_is_the_one_of_the_next_list(any_ctx: Context) -> None:
    load_embedded(any_ctx)
    with any_ctx.read() as session, snapshot_of(any_ctx).current(session) as snap:
        before = snap.policy(session, None).network_speeds
    with any_ctx.write(None) as work:
        first = work.session.execute(select(TransitNetwork).order_by(TransitNetwork.id)).scalars().first()
        assert first is not None
        first.speed_kmh += 7
        work.record("test.network", "transit_network", first.id)
    with any_ctx.read() as session, snapshot_of(any_ctx).current(session) as snap:
        after = snap.policy(session, None).network_speeds
    assert after == (before[0] + 7, *before[1:])


def test_beyond_the_bits_of_a_number_the_last_network_is_as_slow_as_the_slowest(ctx: Context) -> None:
    load_embedded(ctx)
    with ctx.write(None) as work:
        count = work.session.execute(select(func.count()).select_from(TransitNetwork)).scalar_one()
        for number in range(70 - count):
            speed = 10.0 + number
            work.session.add(TransitNetwork(name=f"Réseau {number}", speed_kmh=speed))
            work.session.flush()
        work.record("test.network", "transit_network", 0)
    with ctx.read() as session:
        catalogue = read_catalogue(GuardedReader(session))
        speeds = session.execute(select(TransitNetwork.speed_kmh).order_by(TransitNetwork.id)).scalars().all()
    assert catalogue.network_speeds == (*speeds[:63], min(speeds[63:]))
