"""Files that runs produced, each stored under the SHA-256 of its content and never changed.

A file is stored first and named by the database afterwards, so that a crash leaves at worst
a file that nothing names, never a name without a file. What it was called is in the
database: no name that somebody chose ever becomes a path here.
"""

from labbook.artifacts.put import Stored, put
from labbook.artifacts.read import head, path, read
from labbook.artifacts.verify import Verification, verify

__all__ = ["Stored", "Verification", "head", "path", "put", "read", "verify"]
