#!/usr/bin/env python3
"""Presses TAB in a shell, in a terminal: press_tab.py SHELL ARG…

Standard input: a line that sets the shell up so that ^O prints LINE<what is typed> and empties the line; then lines to be completed.
Standard output: what became of each.
"""
import os
import pty
import re
import select
import sys
import time

setup, *lines = sys.stdin.read().split("\n")
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

seen = b""


def wait_for(pattern, seconds=60):
    """Reads until the pattern has come; what it matched is not looked at again."""
    global seen
    end = time.monotonic() + seconds
    while not (match := re.search(pattern, seen, re.S)):
        if time.monotonic() > end or not select.select([terminal], [], [], end - time.monotonic())[0]:
            sys.exit(f"{pattern} did not come: {seen!r}")
        seen += os.read(terminal, 65536)
    seen = seen[match.end():]
    return match


os.write(terminal, b"stty cols 500\n")
os.write(terminal, setup.encode() + b"\n")
# What the terminal echoes does not count: only the shell itself adds up.
os.write(terminal, b"echo ready $((40 + 2))\n")
wait_for(rb"ready 42\r?\n")
for line in lines:
    os.write(terminal, line.encode() + b"\t")
    # The next key is not typed ahead: a shell may throw away what comes while it completes.
    time.sleep(1.5)
    os.write(terminal, b"\x0f")
    print(wait_for(rb"LINE<([^>]*)>\r?\n")[1].decode())
os.write(terminal, b"exit\n")
os.close(terminal)
os.waitpid(pid, 0)
