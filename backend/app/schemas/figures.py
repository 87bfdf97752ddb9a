"""Types that many answers share: decimals as text, times in UTC, and the base of every answer."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

DecimalText = Annotated[
    str,
    Field(
        pattern=r"^-?[0-9]+(\.[0-9]+)?$",
        description="A decimal number, exactly as computed",
        examples=["41500.5"],
    ),
]
Instant = Annotated[AwareDatetime, Field(description="UTC, ISO 8601")]
Symbol = Annotated[str, Field(max_length=50, examples=["BTC/USDT:USDT"])]
Word = Annotated[str, Field(max_length=50)]


class Answer(BaseModel):
    """An answer has exactly the fields that it documents."""

    model_config = ConfigDict(extra="forbid", frozen=True)
