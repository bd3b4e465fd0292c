# Listens without ever accepting, its queue filled by connections of its own: the kernel drops the next SYN. Ends with its input.
import socket, sys

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
held = [socket.socket() for _ in range(4)]
for one in held:
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
