"""Parses every rule file of the packs and the corpus with the generated tree-sitter parser, through its Python binding; any error node is a failure.

usage: tree_sitter_rules.py GRAMMAR_LIBRARY FOLDER...
"""

import ctypes
import pathlib
import sys

import tree_sitter


def damaged(node):
    """The first node that is an error or missing."""
    if node.is_error or node.is_missing:
        return node
    if not node.has_error:
        return None
    return next(filter(None, map(damaged, node.children)), None)


def main():
    library = ctypes.CDLL(sys.argv[1])
    library.tree_sitter_watch.restype = ctypes.c_void_p
    parser = tree_sitter.Parser(tree_sitter.Language(library.tree_sitter_watch()))
    files = [path for folder in sys.argv[2:] for path in sorted(pathlib.Path(folder).rglob("*.watch"))]
    bad = 0
    for path in files:
        found = damaged(parser.parse(path.read_bytes()).root_node)
        if found:
            bad += 1
            line, column = found.start_point
            print(f"{path}:{line + 1}:{column + 1}: {'missing node' if found.is_missing else 'syntax error'}")
    print(f"{len(files)} rule files, {bad} with errors")
    sys.exit(1 if bad or not files else 0)


if __name__ == "__main__":
    main()
