"""An experiment is what its signature says, in every face."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest

from labbook.errors import BackendUnavailable, ExperimentError, UsageError
from labbook.experiments import AtLeast, Below, Probabilities, Trial, experiment
from labbook.experiments.spec import Signature
from labbook.model import Column, Figure, ParameterKind, Series, Table

if TYPE_CHECKING:
    from collections.abc import Callable


class Coder(Enum):
    GAMMA = "gamma"
    DELTA = 2


def _no_mass_without_p(p: list[float], q: list[float]) -> None:
    if any(b > 0 and a == 0 for a, b in zip(p, q, strict=True)):
        raise ValueError("q has mass where p has none.")


@experiment("demo.coding", title="Coding", check=_no_mass_without_p, references=("Li 2024",))
def coding(
    trial: Trial,
    *,
    blocks: Annotated[int, AtLeast(1)] = 10,
    rate: Annotated[float, AtLeast(0), Below(1)] = 0.5,
    verify: bool = True,
    label: str = "x",
    coder: Coder = Coder.GAMMA,
    law: Literal["exact", "measured"] = "exact",
    p: Annotated[list[float], Probabilities] = (0.5, 0.5),  # type: ignore[assignment]
    q: Annotated[tuple[float, ...], Probabilities()] = (0.1, 0.9),
    sizes: list[int] = [1, 2],  # noqa: B006
) -> None:
    """Code some blocks.

    The second paragraph stays.

    blocks: number of blocks,
        at least one
    rate: bits per symbol
    coder: which integer code
    """
    assert isinstance(coder, Coder)
    assert isinstance(q, tuple)
    assert isinstance(p, list)
    trial.metric("blocks", blocks)
    trial.metric("draw", float(trial.rng("a").random()))


def test_the_signature_becomes_the_specification() -> None:
    specification = coding.specification
    found = {each.name: each for each in specification.parameters}
    assert specification.title == "Coding"
    assert specification.references == ("Li 2024",)
    assert specification.help == "Code some blocks.\n\nThe second paragraph stays."
    assert {name: each.kind for name, each in found.items()} == {
        "blocks": ParameterKind.INT,
        "rate": ParameterKind.FLOAT,
        "verify": ParameterKind.BOOL,
        "label": ParameterKind.TEXT,
        "coder": ParameterKind.CHOICE,
        "law": ParameterKind.CHOICE,
        "p": ParameterKind.FLOATS,
        "q": ParameterKind.FLOATS,
        "sizes": ParameterKind.INTS,
    }
    assert found["blocks"].help == "number of blocks, at least one"
    assert found["rate"].bounds == "at least 0 and below 1"
    assert found["coder"].choices == ("gamma", "delta")
    assert found["coder"].default == "gamma"
    assert found["p"].bounds == "probabilities that sum to 1"
    assert found["p"].default == [0.5, 0.5]


def test_a_signature_survives_the_way_through_json() -> None:
    data = json.loads(json.dumps(coding.signature.to_json()))
    assert Signature.from_json(data) == coding.signature


def test_typed_text_and_python_values_give_the_same_parameters() -> None:
    typed = coding.signature.read({"blocks": "1e3", "coder": "delta", "p": "[0.25,0.75]"})
    given = coding.signature.accept({"blocks": 1e3, "coder": "delta", "p": (0.25, 0.75)})
    assert typed == given
    assert typed["blocks"] == 1000
    assert typed["rate"] == 0.5


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        coding.signature.read({"block": "1"})
    assert refused.value.message == "demo.coding has no parameter block."
    assert "Did you mean blocks?" in refused.value.hint


def test_a_choice_outside_the_choices_is_answered_with_them() -> None:
    with pytest.raises(UsageError, match="one of gamma, delta"):
        coding.signature.read({"coder": "omega"})


@pytest.mark.parametrize("empty", ["", "[]"])
def test_a_list_whose_default_has_values_may_not_be_empty(empty: str) -> None:
    with pytest.raises(UsageError, match="sizes is empty: give at least one value"):
        coding.signature.read({"sizes": empty})


def test_a_called_experiment_returns_its_trial_and_needs_no_notebook() -> None:
    first = coding(blocks=3, seed=7)
    again = coding(blocks=3, seed=7)
    other = coding(blocks=3, seed=8)
    assert first.metrics["blocks"] == 3
    assert first.metrics == again.metrics
    assert first.metrics["draw"] != other.metrics["draw"]
    assert first.backend.name == "numpy"
    assert first.backend.reason


def test_a_named_stream_is_the_promised_one() -> None:
    import hashlib

    import numpy as np

    number = int.from_bytes(hashlib.sha256(b"a").digest()[:8], "little") % 2**63
    philox = np.random.Philox(key=np.array([7, number], dtype=np.uint64), counter=0)
    assert coding(seed=7).metrics["draw"] == np.random.Generator(philox).random()


def test_a_rule_across_parameters_speaks_before_anything_runs() -> None:
    with pytest.raises(UsageError, match=r"demo\.coding: q has mass where p has none"):
        coding(p=[1.0, 0.0], q=[0.5, 0.5])


def test_a_backend_without_code_is_refused() -> None:
    with pytest.raises(BackendUnavailable, match="does not compute on cupy"):
        coding(backend="cupy")
    with pytest.raises((BackendUnavailable, UsageError)):
        coding(backend="abacus")


def test_a_required_parameter_is_asked_for() -> None:
    @experiment("demo.required")
    def required(trial: Trial, *, n: int) -> None:
        """n: how many"""

    with pytest.raises(UsageError, match="needs a value for the parameter n") as refused:
        required()
    assert "how many" in refused.value.hint


def test_a_type_can_follow_from_the_default() -> None:
    @experiment("demo.bare")
    def bare(trial, *, n=3, x=0.5, on=False):  # type: ignore[no-untyped-def]
        trial.metric("n", n)

    kinds = [each.kind for each in bare.specification.parameters]
    assert kinds == [ParameterKind.INT, ParameterKind.FLOAT, ParameterKind.BOOL]
    assert bare.specification.title == "demo.bare"
    assert bare(n=4).metrics == {"n": 4}


def _positional(trial: Trial, n: int = 1) -> None: ...
def _seeded(trial: Trial, *, seed: int = 1) -> None: ...
def _odd_type(trial: Trial, *, n: dict[str, int]) -> None: ...
def _odd_list(trial: Trial, *, n: list[bool]) -> None: ...
def _bad_default(trial: Trial, *, n: Annotated[int, AtLeast(1)] = 0) -> None: ...
def _unknown_type(trial: Trial, *, n: Nowhere = 1) -> None: ...  # type: ignore[name-defined] # noqa: F821
def _no_trial() -> None: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_positional, "keyword-only"),
        (_seeded, "called seed"),
        (_odd_type, "cannot be typed in"),
        (_odd_list, "cannot be typed in"),
        (_bad_default, "bad default"),
        (_unknown_type, "do not resolve"),
        (_no_trial, "first parameter"),
    ],
)
def test_a_function_that_cannot_be_an_experiment_is_told_why(
    function: Callable[..., None], words: str
) -> None:
    with pytest.raises(ExperimentError, match=words):
        experiment("demo.wrong")(function)


@pytest.mark.parametrize("name", ["", "Demo", "a b", "../x", "a..b", "-a", "a\n"])
def test_a_name_is_lower_case_letters_digits_and_separators(name: str) -> None:
    with pytest.raises(ExperimentError, match="name of an experiment"):
        experiment(name)(_no_trial)


def test_a_trial_in_memory_keeps_everything(tmp_path: Any) -> None:
    import numpy as np

    @experiment("demo.everything")
    def everything(trial: Trial) -> None:
        trial.progress(1, of=2)
        for step in range(3):
            trial.metric("loss", np.float32(step), step=step)
        trial.table(Table("t", (Column("n"),), ((np.int64(3),), (np.bool_(True),))))  # type: ignore[arg-type]
        trial.figure(Figure("f", "x", "y", (Series("s", (1, 2), (3, 4)),)))
        trial.file("page", __file__)
        trial.warn("look")
        with pytest.raises(FileNotFoundError):
            trial.file("none", tmp_path / "none")

    trial = everything()
    assert trial.metrics == {"loss": 2.0}
    assert [(each.step, each.value) for each in trial.curves["loss"]] == [(0, 0), (1, 1), (2, 2)]
    assert trial.tables["t"].rows == ((3,), (True,))
    assert json.dumps(trial.tables["t"].to_json())
    assert trial.figures["f"].series[0].y == (3.0, 4.0)
    assert list(trial.files) == ["page"]
    assert trial.warnings == ["look"]


@experiment("demo.sum", grows="terms")
def growing(trial: Trial, *, terms: Annotated[int, AtLeast(1)] = 10, of: float = 1.0) -> None:
    """Add terms up.

    terms: how many
    """
    earlier = trial.earlier or {"terms": 0, "sum": 0.0}
    total = float(earlier["sum"]) + of * (terms - earlier["terms"])
    trial.metric("sum", total)
    trial.metric("added", terms - earlier["terms"])
    trial.keep({"terms": terms, "sum": total, "worst": float("nan")})


def test_a_trial_goes_on_from_what_another_has_kept() -> None:
    first = growing(terms=10, of=2.0, seed=5)
    assert first.kept == {"terms": 10, "sum": 20.0, "worst": "nan"}
    later = growing(terms=25, earlier=first)
    assert later.metrics == {"sum": 50.0, "added": 15}
    assert (later.seed, later.params) == (5, {"terms": 25, "of": 2.0})


@pytest.mark.parametrize("changed", [{}, {"terms": 25, "of": 3.0}, {"terms": 25, "seed": 6}])
def test_a_trial_goes_on_in_one_parameter_alone(changed: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="continued in terms alone"):
        growing(earlier=growing(terms=10, of=2.0, seed=5), **changed)


def test_a_trial_that_kept_nothing_cannot_be_continued() -> None:
    with pytest.raises(UsageError, match="kept nothing to go on from"):
        coding(earlier=coding(), blocks=11)


def test_an_experiment_grows_in_one_of_its_parameters() -> None:
    with pytest.raises(ExperimentError, match="to grow in size, which is none of its parameters"):

        @experiment("demo.none", grows="size")
        def none(trial: Trial, *, terms: int = 1) -> None:
            """Nothing."""


def test_the_parameter_it_grows_in_survives_json() -> None:
    signature = Signature.from_json(json.loads(json.dumps(growing.signature.to_json())))
    assert signature.specification.grows == "terms"
