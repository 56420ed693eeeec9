# What the end-to-end tests stand on: a real server, its clients, and a raw socket.
