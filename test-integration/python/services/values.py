"""A value of each type that Lightbus knows how to put on the bus, by name, with its type hint."""
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple
from uuid import UUID


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Address(NamedTuple):
    street: str
    zip: Optional[str] = None


@dataclass
class User:
    name: str
    address: Address


class Money:
    """Says itself how it travels."""

    def __init__(self, amount):
        self.amount = amount

    def __to_bus__(self) -> str:
        return f"{self.amount} EUR"

    @classmethod
    def __from_bus__(cls, text):
        return cls(text.removesuffix(" EUR"))

    def __repr__(self):
        return f"Money({self.amount!r})"


hints_and_values = {
    "text": (str, 'hé"☃'),
    "whole": (int, 7),
    "beyond": (int, 9007199254740993),
    "fraction": (float, 1.5),
    "whole_float": (float, 2.0),
    "flag": (bool, True),
    "nothing": (Optional[str], None),
    "moment": (datetime, datetime(2026, 1, 2, 3, 4, 5)),
    "zoned": (datetime, datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)),
    "day": (date, date(2026, 1, 2)),
    "price": (Decimal, Decimal("3.10")),
    "raw": (bytes, b"\x00\xff"),
    "number": (UUID, UUID("6ad6269a-e719-11f1-90a7-02fc00000001")),
    "colour": (Colour, Colour.RED),
    "pair": (Tuple[str, int], ("a", 1)),
    "names": (List[str], ["a", "b"]),
    "unique": (Set[str], {"a"}),
    "scores": (Dict[str, int], {"a": 1}),
    "address": (Address, Address("High St")),
    "user": (User, User("bob", Address("High St", "N1"))),
    "money": (Money, Money("5")),
    "anything": (Any, {"x": [1, None]}),
}

hints = {name: hint for name, (hint, _) in hints_and_values.items()}
samples = {name: value for name, (_, value) in hints_and_values.items()}
