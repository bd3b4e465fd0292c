"""Runs a command on a terminal of its own: standard input goes to it as keys, what it shows goes to standard output.

The end of standard input hangs up the terminal, so that nothing outlives a test.
"""

import os
import pty
import select
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [0, terminal]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:  # EIO: the other side of the terminal is closed.
            data = b""
        if not data and source == 0:
            sys.exit("hung up")
        if not data:
            sources.remove(source)
        else:
            os.write(terminal if source == 0 else 1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
