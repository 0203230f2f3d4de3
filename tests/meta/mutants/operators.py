"""The mutants of a C file: its text by tokens, and what each operator makes of them."""

import re

TOKEN = re.compile(r"""
    (?P<skip>\s+ | //[^\n]* | /\*.*?\*/ | (?<=\n)[ \t]*\#(?:[^\n\\]|\\.)*)
  | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
  | (?P<number>0[xX][0-9a-fA-F.]+(?:[pP][-+]?\d+)?[uUlLfF]* | (?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[uUlLfF]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.VERBOSE | re.DOTALL)

SWAPS = {
    "relation": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    "arithmetic": {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "+=": "-=", "-=": "+=", "*=": "/=",
                   "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|", "|=": "&=", "++": "--", "--": "++"},
    "logic": {"&&": "||", "||": "&&"},
}
UNARY_TOO = {"+", "-", "*", "&"}
CONSTANTS = {"true": ("false",), "false": ("true",), "0": ("1",), "1": ("0", "2"), "0.0": ("1.0",)}

# What may take its arguments in either order; vec_fma in its first two.
SYMMETRIC = re.compile(r"(vec_|REALS_|mask_|pair_)?(add|mul|fma|fms|fnma|eq|and|or|mul_wide|two_sum)$", re.IGNORECASE)
NOT_CALLED = {"if", "while", "for", "switch", "return", "sizeof", "_Static_assert", "assert"}
NOT_DELETED = {"return", "goto", "case", "default", "typedef", "static", "const", "struct", "enum", "extern", "union"}
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"}


class Token:
    def __init__(self, kind, text, start):
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)


class Mutant:
    """A file with one place of it changed."""

    def __init__(self, path, source, start, end, replacement, operator):
        self.path, self.source, self.start, self.end = path, source, start, end
        self.replacement, self.operator = replacement, operator
        self.line = source.count("\n", 0, start) + 1

    def key(self):
        column = self.start - (self.source.rfind("\n", 0, self.start) + 1)
        return f"{self.path}:{self.line}:{column}:{self.operator}:{self.replacement.strip()}"

    def text(self):
        return self.source[:self.start] + self.replacement + self.source[self.end:]

    def hunk(self):
        """The change as survivors.txt has it: whole lines, and as many before as make the place the only one."""
        first = self.source.rfind("\n", 0, self.start) + 1
        last = self.source.find("\n", self.end) + 1
        new = self.source[first:self.start] + self.replacement + self.source[self.end:last]
        before = first
        while ("\n" + self.source).count("\n" + self.source[before:last]) > 1 and before > 0:
            before = self.source.rfind("\n", 0, before - 1) + 1
        lines = [f"--- {self.path}"]
        lines += [(" " + line).rstrip() for line in self.source[before:first].splitlines()]
        lines += ["-" + line for line in self.source[first:last].splitlines()]
        lines += ["+" + line for line in new.splitlines()]
        return "\n".join(lines)


def tokens_of(source):
    found = []
    for match in TOKEN.finditer(source):
        if match.lastgroup != "skip":
            found.append(Token(match.lastgroup, match.group(), match.start()))
    return found


def partners(tokens):
    """For each bracket's index the index of the one that closes or opens it."""
    pairs, open_ones = {}, []
    for k, token in enumerate(tokens):
        if token.text in ("(", "[", "{"):
            open_ones.append(k)
        elif token.text in (")", "]", "}") and open_ones:
            pairs[k] = open_ones.pop()
            pairs[pairs[k]] = k
    return pairs


def spaced(source, token):
    """clang-format puts spaces around what has two operands, and not around what has one."""
    return source[token.start - 1].isspace() and source[token.end].isspace()


def other_signs(source, tokens):
    for token in tokens:
        for operator, swaps in SWAPS.items():
            if token.text in swaps and (token.text not in UNARY_TOO or spaced(source, token)):
                yield token.start, token.end, swaps[token.text], operator


def other_constants(tokens):
    for token in tokens:
        texts = CONSTANTS.get(token.text, ())
        exponent = re.fullmatch(r"(0[xX].*[pP])([-+]?\d+)([fFlL]*)", token.text)
        integer = re.fullmatch(r"(\d+)([uUlL]*)", token.text)
        if exponent:
            texts = (f"{exponent[1]}{int(exponent[2]) + 1}{exponent[3]}",)
        elif integer and not texts:
            texts = (f"{int(integer[1]) + 1}{integer[2]}",)
        elif token.kind == "number" and not texts:
            texts = (f"(2 * {token.text})", f"({token.text} + 1)")
        for text in texts:
            yield token.start, token.end, text, "constant"


def negated_conditions(source, tokens, pairs):
    for k, token in enumerate(tokens[:-1]):
        if token.text in ("if", "while") and tokens[k + 1].text == "(" and k + 1 in pairs:
            start, end = tokens[k + 1].start, tokens[pairs[k + 1]].end
            yield start, end, f"(!{source[start:end]})", "negation"


def other_returns(source, tokens):
    for k, token in enumerate(tokens):
        if token.text != "return" or tokens[k + 1].text == ";":
            continue
        end = next(t.start for t in tokens[k:] if t.text == ";")
        start = tokens[k + 1].start
        if source[start:end] not in ("0", "1", "true", "false"):
            yield start, end, "0" if source[start:end] != "RANKLOSS_OK" else "1", "return"


def statement_end(tokens, pairs, k):
    """The index of the semicolon that ends what begins at k, or None where a brace comes first."""
    while k < len(tokens) and tokens[k].text != ";":
        if tokens[k].text in ("{", "}"):
            return None
        k = pairs.get(k, k) + 1
    return k if k < len(tokens) else None


def deleted_statements(source, tokens, pairs):
    headers = {pairs[k + 1] for k, t in enumerate(tokens[:-1])
               if t.text in ("if", "while", "for") and k + 1 in pairs}
    for k in range(1, len(tokens) - 1):
        before, token, after = tokens[k - 1], tokens[k], tokens[k + 1]
        begins = before.text in (";", "{", "}", "else") or k - 1 in headers
        jump = token.text in ("continue", "break") or (token.text == "return" and after.text == ";")
        plain = token.text in ("++", "--", "*", "(") or (
            token.kind == "name" and token.text not in NOT_DELETED | NOT_CALLED and after.kind != "name" and
            not (after.text == "*" and not spaced(source, after)))
        if not begins or not (jump or plain):
            continue
        end = statement_end(tokens, pairs, k)
        if end is None:
            continue
        within = tokens[k:end]
        if not jump and not any(t.text in ASSIGNS or t.text == "(" for t in within):
            continue
        # As many lines as before, for the places of all others to stay.
        lines = source.count("\n", token.start, tokens[end].end)
        yield token.start, tokens[end].end, ";" + "\n" * lines, "deletion"


def arguments_of(tokens, pairs, opening):
    """The ends of the arguments of a call, as pairs of token indices."""
    found, start, k = [], opening + 1, opening + 1
    while k <= pairs[opening]:
        if k == pairs[opening] or tokens[k].text == ",":
            found.append((start, k - 1))
            start = k + 1
        k = k + 1 if k == pairs[opening] else pairs.get(k, k) + 1
    return found


def swapped_arguments(source, tokens, pairs):
    for k, token in enumerate(tokens[:-1]):
        called = token.kind == "name" and token.text not in NOT_CALLED and tokens[k + 1].text == "("
        if not called or k + 1 not in pairs or k == 0 or tokens[k - 1].kind == "name" or SYMMETRIC.match(token.text):
            continue
        arguments = arguments_of(tokens, pairs, k + 1)
        for (a, b), (c, d) in zip(arguments, arguments[1:]):
            first, second = source[tokens[a].start:tokens[b].end], source[tokens[c].start:tokens[d].end]
            if first != second:
                yield tokens[a].start, tokens[d].end, f"{second}, {first}", "arguments"


def mutants_of(path, source):
    tokens = tokens_of(source)
    pairs = partners(tokens)
    changes = [*other_signs(source, tokens), *other_constants(tokens), *negated_conditions(source, tokens, pairs),
               *other_returns(source, tokens), *deleted_statements(source, tokens, pairs),
               *swapped_arguments(source, tokens, pairs)]
    return [Mutant(path, source, *change) for change in changes if source[change[0]:change[1]] != change[2]]
