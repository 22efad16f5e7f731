"""Which pairs the pair kernel has; what it makes of them is told in tests/kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl import Bernoulli, Frozen, Mixture, Normal, Pair, Tail, exact
from labbook.kl.diagonal import DiagonalNormal, DiagonalPair
from labbook.kl.gpu_families import pack, supports
from labbook.kl.gpu_pair import tally_on_device
from tests.support.pair_laws import PAIRS

TWO = Mixture((0.5, 0.5), (Normal(0, 1), Normal(1, 2)))
LOGISTIC = Frozen(stats.logistic(0, 2), low_tail=Tail(x=-0.5), high_tail=Tail(x=-0.5))
PLANE = DiagonalNormal((0, 0), (1, 1))
OTHERS = {
    "mixture q": Pair(TWO, Normal(0, 1)),
    "mixture p": Pair(Normal(0, 1), TWO),
    "SciPy's q": Pair(LOGISTIC, Normal(0, 1)),
    "SciPy's p": Pair(Normal(0, 1), LOGISTIC),
    "two coordinates": DiagonalPair(PLANE, PLANE),
}


@pytest.mark.parametrize("pair", OTHERS.values(), ids=OTHERS)
def test_other_families_are_refused_in_a_sentence(pair: Any) -> None:
    assert not supports(pair)
    with pytest.raises(UsageError) as refused:
        tally_on_device(pair, Stream(1), 100, exact(pair))
    assert refused.value.message.endswith(".")


def test_every_two_families_with_a_name_are_there() -> None:
    assert len(PAIRS) == 8 * 8 + 3 * 3
    assert all(map(supports, PAIRS.values()))


def test_a_coin_is_a_categorical_of_two_symbols() -> None:
    q, p = pack(Pair(Bernoulli(0.25), Bernoulli(0.5)))
    assert (q.family, p.family) == ("Categorical", "Categorical")
    assert q.constants.tolist() == [2]
    assert q.table.tolist() == [0.75, 1.0, *np.log([0.75, 0.25])]


def test_close_normals_keep_the_digits_of_their_log_ratio() -> None:
    _, p = pack(Pair(Normal(0, 1), Normal(1e-9, 1)))
    assert p.family == "NormalToNormal"
    assert p.constants == pytest.approx([-5e-19, 1e-9, 0.0], rel=1e-12)
