// LogFile: a VFS of SQLite's whose write-ahead logs are written in few large writes instead of two a page.
#pragma once

namespace deputy::store::sqlite {

// Registers it, once a process, and gives its name for sqlite3_open_v2(); null when SQLite has no VFS of its own.
// Files are those of the default VFS, byte for byte. What is written to a log is handed on at the latest when it is
// synced: connections that write must be synchronous=FULL, which syncs every commit before others may see it.
const char* log_file_vfs();

}  // namespace deputy::store::sqlite
