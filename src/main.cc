// deputy: one binary; `serve`, `init` and `config` are the server's, every other command is a client's.
int main() { return 0; }
