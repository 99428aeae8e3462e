"""What a product file says, product by product, before anything of it lands."""

from dataclasses import dataclass, field
from typing import Any

from catalog.rules.cells import BadRow
from catalog.rules.product import ImageState, VariantState


@dataclass(frozen=True)
class RowError:
    """What is to say about a row, which counts as a spreadsheet does: the header is row 1. With
    the `severity` warning its product lands all the same."""

    row: int
    handle: str
    code: str
    message: str
    severity: str = "error"


@dataclass(frozen=True, kw_only=True)
class ParsedVariant(VariantState):
    """A variant of the file. Its fields in `unsaid` have no word there; `is_taxed` when it says no
    more than that. It `has_partial_options` when the product may have options that the file has no
    column for."""

    row: int
    is_taxed: bool = False
    has_partial_options: bool = False


@dataclass
class ParsedProduct:
    """A product of the file. `fields` has what its columns say; the product cannot land when there
    are `errors`, and lands without the variants that are `refused`. `has_images` when the file has
    a word about pictures, and `is_whole` when its variants are all that the product has."""

    handle: str
    row: int
    fields: dict[str, Any] = field(default_factory=dict)
    variants: list[ParsedVariant] = field(default_factory=list)
    images: list[ImageState] = field(default_factory=list)
    has_images: bool = False
    has_alts: bool = False
    is_whole: bool = False
    option_names: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    refused: list[tuple[int, BadRow]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)

    def warn(self, row: int, code: str, message: str) -> None:
        self.warnings.append(RowError(row, self.handle, code, message[:500], "warning"))

    def fail(self, row: int, bad: BadRow) -> None:
        self.errors.append(RowError(row, self.handle, bad.code, bad.message[:500]))


@dataclass
class ParsedFile:
    """`strays` are rows that belong to no product, or say something about the whole file."""

    products: list[ParsedProduct]
    strays: list[RowError]
    warnings: list[RowError] = field(default_factory=list)
