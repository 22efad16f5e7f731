"""The queue: first come, first served, and a device for one run at a time."""

from __future__ import annotations

import threading

from labbook.model import Run, RunState
from labbook.store import queue, runs
from labbook.store.notebook import Notebook
from labbook.store.runs import Outcome
from tests.support.notebooks import at
from tests.support.store_runs import close, create, step

GPUS = ("0", "1")


def _take(nb: Notebook, at_once: int = 10, gpus: tuple[str, ...] = GPUS) -> int | None:
    return queue.take_next(nb, at_once=at_once, gpus=gpus, owner="me")


def _end(nb: Notebook, run: Run) -> None:
    step(nb, run, RunState.STARTING)
    assert close(nb, run, Outcome(RunState.FINISHED))


def test_runs_leave_in_the_order_in_which_they_came(nb: Notebook) -> None:
    late, early = create(nb, 5, gpus=0), create(nb, 1, moment=at(1), gpus=0)
    create(nb)
    assert [run.id for run in queue.waiting_runs(nb)] == [early.id, late.id]
    assert all(run.is_waiting for run in queue.waiting_runs(nb))
    assert _take(nb) == early.id
    assert [run.id for run in queue.waiting_runs(nb)] == [late.id]
    assert not runs.run(nb, early.id).is_waiting
    assert _take(nb) == late.id
    assert _take(nb) is None


def test_no_more_go_on_at_once_than_may(nb: Notebook) -> None:
    first, second, third = (create(nb, minute, gpus=0) for minute in range(3))
    assert (_take(nb, 2), _take(nb, 2), _take(nb, 2)) == (first.id, second.id, None)
    _end(nb, first)
    assert _take(nb, 2) == third.id


def test_a_device_serves_one_run(nb: Notebook) -> None:
    both = create(nb, 0, gpus=2)
    one, none, another = (
        create(nb, minute, gpus=gpus) for minute, gpus in ((1, 1), (2, 0), (3, 1))
    )
    assert _take(nb) == both.id
    assert queue.given_gpus(nb, both.id) == ("0", "1")
    assert _take(nb) == none.id, "it needs no device, so it need not wait"
    assert _take(nb) is None
    _end(nb, both)
    assert (_take(nb), _take(nb)) == (one.id, another.id)
    assert {queue.given_gpus(nb, run.id) for run in (one, another)} == {("0",), ("1",)}
    assert queue.given_gpus(nb, none.id) == ()


def test_who_waits_for_two_devices_is_not_overtaken_by_who_needs_one(nb: Notebook) -> None:
    busy, both, one = (create(nb, minute, gpus=gpus) for minute, gpus in ((0, 1), (1, 2), (2, 1)))
    assert _take(nb) == busy.id
    assert _take(nb) is None
    _end(nb, busy)
    assert _take(nb) == both.id
    assert [run.id for run in queue.waiting_runs(nb)] == [one.id]


def test_what_was_taken_and_never_started_waits_again_in_its_place(nb: Notebook) -> None:
    first, second = create(nb, 0, gpus=0), create(nb, 1, gpus=0)
    assert _take(nb) == first.id
    assert queue.put_back(nb, first.id)
    assert [run.id for run in queue.waiting_runs(nb)] == [first.id, second.id]
    assert _take(nb) == first.id
    step(nb, first, RunState.STARTING)
    assert not queue.put_back(nb, first.id)


def test_a_cancelled_run_waits_no_longer(nb: Notebook) -> None:
    run = create(nb, 0, gpus=0)
    assert runs.step_run(nb, run.id, RunState.CANCELLED, moment=at(1))
    assert queue.waiting_runs(nb) == ()
    assert _take(nb) is None


def test_one_can_be_moved_to_the_front(nb: Notebook) -> None:
    first, second = create(nb, 0, gpus=0), create(nb, 1, gpus=0)
    assert queue.move_to_front(nb, second.id)
    assert [run.id for run in queue.waiting_runs(nb)] == [second.id, first.id]
    assert not queue.move_to_front(nb, 99)


def test_of_many_takers_each_gets_another(nb: Notebook) -> None:
    ids = [create(nb, minute, gpus=0).id for minute in range(12)]
    taken: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: taken.append(_take(nb, at_once=99))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each for each in taken if each is not None) == ids
    assert taken.count(None) == 4
