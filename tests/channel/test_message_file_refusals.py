"""Files that are no message files, or are not what was written: one sentence for each."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labbook.channel import DiscretePair, encode
from labbook.channel.codes.index_codes import ELIAS_GAMMA
from labbook.channel.message_file import MessageFile, read, write
from labbook.compute import Stream
from labbook.errors import UsageError
from tests.channel.test_message_file import parts_of

FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))


def sent_file(blocks: int) -> MessageFile:
    sent = encode(FOUR, Stream(7), blocks)
    return MessageFile(sent.messages, ELIAS_GAMMA, seed=7, prior=FOUR.p)


def assembled(header: Any, coded: bytes, version: int = 1) -> bytes:
    """A file whose checksum is right."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    start = struct.pack("<8sHIQ", b"\x89LBMSG\r\n", version, len(text), len(coded))
    return start + struct.pack("<I", zlib.crc32(start + text + coded)) + text + coded


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        read(path)
    assert refused.value.message.startswith(str(path))
    assert "\n" not in refused.value.message
    return refused.value.message.removeprefix(f"{path} ")


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    file = sent_file(10)
    write(tmp_path / "whole.lbm", file)
    content = (tmp_path / "whole.lbm").read_bytes()
    path = tmp_path / "cut.lbm"
    for length in range(1, len(content)):
        path.write_bytes(content[:length])
        assert refusal(path).startswith("is cut short: it ")
    path.write_bytes(content[:-3])
    assert refusal(path) == f"is cut short: it has {len(content) - 3} of {len(content)} bytes."


def test_a_file_altered_anywhere_is_refused(tmp_path: Path) -> None:
    file = sent_file(10)
    write(tmp_path / "whole.lbm", file)
    content = (tmp_path / "whole.lbm").read_bytes()
    path = tmp_path / "altered.lbm"
    for at in range(len(content)):
        for flip in (1, 128):
            altered = bytearray(content)
            altered[at] ^= flip
            path.write_bytes(altered)
            said = refusal(path)
            assert any(
                each in said for each in ("no message file", "cut short", "altered", "version")
            )
            if at >= 22:
                assert said == "was altered after it was written: its checksum is another."
    path.write_bytes(content + b"\0")
    assert "was altered" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n" + bytes(100), b"\n"])
def test_another_kind_of_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(content)
    assert refusal(tmp_path / "other") == "is no message file."


def test_a_newer_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "new.lbm").write_bytes(assembled({}, b"", version=2))
    assert refusal(tmp_path / "new.lbm") == (
        "is a message file of version 2, and this labbook reads 1."
    )
    # It may be longer or shorter than this version's.
    (tmp_path / "new.lbm").write_bytes(assembled({}, b"", version=2) + b"more")
    assert "version 2" in refusal(tmp_path / "new.lbm")


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == "cannot be read: No such file or directory."
    assert refusal(tmp_path) == "cannot be read: Is a directory."
    file = sent_file(5)
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        write(tmp_path / "none" / "messages.lbm", file)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"blocks": 201}, "not those of 201 indices"),
        ({"blocks": 199}, "more coded bits than those of 199 indices"),
        ({"blocks": 2**40}, "at most 268,435,456 blocks"),
        ({"blocks": -1}, "its header is not that of a message file"),
        ({"blocks": 1.0}, "its header is not that of a message file"),
        ({"bits": 3}, "its header is not that of a message file"),
        ({"seed": "7"}, "its header is not that of a message file"),
        ({"seed": 2**64}, "The seed of a stream is from 0"),
        ({"stream": None}, "its header is not that of a message file"),
        ({"first": 2**63}, "The first block is from 0 on"),
        ({"prior": 3}, "its header is not that of a message file"),
        ({"prior": ["half"]}, "its header is not that of a message file"),
        ({"prior": ["0x1p-1"]}, "sum to 0.5 and not to 1"),
        ({"coder": "astar"}, "No coder whose messages can be decoded is called 'astar'"),
        ({"coder": ["rejection"]}, "No coder whose messages can be decoded"),
        ({"code": {"name": "huffman"}}, "No code for indices is called 'huffman'"),
        ({"code": {"name": ["zeta"]}}, "cannot be understood"),
        ({"code": {}}, "its header is not that of a message file"),
        ({"code": None}, "its header is not that of a message file"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(
    change: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    file = sent_file(200)
    write(tmp_path / "messages.lbm", file)
    header, coded = parts_of(tmp_path / "messages.lbm")
    path = tmp_path / "strange.lbm"
    path.write_bytes(assembled(header | change, coded))
    said = refusal(path)
    assert said.startswith("cannot be understood: ")
    assert sentence in said


@pytest.mark.parametrize("header", [b"", b"\xff\xfe", b"[]", b"{}", b'"text"', b"[" * 100_000])
def test_a_header_that_is_none_is_refused(header: bytes, tmp_path: Path) -> None:
    (tmp_path / "strange.lbm").write_bytes(assembled(header, b""))
    assert "its header is not that of a message file" in refusal(tmp_path / "strange.lbm")


def test_what_could_not_be_read_is_not_written() -> None:
    messages = np.array([1, 2], dtype=np.int64)
    for wrong, sentence in (
        ({"coder": "morse"}, "called 'morse'"),
        ({"seed": -1}, "The seed of a stream"),
        ({"stream": 2**64}, "The number of a stream"),
        ({"prior": (0.5, 0.4)}, "sum to 0.9"),
        ({"first": -1}, "The first block"),
    ):
        with pytest.raises(UsageError, match=sentence):
            MessageFile(messages, ELIAS_GAMMA, **wrong)  # type: ignore[arg-type]
