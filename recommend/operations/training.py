"""Learning what is bought together: a product at a time, of those whose baskets changed."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from recommend.models import Pair, Popularity, Purchase, TrainedModel, Unlearnt
from recommend.rules import Scored, score_one, strongest, weight
from shared.contracts.recommend import ModelTrained
from shared.events.publishing import publish

PAIRS_PER_PRODUCT = 30
# Baskets beyond this size are wholesale; they would pair everything with everything.
LARGEST_BASKET = 40
# So many of a product's newest orders are looked at.
ORDERS_PER_PRODUCT = 2000
MEMORY = timedelta(days=730)
# What was learnt so long ago is learnt anew.
REFRESH = timedelta(days=7)
# Products learnt in one transaction, and transactions in one run.
BATCH = 20
BATCHES = 25

Basket = tuple[frozenset[UUID], float]


def mark_unlearnt(product_ids: Iterable[UUID], now: datetime) -> None:
    """To be learnt by the next run. It waits for a run that has one of them in its hands, which
    may not see what the caller is about to commit."""
    Unlearnt.objects.bulk_create(
        [Unlearnt(product_id=product_id, marked_at=now) for product_id in sorted(product_ids)],
        update_conflicts=True,
        unique_fields=["product_id"],
        update_fields=["marked_at"],
    )


def train_copurchases(*, now: datetime) -> TrainedModel | None:
    """Learns anew about the products whose baskets changed, and about some that nothing happened
    to for long, a batch at a time; None when there are none. What is left over is the next
    run's. Publishes ModelTrained."""
    _mark_stale(now)
    # A pair is scored by what both weigh.
    if _in_batches(_weigh_batch, now) is None:
        return None
    learnt = _in_batches(_learn_batch, now)
    return None if learnt == 0 else _publish_model(now)


def _in_batches(do: Callable[[datetime], int], now: datetime) -> int | None:
    """How many products were done; None when there may be more than one run does."""
    done = 0
    for _ in range(BATCHES):
        batch = do(now)
        done += batch
        if batch < BATCH:
            return done
    return None


@transaction.atomic
def _mark_stale(now: datetime) -> None:
    """Old baskets count less and the oldest not at all, also where nothing is bought."""
    stale = Popularity.objects.filter(at__lt=now - REFRESH).order_by("at")
    product_ids = list(stale.values_list("product_id", flat=True)[:BATCH])
    if product_ids:
        mark_unlearnt(product_ids, now)


@transaction.atomic
def _weigh_batch(now: datetime) -> int:
    """Weighs products that never were."""
    known = Popularity.objects.filter(product_id=OuterRef("product_id"))
    marked = Unlearnt.objects.filter(~Exists(known)).order_by("product_id")
    product_ids = list(marked.values_list("product_id", flat=True)[:BATCH])
    _weigh({product_id: _list_baskets(product_id, now) for product_id in product_ids}, now)
    return len(product_ids)


@transaction.atomic
def _learn_batch(now: datetime) -> int:
    """How many products were learnt. Another run takes others."""
    marked = Unlearnt.objects.select_for_update(skip_locked=True).order_by("product_id")
    product_ids = list(marked.values_list("product_id", flat=True)[:BATCH])
    if not product_ids:
        return 0
    baskets = {product_id: _list_baskets(product_id, now) for product_id in product_ids}
    _weigh(baskets, now)
    for product_id in product_ids:
        _learn(product_id, baskets[product_id], now)
    Popularity.objects.filter(product_id__in=product_ids, weight=0).delete()
    Unlearnt.objects.filter(product_id__in=product_ids).delete()
    return len(product_ids)


def _list_baskets(product_id: UUID, now: datetime) -> list[Basket]:
    """The newest orders with the product, each with what it counts now."""
    mine = Purchase.objects.filter(product_id=product_id, at__gte=now - MEMORY).order_by("-at")
    bought_at = dict(mine.values_list("order_id", "at")[:ORDERS_PER_PRODUCT])
    things: dict[UUID, set[UUID]] = defaultdict(set)
    lines = Purchase.objects.filter(order_id__in=list(bought_at))
    for order_id, thing in lines.values_list("order_id", "product_id"):
        things[order_id].add(thing)
    return [
        (frozenset(held), weight((now - bought_at[order_id]) / timedelta(days=1)))
        for order_id, held in things.items()
        if len(held) <= LARGEST_BASKET
    ]


def _weigh(baskets: dict[UUID, list[Basket]], now: datetime) -> None:
    """A product without baskets any more has no weight, and no row."""
    Popularity.objects.filter(
        product_id__in=[x for x, held in baskets.items() if not held]
    ).delete()
    Popularity.objects.bulk_create(
        [
            Popularity(product_id=product_id, weight=sum(share for _, share in held), at=now)
            for product_id, held in sorted(baskets.items())
        ],
        update_conflicts=True,
        unique_fields=["product_id"],
        update_fields=["weight", "at"],
    )


def _learn(product_id: UUID, baskets: list[Basket], now: datetime) -> None:
    """Writes the product's own pairs, and its score in those of its neighbours."""
    things = set().union(*(held for held, _ in baskets)) | {product_id}
    known = Popularity.objects.filter(product_id__in=things)
    single = {
        row.product_id: row.weight * weight((now - row.at) / timedelta(days=1)) for row in known
    }
    scored = score_one(product_id, baskets, single)
    Pair.objects.filter(product_id=product_id).delete()
    Pair.objects.bulk_create(
        [
            Pair(product_id=product_id, other_id=other, together=how.together, score=how.score)
            for other, how in strongest(scored, PAIRS_PER_PRODUCT)
        ]
    )
    _update_neighbours(product_id, scored)


def _update_neighbours(product_id: UUID, scored: dict[UUID, Scored]) -> None:
    """Their other pairs stay as they are. Those that are no neighbours any more lose theirs."""
    theirs = Pair.objects.filter(other_id=product_id)
    theirs.exclude(product_id__in=scored).delete()
    rows = list(theirs.order_by("product_id").select_for_update())
    for row in rows:
        how = scored[row.product_id]
        row.together, row.score = how.together, how.score
    Pair.objects.bulk_update(rows, ["together", "score"], batch_size=500)


@transaction.atomic
def _publish_model(now: datetime) -> TrainedModel:
    pairs = Pair.objects.count()
    products = Pair.objects.values("product_id").distinct().count()
    purchases = Purchase.objects.count()
    model = TrainedModel.objects.create(trained_at=now, purchases=purchases, pairs=pairs)
    fact = ModelTrained(model_id=model.pk, kind="copurchase", products=products, pairs=pairs)
    publish(fact, now=now)
    TrainedModel.objects.filter(trained_at__lt=now - timedelta(days=90)).delete()
    return model
