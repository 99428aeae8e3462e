"""Categories and brands. A new title is published for each product of it, by a job."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from catalog.models import Brand, Category
from catalog.rules.text import make_slug, number_slug
from shared.errors import Conflict, InvalidInput
from shared.events.publishing import enqueue


class CategoryInUse(Conflict):
    code = "category_in_use"
    title = "The category still has products or categories in it"


class MoveIntoItself(Conflict):
    code = "category_moved_into_itself"
    title = "A category cannot be a part of itself"


@transaction.atomic
def create_category(*, title: str, slug: str = "", parent: Category | None = None) -> Category:
    """Without a slug the title gives one that is free. Raises InvalidInput when it is taken."""
    slug = slug or _free_slug(Category, title)
    if Category.objects.filter(slug=slug).exists():
        raise InvalidInput(slug=["Another category has this address"])
    fresh = Category.objects.get(pk=parent.pk) if parent else None
    tree, fields = Category.objects, {"title": title, "slug": slug}
    category: Category = tree.add_child(fresh, fields) if fresh else tree.add_root(fields)
    return category


@transaction.atomic
def change_category(*, category: Category, title: str, slug: str, parent: Category | None) -> None:
    """Renames or moves the category with all that is under it; an empty slug leaves its address.
    Raises MoveIntoItself."""
    category = Category.objects.get(pk=category.pk)
    slug = slug or category.slug
    if Category.objects.filter(slug=slug).exclude(pk=category.pk).exists():
        raise InvalidInput(slug=["Another category has this address"])
    renamed = category.title != title
    Category.objects.filter(pk=category.pk).update(title=title, slug=slug)
    _move(category, Category.objects.get(pk=parent.pk) if parent else None)
    if renamed:
        enqueue("republish_category", category_id=category.pk)


def _move(category: Category, parent: Category | None) -> None:
    if parent is not None and (parent.pk == category.pk or parent.is_descendant_of(category)):
        raise MoveIntoItself()
    now = Category.objects.get_parent(category)
    if (parent.pk if parent else None) == (now.pk if now else None):
        return
    if parent is None:
        last = Category.objects.get_root_nodes().last()
        Category.objects.move(category, last, "last-sibling")
    else:
        Category.objects.move(category, parent, "last-child")


@transaction.atomic
def remove_category(*, category: Category) -> None:
    """Raises CategoryInUse."""
    category = Category.objects.get(pk=category.pk)
    if category.numchild or category.products.exists():
        raise CategoryInUse()
    category.delete()


@transaction.atomic
def ensure_category(*, path: Sequence[str]) -> Category:
    """The category that the titles lead to, from the root down; made where it is missing."""
    # Two imports must not make the same category twice.
    list(Category.objects.select_for_update().filter(depth=1).order_by("path")[:1])
    category: Category | None = None
    for title in path:
        category = _child(category, title) or create_category(title=title, parent=category)
    assert category is not None
    return category


def _children(parent: Category | None) -> "QuerySet[Category]":
    tree = Category.objects
    children: QuerySet[Category] = tree.get_children(parent) if parent else tree.get_root_nodes()
    return children


def _child(parent: Category | None, title: str) -> Category | None:
    return _children(parent).filter(title__iexact=title).first()


def _free_slug(model: type[Brand] | type[Category], title: str) -> str:
    base = make_slug(title, 110) or model._meta.model_name or ""
    taken = model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True)
    return number_slug(base, set(taken))


@transaction.atomic
def ensure_brand(*, title: str) -> Brand:
    """The brand of that title in whatever case; made where there is none."""
    brand = _same_title(title).first()
    if brand is not None:
        return brand
    try:
        with transaction.atomic():
            return Brand.objects.create(title=title, slug=_free_slug(Brand, title))
    except IntegrityError:
        return _same_title(title).get()


def _same_title(title: str) -> "QuerySet[Brand]":
    """As the constraint compares: `iexact` folds some letters differently."""
    return Brand.objects.alias(lower=Lower("title")).filter(lower=Lower(Value(title)))


@transaction.atomic
def rename_brand(*, brand: Brand, title: str, slug: str) -> None:
    """Raises InvalidInput when the title or the address is taken."""
    is_taken = _same_title(title).exclude(pk=brand.pk).exists()
    if is_taken or Brand.objects.exclude(pk=brand.pk).filter(slug=slug).exists():
        raise InvalidInput(title=["Another brand has this title or address"])
    Brand.objects.filter(pk=brand.pk).update(title=title, slug=slug)
    enqueue("republish_brand", brand_id=brand.pk)
