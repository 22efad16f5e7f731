"""A sample in pieces that are gathered apart, each by whoever is free, and merged in order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Split:
    """Samples `first` to `samples - 1`, cut every `step`, and once more at `whole`.

    Up to `whole`, the last multiple of `unit`, the sums can be kept: a larger sample has the
    same cuts up to there. `first` is such a multiple too.
    """

    first: int
    samples: int
    unit: int
    step: int

    @property
    def whole(self) -> int:
        """Where the samples end that fill whole units."""
        return self.samples - self.samples % self.unit

    @property
    def whole_pieces(self) -> int:
        """How many pieces end there or before."""
        return -(-(self.whole - self.first) // self.step)

    def __len__(self) -> int:
        return self.whole_pieces + (self.samples > self.whole)

    def __getitem__(self, number: int) -> range:
        """The samples of a piece."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        if number == self.whole_pieces:
            return range(self.whole, self.samples)
        begin = self.first + number * self.step
        return range(begin, min(begin + self.step, self.whole))
