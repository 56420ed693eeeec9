# How the demo speaks to the person watching.
import os
import sys

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def paint(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


def heading(text):
    print(f"\n{paint('1', text)}", flush=True)


def fact(text, mark=" ", code=None):
    print(f"  {paint(code, mark) if code else mark} {text}", flush=True)


def good(text):
    fact(text, "✓", "32")


def stopped(text):
    fact(text, "✗", "31")


def fail(text):
    sys.exit(f"demo: {text}")


def must(condition, what):
    if not condition:
        fail(f"this did not go as promised: {what}")
