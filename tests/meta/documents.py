#!/usr/bin/env python3
"""The documents against what there is: the test `documents`, which needs no build.

- Every block of code in README.md and docs/ is compiled or run, or says why not. The line before a block says which:
      <!-- snippet: NAME -->    is compiled, run, and prints the text block that follows: the tests snippet_NAME
      <!-- command: NAME -->    is run by a script of .ci, as is a `project:`, which is built; the same words on other pages
      <!-- not run: WHY -->     is not
      <!-- printed: FILE -->    is what a test demands of a program, in this file
  A block of Python is a doctest, run by the tests of the Python package.
- Every link into the project leads to something, and so does the place in the page.
- Every public function has an example, every header a topic, and every topic and page a line in the navigation.
- Every number in the pictures of docs/concepts.md is one that its programs print.
"""
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "site"))
from markdown import ROOT, Page

EXAMPLES = "docs/examples/functions"
OF_BUILDS = re.compile(r"(^|/)(build[^/]*|out)/")
NO_TOPIC = {"export", "rankloss"}  # what these headers have is no part of the manual


def paths(pattern):
    found = glob.glob(pattern, root_dir=ROOT, recursive=True)
    return sorted(path for path in found if os.path.isfile(os.path.join(ROOT, path)) and not OF_BUILDS.search(path))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


# --- Blocks of code ---------------------------------------------------------------------------------------------------


def is_doctest(block):
    return block.language == "python" and block.text.startswith(">>> ")


def scripts_run(page, mark):
    """Whether a script of .ci takes the block of this page."""
    return any(f"{page} '{mark}'" in read(path) for path in paths(".ci/*"))


def wrong_with(page, block, before, runs):
    """Why a block is neither run nor excused; runs has the words of the marks that scripts run."""
    kind, _, name = (block.mark or "").partition(": ")
    if is_doctest(block) or (kind == "not run" and name):
        return None
    if block.language == "text" and before and (before.mark or "").startswith("snippet: "):
        return None
    if kind == "snippet":
        return None if block.language == "c" else "a snippet is a block of C"
    if kind == "printed":
        return None if all(line in read(name) for line in block.lines) else f"{name} demands something else"
    if kind in ("command", "project"):
        if block.mark not in runs:
            return f"no script of .ci takes a block with the mark {block.mark}"
        return None if block.text == runs[block.mark] else f"another block has the mark {block.mark}, and other words"
    return "nothing compiles or runs it: see tests/meta/documents.py"


def check_blocks(pages):
    runs = {block.mark: block.text for page in pages for block in page.blocks
            if block.mark and scripts_run(page.path, block.mark)}
    count = 0
    for page in pages:
        for before, block in zip([None, *page.blocks], page.blocks):
            count += 1
            problem = wrong_with(page, block, before, runs)
            if problem:
                yield f"{page.path}:{block.number}: {problem}"
    if count < 60:
        yield f"only {count} blocks of code were found"


# --- Functions and topics ---------------------------------------------------------------------------------------------


def public_functions():
    """What the library exports, and what headers define with a comment for users."""
    names = set(re.findall(r"^(\w+)", read("tests/package/exported_symbols.txt"), re.MULTILINE))
    for path in paths("include/rankloss/*.h"):
        text = read(path)
        names |= set(re.findall(r"RANKLOSS_API [^;]*?\b(rankloss_\w+)\(", text))
        names |= set(re.findall(r"^ \*/\nstatic inline [^;{]*?\b(rankloss_\w+)\(", text, re.MULTILINE))
        names |= set(re.findall(r"^/\*\*.*\*/\nstatic inline [^;{]*?\b(rankloss_\w+)\(", text, re.MULTILINE))
    return names


def check_functions():
    functions = public_functions()
    listed = set(re.findall(r"^  (\w+)\)?$", read(f"{EXAMPLES}/CMakeLists.txt"), re.MULTILINE))
    for function in sorted(functions):
        example = f"{EXAMPLES}/{function}.c"
        if function not in listed or not all(paths(f"{EXAMPLES}/{function}.{end}") for end in ("c", "txt")):
            yield f"{function}() has no example: {example}, what it prints in a .txt, and its line in CMakeLists.txt"
        elif f"{function}(" not in read(example):
            yield f"{example} does not call it"
    for path in paths(f"{EXAMPLES}/*.c"):
        if os.path.basename(path)[:-2] not in functions:
            yield f"{path} is the example of no public function"


def check_navigation(pages):
    navigation = read("docs/site/header.html")
    topics = re.findall(r"^@defgroup (\w+) ", read("docs/site/topics.dox"), re.MULTILINE)
    for path in paths("include/rankloss/*.h"):
        stem = os.path.basename(path)[:-2]
        if stem not in topics and stem not in NO_TOPIC:
            yield f"{path} has no topic in docs/site/topics.dox"
    places = [f"group__{topic.replace('_', '__')}" for topic in topics]
    places += [os.path.basename(os.path.dirname(page.path)) if page.path.endswith("/README.md")
               else os.path.basename(page.path)[:-3] for page in pages if page.path.startswith("docs/")]
    for place in places:
        if f"^{place}.html" not in navigation:
            yield f"docs/site/header.html has no link to {place}.html"


# --- Pictures ---------------------------------------------------------------------------------------------------------


def check_numbers():
    printed = " ".join(block.text for block in Page("docs/concepts.md").blocks if block.language == "text")
    known = set(re.findall(r"-?\d+\.\d{4}", printed))
    for path in paths("docs/concepts/*.svg"):
        numbers = re.findall(r">(−?\d+\.\d+)<", read(path))
        if not numbers:
            yield f"{path} has no numbers"
        for number in numbers:
            if number.replace("−", "-") not in known:
                yield f"{path}: no program of docs/concepts.md prints {number}"


def main():
    guides = [Page(path) for path in ["README.md", *paths("docs/**/*.md")]]
    others = [Page(path) for path in paths("*.md") + paths("benchmarks/*.md") + paths("tests/**/*.md")]
    problems = [*check_blocks(guides), *check_functions(), *check_navigation(guides), *check_numbers()]
    for page in guides + others:
        problems += page.dead_links()
    if problems:
        sys.exit("\n".join(dict.fromkeys(problems)))
    blocks = [block for page in guides for block in page.blocks]
    excused = sum((block.mark or "").startswith("not run: ") for block in blocks)
    print(f"{len(guides)} pages, {len(blocks)} blocks of code, of which {excused} are not run and say why; "
          f"{len(public_functions())} functions with examples")


if __name__ == "__main__":
    main()
