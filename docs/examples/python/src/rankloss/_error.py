"""What the library says of a call that failed, as an exception."""

from __future__ import annotations

from ._library import library


class RankLossError(ValueError):
    """An argument that the library refused. Nothing has been written to any output.

    The text is the library's: which argument, which rule, which numbers. `status` is the value of its
    `rankloss_status`, whose names and meanings are in `<rankloss/status.h>`.

    >>> import rankloss
    >>> try:
    ...     rankloss.ranking_softmax_loss([[1.0, 2.0]], [[1, 0, 0]])
    ... except rankloss.RankLossError as error:
    ...     print(error.status, error)
    3 labels: shape (1, 3) does not broadcast to the logits' shape (1, 2)
    """

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text, status)
        self.status = status

    def __str__(self) -> str:
        return str(self.args[0])


OPTION = 6


def check(status: int) -> None:
    """Raises what the call that has just returned `status` on this thread says of itself."""
    if status:
        raise RankLossError(library.rankloss_last_error().decode(), status)
