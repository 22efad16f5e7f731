"""A file of messages: all that Bob needs, in one place.

    from labbook.channel import message_file
    from labbook.channel.codes.index_codes import geometric_code

    file = message_file.MessageFile(sent.messages, geometric_code(pair.acceptance), seed=1, prior=p)
    message_file.write("messages.lbm", file)
    message_file.read("messages.lbm").decode()      # in another process, on another machine

What is in it, numbers little-endian:

    bytes 0-7     89 4C 42 4D 53 47 0D 0A; text tools that change line ends spoil it
    8-9           version of the format: 1
    10-13         h, bytes of the header
    14-21         c, bytes of the coded indices
    22-25         CRC-32 of bytes 0-21 and of all that follows byte 25
    26 …          the header, h bytes of JSON in UTF-8
    26 + h …      the coded indices, c bytes, the first bit being the highest of the first byte

The header has `coder`, whose candidates have two words each as in `labbook.channel.coders.search`;
`seed` and `stream`, the number of the stream; `first`, the number of the first block; `blocks`;
`prior`, probabilities as hexadecimal floats; `code`, with its name and parameters (see
`codes.index_codes`); and `bits`, how many bits the coded indices have. Where seed or
prior are null, Bob has them from elsewhere.

With an index of a block, anybody can be Bob, in NumPy and exact integers, where prior, seed and
stream are the header's:

    quad, second = divmod(message - 1, 2)
    bits = np.random.Philox(key=[seed, stream], counter=[quad, block, 0, 0])
    word = int(bits.random_raw(4)[2 * second])
    p = [Fraction(each) for each in prior]
    symbol = sum(word >= 2**64 * end // sum(p) for end in accumulate(p))
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.channel.coders.search import decode
from labbook.channel.codes.bit_strings import Bits
from labbook.channel.codes.index_codes import IndexCode, named
from labbook.channel.pairs import Prior
from labbook.compute import Stream
from labbook.errors import UsageError

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from labbook.channel.coders.search import Messages, Progress
    from labbook.channel.pairs import Symbols

MAGIC = b"\x89LBMSG\r\n"
VERSION = 1
MESSAGE_CODERS = (
    "rejection",
    "greedy-rejection",
    "poisson",
    "greedy-poisson",
    "ordered",
    "minimal",
)
"""Coders whose messages name a candidate of two words."""

MOST_BLOCKS = 1 << 28
"""A file of more would not fit into memory when it is read."""

_LAST_BLOCK = (1 << 63) - 1

_START = struct.Struct("<8sHIQ")
_CRC = struct.Struct("<I")
_HEADER_AT = _START.size + _CRC.size


@dataclass(frozen=True, eq=False)
class MessageFile:
    """Messages for the blocks `first`, `first + 1`, …, and what it takes to read them.

    messages: (blocks,), indices from 1
    code: by which they are written
    seed, stream: of the stream of random words that Alice and Bob share
    prior: the probabilities that both know

    Raises:
        UsageError: the coder is unknown, there are too many blocks, or seed, stream, prior or
            first are none.
    """

    messages: Messages
    code: IndexCode
    seed: int | None = None
    stream: int = 0
    prior: tuple[float, ...] | None = None
    coder: str = MESSAGE_CODERS[0]
    first: int = 0

    def __post_init__(self) -> None:
        if self.coder not in MESSAGE_CODERS:
            raise UsageError(
                f"No coder whose messages can be decoded is called {self.coder!r}; "
                f"there are {', '.join(MESSAGE_CODERS)}."
            )
        _need_few(len(self.messages))
        Stream(self.seed or 0, self.stream)
        if not 0 <= self.first <= _LAST_BLOCK - len(self.messages):
            raise UsageError(f"The first block is from 0 on, below 2^63, and not {self.first}.")
        if self.prior is not None:
            Prior(self.prior)

    def decode(self, *, prior: tuple[float, ...] | None = None, seed: int | None = None) -> Symbols:
        """Bob's symbols.

        prior, seed: in place of those in the file

        Raises:
            UsageError: neither is there, or it is no prior or no seed.
        """
        prior = self.prior if prior is None else prior
        seed = self.seed if seed is None else seed
        if prior is None or seed is None:
            raise UsageError(f"The messages come without a {'prior' if prior is None else 'seed'}.")
        shared: NDArray[Any] = decode(
            Prior(tuple(prior)), Stream(seed, self.stream), self.messages, first=self.first
        )
        return shared


@dataclass(frozen=True, slots=True)
class Written:
    """How large a file is: in bits what the indices take, in bytes the rest."""

    index_bits: int
    header_bytes: int
    file_bytes: int


def write(
    path: str | os.PathLike[str], file: MessageFile, progress: Progress | None = None
) -> Written:
    """Write the messages.

    progress: called as `progress(done, of)` in blocks

    Raises:
        UsageError: an index is below 1, or the file cannot be written.
    """
    coded = file.code.write(file.messages, progress)
    header = json.dumps(_header(file, coded), separators=(",", ":")).encode()
    start = _START.pack(MAGIC, VERSION, len(header), len(coded.data))
    content = b"".join([start, _CRC.pack(_checksum(start, header + coded.data)), header])
    try:
        Path(path).write_bytes(content + coded.data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return Written(coded.count, len(content), len(content) + len(coded.data))


def read(path: str | os.PathLike[str]) -> MessageFile:
    """The messages in a file.

    Raises:
        UsageError: it cannot be read, is no message file, is of a newer version, was cut short
            or altered.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    header, data = _parted(str(path), content)
    try:
        return _understood(json.loads(header), data)
    except UsageError as error:
        raise UsageError(f"{path} cannot be understood: {error.message}") from error
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError(
            f"{path} cannot be understood: its header is not that of a message file."
        ) from None


def _header(file: MessageFile, coded: Bits) -> dict[str, Any]:
    return {
        "coder": file.coder,
        "seed": file.seed,
        "stream": file.stream,
        "first": file.first,
        "blocks": len(file.messages),
        "prior": None if file.prior is None else [float(each).hex() for each in file.prior],
        "code": {"name": file.code.name, **file.code.parameters},
        "bits": coded.count,
    }


def _parted(path: str, content: bytes) -> tuple[bytes, bytes]:
    """Header and coded indices of a file that is whole."""
    if content[: len(MAGIC)] != MAGIC[: len(content)] or not content:
        raise UsageError(f"{path} is no message file.")
    if len(content) < _HEADER_AT:
        raise UsageError(f"{path} is cut short: it ends after {len(content)} bytes.")
    _, version, header, coded = _START.unpack_from(content)
    if version > VERSION:
        raise UsageError(
            f"{path} is a message file of version {version}, and this labbook reads {VERSION}.",
            hint="Read it with the labbook that wrote it, or a newer one.",
        )
    whole = _HEADER_AT + header + coded
    if len(content) < whole:
        raise UsageError(f"{path} is cut short: it has {len(content):,} of {whole:,} bytes.")
    (checksum,) = _CRC.unpack_from(content, _START.size)
    if len(content) > whole or checksum != _checksum(content[: _START.size], content[_HEADER_AT:]):
        raise UsageError(f"{path} was altered after it was written: its checksum is another.")
    return content[_HEADER_AT : _HEADER_AT + header], content[_HEADER_AT + header :]


def _understood(header: dict[str, Any], data: bytes) -> MessageFile:
    """Raises whatever a header that makes no sense leads to."""
    blocks, count = _whole(header["blocks"]), _whole(header["bits"])
    _need_few(blocks)
    if (count + 7) // 8 != len(data):
        raise ValueError
    parameters = dict(header["code"])
    code = named(parameters.pop("name"), parameters)
    prior = header["prior"]
    return MessageFile(
        code.read(Bits(data, count), blocks),
        code,
        seed=None if header["seed"] is None else _whole(header["seed"]),
        stream=_whole(header["stream"]),
        prior=None if prior is None else tuple(float.fromhex(each) for each in prior),
        coder=header["coder"],
        first=_whole(header["first"]),
    )


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _need_few(blocks: int) -> None:
    if blocks > MOST_BLOCKS:
        raise UsageError(f"A file has at most {MOST_BLOCKS:,} blocks, and not {blocks:,}.")


def _checksum(start: bytes, rest: bytes) -> int:
    return zlib.crc32(rest, zlib.crc32(start))
