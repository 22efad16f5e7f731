"""Experiments are functions: a name, typed parameters, and a trial to record with.

    from labbook.experiments import AtLeast, Trial, experiment

    @experiment("demo.random-walk", title="A random walk")
    def random_walk(trial: Trial, *, steps: Annotated[int, AtLeast(1)] = 1000) -> None:
        ...

Importing this package imports neither NumPy nor anything of the notebook, so that a list of
experiments is quick and an experiment runs where there is no notebook.
"""

from labbook.experiments.bounds import Above, AtLeast, AtMost, Below, Between, Probabilities
from labbook.experiments.define import Experiment, experiment
from labbook.experiments.shards import Shards
from labbook.experiments.trial import Cancelled, Trial

__all__ = [
    "Above",
    "AtLeast",
    "AtMost",
    "Below",
    "Between",
    "Cancelled",
    "Experiment",
    "Probabilities",
    "Shards",
    "Trial",
    "experiment",
]
