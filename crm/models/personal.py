from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.db import models

from crm import masking


class PersonalData(models.Model):
    """A row that says something about a person; masked when it is loaded for somebody who may not see that.

    A subclass names its telling fields in PERSONAL. A masked row is for showing only and refuses to be saved.
    """

    PERSONAL: ClassVar[frozenset[str]] = frozenset()
    is_masked = False

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **how: Any
    ) -> Self:
        row = super().from_db(db, field_names, values, **how)
        if masking.active():
            row.mask()
        return row

    def mask(self) -> None:
        self.is_masked = True
        for name in self.PERSONAL & self.__dict__.keys():  # What is deferred is masked when it comes.
            setattr(self, name, masking.hidden(getattr(self, name)))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_masked:
            raise masking.Hidden(
                f"{self._meta.label} {self.pk} is masked: saving it would lose what it holds"
            )
        super().save(*args, **kwargs)


class PersonalQuerySet[M: PersonalData](models.QuerySet[M]):
    """Refuses to read telling columns past the masking of rows."""

    def values(self, *fields: Any, **expressions: Any) -> Any:
        self._refuse_telling(fields)
        return super().values(*fields, **expressions)

    def values_list(self, *fields: Any, **kwargs: Any) -> Any:
        self._refuse_telling(fields)
        return super().values_list(*fields, **kwargs)

    def bulk_update(self, objs: Any, *args: Any, **kwargs: Any) -> int:
        rows = list(objs)
        if any(row.is_masked for row in rows):
            raise masking.Hidden("Masked rows must not be written back")
        return super().bulk_update(rows, *args, **kwargs)

    def _refuse_telling(self, fields: Collection[Any]) -> None:
        if masking.active() and (not fields or self.model.PERSONAL & {str(one) for one in fields}):
            raise masking.Hidden(f"Columns of {self.model._meta.label} that tell who it is are masked")
