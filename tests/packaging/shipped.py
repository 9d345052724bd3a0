"""Says whether rules of Raft can be broken in what is built: what can break them holds a text that nothing else holds.

`shipped.py FILE...` looks into wheels, npm packages, libraries and WebAssembly, also where that is packed into JavaScript,
and none may hold the text. `shipped.py --lab FILE...` wants each to hold it, and so shows that it would be found.
"""

import base64
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

RULES = Path(__file__).parents[2] / "core/src/raft/rules.rs"
WASM = b"\0asm"
ELF = b"\x7fELF"
MACH_O = b"\xcf\xfa\xed\xfe"
ARCHIVE = b"!<arch>\n"
# No text in the package's JavaScript is as long; what is packed into it is longer.
LONG = re.compile(rb"[\"'`]([^\"'`\s]{4096,})[\"'`]")


def main(arguments: list[str]) -> int:
    lab = arguments[:1] == ["--lab"]
    marker = marker_of(RULES.read_text())
    failed = 0
    for argument in arguments[lab:]:
        try:
            fault = look(Path(argument), marker, lab)
        except (OSError, ValueError) as error:
            fault = str(error)
        print(f"FAIL {argument}\n  {fault}" if fault else f"PASS {argument}")
        failed += fault is not None
    return 1 if failed or len(arguments) == lab else 0


def marker_of(source: str) -> bytes:
    found = re.search(r'BROKEN_RULES_MARKER: &str = "([^"]+)"', source)
    if not found:
        raise SystemExit(f"{RULES} has no BROKEN_RULES_MARKER")
    return found[1].encode()


def look(file: Path, marker: bytes, lab: bool) -> str | None:
    """What is wrong with a file, or None."""
    programs = 0
    holders = []
    for name, content in contents(file):
        programs += content.startswith((WASM, ELF, MACH_O, ARCHIVE))
        if marker in content:
            holders.append(name)
    if not programs:
        return "there is no program in it"
    print(f"  {file}: {programs} programs, {len(holders)} of them with rules that can be broken")
    if lab:
        return None if holders else "its rules cannot be broken, or what can break them cannot be told from what cannot"
    return f"rules can be broken in {', '.join(holders)}" if holders else None


def contents(file: Path) -> Iterator[tuple[str, bytes]]:
    """Each file within a file, and what is packed into those."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            files = [(name, wheel.read(name)) for name in wheel.namelist()]
    elif file.suffix == ".tgz":
        with tarfile.open(file) as package:
            opened = [(member.name, package.extractfile(member)) for member in package]
            files = [(name, content.read()) for name, content in opened if content]
    else:
        files = [(file.name, file.read_bytes())]
    for name, content in files:
        yield name, content
        if name.endswith((".js", ".mjs", ".cjs")):
            for text in LONG.findall(content):
                yield f"a text in {name}", unpack(name, text)


def unpack(name: str, text: bytes) -> bytes:
    try:
        content = zlib.decompress(base64.b64decode(text, validate=True), wbits=-15)
    except (ValueError, zlib.error) as error:
        raise ValueError(f"{name} holds a long text that is not packed WebAssembly: {error}") from error
    if not content.startswith(WASM):
        raise ValueError(f"{name} holds a long text that unpacks to something else than WebAssembly")
    return content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
