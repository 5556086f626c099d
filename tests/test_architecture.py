"""The rooms of the house and the doors between them: the table of allowed imports, held against the imports as they stand."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "deidrules"
ROOMS = {
    "text": set(),
    "dicom": {"text"},
    "plan": {"dicom", "text"},
    "rectangles": {"plan", "text"},
    "language": {"text"},
    "actions": {"plan", "dicom", "text"},
    "pixels": {"plan", "dicom", "text"},
    "engine": {"actions", "pixels", "plan", "dicom", "text"},
    "compile": {"language", "actions", "plan", "dicom", "text"},
    "lint": {"compile", "language", "engine", "actions", "pixels", "plan", "dicom", "text"},
    "rehearsal": {"compile", "language", "engine", "actions", "plan", "dicom", "text"},
    "run": {"engine", "rectangles", "actions", "pixels", "plan", "dicom", "text"},
    "ocr": {"engine", "actions", "pixels", "plan", "dicom", "text"},
    "cli": {"lint", "rehearsal", "ocr", "run", "rectangles", "compile", "language", "engine", "actions", "pixels", "plan", "dicom", "text"},
}
# modules beside the rooms, open to all of them; they import nothing of ours
BESIDE = {"resources", "version"}
# library -> the only modules that may import it at all
LIBRARIES = {
    "lark": {"language.parse"},
    "click": {"cli"},
    "rich": {"cli"},
    "yaml": {"compile.profile"},
    "jsonschema": {"compile.profile"},
    "cv2": {"ocr"},
    "pytesseract": {"ocr"},
    "onnxruntime": {"ocr"},
    "rapidocr": set(),
    "imagecodecs": {"pixels"},
    "pylibjpeg": {"pixels"},
}
# rooms that must not load these when they are imported
LIGHT = {"text", "dicom", "plan", "rectangles", "language", "actions", "compile", "lint", "rehearsal", "cli"}
HEAVY = {"pydicom", "numpy", "imagecodecs", "cv2"}
LONG = {"language/ast.py"}  # a catalogue of small frozen classes: nothing in it to take apart
MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def room(name: str) -> str:
    return name.partition(".")[0]


def imports(path: Path, *, only_at_import: bool = False) -> Iterator[tuple[str, int]]:
    """(absolute dotted name, line) of everything a file imports."""
    tree = ast.parse(path.read_text("utf-8"))
    lazy: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            lazy.update(child for child in ast.walk(node) if child is not node)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            lazy.update(child for child in ast.walk(node) if child is not node)
    for node in ast.walk(tree):
        if only_at_import and node in lazy:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import out"
            yield node.module or "", node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def ours(path: Path) -> Iterator[tuple[str, int]]:
    for name, line in imports(path):
        if name.startswith("deidrules.") and not name.startswith("deidrules.__"):
            yield room(name.removeprefix("deidrules.")), line


def test_every_room_stands_in_the_table() -> None:
    assert {room(module_name(path)) for path in MODULES if path.parent != PACKAGE} <= set(ROOMS)


def test_what_stands_beside_the_rooms_imports_none_of_them() -> None:
    found = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert found <= BESIDE
    for name in found:
        assert not [there for there, _ in ours(PACKAGE / f"{name}.py") if there != name]


def test_the_table_has_no_circles() -> None:
    done: set[str] = set()
    while len(done) < len(ROOMS):
        ready = {name for name, below in ROOMS.items() if name not in done and below <= done}
        assert ready, sorted(set(ROOMS) - done)
        done |= ready


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != PACKAGE], ids=module_name)
def test_a_module_imports_only_the_rooms_below_its_own(path: Path) -> None:
    here = room(module_name(path))
    wrong = [f"{path.name}:{line} imports {there}" for there, line in ours(path) if there != here and there not in ROOMS[here] | BESIDE]
    assert not wrong


def test_the_engine_runs_without_the_compiler() -> None:
    reached = {"engine", "pixels", "run"}
    while below := set().union(*(ROOMS[name] for name in reached)) - reached:
        reached |= below
    assert not reached & {"language", "compile", "lint", "cli"}


def test_actions_do_not_import_each_other() -> None:
    actions = {path.stem for path in (PACKAGE / "actions").glob("*.py")}
    words = {path.stem for path in (PACKAGE / "actions").glob("*.py") if declares(path)}
    assert len(words) >= 15
    for path in (PACKAGE / "actions").glob("*.py"):
        if path.stem in words:
            reached = {name.split(".")[2] for name, _ in imports(path) if name.startswith("deidrules.actions.")}
            assert not (reached & words), path.name
            assert reached <= actions | {"Level"}


def declares(path: Path) -> bool:
    """True for a file that holds a word of the language, rather than what several of them share."""
    tree = ast.parse(path.read_text("utf-8"))
    return any(
        isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in {"function", "action"}
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_has_one_door(library: str) -> None:
    allowed = LIBRARIES[library]
    for path in MODULES:
        name = module_name(path)
        if room(name) in allowed or name in allowed:
            continue
        assert library not in {room(imported) for imported, _ in imports(path)}, path


@pytest.mark.parametrize("path", [path for path in MODULES if room(module_name(path)) in LIGHT], ids=module_name)
def test_light_rooms_load_neither_pydicom_nor_numpy(path: Path) -> None:
    assert not HEAVY & {room(name) for name, _ in imports(path, only_at_import=True)}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["init", "--list"],
        ["lint", "keep-list"],
        ["test", "keep-list"],
        ["fmt", "--check", "profiles/keep-list"],
        ["apply-profile", "--help"],
        ["redact", "--help"],
    ],
)
def test_commands_about_words_load_no_pixels(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from deidrules.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('loaded', [name for name in {sorted(HEAVY)!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    assert done.stdout.rstrip().endswith("loaded []"), done.stdout[-300:] + done.stderr[-2000:]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), path
    assert text.count("\n") <= 400 or path.relative_to(PACKAGE).as_posix() in LONG
