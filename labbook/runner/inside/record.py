"""`labbook.record`: any Python program, or part of one, as a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import os

    from labbook.runner.inside.trial import LiveTrial


@overload
def record(experiment: Callable[..., Any], /) -> Callable[..., Any]: ...
@overload
def record(
    experiment: str | None = None,
    /,
    params: Any = None,
    *,
    name: str = "",
    thread: str | None = None,
    tags: str | Iterable[str] = (),
    seed: int | None = None,
    notebook: str | os.PathLike[str] | None = None,
    strict: bool = False,
    **parameters: Any,
) -> LiveTrial: ...
def record(
    experiment: str | Callable[..., Any] | None = None,
    /,
    params: Any = None,
    *,
    name: str = "",
    thread: str | None = None,
    tags: str | Iterable[str] = (),
    seed: int | None = None,
    notebook: str | os.PathLike[str] | None = None,
    strict: bool = False,
    **parameters: Any,
) -> Any:
    """Record what happens in a `with` block, in a function, or until `finish()`, as a run.

        with labbook.record("train", lr=3e-4) as trial:
            trial.metric("loss", loss, step=step)

    Inside a run, such as a script under `labbook exec` or an experiment, it records into that
    run. Inside another `with labbook.record(…)` it is a run of its own that names the other as
    its parent. Where no notebook can be written it warns once, and everything is kept in
    memory.

    experiment: what to call it; else the script's name. A function, for `@labbook.record`
    params: parameters as a dict, a dataclass, an argparse namespace or a configuration; also
        the way to record a parameter that is called like one of the options here
    name: what to call this run among those of the experiment
    thread: the thread that it belongs to
    tags: words to find it by
    seed: what `trial.rng` follows from; else drawn when it is first wanted
    notebook: the notebook's directory; else the one that `labbook` itself would open
    strict: raise an error where no notebook can be written
    parameters: parameters by name

    Raises:
        UsageError: a name, a parameter or the seed cannot be one.
        TypeError: `params` has no names in it.
    """
    from labbook.runner.inside import program
    from labbook.runner.inside.asked import ask
    from labbook.runner.inside.trial import LiveTrial

    function = experiment if callable(experiment) else None
    called = getattr(function, "__name__", "") if function else experiment
    asked = ask(
        program.name() if called is None else str(called),
        params,
        parameters,
        name=name,
        thread=thread,
        tags=tags,
        seed=seed,
        notebook=notebook,
        strict=strict,
    )
    trial = LiveTrial(asked)
    return trial if function is None else trial(function)
