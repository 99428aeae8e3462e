"""What the catalogue's API says, beside the dataclasses of the queries that it shows."""

from typing import Any

from rest_framework import serializers

from shared.api.shapes import MoneyShape


class LinkShape(serializers.Serializer[Any]):
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()


class RatingShape(serializers.Serializer[Any]):
    average = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)
    count = serializers.IntegerField()


class CardOutput(serializers.Serializer[Any]):
    """A product in a list. `price` is the lowest of its variants, `category` a slug."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    price = MoneyShape()
    price_max = MoneyShape()
    compare_at_price = MoneyShape(allow_null=True)
    image = serializers.CharField()
    brand = serializers.CharField()
    category = serializers.CharField()
    in_stock = serializers.BooleanField()
    rating = RatingShape()


class VariantOutput(serializers.Serializer[Any]):
    """`availability` is in_stock, low_stock or out_of_stock; `available` the units, null where
    nobody has counted them (then it is out_of_stock) or `track_stock` is off (then in_stock)."""

    sku = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    price = MoneyShape()
    compare_at_price = MoneyShape(allow_null=True)
    availability = serializers.CharField()
    available = serializers.IntegerField(allow_null=True)
    track_stock = serializers.BooleanField()
    tax_class = serializers.CharField()
    barcode = serializers.CharField()
    weight_grams = serializers.IntegerField()


class ImageOutput(serializers.Serializer[Any]):
    """`url` is empty for a picture that lies elsewhere, at `source_url`."""

    url = serializers.CharField()
    thumbnail = serializers.CharField()
    alt = serializers.CharField()
    source_url = serializers.CharField()


class ProductOutput(serializers.Serializer[Any]):
    """A product with everything about it; `description` is clean HTML."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    status = serializers.CharField()
    description = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    price = MoneyShape(allow_null=True)
    price_max = MoneyShape(allow_null=True)
    compare_at_price = MoneyShape(allow_null=True)
    variants = VariantOutput(many=True)
    images = ImageOutput(many=True)
    category = LinkShape(allow_null=True)
    category_path = LinkShape(many=True)
    brand = LinkShape(allow_null=True)
    rating = RatingShape()
    in_stock = serializers.BooleanField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class ChoiceOutput(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    selected = serializers.BooleanField()


class FacetOutput(serializers.Serializer[Any]):
    """A filter that can be set: `name` is its parameter. Counts are under all the other filters;
    where `sampled` they are estimates, of products drawn at random."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    choices = ChoiceOutput(many=True)
    sampled = serializers.BooleanField(source="is_sampled")


class BoundsOutput(serializers.Serializer[Any]):
    min = MoneyShape(allow_null=True)
    max = MoneyShape(allow_null=True)


class ListOutput(serializers.Serializer[Any]):
    """`fuzzy` when nothing had the words and similar titles are listed instead; `capped` when
    there are more than `count` products, which no page lists; `sampled` when numbers of a
    facet are estimates, or the bounds of the price those of products drawn at random."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = CardOutput(many=True)
    facets = FacetOutput(many=True)
    price = BoundsOutput()
    fuzzy = serializers.BooleanField()
    capped = serializers.BooleanField()
    sampled = serializers.BooleanField()


class CategoryOutput(serializers.Serializer[Any]):
    """A category with the number of products in and under it; the tree's order. `parent` is a
    slug, empty at the top."""

    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()
    count = serializers.IntegerField()
    depth = serializers.IntegerField()
    parent = serializers.CharField()  # type: ignore[assignment]
