"""Runs a command as the leader of a session on a terminal of its own, and lets another program be its user.

Orders come as lines of JSON on standard input: ["type", TEXT], ["resize", ROWS, COLUMNS], ["hangup"].
What happens goes out as lines of JSON: {"output": TEXT}, and at the end of the command {"status": N} or {"signal": N}.
The end of the orders kills what is left of the session.
"""

import errno, fcntl, json, os, select, signal, struct, sys, termios, threading


def tell(**event):
    os.write(1, (json.dumps(event) + "\n").encode())


def obey_all(master, session):
    for line in sys.stdin:
        order, *args = json.loads(line)
        if order == "type":
            os.write(master, args[0].encode())
        elif order == "resize":
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *args, 0, 0))
        elif order == "hangup":
            # Only when nobody reads it any more is it really closed.
            hangup.set()
    kill_session(session)


def kill_session(session):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(pid)) == session:
                os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    hangup.set()


def show(master):
    while not hangup.is_set():
        if not select.select([master], [], [], 0.02)[0]:
            continue
        try:
            output = os.read(master, 65536)
        except OSError as error:
            if error.errno == errno.EIO:  # Nobody has the terminal open any more.
                return
            raise
        tell(output=output.decode("utf8", "replace"))


hangup = threading.Event()
child, master = os.forkpty()
if child == 0:
    # Python ignores it, and what is ignored stays so.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
orders = threading.Thread(target=obey_all, args=(master, child))
orders.start()
show(master)
os.close(master)
_, status = os.waitpid(child, 0)
tell(**({"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"status": os.WEXITSTATUS(status)}))
orders.join()
