# SPDX-License-Identifier: GPL-2.0-or-later

"""The messages that the driver's sources can print, taken from the sources.

A message is the text of a complaint, with "..." for each value in it, without
the name of the bank before it: what a user can search doc/troubleshooting.md for.
From C: what LOG_ERROR, LOG_WARNING, their LOG_TARGET_ forms, and functions declared
as printf-like say; command_print where an error is returned behind it; sentences
formatted into a `why`. From Tcl: error, warnings by echo, and the sentences on pins.
"""

import re

# A text with fewer words is only a frame around another message
MIN_WORDS = 2


def normalised(text):
    """A format or a Tcl string as a message, None if it says nothing by itself."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"(?:0x)?%[-0 #+]*[\d*]*(?:\.[\d*]+)?(?:hh?|ll?|z|j)?[a-zA-Z]", "\0", text)
    text = text.replace("%%", "%")
    text = re.sub(r"\0(?:[ .-]?\0)+", "\0", text)
    text = re.sub(r"^\0: ", "", text)
    if len(re.findall(r"[A-Za-z_]{2,}", text)) < MIN_WORDS:
        return None
    return text.replace("\0", "...")


# ---- C ---------------------------------------------------------------------------

C_TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\])*")
  | (?P<char>'(?:\\.|[^'\\])*')
  | (?P<word>\w+)
  | (?P<space>\s+)
  | (?P<mark>.)""", re.VERBOSE | re.DOTALL)

# What the formats of other headers stand for
FORMAT_MACROS = {"TARGET_ADDR_FMT": "%s"}


def c_tokens(source):
    """(kind, text, offset) without comments and blanks; directives go with them."""
    source = re.sub(r"(?m)^[ \t]*#(?:\\\n|[^\n])*", lambda m: " " * len(m.group()), source)
    return [(m.lastgroup, m.group(), m.start()) for m in C_TOKEN.finditer(source)
            if m.lastgroup not in ("comment", "space")]


def arguments(tokens, opening):
    """The arguments of the call whose "(" is tokens[opening], and what follows it."""
    parts, depth = [[]], 0
    for index in range(opening, len(tokens)):
        text = tokens[index][1]
        if text in "([{" and tokens[index][0] == "mark":
            depth += 1
            if depth == 1:
                continue
        elif text in ")]}" and tokens[index][0] == "mark":
            depth -= 1
            if not depth:
                return parts, index + 1
        if text == "," and depth == 1:
            parts.append([])
        else:
            parts[-1].append(tokens[index])
    raise AssertionError("a call has no end: %r" % (tokens[opening - 1],))


def texts(argument):
    """The string literals of an argument: neighbours joined, alternatives apart."""
    found, joins = [], False
    for kind, text, _ in argument:
        is_format = text in FORMAT_MACROS or text.startswith("PRI")
        if kind == "string":
            text = text[1:-1].replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\")
        elif is_format:
            # "%" PRIu32 is "%" and the letter of a conversion
            text = FORMAT_MACROS.get(text, "u")
        else:
            joins = False
            continue
        if joins:
            found[-1] += text
        else:
            found.append(text)
        joins = True
    return found


def printf_like(source):
    """Names of the functions that are declared with __attribute__((format(...)))."""
    return re.findall(r"(\w+)\([^;{}()]*\)\s*__attribute__\(\(format", source)


def returns_error(tokens, after):
    """Is an error code named in the statement behind a command_print?"""
    text = " ".join(token[1] for token in tokens[after + 1:after + 6])
    return re.match(r"(?:return|retval =|\w+ =) ERROR_(?!OK)", text)


def c_messages(source, printers=()):
    """{message: line} of one C file; printers: further printf-like functions."""
    tokens = c_tokens(source)
    found = {}
    for index in range(len(tokens) - 1):
        kind, name, offset = tokens[index]
        if kind != "word" or tokens[index + 1][1] != "(":
            continue
        is_log = re.fullmatch(r"LOG_(?:TARGET_)?(?:ERROR|WARNING)", name) or name in printers
        if not is_log and name not in ("command_print", "snprintf"):
            continue
        args, after = arguments(tokens, index + 1)
        if name == "command_print" and not returns_error(tokens, after):
            continue
        if name == "snprintf" and "why" not in [token[1] for token in args[0]]:
            continue
        said = next((texts(arg) for arg in args if texts(arg)), [])
        for message in filter(None, map(normalised, said)):
            found.setdefault(message, source.count("\n", 0, offset) + 1)
    return found


# ---- Tcl -------------------------------------------------------------------------

TCL_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|(?:::)?\w+(?:::\w+)*(?:\([^)]*\))?)")


def tcl_string(source, start):
    """The text of the quoted string whose quote is source[start]; "..." for each
    variable and command in it."""
    said, at = "", start + 1
    while source[at] != '"':
        if source[at] == "\\":
            said += " " if source[at + 1] == "\n" else source[at + 1]
            at += 2
        elif source[at] == "[":
            depth = 0
            while True:
                depth += {"[": 1, "]": -1}.get(source[at], 0)
                at += 1
                if not depth:
                    break
            said += "%s"
        elif source[at] == "$":
            at = TCL_VARIABLE.match(source, at).end()
            said += "%s"
        else:
            said += source[at].replace("%", "%%")
            at += 1
    return said


def tcl_messages(source):
    """{message: line} of one Tcl file."""
    # a comment keeps its length, so that the lines stay right
    source = re.sub(r"(?m)^\s*#.*$", lambda m: re.sub(r"[^\n]", " ", m.group()), source)
    found = {}
    starts = [m.end() - 1 for m in re.finditer(r'(?:^|[\s{;\[])(?:error|echo) "', source)]
    # sentences on the state that pins are found in: {key text key text ...}
    for texts_of in re.finditer(r"(?:set|lappend) texts ", source):
        starts += [m.end() - 1 for m in
                   re.compile(r'\b(?:alternate|driven_low) "').finditer(
                       source, texts_of.end(), texts_of.end() + 40)]
    for start in starts:
        message = normalised(tcl_string(source, start))
        if message:
            found.setdefault(message, source.count("\n", 0, start) + 1)
    return found


# ---- all of it -------------------------------------------------------------------

def sources(root):
    """The files whose messages reach a user."""
    return sorted([*root.glob("src/flash/nor/cmspi*.c"), *root.glob("tcl/cmspi.tcl"),
                   *root.glob("tcl/cmspi/**/*.tcl")])


def all_messages(root):
    """{message: "file:line"} of the driver and its Tcl."""
    found = {}
    printers = [name for path in root.glob("src/flash/nor/cmspi*.[ch]")
                for name in printf_like(path.read_text())]
    for path in sources(root):
        text = path.read_text()
        messages = tcl_messages(text) if path.suffix == ".tcl" else c_messages(text, printers)
        for message, line in messages.items():
            found.setdefault(message, "%s:%d" % (path.relative_to(root), line))
    return found
