"""A file of messages: read elsewhere, by others, and refused where it is not what was written."""

from __future__ import annotations

import hashlib
import inspect
import json
import struct
import subprocess
import sys
import textwrap
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.channel import DiscretePair, Geometric, Prior, Sent, encode, message_file
from labbook.channel.coders import search
from labbook.channel.coders.greedy import encode_greedy
from labbook.channel.codes.index_codes import (
    ELIAS_DELTA,
    ELIAS_GAMMA,
    IndexCode,
    geometric_code,
    table_code,
    zeta_code,
)
from labbook.channel.laws.greedy import greedy_law
from labbook.channel.message_file import MessageFile, Written, read, write
from labbook.channel.spectrum import spectrum
from labbook.compute import Stream
from labbook.errors import UsageError
from tests.channel.test_pairs import PAIRS

FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
CODES = (
    ELIAS_GAMMA,
    ELIAS_DELTA,
    geometric_code(FOUR.acceptance),
    zeta_code(1.4),
    table_code(Geometric(FOUR.acceptance)),
)
DIGEST = "51ebb178a1cfb9b89374ece0ca7b51ffccad2653fb0f5d80b8610e7f9f7aa6f4"
each_code = pytest.mark.parametrize("code", CODES, ids=[code.name for code in CODES])


def sent_file(
    code: IndexCode = CODES[2], blocks: int = 200, **more: Any
) -> tuple[MessageFile, Sent]:
    sent = encode(FOUR, Stream(7), blocks)
    return MessageFile(sent.messages, code, seed=7, prior=FOUR.p, **more), sent


def parts_of(path: Path) -> tuple[dict[str, Any], bytes]:
    """Header and coded indices, by the documented layout."""
    content = path.read_bytes()
    magic, version, header, coded, _ = struct.unpack("<8sHIQI", content[:26])
    assert (magic, version, len(content)) == (b"\x89LBMSG\r\n", 1, 26 + header + coded)
    return json.loads(content[26 : 26 + header]), content[26 + header :]


def bob(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labbook.channel.bob", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


# What is written is read


@each_code
def test_a_file_has_all_that_bob_needs(code: IndexCode, tmp_path: Path) -> None:
    file, sent = sent_file(code)
    size = write(tmp_path / "messages.lbm", file)
    found = read(tmp_path / "messages.lbm")
    assert found.messages.tolist() == sent.messages.tolist()
    assert found.decode().tolist() == sent.symbols.tolist()
    assert (found.coder, found.seed, found.stream, found.first) == ("rejection", 7, 0, 0)
    assert found.prior == FOUR.p
    assert (found.code.name, found.code.parameters) == (code.name, code.parameters)
    header, coded = parts_of(tmp_path / "messages.lbm")
    whole = (tmp_path / "messages.lbm").stat().st_size
    assert size == Written(header["bits"], whole - len(coded), whole)


@given(
    st.lists(st.integers(1, 2**63 - 1), max_size=20),
    st.sampled_from(CODES),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**62),
    st.sampled_from([None, *[p for p, _ in PAIRS.values()]]),
)
def test_every_field_is_kept(
    tmp_path_factory: pytest.TempPathFactory,
    numbers: list[int],
    code: IndexCode,
    seed: int,
    stream: int,
    first: int,
    prior: tuple[float, ...] | None,
) -> None:
    path = tmp_path_factory.getbasetemp() / "every-field.lbm"
    messages = np.array(numbers, dtype=np.int64)
    file = MessageFile(messages, code, seed, stream, prior, "poisson", first)
    write(path, file)
    found = read(path)
    assert found.messages.tolist() == numbers
    kept = (found.seed, found.stream, found.prior, found.coder, found.first)
    assert kept == (seed, stream, prior, "poisson", first)


def test_bob_decodes_in_another_process(tmp_path: Path) -> None:
    """Greedy messages of later blocks of a named stream, by the law of their index."""
    stream = Stream.named(3, "shared")
    sent = encode_greedy(FOUR, stream, 3000, first=10)
    code = table_code(greedy_law(spectrum(FOUR)))
    file = MessageFile(
        sent.messages, code, 3, stream.number, FOUR.p, coder="greedy-rejection", first=10
    )
    write(tmp_path / "messages.lbm", file)
    done = bob(tmp_path / "messages.lbm", tmp_path / "symbols.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert np.load(tmp_path / "symbols.npy").tolist() == sent.symbols.tolist()


def test_bob_says_in_a_sentence_what_he_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"PK\x03\x04 something else")
    done = bob(tmp_path / "other", tmp_path / "symbols.npy")
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path / 'other'} is no message file.\n"
    done = bob(tmp_path / "other")
    assert done.returncode == 2
    assert done.stderr.startswith("Usage:")


def test_bob_says_in_a_sentence_where_he_cannot_write(tmp_path: Path) -> None:
    file, _ = sent_file()
    write(tmp_path / "messages.lbm", file)
    done = bob(tmp_path / "messages.lbm", tmp_path / "nowhere" / "symbols.npy")
    assert done.returncode == 1
    assert done.stderr.endswith("symbols.npy cannot be written: No such file or directory.\n")
    assert done.stderr.count("\n") == 1


def test_prior_and_seed_may_come_from_elsewhere(tmp_path: Path) -> None:
    _, sent = sent_file()
    write(tmp_path / "bare.lbm", MessageFile(sent.messages, ELIAS_DELTA))
    bare = read(tmp_path / "bare.lbm")
    assert bare.decode(prior=FOUR.p, seed=7).tolist() == sent.symbols.tolist()
    with pytest.raises(UsageError, match="come without a prior"):
        bare.decode(seed=7)
    with pytest.raises(UsageError, match="come without a seed"):
        bare.decode(prior=FOUR.p)


def test_the_layout_is_a_promise(tmp_path: Path) -> None:
    """Whoever reads it without labbook: gamma code words after a header of JSON."""
    file, sent = sent_file(ELIAS_GAMMA, first=4)
    write(tmp_path / "messages.lbm", file)
    header, coded = parts_of(tmp_path / "messages.lbm")
    assert header == {
        "coder": "rejection",
        "seed": 7,
        "stream": 0,
        "first": 4,
        "blocks": 200,
        "prior": [each.hex() for each in FOUR.p],
        "code": {"name": "elias_gamma"},
        "bits": sum(2 * int(k).bit_length() - 1 for k in sent.messages),
    }
    bits, at = "".join(f"{byte:08b}" for byte in coded), 0
    for k in sent.messages:
        zeros = bits.index("1", at) - at
        assert int(bits[at + zeros : at + 2 * zeros + 1], 2) == k
        at += 2 * zeros + 1
    assert at == header["bits"]


def test_the_same_messages_give_the_same_file_everywhere(tmp_path: Path) -> None:
    file, _ = sent_file()
    write(tmp_path / "messages.lbm", file)
    digest = hashlib.sha256((tmp_path / "messages.lbm").read_bytes()).hexdigest()
    assert digest == DIGEST


# Anybody can be Bob


def snippet(module: Any, first_word: str) -> str:
    """The indented lines of a module's docstring that begin with a word."""
    blocks = inspect.getdoc(module).split("\n\n")  # type: ignore[union-attr]
    (code,) = [each for each in blocks if each.startswith(f"    {first_word}")]
    return textwrap.dedent(code)


@pytest.mark.parametrize(("p", "q"), PAIRS.values(), ids=PAIRS)
def test_five_lines_of_numpy_decode_a_message(p: tuple[float, ...], q: tuple[float, ...]) -> None:
    code = snippet(message_file, "quad, second")
    assert len(code.splitlines()) == 5
    stream, blocks = Stream.named(5, "shared"), 100
    messages = np.random.default_rng(1).geometric(1e-3, blocks)
    expected = search.decode(Prior(p), stream, messages)
    known = {
        "np": np, "Fraction": Fraction, "accumulate": accumulate,
        "prior": [float.fromhex(each.hex()) for each in p], "seed": 5, "stream": stream.number,
    }  # fmt: skip
    for block in range(blocks):
        local = {**known, "block": block, "message": int(messages[block])}
        exec(code, local)  # noqa: S102
        assert local["symbol"] == expected[block]


def test_so_do_the_lines_in_the_layout_of_candidates() -> None:
    code = snippet(search, "bits = numpy")
    sent = encode(FOUR, Stream(9, 2), 100)
    for block in range(100):
        local = {
            "numpy": np, "prior": Prior(FOUR.p), "seed": 9, "number": 2,
            "block": block, "message": int(sent.messages[block]),
        }  # fmt: skip
        exec(code, local)  # noqa: S102
        assert local["symbol"] == sent.symbols[block]
