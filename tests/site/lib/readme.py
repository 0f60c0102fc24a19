"""README as a user reads it: settings, entries and commands are taken from its
text, so that a broken one fails."""

import os
import re

_PATH = os.path.join(os.path.dirname(__file__), "..", "..", "..", "README")


def section(title):
    """The text of a section."""
    with open(_PATH, encoding="utf-8") as file:
        return re.search(rf"^\d+\. {re.escape(title)}\n-+\n(.*?)"
                         r"(?=^\d+\. [^\n]*\n---|\Z)", file.read(),
                         re.MULTILINE | re.DOTALL).group(1)


def block_after(text, line):
    """The first indented block after the line that ends with this."""
    found = re.search(rf"{re.escape(line)}\n+((?:    [^\n]*\n|\n(?=    ))+)",
                      text)
    return "\n".join(one[4:] for one in found[1].splitlines()) + "\n"


def configuration(title, replace):
    """The settings under a directory's name, as they stand there. replace:
    {what README has: what there is here}"""
    text = block_after(section("First configuration"), f"\n{title}")
    for old, new in replace.items():
        assert old in text, f"README has no {old}"
        text = text.replace(old, new)
    return text
