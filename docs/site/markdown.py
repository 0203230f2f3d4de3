"""A page of Markdown by its lines: headings with their anchors, blocks of code with their marks, links."""
import os
import re

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
FENCE = re.compile(r"^```\s*([\w+-]*)\s*$")
HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$")
MARK = re.compile(r"^<!-- (.*?) -->$")
# An image or a link; its words may have code, and brackets in that.
LINK = re.compile(r"(!?)\[((?:[^\[\]`]|`[^`]*`)*)\]\(([^()\s]+)\)")


def anchor_of(title):
    """The anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


class Line:
    """A line; level is that of a heading, or 0."""

    def __init__(self, text, in_code):
        heading = None if in_code else HEADING.match(text)
        self.text = text
        self.in_code = in_code
        self.level = len(heading[1]) if heading else 0
        self.anchor = anchor_of(heading[2]) if heading else None


class Block:
    """A block of code: its language, its lines, the number of its first line, and the mark right before it, if any."""

    def __init__(self, language, number, mark):
        self.language = language
        self.number = number
        self.mark = mark
        self.lines = []

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)


class Page:
    """path is below the root of the project."""

    def __init__(self, path):
        self.path = path
        self.lines = []
        self.blocks = []
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            self._read(file.read().splitlines())

    def _read(self, texts):
        block = None
        for number, text in enumerate(texts, 1):
            fence = FENCE.match(text)
            self.lines.append(Line(text, in_code=bool(block or fence)))
            if block and fence:
                self.blocks.append(block)
                block = None
            elif block:
                block.lines.append(text)
            elif fence:
                mark = MARK.match(texts[number - 2]) if number > 1 else None
                block = Block(fence[1], number, mark and mark[1])
        if block:
            raise ValueError(f"{self.path}:{block.number}: this block of code does not end")

    def anchors(self):
        return {line.anchor for line in self.lines if line.level}

    def headings(self, level):
        return sum(line.level == level for line in self.lines)

    def links(self):
        """(number of the line, path below the root, anchor) of each link into the project."""
        for number, line in enumerate(self.lines, 1):
            for _, _, target in LINK.findall("" if line.in_code else line.text):
                if "://" not in target:
                    path, _, anchor = target.partition("#")
                    yield number, self.target(path), anchor

    def target(self, path):
        return os.path.normpath(os.path.join(os.path.dirname(self.path), path)) if path else self.path

    def dead_links(self):
        """A line of text for each link that leads nowhere."""
        for number, path, anchor in self.links():
            if not os.path.exists(os.path.join(ROOT, path)):
                yield f"{self.path}:{number}: there is no {path}"
            elif anchor and anchor not in Page(path).anchors():
                yield f"{self.path}:{number}: {path} has no heading #{anchor}"
